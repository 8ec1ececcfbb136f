//! `POST /customers/import`: a file is looked at, or taken in. The refused rows are kept for a day, for whoever sent them.

use super::{Done, ImportPage};
use crate::app::App;
use crate::pages::form::read as read_form;
use crate::pages::visit::Visit;
use crate::problem::{Kind, Problem};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use desk::import::{Unreadable, read};
use desk::{CUSTOMER_ROWS, CustomerImport, DeskError, words};

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    request: Request,
) -> Result<Response, Problem> {
    let (typed, mut files) = read_form(&app, request).await?.into_files();
    let dry_run = typed.one("does") != Some("take");
    let (_, file, bytes) =
        files.pop().ok_or_else(|| Problem::new(Kind::MissingFields).field("file", None))?;
    let again = app.clone();
    let work = move || {
        let (desk, english) = (app.desk(), visit.lang.english);
        let refused = |why: String| {
            let page = ImportPage::of(&app, &visit, Some(why), None)?;
            Ok(visit.answer(StatusCode::UNPROCESSABLE_ENTITY, &page.html()))
        };
        let table = match read(&bytes, None) {
            Ok(table) if table.rows.len() > CUSTOMER_ROWS => {
                let rows = CUSTOMER_ROWS.to_string();
                return refused(visit.lang.fill("import.too_many", &[("rows", &rows)]));
            }
            Ok(table) => table,
            Err(why) => return refused(unreadable(&why, english)),
        };
        let who = visit.caller().who();
        let import = CustomerImport { who: &who, table: &table, dry_run, english };
        let result = match desk.import_customers(&import, &mut |_| {}) {
            Ok(result) => result,
            Err(DeskError::Invalid(why)) => return refused(why),
            Err(error) => return Err(error.into()),
        };
        let csv = table.refused(&result.bad, english);
        let csv = csv.map_err(|_| Problem::new(Kind::Internal))?;
        desk.keep_refused(visit.caller(), &csv)?;
        let done = Done { file, dry_run, result };
        Ok(visit.page(&ImportPage::of(&app, &visit, None, Some(done))?.html()))
    };
    again.inner.pool.run(work).await
}

fn unreadable(why: &Unreadable, english: bool) -> String {
    let (key, name, text) = match why {
        Unreadable::Encoding => ("encoding", "why", String::new()),
        Unreadable::OldExcel => ("old_excel", "why", String::new()),
        Unreadable::Workbook(why) => ("workbook", "why", why.clone()),
        Unreadable::Sheet { known } => ("sheet", "sheets", known.join("、")),
        Unreadable::Nothing => ("nothing", "why", String::new()),
        Unreadable::Csv(why) => ("csv", "why", why.clone()),
    };
    words::text(&format!("import.{key}"), english, &[(name, &text)])
}

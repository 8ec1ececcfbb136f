//! `POST /customers/import`: a file is looked at, or taken in. The refused rows are kept for a day, for whoever sent them.

use super::{Done, ImportPage};
use crate::api::imports::customers::import;
use crate::app::App;
use crate::pages::form::read as read_form;
use crate::pages::visit::Visit;
use crate::problem::{Kind, Problem};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    request: Request,
) -> Result<Response, Problem> {
    let (typed, mut files) = read_form(&app, request).await?.into_files();
    let dry_run = typed.one("does") != Some("take");
    let again = app.clone();
    let work = move || {
        let (desk, english) = (app.desk(), visit.lang.english);
        let missing = || Problem::new(Kind::MissingFields).field("file", None);
        let kept = typed.one("kept").and_then(|id| id.parse().ok());
        let (file, bytes) = match (files.pop(), kept) {
            (Some((_, file, bytes)), _) => (file, bytes),
            (None, Some(id)) => {
                let (kept, bytes) = desk.attachment_for(visit.caller(), id)?;
                (kept.name.unwrap_or_default(), bytes)
            }
            (None, None) => return Err(missing()),
        };
        let (table, result) = match import(desk, visit.caller(), &bytes, dry_run, english) {
            Ok(done) => done,
            Err(problem) if problem.kind() == Kind::UnusableFile => {
                let page = ImportPage::of(&app, &visit, Some(problem.body(english).detail), None)?;
                return Ok(visit.answer(StatusCode::UNPROCESSABLE_ENTITY, &page.html()));
            }
            Err(problem) => return Err(problem),
        };
        let csv = table.refused(&result.bad, english);
        let csv = csv.map_err(|_| Problem::new(Kind::Internal))?;
        desk.keep_refused(visit.caller(), &csv)?;
        // What was looked at is at hand for taking it in, a day long, like everything that is uploaded and not used.
        let kept = match dry_run {
            true => Some(desk.upload(&visit.caller().who(), &file, bytes)?.id.to_string()),
            false => None,
        };
        let done = Done { file, dry_run, result, kept };
        Ok(visit.page(&ImportPage::of(&app, &visit, None, Some(done))?.html()))
    };
    again.inner.pool.run(work).await
}

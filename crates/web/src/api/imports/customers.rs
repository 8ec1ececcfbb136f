//! `POST /api/v1/imports/customers`: a file of customers is looked at, or taken in. The console's page sends the same under its own
//! address.

use crate::answer::json;
use crate::api::attachments::upload::{Upload, file};
use crate::app::App;
use crate::frame::prefers_english;
use crate::gate::By;
use crate::parse::Params;
use crate::problem::{Kind, Problem, ProblemBody};
use crate::signed::Signed;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use desk::import::{BadRow, Reason, Table, read};
use desk::{CUSTOMER_ROWS, Caller, CustomerImport, CustomersImported, Desk, DeskError, words};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Query {
    /// Look at every row and write nothing. Default: false.
    #[serde(default)]
    dry_run: bool,
}

/// What came of a file, or would.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "dry_run": true, "made": 12, "changed": 1, "same": 3, "unknown": ["备用"],
    "bad": [{ "line": 7, "reasons": [{ "column": "联系电话", "code": "not_a_phone", "detail": "不是电话号码" }] }]
}))]
pub(crate) struct ImportAnswer {
    /// Nothing was written.
    dry_run: bool,
    /// Rows that became customers.
    made: usize,
    /// Rows that said something new of a known one.
    changed: usize,
    /// Rows that said nothing new.
    same: usize,
    /// Rows that are refused, with all that is wrong with each; the others are in.
    bad: Vec<BadRowAnswer>,
    /// Columns that were left out because nobody knows them.
    unknown: Vec<String>,
}

/// A row that is refused.
#[derive(Serialize, ToSchema)]
struct BadRowAnswer {
    /// Its line in the file; the headings stand in the first.
    line: u32,
    /// All that is wrong with it.
    reasons: Vec<ReasonAnswer>,
}

/// Something that is wrong with a row.
#[derive(Serialize, ToSchema)]
struct ReasonAnswer {
    /// The column, or the name of a field that has none; absent: the row as a whole.
    column: Option<String>,
    /// What is wrong; stable.
    code: String,
    /// The same in words.
    detail: String,
}

/// Import customers
///
/// One part named `file`: CSV (UTF-8, GB18030 or UTF-16), XLSX, or lines of JSON, at most 5,000 rows. A row is a customer, a further contact
/// of one, or a further product; it is known again, so that the same file can be sent again. Rows with mistakes are left out.
#[utoipa::path(post, path = "", params(Query), request_body(content = Upload, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "What came of it", body = ImportAnswer),
        (status = 400, description = "Not a form with one file", body = ProblemBody, content_type = "application/problem+json", example = json!(crate::problem::example(crate::problem::Kind::BadUpload))),
        (status = 422, description = "The file cannot be read, or has no column that is known, or too many rows", body = ProblemBody, content_type = "application/problem+json", example = json!(crate::problem::example(crate::problem::Kind::UnusableFile))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Params(query): Params<Query>,
    signed: Option<Extension<Signed>>,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers();
    let english = signed.map_or_else(|| prefers_english(headers), |signed| signed.english);
    let (_, bytes) = file(&app, request).await?;
    let desk = app.desk().clone();
    let work = move || {
        let Query { dry_run } = query;
        let (_, done) = import(&desk, &caller, &bytes, dry_run, english)?;
        Ok(json(StatusCode::OK, &ImportAnswer::of(done, dry_run)))
    };
    app.inner.pool.run(work).await
}

/// Imports a file of customers: its rows, and what came of them.
///
/// # Errors
/// `UnusableFile`, with the reason in words; what `Desk::import_customers` fails with.
pub(crate) fn import(
    desk: &Desk,
    caller: &Caller,
    bytes: &[u8],
    dry_run: bool,
    english: bool,
) -> Result<(Table, CustomersImported), Problem> {
    let unusable = |why: String| Problem::new(Kind::UnusableFile).saying(why);
    let table = read(bytes, None).map_err(|why| unusable(why.told(english)))?;
    if table.rows.len() > CUSTOMER_ROWS {
        let rows = CUSTOMER_ROWS.to_string();
        return Err(unusable(words::text("customer.too_many", english, &[("rows", &rows)])));
    }
    let import = CustomerImport { who: &caller.who(), table: &table, dry_run, english };
    let done = desk.import_customers(&import, &mut |_| {}).map_err(|error| match error {
        DeskError::Invalid(why) => unusable(why),
        error => error.into(),
    })?;
    Ok((table, done))
}

impl ImportAnswer {
    fn of(done: CustomersImported, dry_run: bool) -> Self {
        let CustomersImported { made, changed, same, bad, unknown } = done;
        let reason =
            |Reason { column, code, message }| ReasonAnswer { column, code, detail: message };
        let row = |row: BadRow| BadRowAnswer {
            line: row.line,
            reasons: row.reasons.into_iter().map(reason).collect(),
        };
        Self { dry_run, made, changed, same, bad: bad.into_iter().map(row).collect(), unknown }
    }
}

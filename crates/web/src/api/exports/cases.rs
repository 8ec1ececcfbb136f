//! `GET /api/v1/exports/cases`: a list of cases as a file. The console's list offers the same under its own address.

use crate::answer::encoded;
use crate::app::App;
use crate::frame::prefers_english;
use crate::gate::By;
use crate::parse::Params;
use crate::problem::{Kind, Problem};
use crate::signed::Signed;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use desk::{Criteria, ExportFormat};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// What this route can answer with.
pub(crate) const MEDIA: &[&str] = &[CSV, XLSX];
const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Which cases, and as what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Query {
    /// Format of the file. Default: `csv`.
    #[param(inline)]
    format: Option<Format>,
    /// Key of the procedure.
    #[serde(default)]
    #[param(required = false)]
    procedure: String,
    /// Key of the stage.
    #[serde(default)]
    #[param(required = false)]
    stage: String,
    /// Who must act: id of a person, or key of a role.
    #[serde(default)]
    #[param(required = false)]
    holder: String,
    /// Key of the department.
    #[serde(default)]
    #[param(required = false)]
    department: String,
    /// Channel.
    #[serde(default)]
    #[param(required = false)]
    channel: String,
    /// Category.
    #[serde(default)]
    #[param(required = false)]
    category: String,
    /// `late`: past its due; `hour`, `day`: due within that time, and not yet past.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^(late|hour|day)?$")]
    due: String,
    /// Cases in which the customer must be contacted by then.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^(today)?$")]
    call: String,
    /// `all`: those that are filed, void or merged as well; `valid`: without the void ones.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^(all|valid)?$")]
    state: String,
    /// Order in the console; a file is always newest first.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^(newest|severity)?$")]
    sort: String,
    /// Severity, 1 to 3.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^[1-3]?$")]
    severity: String,
    /// What the days are days of; registration when nothing is said.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^(closed|rated|missed)?$")]
    by: String,
    /// With `by=missed`: key of a clock of the procedure.
    #[serde(default)]
    #[param(required = false)]
    clock: String,
    /// With `by=rated`: what was said.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^(satisfied|neutral|dissatisfied)?$")]
    rating: String,
    /// On this day or later, as `2026-11-27`.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
    from: String,
    /// On this day or earlier.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
    to: String,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    Csv,
    Xlsx,
}

/// Cases as a file
///
/// What the caller may see of the list, names and telephone numbers masked, at most 20,000 rows. No cell is read as a formula. That it was
/// taken is logged.
#[utoipa::path(get, path = "", params(Query), responses(
    (status = 200, description = "The file", content((Vec<u8> = "text/csv"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        headers(("Content-Disposition" = String, description = "`attachment` with a file name"))),
    (status = 422, description = "A filter cannot be read, or there are too many rows", body = crate::problem::ProblemBody, content_type = "application/problem+json", example = json!(crate::problem::example(crate::problem::Kind::TooManyRows))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    headers: HeaderMap,
    signed: Option<Extension<Signed>>,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let english = signed.map_or_else(|| prefers_english(&headers), |signed| signed.english);
    let (format, media, ending) = match query.format {
        Some(Format::Xlsx) => (ExportFormat::Xlsx, XLSX, "xlsx"),
        Some(Format::Csv) | None => (ExportFormat::Csv, CSV, "csv"),
    };
    let criteria = Criteria {
        procedure: query.procedure,
        stage: query.stage,
        holder: query.holder,
        department: query.department,
        channel: query.channel,
        category: query.category,
        due: query.due,
        call: query.call,
        state: query.state,
        sort: query.sort,
        severity: query.severity,
        by: query.by,
        clock: query.clock,
        rating: query.rating,
        from: query.from,
        to: query.to,
    };
    let desk = app.desk().clone();
    let work = move || Ok(desk.export_list(&caller, &criteria, format, english)?);
    let bytes = app.inner.slow.run(work).await?;
    let day = app.desk().now().strftime("%Y%m%d-%H%M%S").to_string();
    let name = desk::words::text("export.file", english, &[("day", &day)]);
    let disposition = format!(
        "attachment; filename=\"cases-{day}.{ending}\"; filename*=UTF-8''{}.{ending}",
        encoded(&name)
    );
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| Problem::new(Kind::Internal));
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    let kind = if media == CSV { "text/csv; charset=utf-8" } else { media };
    headers.insert(header::CONTENT_TYPE, value(kind)?);
    headers.insert(header::CONTENT_DISPOSITION, value(&disposition)?);
    Ok(response)
}

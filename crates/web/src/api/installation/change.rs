//! `PATCH /api/v1/installation`: the name of the organisation, and the language of whoever has not chosen one.

use super::InstallationAnswer;
use crate::answer::{SpokenLanguage, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::Language;
use serde::Deserialize;
use utoipa::ToSchema;

/// What shall be said of it. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InstallationParts, example = json!({ "organisation": "宏远家电", "language": "zh" }))]
pub(crate) struct Parts {
    /// What the organisation is called.
    #[schema(min_length = 1)]
    organisation: Option<String>,
    /// The language of whoever has not chosen one.
    #[schema(value_type = Option<SpokenLanguage>)]
    language: Option<Language>,
}

/// Change the installation
///
/// Repeating it is harmless.
#[utoipa::path(patch, path = "", request_body = Parts, responses((status = 200, description = "Changed", body = InstallationAnswer)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    _: NoParams,
    body: Body<Parts>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let Parts { organisation, language } = body.value;
        if let Some(name) = organisation.as_deref().map(str::trim) {
            if name.is_empty() {
                return Err(Problem::new(Kind::MissingFields).field("organisation", None));
            }
            desk.name_organisation(&caller.person, name)?;
        }
        if let Some(language) = language {
            desk.set_language(&caller.person, language)?;
        }
        Ok(json(StatusCode::OK, &InstallationAnswer::of(&desk)?))
    };
    app.inner.pool.run(work).await
}

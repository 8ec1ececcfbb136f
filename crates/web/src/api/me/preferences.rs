//! `PUT /api/v1/me/preferences`: the caller chooses a language or a theme.

use crate::answer::{ChosenPreferences, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::Preferences;

/// Choose language and theme
///
/// What is left out is chosen no more. Repeating it is harmless.
#[utoipa::path(put, path = "", request_body = ChosenPreferences, responses((status = 200, description = "Chosen", body = ChosenPreferences)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    _: NoParams,
    body: Body<Preferences>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        desk.set_preferences(&caller.person, body.value)?;
        Ok(json(StatusCode::OK, &desk.preferences(&caller.person)?))
    };
    app.inner.pool.run(work).await
}

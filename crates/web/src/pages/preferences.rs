//! `POST /preferences`: somebody chooses a language or a theme.

use crate::app::App;
use crate::pages::local;
use crate::pages::visit::see_other;
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
use crate::signed::Signed;
use axum::extract::State;
use axum::response::Response;
use desk::{Language, Theme};
use serde::Deserialize;

/// What is chosen. What is left out stays as it was; an empty choice is taken back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chosen {
    language: Option<String>,
    theme: Option<String>,
    #[serde(default)]
    to: String,
}

/// Keeps the choice and goes back.
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    _: NoParams,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let keep = move || {
        let mut known = desk.preferences(&signed.person.id)?;
        if let Some(language) = &chosen.language {
            known.language = match language.as_str() {
                "zh" => Some(Language::Zh),
                "en" => Some(Language::En),
                _ => None,
            };
        }
        if let Some(theme) = &chosen.theme {
            known.theme = match theme.as_str() {
                "light" => Some(Theme::Light),
                "dark" => Some(Theme::Dark),
                _ => None,
            };
        }
        desk.set_preferences(&signed.person.id, known)?;
        Ok(see_other(local(&chosen.to)))
    };
    app.inner.pool.run(keep).await
}

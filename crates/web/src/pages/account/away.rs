//! `POST /account/absence`: somebody says when he is away and who stands in, or looks at what would go to whom.

use super::page;
use crate::app::App;
use crate::pages::absence::{Away, Given};
use crate::pages::words::Lang;
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
use crate::signed::Signed;
use axum::extract::State;
use axum::response::Response;
use maud::html;

/// Shows the page again.
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let (lang, id) = (Lang { english: signed.english }, &signed.person.id);
        let place = super::ABSENCE.to_owned();
        let away = Away::done(&app, lang, &signed.caller, id, place, given)?;
        let why = away.wrong.clone();
        page(&app, &signed, why.as_deref(), html! {}, Some(Away { wrong: None, ..away }))
    };
    again.inner.pool.run(work).await
}

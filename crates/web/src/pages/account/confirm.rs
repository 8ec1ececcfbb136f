//! `POST /account/second-factor`: the authenticator app is confirmed with a code of it; the recovery codes are shown, this once.

use super::page;
use crate::app::App;
use crate::pages::document::text;
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
use crate::signed::Signed;
use axum::extract::State;
use axum::response::Response;
use maud::html;
use serde::Deserialize;

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    code: String,
}

/// Shows the codes, or why it was not done.
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let english = signed.english;
        match app.desk().confirm_second_factor(&signed.person.id, &given.code)? {
            None => page(&app, &signed, Some(&text("page.code.wrong", english)), html! {}, None),
            Some(codes) => {
                let news = html! {
                    div role="status" {
                        p { (text("page.account.recovery", english)) }
                        ul { @for code in &codes { li { code { (code) } } } }
                    }
                };
                page(&app, &signed, None, news, None)
            }
        }
    };
    again.inner.pool.run(work).await
}

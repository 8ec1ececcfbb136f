//! `POST /account/second-factor`: the authenticator app is confirmed with a code of it; the recovery codes are shown, this once.

use super::{Said, page};
use crate::app::App;
use crate::pages::document::text;
use crate::pages::visit::Visit;
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
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
    visit: Visit,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let english = visit.lang.english;
        match app.desk().confirm_second_factor(&visit.signed.person.id, &given.code)? {
            None => {
                let second = Some(("code", text("page.code.wrong", english)));
                page(&app, &visit, Said { second, ..Said::default() })
            }
            Some(codes) => {
                let news = html! {
                    div.notice.fine.codes role="status" {
                        p { (text("page.account.recovery", english)) }
                        ul { @for code in &codes { li { code { (code) } } } }
                    }
                };
                page(&app, &visit, Said { news, ..Said::default() })
            }
        }
    };
    again.inner.pool.run(work).await
}

//! `POST /admin/procedures/draft`: the text is looked at; what was looked at and proved is published.

use super::{Draft, NAMED};
use crate::answer::encoded;
use crate::app::App;
use crate::pages::form::{Typed, read as read_form};
use crate::pages::visit::{Visit, see_other};
use crate::problem::Problem;
use crate::proofs::{self, NAME, State};
use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use desk::DeskError;
use serde_json::json;

pub(crate) async fn handler(
    Shared(app): Shared<App>,
    visit: Visit,
    request: Request,
) -> Result<Response, Problem> {
    let (typed, mut files) = read_form(&app, request).await?.into_files();
    let file = files.pop().map(|(_, _, bytes)| bytes).filter(|bytes| !bytes.is_empty());
    let again = app.clone();
    again.inner.slow.run(move || take(&app, &visit, &typed, file)).await
}

fn take(
    app: &App,
    visit: &Visit,
    typed: &Typed,
    file: Option<Vec<u8>>,
) -> Result<Response, Problem> {
    let (desk, lang, caller) = (app.desk(), visit.lang, visit.caller());
    let pasted = plain(typed.one("text").unwrap_or_default());
    let text = match file {
        Some(bytes) => String::from_utf8(bytes).map(|text| plain(&text)).ok(),
        None => Some(pasted.clone()),
    };
    let text = match text {
        Some(text) if !text.trim().is_empty() => text,
        unusable => {
            let why = if unusable.is_some() { "procedure.empty" } else { "procedure.not_text" };
            let wrong = Some(lang.say(why).to_owned());
            let page = Draft { text: pasted, wrong, ..Draft::of(app, visit)? };
            return Ok(visit.answer(StatusCode::UNPROCESSABLE_ENTITY, &page.html()));
        }
    };
    desk.keep_draft(caller, NAMED, &json!([["text", text]]))?;
    let state = proofs::awaited(app, &text)?;
    let looked = typed.one("mark") == Some(proofs::mark(&text).as_str());
    // What was never looked at, or was changed since, is looked at first.
    let (true, Some("publish"), State::Found(_)) = (looked, typed.one("deed"), state) else {
        return Ok(see_other("/admin/procedures/draft?look=yes"));
    };
    let over = typed.one("over").and_then(|over| over.parse().ok());
    match desk.publish_over(&caller.person, NAME, &text, over) {
        Ok(made) => {
            desk.drop_draft(caller, NAMED)?;
            Ok(see_other(&format!("/admin/procedures?done={}", encoded(&made.key))))
        }
        Err(DeskError::Stale { .. }) => {
            Ok(see_other("/admin/procedures/draft?look=yes&overtaken=yes"))
        }
        // What stands beside it has changed meanwhile; looking again says how.
        Err(DeskError::Procedure(_) | DeskError::Unsound(_) | DeskError::Invalid(_)) => {
            Ok(see_other("/admin/procedures/draft?look=yes"))
        }
        Err(error) => Err(error.into()),
    }
}

/// Lines as files have them, whatever the browser makes of them.
fn plain(text: &str) -> String {
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n")
}

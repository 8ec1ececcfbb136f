//! `POST /admin/webhooks/{id}`: a webhook is changed, tested, paused, let go on, given a new secret, or deleted.

use super::form::Given;
use super::href;
use super::make::refused;
use super::show::WebhookPage;
use crate::app::App;
use crate::pages::visit::{Visit, see_other};
use crate::parse::{Form, Named, NoParams};
use crate::problem::{Kind, Problem};
use crate::webhooks::receiver::examine;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::WebhookParts;

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(id): Named<String>,
    _: NoParams,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let given = Given::read(fields)?;
    let examined = match given.deed.as_str() {
        "save" => examine(&given.url, &app.inner.config).await,
        _ => Ok(()),
    };
    let again = app.clone();
    let work = move || {
        let (desk, caller) = (app.desk(), visit.caller());
        let paused = |paused| WebhookParts { paused: Some(paused), ..WebhookParts::default() };
        let put = |parts| desk.change_webhook(caller, &id, parts, given.seen).map(drop);
        let done: Result<(), Problem> = match given.deed.as_str() {
            "ping" => desk.ping_webhook(&id).map(drop).map_err(Into::into),
            "pause" => put(paused(true)).map_err(Into::into),
            "resume" => put(paused(false)).map_err(Into::into),
            "save" => examined.and_then(|()| Ok(put(given.parts())?)),
            "renew" => {
                let secret = Some(desk.renew_webhook_secret(caller, &id)?);
                let page = WebhookPage::of(&app, &visit, &desk.webhook(&id)?)?;
                return Ok(visit.page(&WebhookPage { secret, ..page }.html()));
            }
            "remove" => {
                desk.remove_webhook(caller, &id)?;
                return Ok(see_other("/admin/webhooks"));
            }
            _ => Err(Problem::new(Kind::InvalidBody)),
        };
        let Err(problem) = done else { return Ok(see_other(&href(&id))) };
        let webhook = desk.webhook(&id)?;
        let wrong = Some(refused(problem, visit.lang.english)?);
        let page = WebhookPage::of(&app, &visit, &webhook)?;
        let seen = webhook.version;
        let given =
            if given.deed == "save" { Given { seen, ..given } } else { Given::of(&webhook) };
        Ok(visit
            .answer(StatusCode::UNPROCESSABLE_ENTITY, &WebhookPage { given, wrong, ..page }.html()))
    };
    again.inner.pool.run(work).await
}

//! `POST /admin/webhooks`: a webhook is made. Its secret is shown this once.

use super::Webhooks;
use super::form::Given;
use super::show::WebhookPage;
use crate::app::App;
use crate::pages::visit::Visit;
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
use crate::webhooks::receiver::examine;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let given = Given::read(fields)?;
    let examined = examine(&given.url, &app.inner.config).await;
    let again = app.clone();
    let work = move || {
        let made =
            examined.and_then(|()| Ok(app.desk().make_webhook(visit.caller(), given.parts())?));
        match made {
            Ok((webhook, secret)) => {
                let page = WebhookPage::of(&app, &visit, &webhook)?;
                Ok(visit.page(&WebhookPage { secret: Some(secret), ..page }.html()))
            }
            Err(problem) => {
                let wrong = Some(refused(problem, visit.lang.english)?);
                let page = Webhooks { given, wrong, ..Webhooks::of(&app, &visit)? };
                Ok(visit.answer(StatusCode::UNPROCESSABLE_ENTITY, &page.html()))
            }
        }
    };
    again.inner.pool.run(work).await
}

/// What whoever filled a form in can mend, in words; all else stays a problem.
pub(super) fn refused(problem: Problem, english: bool) -> Result<String, Problem> {
    match problem.kind().status() {
        StatusCode::UNPROCESSABLE_ENTITY
        | StatusCode::CONFLICT
        | StatusCode::PRECONDITION_FAILED => Ok(problem.body(english).detail),
        _ => Err(problem),
    }
}

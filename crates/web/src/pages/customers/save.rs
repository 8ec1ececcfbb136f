//! `POST /customers/{id}`: what is known of a customer is changed. What is refused comes back as it was typed.

pub(crate) mod create;

use super::customer_href;
use super::edit::{Edit, Returned, draft_name, given};
use crate::app::App;
use crate::pages::form::{Typed, Wrong, read};
use crate::pages::visit::{Visit, see_other};
use crate::parse::Named;
use crate::problem::{Kind, Problem};
use axum::extract::{Request, State};
use axum::response::Response;
use desk::{DeskError, Kept};

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(id): Named<String>,
    request: Request,
) -> Result<Response, Problem> {
    let typed = read(&app, request).await?.typed;
    let again = app.clone();
    let work = move || {
        let desk = app.desk();
        let (customer, rows) = given(&typed);
        let seen = typed.one("seen").and_then(|seen| seen.parse().ok());
        match desk.put_customer(&visit.caller().who(), Some(&id), customer, seen) {
            Ok(kept) => {
                desk.drop_draft(visit.caller(), &draft_name(Some(&id)))?;
                Ok(see_other(&format!("{}?done=saved", customer_href(&kept.key))))
            }
            Err(error) => {
                let kept = desk.customer(&id)?;
                refused(&app, &visit, Some(&kept), typed, rows, error)
            }
        }
    };
    again.inner.pool.run(work).await
}

/// The form once more, with what is wrong beside its places.
fn refused(
    app: &App,
    visit: &Visit,
    kept: Option<&Kept>,
    typed: Typed,
    rows: [Vec<usize>; 2],
    error: DeskError,
) -> Result<Response, Problem> {
    let overtaken = matches!(error, DeskError::Stale { .. });
    let problem = Problem::from(error);
    if !matches!(problem.kind(), Kind::InvalidFields | Kind::VersionMismatch) {
        return Err(problem);
    }
    let mut wrong = Wrong::of(&problem, visit.lang.english);
    let say = if overtaken { "customer.overtaken" } else { "customer.wrong" };
    wrong.whole = Some(visit.lang.say(say).to_owned());
    let returned = Returned { typed, wrong, rows, overtaken, same: Vec::new() };
    let page = Edit::of(app, visit, kept, None, Some(returned))?;
    Ok(visit.answer(problem.kind().status(), &page.html()))
}

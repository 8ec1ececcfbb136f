//! `POST /new/{procedure}`: the case is opened. What is refused comes back as it was typed.

use super::Wanted;
use super::customer::whole;
use super::form::{New, draft_of};
use crate::answer::encoded;
use crate::app::App;
use crate::pages::case::act::once;
use crate::pages::form::{Given, Wrong, read};
use crate::pages::row::case_href;
use crate::pages::visit::{Visit, see_other};
use crate::parse;
use crate::problem::{Kind, Problem};
use axum::extract::{Request, State};
use axum::response::Response;
use desk::Options;

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    parse::Named(key): parse::Named<String>,
    request: Request,
) -> Result<Response, Problem> {
    let given = read(&app, request).await?;
    let (rules, _) =
        app.desk().library().in_force(&key).ok_or_else(|| Problem::new(Kind::NotFound))?;
    let work = {
        let (desk, caller, rules) =
            (app.desk().clone(), visit.caller().clone(), std::sync::Arc::clone(&rules));
        move || {
            let typed = given.upload(&desk, &caller)?;
            let fields = Given::entered(&whole(&desk, &rules, &typed)?, &rules);
            let options = Options {
                key: once(&caller, &format!("new {}", rules.key), &typed),
                ..Options::default()
            };
            let make = || Ok::<_, Problem>(desk.registration(&rules.key, fields)?);
            let done = desk
                .submit_made(&caller.who(), options, make)
                .map_err(|problem| problem.under(&rules));
            if done.is_ok() {
                desk.drop_draft(&caller, &draft_of(&rules.key, &typed))?;
            }
            Ok((typed, done))
        }
    };
    let (typed, done) = app.inner.pool.run(work).await?;
    match done {
        Ok(done) => {
            let action =
                rules.register_action().map(|action| encoded(&action.key)).unwrap_or_default();
            Ok(see_other(&format!("{}?done={action}", case_href(&done.number))))
        }
        Err(problem)
            if matches!(problem.kind(), Kind::NotFound | Kind::Unavailable | Kind::Internal) =>
        {
            Err(problem)
        }
        Err(problem) => {
            let wrong = Wrong::of(&problem, visit.lang.english);
            let page = New::of(&app, &visit, &key, &Wanted::default(), Some((typed, wrong)))?;
            Ok(visit.answer(problem.kind().status(), &page.html()))
        }
    }
}

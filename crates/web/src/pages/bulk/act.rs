//! `POST /bulk`: what is chosen is looked at, or done with each of the cases. Sent twice, it is done once.

use super::{Becomes, BulkPage, Given, Line, Phase, becomes, line, look, where_is};
use crate::app::App;
use crate::bulk::{Bulk, Deed, numbers};
use crate::pages::case::act::once;
use crate::pages::form::read;
use crate::pages::framed::Section;
use crate::pages::visit::Visit;
use crate::parse::NoParams;
use crate::problem::{Kind, Problem};
use axum::extract::{Request, State};
use axum::response::Response;
use desk::Seen;
use engine::procedure::Action;

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
    request: Request,
) -> Result<Response, Problem> {
    let given = read(&app, request).await?;
    let again = app.clone();
    let work = move || {
        let typed = given.upload(app.desk(), visit.caller())?;
        let picks = typed.all("pick");
        let given = Given::of(typed, picks);
        let page = match given.typed.one("go") {
            Some("do") => done(&app, &visit, &given)?,
            _ => look(&app, &visit, &given, Phase::Looked)?,
        };
        Ok(visit.page(&page.html()))
    };
    again.inner.pool.run(work).await
}

fn done(app: &App, visit: &Visit, given: &Given) -> Result<BulkPage, Problem> {
    let (desk, lang, caller) = (app.desk(), visit.lang, visit.caller());
    numbers(given.numbers.clone())?;
    let deed = given.deed().ok_or_else(|| Problem::new(Kind::InvalidBody))?;
    let bulk = Bulk::new(desk, caller);
    let giving = |seen: &Seen, action: &Action| given.typed.doing(seen, action, None);
    let key = once(caller, &format!("bulk {}", given.deed), &given.typed);
    let outcomes = bulk.act(&given.concerned(), &deed, &giving, key.as_ref());
    let told = |number: &String| {
        let outcome = outcomes.iter().find(|one| one.number == *number);
        let becomes = becomes(&bulk, lang, Some(&deed), outcome);
        // One that can no longer be seen after it was given away is told of all the same.
        let seen = outcome.and_then(|one| one.before.clone());
        let seen = seen.or_else(|| desk.case_for(caller, number).ok());
        match &seen {
            // Where it stands is told as it is now.
            Some(seen) => {
                let now = outcome.and_then(|one| one.after.as_ref().ok()).unwrap_or(&seen.case);
                let (stage, holder) = where_is(&bulk, lang, seen, now);
                Line { becomes, stage, holder, ..line(&bulk, lang, seen) }
            }
            None => Line {
                number: number.clone(),
                title: String::new(),
                stage: String::new(),
                holder: String::new(),
                becomes,
            },
        }
    };
    let cases: Vec<Line> = given.numbers.iter().map(told).collect();
    let undo = match deed {
        Deed::Merge(_) => {
            let joined = cases.iter().filter(|one| matches!(one.becomes, Becomes::Fine(_)));
            joined.map(|one| one.number.clone()).collect()
        }
        _ => Vec::new(),
    };
    Ok(BulkPage {
        frame: visit.frame(app, Section::Cases, lang.say("bulk.title"))?,
        back: given.back.clone(),
        deeds: Vec::new(),
        form: None,
        deed: Some((given.deed.clone(), given.main.clone())),
        cases,
        phase: Phase::Done,
        undo,
    })
}

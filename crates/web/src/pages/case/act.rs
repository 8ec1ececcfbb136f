//! `POST /cases/{number}/actions/{action}`: something is done with a case. What is refused comes back as it was typed.

use super::build::draft_name;
use super::{CasePage, Returned, Wanted};
use crate::answer::encoded;
use crate::api::cases::act::given;
use crate::app::App;
use crate::pages::form::{Typed, Wrong, read};
use crate::pages::row::case_href;
use crate::pages::visit::{Visit, see_other};
use crate::parse;
use crate::problem::{Kind, Problem};
use axum::extract::{Request, State};
use axum::response::Response;
use desk::{Caller, Desk, DeskError, Options};
use engine::command::Command;
use engine::procedure::Verb;
use sha2::{Digest, Sha256};
use store::IdempotencyKey;

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    parse::Named((number, action)): parse::Named<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let given = read(&app, request).await?;
    let work = {
        let (desk, caller) = (app.desk().clone(), visit.caller().clone());
        let (number, action) = (number.clone(), action.clone());
        move || {
            let typed = given.upload(&desk, &caller)?;
            let done = act(&desk, &caller, &number, &action, &typed);
            Ok((typed, done))
        }
    };
    let (typed, done) = app.inner.pool.run(work).await?;
    let Err(problem) = done else {
        let back = typed.one("back").filter(|back| *back == "/work");
        let case = format!("{}?done={}", case_href(&number), encoded(&action));
        return Ok(see_other(back.unwrap_or(&case)));
    };
    let seen = typed.one("seen").and_then(|seen| seen.parse().ok());
    // A form that was sent before and is sent again with another content has been overtaken as well: by itself.
    let overtaken = matches!(problem.kind(), Kind::VersionMismatch | Kind::KeyReused);
    match problem.kind() {
        Kind::NotFound | Kind::Unavailable | Kind::Internal => return Err(problem),
        _ => {}
    }
    let wrong = if overtaken { Wrong::default() } else { Wrong::of(&problem, visit.lang.english) };
    let stale = if overtaken { seen } else { None };
    let returned = Returned { action, typed, wrong, stale };
    let page = CasePage::of(&app, &visit, &number, &Wanted::default(), Some(returned))?;
    Ok(visit.answer(problem.kind().status(), &page.html()))
}

fn act(
    desk: &Desk,
    caller: &Caller,
    number: &str,
    action: &str,
    typed: &Typed,
) -> Result<(), Problem> {
    let seen = desk.case_for(caller, number)?;
    let rules = std::sync::Arc::clone(&seen.procedure);
    let known = rules.action(action).filter(|action| !action.has(Verb::Register));
    let known = known.ok_or(DeskError::NotFound { what: "action" })?;
    let transfer = known.transfer.as_ref().and_then(|key| rules.transfer(key));
    let other = transfer.and_then(|rule| desk.library().newest(&rule.to));
    let doing = typed.doing(&seen, known, other.as_ref().map(|(rules, _)| &**rules));
    // What only adds to the record stands beside whatever somebody else did meanwhile; fields that it changes do not.
    let may_be_overtaken = !known.only_adds() || !doing.fields.is_empty();
    let version = typed.one("seen").and_then(|version| version.parse().ok());
    let options = Options {
        key: once(caller, &format!("{} {action}", seen.case.id), typed),
        seen: version.filter(|_| may_be_overtaken),
        ..Options::default()
    };
    let make = || {
        let (fields, extra) = given(desk, caller, &seen, known, doing)?;
        let (case, action) = (seen.case.id.clone(), known.key.clone());
        Ok::<_, Problem>(Command::Act { case, action, fields, extra: Box::new(extra) })
    };
    desk.submit_made(&caller.who(), options, make).map_err(|problem| problem.under(&rules))?;
    Ok(desk.drop_draft(caller, &draft_name(&seen.case.number, action))?)
}

/// The key of a form: sending it twice does once.
pub(crate) fn once(caller: &Caller, what: &str, typed: &Typed) -> Option<IdempotencyKey> {
    let key = typed.one("once").filter(|key| (1..=255).contains(&key.len()))?;
    let mut hash = Sha256::new();
    for (name, text) in typed.0.iter().filter(|(name, _)| name != "csrf") {
        hash.update(name);
        hash.update([0]);
        hash.update(text);
        hash.update([0]);
    }
    let scope = format!("console {} {what}", caller.person);
    Some(IdempotencyKey { scope, key: key.to_owned(), body_hash: hash.finalize().into() })
}

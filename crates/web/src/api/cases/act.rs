//! `POST /api/v1/cases/{number}/actions/{action}`: something is done with a case.

use super::write;
use crate::answer::{CaseAnswer, flat};
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, Body, IfMatch, NoParams, Once};
use crate::problem::{Kind, Problem, ProblemBody};
use crate::schema;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::{Caller, Desk, DeskError, Options, Seen, hides, put_back};
use engine::command::{Command, Entered, Extra};
use engine::procedure::{Action, Field, FieldKind, Verb};
use engine::refusal::Problem as Wrong;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What an action is given. Its JSON Schema stands in `GET …/actions`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default, Clone)]
#[schema(example = json!({ "fields": {}, "input": { "reason": "…" } }))]
pub(crate) struct Doing {
    /// Fields by key. What is masked in a value and sent back as it was shown stays what it is.
    #[schema(value_type = Object)]
    pub(crate) fields: BTreeMap<String, Json>,
    /// Built-in inputs of the action, such as `reason`, `assignee` or `note`.
    #[schema(value_type = Object)]
    pub(crate) input: Map<String, Json>,
}

/// Do an action
///
/// The actions of a case are data: `GET …/actions` lists those that the caller may do now, with what each needs.
#[utoipa::path(post, path = "", request_body = Doing,
    params(
        ("number" = String, Path, description = "Number of the case"),
        ("action" = String, Path, description = "Key of the action"),
        IfMatch,
        Once,
    ),
    responses(
        (status = 200, description = "The case afterwards", body = CaseAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 409, description = "Not possible now, or the key was used with another body", body = ProblemBody, content_type = "application/problem+json", example = json!(crate::problem::example(crate::problem::Kind::KeyReused))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named((number, action)): parse::Named<(String, String)>,
    Once(key): Once,
    if_match: IfMatch,
    _: NoParams,
    body: Body<Doing>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let seen = desk.case_for(&caller, &number)?;
        let rules = std::sync::Arc::clone(&seen.procedure);
        let known = rules
            .action(&action)
            .filter(|action| !action.has(Verb::Register))
            .ok_or(DeskError::NotFound { what: "action" })?;
        let key = write::key(
            &caller,
            &format!("POST /api/v1/cases/{}/actions/{action}", seen.case.id),
            key,
            body.hash,
        );
        let seen_version = if_match.seen(seen.case.version);
        let options = Options { key, seen: seen_version, ..Options::default() };
        let make = || {
            let (fields, extra) = given(&desk, &caller, &seen, known, body.value)?;
            let (case, action) = (seen.case.id.clone(), known.key.clone());
            Ok::<_, Problem>(Command::Act { case, action, fields, extra: Box::new(extra) })
        };
        let done = desk
            .submit_made(&caller.who(), options, make)
            .map_err(|problem| problem.under(&rules))?;
        write::answer(&desk, &done, StatusCode::OK)
    };
    app.inner.pool.run(work).await
}

/// Whom a note is for: those who are named by their ids, and those whom its text names with `@`. Whoever may not see the case is told
/// nothing; an id of such a person is refused, a name in a text is only a name.
fn mention(desk: &Desk, seen: &Seen, extra: &mut Extra) -> Result<(), Problem> {
    for person in &extra.mentions {
        if !desk.may_see(person, &seen.case.id)? {
            let refused = Problem::new(Kind::UnknownReference);
            return Err(refused.field("input.mentions", Some(Wrong::Unknown)));
        }
    }
    let texts = extra.text.iter().chain(&extra.note);
    let named: Vec<_> = texts.flat_map(|text| desk.mentioned(text)).collect();
    for person in named {
        if !extra.mentions.contains(&person) && desk.may_see(&person, &seen.case.id)? {
            extra.mentions.push(person);
        }
    }
    Ok(())
}

/// Fields and inputs as the core takes them.
pub(crate) fn given(
    desk: &Desk,
    caller: &Caller,
    seen: &Seen,
    action: &Action,
    doing: Doing,
) -> Result<(Entered, Extra), Problem> {
    let strange =
        doing.input.keys().filter(|name| !schema::known(&seen.procedure, &seen.case, action, name));
    let strange: Vec<String> = strange.map(|name| format!("input.{name}")).collect();
    if !strange.is_empty() {
        let refused = |problem: Problem, name| problem.field(name, Some(Wrong::Unknown));
        return Err(strange.into_iter().fold(Problem::new(Kind::InvalidBody), refused));
    }
    let mut extra: Extra = parse::typed("input", Json::Object(doing.input))?;
    if let Some(number) = extra.other.take() {
        let other = desk.case_for(caller, &number).map_err(|error| match error {
            DeskError::NotFound { .. } => {
                Problem::new(Kind::UnknownReference).field("input.other", Some(Wrong::Unknown))
            }
            error => error.into(),
        })?;
        extra.other = Some(other.case.id.clone());
    }
    if schema::known(&seen.procedure, &seen.case, action, "mentions") {
        mention(desk, seen, &mut extra)?;
    }
    let mut fields = Entered::default();
    for (key, typed) in doing.fields {
        if let Some(meant) = meant(seen, &key, typed)? {
            fields.insert(key.into(), meant);
        }
    }
    Ok((fields, extra))
}

/// What a field is to be, where it was shown with stars; none for what is left as it was shown.
fn meant(seen: &Seen, key: &str, typed: Json) -> Result<Option<Json>, Problem> {
    let shown = seen.masked(key).map(|shown| flat(json!(shown)));
    let real = seen.case.value(key).map(|real| flat(json!(real)));
    let (Some(real), Some(shown)) = (real, shown) else { return Ok(Some(typed)) };
    if real != shown && typed == shown {
        return Ok(None);
    }
    let meant = put_back(&real, &shown, typed);
    // In a long text stars can be anybody's own.
    let short = |field: &Field| field.pii && field.kind != FieldKind::Long;
    if seen.procedure.field(key).is_some_and(short) && hides(&real, &shown, &meant) {
        let problem = Problem::new(Kind::InvalidFields);
        return Err(problem.field(format!("fields.{key}"), Some(Wrong::Masked)));
    }
    Ok(Some(meant))
}

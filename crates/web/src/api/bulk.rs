//! `POST /api/v1/bulk`: one thing is done with several cases, or only looked at.

use crate::answer::{HolderAnswer, Named, json};
use crate::app::App;
use crate::bulk::{Bulk, Deed, Outcome, numbers};
use crate::frame::prefers_english;
use crate::gate::By;
use crate::parse::{Body, NoParams, Once};
use crate::problem::{Kind, Problem, ProblemBody};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use desk::{Desk, Seen};
use engine::procedure::Action;
use engine::refusal::Problem as Wrong;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use store::IdempotencyKey;
use utoipa::ToSchema;

/// What is done with which cases.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBulk, example = json!({ "cases": ["…"], "deed": "assign", "input": { "assignee": "…" }, "preview": true }))]
pub(crate) struct Wanted {
    /// Numbers of cases, 1 to 200.
    #[schema(min_items = 1, max_items = 200)]
    cases: Vec<String>,
    /// What is done with each.
    deed: DeedName,
    /// Key of the action, for `act`.
    action: Option<String>,
    /// Number of the case into which the others are joined, for `merge`.
    main: Option<String>,
    /// Fields that the action sets, as `POST …/actions/{action}` takes them.
    #[serde(default)]
    #[schema(value_type = Object)]
    fields: BTreeMap<String, Json>,
    /// Built-in inputs of the action, likewise.
    #[serde(default)]
    #[schema(value_type = Object)]
    input: Map<String, Json>,
    /// Only tell what would become of each case.
    #[serde(default)]
    preview: bool,
}

/// A deed: `assign` dispatches, `move` goes on under the newest version of the procedure, `merge` joins into `main`, `unmerge` parts again, `act`
/// is the action with that key.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DeedName {
    Assign,
    Move,
    Merge,
    Unmerge,
    Act,
}

/// What became of the cases, in their order.
#[derive(Serialize, ToSchema)]
pub(crate) struct Outcomes {
    items: Vec<OutcomeAnswer>,
}

/// What became of a case, or would.
#[derive(Serialize, ToSchema)]
struct OutcomeAnswer {
    /// Number.
    number: String,
    /// It was done, or would be; else `problem` says why not.
    accepted: bool,
    /// Something changes. `false` also for a repetition.
    changed: bool,
    /// The stage afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<Named>,
    /// Who must act afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<HolderAnswer>,
    /// Why it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// Do one thing with several cases
///
/// Each case by itself: what one refuses does not keep the others. With an `Idempotency-Key` a repetition does nothing again.
#[utoipa::path(post, path = "", request_body = Wanted,
    params(Once),
    responses((status = 200, description = "What became of each", body = Outcomes)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Once(key): Once,
    headers: HeaderMap,
    _: NoParams,
    body: Body<Wanted>,
) -> Result<Response, Problem> {
    let (desk, english) = (app.desk().clone(), prefers_english(&headers));
    let work = move || {
        let Wanted { cases, deed, action, main, fields, input, preview } = body.value;
        let deed = deed_of(deed, action, main)?;
        let mut cases = numbers(cases)?;
        if let Deed::Merge(main) = &deed {
            cases.retain(|number| number != main);
        }
        let bulk = Bulk::new(&desk, &caller);
        let doing = crate::api::cases::act::Doing { fields, input };
        let giving = |_: &Seen, _: &Action| doing.clone();
        let key = key.map(|key| IdempotencyKey {
            scope: format!("api {} POST /api/v1/bulk", caller.person),
            key,
            body_hash: body.hash,
        });
        let outcomes = match preview {
            true => bulk.look(&cases, &deed, &giving),
            false => bulk.act(&cases, &deed, &giving, key.as_ref()),
        };
        let items = outcomes.iter().map(|one| OutcomeAnswer::of(&desk, one, english)).collect();
        Ok(json(StatusCode::OK, &Outcomes { items }))
    };
    app.inner.pool.run(work).await
}

fn deed_of(deed: DeedName, action: Option<String>, main: Option<String>) -> Result<Deed, Problem> {
    let missing = |name: &str| Problem::new(Kind::InvalidBody).field(name, None);
    let strange = |name: &str| Problem::new(Kind::InvalidBody).field(name, Some(Wrong::Unknown));
    match (deed, action, main) {
        (DeedName::Act, Some(action), None) => Ok(Deed::Act(action)),
        (DeedName::Merge, None, Some(main)) => Ok(Deed::Merge(main)),
        (DeedName::Act, None, _) => Err(missing("action")),
        (DeedName::Merge, _, None) => Err(missing("main")),
        (_, Some(_), _) => Err(strange("action")),
        (_, _, Some(_)) => Err(strange("main")),
        (DeedName::Assign, None, None) => Ok(Deed::Assign),
        (DeedName::Move, None, None) => Ok(Deed::Move),
        (DeedName::Unmerge, None, None) => Ok(Deed::Unmerge),
    }
}

impl OutcomeAnswer {
    fn of(desk: &Desk, outcome: &Outcome, english: bool) -> Self {
        let after = outcome.after.as_ref().ok();
        let library = desk.library();
        let rules = after
            .and_then(|case| library.version(&case.procedure, case.procedure_version))
            .map(|(rules, _)| rules);
        let stage = |case: &engine::case::Case| {
            let label = rules.as_ref().and_then(|rules| rules.stage(&case.stage));
            Named::of(&case.stage, label.map(|stage| &stage.label))
        };
        Self {
            number: outcome.number.clone(),
            accepted: after.is_some(),
            changed: after.is_some() && !outcome.is_idle(),
            stage: after.map(stage),
            holder: after
                .zip(rules.as_ref())
                .map(|(case, rules)| HolderAnswer::of(rules, &desk.people(), case)),
            problem: outcome.after.as_ref().err().map(|problem| problem.body(english)),
        }
    }
}

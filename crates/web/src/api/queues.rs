//! `GET /api/v1/queues`: how much work there is where.

use crate::answer::{Named, spelled};
use crate::app::App;
use crate::gate::By;
use crate::kept::{About, Answer, Basis};
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use desk::{Desk, DeskError};
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;
use store::Scope;
use utoipa::ToSchema;

/// The work in hand.
#[derive(Serialize, ToSchema)]
pub(crate) struct Queues {
    /// By procedure, queue and stage.
    items: Vec<QueueAnswer>,
}

/// Cases in hand at one place.
#[derive(Serialize, ToSchema)]
pub(crate) struct QueueAnswer {
    /// Procedure.
    procedure: Named,
    /// Queue: the role that cases wait for, or under which they were dispatched; an empty key when there is none.
    queue: Named,
    /// Stage.
    stage: Named,
    /// Cases.
    cases: u64,
    /// Those of them whose next deadline has passed.
    overdue: u64,
}

/// Queues
///
/// How many cases in hand the caller sees, by procedure, queue and stage; exact, and whole. Deadlines as they stood when this second began.
#[utoipa::path(get, path = "", responses((status = 200, description = "Queues", body = Queues)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    _: NoParams,
) -> Result<Answer, Problem> {
    let (desk, kept) = (app.desk(), &app.inner.kept);
    let scope = desk.scope(&caller);
    let (basis, now) = Basis::of_now(desk)?;
    kept.answer(About::Queues(Arc::clone(&scope)), basis, || {
        let items = counted(desk, &scope, now)?;
        Ok::<_, Problem>(Answer { header: None, body: spelled(&Queues { items }) })
    })
}

fn counted(desk: &Desk, scope: &Scope, now: Timestamp) -> Result<Vec<QueueAnswer>, DeskError> {
    let (library, counts) = (desk.library(), desk.store().counts(scope, now)?);
    let items = counts.into_iter().map(|count| {
        let rules = library.newest(&count.procedure).map(|(rules, _)| rules);
        let (role, stage) = match &rules {
            Some(rules) => (rules.role(&count.queue), rules.stage(&count.stage)),
            None => (None, None),
        };
        QueueAnswer {
            procedure: Named::of(&count.procedure, rules.as_ref().map(|rules| &rules.label)),
            queue: Named::of(&count.queue, role.map(|role| &role.label)),
            stage: Named::of(&count.stage, stage.map(|stage| &stage.label)),
            cases: count.cases,
            overdue: count.overdue,
        }
    });
    Ok(items.collect())
}

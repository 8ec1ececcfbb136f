//! `GET /api/v1/work`: what the caller must do next.

use crate::answer::{Named, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::Todo;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Cases of the answer.
const MOST: usize = 50;

/// What there is to do.
#[derive(Serialize, ToSchema)]
pub(crate) struct Work {
    /// Cases that the caller holds, counted up to 999.
    own: u64,
    /// Cases that wait for whoever holds a role of his, by role, each counted up to 999.
    queues: Vec<Waiting>,
    /// Cases in hand, of all that he sees, whose next deadline has passed, counted up to 999.
    overdue: u64,
    /// What is due first, at most 50.
    items: Vec<TodoAnswer>,
}

/// Cases that wait for whoever holds a role.
#[derive(Serialize, ToSchema)]
pub(crate) struct Waiting {
    /// Key of the role; the queue of the cases.
    queue: String,
    /// Key of the department, where the role answers for one only.
    department: Option<String>,
    /// How many.
    cases: u64,
}

/// A case that the caller must act on.
#[derive(Serialize, ToSchema)]
pub(crate) struct TodoAnswer {
    /// Number of the case.
    number: String,
    /// Procedure.
    procedure: Named,
    /// Stage.
    stage: Named,
    /// The nearest due.
    next_due: Option<Timestamp>,
    /// What he may do next; absent when the next step is somebody else's.
    next: Option<Named>,
    /// It is his own, not one that waits for a role of his.
    own: bool,
}

/// Work
///
/// What the caller must do next: his own cases and those that wait for a role of his, by the time left.
#[utoipa::path(get, path = "", responses((status = 200, description = "Work", body = Work)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk();
    let (tally, todos) = (desk.tally(&caller)?, desk.my_work(&caller, MOST)?);
    let queues = tally.queues.into_iter().map(|queue| Waiting {
        queue: queue.role.to_string(),
        department: queue.department.map(|key| key.to_string()),
        cases: queue.cases,
    });
    let work = Work {
        own: tally.own,
        queues: queues.collect(),
        overdue: tally.overdue,
        items: todos.iter().map(TodoAnswer::of).collect(),
    };
    Ok(json(StatusCode::OK, &work))
}

impl TodoAnswer {
    fn of(todo: &Todo) -> Self {
        let (case, rules) = (&todo.seen.case, &todo.seen.procedure);
        let next = todo.next.as_ref().and_then(|next| rules.action(next));
        Self {
            number: case.number.clone(),
            procedure: Named::of(&rules.key, Some(&rules.label)),
            stage: Named::of(&case.stage, rules.stage(&case.stage).map(|stage| &stage.label)),
            next_due: case.next_due(),
            next: next.map(|action| Named::of(&action.key, Some(&action.label))),
            own: todo.own,
        }
    }
}

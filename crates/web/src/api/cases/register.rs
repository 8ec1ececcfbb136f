//! `POST /api/v1/cases`: a case is opened.

use super::write;
use crate::answer::CaseAnswer;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, NoParams, Once};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::{Desk, Options};
use engine::command::Entered;
use engine::procedure::{Means, Procedure};
use engine::refusal::Problem as Wrong;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A case to be opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "procedure": "…", "received_at": "2026-05-08T17:30:00+08:00", "fields": { "…": "…" } }))]
pub(crate) struct NewCase {
    /// Key of the procedure; `GET /api/v1/procedures` lists them.
    procedure: String,
    /// Channel by which it came; the same as the procedure's field for it.
    channel: Option<String>,
    /// When the customer contacted us; now when absent.
    received_at: Option<Timestamp>,
    /// Fields by key; `register` of `GET /api/v1/procedures/{key}` is their JSON Schema. One that is not named takes its default; `null`
    /// leaves it empty, unless it is mandatory or clocks count by it.
    #[serde(default)]
    #[schema(value_type = Object)]
    fields: BTreeMap<String, Json>,
}

/// Register a case
///
/// With an `Idempotency-Key`, a repetition is harmless and gets the same answer; keys are kept for at least 24 hours.
#[utoipa::path(post, path = "", request_body = NewCase,
    params(Once),
    responses(
        (status = 201, description = "The case", body = CaseAnswer, headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        (status = 409, description = "The key was used with another body, or a condition does not hold", body = crate::problem::ProblemBody, content_type = "application/problem+json", example = json!(crate::problem::example(crate::problem::Kind::KeyReused))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Once(key): Once,
    _: NoParams,
    body: Body<NewCase>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let key = write::key(&caller, "POST /api/v1/cases", key, body.hash);
        let options = Options { key, ..Options::default() };
        let procedure = body.value.procedure.clone();
        let make = || {
            let fields = entered(&desk, body.value)?;
            Ok::<_, Problem>(desk.registration(&procedure, fields)?)
        };
        let done =
            desk.submit_made(&caller.who(), options, make).map_err(
                |problem: Problem| match desk.library().newest(&procedure) {
                    Some((rules, _)) => problem.under(&rules),
                    None => problem,
                },
            )?;
        write::answer(&desk, &done, StatusCode::CREATED)
    };
    app.inner.pool.run(work).await
}

/// The fields, with channel and time among them.
fn entered(desk: &Desk, new: NewCase) -> Result<Entered, Problem> {
    let library = desk.library();
    let unknown = |name: &str| Problem::new(Kind::InvalidBody).field(name, Some(Wrong::Unknown));
    let (rules, _) = library.in_force(&new.procedure).ok_or_else(|| unknown("procedure"))?;
    let mut fields: Entered =
        new.fields.into_iter().map(|(key, value)| (key.into(), value)).collect();
    let received_at = new.received_at.map(|at| at.to_string());
    for (name, means, value) in
        [("channel", Means::Channel, new.channel), ("received_at", Means::ReceivedAt, received_at)]
    {
        let Some(value) = value else { continue };
        let key = field_of(&rules, means).ok_or_else(|| unknown(name))?;
        if fields.insert(key, json!(value)).is_some() {
            return Err(unknown(name));
        }
    }
    Ok(fields)
}

fn field_of(rules: &Procedure, means: Means) -> Option<engine::key::Key> {
    rules.field_meaning(means).map(|field| field.key.clone())
}

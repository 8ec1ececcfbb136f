//! `POST /api/v1/procedures/{key}/checks`: a procedure's text is read, proved, and compared with the version before it.

use crate::answer::{Title, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, Named, NoParams};
use crate::problem::{Kind, Problem};
use crate::proofs::{self, NAME, State};
use axum::extract::State as Shared;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use desk::{Examined, words};
use engine::check::Violation;
use engine::procedure::{Difference, Finding};
use engine::refusal::Problem as Wrong;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

/// A procedure as it is written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "source": "[procedure]\n…" }))]
pub(crate) struct ProcedureText {
    /// The whole of it as TOML: `docs/procedure-format.md`.
    pub(super) source: String,
}

/// What was found.
#[derive(Serialize, ToSchema)]
#[schema(as = ProcedureCheck, example = json!({
    "sound": false, "over": 3, "becomes": 4, "open": 12, "states": 0, "moves": 0,
    "flaws": [{
        "line": 41, "other": null, "code": "unknown_key", "title": { "zh": "不认识的项", "en": "Unknown item" },
        "item": "stages[2].lable", "expected": "label", "found": "lable", "detail": null, "path": []
    }],
    "differences": [{ "path": "clocks.example.limit", "old": "4h", "new": "2h" }]
}))]
pub(crate) struct Check {
    /// Nothing keeps it from being published.
    sound: bool,
    /// The version in force that it would replace; 0: none is.
    over: u64,
    /// The version that it would become; 0 where it cannot be read.
    becomes: u64,
    /// Cases in hand that the caller sees; they stay on the versions that they were opened under.
    open: u64,
    /// States over which it was proved; 0 for what travels with the program and was proved before.
    states: usize,
    /// Moves over which it was proved.
    moves: usize,
    /// What keeps it from being published.
    flaws: Vec<Flaw>,
    /// What differs from the newest version that there ever was.
    differences: Vec<Differing>,
}

/// Something that keeps the text from being published.
#[derive(Serialize, ToSchema)]
#[schema(as = ProcedureFlaw)]
struct Flaw {
    /// Line of the text, from 1; absent where it lies in another procedure.
    line: Option<u32>,
    /// Key of another procedure that would not fit any more.
    other: Option<String>,
    /// What is wrong; stable.
    code: String,
    /// The same in words.
    title: Title,
    /// Which item.
    item: String,
    /// What should stand there.
    expected: Option<String>,
    /// What stands there.
    found: Option<String>,
    /// Facts, in English.
    detail: Option<String>,
    /// How a case gets there: actions and steps of time from its registration.
    path: Vec<String>,
}

/// A place at which two versions differ.
#[derive(Serialize, ToSchema)]
#[schema(as = ProcedureDifference)]
struct Differing {
    /// Where.
    path: String,
    /// What the older version says there; null: nothing.
    #[schema(value_type = serde_json::Value)]
    old: Json,
    /// What the text says there; null: nothing.
    #[schema(value_type = serde_json::Value)]
    new: Json,
}

/// A proof that goes on.
#[derive(Serialize, ToSchema)]
#[schema(as = ProcedureProof)]
pub(crate) struct Going {
    /// When it began.
    since: Timestamp,
}

/// Check a procedure
///
/// Reads, proves and compares a text, and writes nothing. Proving takes from seconds to minutes: when it is not done within some seconds
/// the answer is 202, and the same text sent again goes on waiting for the same proof.
#[utoipa::path(post, path = "", request_body = ProcedureText,
    params(("key" = String, Path, description = "Key of the procedure, as the text has it")),
    responses(
        (status = 200, description = "What was found", body = Check),
        (status = 202, description = "It goes on", body = Going, headers(("Retry-After" = String, description = "Seconds until it is worth asking again"))),
    ))]
pub(crate) async fn handler(
    Shared(app): Shared<App>,
    By(caller): By,
    Named(key): Named<String>,
    _: NoParams,
    body: Body<ProcedureText>,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let examined = match proofs::awaited(&app, &body.value.source)? {
            State::Found(examined) => examined,
            State::Going(since) => {
                let mut response = json(StatusCode::ACCEPTED, &Going { since });
                let wait = HeaderValue::from_static("2");
                response.headers_mut().insert(header::RETRY_AFTER, wait);
                return Ok(response);
            }
        };
        is_of(&examined, &key)?;
        let counts = app.desk().store().counts(&app.desk().scope(&caller), app.desk().now())?;
        let open = counts.iter().filter(|one| *one.procedure == *key).map(|one| one.cases).sum();
        Ok(json(StatusCode::OK, &Check::of(&examined, open)))
    };
    again.inner.slow.run(work).await
}

/// Refuses a text that is another procedure's than the address says.
pub(super) fn is_of(examined: &Examined, key: &str) -> Result<(), Problem> {
    match &examined.procedure {
        Some(procedure) if *procedure.key != *key => {
            let wrong = Wrong::WrongType { expected: format!("key = {key:?}") };
            Err(Problem::new(Kind::InvalidFields).field("source", Some(wrong)))
        }
        _ => Ok(()),
    }
}

impl Check {
    fn of(examined: &Examined, open: u64) -> Self {
        let (report, findings) = (&examined.report, examined.findings.iter().map(Flaw::found));
        let differing = |one: &Difference| Differing {
            path: one.path.clone(),
            old: one.old.clone().unwrap_or_default(),
            new: one.new.clone().unwrap_or_default(),
        };
        Self {
            sound: examined.is_sound(),
            over: examined.over,
            becomes: examined.becomes,
            open,
            states: report.proof_states,
            moves: report.proof_transitions,
            flaws: findings.chain(report.violations.iter().map(Flaw::broken)).collect(),
            differences: examined.differences.iter().map(differing).collect(),
        }
    }
}

impl Flaw {
    fn found(one: &Finding) -> Self {
        let own = one.file == NAME;
        Self {
            line: own.then_some(one.line),
            other: (!own).then(|| one.file.clone()),
            expected: Some(one.expected.clone()),
            found: Some(one.found.clone()),
            ..Self::named(one.code, &one.item)
        }
    }

    fn broken(one: &Violation) -> Self {
        Self {
            line: Some(one.line),
            detail: Some(one.detail.clone()),
            path: one.path.clone(),
            ..Self::named(one.code, &one.item)
        }
    }

    fn named(code: &'static str, item: &str) -> Self {
        let [zh, en] = [false, true].map(|english| words::flaw(code, english).to_owned());
        Self {
            line: None,
            other: None,
            code: code.to_owned(),
            title: Title { zh, en },
            item: item.to_owned(),
            expected: None,
            found: None,
            detail: None,
            path: Vec::new(),
        }
    }
}

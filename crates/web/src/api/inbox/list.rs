//! `GET /api/v1/inbox`: what the caller was told.

use crate::answer::{Title, json, page_link};
use crate::app::App;
use crate::gate::By;
use crate::parse::Params;
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use engine::refusal::Problem as Wrong;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use store::InboxMessage;
use utoipa::{IntoParams, ToSchema};

/// Most messages of a page.
const MOST: usize = 200;

/// Which messages.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Query {
    /// Only messages before this place, from `next` of the page before.
    #[param(maximum = 9223372036854775807i64)]
    before: Option<u64>,
    /// Messages of a page, 1 to 200. Default: 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// A page of messages.
#[derive(Serialize, ToSchema)]
pub(crate) struct Messages {
    /// How many the caller has not read, counted up to 999.
    unread: u64,
    /// The newest first; those about cases that the caller may not see any more are left out.
    items: Vec<Message>,
    /// Address of the next page; absent on the last one.
    next: Option<String>,
}

/// A message.
#[derive(Serialize, ToSchema)]
pub(crate) struct Message {
    /// Place in the inbox; grows.
    sequence: u64,
    /// Number of the case that it is about.
    case: String,
    /// Kind: the key of a rule or clock of the procedure, or `task`, `approval`, `handed_over`.
    kind: String,
    /// What it says, where the procedure has words for it; neither names nor numbers of customers are in it.
    text: Option<Title>,
    /// What it is about: a rule, a step of a clock, a task.
    #[schema(value_type = serde_json::Value)]
    topic: Json,
    /// From when it counts.
    at: Timestamp,
    /// When the caller read it.
    read_at: Option<Timestamp>,
}

/// Messages
///
/// What the caller was told, the newest first.
#[utoipa::path(get, path = "", params(Query), responses((status = 200, description = "Messages", body = Messages)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    uri: Uri,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=MOST).contains(&limit) {
        let wrong = Wrong::WrongType { expected: "1-200".to_owned() };
        return Err(Problem::new(Kind::BadQuery).field("limit", Some(wrong)));
    }
    let (desk, store) = (app.desk(), app.desk().store());
    let found = store.inbox_newest(&caller.person, query.before, limit)?;
    let last = found.last().map(|message| message.sequence).filter(|_| found.len() == limit);
    let (scope, mut items) = (desk.scope(&caller), Vec::new());
    for message in found {
        // A case that the caller may no longer see tells him nothing more.
        if matches!(store.standing(&scope, &message.number), Ok(Some(_))) {
            items.push(Message::of(message));
        }
    }
    let next =
        last.map(|last| page_link(uri.path(), uri.query(), &[("before", &last.to_string())]));
    let unread = store.unread(&caller.person, desk::COUNTED)?;
    Ok(json(StatusCode::OK, &Messages { unread, items, next }))
}

impl Message {
    fn of(message: InboxMessage) -> Self {
        let said = |language: &str| {
            message.body.pointer(&format!("/{language}/$p"))?.as_str().map(str::to_owned)
        };
        let text = said("zh").zip(said("en")).map(|(zh, en)| Title { zh, en });
        Self {
            text,
            topic: message.body.get("topic").cloned().unwrap_or_default(),
            sequence: message.sequence,
            case: message.number,
            kind: message.kind,
            at: message.at,
            read_at: message.read_at,
        }
    }
}

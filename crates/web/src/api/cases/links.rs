//! `GET /api/v1/cases/{number}/links`: its relations to other cases.

use super::part::{self, List};
use crate::answer::{LinkAnswer, Named};
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::{Caller, Desk, Seen, without_phones};
use uuid::Uuid;

/// Links of a case
///
/// Relations to other cases that the caller may see, each once: where both cases hold one, it is told as this case holds it.
#[utoipa::path(get, path = "", params(("number" = String, Path, description = "Number of the case")), responses(
    (status = 200, description = "Links of a case", body = List<LinkAnswer>),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named(number): parse::Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    part::list(&app, &caller, &number, |desk, seen| links(desk, &caller, seen))
}

/// What the other case holds where one holds a relation, if cases hold it of each other.
fn converse(kind: &str) -> Option<&str> {
    Some(match kind {
        "related" | "suspected" => kind,
        "escalated_to" => "escalated_from",
        "escalated_from" => "escalated_to",
        "member" => "merged_into",
        "merged_into" => "member",
        _ => return None,
    })
}

/// Relations to other cases that the caller may see, each once: where both cases hold one, as this case does.
pub(crate) fn links(desk: &Desk, caller: &Caller, seen: &Seen) -> Result<Vec<LinkAnswer>, Problem> {
    let (links, scope) = (desk.store().links(seen.summary.id)?, desk.scope(caller));
    let told = |kind: &str, other: &Uuid| {
        links.to.iter().any(|(own, one)| one == other && converse(own) == Some(kind))
    };
    let to = links.to.iter().map(|link| ("to", link));
    let from = links.from.iter().filter(|(kind, other)| !told(kind, other));
    let both = to.chain(from.map(|link| ("from", link)));
    let mut items = Vec::new();
    for (direction, (kind, other)) in both {
        let Some(other) = desk.store().case(&scope, *other)? else { continue };
        let columns = other.summary.columns;
        let rules = desk.library().version(&columns.procedure, columns.procedure_version);
        items.push(LinkAnswer {
            kind: kind.clone(),
            direction: direction.to_owned(),
            number: other.summary.number,
            procedure: Named::of(&columns.procedure, rules.as_ref().map(|(rules, _)| &rules.label))
                .title,
            title: columns.title.as_deref().map(without_phones),
        });
    }
    Ok(items)
}

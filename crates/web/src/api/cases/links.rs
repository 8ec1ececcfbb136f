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

/// Links of a case
///
/// Relations to other cases that the caller may see.
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

/// Relations to other cases that the caller may see.
pub(crate) fn links(desk: &Desk, caller: &Caller, seen: &Seen) -> Result<Vec<LinkAnswer>, Problem> {
    let (links, scope) = (desk.store().links(seen.summary.id)?, desk.scope(caller));
    let to = links.to.iter().map(|link| ("to", link));
    let both = to.chain(links.from.iter().map(|link| ("from", link)));
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

//! `GET /api/v1/cases/{number}/links`: its relations to other cases.

use crate::answer::{LinkAnswer, Named, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// Relations of a case.
#[derive(Serialize, ToSchema)]
pub(crate) struct Links {
    /// Those to cases that the caller may see.
    items: Vec<LinkAnswer>,
}

/// Links of a case
///
/// Relations to other cases that the caller may see.
#[utoipa::path(get, path = "", params(("number" = String, Path, description = "Number of the case")), responses(
    (status = 200, description = "Links of a case", body = Links),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named(number): parse::Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let seen = app.desk().case_for(&caller, &number)?;
    let (desk, scope) = (app.desk(), app.desk().scope(&caller));
    let links = desk.store().links(seen.summary.id)?;
    let both = links
        .to
        .iter()
        .map(|link| ("to", link))
        .chain(links.from.iter().map(|link| ("from", link)));
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
            title: columns.title,
        });
    }
    Ok(json(StatusCode::OK, &Links { items }))
}

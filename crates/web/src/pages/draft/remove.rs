//! `POST /drafts/{name}/removal`: what was typed and not sent is thrown away; the form begins anew.

use crate::app::App;
use crate::pages::local;
use crate::pages::visit::{Visit, see_other};
use crate::parse::{Form, Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

/// Where the form stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chosen {
    #[serde(default)]
    to: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(name): Named<String>,
    _: NoParams,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Problem> {
    if name.len() > super::NAME {
        return Err(Problem::new(Kind::NotFound));
    }
    let desk = app.desk().clone();
    let work = move || Ok(desk.drop_draft(visit.caller(), &name)?);
    app.inner.pool.run(work).await?;
    Ok(see_other(local(&chosen.to)))
}

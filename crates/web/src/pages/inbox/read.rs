//! `POST /inbox/read`: somebody has read what he was told, up to a place.

use crate::app::App;
use crate::pages::visit::{Visit, see_other};
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upto {
    upto: u64,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
    Form(given): Form<Upto>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let mark = move || {
        desk.store().mark_read_upto(&visit.caller().person, given.upto, desk.now())?;
        Ok(see_other("/inbox"))
    };
    app.inner.pool.run(mark).await
}

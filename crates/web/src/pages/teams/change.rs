//! `POST /admin/teams/{id}`: a team is changed, or dissolved.

use super::Given;
use crate::app::App;
use crate::pages::visit::{Visit, see_other};
use crate::parse::{Form, Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(id): Named<String>,
    _: NoParams,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let given = Given::of(fields)?;
    let desk = app.desk().clone();
    let work = move || {
        let (known, _) = desk.team(&id)?;
        let actor = &visit.caller().person;
        match given.deed.as_str() {
            "save" => desk.put_team(actor, &given.team(known.id), None)?,
            "dissolve" => desk.remove_team(actor, &known.id)?,
            _ => return Err(Problem::new(Kind::InvalidBody)),
        }
        Ok(see_other("/admin/teams"))
    };
    app.inner.pool.run(work).await
}

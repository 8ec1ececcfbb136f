//! `POST /saved/{shelf}/{id}`: something that was kept is changed, moved up, or given up.

use super::{Given, refused, shelf_of};
use crate::app::App;
use crate::pages::visit::{Visit, see_other};
use crate::parse::{Form, Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;
use engine::key::Key;

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named((shelf, id)): Named<(String, String)>,
    _: NoParams,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let (shelf, (given, deed)) = (shelf_of(&shelf)?, Given::of(fields)?);
    let again = app.clone();
    let work = move || {
        let (desk, caller) = (app.desk(), visit.caller());
        let id: Key = id.as_str().into();
        let done = match deed.as_str() {
            "save" => {
                let known = desk.saved_one(caller, shelf, &id)?;
                let changed = (given.name.as_str(), given.shared, given.content(shelf));
                desk.keep_saved(caller, &known.id, changed, None)
            }
            "raise" => desk.raise_saved(caller, shelf, &id),
            "discard" => desk.discard_saved(caller, shelf, &id),
            _ => return Err(Problem::new(Kind::InvalidBody)),
        };
        match done {
            Ok(()) => Ok(see_other(&format!("/saved/{}", shelf.name()))),
            Err(error) => refused(&app, &visit, shelf, (Some(&id), given), error),
        }
    };
    again.inner.pool.run(work).await
}

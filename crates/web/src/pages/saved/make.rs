//! `POST /saved/{shelf}`: something new is kept, a list under a name or a text.

use super::{Given, refused, shelf_of};
use crate::app::App;
use crate::pages::framed::list_href;
use crate::pages::visit::{Visit, see_other};
use crate::parse::{Form, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::Shelf;

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(shelf): Named<String>,
    _: NoParams,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let (shelf, (given, _)) = (shelf_of(&shelf)?, Given::of(fields)?);
    let again = app.clone();
    let work = move || {
        let (desk, caller) = (app.desk(), visit.caller());
        let new = (given.name.as_str(), given.shared, given.content(shelf));
        if let Err(error) = desk.keep_saved(caller, &desk.new_saved_id(), new, Some(0)) {
            return refused(&app, &visit, shelf, (None, given), error);
        }
        Ok(see_other(&match shelf {
            Shelf::Views => {
                let list = list_href(&given.criteria);
                format!("{list}{}done=view", if list.contains('?') { '&' } else { '?' })
            }
            Shelf::Templates => "/saved/templates".to_owned(),
        }))
    };
    again.inner.pool.run(work).await
}

//! `POST /admin/people/{id}/leave`: somebody leaves; what he holds is handed over.

use crate::app::App;
use crate::pages::visit::{Visit, see_other};
use crate::parse::{Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;
use engine::key::Key;

/// Goes back to the people. Nobody lets himself go: somebody must be left who administers.
pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let id: Key = id.as_str().into();
        if id == visit.caller().person {
            return Err(Problem::new(Kind::OwnMatter));
        }
        desk.remove_person(visit.caller(), &id)?;
        Ok(see_other("/admin/people"))
    };
    app.inner.pool.run(work).await
}

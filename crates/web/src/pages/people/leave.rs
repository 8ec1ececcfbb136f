//! `POST /admin/people/{id}/leave`: somebody leaves; what he holds is handed over.

use super::{People, Wanted};
use crate::app::App;
use crate::pages::absence::Shares;
use crate::pages::visit::Visit;
use crate::parse::{Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;
use engine::key::Key;

/// Shows the people, and what went to whom. Nobody lets himself go: somebody must be left who administers.
pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let (desk, lang) = (app.desk(), visit.lang);
        let id: Key = id.as_str().into();
        if id == visit.caller().person {
            return Err(Problem::new(Kind::OwnMatter));
        }
        let (person, _) = desk.person(&id)?;
        let handed = desk.remove_person(visit.caller(), &id)?;
        let told = Shares::of(&app, lang, &handed).told(lang);
        let left = lang.fill("admin.people.left", &[("name", &person.name), ("handed", &told)]);
        let page = People { left: Some(left), ..People::of(&app, &visit, &Wanted::default())? };
        Ok(visit.page(&page.html()))
    };
    again.inner.pool.run(work).await
}

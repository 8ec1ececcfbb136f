//! `POST /customers/{id}/reveal`: a name or a contact in full, for whoever may. That it was shown is logged.

use super::show::{CustomerPage, Wanted};
use crate::app::App;
use crate::pages::visit::Visit;
use crate::parse::{Form, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

/// Which part.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    part: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(id): Named<String>,
    _: NoParams,
    Form(wish): Form<Wish>,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let shown = app.desk().reveal_customer(visit.caller(), &id, &wish.part)?;
        let kept = app.desk().customer(&id)?;
        let shown = Some((wish.part.as_str(), shown));
        let page = CustomerPage::of(&app, &visit, &kept, &Wanted::default(), shown)?;
        Ok(visit.page(&page.html()))
    };
    again.inner.pool.run(work).await
}

//! `POST /cases/{number}/reveal`: a value of a case in full, for whoever may. That it was shown is logged.

use super::{CasePage, Wanted};
use crate::app::App;
use crate::pages::visit::Visit;
use crate::parse::{Form, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

/// Which value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    field: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(number): Named<String>,
    _: NoParams,
    Form(wish): Form<Wish>,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let value = app.desk().reveal(visit.caller(), &number, &wish.field)?;
        let mut page = CasePage::of(&app, &visit, &number, &Wanted::default(), None)?;
        let wanted = |reveal: &Option<String>| reveal.as_deref() == Some(wish.field.as_str());
        for fact in page.customer.iter_mut().filter(|fact| wanted(&fact.reveal)) {
            value.text().clone_into(&mut fact.text);
            fact.reveal = None;
        }
        Ok(visit.page(&page.html()))
    };
    again.inner.pool.run(work).await
}

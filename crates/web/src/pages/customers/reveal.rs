//! `POST /customers/{id}/reveal`: a name or a contact in full, for whoever may. That it was shown is logged.

use super::show::{CustomerPage, Wanted};
use crate::app::App;
use crate::pages::visit::Visit;
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
    // `part` is asked for; `shown` was shown before on the same page, and stays so.
    if fields.iter().any(|(name, _)| !matches!(name.as_str(), "part" | "shown")) {
        return Err(Problem::new(Kind::InvalidBody));
    }
    let again = app.clone();
    let work = move || {
        let desk = app.desk();
        let one =
            |part: &str| Ok((part.to_owned(), desk.reveal_customer(visit.caller(), &id, part)?));
        let shown = fields.iter().map(|(_, part)| one(part));
        let shown = shown.collect::<Result<Vec<_>, Problem>>()?;
        let kept = desk.customer(&id)?;
        let page = CustomerPage::of(&app, &visit, &kept, &Wanted::default(), shown)?;
        Ok(visit.page(&page.html()))
    };
    again.inner.pool.run(work).await
}

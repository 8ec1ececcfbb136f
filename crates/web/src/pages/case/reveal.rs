//! `POST /cases/{number}/reveal`: a value of a case in full, for whoever may. That it was shown is logged.

use super::{CasePage, Fact, Wanted};
use crate::app::App;
use crate::pages::visit::Visit;
use crate::parse::{Form, Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;

/// Which value, and which were shown before on the same page.
#[derive(Default)]
pub(crate) struct Wish {
    field: String,
    shown: Vec<String>,
}

impl Wish {
    fn of(fields: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut wish = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "field" => wish.field = value,
                "shown" => wish.shown.push(value),
                _ => return Err(Problem::new(Kind::InvalidBody)),
            }
        }
        Ok(wish)
    }
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(number): Named<String>,
    _: NoParams,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let Wish { field, mut shown } = Wish::of(fields)?;
    shown.push(field);
    let again = app.clone();
    let work = move || {
        let values = shown.iter().map(|field| app.desk().reveal(visit.caller(), &number, field));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let mut page = CasePage::of(&app, &visit, &number, &Wanted::default(), None)?;
        for (field, value) in shown.iter().zip(values) {
            let wanted = |fact: &&mut Fact| fact.reveal.as_ref() == Some(field);
            for fact in page.customer.iter_mut().filter(wanted) {
                value.text().clone_into(&mut fact.text);
                fact.reveal = None;
            }
            let lines = page.sheets.iter_mut().flat_map(|sheet| &mut sheet.values);
            for said in lines.filter(|said| said.key.as_ref() == Some(field)) {
                value.text().clone_into(&mut said.text);
                said.hidden = false;
            }
        }
        page.shown = shown;
        Ok(visit.page(&page.html()))
    };
    again.inner.pool.run(work).await
}

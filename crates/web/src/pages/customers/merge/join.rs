//! `POST /customers/{id}/merge/{other}`: two records become one. Who was overtaken compares them once more.

use super::Merge;
use crate::answer::encoded;
use crate::app::App;
use crate::pages::customers::customer_href;
use crate::pages::visit::{Visit, see_other};
use crate::parse::{Form, Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::DeskError;
use engine::customer::Trait;

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named((id, other)): Named<(String, String)>,
    _: NoParams,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let (mut seen, mut seen_other, mut take) = (None, None, Vec::new());
    for (name, value) in fields {
        let version = || value.parse::<u64>().map_err(|_| Problem::new(Kind::InvalidBody));
        match (name.as_str(), name.strip_prefix("take.")) {
            ("seen", _) => seen = Some(version()?),
            ("other", _) => seen_other = Some(version()?),
            (_, Some(which)) => {
                let known = Trait::ALL.into_iter().find(|one| one.key() == which);
                let known = known.ok_or_else(|| Problem::new(Kind::InvalidBody))?;
                take.extend(Some(known).filter(|_| value == "other"));
            }
            _ => return Err(Problem::new(Kind::InvalidBody)),
        }
    }
    let again = app.clone();
    let work = move || {
        let desk = app.desk();
        let (main, rest) = ((id.as_str(), seen), (other.as_str(), seen_other));
        match desk.merge_customers(&visit.caller().who(), main, rest, &take) {
            Ok(kept) => {
                let with = encoded(&other);
                Ok(see_other(&format!("{}?done=merged&with={with}", customer_href(&kept.key))))
            }
            Err(DeskError::Stale { .. }) => {
                let (main, rest) = (desk.customer_now(&id)?, desk.customer_now(&other)?);
                let page = Merge::of(&app, &visit, &main, &rest, &take, true)?;
                Ok(visit.answer(StatusCode::PRECONDITION_FAILED, &page.html()))
            }
            Err(error) => Err(error.into()),
        }
    };
    again.inner.pool.run(work).await
}

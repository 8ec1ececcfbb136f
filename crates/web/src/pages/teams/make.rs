//! `POST /admin/teams`: a team is made.

use super::{Given, Teams};
use crate::app::App;
use crate::pages::visit::{Visit, see_other};
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::{DeskError, user_name, words};

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let given = Given::of(fields)?;
    let again = app.clone();
    let work = move || {
        let made = user_name(&given.id)
            .and_then(|id| app.desk().put_team(&visit.caller().person, &given.team(id), Some(0)));
        match made {
            Ok(()) => Ok(see_other("/admin/teams")),
            Err(
                error @ (DeskError::BadName | DeskError::Stale { .. } | DeskError::NotFound { .. }),
            ) => {
                // There is one with this id already.
                let error = if matches!(error, DeskError::Stale { .. }) {
                    DeskError::NameTaken
                } else {
                    error
                };
                let wrong = Some(words::failure(&error, visit.lang.english));
                let page = Teams { given, wrong, ..Teams::of(&app, &visit)? };
                Ok(visit.answer(StatusCode::UNPROCESSABLE_ENTITY, &page.html()))
            }
            Err(error) => Err(error.into()),
        }
    };
    again.inner.pool.run(work).await
}

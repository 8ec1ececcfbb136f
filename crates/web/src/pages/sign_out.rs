//! `POST /sign-out`: the session ends.

use crate::app::App;
use crate::pages::visit::see_other;
use crate::parse::NoParams;
use crate::problem::Problem;
use crate::signed::{Signed, set_cookie};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use desk::DeskError;

/// Ends the session, takes the cookie away, and has the browser forget what it kept.
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let end = move || match desk.end_session(&signed.person.id, &signed.session.id) {
        // Ended elsewhere at the same moment.
        Ok(()) | Err(DeskError::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    };
    app.inner.pool.run(end).await?;
    let gone = [(header::SET_COOKIE, set_cookie(&app, ""))];
    Ok((gone, see_other("/sign-in")).into_response())
}

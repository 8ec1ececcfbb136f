//! `POST /api/v1/customers`: a customer is taken in.

use super::given::Whole;
use super::whole;
use crate::answer::{CustomerAnswer, encoded};
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;

/// Take a customer in
///
/// The id is made here; `PUT` takes one of the caller's and may be repeated.
#[utoipa::path(post, path = "", request_body = Whole, responses(
    (status = 201, description = "Taken in", body = CustomerAnswer,
        headers(("ETag" = String, description = "Its version"), ("Location" = String, description = "Its address"))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    _: NoParams,
    body: Body<Whole>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let kept = desk.put_customer(&caller.who(), None, body.value.into(), None)?;
        let mut response = whole(&desk, &kept, false);
        let place = format!("/api/v1/customers/{}", encoded(&kept.key));
        if let Ok(place) = HeaderValue::from_str(&place) {
            response.headers_mut().insert(header::LOCATION, place);
        }
        Ok(response)
    };
    app.inner.pool.run(work).await
}

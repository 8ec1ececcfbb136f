//! What writes of settings share: a whole thing that is put under an id, the version that the caller has seen, and the answer with the
//! one that was written.

use crate::answer::{etag, json};
use crate::app::App;
use crate::parse::{Body, IfMatch, IfNoneMatch, Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{StatusCode, header};
use axum::response::Response;
use desk::{DeskError, user_name};
use engine::key::Key;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A whole thing that is put under an id, over what the caller has seen of it.
pub(crate) struct Put<T> {
    pub(super) id: String,
    pub(super) value: T,
    seen: IfMatch,
    known: IfNoneMatch,
}

impl<T: DeserializeOwned> FromRequest<App> for Put<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Named(id) = Named::from_request_parts(&mut parts, app).await?;
        let seen = IfMatch::from_request_parts(&mut parts, app).await?;
        let known = IfNoneMatch::from_request_parts(&mut parts, app).await?;
        NoParams::from_request_parts(&mut parts, app).await?;
        let Body { value, .. } = Body::from_request(Request::from_parts(parts, body), app).await?;
        Ok(Self { id, value, seen, known })
    }
}

impl<T> Put<T> {
    /// What it is written over. `known` is the version that is there.
    pub(super) fn over(&self, known: Result<u64, DeskError>) -> Result<Over, Problem> {
        match known {
            Ok(version) if self.known.has(version) => {
                Err(DeskError::Stale { found: version }.into())
            }
            Ok(version) => Ok(Over { seen: self.seen.seen(version), there: true }),
            // Nothing is there that could have been seen.
            Err(DeskError::NotFound { .. }) if self.seen.seen(0).is_some() => {
                Err(Problem::new(Kind::NotFound))
            }
            Err(DeskError::NotFound { .. }) => Ok(Over { seen: Some(0), there: false }),
            Err(error) => Err(error.into()),
        }
    }

    /// The id as a key; of a new thing, if it can be one.
    pub(super) fn key(&self, over: &Over) -> Result<Key, Problem> {
        let key: Key = self.id.as_str().into();
        if over.there || user_name(&self.id)? == key {
            return Ok(key);
        }
        Err(DeskError::BadName.into())
    }
}

/// What something is written over.
pub(super) struct Over {
    /// The version that was seen; 0 where nothing may be there; none where any will do.
    pub(super) seen: Option<u64>,
    /// Something is there already.
    pub(super) there: bool,
}

/// Something with its version.
pub(super) fn answer(version: u64, there_before: bool, body: &impl Serialize) -> Response {
    let status = if there_before { StatusCode::OK } else { StatusCode::CREATED };
    let mut response = json(status, body);
    response.headers_mut().insert(header::ETAG, etag(version));
    response
}

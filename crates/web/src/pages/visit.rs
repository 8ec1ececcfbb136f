//! A request for a page: who asks, in which language, and how the answer goes back.

use super::assets::packed;
use super::framed::{Frame, Section};
use super::words::Lang;
use crate::app::App;
use crate::frame::weighted;
use crate::problem::{Kind, Problem};
use crate::signed::Signed;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use desk::{Caller, DeskError};
use engine::refusal::Problem as Wrong;
use flate2::Compression;
use maud::Markup;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use store::StoreError;

/// Bytes below which packing does not pay.
const WORTH_PACKING: usize = 1_000;

/// Somebody who has signed in and asks for a page.
pub(crate) struct Visit {
    pub(crate) signed: Signed,
    pub(crate) lang: Lang,
    gzip: bool,
    to: String,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let signed = Signed::from_request_parts(parts, app).await?;
        let lang = Lang { english: signed.english };
        let to = parts.uri.path_and_query().map_or("/", |here| here.as_str()).to_owned();
        Ok(Self { signed, lang, gzip: takes_gzip(&parts.headers), to })
    }
}

impl Visit {
    /// On whose behalf.
    pub(crate) fn caller(&self) -> &Caller {
        &self.signed.caller
    }

    /// What stands around the page: how much there is to do is counted here.
    pub(crate) fn frame(
        &self,
        app: &App,
        here: Section,
        title: impl Into<String>,
    ) -> Result<Frame, Problem> {
        Frame::of(app, &self.signed, here, title.into(), self.to.clone())
    }

    /// The page as an answer.
    pub(crate) fn page(&self, page: &Markup) -> Response {
        self.answer(StatusCode::OK, page)
    }

    /// The page as an answer with another status.
    pub(crate) fn answer(&self, status: StatusCode, page: &Markup) -> Response {
        answer(status, page, self.gzip)
    }
}

/// What an address asks for. Parameters that nobody knows are left alone: people keep and share addresses.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Asked<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        serde_urlencoded::from_str(query).map(Self).map_err(|_| unreadable_in::<T>(query))
    }
}

/// A parameter of a page's address says something that means nothing.
pub(crate) fn unreadable(name: &str) -> Problem {
    Problem::new(Kind::BadQuery).field(name, Some(Wrong::Unknown))
}

/// Why a page of a list cannot be read: a cursor that is none, or a failure.
pub(crate) fn unread(error: impl Into<DeskError>) -> Problem {
    match error.into() {
        DeskError::Store(StoreError::Invalid { .. }) => unreadable("cursor"),
        error => error.into(),
    }
}

/// Every parameter may be absent: what fails alone, or is there twice, is what is wrong.
fn unreadable_in<T: DeserializeOwned>(query: &str) -> Problem {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let alone = |pair: &(String, String)| {
        serde_urlencoded::to_string([pair])
            .is_ok_and(|one| serde_urlencoded::from_str::<T>(&one).is_ok())
    };
    let twice = |name: &str| pairs.iter().filter(|(other, _)| other == name).count() > 1;
    let wrong = pairs.iter().filter(|pair| !alone(pair) || twice(&pair.0));
    let names: BTreeSet<&str> = wrong.map(|(name, _)| name.as_str()).collect();
    names.into_iter().fold(Problem::new(Kind::BadQuery), |problem, name| {
        problem.field(name, Some(Wrong::Unknown))
    })
}

/// A page as an answer, packed when the browser takes that.
pub(crate) fn answer(status: StatusCode, page: &Markup, gzip: bool) -> Response {
    let bytes = page.0.as_bytes();
    let pack = gzip && bytes.len() >= WORTH_PACKING;
    let body = if pack { packed(bytes, Compression::fast()) } else { bytes.to_vec() };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if pack {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Whether an answer may be packed as gzip.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    let mut codings =
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    codings.any(|coding| {
        let (name, quality) = weighted(coding);
        name.eq_ignore_ascii_case("gzip") && quality > 0
    })
}

/// Sends the browser on, after something was done.
pub(crate) fn see_other(to: &str) -> Response {
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

//! Answers that are kept as they were sent, while nothing that they show has changed. How things stand is looked at each time - the
//! head of a log, or one row of one table -, so what is answered is as fresh as if it had been read; what is saved is reading, opening
//! what is sealed, and spelling. Colleagues who see the same look at the same answer.

use crate::answer::sent;
use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use desk::{Desk, DeskError};
use jiff::Timestamp;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::Arc;
use store::{Position, Scope, Standing};
use uuid::Uuid;

/// What answers may weigh together, in bytes.
const ROOM: u64 = 32 << 20;
/// Answers that are expected at once; it only shapes the table.
const EXPECTED: usize = 4_000;
/// What an answer weighs beside its body, in bytes.
const BESIDE: usize = 256;

/// What an answer is about. Whoever it is given to has been found to see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum About {
    /// A case.
    Case(Uuid),
    /// What somebody who sees this gets for this query.
    List { scope: Arc<Scope>, query: String },
    /// How much work there is where, to somebody who sees this.
    Queues(Arc<Scope>),
}

/// What an answer rests on: the same basis gives the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Basis {
    pub(crate) ground: Ground,
    shown: Shown,
}

/// What everything that is spelled rests on beside the cases. It is looked at before anything is read: what is read after it is at
/// least as new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ground {
    /// Names of people and labels are settings: how often they have changed ([`Desk::ground`]).
    settings: u64,
    /// How often the store has lost touch with its database, which may have forgotten something.
    losses: u64,
}

impl Ground {
    pub(crate) fn of(desk: &Desk) -> Self {
        Self { settings: desk.ground(), losses: desk.store().losses() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Case(Standing),
    /// Everything up to here.
    All(Position),
    /// Everything up to here, as the clocks stood at this second.
    Now(Position, Timestamp),
}

/// An answer: JSON, and what it bears beside its type.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) header: Option<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = sent(self.body).into_response();
        response.headers_mut().extend(self.header);
        response
    }
}

pub(crate) struct Kept {
    answers: Cache<About, Arc<(Basis, Answer)>, Weight>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<About, Arc<(Basis, Answer)>> for Weight {
    fn weight(&self, about: &About, kept: &Arc<(Basis, Answer)>) -> u64 {
        let query = if let About::List { query, .. } = about { query.len() } else { 0 };
        u64::try_from(BESIDE + query + kept.1.body.len()).unwrap_or(u64::MAX)
    }
}

impl Basis {
    /// What an answer about a case with this standing rests on.
    pub(crate) fn of_case(desk: &Desk, standing: Standing) -> Self {
        Self { ground: Ground::of(desk), shown: Shown::Case(standing) }
    }

    /// What an answer about any cases rests on.
    pub(crate) fn of_all(desk: &Desk) -> Result<Self, DeskError> {
        Ok(Self { ground: Ground::of(desk), shown: Shown::All(desk.store().position()?) })
    }

    /// What an answer rests on that tells of deadlines as well, and the instant that it has to be of: the beginning of this second.
    pub(crate) fn of_now(desk: &Desk) -> Result<(Self, Timestamp), DeskError> {
        let now = desk.now();
        let second = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let shown = Shown::Now(desk.store().position()?, second);
        Ok((Self { ground: Ground::of(desk), shown }, second))
    }
}

impl Default for Kept {
    fn default() -> Self {
        Self { answers: Cache::with_weighter(EXPECTED, ROOM, Weight) }
    }
}

impl Kept {
    /// The answer on this basis: the one that is kept, or one that is made now.
    pub(crate) fn answer<E>(
        &self,
        about: About,
        basis: Basis,
        make: impl FnOnce() -> Result<Answer, E>,
    ) -> Result<Answer, E> {
        if let Some(kept) = self.answers.get(&about)
            && kept.0 == basis
        {
            return Ok(kept.1.clone());
        }
        let made = make()?;
        self.answers.insert(about, Arc::new((basis, made.clone())));
        Ok(made)
    }
}

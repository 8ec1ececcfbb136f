//! A stream of what happens: it waits for word from the store, and ends when the server does, or when what opened it - a key, a session -
//! opens nothing any more.

use crate::app::App;
use crate::gate::bearer;
use crate::problem::{Kind, Problem};
use crate::signed::cookie;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use desk::{Caller, Desk, KeyScope};
use futures_util::stream;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

/// Reads a part of the feed after a place: what to send, and how far was looked.
pub(crate) type Read<T> = fn(&App, &Caller, u64) -> Result<(Vec<T>, u64), Problem>;

/// What opened a stream. It is looked at again before each look into the feed.
enum Opener {
    Key(String),
    Session(String),
}

impl Opener {
    fn of(app: &App, headers: &HeaderMap) -> Option<Self> {
        match bearer(headers) {
            Ok(secret) => Some(Self::Key(secret.to_owned())),
            Err(_) => cookie(app, headers).map(Self::Session),
        }
    }

    /// Who listens, while he may.
    fn caller(&self, desk: &Desk) -> Option<Caller> {
        let caller = match self {
            Self::Key(secret) => desk.caller(secret).ok()?,
            Self::Session(secret) => {
                let session = desk.session(secret).ok()?.filter(|session| !session.half)?;
                desk.caller_of(desk.people().person(&session.person)?)
            }
        };
        Some(caller).filter(|caller| caller.allows(KeyScope::CasesRead))
    }
}

struct Live<T> {
    app: App,
    opener: Opener,
    after: u64,
    ready: VecDeque<T>,
    changes: watch::Receiver<u64>,
    read: Read<T>,
    /// How long it waits at least between two looks, and when it may look again.
    pause: Duration,
    rests: Instant,
    _place: OwnedSemaphorePermit,
}

/// What proxies must not do with a stream: nginx gathers an answer before it passes anything on unless it is told, and others compress.
const UNBUFFERED: [(HeaderName, &str); 2] = [
    (HeaderName::from_static("x-accel-buffering"), "no"),
    (header::CACHE_CONTROL, "no-store, no-transform"),
];

/// Everything after a place, as it comes; what comes within a pause comes together.
pub(crate) fn live<T: Send + 'static>(
    app: App,
    headers: &HeaderMap,
    after: u64,
    pause: Duration,
    read: Read<T>,
    event: fn(T) -> Event,
) -> Result<Response, Problem> {
    let opener = Opener::of(&app, headers).ok_or_else(|| Problem::new(Kind::Unauthenticated))?;
    let place = Arc::clone(&app.inner.streams)
        .try_acquire_owned()
        .map_err(|_| Problem::new(Kind::Unavailable))?;
    let changes = app.desk().store().changes();
    let (ready, rests) = (VecDeque::new(), Instant::now());
    let live = Live { app, opener, after, ready, changes, read, pause, rests, _place: place };
    let events = stream::unfold(live, move |mut live| async move {
        let next = live.next().await?;
        Some((Ok::<_, Infallible>(event(next)), live))
    });
    let alive = KeepAlive::new().interval(Duration::from_secs(15));
    let mut response = Sse::new(events).keep_alive(alive).into_response();
    for (name, value) in UNBUFFERED {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

impl<T> Live<T> {
    async fn next(&mut self) -> Option<T> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            tokio::select! {
                () = tokio::time::sleep_until(self.rests) => {}
                () = self.app.stopped() => return None,
            }
            // Seen before reading, so that what is committed meanwhile wakes us.
            let last = *self.changes.borrow_and_update();
            // Where the database has lost what was told, the next events have its numbers.
            self.after = self.after.min(last);
            if last > self.after {
                let _turn = self.app.inner.follows.turn().await.ok()?;
                let caller = self.opener.caller(self.app.desk())?;
                let (events, upto) = (self.read)(&self.app, &caller, self.after).ok()?;
                self.ready = events.into();
                self.after = upto;
                self.rests = Instant::now() + self.pause;
                continue;
            }
            tokio::select! {
                changed = self.changes.changed() => changed.ok()?,
                () = self.app.stopped() => return None,
            }
        }
    }
}

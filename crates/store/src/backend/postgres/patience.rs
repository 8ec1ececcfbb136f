//! How long an answer is waited for.

use super::super::server::{Server, within};
use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

/// A server that works gives up by itself what takes longer, before we do: what is abandoned must not pile up there.
pub(super) const HURRIED: &str = "SET lock_timeout = '8s'; SET statement_timeout = '10s'";
/// Somebody else may be at the same long work.
pub(super) const UNHURRIED: &str = "SET lock_timeout = '30s'; SET statement_timeout = 0";
/// As what the server knows a session, where it lists its sessions.
pub(super) const SESSION_ID: &str = "SELECT pid FROM pg_stat_activity WHERE pid = pg_backend_pid()";
/// A server that has not answered within this hangs - it is stopped, its machine frozen, its disk stalled - and is not waited for.
const ANSWER: Duration = Duration::from_secs(12);

/// The patience of one connection.
pub(super) struct Patience {
    server: Server,
    /// Which server of the address it is.
    host: usize,
    /// Whether this session does what takes long by its nature.
    is_long: Cell<bool>,
    /// As what the server knows it, if it does.
    session: Cell<Option<i32>>,
}

impl Patience {
    pub(super) fn new(server: Server, host: usize) -> Self {
        Self { server, host, is_long: Cell::default(), session: Cell::default() }
    }

    /// From now on every answer comes in time, or none.
    pub(super) fn hurry(&self) {
        self.is_long.set(false);
    }

    /// From now on an answer may take as long as the server has this session.
    pub(super) fn wait_long(&self, session: Option<i32>) {
        self.is_long.set(true);
        self.session.set(session);
    }

    /// An answer, unless it takes longer than it may. Where that may be long, the server is asked for the session now and then on another
    /// connection: one that hangs does not answer there either.
    pub(super) async fn with<T>(&self, answer: impl Future<Output = T>) -> Option<T> {
        let mut answer = pin!(answer);
        loop {
            if let Some(answer) = within(Some(ANSWER), answer.as_mut()).await {
                return Some(answer);
            }
            if !self.is_long.get() || !self.server.has(self.host, self.session.get()).await {
                return None;
            }
        }
    }
}

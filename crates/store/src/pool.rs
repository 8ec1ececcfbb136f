//! Connections for reading: a fixed number, and whoever comes later waits. Opening one costs more than most of what is read.

use crate::anchor::Anchor;
use crate::backend::{Conn, Mode, Place, waiting};
use crate::error::{Result, StoreError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long somebody waits for a connection before the database is too busy.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Pool {
    place: Place,
    anchor: Arc<Anchor>,
    most: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Conn>,
    open: usize,
}

/// A connection that goes back when it is dropped.
pub(crate) struct Lent<'p> {
    pool: &'p Pool,
    conn: Option<Conn>,
    /// It was used before, and may have been lost meanwhile.
    pub(crate) used: bool,
}

impl Pool {
    pub(crate) fn new(place: Place, most: usize, anchor: Arc<Anchor>) -> Self {
        Self { place, anchor, most, state: Mutex::default(), freed: Condvar::new() }
    }

    pub(crate) fn take(&self) -> Result<Lent<'_>> {
        self.anchor.last_look()?;
        let mut state = self.lock();
        while state.idle.is_empty() && state.open >= self.most {
            let (after, waited) = waiting(|| {
                self.freed.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner)
            });
            if waited.timed_out() {
                return Err(StoreError::Busy);
            }
            state = after;
        }
        if let Some(conn) = state.idle.pop() {
            return Ok(Lent { pool: self, conn: Some(conn), used: true });
        }
        state.open += 1;
        drop(state);
        // When it cannot be opened, dropping what is lent gives the place back.
        let mut lent = Lent { pool: self, conn: None, used: false };
        lent.conn = Some(Conn::open(&self.place, Mode::Read)?);
        Ok(lent)
    }

    /// Closes what is idle: the server was away, and they all went with it.
    pub(crate) fn forget_idle(&self) {
        let gone = std::mem::take(&mut self.lock().idle);
        self.lock().open -= gone.len();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lent<'_> {
    pub(crate) fn conn(&self) -> Result<&Conn> {
        self.conn.as_ref().ok_or(StoreError::Busy)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let sound = self.conn.take().filter(|conn| !conn.in_transaction() && !conn.is_lost());
        let mut state = self.pool.lock();
        match sound {
            Some(conn) => state.idle.push(conn),
            None => state.open -= 1,
        }
        drop(state);
        self.pool.freed.notify_one();
    }
}

//! Connections for reading: a fixed number, and whoever comes later waits. Opening one costs more than most of what is read.
//!
//! A connection that comes back is for those who wait, before anybody who comes. Were it there for whoever asks first, that would mostly
//! be the thread that had it, for it has the processor, and one that waits might do so for long.

use crate::anchor::Anchor;
use crate::backend::{Conn, Mode, Place, waiting};
use crate::error::{Result, StoreError};
use crate::read::memory::Memory;
use crate::touch::Touch;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long somebody waits for a connection before the database is too busy.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many may wait: each keeps a thread, and threads are what everything else needs while a server hangs.
const WAITING: usize = 256;
/// How long after a failed attempt to connect nobody tries again.
const REST: Duration = Duration::from_millis(200);

pub(crate) struct Pool {
    place: Place,
    anchor: Arc<Anchor>,
    touch: Arc<Touch>,
    most: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Conn>,
    open: usize,
    waiting: usize,
    away: Option<Away>,
    /// What was read by the idle ones, and by those that are lent unless they are from before a loss.
    memory: Arc<Memory>,
}

/// No connection could be made. Until one can, one caller at a time tries, and the others are told at once.
struct Away {
    since: Instant,
    why: StoreError,
    is_tried: bool,
}

/// A connection that goes back when it is dropped.
pub(crate) struct Lent<'p> {
    pool: &'p Pool,
    conn: Option<Conn>,
    /// What is kept of what it reads.
    pub(crate) memory: Arc<Memory>,
    /// It was used before, and may have been lost meanwhile.
    pub(crate) used: bool,
}

impl Pool {
    pub(crate) fn new(place: Place, most: usize, anchor: Arc<Anchor>, touch: Arc<Touch>) -> Self {
        Self { place, anchor, touch, most, state: Mutex::default(), freed: Condvar::new() }
    }

    pub(crate) fn take(&self) -> Result<Lent<'_>> {
        self.anchor.last_look()?;
        // Closed when the lock is gone: a server may take its time.
        let mut gone = Vec::new();
        let mut state = self.lock();
        let mut since = None;
        loop {
            gone.extend(self.leave_behind(&mut state));
            // As many as there are who wait are theirs, also of those who were woken and do not run yet.
            if (since.is_some() || state.idle.len() > state.waiting)
                && let Some(conn) = state.idle.pop()
            {
                let memory = Arc::clone(&state.memory);
                return Ok(Lent { pool: self, conn: Some(conn), memory, used: true });
            }
            let tried = state.away.as_ref();
            if let Some(away) = tried.filter(|one| one.is_tried || one.since.elapsed() < REST) {
                return Err(away.why.clone());
            }
            if state.open < self.most {
                break;
            }
            let left = PATIENCE.saturating_sub(since.get_or_insert_with(Instant::now).elapsed());
            if left.is_zero() || state.waiting >= WAITING {
                return Err(StoreError::Busy);
            }
            state.waiting += 1;
            (state, _) = waiting(|| {
                self.freed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner)
            });
            state.waiting -= 1;
        }
        state.open += 1;
        if let Some(away) = &mut state.away {
            away.is_tried = true;
        }
        // Its memory is from before it is opened: when touch is lost meanwhile, it is one that nobody asks any more.
        let memory = Arc::clone(&state.memory);
        drop(state);
        // When it cannot be opened, dropping what is lent gives the place back.
        let mut lent = Lent { pool: self, conn: None, memory, used: false };
        let opened = Conn::open(&self.place, Mode::Read);
        // Trying costs nothing where nobody is far away.
        if self.place.is_shared() {
            let away = |why: &StoreError| Away {
                since: Instant::now(),
                why: why.clone(),
                is_tried: false,
            };
            self.lock().away = opened.as_ref().err().map(away);
            self.freed.notify_all();
        }
        lent.conn = Some(opened?);
        Ok(lent)
    }

    /// What is kept of what was read since touch with the database was last lost.
    pub(crate) fn memory(&self) -> Arc<Memory> {
        let mut state = self.lock();
        let gone = self.leave_behind(&mut state);
        let memory = Arc::clone(&state.memory);
        drop(state);
        drop(gone);
        memory
    }

    /// After a loss what is idle went with it, what is lent does not come back, and what was read may be lost.
    fn leave_behind(&self, state: &mut State) -> Vec<Conn> {
        let losses = self.touch.losses();
        if state.memory.losses == losses {
            return Vec::new();
        }
        state.memory = Arc::new(Memory::after(losses));
        let gone = std::mem::take(&mut state.idle);
        state.open -= gone.len();
        if !gone.is_empty() {
            self.freed.notify_all();
        }
        gone
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
        let pool = self.pool;
        let conn = self.conn.take();
        if conn.as_ref().is_some_and(|conn| conn.is_lost()) {
            pool.touch.lose(self.memory.losses);
        }
        // What is not put back is closed without the lock: a server may take its time.
        let mut sound = conn.filter(|conn| !conn.in_transaction() && !conn.is_lost());
        let mut state = pool.lock();
        let gone = pool.leave_behind(&mut state);
        let is_of_now = Arc::ptr_eq(&state.memory, &self.memory);
        match sound.take_if(|_| is_of_now) {
            Some(conn) => state.idle.push(conn),
            None => state.open -= 1,
        }
        let waits = state.waiting > 0;
        drop(state);
        // Waking asks the system, also when there is nobody to be woken.
        if waits {
            pool.freed.notify_one();
        }
        drop(gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_wait_and_each_of_them_is_served() {
        let place = Place::in_memory(std::path::Path::new("")).unwrap();
        let pool = Pool::new(place, 1, Arc::default(), Arc::default());
        let only = pool.take().unwrap();
        std::thread::scope(|threads| {
            let waiting: Vec<_> =
                (0..WAITING).map(|_| threads.spawn(|| pool.take().map(drop))).collect();
            while pool.lock().waiting < WAITING {
                std::thread::yield_now();
            }
            assert_eq!(pool.take().map(drop), Err(StoreError::Busy));
            drop(only);
            for one in waiting {
                assert_eq!(one.join().unwrap(), Ok(()));
            }
        });
    }

    #[test]
    fn whoever_waits_has_his_turn_before_who_comes() {
        let place = Place::in_memory(std::path::Path::new("")).unwrap();
        let pool = Pool::new(place, 1, Arc::default(), Arc::default());
        let only = pool.take().unwrap();
        let order = Mutex::new(Vec::new());
        let taken = |who| {
            let conn = pool.take();
            order.lock().unwrap().push(who);
            drop(conn);
        };
        std::thread::scope(|threads| {
            threads.spawn(|| taken("waited"));
            while pool.lock().waiting == 0 {
                std::thread::yield_now();
            }
            drop(only);
            taken("came");
        });
        assert_eq!(order.into_inner().unwrap(), ["waited", "came"]);
        let state = pool.lock();
        assert_eq!((state.waiting, state.idle.len()), (0, 1));
    }

    #[test]
    fn what_nobody_who_waits_can_need_is_there_for_who_comes() {
        let place = Place::in_memory(std::path::Path::new("")).unwrap();
        let pool = Pool::new(place, 2, Arc::default(), Arc::default());
        let both = [pool.take().unwrap(), pool.take().unwrap()];
        // As when somebody was woken and does not run yet.
        pool.lock().waiting = 1;
        drop(both);
        let came = pool.take().unwrap();
        assert!(came.used);
        assert_eq!(pool.lock().idle.len(), 1, "one is left for who waits");
    }

    #[test]
    fn what_is_from_before_a_loss_does_not_come_back_and_what_it_reads_is_not_kept() {
        let place = Place::in_memory(std::path::Path::new("")).unwrap();
        let touch = Arc::<Touch>::default();
        let pool = Pool::new(place, 3, Arc::default(), Arc::clone(&touch));
        let [slow, idle, also_idle] = [0; 3].map(|_| pool.take().unwrap());
        drop((idle, also_idle));
        let counts = || {
            let state = pool.lock();
            (state.open, state.idle.len())
        };
        assert_eq!(counts(), (3, 2));
        // Two connections of whatever kind lose it together.
        touch.lose(0);
        touch.lose(0);
        assert_eq!((touch.losses(), pool.memory().losses), (1, 1));
        assert_eq!(counts(), (1, 0), "whoever looks next leaves the idle ones behind");
        assert!(!Arc::ptr_eq(&pool.memory(), &slow.memory));
        drop(slow);
        assert_eq!(counts(), (0, 0));
        let new = pool.take().unwrap();
        assert!(!new.used && Arc::ptr_eq(&pool.memory(), &new.memory));
        drop(new);
        assert_eq!(counts(), (1, 1));
    }

    #[test]
    fn while_nobody_can_connect_one_tries_and_the_others_are_told() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("postgres://u@{}/d", silent.local_addr().unwrap());
        let place = Place::postgres(&address, std::path::Path::new("")).unwrap();
        let pool = Pool::new(place, 4, Arc::default(), Arc::default());
        assert!(pool.take().is_err());
        std::thread::sleep(REST);
        std::thread::scope(|threads| {
            let tries = threads.spawn(|| assert!(pool.take().is_err()));
            while !pool.lock().away.as_ref().is_some_and(|away| away.is_tried) {
                std::thread::yield_now();
            }
            let since = Instant::now();
            let told = pool.take().map(drop);
            assert!(matches!(told, Err(StoreError::Unavailable { .. })), "{told:?}");
            assert!(since.elapsed() < Duration::from_secs(1));
            tries.join().unwrap();
        });
    }
}

//! Moving the write-ahead log of an embedded database into its file, before it gets so long that reading slows down.
//!
//! That reads and writes thousands of pages and forces both files, and whoever waits for the writer would wait for that as well. So most
//! of it is done beside him, by a thread and a connection that last only for that. He goes on meanwhile, so that what he has added is
//! left over; the log begins anew only when all of it was moved, which under load would never be. The rest is short, and he moves it
//! himself.
//!
//! SQLite before 3.51.3 could lose pages where one connection moved the log just as another began it anew
//! (<https://www.sqlite.org/wal.html#walresetbug>). The one that is built in is newer; a test looks.

use crate::backend::{Conn, Mode, Place};
use crate::error::{Result, StoreError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Pages of the log after which it is moved even under load (32 MiB).
const LONG: i64 = 8_192;
/// Pages after which the writer waits until it was moved, on a disk that cannot follow (128 MiB).
const TOO_LONG: i64 = 4 * LONG;

/// How long somebody tries to empty the log while others move it, and how often: the database itself waits for readers and writers only.
const PATIENCE: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_millis(20);

/// The log as the writer sees it.
pub(crate) struct Log {
    place: Place,
    moving: Option<JoinHandle<()>>,
}

impl Log {
    pub(crate) fn of(place: &Place) -> Self {
        Self { place: place.clone(), moving: None }
    }

    /// Looks after a commit whether the log has become long. Says whether all of it is known to be in the database.
    pub(crate) fn keep_short(&mut self, conn: &Conn) -> bool {
        // A server keeps a log of its own, and a database in memory has none.
        let pages = conn.log_pages().unwrap_or(0);
        let is_its_turn = match &self.moving {
            Some(moving) => moving.is_finished() || pages > TOO_LONG,
            // Where there is no thread to be had he does it himself.
            None => pages > LONG && !self.begin(),
        };
        is_its_turn && self.finish(conn)
    }

    /// Moves the rest, after what is being moved. Says whether that could be done.
    pub(crate) fn finish(&mut self, conn: &Conn) -> bool {
        self.wait();
        rest(conn)
    }

    /// Waits until what is being moved was moved.
    fn wait(&mut self) {
        if let Some(moving) = self.moving.take() {
            // What went wrong there is tried again: the log is as long as it was.
            drop(moving.join());
        }
    }

    /// Begins to move what is committed by now; what cannot be moved is left to the next time. Says whether it began.
    fn begin(&mut self) -> bool {
        let place = self.place.clone();
        // A reader may move it as well, and makes no database where there is none any more.
        let work = move || {
            drop(Conn::open(&place, Mode::Read).and_then(|conn| conn.checkpoint(false)));
        };
        self.moving = std::thread::Builder::new().name("store-log".into()).spawn(work).ok();
        self.moving.is_some()
    }
}

/// Moves what is there, unless somebody else moves it just now. Says whether that could be done.
pub(crate) fn rest(conn: &Conn) -> bool {
    conn.checkpoint(false).is_ok_and(|done| done)
}

/// Moves all of the log and empties it. `Busy` when others did not let it be.
pub(crate) fn empty(place: &Place) -> Result<()> {
    let conn = Conn::open(place, Mode::Write)?;
    let begun = Instant::now();
    while !conn.checkpoint(true)? {
        if begun.elapsed() > PATIENCE {
            return Err(StoreError::Busy);
        }
        std::thread::sleep(AGAIN);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADD: &str = "INSERT INTO counters (name, value) VALUES (?1, 1)";

    fn opened() -> (tempfile::TempDir, Conn, Log) {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::at(folder.path());
        let conn = Conn::open(&place, Mode::Write).unwrap();
        crate::migrate::migrate(&conn).unwrap();
        (folder, conn, Log::of(&place))
    }

    fn add(conn: &Conn, name: &str) {
        conn.push(ADD, &[name.into()]).unwrap();
    }

    /// Adds one page and more to the log with every commit.
    fn lengthen(conn: &Conn, until: i64) {
        let wide = "长".repeat(100_000);
        while conn.log_pages().unwrap() <= until {
            add(conn, &format!("{wide}{}", conn.changes().unwrap()));
        }
    }

    #[test]
    fn a_long_log_is_moved_while_somebody_writes_and_then_begins_anew() {
        let (_folder, conn, mut log) = opened();
        assert!(!log.keep_short(&conn));
        assert!(log.moving.is_none(), "it is short");
        lengthen(&conn, LONG);
        assert!(!log.keep_short(&conn));
        assert!(log.moving.is_some(), "it is long");
        log.wait();
        assert_eq!(conn.log_pages().unwrap(), 0);
        lengthen(&conn, LONG);
        conn.begin_write().unwrap();
        add(&conn, "meanwhile");
        assert!(log.begin());
        while !log.moving.as_ref().unwrap().is_finished() {
            std::thread::yield_now();
        }
        conn.commit().unwrap();
        let rest = conn.log_pages().unwrap();
        assert!(rest > 0 && rest < LONG / 10, "{rest}: what was committed before is moved");
        assert!(log.keep_short(&conn), "he has moved the rest");
        let bytes = || log.place.files().iter().map(|file| file.metadata().unwrap().len()).max();
        let before = bytes();
        add(&conn, "afterwards");
        assert_eq!(bytes(), before, "the log begins anew");
    }

    #[test]
    fn the_database_that_is_built_in_may_be_moved_beside_its_writer() {
        assert!(rusqlite::version_number() >= 3_051_003);
    }

    #[test]
    fn where_it_cannot_be_moved_in_time_the_writer_waits_for_it() {
        let (_folder, conn, mut log) = opened();
        lengthen(&conn, LONG);
        let (go, goes) = std::sync::mpsc::channel();
        log.moving = Some(std::thread::spawn(move || goes.recv().unwrap()));
        assert!(!log.keep_short(&conn));
        assert!(log.moving.is_some(), "he goes on");
        lengthen(&conn, TOO_LONG);
        go.send(()).unwrap();
        assert!(log.keep_short(&conn));
        assert_eq!((conn.log_pages().unwrap(), log.moving.is_none()), (0, true));
    }
}

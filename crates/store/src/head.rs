//! Whether anything was committed since one last asked, by whichever program, without asking the database.
//!
//! Every commit to an embedded database writes the head of the log's index anew, before it returns: a count of changes, the end of the
//! log, checksums, in two copies (<https://www.sqlite.org/walformat.html>, "The WAL-Index Header"). While those bytes stay, nothing was
//! committed. Reading them takes one system call; asking the database takes a transaction, which locks and unlocks a file.
//!
//! POSIX has a trap here: closing any handle of a file gives up all locks that the program has on it, SQLite's among them, and without
//! them another program would take the index for its own. So a file is opened once, whatever number of stores there are, and the handle
//! is closed only when the file is gone, or never.

use crate::anchor::{Anchor, Identity, identity};
use crate::backend::{Conn, Place};
use crate::error::Result;
use crate::read::feed;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Both copies of the head, in bytes.
const HEAD: usize = 96;

type Mark = [u8; HEAD];

/// Handles of this program, by what tells a file from another one, and how many stores use each.
static OPEN: Mutex<BTreeMap<Identity, (usize, Arc<File>)>> = Mutex::new(BTreeMap::new());

/// The head of the log's index, and what was last asked of the database when it read so. A server has none, nor has a database in memory:
/// they are asked each time.
pub(crate) struct Head {
    index: Option<Index>,
    anchor: Arc<Anchor>,
    asked: Mutex<Option<(Mark, u64)>>,
}

impl Head {
    /// The head of a database that is open: its files are there, and stay as long as it is.
    pub(crate) fn of(place: &Place, anchor: Arc<Anchor>) -> Self {
        let index = place.files().last().and_then(|file| Index::of(file));
        Self { index, anchor, asked: Mutex::default() }
    }

    /// Global sequence number of the last committed event, if it can be told without asking. `None` says nothing; also when the files
    /// are not those that were opened, which whoever asks then hears.
    pub(crate) fn known(&self) -> Option<u64> {
        self.anchor.last_look().ok()?;
        let mark = self.index.as_ref()?.mark()?;
        self.lock().filter(|(asked_at, _)| *asked_at == mark).map(|(_, last)| last)
    }

    /// Global sequence number of the last committed event, or of the transaction's view, which may be older than the head.
    pub(crate) fn last(&self, conn: &Conn) -> Result<u64> {
        if conn.in_transaction() {
            return feed::last(conn);
        }
        // Read first: what the database answers is at least as new.
        let mark = self.index.as_ref().and_then(Index::mark);
        let known = self.lock().filter(|(asked_at, _)| Some(*asked_at) == mark);
        if let Some((_, last)) = known {
            return Ok(last);
        }
        let last = feed::last(conn)?;
        *self.lock() = mark.map(|mark| (mark, last));
        Ok(last)
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Mark, u64)>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The index of a log, open for as long as this is there.
struct Index {
    file: Arc<File>,
    identity: Identity,
}

impl Index {
    fn of(path: &Path) -> Option<Self> {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have kept one of them longer than the last store.
        open.retain(|_, (users, file)| *users > 0 || !is_gone(file));
        // Looked at by its name: a handle that is not needed could not be closed.
        let identity = identity(path)?;
        let (users, file) = match open.entry(identity) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert((0, Arc::new(File::open(path).ok()?))),
        };
        *users += 1;
        Some(Self { file: Arc::clone(file), identity })
    }

    #[cfg(unix)]
    fn mark(&self) -> Option<Mark> {
        use std::os::unix::fs::FileExt;
        let mut mark = [0; HEAD];
        self.file.read_exact_at(&mut mark, 0).ok()?;
        Some(mark)
    }

    /// Elsewhere there is no telling files apart, and so no index.
    #[cfg(not(unix))]
    fn mark(&self) -> Option<Mark> {
        None
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((users, file)) = open.get_mut(&self.identity) else { return };
        *users -= 1;
        if *users == 0 && is_gone(file) {
            open.remove(&self.identity);
        }
    }
}

/// Whether a file has no name any more: SQLite removes the index with the last connection, of whichever program.
#[cfg(unix)]
fn is_gone(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata().is_ok_and(|about| about.nlink() == 0)
}

#[cfg(not(unix))]
fn is_gone(_file: &File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Mode;
    use crate::store::{Options, Store};
    use std::collections::BTreeSet;

    const MORE: &str = "INSERT INTO counters (name, value) VALUES ('sequence', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1";

    fn opened(place: &Place) -> Store {
        Store::open(place.clone(), Options { in_step: true, ..Options::new([7; 32]) }).unwrap()
    }

    #[test]
    fn what_another_program_commits_is_seen_at_once_and_what_it_only_writes_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::at(folder.path());
        let store = opened(&place);
        let head = &store.inner.head;
        assert_eq!(head.known(), None, "nobody has asked");
        assert_eq!(store.last_event(), Ok(0));
        assert_eq!(head.known(), Some(0));
        // Another program is another connection to SQLite.
        let other = Conn::open(&place, Mode::Write).unwrap();
        other.begin_write().unwrap();
        other.push(MORE, &[]).unwrap();
        assert_eq!(head.known(), Some(0), "not committed");
        other.commit().unwrap();
        assert_eq!(head.known(), None);
        assert_eq!(store.last_event(), Ok(1));
        assert_eq!(head.known(), Some(1));
        // The log begins anew.
        assert!(other.checkpoint(true).unwrap());
        other.push(MORE, &[]).unwrap();
        assert_eq!(store.last_event(), Ok(2));
        // Somebody has taken the files away: whoever asks hears it.
        std::fs::rename(place.files().last().unwrap(), folder.path().join("elsewhere")).unwrap();
        assert!(head.anchor.look().is_err());
        assert_eq!((head.known(), store.last_event()), (None, Err(crate::StoreError::Moved)));
    }

    #[test]
    fn a_database_in_memory_is_asked_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(&Place::in_memory(folder.path()).unwrap());
        assert_eq!(store.last_event(), Ok(0));
        assert_eq!(store.inner.head.known(), None);
    }

    /// Locks of this program on a file.
    #[cfg(target_os = "linux")]
    fn locks(identity: Identity) -> BTreeSet<String> {
        let (own, inode) = (std::process::id().to_string(), format!(":{}", identity.1));
        let all = std::fs::read_to_string("/proc/locks").unwrap();
        let mine = |line: &str| {
            let words: Vec<_> = line.split_whitespace().skip(1).collect();
            let is_mine =
                words.contains(&own.as_str()) && words.iter().any(|word| word.ends_with(&inode));
            is_mine.then(|| words.join(" "))
        };
        all.lines().filter_map(mine).collect()
    }

    /// The list is read in pieces, and others take and give up locks meanwhile: a line can be left out.
    #[cfg(target_os = "linux")]
    fn keeps(identity: Identity, held: &BTreeSet<String>) -> bool {
        (0..100).any(|_| locks(identity).is_superset(held))
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_store_that_goes_leaves_the_locks_of_the_others_and_the_last_one_leaves_nothing_open() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::at(folder.path());
        let (one, other) = (opened(&place), opened(&place));
        let index = identity(place.files().last().unwrap()).unwrap();
        assert!((one.last_event(), other.last_event()) == (Ok(0), Ok(0)));
        let held = locks(index);
        assert!(!held.is_empty());
        drop(one);
        assert!(keeps(index, &held));
        // As when another program has it open: the handle stays, and serves whoever comes.
        let connection = Conn::open(&place, Mode::Write).unwrap();
        drop(other);
        assert!(keeps(index, &held));
        let again = opened(&place);
        assert_eq!(again.last_event(), Ok(0));
        drop(connection);
        assert!(keeps(index, &held));
        drop(again);
        assert!(!place.files().last().unwrap().exists());
        assert!(!OPEN.lock().unwrap().contains_key(&index));
    }
}

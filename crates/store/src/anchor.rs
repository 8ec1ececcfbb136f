//! Whether the files of an embedded database are still those that were opened. A file that is removed or exchanged while it is open can
//! be written as before, and all of it is lost in the end: nothing may be acknowledged then. They are looked at around every commit.

use crate::backend::Place;
use crate::error::{Result, StoreError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// What tells a file from another one of the same name.
pub(crate) type Identity = (u64, u64);

/// The files as they were when the database was opened.
#[derive(Debug, Default)]
pub(crate) struct Anchor {
    files: Vec<(PathBuf, Option<Identity>)>,
    moved: AtomicBool,
}

impl Anchor {
    /// The files of a place, all of which somebody has opened by now; none of a server.
    pub(crate) fn of(place: &Place) -> Self {
        let files = place.files().into_iter().map(|file| {
            let identity = identity(&file);
            (file, identity)
        });
        Self { files: files.collect(), moved: AtomicBool::new(false) }
    }

    /// Looks at the files.
    ///
    /// # Errors
    /// `Moved` when one of them is not there any more, or is another one.
    pub(crate) fn look(&self) -> Result<()> {
        let moved = self.files.iter().any(|(file, was)| identity(file) != *was);
        self.moved.store(moved, Ordering::Relaxed);
        self.last_look()
    }

    /// What the last look found; costs nothing.
    ///
    /// # Errors
    /// As [`Anchor::look`].
    pub(crate) fn last_look(&self) -> Result<()> {
        if self.moved.load(Ordering::Relaxed) { Err(StoreError::Moved) } else { Ok(()) }
    }
}

#[cfg(unix)]
pub(crate) fn identity(file: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(file).ok().map(|about| (about.dev(), about.ino()))
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
pub(crate) fn identity(_file: &Path) -> Option<Identity> {
    None
}

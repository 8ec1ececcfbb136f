//! Who has a database open. An embedded one has a file beside it that every program which opens it locks, together with the others;
//! the lock ends with the program, however it ends. A server knows its sessions by itself.

use crate::backend::{Conn, Mode, Place};
use crate::error::{Result, StoreError};
use std::fs::{File, OpenOptions, TryLockError};
use std::time::{Duration, Instant};

/// How long sessions that are just ending are waited for.
const ENDING: Duration = Duration::from_secs(2);

/// Says that this program has an embedded database open, until it is dropped.
pub(crate) struct Present {
    _lock: Option<File>,
}

/// Keeps an embedded database at rest until it is dropped: no program opens it meanwhile. Of a server it only says that nobody was
/// there.
#[derive(Debug)]
pub struct AtRest {
    _lock: Option<File>,
}

fn lock_file(place: &Place) -> Result<Option<File>> {
    let Some(path) = place.lock_path() else { return Ok(None) };
    Ok(Some(OpenOptions::new().create(true).append(true).open(path)?))
}

fn taken(error: TryLockError) -> StoreError {
    match error {
        TryLockError::WouldBlock => StoreError::InUse,
        TryLockError::Error(error) => error.into(),
    }
}

/// Fails with `InUse` while somebody keeps the database at rest.
pub(crate) fn enter(place: &Place) -> Result<Present> {
    let lock = lock_file(place)?;
    if let Some(file) = &lock {
        file.try_lock_shared().map_err(taken)?;
    }
    Ok(Present { _lock: lock })
}

impl Place {
    /// Makes sure that no program has the database open: `InUse` when one has. An embedded database stays at rest until what is
    /// returned is dropped; a server cannot keep others out, and what they write later is theirs.
    ///
    /// # Errors
    /// `InUse`, `File`, or a server that cannot be reached.
    pub fn at_rest(&self) -> Result<AtRest> {
        if !self.exists() {
            return Ok(AtRest { _lock: None });
        }
        let lock = lock_file(self)?;
        match &lock {
            Some(file) => file.try_lock().map_err(taken)?,
            None => nobody_else(&Conn::open(self, Mode::Inspect)?)?,
        }
        Ok(AtRest { _lock: lock })
    }
}

fn nobody_else(conn: &Conn) -> Result<()> {
    let since = Instant::now();
    while conn.others()? > 0 {
        if since.elapsed() > ENDING {
            return Err(StoreError::InUse);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

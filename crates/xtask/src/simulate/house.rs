//! Where lives are lived: a database with procedures and people, made once and copied for each life; in memory or as a file.

use super::faults::{Bug, Disk, Faults};
use desk::{Clock, Desk};
use jiff::{SignedDuration, Timestamp};
use scenarios::life::{Dice, everybody};
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use store::{Place, Store};
use tempfile::TempDir;

pub(super) const KEY: [u8; 32] = [0x51; 32];

/// What the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Medium {
    Memory,
    File,
}

/// Time and chance as the simulation wills.
pub(super) struct Will {
    now: Mutex<Timestamp>,
    dice: Mutex<Dice>,
}

impl Will {
    pub(super) fn new(now: Timestamp, seed: u64) -> Self {
        Self { now: Mutex::new(now), dice: Mutex::new(Dice::new(seed)) }
    }

    /// Forward or backward.
    pub(super) fn set(&self, to: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }

    pub(super) fn pass(&self, time: SignedDuration) {
        self.set(self.now().checked_add(time).unwrap_or(Timestamp::MAX));
    }
}

impl Clock for Will {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn chance(&self) -> Option<[u8; 10]> {
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        let (front, back) = (dice.roll().to_be_bytes(), dice.roll().to_be_bytes());
        let mut chance = [0; 10];
        chance.iter_mut().zip(front.into_iter().chain(back)).for_each(|(to, from)| *to = from);
        Some(chance)
    }
}

/// The databases that lives begin with.
pub(super) struct Prepared {
    folder: TempDir,
    memory: Place,
}

impl Prepared {
    pub(super) fn new() -> Result<Self> {
        let folder = folder()?;
        let memory = Place::in_memory(folder.path()).map_err(Error::other)?;
        let will = || Arc::new(Will::new(Timestamp::UNIX_EPOCH, 0));
        for place in [memory.clone(), Place::at(folder.path())] {
            let desk = open(&place, will())?;
            desk.install_builtin("simulation").map_err(Error::other)?;
            let procedures: Vec<_> = desk.library().all().map(|one| (**one).clone()).collect();
            let everybody = everybody(&procedures);
            desk.put_people("simulation", &everybody.people).map_err(Error::other)?;
        }
        Ok(Self { folder, memory })
    }

    pub(super) fn house(&self, medium: Medium, bug: Option<Bug>) -> Result<House> {
        let root = folder()?;
        let faults = Arc::new(Faults::with(bug));
        let place = match medium {
            Medium::Memory => self.memory.copied_in_memory(root.path()).map_err(Error::other)?,
            Medium::File => {
                let first = root.path().join("0");
                std::fs::create_dir(&first)?;
                std::fs::copy(self.folder.path().join("bihuan.db"), first.join("bihuan.db"))?;
                Place::at(&first)
            }
        };
        Ok(House { root, medium, bare: place, faults, crashes: 0 })
    }
}

/// The database of one life.
pub(super) struct House {
    root: TempDir,
    medium: Medium,
    /// Without faults before it.
    pub(super) bare: Place,
    pub(super) faults: Arc<Faults>,
    crashes: usize,
}

impl House {
    pub(super) fn open(&self, will: &Arc<Will>) -> Result<Desk> {
        open(&self.bare.clone().through(self.faults.clone()), will.clone())
    }

    /// Where the disk is copied when the program dies now.
    pub(super) fn disk(&self) -> Option<Disk> {
        let to = self.folder(self.crashes + 1);
        (self.medium == Medium::File).then(|| Disk { from: self.folder(self.crashes), to })
    }

    /// The program died and is gone; another is started on what it left.
    pub(super) fn restart(&mut self, will: &Arc<Will>) -> Result<Desk> {
        if self.medium == Medium::File {
            let (from, to) = (self.folder(self.crashes), self.folder(self.crashes + 1));
            if from.join("blobs").exists() {
                std::fs::rename(from.join("blobs"), to.join("blobs"))?;
            }
            std::fs::remove_dir_all(from)?;
            self.bare = Place::at(&to);
            self.crashes += 1;
        }
        self.faults.revive();
        self.open(will)
    }

    fn folder(&self, crashes: usize) -> PathBuf {
        self.root.path().join(crashes.to_string())
    }
}

fn open(place: &Place, clock: Arc<dyn Clock>) -> Result<Desk> {
    // What goes wrong is found by counting calls, commits, statements: how they follow each other must not depend on the machine.
    let options = store::Options {
        queue: 1_024,
        readers: Some(4),
        in_step: true,
        ..store::Options::new(KEY)
    };
    let store = Store::open(place.clone(), options).map_err(Error::other)?;
    Desk::open_with(store, clock).map_err(Error::other)
}

/// In memory where the system has such a place: forcing to disk is for `crash` and `trace` to test.
fn folder() -> Result<TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }
}

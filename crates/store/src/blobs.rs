//! A folder of files named after a mark of their content. A file is complete or absent: written aside, synced, renamed.
//!
//! Beside a database on a server the folder is often a mount, and a mount can be gone: what is then written under its name is hidden as
//! soon as it is back. So such a folder holds an anchor that the database knows, and without it nothing is done there.

use crate::error::{Result, StoreError};
use crate::hash::hex;
use crate::vault::random;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file in the folder of attachments that says to which database on a server it belongs: a line of 32 hexadecimal digits.
pub const FOLDER_ANCHOR: &str = "anchor";

/// The folder.
#[derive(Debug, Clone)]
pub(crate) struct Blobs {
    root: PathBuf,
    /// What its anchor must say.
    anchor: Option<[u8; 16]>,
}

impl Blobs {
    /// A folder that needs no anchor: it lies with its database.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, anchor: None }
    }

    /// A folder that must be the one with this anchor.
    pub(crate) fn anchored(root: PathBuf, anchor: [u8; 16]) -> Self {
        Self { root, anchor: Some(anchor) }
    }

    /// Makes sure that it is the right folder.
    ///
    /// # Errors
    /// `FilesAway`.
    pub(crate) fn look(&self) -> Result<()> {
        let Some(anchor) = self.anchor.map(|anchor| hex(&anchor)) else { return Ok(()) };
        match fs::read_to_string(self.root.join(FOLDER_ANCHOR)) {
            Ok(found) if found.trim() == anchor => Ok(()),
            _ => Err(StoreError::FilesAway { anchor: Some(anchor) }),
        }
    }

    /// Makes the folder that of its database; fails with `FilesAway` when it is somebody else's.
    pub(crate) fn drop_anchor(&self) -> Result<()> {
        let Some(anchor) = self.anchor else { return Ok(()) };
        fs::create_dir_all(&self.root)?;
        let file = self.root.join(FOLDER_ANCHOR);
        if file.exists() {
            return Err(StoreError::FilesAway { anchor: None });
        }
        let aside = self.root.join(format!(".{}", hex(&random::<8>()?)));
        write_synced(&aside, format!("{}\n", hex(&anchor)).as_bytes())?;
        fs::rename(&aside, &file)?;
        File::open(&self.root)?.sync_all()?;
        Ok(File::open(self.root.parent().unwrap_or(&self.root))?.sync_all()?)
    }

    /// Gives another folder the anchor of this one, if it has one: what is copied there is for a copy of the database.
    fn copy_anchor(&self, to: &Path) -> Result<()> {
        let (ours, theirs) = (self.root.join(FOLDER_ANCHOR), to.join(FOLDER_ANCHOR));
        if !ours.exists() {
            return Ok(());
        }
        fs::create_dir_all(to)?;
        let anchor = fs::read(&ours)?;
        match fs::read(&theirs) {
            Ok(found) if found == anchor => return Ok(()),
            Ok(_) => return Err(StoreError::FilesAway { anchor: None }),
            Err(_) => {}
        }
        write_synced(&theirs, &anchor)?;
        Ok(File::open(to)?.sync_all()?)
    }

    /// Two letters of the name are a folder, so that none grows too long.
    fn place(&self, name: &str) -> Result<PathBuf> {
        match name.split_at_checked(2) {
            Some((front, _)) if name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Ok(self.root.join(front).join(name))
            }
            _ => Err(StoreError::invalid("not the name of a file")),
        }
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.look()?;
        let place = self.place(name)?;
        let folder = place.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        let aside = folder.join(format!(".{}", hex(&random::<8>()?)));
        let written = write_synced(&aside, bytes).and_then(|()| Ok(fs::rename(&aside, &place)?));
        if written.is_err() {
            drop(fs::remove_file(&aside));
        }
        written?;
        // The name is durable only when its folders are.
        File::open(folder)?.sync_all()?;
        Ok(File::open(&self.root)?.sync_all()?)
    }

    pub(crate) fn get(&self, name: &str) -> Result<Vec<u8>> {
        fs::read(self.place(name)?).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => self.look().err().unwrap_or(StoreError::FileMissing),
            _ => error.into(),
        })
    }

    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        self.look()?;
        match fs::remove_file(self.place(name)?) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Name, size in bytes and modification instant of every file, unfinished ones included.
    pub(crate) fn all(&self) -> Result<Vec<BlobFile>> {
        self.look()?;
        let mut all = Vec::new();
        if !self.root.exists() {
            return Ok(all);
        }
        for folder in fs::read_dir(&self.root)? {
            let folder = folder?;
            if !folder.file_type()?.is_dir() {
                continue;
            }
            for file in fs::read_dir(folder.path())? {
                let file = file?;
                let about = file.metadata()?;
                let modified = jiff::Timestamp::try_from(about.modified()?).map_err(|_| {
                    StoreError::File { what: "a file's time is out of range".into() }
                })?;
                let name = file.file_name().to_string_lossy().into_owned();
                all.push(BlobFile { path: file.path(), name, bytes: about.len(), modified });
            }
        }
        Ok(all)
    }

    /// Gives every complete file a second name in another folder: it takes no room, and stays when the first one goes. Where the two
    /// folders are on different disks it is copied.
    pub(crate) fn link_to(&self, to: &Path) -> Result<()> {
        self.copy_anchor(to)?;
        for file in self.all()?.into_iter().filter(|file| !file.is_unfinished()) {
            let target = Self::new(to.to_owned()).place(&file.name)?;
            fs::create_dir_all(target.parent().unwrap_or(to))?;
            if fs::hard_link(&file.path, &target).is_err() {
                fs::copy(&file.path, &target)?;
                File::open(&target)?.sync_all()?;
            }
        }
        Ok(())
    }

    /// Copies every complete file into another folder.
    pub(crate) fn copy_to(&self, to: &Path) -> Result<u64> {
        self.copy_anchor(to)?;
        let target = Self::new(to.to_owned());
        let mut copied = 0;
        for file in self.all()?.into_iter().filter(|file| !file.is_unfinished()) {
            match fs::read(&file.path) {
                Ok(bytes) => target.put(&file.name, &bytes)?,
                // Swept meanwhile: nobody refers to it any more.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            }
            copied += 1;
        }
        Ok(copied)
    }
}

/// A file of the folder.
pub(crate) struct BlobFile {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) modified: jiff::Timestamp,
}

impl BlobFile {
    /// Left behind by a program that ended while writing.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.name.starts_with('.')
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

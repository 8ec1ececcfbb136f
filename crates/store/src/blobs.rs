//! A folder of files named after a mark of their content. A file is complete or absent: written aside, synced, renamed.

use crate::error::{Result, StoreError};
use crate::hash::hex;
use crate::vault::random;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder.
#[derive(Debug, Clone)]
pub(crate) struct Blobs {
    root: PathBuf,
}

impl Blobs {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
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
            std::io::ErrorKind::NotFound => StoreError::FileMissing,
            _ => error.into(),
        })
    }

    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        match fs::remove_file(self.place(name)?) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Name, size in bytes and modification instant of every file, unfinished ones included.
    pub(crate) fn all(&self) -> Result<Vec<BlobFile>> {
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

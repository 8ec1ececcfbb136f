//! A small disk of one's own, for tests of what happens when a disk is full, damaged or read-only.

use std::fs::File;
use std::io::{Error, ErrorKind, Result, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A file that takes all the room.
const FILLER: &str = "filler";
const MEBIBYTE: usize = 1 << 20;
/// Set to anything, it allows tests that need a disk to pass untested where mounting is not allowed.
const WITHOUT: &str = "BIHUAN_TEST_WITHOUT_DISKS";

/// A file system in a folder that goes away. Making one needs the right to mount.
pub struct Disk {
    folder: TempDir,
    /// The file that it lies in, if it does not lie in memory.
    image: Option<TempDir>,
}

impl Disk {
    /// One of so many mebibytes, in memory. `None`, said aloud, where mounting is not allowed and `BIHUAN_TEST_WITHOUT_DISKS` is set.
    ///
    /// # Errors
    /// When it cannot be made: a test that tests nothing must not look as if it had passed.
    pub fn of(mebibytes: u32) -> Result<Option<Self>> {
        let folder = tempfile::tempdir()?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m,mode=777"), "bihuan-test"]);
        let mounted = fine(mount.arg(folder.path()));
        Ok(allowed(mounted, without())?.then_some(Self { folder, image: None }))
    }

    /// One of so many mebibytes that turns read-only after an error, as disks of servers do ([`Disk::fail`]). `None` as
    /// [`Disk::of`].
    ///
    /// # Errors
    /// As [`Disk::of`].
    pub fn that_may_fail(mebibytes: u32) -> Result<Option<Self>> {
        let (folder, image) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let file = image.path().join("disk");
        File::create(&file)?.set_len(u64::from(mebibytes) << 20)?;
        let mounted = fine(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&file))
            && fine(
                Command::new("mount")
                    .args(["-o", "loop,errors=remount-ro"])
                    .arg(&file)
                    .arg(folder.path()),
            );
        Ok(allowed(mounted, without())?.then_some(Self { folder, image: Some(image) }))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes all the room that is left.
    ///
    /// # Errors
    /// When it cannot be written to.
    pub fn fill(&self) -> Result<()> {
        let mut file = File::options().create(true).append(true).open(self.filler())?;
        for bytes in [vec![0; MEBIBYTE], vec![0; 1 << 10]] {
            loop {
                match file.write_all(&bytes) {
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    written => written?,
                }
            }
        }
        Ok(())
    }

    /// Gives it back.
    ///
    /// # Errors
    /// When it was not taken.
    pub fn make_room(&self) -> Result<()> {
        std::fs::remove_file(self.filler())
    }

    /// Lets nobody write while nothing is open, or lets everybody write again.
    ///
    /// # Errors
    /// When somebody has a file open for writing.
    pub fn read_only(&self, is: bool) -> Result<()> {
        let how = if is { "remount,ro" } else { "remount,rw" };
        match fine(Command::new("mount").args(["-o", how]).arg(self.path())) {
            true => Ok(()),
            false => Err(std::io::Error::other(format!("mount -o {how} fails"))),
        }
    }

    /// Lets the file system meet an error under whoever uses it: from now on it is read-only.
    ///
    /// # Errors
    /// When the kernel offers no way to do so.
    pub fn fail(&self) -> Result<()> {
        let device = Command::new("findmnt").args(["-no", "SOURCE"]).arg(self.path()).output()?;
        let device = String::from_utf8_lossy(&device.stdout).trim().to_owned();
        let name = device.rsplit('/').next().unwrap_or_default();
        std::fs::write(format!("/sys/fs/ext4/{name}/trigger_fs_error"), "test")
    }

    fn filler(&self) -> PathBuf {
        self.path().join(FILLER)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Also while somebody has a file open: it goes with the last one.
        fine(Command::new("umount").arg("--lazy").arg(self.path()));
        drop(self.image.take());
    }
}

fn fine(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|ended| ended.success())
}

fn without() -> bool {
    std::env::var_os(WITHOUT).is_some_and(|value| !value.is_empty())
}

/// What is left out is said past the capture of test runners, which would swallow it.
fn allowed(mounted: bool, without: bool) -> Result<bool> {
    if !mounted && !without {
        return Err(Error::other(format!(
            "mounting a disk is not allowed here: run as root, or leave these tests out with {WITHOUT}=1"
        )));
    }
    if !mounted {
        let _ = writeln!(std::io::stderr(), "NOT TESTED: mounting a disk is not allowed here");
    }
    Ok(mounted)
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn a_disk_that_cannot_be_made_fails_its_test_unless_that_is_allowed() {
        assert!(allowed(false, false).is_err());
        assert!(matches!(allowed(false, true), Ok(false)));
        assert!(matches!(allowed(true, false), Ok(true)));
    }
}

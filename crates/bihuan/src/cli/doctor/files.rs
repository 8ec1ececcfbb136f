//! The data folder: room, kind of disk, and whether attachments can be kept in it.

use super::{Findings, Level, size};
use std::fs;
use std::path::Path;
use store::Place;

/// Room on the disk below which it is wrong, and below which it is a warning.
const LITTLE: u64 = 200 << 20;
const SOME: u64 = 2 << 30;
/// The folder of attachments.
const BLOBS: &str = "blobs";

pub(super) fn folder(place: &Place, findings: &mut Findings) {
    let data = place.folder();
    findings.add(Level::Fine, "doctor.folder", &[("path", data.display().to_string())]);
    disk(data, findings);
    if !place.is_shared() && is_remote(data) {
        findings.add(Level::Wrong, "doctor.remote_disk", &[("path", data.display().to_string())]);
    }
    let blobs = data.join(BLOBS);
    let codes = match place.is_shared() {
        true => ("doctor.blobs_shared", "doctor.blobs_unwritable"),
        false => ("doctor.blobs", "doctor.blobs_unwritable"),
    };
    let facts = |why: String| [("path", blobs.display().to_string()), ("why", why)];
    // Before the first attachment its folder is not there yet.
    match probe(if blobs.exists() { &blobs } else { data }) {
        Ok(()) => findings.add(Level::Fine, codes.0, &facts(String::new())),
        Err(error) => findings.add(Level::Wrong, codes.1, &facts(error.to_string())),
    }
}

fn disk(data: &Path, findings: &mut Findings) {
    let Ok(about) = rustix::fs::statvfs(data) else { return };
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    let facts = [("free", size(free))];
    let level = if free < LITTLE { Level::Wrong } else { Level::Warning };
    findings.check(free >= SOME, level, ("doctor.disk", "doctor.disk_full"), &facts);
}

/// What is written is read again, and taken away.
fn probe(blobs: &Path) -> std::io::Result<()> {
    let file = blobs.join(format!(".probe-{}", std::process::id()));
    let text = b"bihuan doctor";
    let outcome = fs::write(&file, text).and_then(|()| fs::read(&file));
    let removed = fs::remove_file(&file);
    match outcome? == text {
        true => removed,
        false => Err(std::io::Error::other("what was written is read as something else")),
    }
}

/// A disk of another machine: locks and shared memory, which an embedded database needs, do not work there as they should.
#[cfg(target_os = "linux")]
fn is_remote(data: &Path) -> bool {
    // NFS, CIFS, SMB 2, AFS, Ceph.
    const REMOTE: [i128; 5] = [0x6969, 0xff53_4d42, 0xfe53_4d42, 0x5346_414f, 0x00c3_6400];
    rustix::fs::statfs(data).is_ok_and(|about| REMOTE.contains(&i128::from(about.f_type)))
}

#[cfg(not(target_os = "linux"))]
fn is_remote(_data: &Path) -> bool {
    false
}

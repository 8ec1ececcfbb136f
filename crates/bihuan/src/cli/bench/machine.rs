//! What the machine tells: memory of a process, size of a folder, cores.

use anyhow::Result;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// How often memory is looked at.
const OFTEN: Duration = Duration::from_millis(20);

/// Anonymous memory of a process in bytes; 0 where the system does not tell.
pub(super) fn anonymous(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1_024
}

/// Does something and says how much anonymous memory a process had at most meanwhile.
pub(super) fn most_memory<T>(process: u32, work: impl FnOnce() -> T) -> (T, u64) {
    let (done, most) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                most.fetch_max(anonymous(process), Ordering::Relaxed);
                std::thread::sleep(OFTEN);
            }
        });
        let result = work();
        done.store(true, Ordering::Relaxed);
        (result, most.load(Ordering::Relaxed))
    })
}

/// Bytes of all files below a folder.
pub(super) fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let facts = entry.metadata()?;
        bytes += if facts.is_dir() { size(&entry.path())? } else { facts.len() };
    }
    Ok(bytes)
}

/// A core for what is measured and one for what measures, where there are two.
pub(super) struct Cores(Option<(CpuSet, CpuSet, CpuSet)>);

impl Cores {
    pub(super) fn shared_out() -> Result<Self> {
        let all = sched_getaffinity(None)?;
        let mut free = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core));
        let (Some(first), Some(second)) = (free.next(), free.next()) else { return Ok(Self(None)) };
        let only = |core| {
            let mut set = CpuSet::new();
            set.set(core);
            set
        };
        Ok(Self(Some((all, only(first), only(second)))))
    }

    /// Starts something that has the first core to itself; what is started keeps the core of the thread that starts it.
    pub(super) fn measured<T>(&self, start: impl FnOnce() -> Result<T>) -> Result<T> {
        let Some((all, first, _)) = &self.0 else { return start() };
        sched_setaffinity(None, first)?;
        let started = start();
        sched_setaffinity(None, all)?;
        started
    }

    /// Does something on the second core.
    pub(super) fn measuring<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let Some((all, _, second)) = &self.0 else { return work() };
        sched_setaffinity(None, second)?;
        let done = work();
        sched_setaffinity(None, all)?;
        done
    }
}

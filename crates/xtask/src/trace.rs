//! `xtask trace`: what is answered 2xx was forced to disk before. The server (and PostgreSQL) run under `strace`; for every answer there
//! must be, after the request was read, a write to the database's log and then an `fdatasync` of that log which began after the write
//! and returned before the answer was sent. A build that does not force (`--lossy`, feature `lossy`) and a cluster with `fsync=off`
//! must fail, or the test is worth nothing.

use crate::crash::http::Client;
use crate::crash::server::{self, Server};
use crate::crash::{Home, House};
use cluster::{Cluster, Durable};
use std::collections::HashMap;
use std::fs;
use std::io::{self, Error, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

const CALLS: &str = "trace=read,recvfrom,write,writev,sendto,pwrite64,pwritev,fdatasync,fsync";
/// Requests one after the other, then the same number from eight clients at once.
const REQUESTS: u64 = 24;

/// Runs what the arguments ask for; without any, both databases and the cluster that must fail.
///
/// # Errors
/// What keeps the test itself from running, such as a system that forbids tracing.
pub(crate) fn run(arguments: &[String], out: &mut dyn Write) -> io::Result<ExitCode> {
    if !Command::new("strace")
        .args(["-f", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|ended| ended.success())
    {
        return Err(Error::other("strace is missing or not allowed to trace here"));
    }
    let program = server::program()?;
    let mut sound = true;
    let mut expect = |what: &str, forced: bool, found: io::Result<Judged>| -> io::Result<()> {
        let found = found?;
        let right = (found.unforced == 0) == forced && found.answers >= 2 * REQUESTS;
        writeln!(
            out,
            "trace {what}: {} answers, {} of them before the log was forced to disk{}",
            found.answers,
            found.unforced,
            if right { "" } else { " - WRONG" }
        )?;
        sound &= right;
        Ok(())
    };
    expect("sqlite", true, traced(&program, None))?;
    expect("postgres", true, traced(&program, Some(Durable::Yes)))?;
    expect("postgres with fsync=off", false, traced(&program, Some(Durable::No)))?;
    if arguments.iter().any(|word| word == "--lossy") {
        expect("sqlite with synchronous=OFF", false, traced(&server::build_lossy()?, None))?;
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lets a traced server answer, and judges the trace.
fn traced(program: &Path, postgres: Option<Durable>) -> io::Result<Judged> {
    let cluster = postgres.map(Cluster::start).transpose()?;
    let home = Home::new(cluster.as_ref().map(Cluster::database).transpose()?)?;
    let house = House::furnish(&home, program)?;
    let folder = tempfile::tempdir()?;
    let (ours, theirs) = (folder.path().join("server"), folder.path().join("database"));
    let watcher = match cluster.as_ref().and_then(Cluster::pid) {
        Some(pid) => Some(Watcher::attach(pid, &theirs)?),
        None => None,
    };
    let output = ours.to_string_lossy().into_owned();
    let before = ["strace", "-f", "-ttt", "-y", "-s", "16", "-e", CALLS, "-o", &output];
    let server = Server::start_under(&before, program, &home)?;
    let send = |first: u64, count: u64| -> io::Result<()> {
        let mut client = Client::connect(&server.address, &house.key)?;
        for serial in first..first + count {
            let token = format!("t{serial:09}");
            let answer =
                client.post("/api/v1/cases", &house.registration(&token, serial), &token)?;
            if answer.status != 201 {
                return Err(Error::other(format!("{} {}", answer.status, answer.body)));
            }
        }
        Ok(())
    };
    send(1, REQUESTS)?;
    std::thread::scope(|threads| {
        let send = &send;
        let clients: Vec<_> =
            (1..=8).map(|n| threads.spawn(move || send(n * 1_000, REQUESTS / 8))).collect();
        clients.into_iter().try_for_each(|client| {
            client.join().unwrap_or_else(|_| Err(Error::other("a client panicked")))
        })
    })?;
    server.stop()?;
    drop(watcher);
    drop(cluster);
    let mut lines = read_trace(&ours)?;
    if postgres.is_some() {
        lines.extend(read_trace(&theirs)?);
        lines.sort_by(|one, other| one.at.total_cmp(&other.at));
    }
    Ok(judge(&lines))
}

/// `strace` on a server that runs already; it lets go when it is dropped.
struct Watcher(Child);

impl Watcher {
    fn attach(pid: u32, output: &PathBuf) -> io::Result<Self> {
        let mut command = Command::new("strace");
        command
            .args(["-f", "-ttt", "-y", "-s", "16", "-e", CALLS, "-p", &pid.to_string(), "-o"])
            .arg(output);
        let child = command.stderr(Stdio::null()).spawn()?;
        // It says nothing when it has attached; connections made later are traced from their beginning.
        std::thread::sleep(Duration::from_secs(1));
        Ok(Self(child))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        drop(Command::new("kill").arg(self.0.id().to_string()).status());
        drop(self.0.wait());
    }
}

/// One line of a trace: the beginning or the end of a call, or both.
struct Line {
    at: f64,
    thread: String,
    text: String,
}

fn read_trace(file: &Path) -> io::Result<Vec<Line>> {
    let text = fs::read_to_string(file)?;
    let line = |line: &str| {
        let (thread, rest) = line.split_once(' ')?;
        let (at, text) = rest.trim_start().split_once(' ')?;
        Some(Line { at: at.parse().ok()?, thread: thread.to_owned(), text: text.to_owned() })
    };
    Ok(text.lines().filter_map(line).collect())
}

struct Judged {
    answers: u64,
    unforced: u64,
}

/// What is known at a moment of the trace, as places in it.
#[derive(Default)]
struct Log {
    last_write: Option<usize>,
    /// When the newest force that has returned began.
    forced: Option<usize>,
    /// Forces under way, by thread.
    under_way: HashMap<String, usize>,
}

fn judge(lines: &[Line]) -> Judged {
    let mut log = Log::default();
    let mut asked: HashMap<&str, usize> = HashMap::new();
    // Reads that another thread's call interrupted in the trace, by thread.
    let mut reading: HashMap<&str, &str> = HashMap::new();
    let mut judged = Judged { answers: 0, unforced: 0 };
    for (n, line) in lines.iter().enumerate() {
        let text = line.text.as_str();
        let (call, rest) = text.split_once('(').unwrap_or((text, ""));
        let is_log = rest.contains("bihuan.db-wal>") || rest.contains("/pg_wal/");
        match call {
            "pwrite64" | "pwritev" | "write" if is_log => log.last_write = Some(n),
            "fdatasync" | "fsync" if is_log && text.contains("<unfinished") => {
                log.under_way.insert(line.thread.clone(), n);
            }
            "fdatasync" | "fsync" if is_log && text.ends_with("= 0") => {
                log.forced = log.forced.max(Some(n))
            }
            "read" | "recvfrom" if rest.contains("\"POST ") => {
                asked.insert(connection(rest), n);
            }
            "read" | "recvfrom" if rest.contains("<unfinished") => {
                reading.insert(&line.thread, connection(rest));
            }
            "write" | "writev" | "sendto" if rest.contains("\"HTTP/1.1 201") => {
                judged.answers += 1;
                let began = asked.remove(connection(rest));
                // The newest force that has returned began after something was written since the request.
                let sound = match (began, log.forced) {
                    (Some(began), Some(forced)) => {
                        lines.get(began..forced).unwrap_or_default().iter().any(writes_log)
                    }
                    _ => false,
                };
                judged.unforced += u64::from(!sound);
            }
            _ => {
                let read = text.starts_with("<... read") || text.starts_with("<... recvfrom");
                if read
                    && let Some(connection) = reading.remove(line.thread.as_str())
                    && text.contains("\"POST ")
                {
                    asked.insert(connection, n);
                }
                let resumed = text.starts_with("<... fdatasync") || text.starts_with("<... fsync");
                if resumed
                    && text.ends_with("= 0")
                    && let Some(began) = log.under_way.remove(&line.thread)
                {
                    log.forced = log.forced.max(Some(began));
                }
            }
        }
    }
    judged
}

fn writes_log(line: &Line) -> bool {
    (line.text.starts_with("pwrite64(")
        || line.text.starts_with("pwritev(")
        || line.text.starts_with("write("))
        && (line.text.contains("bihuan.db-wal>") || line.text.contains("/pg_wal/"))
}

/// The descriptor with what it stands for: `9<socket:[4711]>`.
fn connection(arguments: &str) -> &str {
    arguments.split_once('>').map_or(arguments, |(descriptor, _)| descriptor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(lines: &[&str]) -> Judged {
        let line = |(n, text): (usize, &&str)| Line {
            at: 0.0,
            thread: if text.contains("sync") { "2".into() } else { n.to_string() },
            text: (*text).to_owned(),
        };
        judge(&lines.iter().enumerate().map(line).collect::<Vec<_>>())
    }

    const ASK: &str =
        r#"recvfrom(9<socket:[7]>, "POST /api/v1/cas"..., 8192, 0, NULL, NULL) = 700"#;
    const WRITE: &str = r#"pwrite64(5</d/bihuan.db-wal>, "x"..., 4096, 32) = 4096"#;
    const FORCE: &str = "fdatasync(5</d/bihuan.db-wal>) = 0";
    const ANSWER: &str = r#"sendto(9<socket:[7]>, "HTTP/1.1 201 Cre"..., 900, 0, NULL, 0) = 900"#;

    #[test]
    fn only_a_force_between_write_and_answer_counts() {
        let unforced = |lines: &[&str]| trace(lines).unforced;
        assert_eq!(unforced(&[ASK, WRITE, FORCE, ANSWER]), 0);
        assert_eq!(unforced(&[ASK, WRITE, ANSWER, FORCE]), 1);
        assert_eq!(unforced(&[WRITE, FORCE, ASK, ANSWER]), 1);
        assert_eq!(unforced(&[ASK, FORCE, WRITE, ANSWER]), 1);
        let (begin, end) =
            ("fdatasync(5</d/bihuan.db-wal> <unfinished ...>", "<... fdatasync resumed>) = 0");
        assert_eq!(unforced(&[ASK, WRITE, begin, end, ANSWER]), 0);
        assert_eq!(unforced(&[ASK, WRITE, begin, ANSWER, end]), 1);
        assert_eq!(unforced(&[ASK, begin, WRITE, end, ANSWER]), 1);
        assert_eq!(unforced(&[WRITE, FORCE, ANSWER]), 1);
    }
}

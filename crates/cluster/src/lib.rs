//! A PostgreSQL server of one's own, for tests and measurements: a fresh cluster in a temporary folder, reached through a socket in
//! it and gone when it is dropped; and a small disk of one's own ([`Disk`]). Never part of the program.
#![warn(missing_docs)]

mod disk;

pub use disk::Disk;

use std::ffi::OsStr;
use std::io::{Error, Result, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Where Debian puts the programs, newest version first; else they are looked for along `PATH`.
const DEBIAN: &str = "/usr/lib/postgresql";
/// The system's user under which a server runs when we are root, which it refuses to run as.
const USER: &str = "postgres";
/// The address of a server that is there already, and whose databases may be made and dropped. Spares each test process a start.
const SHARED: &str = "BIHUAN_TEST_POSTGRES";
/// Which database the suites run over: `postgres`, or the embedded one when it is not set.
const CHOSEN: &str = "BIHUAN_TEST_DATABASE";
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether the cluster writes to disk what it acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durable {
    /// As a real one: for measurements, and tests that kill.
    Yes,
    /// Nothing is forced to disk: for all other tests.
    No,
}

/// A running server. Dropping it kills it and removes its files.
pub struct Cluster {
    folder: TempDir,
    server: Option<Child>,
    durable: Durable,
    settings: Vec<String>,
    port: Option<u16>,
}

impl Cluster {
    /// Makes a cluster and starts its server.
    ///
    /// # Errors
    /// When the programs are missing (install the Debian package `postgresql`) or the server does not answer within 30 seconds.
    pub fn start(durable: Durable) -> Result<Self> {
        let folder = folder()?;
        let data = folder.path().join("data");
        let mut make = program("initdb")?;
        make.args([
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--username=postgres",
        ]);
        run(make.arg("-D").arg(&data))?;
        let mut cluster = Self { folder, server: None, durable, settings: Vec::new(), port: None };
        cluster.up()?;
        Ok(cluster)
    }

    /// Starts the server again after [`Cluster::kill`].
    ///
    /// # Errors
    /// When it does not answer within 30 seconds.
    pub fn up(&mut self) -> Result<()> {
        let mut serve = program("postgres")?;
        serve.arg("-D").arg(self.folder.path().join("data"));
        serve.arg("-k").arg(self.folder.path());
        let forced = if self.durable == Durable::Yes { "on" } else { "off" };
        for setting in [
            "listen_addresses=",
            "max_connections=200",
            "shared_buffers=256MB",
            "max_wal_size=2GB",
            &format!("fsync={forced}"),
            &format!("full_page_writes={forced}"),
        ] {
            serve.arg("-c").arg(setting);
        }
        for setting in &self.settings {
            serve.arg("-c").arg(setting);
        }
        let log = std::fs::File::create(self.folder.path().join("log"))?;
        serve.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut server = serve.spawn()?;
        let since = Instant::now();
        loop {
            // What the last server left may not be cleared away yet.
            if server.try_wait()?.is_some() {
                server = serve.spawn()?;
            }
            if program("psql")?
                .args(["-qAt", "-c", "SELECT 1"])
                .arg(self.address("postgres"))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()?
                .success()
            {
                self.server = Some(server);
                return Ok(());
            }
            if since.elapsed() > PATIENCE {
                server.kill()?;
                let log = std::fs::read_to_string(self.folder.path().join("log"))?;
                return Err(Error::other(format!("the server does not answer: {log}")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Kills the server and all its processes at once, as a loss of power would, except that what the operating system was handed
    /// stays written.
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn kill(&mut self) -> Result<()> {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        // An orphan would live until it looks for its parent, and keep the next server from starting.
        self.signal("-KILL")?;
        server.wait()?;
        drop(std::fs::remove_file(self.folder.path().join("data/postmaster.pid")));
        Ok(())
    }

    /// Stops the server and all its processes where they are: it takes connections and answers nothing, as on a machine that is frozen
    /// or a disk that stalls.
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn freeze(&self) -> Result<()> {
        self.signal("-STOP")
    }

    /// Lets it go on after [`Cluster::freeze`].
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn thaw(&self) -> Result<()> {
        self.signal("-CONT")
    }

    /// Sends a signal to the server and all its processes.
    fn signal(&self, signal: &str) -> Result<()> {
        let pid = self.pid().ok_or_else(|| Error::other("no server runs"))?.to_string();
        let below = Command::new("pgrep").args(["-P", &pid]).output()?;
        let below = String::from_utf8_lossy(&below.stdout).into_owned();
        let all = std::iter::once(&*pid).chain(below.split_whitespace());
        // One that ended meanwhile is what was wanted.
        Command::new("kill").arg(signal).args(all).stderr(Stdio::null()).status()?;
        Ok(())
    }

    /// A second server that follows this one; from now on nothing is acknowledged that it has not written down as well.
    ///
    /// # Errors
    /// When it cannot be made, or does not follow within 30 seconds.
    pub fn standby(&self) -> Result<Self> {
        let (folder, primary) = (folder()?, self.address("postgres"));
        let mut copy = program("pg_basebackup")?;
        copy.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "-d", &primary]);
        run(copy.arg("-D").arg(folder.path().join("data")))?;
        let (durable, settings) = (self.durable, Vec::new());
        let mut standby = Self { folder, server: None, durable, settings, port: None };
        standby.up()?;
        Self::sql(&primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")?;
        Self::sql(&primary, "SELECT pg_reload_conf()")?;
        let since = Instant::now();
        while Self::sql(&primary, "SELECT sync_state FROM pg_stat_replication")? != "sync" {
            if since.elapsed() > PATIENCE {
                return Err(Error::other("the standby does not follow"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(standby)
    }

    /// From now on a standby of this server gets nothing more, and nobody waits for it: promoted, it lacks what is committed meanwhile.
    ///
    /// # Errors
    /// When one of them does not take the setting.
    pub fn leave_behind(&self, standby: &Self) -> Result<()> {
        for (server, text) in [
            (self, "ALTER SYSTEM RESET synchronous_standby_names"),
            (self, "SELECT pg_reload_conf()"),
            (standby, "ALTER SYSTEM SET primary_conninfo = ''"),
            (standby, "SELECT pg_reload_conf()"),
        ] {
            Self::sql(&server.address("postgres"), text)?;
        }
        let since = Instant::now();
        let asked = "SELECT COUNT(*) FROM pg_stat_replication";
        while Self::sql(&self.address("postgres"), asked)? != "0" {
            if since.elapsed() > PATIENCE {
                return Err(Error::other("the standby still follows"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Makes a standby take writes.
    ///
    /// # Errors
    /// When it is none.
    pub fn promote(&self) -> Result<()> {
        run(program("pg_ctl")?.args(["promote", "-w", "-D"]).arg(self.folder.path().join("data")))
    }

    /// The address of a database on whichever of two servers takes writes.
    pub fn address_with(&self, other: &Self, database: &str) -> String {
        let hosts = [self, other].map(|one| host(one.folder.path()));
        format!("postgres://postgres@{}/{database}", hosts.join(","))
    }

    /// Where its socket is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Reached through the network of this machine as well, from the next start on.
    pub fn listen(&mut self, port: u16) {
        self.set(["listen_addresses=127.0.0.1".to_owned(), format!("port={port}")]);
        self.port = Some(port);
    }

    /// Settings (`name=value`) that count from the next start on.
    pub fn set(&mut self, settings: impl IntoIterator<Item = String>) {
        self.settings.extend(settings);
    }

    /// Writes a file that the server, and nobody else, can read, for settings that name one; returns its path.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put_file(&self, name: &str, content: &[u8]) -> Result<PathBuf> {
        let file = self.folder.path().join(name);
        std::fs::write(&file, content)?;
        if is_root()? {
            run(Command::new("chown").arg(USER).arg(&file))?;
        }
        run(Command::new("chmod").arg("600").arg(&file))?;
        Ok(file)
    }

    /// The process that all others of the server come from.
    pub fn pid(&self) -> Option<u32> {
        let file = self.folder.path().join("data/postmaster.pid");
        std::fs::read_to_string(file).ok()?.lines().next()?.parse().ok()
    }

    /// The address of a database of this server.
    pub fn address(&self, database: &str) -> String {
        let port = self.port.map(|port| format!("&port={port}")).unwrap_or_default();
        address(self.folder.path(), database) + &port
    }

    /// Makes an empty database and returns its address.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn database(&self) -> Result<String> {
        fresh(&self.address("postgres"), "template0")
    }

    /// Makes an empty database that lies on a disk, and returns its address. The log of the server stays where it is.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn database_on(&self, disk: &Disk) -> Result<String> {
        let folder = disk.path().join("tablespace");
        std::fs::create_dir(&folder)?;
        if is_root()? {
            run(Command::new("chown").arg(USER).arg(&folder))?;
        }
        let server = self.address("postgres");
        Self::sql(&server, &format!("CREATE TABLESPACE small LOCATION '{}'", folder.display()))?;
        fresh(&server, "template0 TABLESPACE small")
    }

    /// Lets a command and all it starts share this server's databases ([`Database::new`]).
    pub fn share(&self, command: &mut Command) {
        command.env(SHARED, self.address("postgres"));
    }

    /// Runs SQL in a database of any server, for tests that look behind the program's back; returns what it prints.
    ///
    /// # Errors
    /// When it fails.
    pub fn sql(address: &str, text: &str) -> Result<String> {
        let output = program("psql")?
            .args(["-qAt", "-v", "ON_ERROR_STOP=1", "-c", text])
            .arg(address)
            .output()?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
        }
        Err(Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

impl Cluster {
    /// A database of any server as SQL that a server of every tested version loads.
    ///
    /// # Errors
    /// When it fails.
    pub fn dump(address: &str) -> Result<Vec<u8>> {
        let output = program("pg_dump")?
            .args(["--no-owner", "--no-privileges"])
            .arg(format!("--dbname={address}"))
            .output()?;
        if !output.status.success() {
            return Err(Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        // Newer programs write these for themselves; older ones stumble over them.
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let new = ["\\restrict", "\\unrestrict", "SET transaction_timeout"];
        let kept = text.lines().filter(|line| !new.iter().any(|start| line.starts_with(start)));
        Ok(kept.collect::<Vec<_>>().join("\n").into_bytes())
    }

    /// Loads such SQL into an empty database.
    ///
    /// # Errors
    /// When it fails.
    pub fn load(address: &str, sql: &[u8]) -> Result<()> {
        let mut psql = program("psql")?
            .args(["-qAt", "-v", "ON_ERROR_STOP=1"])
            .arg(address)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        if let Some(mut input) = psql.stdin.take() {
            input.write_all(sql)?;
        }
        match psql.wait()?.success() {
            true => Ok(()),
            false => Err(Error::other("psql could not load the dump")),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.kill());
    }
}

/// A database for one test: on the server that `BIHUAN_TEST_POSTGRES` names, else on one of its own. Dropping it removes it.
pub struct Database {
    /// Its address.
    pub address: String,
    own: Option<Cluster>,
}

impl Database {
    /// An empty one when `BIHUAN_TEST_DATABASE` is `postgres`; none when the tests run over the embedded database.
    ///
    /// # Errors
    /// As [`Cluster::start`]; when the variable has another value.
    pub fn chosen() -> Result<Option<Self>> {
        match std::env::var(CHOSEN).as_deref() {
            Err(_) | Ok("" | "sqlite") => Ok(None),
            Ok("postgres") => Self::new().map(Some),
            Ok(other) => Err(Error::other(format!("{CHOSEN} is {other}: postgres or sqlite"))),
        }
    }

    /// An empty one.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn new() -> Result<Self> {
        match std::env::var(SHARED) {
            Ok(shared) => Ok(Self { address: fresh(&shared, "template0")?, own: None }),
            Err(_) => {
                let own = Cluster::start(Durable::No)?;
                Ok(Self { address: own.database()?, own: Some(own) })
            }
        }
    }
}

impl Database {
    /// Another one with all that this one holds. Waits for its last sessions to end; it must outlive the copy.
    ///
    /// # Errors
    /// When somebody stays connected.
    pub fn copy(&self) -> Result<Self> {
        let server = match &self.own {
            Some(own) => own.address("postgres"),
            None => std::env::var(SHARED).map_err(Error::other)?,
        };
        let name = self.name().ok_or_else(|| Error::other("a database without a name"))?;
        let since = Instant::now();
        loop {
            match fresh(&server, name) {
                Err(_) if since.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                made => return Ok(Self { address: made?, own: None }),
            }
        }
    }

    fn name(&self) -> Option<&str> {
        self.address.split(['/', '?']).find(|part| part.starts_with("t_"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.own.is_none()
            && let Ok(shared) = std::env::var(SHARED)
            && let Some(name) = self.name()
        {
            drop(Cluster::sql(&shared, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        }
    }
}

/// Makes a database on the server of an address.
fn fresh(server: &str, template: &str) -> Result<String> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let name = format!("t_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    Cluster::sql(server, &format!("CREATE DATABASE {name} TEMPLATE {template}"))?;
    Ok(server.replacen("/postgres?", &format!("/{name}?"), 1))
}

/// A folder in which a server may live.
fn folder() -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("pg").tempdir()?;
    if is_root()? {
        run(Command::new("chown").arg(USER).arg(folder.path()))?;
    }
    Ok(folder)
}

fn address(folder: &Path, database: &str) -> String {
    format!("postgres://postgres@/{database}?host={}", host(folder))
}

/// A folder with a socket as a part of an address.
fn host(folder: &Path) -> String {
    folder.to_string_lossy().replace('/', "%2F")
}

/// One of PostgreSQL's programs, under a user that it accepts, and ending with us.
fn program(name: &str) -> Result<Command> {
    let path = find(name)?;
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if is_root()? {
        command.args(["--reuid", USER, "--regid", USER, "--clear-groups"]);
        command.current_dir("/");
    }
    command.arg(path);
    Ok(command)
}

fn find(name: &str) -> Result<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            Some((path.file_name()?.to_str()?.parse().ok()?, path.join("bin").join(name)))
        })
        .filter(|(_, program)| program.exists())
        .collect();
    versions.sort();
    if let Some((_, newest)) = versions.pop() {
        return Ok(newest);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.exists())
        .ok_or_else(|| {
            Error::other(format!("{name} is missing: install the Debian package postgresql"))
        })
}

fn is_root() -> Result<bool> {
    let output = Command::new("id").arg("-u").output()?;
    Ok(output.stdout == b"0\n")
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let program = command.get_program().to_string_lossy().into_owned();
    let first =
        command.get_args().last().map(OsStr::to_string_lossy).unwrap_or_default().into_owned();
    Err(Error::other(format!("{program} {first}: {}", String::from_utf8_lossy(&output.stderr))))
}

//! What is measured over HTTP: `bihuan serve` on a core of its own, clients on another; connections stay open, every request is
//! signed in, answers are not compressed. Between the measured spans a static page of the same size is measured the same way.

use super::deeds::Deed;
use super::drive::Pace;
use super::ground::Ground;
use super::machine::{Cores, anonymous, most_memory};
use crate::cli::Global;
use anyhow::{Context, Result, bail};
use engine::key::Key;
use engine::people::Who;
use futures_util::future::join_all;
use serde_json::json;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Spans of the server and of the static page, taken in turn.
const PAIRS: usize = 5;
/// Writes before they are measured.
const BRIEF: Duration = Duration::from_millis(200);

/// The server, a static page, and clients.
pub(super) struct Wire {
    server: Program,
    still: Program,
    cores: Cores,
    keys: HashMap<Key, String>,
}

/// A program that was started, and where it listens.
struct Program {
    child: Child,
    _input: Option<ChildStdin>,
    address: String,
}

/// A measurement over HTTP.
pub(super) struct Measured {
    pub(super) pace: Pace,
    /// Answers of the static page a second.
    pub(super) still: u64,
    /// Thousandths that the server reaches of it: the median of the pairs.
    pub(super) ratio: u64,
    /// The most anonymous memory that the server had, in bytes.
    pub(super) memory: u64,
}

impl Wire {
    pub(super) fn start(global: &Global, ground: &Ground) -> Result<Self> {
        let cores = Cores::shared_out()?;
        let keys = ground.api_keys()?;
        let server = cores.measured(|| serve(global))?;
        let still = cores.measured(|| start(Command::new(program()?).args(["bench", "still"])))?;
        Ok(Self { server, still, cores, keys })
    }

    /// Anonymous memory of the server now, in bytes.
    pub(super) fn memory(&self) -> u64 {
        anonymous(self.process())
    }

    /// Measures one thing.
    pub(super) fn measure(
        &self,
        ground: &Ground,
        deed: Deed,
        clients: usize,
        span: Duration,
    ) -> Result<Measured> {
        let request = |client, turn| self.request(ground, deed, client, turn);
        let of_server = |span| self.drive(&self.server.address, clients, span, &request);
        // What is measured is what is kept: each case was read before, a million's from pages that nobody else needs. The page has the
        // size of a typical answer.
        let (_, bytes) = of_server(if deed.writes() { BRIEF } else { span })?;
        let page = format!("GET /{bytes} HTTP/1.1\r\nhost: still\r\n\r\n").into_bytes();
        let still = |_, _| Ok(page.clone());
        let share = span / u32::try_from(PAIRS)?;
        let (pairs, memory) = most_memory(self.process(), || {
            (0..PAIRS)
                .map(|_| {
                    let (ours, _) = of_server(share)?;
                    let (theirs, _) = self.drive(&self.still.address, clients, share, &still)?;
                    Ok((ours, theirs.rate()))
                })
                .collect::<Result<Vec<_>>>()
        });
        let mut pairs = pairs?;
        pairs.sort_by_key(|(ours, theirs)| ours.rate() * 1_000 / (*theirs).max(1));
        let (pace, still) = pairs.into_iter().nth(PAIRS / 2).context("pairs")?;
        let ratio = pace.rate() * 1_000 / still.max(1);
        Ok(Measured { pace, still, ratio, memory })
    }

    /// The server's process.
    pub(super) fn process(&self) -> u32 {
        self.server.child.id()
    }

    /// Where the server listens.
    pub(super) fn address(&self) -> &str {
        &self.server.address
    }

    /// Does something on the core of the clients.
    pub(super) fn measuring<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.cores.measuring(work)
    }

    pub(super) fn request(
        &self,
        ground: &Ground,
        deed: Deed,
        client: usize,
        turn: usize,
    ) -> Result<Vec<u8>> {
        let mut random = ground.random(client, turn);
        let signed = |person: &Key| self.keys.get(person).map_or("", String::as_str);
        let get = |path: &str| {
            format!(
                "GET {path} HTTP/1.1\r\nhost: desk\r\nauthorization: Bearer {}\r\naccept-encoding: identity\r\n\r\n",
                signed(&ground.caller.person)
            )
        };
        let post = |who: &Who, path: &str, body: &serde_json::Value| {
            let Who::Person(person) = who else { bail!("nobody signs in as {who:?}") };
            let (body, once) = (body.to_string(), ground.once().key.map(|key| key.key));
            Ok(format!(
                "POST {path} HTTP/1.1\r\nhost: desk\r\nauthorization: Bearer {}\r\naccept-encoding: identity\r\ncontent-type: application/json\r\nidempotency-key: {}\r\ncontent-length: {}\r\n\r\n{body}",
                signed(person),
                once.unwrap_or_default(),
                body.len()
            ))
        };
        let text = match deed {
            Deed::Load => get(&format!("/api/v1/cases/{}", ground.number(&mut random)?)),
            Deed::List => get("/api/v1/cases"),
            Deed::Search => {
                let word = random.choice(&ground.lives.words.searches).cloned().unwrap_or_default();
                let encoded: String = word.bytes().map(|byte| format!("%{byte:02X}")).collect();
                get(&format!("/api/v1/cases?q={encoded}"))
            }
            Deed::Create => {
                let (one, _) = ground.registration(&mut random)?;
                let body = json!({ "procedure": one.procedure, "fields": one.fields });
                post(&one.who, "/api/v1/cases", &body)?
            }
            Deed::Act => {
                let deed = ground.deed(&mut random)?;
                let (path, body) = deed.over_http();
                post(&deed.who, &path, &body)?
            }
            Deed::Count => get("/api/v1/queues"),
        };
        Ok(text.into_bytes())
    }

    /// Clients on their own core; returns the pace and the bytes of a typical body.
    fn drive(
        &self,
        address: &str,
        clients: usize,
        span: Duration,
        request: &(dyn Fn(usize, usize) -> Result<Vec<u8>> + Sync),
    ) -> Result<(Pace, usize)> {
        self.cores.measuring(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                // To wake a core that sleeps takes longer than a short answer, and whoever sends one would pay for it.
                tokio::spawn(stay_awake());
                let begun = Instant::now();
                let ones = (0..clients).map(|client| one(address, client, span, request));
                let (mut took, mut sizes) = (Vec::new(), Vec::new());
                for done in join_all(ones).await {
                    let (times, bytes) = done?;
                    took.extend(times);
                    sizes.extend(bytes);
                }
                let all = begun.elapsed();
                sizes.sort_unstable();
                let typical = sizes.get(sizes.len() / 2).copied().unwrap_or(0);
                Ok((Pace::new(took, all), typical))
            })
        })
    }
}

async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}

type Times = (Vec<Duration>, Vec<usize>);

/// One client on one connection.
async fn one(
    address: &str,
    client: usize,
    span: Duration,
    request: &(dyn Fn(usize, usize) -> Result<Vec<u8>> + Sync),
) -> Result<Times> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (begun, mut times, mut sizes) = (Instant::now(), Vec::new(), Vec::new());
    let mut buffer = Vec::with_capacity(64 << 10);
    for turn in 0.. {
        let bytes = request(client, turn)?;
        let at = Instant::now();
        stream.write_all(&bytes).await?;
        sizes.push(answer(&mut stream, &mut buffer).await?);
        times.push(at.elapsed());
        if begun.elapsed() >= span {
            break;
        }
    }
    Ok((times, sizes))
}

/// Reads one answer; returns the bytes of its body.
pub(super) async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<usize> {
    const END: &[u8] = b"\r\n\r\n";
    buffer.clear();
    let head = loop {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the connection was closed");
        }
        if let Some(place) = buffer.windows(END.len()).position(|four| four == END) {
            break place;
        }
    };
    let text = String::from_utf8_lossy(buffer.get(..head).unwrap_or_default()).into_owned();
    let mut lines = text.lines();
    let status = lines.next().unwrap_or_default();
    let mut named = lines.filter_map(|line| line.split_once(':'));
    let length = named.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize =
        length.and_then(|(_, bytes)| bytes.trim().parse().ok()).context("length")?;
    while buffer.len() < head + END.len() + length {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the connection was closed");
        }
    }
    if !status.starts_with("HTTP/1.1 2") {
        let body = buffer.get(head + END.len()..).unwrap_or_default();
        bail!("{status}: {}", String::from_utf8_lossy(body));
    }
    Ok(length)
}

/// How long it takes from starting the server until the page of a case is there, as somebody's browser gets it who had signed in before.
pub(super) fn start_to_case(global: &Global, ground: &Ground) -> Result<Duration> {
    let cookie = super::people::sign_in(&ground.desk, &ground.caller.person)?;
    let number = ground.number(&mut ground.random(0, 0))?;
    let request = super::people::request(&format!("/cases/{number}"), &cookie);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let begun = Instant::now();
    let server = serve(global)?;
    let mut page = Vec::new();
    runtime.block_on(async {
        let mut stream = TcpStream::connect(&server.address).await?;
        stream.write_all(request.as_bytes()).await?;
        answer(&mut stream, &mut page).await
    })?;
    let took = begun.elapsed();
    let page = String::from_utf8_lossy(&page);
    if !(page.contains("</html>") && page.contains(number)) {
        bail!("no page of {number} after a start");
    }
    Ok(took)
}

fn program() -> Result<std::path::PathBuf> {
    Ok(std::env::current_exe()?)
}

fn serve(global: &Global) -> Result<Program> {
    let mut command = Command::new(program()?);
    command.arg("--data").arg(&global.data).arg("--json");
    if let Some(database) = &global.database {
        command.env("BIHUAN_DATABASE", database);
    }
    command.args(["serve", "--listen", "127.0.0.1:0", "--rate", "0", "--log", "error"]);
    start(&mut command)
}

/// Starts a program and reads from its first words where it listens.
fn start(command: &mut Command) -> Result<Program> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let input = child.stdin.take();
    let mut out = BufReader::new(child.stdout.take().context("no output")?);
    let mut said = String::new();
    let address = loop {
        if out.read_line(&mut said)? == 0 {
            bail!("it does not start: {said}");
        }
        let words = |c: char| c.is_whitespace() || matches!(c, '"' | '/' | ',');
        if let Some(address) = said.split(words).find(|word| word.starts_with("127.0.0.1:")) {
            break address.to_owned();
        }
    };
    // What it says later is read by nobody; a full pipe would stop it.
    std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
    Ok(Program { child, _input: input, address })
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

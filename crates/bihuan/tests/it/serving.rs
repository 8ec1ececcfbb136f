//! The server as a process, and just enough HTTP to talk to it.

use crate::world::World;
use desk::{Desk, entry};
use engine::command::Entered;
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A server that ends with its test, and listens already.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) address: String,
    /// Where a first start is set up.
    pub(crate) set_up: Option<String>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Json,
}

impl Answer {
    /// Asserts a problem, and that its text says this.
    pub(crate) fn is_problem(&self, status: u16, slug: &str, says: &str) {
        assert_eq!(
            (self.status, &self.body["type"]),
            (status, &json!(format!("/problems/{slug}"))),
            "{}",
            self.body
        );
        assert!(self.body["detail"].as_str().unwrap().contains(says), "{}", self.body);
    }
}

impl Serving {
    pub(crate) fn new(world: &World, before: &[&str], after: &[&str]) -> Self {
        let mut args = vec!["--json"];
        args.extend(before);
        args.extend(["serve", "--listen", "127.0.0.1:0", "--rate", "0"]);
        args.extend(after);
        let mut command = world.command(&args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        while !said.contains('}') {
            assert_ne!(out.read_line(&mut said).unwrap(), 0, "{said}");
        }
        let said: Json = serde_json::from_str(&said).unwrap();
        let address = said["address"].as_str().unwrap().trim_start_matches("http://").to_owned();
        let set_up = said["set_up"].as_str().map(str::to_owned);
        Self { child, address, set_up }
    }

    /// What it logs is of no interest.
    pub(crate) fn quiet(world: &World) -> Self {
        Self::new(world, &[], &["--log", "off"])
    }

    pub(crate) fn get(&self, key: &str, path: &str) -> Answer {
        self.ask(&request("GET", path, key, "", "", b"")).unwrap()
    }

    /// Registers the order as the n-th caller.
    pub(crate) fn register(&self, client: &Client, n: usize) -> std::io::Result<Answer> {
        let once = format!("idempotency-key: call {n}\r\n");
        self.ask(&request(
            "POST",
            "/api/v1/cases",
            &client.key,
            &once,
            "application/json",
            client.body().as_bytes(),
        ))
    }

    pub(crate) fn upload(&self, client: &Client, content: &[u8]) -> Answer {
        self.ask(&upload(client, content)).unwrap()
    }

    /// Sends a whole request, and waits for the answer and the end of the connection.
    pub(crate) fn ask(&self, request: &[u8]) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(request)?;
        answer(&mut stream)
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// How it ended, if it has by then.
    pub(crate) fn ended(&mut self, within: Duration) -> Option<ExitStatus> {
        let since = Instant::now();
        while since.elapsed() < within {
            if let Some(ended) = self.child.try_wait().unwrap() {
                return Some(ended);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn request(
    method: &str,
    path: &str,
    key: &str,
    more: &str,
    media: &str,
    body: &[u8],
) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\nauthorization: Bearer {key}\r\n{more}content-type: {media}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A request that uploads a file.
pub(crate) fn upload(client: &Client, content: &[u8]) -> Vec<u8> {
    let head = b"--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n";
    let body = [head.as_slice(), content, b"\r\n--x--\r\n"].concat();
    request(
        "POST",
        "/api/v1/attachments",
        &client.key,
        "",
        "multipart/form-data; boundary=x",
        &body,
    )
}

/// Reads the answer up to the end of the connection: `UnexpectedEof` when there is none, `InvalidData` for one that is torn.
pub(crate) fn answer(stream: &mut TcpStream) -> std::io::Result<Answer> {
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    if all.is_empty() {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let torn = || std::io::Error::from(std::io::ErrorKind::InvalidData);
    let text = String::from_utf8(all).map_err(|_| torn())?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(torn)?;
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    if length.and_then(|length| length.parse().ok()) != Some(body.len()) {
        return Err(torn());
    }
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(torn)?;
    Ok(Answer { status, body: serde_json::from_str(body).unwrap_or(json!(body)), head })
}

/// Somebody with a key, and an order that is accepted from him.
pub(crate) struct Client {
    pub(crate) key: String,
    order: Entered,
}

impl Client {
    /// Fills an empty installation: an agent with a key, an engineer and a lead.
    pub(crate) fn of(world: &World) -> Self {
        for (id, role) in [("lin", "agent"), ("wang", "as_eng"), ("zhou", "cs_lead")] {
            let put = world.run(&["person", "put", id, id, "--roles", role]);
            assert!(put.fine, "{}", put.err);
        }
        let key = world.json(&["person", "key", "lin", "--scopes", "cases:read,cases:write"]);
        let key = key["secret"].as_str().unwrap().to_owned();
        let master = crate::contents::key(&world.data());
        let store = store::Store::open(world.place(), store::Options::new(master)).unwrap();
        Self { key, order: order(&Desk::open(store).unwrap()) }
    }

    fn body(&self) -> String {
        json!({ "procedure": "as", "fields": self.order }).to_string()
    }
}

/// The fields of an after-sales order that has just come in, by the names of its form.
pub(crate) fn order(desk: &Desk) -> Entered {
    let (procedure, calendar) = desk.library().newest("as").unwrap();
    let received = calendar.local(desk.now()).strftime("%Y-%m-%d %H:%M").to_string();
    let pairs = [
        ("来源渠道", "电话"),
        ("受理时间", &received),
        ("客户名称", "宏远机械厂"),
        ("联系人", "刘建国"),
        ("联系电话", "13912345678"),
        ("所属行业", "制造业"),
        ("客户等级", "VIP"),
        ("服务类型", "故障维修"),
        ("问题描述-客户原话", "机器开不了机，等着生产"),
        ("问题描述-客观情况", "屏幕提示E-05,已断电重启一次"),
        ("紧急程度", "高"),
    ];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    entry::inputs(&procedure, &calendar, procedure.register_action().unwrap(), &pairs).unwrap().0
}

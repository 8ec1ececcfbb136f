//! The server as a process: it says where it listens, and logs routes, never addresses.

use crate::serving::{Client, Serving};
use crate::world::World;
use serde_json::Value as Json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn a_request_is_logged_by_its_route_and_never_by_its_address() {
    let world = World::new();
    let secret = world.run(&["person", "put", "lin", "林晓", "--roles", "agent"]);
    assert!(secret.fine, "{}", secret.err);
    let key = world.json(&["person", "key", "lin", "--scopes", "cases:read"]);
    let key = key["secret"].as_str().unwrap();
    let mut serving = Serving::new(&world, &[], &["--log-format", "json"]);
    for path in
        ["/api/v1/cases/CF-13812345678", "/api/v1/cases?q=13812345678", "/13812345678", "/healthz"]
    {
        let mut stream = TcpStream::connect(&serving.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n").unwrap();
        stream.read_to_string(&mut String::new()).unwrap();
    }
    serving.child.kill().unwrap();
    let mut log = String::new();
    serving.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    let lines: Vec<Json> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |line: &Json| {
        assert!(line["duration_ms"].is_i64() && line["timestamp"].is_string(), "{line}");
        (line["http.route"].as_str().unwrap().to_owned(), line["http.status"].as_u64().unwrap())
    };
    let requests: Vec<_> =
        lines.iter().filter(|line| line["message"] == "answered").map(of).collect();
    let expected = [("/api/v1/cases/{number}", 404), ("/api/v1/cases", 200), ("-", 404)];
    assert_eq!(requests, expected.map(|(route, status)| (route.to_owned(), status)));
    assert!(!log.contains("13812345678") && !log.contains(key) && !log.contains("林晓"), "{log}");
}

#[test]
fn what_the_command_line_changes_is_in_force_at_the_server_within_a_second() {
    let world = World::new();
    let client = Client::of(&world);
    let serving = Serving::quiet(&world);
    let soon = |what: &str, holds: &dyn Fn() -> bool| {
        let since = Instant::now();
        while !holds() {
            // A second, as promised, and as much again for a machine that is busy.
            assert!(since.elapsed() < Duration::from_secs(2), "{what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    // Under the version that is in force at the server.
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let version = || {
        let n = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let case = serving.register(&client, n).unwrap().body;
        case["procedure_version"].as_u64().unwrap()
    };
    assert_eq!(version(), 1);
    let text = world.path("as.toml");
    std::fs::write(&text, desk::builtin().iter().find(|one| one.name == "as").unwrap().text)
        .unwrap();
    let run = world.run(&["procedure", "import", text.to_str().unwrap()]);
    assert!(run.fine, "{}", run.err);
    soon("the version", &|| version() == 2);
    // Somebody new, whose key works at once.
    assert!(world.run(&["person", "put", "new", "新来", "--roles", "agent"]).fine);
    let key = world.json(&["person", "key", "new", "--scopes", "cases:read"]);
    let key = key["secret"].as_str().unwrap();
    soon("the person", &|| serving.get(key, "/api/v1/cases").status == 200);
    let number = world.json(&["case", "register", "cf", "反馈渠道=电话"])["number"].clone();
    let feed = || serving.get(&client.key, "/api/v1/events?after=0&limit=500").body.to_string();
    soon("the case", &|| feed().contains(number.as_str().unwrap()));
}

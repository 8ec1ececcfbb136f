//! The server as a process: it says where it listens, and logs routes, never addresses.

use crate::world::World;
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

/// A server that ends with its test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_request_is_logged_by_its_route_and_never_by_its_address() {
    let world = World::new();
    let secret = world.run(&["person", "put", "lin", "林晓", "--roles", "agent"]);
    assert!(secret.fine, "{}", secret.err);
    let key = world.json(&["person", "key", "lin", "--scopes", "cases:read"]);
    let key = key["secret"].as_str().unwrap();
    let args = ["--json", "serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
    let mut command = world.command(&args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut serving = Serving(command.spawn().unwrap());
    let mut said = String::new();
    let mut out = BufReader::new(serving.0.stdout.take().unwrap());
    while !said.contains('}') {
        assert_ne!(out.read_line(&mut said).unwrap(), 0, "{said}");
    }
    let said: Json = serde_json::from_str(&said).unwrap();
    let address = said["address"].as_str().unwrap().trim_start_matches("http://").to_owned();
    for path in
        ["/api/v1/cases/CF-13812345678", "/api/v1/cases?q=13812345678", "/13812345678", "/healthz"]
    {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n").unwrap();
        stream.read_to_string(&mut String::new()).unwrap();
    }
    serving.0.kill().unwrap();
    let mut log = String::new();
    serving.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
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

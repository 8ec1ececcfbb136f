//! The server itself: an address, a worker that acts in time, and an end in good order.

use crate::world::World;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// What a server answers, with its head.
pub(crate) async fn fetch(address: std::net::SocketAddr, path: &str, key: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_lets_time_act_and_the_server_ends_when_asked() {
    let world = World::new();
    let (key, registered) = world.register(0).await;
    let path = registered.header("location").to_owned();
    // Everything is due at once when the worker begins.
    world.clock.set(world.desk.now().checked_add(jiff::SignedDuration::from_hours(72)).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server =
        tokio::spawn(web::serve(world.desk.clone(), listener, web::Config::default(), async {
            let _ = stopped.await;
        }));
    let mut breached = false;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let answer = fetch(address, &path, &key).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        breached = answer.contains("\"state\":\"breached\"");
        if breached {
            break;
        }
    }
    assert!(breached, "the worker acted");
    let mut open = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /api/v1/events HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\naccept: text/event-stream\r\n\r\n"
    );
    open.write_all(request.as_bytes()).await.unwrap();
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(10), server).await;
    ended.expect("an open stream does not hold the server").unwrap().unwrap();
}

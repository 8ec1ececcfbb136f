//! Webhooks over a proxy: what the proxy is asked for, and what it is never asked for.

use crate::webhooks::{key, make, soon};
use crate::world::World;
use std::sync::{Arc, Mutex};
use store::DeliveryState;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use web::Config;

type Asked = Arc<Mutex<Vec<String>>>;

/// A proxy that answers so to whatever it is asked, and keeps what it was asked.
async fn proxy(answer: &'static str) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let kept = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answering(stream, answer, Arc::clone(&kept)));
        }
    });
    (url, asked)
}

async fn answering(mut stream: TcpStream, answer: &'static str, asked: Asked) {
    let (mut text, mut some) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut some).await.unwrap_or(0);
        if read == 0 {
            return;
        }
        text.extend_from_slice(&some[..read]);
        let whole = String::from_utf8_lossy(&text).into_owned();
        if whole.starts_with("CONNECT") && whole.ends_with("\r\n\r\n") || whole.ends_with('}') {
            asked.lock().unwrap().push(whole);
            break;
        }
    }
    stream.write_all(answer.as_bytes()).await.unwrap();
    // What comes through a tunnel.
    if let Ok(read @ 1..) = stream.read(&mut some).await {
        asked.lock().unwrap().push(format!("{:?}", &some[..read.min(2)]));
    }
}

/// What becomes of a test to an address over such a proxy, as state and error, and what the proxy was asked.
async fn sent(url: &str, answer: &'static str) -> (DeliveryState, Option<String>, Vec<String>) {
    let (proxy, asked) = proxy(answer).await;
    let config =
        Config { rate: None, webhook_proxy: Some(proxy.parse().unwrap()), ..Config::default() };
    let world = World::with(config.clone());
    let (key, _) = key(&world);
    let made = make(&world, &key, url).await;
    let id = made["webhook"]["id"].as_str().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let until = std::future::pending();
    let server = tokio::spawn(web::serve(world.desk.clone(), listener, config, until));
    let ping = world.desk.ping_webhook(id).unwrap();
    let one = || world.desk.webhook_delivery(id, ping).unwrap();
    soon("what came of it", || one().attempted_at.is_some()).await;
    server.abort();
    let asked = asked.lock().unwrap().clone();
    (one().state, one().error, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_encrypted_is_sent_through_the_proxy_by_its_whole_address() {
    let (state, error, asked) =
        sent("http://hooks.invalid:8080/in?key=1", "HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!((state, error), (DeliveryState::Delivered, None));
    let head = "POST http://hooks.invalid:8080/in?key=1 HTTP/1.1\r\n";
    assert!(asked.len() == 1 && asked[0].starts_with(head), "{asked:?}");
    assert!(asked[0].contains("host: hooks.invalid:8080\r\n"), "{asked:?}");
    assert!(asked[0].contains("webhook-signature: v1,"), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_encrypted_goes_through_a_tunnel_that_the_proxy_cannot_look_into() {
    let (state, error, asked) =
        sent("https://hooks.invalid/in?key=1", "HTTP/1.1 200 OK\r\n\r\n").await;
    // The test has no certificate to go on with.
    assert_eq!((state, error.as_deref()), (DeliveryState::Pending, Some("encryption")));
    let head = "CONNECT hooks.invalid:443 HTTP/1.1\r\nhost: hooks.invalid:443\r\n";
    assert!(asked[0].starts_with(head) && !asked[0].contains("key"), "{asked:?}");
    assert_eq!(asked[1..], ["[22, 3]"], "a handshake of TLS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_refuses_is_told_apart_from_a_receiver_that_does() {
    let (state, error, asked) =
        sent("https://hooks.invalid/", "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!((state, error.as_deref()), (DeliveryState::Pending, Some("proxy")));
    assert_eq!(asked.len(), 1);
}

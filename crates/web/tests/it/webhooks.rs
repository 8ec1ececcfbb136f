//! Webhooks over the wire: what a receiver hears, when it fails, dawdles or sends elsewhere; and the API and pages by which they are
//! made.

use crate::served::fetch;
use crate::signing::Browser;
use crate::world::World;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use desk::{ApiKey, KeyScope};
use hmac::{Hmac, Mac};
use serde_json::{Value as Json, json};
use sha2::Sha256;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::DeliveryState;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use web::Config;

type Heard = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// What a receiver answers.
#[derive(Clone)]
enum Reply {
    Status(u16),
    To(String),
    /// Only when it is told to.
    When(Arc<Notify>),
}

struct Receiver {
    url: String,
    heard: Heard,
    server: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Receiver {
    /// Answers so, one after the other, and the last for ever.
    async fn with(replies: &[Reply]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/in?key=1", listener.local_addr().unwrap());
        let heard = Heard::default();
        let replies = Arc::new(Mutex::new(VecDeque::from(replies.to_vec())));
        let router = Router::new().fallback(hear).with_state((Arc::clone(&heard), replies));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, heard, server }
    }

    fn heard(&self) -> Vec<(HeaderMap, String)> {
        self.heard.lock().unwrap().clone()
    }
}

async fn hear(
    State((heard, replies)): State<(Heard, Arc<Mutex<VecDeque<Reply>>>)>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, HeaderMap) {
    heard.lock().unwrap().push((headers, body));
    let reply = {
        let mut replies = replies.lock().unwrap();
        if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() }
    };
    let mut headers = HeaderMap::new();
    let status = match reply.unwrap() {
        Reply::Status(status) => status,
        Reply::To(url) => {
            headers.insert(header::LOCATION, url.parse().unwrap());
            307
        }
        Reply::When(told) => {
            told.notified().await;
            204
        }
    };
    (StatusCode::from_u16(status).unwrap(), headers)
}

fn config() -> Config {
    Config {
        rate: None,
        webhook_private: true,
        address: Some("http://desk.test".to_owned()),
        ..Config::default()
    }
}

/// A key of somebody who administers.
pub(crate) fn key(world: &World) -> (String, String) {
    let people = world.desk.people();
    let person = people.people.iter().find(|person| world.desk.is_administrator(person)).unwrap();
    let key = ApiKey {
        name: "admin".to_owned(),
        person: person.id.clone(),
        scopes: vec![KeyScope::Admin],
    };
    (world.desk.make_api_key("test", &key).unwrap(), person.id.to_string())
}

pub(crate) async fn make(world: &World, key: &str, url: &str) -> Json {
    let wanted = json!({ "name": "ERP", "url": url, "events": ["registered"] });
    let made = world.ask(key, "POST", "/api/v1/webhooks", &wanted, "").await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()
}

/// The desk's server, until it is told to stop.
async fn serving(world: &World) -> (oneshot::Sender<()>, JoinHandle<std::io::Result<()>>) {
    let (stop, server, _) = serving_at(world).await;
    (stop, server)
}

/// The same, and where it is.
async fn serving_at(
    world: &World,
) -> (oneshot::Sender<()>, JoinHandle<std::io::Result<()>>, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let until = async {
        let _ = stopped.await;
    };
    let server = tokio::spawn(web::serve(world.desk.clone(), listener, config(), until));
    (stop, server, address)
}

pub(crate) async fn soon(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..200 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{what}");
}

/// As a receiver verifies what it hears, by the text of Standard Webhooks.
fn verify(secret: &str, headers: &HeaderMap, body: &str) -> bool {
    let header = |name: &str| headers[name].to_str().unwrap();
    let bytes = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&bytes).unwrap();
    mac.update(
        format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp")).as_bytes(),
    );
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    header("webhook-signature").split(' ').any(|one| one == expected)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_twice_is_accepted_the_third_time_under_one_id_and_signed() {
    let world = World::with(config());
    let (key, _) = key(&world);
    let receiver = Receiver::with(&[500, 503, 204].map(Reply::Status)).await;
    let made = make(&world, &key, &receiver.url).await;
    let (secret, id) = (made["secret"].as_str().unwrap(), made["webhook"]["id"].as_str().unwrap());
    let (_stop, _server) = serving(&world).await;
    let (_, registered) = world.register(0).await;
    for (times, pause) in [(1, 6), (2, 80)] {
        let pending = || {
            let all = world.desk.webhook_deliveries(id, Some(DeliveryState::Pending), None, 9);
            all.unwrap().rows.iter().any(|one| {
                one.attempts == times && one.status.is_some() && one.not_before > world.desk.now()
            })
        };
        soon("the attempt", pending).await;
        assert_eq!(receiver.heard().len(), times as usize);
        world
            .clock
            .set(world.desk.now().checked_add(jiff::SignedDuration::from_secs(pause)).unwrap());
        world.desk.hurry_webhooks();
    }
    let done = || {
        let all =
            world.desk.webhook_deliveries(id, Some(DeliveryState::Delivered), None, 9).unwrap();
        all.rows.first().is_some_and(|one| one.attempts == 3)
    };
    soon("the delivery", done).await;
    let heard = receiver.heard();
    assert_eq!(heard.len(), 3);
    for (headers, body) in &heard {
        assert_eq!(headers["webhook-id"], heard[0].0["webhook-id"]);
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(*body, heard[0].1);
        assert!(verify(secret, headers, body) && !verify(secret, headers, &format!("{body} ")));
    }
    assert_ne!(heard[0].0["webhook-timestamp"], heard[2].0["webhook-timestamp"]);
    // What it was is fetched by a key, where the message says.
    let body: Json = serde_json::from_str(&heard[0].1).unwrap();
    let event = body["data"]["event"].as_str().unwrap().strip_prefix("http://desk.test").unwrap();
    let found = world.get(&key, event).await.json()["items"][0].clone();
    assert_eq!((&found["type"], &found["number"]), (&body["type"], &registered.json()["number"]));
    assert_eq!(found["sequence"], body["data"]["sequence"]);
    let shown = world.get(&key, &format!("/api/v1/webhooks/{id}")).await.json();
    assert_eq!((&shown["last"]["status"], &shown["pending"]), (&json!(204), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dawdles_holds_up_nobody_and_nobody_is_sent_elsewhere() {
    let world = World::with(config());
    let told = Arc::new(Notify::new());
    let (key, _) = key(&world);
    let (slow, quick) = (
        Receiver::with(&[Reply::When(Arc::clone(&told))]).await,
        Receiver::with(&[Reply::Status(200)]).await,
    );
    let elsewhere = Receiver::with(&[Reply::Status(200)]).await;
    let turned = Receiver::with(&[Reply::To(elsewhere.url.clone())]).await;
    let lazy = make(&world, &key, &slow.url).await["webhook"]["id"].as_str().unwrap().to_owned();
    let swift = make(&world, &key, &quick.url).await["webhook"]["id"].as_str().unwrap().to_owned();
    let away = make(&world, &key, &turned.url).await["webhook"]["id"].as_str().unwrap().to_owned();
    let (stop, server) = serving(&world).await;
    for n in 1..=20 {
        world.register(0).await;
        soon("the quick one", || quick.heard().len() == n).await;
    }
    soon("as much as is sent at once", || slow.heard().len() == 16).await;
    soon("the one who turns away", || {
        let all = world.desk.webhook_deliveries(&away, None, None, 99).unwrap().rows;
        all.len() == 20 && all.iter().all(|one| one.error.as_deref() == Some("redirect"))
    })
    .await;
    assert!(elsewhere.heard().is_empty());
    // Much is sent in little time, and not one after the other.
    for _ in 0..100 {
        world.desk.ping_webhook(&swift).unwrap();
    }
    let since = std::time::Instant::now();
    soon("a hundred", || quick.heard().len() == 120).await;
    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
    // What is under way when the server ends is waited for and recorded.
    stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!server.is_finished());
    told.notify_waiters();
    tokio::time::timeout(Duration::from_secs(9), server).await.unwrap().unwrap().unwrap();
    let done = world.desk.webhook_deliveries(&lazy, Some(DeliveryState::Delivered), None, 99);
    assert_eq!(done.unwrap().rows.len(), 16);
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_say_what_came_of_attempts_what_waits_and_what_is_dead() {
    let world = World::with(config());
    let (key, _) = key(&world);
    let receiver = Receiver::with(&[500, 204, 410].map(Reply::Status)).await;
    let made = make(&world, &key, &receiver.url).await;
    let id = made["webhook"]["id"].as_str().unwrap();
    let (_stop, _server, address) = serving_at(&world).await;
    for (state, status) in
        [(DeliveryState::Pending, 500), (DeliveryState::Delivered, 204), (DeliveryState::Dead, 410)]
    {
        let ping = world.desk.ping_webhook(id).unwrap();
        let settled = || {
            let one = world.desk.webhook_delivery(id, ping).unwrap();
            one.state == state && one.status == Some(status)
        };
        soon("what came of it", settled).await;
    }
    let expected = [
        "bihuan_webhook_attempts_total{outcome=\"delivered\"} 1\n",
        "bihuan_webhook_attempts_total{outcome=\"again\"} 1\n",
        "bihuan_webhook_attempts_total{outcome=\"dead\"} 1\n",
        "bihuan_webhook_deliveries_pending 1\n",
        "bihuan_webhook_deliveries_dead 1\n",
    ];
    // What came of the last one is counted once it is recorded.
    let mut figures = String::new();
    for _ in 0..200 {
        figures = fetch(address, "/metrics", &key).await;
        if expected.iter().all(|line| figures.contains(line)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{figures}");
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_administered_over_the_api() {
    let world = World::new();
    let (key, person) = key(&world);
    let list = "/api/v1/webhooks";
    let wanted = |url: &str| json!({ "name": "ERP", "url": url });
    for url in ["http://127.0.0.1:9/", "http://[::1]/", "http://169.254.169.254/latest/meta-data"] {
        let refused = world.ask(&key, "POST", list, &wanted(url), "").await;
        assert_eq!(refused.problem(422, "private-address")["fields"][0]["field"], "url");
    }
    world.ask(&key, "POST", list, &wanted("ftp://a"), "").await.problem(422, "bad-address");
    let strange = json!({ "name": "ERP", "url": "https://hooks.invalid/", "events": ["nonsense"] });
    let refused = world.ask(&key, "POST", list, &strange, "").await;
    assert_eq!(refused.problem(422, "invalid-fields")["fields"][0]["field"], "events[0]");
    let made = world.ask(&key, "POST", list, &wanted("https://hooks.invalid/in?token=t"), "").await;
    assert_eq!(made.status, 201, "{}", made.text);
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_"));
    let path = made.header("location").to_owned();
    let shown = world.get(&key, &path).await;
    assert_eq!(shown.header("etag"), made.header("etag"));
    assert_eq!(
        (shown.json()["state"].as_str(), shown.json()["person"]["id"].as_str()),
        (Some("active"), Some(&*person))
    );
    assert!(!shown.text.contains("whsec_") && !world.get(&key, list).await.text.contains("whsec_"));
    // Changed over what was seen.
    let pause = json!({ "paused": true });
    let paused = world.ask(&key, "PATCH", &path, &pause, shown.header("etag")).await;
    assert_eq!((paused.status.as_u16(), paused.json()["state"].as_str()), (200, Some("paused")));
    world
        .ask(&key, "PATCH", &path, &pause, shown.header("etag"))
        .await
        .problem(412, "version-mismatch");
    let private = json!({ "url": "http://10.0.0.1/" });
    world.ask(&key, "PATCH", &path, &private, "").await.problem(422, "private-address");
    let renewed = world.ask(&key, "POST", &format!("{path}/secrets"), &json!(null), "").await;
    assert_eq!(renewed.status, 201, "{}", renewed.text);
    assert_ne!(renewed.json()["secret"].as_str().unwrap(), secret);
    assert!(renewed.json()["webhook"]["overlap_until"].is_string());
    // A test, and what became of it.
    let ping = world.ask(&key, "POST", &format!("{path}/ping"), &json!(null), "").await;
    assert_eq!((ping.status.as_u16(), ping.json()["type"].as_str()), (202, Some("ping")));
    let all = world.get(&key, &format!("{path}/deliveries?state=pending&limit=1")).await.json();
    assert_eq!(all["items"][0]["id"], ping.json()["id"]);
    let one = format!("{path}/deliveries/{}", ping.json()["id"].as_str().unwrap());
    assert_eq!(world.get(&key, &one).await.json()["state"], "pending");
    let again = world.ask(&key, "POST", &format!("{one}/resend"), &json!(null), "").await;
    assert_eq!(again.status, 202, "{}", again.text);
    world.get(&key, &format!("{path}/deliveries?state=nonsense")).await.problem(400, "bad-query");
    world.get(&key, &format!("{path}/deliveries?cursor=x")).await.problem(400, "bad-query");
    world.get(&key, &format!("{path}/deliveries/nonsense")).await.problem(404, "not-found");
    world.get(world.any(), list).await.problem(403, "scope-missing");
    assert_eq!(world.ask(&key, "DELETE", &path, &json!(null), "").await.status, 204);
    world.get(&key, &path).await.problem(404, "not-found");
    world.get(&key, &format!("{path}/deliveries")).await.problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_made_paused_and_sent_again_on_their_pages() {
    let world = World::new();
    let (_, person) = key(&world);
    let mut browser = Browser::signed_in(&world, &person).await;
    let token = browser.token().await;
    let list = "/admin/webhooks";
    let fields = |url: &'static str| {
        [
            ("csrf", token.clone()),
            ("name", "甲方系统".to_owned()),
            ("url", url.to_owned()),
            ("event.registered", "on".to_owned()),
            ("deed", "save".to_owned()),
        ]
    };
    let refused = browser
        .post(list, &fields("http://127.0.0.1/").each_ref().map(|(n, v)| (*n, v.as_str())))
        .await;
    assert!(refused.status == 422 && refused.text.contains("甲方系统"), "{}", refused.text);
    let made = browser
        .post(
            list,
            &fields("https://hooks.invalid/in?token=t").each_ref().map(|(n, v)| (*n, v.as_str())),
        )
        .await;
    assert!(made.status == 200 && made.text.contains("whsec_"), "{}", made.text);
    let webhook = world.desk.webhooks()[0].clone();
    let path = format!("{list}/{}", webhook.id);
    for page in [list, path.as_str()] {
        let shown = browser.get(page).await;
        assert!(shown.status == 200 && !shown.text.contains("whsec_"), "{}", shown.text);
    }
    let seen = webhook.version.to_string();
    let deed = async |browser: &mut Browser<'_>, deed: &str, seen: &str| {
        browser.post(&path, &[("csrf", token.as_str()), ("deed", deed), ("seen", seen)]).await
    };
    assert_eq!(deed(&mut browser, "ping", &seen).await.status, 303);
    assert_eq!(deed(&mut browser, "pause", &seen).await.status, 303);
    // Whoever was overtaken hears of it.
    assert_eq!(deed(&mut browser, "resume", &seen).await.status, 422);
    let ping = world.desk.webhook_deliveries(&webhook.id, None, None, 9).unwrap().rows[0].clone();
    let again = format!("{path}/deliveries/{}", ping.new.id);
    assert_eq!(browser.post(&again, &[("csrf", &token)]).await.header("location"), path);
    let renewed = deed(&mut browser, "renew", "").await;
    assert_eq!(renewed.status, 422, "{}", renewed.text);
    let renewed = deed(&mut browser, "renew", "0").await;
    assert!(renewed.text.contains("whsec_"), "{}", renewed.text);
    assert_eq!(deed(&mut browser, "remove", "0").await.header("location"), list);
    assert_eq!(browser.get(&path).await.status, 404);
}

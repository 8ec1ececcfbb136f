//! The feed misses nothing, whichever way it is read.

use crate::world::{PHONE, World};
use axum::body::Body;
use axum::http::Request;
use futures_util::StreamExt;
use serde_json::Value as Json;
use std::time::Duration;
use tower::ServiceExt;

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_is_read_to_its_end_page_by_page() {
    let world = World::new();
    for _ in 0..3 {
        world.register(0).await;
    }
    let (mut next, mut places) = ("/api/v1/events?limit=7".to_owned(), Vec::new());
    loop {
        let page = world.get(world.any(), &next).await.json();
        let items = page["items"].as_array().unwrap();
        if items.is_empty() {
            break;
        }
        places.extend(items.iter().map(|item| item["sequence"].as_u64().unwrap()));
        next = page["next"].as_str().unwrap().to_owned();
    }
    assert_eq!(places, (1..=places.len() as u64).collect::<Vec<_>>());
    let (_, later) = world.register(0).await;
    let page = world.get(world.any(), &next).await.json();
    assert_eq!(page["items"][0]["number"], later.json()["number"]);
    assert!(world.said.lock().unwrap().iter().all(|said| !said.contains(PHONE)));
}

/// The places of events of a stream, until so many have come.
async fn streamed(world: &World, query: &str, last: Option<u64>, most: usize) -> Vec<u64> {
    let mut request = Request::get(format!("/api/v1/events{query}"))
        .header("authorization", format!("Bearer {}", world.any()))
        .header("accept", "text/event-stream");
    if let Some(last) = last {
        request = request.header("last-event-id", last.to_string());
    }
    let response =
        world.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let (mut text, mut body) = (String::new(), response.into_body().into_data_stream());
    while text.matches("\n\n").count() < most {
        let Ok(Some(Ok(bytes))) = tokio::time::timeout(Duration::from_secs(5), body.next()).await
        else {
            break;
        };
        text.push_str(&String::from_utf8_lossy(&bytes));
    }
    let of = |name: &str| {
        text.lines()
            .filter_map(|line| line.strip_prefix(name))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for (id, data) in of("id: ").iter().zip(of("data: ")) {
        let data: Json = serde_json::from_str(&data).unwrap();
        assert_eq!(data["sequence"].to_string(), *id);
    }
    of("id: ").iter().map(|id| id.parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_what_opened_it() {
    let world = World::new();
    let people = world.desk.people();
    let admin = people.people.iter().find(|person| world.desk.is_administrator(person)).unwrap();
    let key = desk::ApiKey {
        name: "x".to_owned(),
        person: admin.id.clone(),
        scopes: vec![desk::KeyScope::CasesRead],
    };
    let secret = world.desk.make_api_key("test", &key).unwrap();
    let opener = world.desk.begin(&admin.id, &desk::Origin::default()).unwrap();
    let mut bodies = Vec::new();
    for (path, name, value) in [
        ("/api/v1/events", "authorization", format!("Bearer {secret}")),
        ("/api/v1/events", "cookie", format!("bihuan={opener}")),
        ("/live", "cookie", format!("bihuan={opener}")),
    ] {
        let request = Request::get(path).header(name, value).header("accept", "text/event-stream");
        let request = request.body(Body::empty()).unwrap();
        let response = world.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        // Else nginx keeps all of it to itself, the head included, wherever its configuration does not say otherwise.
        assert_eq!(response.headers()["x-accel-buffering"], "no", "{path}");
        assert_eq!(response.headers()["cache-control"], "no-store, no-transform", "{path}");
        bodies.push(response.into_body());
    }
    let id = world.desk.api_keys().unwrap().into_iter().find(|one| one.key.name == "x").unwrap().id;
    world.desk.revoke_api_key(&admin.id, &id).unwrap();
    let session = world.desk.sessions(&admin.id).unwrap()[0].id.clone();
    world.desk.end_session(&admin.id, &session).unwrap();
    world.register(0).await;
    for body in bodies {
        let whole = axum::body::to_bytes(body, usize::MAX);
        let told = tokio::time::timeout(Duration::from_secs(5), whole).await.unwrap().unwrap();
        assert_eq!(told.len(), 0, "{}", String::from_utf8_lossy(&told));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_resumes_after_the_last_event() {
    let world = World::new();
    world.register(0).await;
    let all = streamed(&world, "", None, 5).await;
    assert_eq!(all.first(), Some(&1));
    assert_eq!(streamed(&world, "?after=0", Some(3), 2).await.first(), Some(&4));
    let end =
        world.get(world.any(), "/api/v1/events?limit=500").await.json()["upto"].as_u64().unwrap();
    let (live, _) = tokio::join!(streamed(&world, "", Some(end), 1), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        world.register(0).await
    });
    assert_eq!(live.first(), Some(&(end + 1)));
    let bad = Request::get("/api/v1/events")
        .header("authorization", format!("Bearer {}", world.any()))
        .header("accept", "text/event-stream")
        .header("last-event-id", "x");
    world.send(bad.body(Body::empty()).unwrap()).await.problem(400, "bad-header");
}

//! Repetitions are harmless, and nobody overwrites what he has not seen.

use crate::world::{PHONE, World};
use serde_json::json;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_equal_requests_at_once_open_one_case() {
    let world = Arc::new(World::new());
    let (key, answer) = world.register(0).await;
    let body = accepted(&world, &key, &answer).await;
    let before = world.desk.store().facts().unwrap();
    let requests = (0..16).map(|_| {
        let (world, key, body) = (Arc::clone(&world), key.clone(), body.clone());
        tokio::spawn(async move {
            world.post(&key, "/api/v1/cases", &body, &[("idempotency-key", "call 1")]).await
        })
    });
    let mut answers = Vec::new();
    for request in requests.collect::<Vec<_>>() {
        answers.push(request.await.unwrap());
    }
    for answer in &answers {
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(
            (&answer.text, answer.header("etag")),
            (&answers[0].text, answers[0].header("etag"))
        );
    }
    assert_eq!(world.desk.store().facts().unwrap().cases, before.cases + 1);
    // Later, when the case has moved on, the answer is still the first one.
    world.wait(60 * 24);
    let moved = world.get(&key, answers[0].header("location")).await;
    assert_ne!(moved.text, answers[0].text);
    let again = world.post(&key, "/api/v1/cases", &body, &[("idempotency-key", "call 1")]).await;
    assert_eq!((again.status.as_u16(), &again.text), (201, &answers[0].text));
    // The same body in another order is the same; another body is not.
    let mut other = body.clone();
    other["received_at"] = json!("2026-05-08T00:00:00Z");
    world
        .post(&key, "/api/v1/cases", &other, &[("idempotency-key", "call 1")])
        .await
        .problem(409, "idempotency-key-reused");
    for bad in ["", &"x".repeat(256)] {
        world
            .post(&key, "/api/v1/cases", &body, &[("idempotency-key", bad)])
            .await
            .problem(400, "bad-header");
    }
}

/// A body that is accepted, for a customer who has no case yet.
async fn accepted(world: &World, key: &str, answer: &crate::world::Answer) -> serde_json::Value {
    let mut body = world.new_case(0).await;
    let procedure = world.procedure(0).await;
    for _ in 0..5 {
        let tried = world.post(key, "/api/v1/cases", &body, &[]).await;
        match tried.status.as_u16() {
            201 => {
                for value in body["fields"].as_object_mut().unwrap().values_mut() {
                    if value.as_str().is_some_and(|value| value.starts_with(PHONE)) {
                        *value = json!(format!("{PHONE}7777"));
                    }
                }
                return body;
            }
            _ => crate::world::complete(
                &mut body["fields"],
                &tried.json(),
                &procedure["fields"],
                &world.someone(),
            ),
        }
    }
    panic!("{}", answer.text)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_is_done_once_and_only_on_the_version_that_was_seen() {
    let world = World::new();
    let (_, registered) = world.register(0).await;
    let path = registered.header("location").to_owned();
    for key in world.keys.values() {
        let actions = world.get(key, &format!("{path}/actions")).await.json();
        for offer in actions["items"].as_array().into_iter().flatten() {
            let properties = &offer["schema"]["properties"];
            let body = json!({ "fields": crate::world::filled(&properties["fields"], &world.someone()), "input": crate::world::filled(&properties["input"], &world.someone()) });
            let href = offer["href"].as_str().unwrap();
            let stale = world
                .post(key, href, &body, &[("if-match", "\"1\"")])
                .await
                .problem(412, "version-mismatch");
            assert_eq!(stale["version"], actions["version"]);
            let current = format!("\"{}\"", actions["version"]);
            let headers = [("if-match", current.as_str()), ("idempotency-key", "act 1")];
            let first = world.post(key, href, &body, &headers).await;
            if first.status != 200 {
                continue;
            }
            let again = world.post(key, href, &body, &headers).await;
            assert_eq!((again.status.as_u16(), &again.text), (200, &first.text));
            world.post(key, href, &body, &headers[..1]).await.problem(412, "version-mismatch");
            return;
        }
    }
    panic!("nothing could be done");
}

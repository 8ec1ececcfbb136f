//! What is one's own over the API: password, second factor, preferences, drafts, and who has a case open.

use crate::signing::{Browser, PASSWORD, app_of};
use crate::world::{Answer, World};
use axum::http::Method;
use desk::{Caller, KeyScope, Language, Preferences, Theme};
use engine::key::Key;
use serde_json::{Value as Json, json};
use web::{Right, TABLE};

/// Somebody who has signed in and calls the API in that session.
struct Own<'w> {
    browser: Browser<'w>,
    token: String,
}

impl<'w> Own<'w> {
    async fn of(world: &'w World, person: &str) -> Self {
        let mut browser = Browser::signed_in(world, person).await;
        let token = browser.token().await;
        Self { browser, token }
    }

    async fn call(&mut self, method: Method, path: &str, body: &Json) -> Answer {
        let token = self.token.clone();
        let headers = [
            ("content-type", "application/json"),
            ("x-csrf-token", token.as_str()),
            ("accept", "application/json"),
        ];
        self.browser.send(method, path, &headers, body.to_string()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_proves_who_somebody_is_or_reads_what_he_types() {
    let world = World::new();
    let all = [KeyScope::CasesRead, KeyScope::CasesWrite, KeyScope::ReportsRead, KeyScope::Admin];
    let key = world.key_with(&all);
    let mut asked = Vec::new();
    for line in TABLE.iter().filter(|line| matches!(line.right, Right::Own(_))) {
        let path = line.path.replace("{name}", "x");
        let request = axum::http::Request::builder()
            .method(line.method.to_uppercase().as_str())
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json");
        let answer = world.send(request.body(axum::body::Body::from("{}")).unwrap()).await;
        answer.problem(403, "session-needed");
        asked.push(line.path);
    }
    for path in [
        "/api/v1/me/password",
        "/api/v1/me/second-factor",
        "/api/v1/me/second-factor/confirmation",
        "/api/v1/me/second-factor/removal",
        "/api/v1/drafts/{name}",
    ] {
        assert!(asked.contains(&path), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_by_whoever_knows_it_and_ends_the_other_sessions() {
    let world = World::new();
    let person = world.someone();
    let mut elsewhere = Browser::signed_in(&world, &person).await;
    let mut own = Own::of(&world, &person).await;
    let path = "/api/v1/me/password";
    let wrong = json!({ "old": "not the password", "password": "马到成功的一天从早饭开始" });
    own.call(Method::PUT, path, &wrong).await.problem(422, "wrong-password");
    let weak = json!({ "old": PASSWORD, "password": "aaaaaaaaaaaa" });
    own.call(Method::PUT, path, &weak).await.problem(422, "weak-password");
    // Who only has the cookie has not the token.
    let headers = [("content-type", "application/json"), ("accept", "application/json")];
    let right = json!({ "old": PASSWORD, "password": "马到成功的一天从早饭开始" });
    let forged = own.browser.send(Method::PUT, path, &headers, right.to_string()).await;
    assert_eq!(forged.status, 403, "{}", forged.text);
    assert!(world.desk.is_password(&person.as_str().into(), PASSWORD).unwrap());
    let done = own.call(Method::PUT, path, &right).await;
    assert_eq!(done.status, 204, "{}", done.text);
    assert_eq!(own.call(Method::GET, "/api/v1/me", &json!({})).await.status, 200);
    assert_eq!(elsewhere.get("/work").await.status, 303, "the other session goes on");
    let mut again = Browser::new(&world);
    assert_eq!(again.sign_in(&person, "马到成功的一天从早饭开始").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_begun_confirmed_and_taken_off() {
    let world = World::new();
    let person: Key = world.someone().as_str().into();
    let mut own = Own::of(&world, &person).await;
    let path = "/api/v1/me/second-factor";
    let begun = own.call(Method::POST, path, &json!({})).await;
    assert_eq!(begun.status, 201, "{}", begun.text);
    let key = begun.json()["key"].as_str().unwrap().to_owned();
    let address = begun.json()["address"].as_str().unwrap().to_owned();
    assert!(address.starts_with("otpauth://totp/") && address.contains(&key), "{address}");
    let again = own.call(Method::POST, path, &json!({})).await.json();
    assert_eq!(again["key"], key.as_str(), "it stays the same until it is confirmed");
    let confirm = format!("{path}/confirmation");
    let wrong = own.call(Method::POST, &confirm, &json!({ "code": "000000" })).await;
    wrong.problem(422, "wrong-code");
    assert_eq!(world.desk.second_factor(&person).unwrap(), None);
    let code = app_of(&key).generate(world.desk.now().as_second().try_into().unwrap()).to_string();
    let done = own.call(Method::POST, &confirm, &json!({ "code": code })).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(done.json()["recovery"].as_array().unwrap().len(), 10);
    assert_eq!(world.desk.second_factor(&person).unwrap(), Some(10));
    own.call(Method::POST, path, &json!({})).await.problem(409, "second-factor-set");
    let remove = format!("{path}/removal");
    let wrong = own.call(Method::POST, &remove, &json!({ "password": "not it" })).await;
    wrong.problem(422, "wrong-password");
    assert_eq!(world.desk.second_factor(&person).unwrap(), Some(10));
    let gone = own.call(Method::POST, &remove, &json!({ "password": PASSWORD })).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(world.desk.second_factor(&person).unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn language_and_theme_are_chosen_and_taken_back() {
    let world = World::new();
    let person: Key = world.someone().as_str().into();
    let mut own = Own::of(&world, &person).await;
    let path = "/api/v1/me/preferences";
    let chosen = json!({ "language": "en", "theme": "dark" });
    let done = own.call(Method::PUT, path, &chosen).await;
    assert_eq!((done.status.as_u16(), done.json()), (200, chosen.clone()));
    let kept = Preferences { language: Some(Language::En), theme: Some(Theme::Dark) };
    assert_eq!(world.desk.preferences(&person).unwrap(), kept);
    let me = world.get(&world.keys[&*person], "/api/v1/me").await.json();
    assert_eq!(me["preferences"], chosen);
    let wrong = own.call(Method::PUT, path, &json!({ "theme": "green" })).await;
    wrong.problem(422, "invalid-body");
    let back = own.call(Method::PUT, path, &json!({})).await;
    assert_eq!(back.json(), json!({}));
    assert_eq!(world.desk.preferences(&person).unwrap(), Preferences::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_the_same_in_the_console_and_over_the_api() {
    let world = World::new();
    let mut people = world.keys.keys();
    let (person, other) = (people.next().unwrap().clone(), people.next().unwrap().clone());
    let mut own = Own::of(&world, &person).await;
    let path = "/api/v1/drafts/new%20x";
    own.call(Method::GET, path, &json!({})).await.problem(404, "not-found");
    let typed = json!({ "items": [
        { "name": "f.a", "text": "先写到这里" }, { "name": "f.b", "text": "" }, { "name": "csrf", "text": "x" },
    ] });
    assert_eq!(own.call(Method::PUT, path, &typed).await.status, 204);
    // What is named without a text was emptied.
    let kept = json!({ "items": [
        { "name": "f.a", "text": "先写到这里" }, { "name": "f.b", "text": "" },
    ] });
    assert_eq!(own.call(Method::GET, path, &json!({})).await.json(), kept);
    let caller = |person: &str| Caller { person: person.into(), scopes: Vec::new() };
    let stored = world.desk.draft(&caller(&person), "new x").unwrap();
    let as_kept = json!([["f.a", "先写到这里"], ["f.b", ""]]);
    assert_eq!(stored, Some(as_kept), "as the console keeps it");
    let mut stranger = Own::of(&world, &other).await;
    stranger.call(Method::GET, path, &json!({})).await.problem(404, "not-found");
    assert_eq!(stranger.call(Method::DELETE, path, &json!({})).await.status, 204);
    assert_eq!(own.call(Method::GET, path, &json!({})).await.json(), kept);
    let token = own.token.clone();
    let form = [("csrf", token.as_str()), ("f.a", "接着写")];
    assert_eq!(own.browser.post("/drafts/new%20x", &form).await.status, 204);
    let now = own.call(Method::GET, path, &json!({})).await.json();
    assert_eq!(now["items"], json!([{ "name": "f.a", "text": "接着写" }]));
    assert_eq!(own.call(Method::DELETE, path, &json!({})).await.status, 204);
    own.call(Method::GET, path, &json!({})).await.problem(404, "not-found");
    let long = format!("/api/v1/drafts/{}", "x".repeat(201));
    own.call(Method::PUT, &long, &typed).await.problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_case_open_is_told_who_else_has() {
    let world = World::new();
    let (_, registered) = world.register(0).await;
    let path = format!("{}/here", registered.header("location"));
    let people = world.desk.people();
    let mut all = people.people.iter().filter(|one| world.desk.is_administrator(one));
    let (one, other) = (all.next().unwrap(), all.next().unwrap());
    let mut first = Own::of(&world, &one.id).await;
    let mut second = Own::of(&world, &other.id).await;
    let alone = first.call(Method::PUT, &path, &json!({ "writes": true })).await;
    assert_eq!((alone.status.as_u16(), alone.json()), (200, json!({ "items": [] })));
    let beside = second.call(Method::PUT, &path, &json!({})).await.json();
    let writer = json!([{ "person": { "id": *one.id, "name": one.name }, "writes": true }]);
    assert_eq!(beside["items"], writer);
    world.clock.set(world.desk.now() + jiff::SignedDuration::from_secs(51));
    let later = second.call(Method::PUT, &path, &json!({})).await.json();
    assert_eq!(later["items"], json!([]), "a word counts for 50 seconds");
}

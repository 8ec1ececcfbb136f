//! Every refusal is a problem in the client's language.

use crate::world::World;
use axum::body::Body;
use axum::http::Request;
use desk::KeyScope;
use serde_json::json;
use web::{Config, Rate};

#[tokio::test(flavor = "multi_thread")]
async fn without_a_valid_key_nothing_is_answered() {
    let world = World::new();
    let bare = world.send(Request::get("/api/v1/cases").body(Body::empty()).unwrap()).await;
    bare.problem(401, "unauthenticated");
    assert_eq!(bare.header("www-authenticate"), "Bearer realm=\"bihuan\"");
    let wrong = world.get("bh_wrong", "/api/v1/cases").await;
    wrong.problem(401, "unauthenticated");
    assert!(wrong.header("www-authenticate").contains("invalid_token"));
    let basic = Request::get("/api/v1/cases")
        .header("authorization", "Basic YTpi")
        .body(Body::empty())
        .unwrap();
    world.send(basic).await.problem(401, "unauthenticated");
    for line in web::TABLE.iter().filter(|line| line.right != web::Right::Public) {
        let path = line.path.replace(['{', '}'], "");
        let request = Request::builder()
            .method(line.method.to_uppercase().as_str())
            .uri(path)
            .body(Body::empty())
            .unwrap();
        world.send(request).await.problem(401, "unauthenticated");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_what_its_scopes_say() {
    let world = World::new();
    let reader = world.key_with(&[KeyScope::CasesRead]);
    assert_eq!(world.get(&reader, "/api/v1/cases").await.status, 200);
    let refused = world.post(&reader, "/api/v1/cases", &json!({}), &[]).await;
    refused.problem(403, "scope-missing");
    assert!(refused.header("www-authenticate").contains("cases:write"));
    let reports = world.key_with(&[KeyScope::ReportsRead]);
    world.get(&reports, "/api/v1/cases").await.problem(403, "scope-missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_and_what_is_not_taken() {
    let world = World::new();
    let key = world.any().to_owned();
    for path in [
        "/nothing",
        "/api/v1/cases/none",
        "/api/v1/cases/none/actions",
        "/api/v1/procedures/none",
        "/api/v1/cases/%FF",
    ] {
        world.get(&key, path).await.problem(404, "not-found");
    }
    let method = Request::delete("/api/v1/cases")
        .header("authorization", format!("Bearer {key}"))
        .body(Body::empty())
        .unwrap();
    let method = world.send(method).await;
    method.problem(405, "method-not-allowed");
    assert!(
        method.header("allow").contains("GET") && method.header("allow").contains("POST"),
        "{:?}",
        method.headers
    );
    let html = Request::get("/api/v1/cases")
        .header("authorization", format!("Bearer {key}"))
        .header("accept", "text/html")
        .body(Body::empty())
        .unwrap();
    world.send(html).await.problem(406, "not-acceptable");
    let form = Request::post("/api/v1/cases")
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "text/plain")
        .body(Body::from("{}"))
        .unwrap();
    world.send(form).await.problem(415, "unsupported-media-type");
    let large = json!({ "procedure": "x".repeat(2 << 20) });
    world.post(&key, "/api/v1/cases", &large, &[]).await.problem(413, "too-large");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_and_parameters_that_are_not_known_are_named() {
    let world = World::new();
    let key = world.any().to_owned();
    for (query, name) in [
        ("colour=red", "colour"),
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("due_before=today", "due_before"),
        ("cursor=x.1", "cursor"),
        ("sort=up", "sort"),
        ("limit=1&limit=2", "limit"),
    ] {
        let body =
            world.get(&key, &format!("/api/v1/cases?{query}")).await.problem(400, "bad-query");
        assert_eq!(body["fields"][0]["field"], name, "{query}");
    }
    world.get(&key, "/api/v1/procedures?x=1").await.problem(400, "bad-query");
    let broken = Request::post("/api/v1/cases")
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .body(Body::from("{\"procedure\":"))
        .unwrap();
    world.send(broken).await.problem(400, "bad-json");
    let body = world
        .post(&key, "/api/v1/cases", &json!({ "procedure": "x", "more": 1 }), &[])
        .await
        .problem(422, "invalid-body");
    assert_eq!(
        (&body["fields"][0]["field"], &body["fields"][0]["code"]),
        (&json!("more"), &json!("unknown"))
    );
    let body = world
        .post(&key, "/api/v1/cases", &json!({ "fields": {} }), &[])
        .await
        .problem(422, "invalid-body");
    assert_eq!(
        (&body["fields"][0]["field"], &body["fields"][0]["code"]),
        (&json!("procedure"), &json!("missing"))
    );
    // A list is no object, even where its items would fit the members in their order.
    for list in [json!([]), json!([null, null]), json!(["x", {}])] {
        let body = world.post(&key, "/api/v1/cases", &list, &[]).await.problem(422, "invalid-body");
        assert_eq!(
            (&body["fields"][0]["field"], &body["fields"][0]["code"]),
            (&json!("."), &json!("wrong_type"))
        );
    }
    world
        .post(&key, "/api/v1/cases", &json!({ "procedure": "none" }), &[])
        .await
        .problem(422, "invalid-body");
    let (key, registered) = world.register(0).await;
    let path = registered.header("location").to_owned();
    world
        .post(&key, &format!("{path}/actions/none"), &json!({}), &[])
        .await
        .problem(404, "not-found");
    for offer in
        world.get(&key, &format!("{path}/actions")).await.json()["items"].as_array().unwrap()
    {
        let href = offer["href"].as_str().unwrap();
        let body = world
            .post(&key, href, &json!({ "input": { "colour": "red" } }), &[])
            .await
            .problem(422, "invalid-body");
        assert_eq!(body["fields"][0]["field"], "input.colour");
        let body = world
            .post(
                &key,
                href,
                &json!({ "fields": { "colour": "red" }, "input": { "reason": "x" } }),
                &[],
            )
            .await;
        assert!(body.text.contains("colour"), "{}", body.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_speak_the_clients_language() {
    let world = World::new();
    let procedure = world.procedure(0).await;
    let body = json!({ "procedure": procedure["key"], "fields": {} });
    for key in world.keys.values() {
        let chinese = world.post(key, "/api/v1/cases", &body, &[]).await;
        if chinese.status == 403 {
            continue;
        }
        let english = world
            .post(key, "/api/v1/cases", &body, &[("accept-language", "en-GB, zh;q=0.3")])
            .await;
        let (zh, en) =
            (chinese.problem(422, "missing-fields"), english.problem(422, "missing-fields"));
        assert_eq!(
            (chinese.header("content-language"), english.header("content-language")),
            ("zh", "en")
        );
        assert!(
            zh["title"].as_str().unwrap().contains("必填")
                && en["title"].as_str().unwrap().is_ascii()
        );
        assert_ne!(zh["detail"], en["detail"]);
        let field = &zh["fields"][0];
        assert_eq!(field["code"], "missing");
        assert!(field["title"]["zh"].is_string() && field["title"]["en"].is_string());
        return;
    }
    panic!("nobody may register");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_what_the_procedure_calls_it_and_keeps_the_keys_apart() {
    let world = World::new();
    let (key, registered) = world.register(0).await;
    let case = registered.json();
    let rules = world.desk.library().newest(case["procedure"]["key"].as_str().unwrap()).unwrap().0;
    let path = registered.header("location");
    // An action of another stage.
    let stage = case["stage"]["key"].as_str().unwrap();
    let later = |action: &&engine::procedure::Action| {
        !action.from.is_empty() && !action.from.contains(&stage.into())
    };
    let action = rules.actions.iter().find(later).unwrap();
    let href = format!("{path}/actions/{}", action.key);
    for (language, english) in [("zh", false), ("en", true)] {
        let refused = world.post(&key, &href, &json!({}), &[("accept-language", language)]).await;
        let body = refused.problem(409, "action-unavailable");
        let detail = body["detail"].as_str().unwrap();
        let label = engine::show::word(&action.label, english);
        assert!(detail.contains(label), "{detail}");
        assert!(detail.contains(case["stage"]["title"][language].as_str().unwrap()), "{detail}");
        assert_eq!(body["keys"], json!({ "action": action.key, "stage": stage }));
    }
    // A value that is none of the field's.
    let body = world.new_case(0).await;
    let field = rules.field_meaning(engine::procedure::Means::Channel).unwrap();
    let mut wrong = body.clone();
    wrong["fields"][field.key.to_string()] = json!("信鸽");
    let offered = &rules.axis_of(&field.key).unwrap().values[0].label;
    for (language, english) in [("zh", false), ("en", true)] {
        let headers = [("accept-language", language)];
        let refused = world.post(&key, "/api/v1/cases", &wrong, &headers).await;
        let problem = refused.problem(422, "invalid-fields");
        let said = &problem["fields"][0];
        assert_eq!(said["field"], json!(field.key));
        assert_eq!(said["title"], json!({ "zh": field.label.zh, "en": field.label.en }));
        for text in [&said["detail"], &problem["detail"]] {
            assert!(
                text.as_str().unwrap().contains(engine::show::word(offered, english)),
                "{text}"
            );
        }
        assert!(
            problem["detail"].as_str().unwrap().contains(engine::show::word(&field.label, english))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_asks_too_often_waits() {
    let world =
        World::with(Config { rate: Some(Rate { per_second: 1, burst: 3 }), ..Config::default() });
    let key = world.any().to_owned();
    let first = world.get(&key, "/api/v1/cases").await;
    assert_eq!(
        (first.header("ratelimit-policy"), first.header("ratelimit")),
        ("\"key\";q=3;w=3", "\"key\";r=2;t=1")
    );
    world.get(&key, "/api/v1/cases").await;
    world.get(&key, "/api/v1/cases").await;
    let refused = world.get(&key, "/api/v1/cases").await;
    refused.problem(429, "too-many-requests");
    assert_eq!(
        (refused.header("retry-after"), refused.header("ratelimit")),
        ("1", "\"key\";r=0;t=1")
    );
    assert_eq!(world.get(world.keys.values().nth(1).unwrap(), "/api/v1/cases").await.status, 200);
    world.wait(1);
    assert_eq!(world.get(&key, "/api/v1/cases").await.status, 200);
}

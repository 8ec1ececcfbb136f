//! Calendars over the API: what a coming year brings is in force at once, and bad lines are named.

use crate::world::{Answer, World};
use axum::body::Body;
use axum::http::Request;
use desk::KeyScope;
use serde_json::{Value as Json, json};

async fn put(world: &World, key: &str, body: &Json, seen: Option<&str>) -> Answer {
    let mut request = Request::put("/api/v1/calendars/cn")
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json");
    if let Some(seen) = seen {
        request = request.header("if-match", seen);
    }
    world.send(request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coming_year_is_put_in_force_over_what_was_seen() {
    let world = World::new();
    let people = world.desk.people();
    let admin = people.people.iter().find(|person| world.desk.is_administrator(person)).unwrap();
    let key = desk::ApiKey {
        name: "test".to_owned(),
        person: admin.id.clone(),
        scopes: vec![KeyScope::CasesRead, KeyScope::Admin],
    };
    let key = world.desk.make_api_key("test", &key).unwrap();
    let list = world.get(&key, "/api/v1/calendars").await.json();
    assert!(list["items"].as_array().unwrap().iter().any(|one| one["name"] == "cn"), "{list}");

    let before = world.get(&key, "/api/v1/calendars/cn").await;
    assert_eq!(before.header("etag"), "\"0\"");
    let year = |answer: &Answer| answer.json()["years"][2].clone();
    assert_eq!((&year(&before)["year"], &year(&before)["known"]), (&json!(2027), &json!(false)));

    let days = json!({ "table": "日期,类型,名称\n2027-01-01,off,元旦\n2027-10-01,休,国庆节\n" });
    let made = put(&world, &key, &days, Some("\"0\"")).await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!(year(&made)["days"][0]["name"], "元旦");
    assert_eq!(made.text, world.get(&key, "/api/v1/calendars/cn").await.text);
    put(&world, &key, &days, Some("\"0\"")).await.problem(412, "version-mismatch");

    let wrong = json!({ "table": "2027-02-30,off,春节\n2027-05-01,maybe,劳动节\n" });
    let wrong = put(&world, &key, &wrong, None).await.problem(422, "invalid-fields");
    let named: Vec<_> =
        wrong["fields"].as_array().unwrap().iter().map(|one| &one["field"]).collect();
    assert_eq!(named, ["table:1", "table:2"]);
    let whole = json!({ "toml": made.json()["source"] });
    assert_eq!(put(&world, &key, &whole, None).await.status, 200);
    put(&world, &key, &json!({ "toml": "name = 1" }), None).await.problem(422, "invalid-fields");
    put(&world, &key, &json!({}), None).await.problem(422, "invalid-fields");
    put(&world, world.any(), &days, None).await.problem(403, "scope-missing");
    world.get(&key, "/api/v1/calendars/none").await.problem(404, "not-found");
}

//! Procedures, calendars, the installation and registrations over the API: looked at before anything is written, then written over what was seen.

use crate::world::World;
use desk::{ApiKey, KeyScope, Language};
use engine::procedure::Means;
use serde_json::{Value as Json, json};

/// The key of an administrator who may do everything.
fn ruler(world: &World) -> String {
    let people = world.desk.people();
    let person = people.people.iter().find(|one| world.desk.is_administrator(one)).unwrap();
    let scopes = vec![KeyScope::CasesRead, KeyScope::CasesWrite, KeyScope::Admin];
    let key = ApiKey { name: "x".to_owned(), person: person.id.clone(), scopes };
    world.desk.make_api_key("test", &key).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_procedure_is_checked_published_over_what_was_seen_and_retired() {
    let world = World::new();
    let key = ruler(&world);
    let procedure = world.desk.published().unwrap()[0].procedure.key.to_string();
    let path = format!("/api/v1/procedures/{procedure}");
    let (checks, source) = (format!("{path}/checks"), format!("{path}/source"));
    let known = world.get(&key, &source).await;
    assert_eq!((known.status.as_u16(), known.header("etag")), (200, "\"1\""));
    let text = known.json()["source"].as_str().unwrap().to_owned();
    let broken = json!({ "source": text.replacen("label = ", "lable = ", 1) });
    let found = world.ask(&key, "POST", &checks, &broken, "").await;
    assert_eq!(found.status, 200, "{}", found.text);
    let found = found.json();
    assert_eq!((&found["sound"], &found["becomes"]), (&json!(false), &json!(0)));
    assert!(found["flaws"][0]["line"].as_u64().unwrap() > 0, "{found}");
    assert!(found["flaws"][0]["title"]["zh"].is_string() && found["flaws"][0]["code"].is_string());
    let refused = world.ask(&key, "PUT", &path, &broken, "").await;
    refused.problem(422, "unsound-procedure");
    let changed = json!({ "source": format!("{text}\n# Nothing else.\n") });
    let found = world.ask(&key, "POST", &checks, &changed, "").await.json();
    assert_eq!(
        (&found["sound"], &found["over"], &found["becomes"]),
        (&json!(true), &json!(1), &json!(2))
    );
    assert_eq!(world.desk.published().unwrap()[0].procedure.version, 1, "nothing was written");
    // Another procedure's text is not published under this name.
    let other = world.desk.published().unwrap()[1].source.clone();
    let other = world.ask(&key, "PUT", &path, &json!({ "source": other }), "").await;
    assert_eq!(other.problem(422, "invalid-fields")["fields"][0]["field"], "source");
    let late = world.ask(&key, "PUT", &path, &changed, "\"7\"").await;
    assert_eq!(late.problem(412, "version-mismatch")["version"], 1);
    let made = world.ask(&key, "PUT", &path, &changed, "\"1\"").await;
    assert_eq!((made.status.as_u16(), made.header("etag")), (200, "\"2\""), "{}", made.text);
    let again = world.ask(&key, "PUT", &path, &changed, "").await;
    assert_eq!(
        (again.status.as_u16(), again.header("etag")),
        (200, "\"2\""),
        "it is in force already"
    );
    let gone = world.ask(&key, "DELETE", &path, &json!({}), "").await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    world.get(&key, &source).await.problem(404, "not-found");
    let force = format!("{path}/reinstatements");
    for asked in ["is back", "is in force already"] {
        let back = world.ask(&key, "POST", &force, &json!({}), "").await;
        assert_eq!((back.status.as_u16(), back.header("etag")), (200, "\"3\""), "{asked}");
        assert_eq!(back.json()["source"], changed["source"], "{asked}");
    }
    assert!(world.desk.library().in_force(&procedure).is_some());
    let none = "/api/v1/procedures/none/reinstatements";
    world.ask(&key, "POST", none, &json!({}), "").await.problem(404, "not-found");
    assert_eq!(world.ask(&key, "DELETE", &path, &json!({}), "").await.status, 204);
    let back = world.ask(&key, "PUT", &path, &changed, "").await;
    assert_eq!(back.status, 201, "{}", back.text);
    assert!(back.json()["version"].as_u64().unwrap() > 3, "no version is used twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_calendar_is_looked_at_before_it_moves_anything() {
    let world = World::new();
    let key = ruler(&world);
    for place in 0..world.desk.published().unwrap().len() {
        world.register(place).await;
    }
    let (before, _) = world.desk.calendar("cn").unwrap();
    let today = before.local(world.desk.now()).date();
    let next = (1..8).map(|days| today.saturating_add(jiff::Span::new().days(days)));
    let next = next.into_iter().find(|day| before.day(*day).kind.works()).unwrap();
    let body = json!({ "table": format!("{next},off,停工\n") });
    let path = "/api/v1/calendars/cn/previews";
    let looked = world.ask(&key, "POST", path, &body, "").await;
    assert_eq!(looked.status, 200, "{}", looked.text);
    let looked = looked.json();
    let day = &looked["days"][0];
    assert_eq!((&day["date"], &day["before"]["works"]), (&json!(next.to_string()), &json!(true)));
    assert_eq!(day["after"], json!({ "works": false, "name": "停工" }));
    let moving = looked["moving"].as_array().unwrap();
    let sum = |name: &str| moving.iter().map(|one| one[name].as_u64().unwrap()).sum::<u64>();
    let mut fresh = before.clone();
    fresh.import_table(body["table"].as_str().unwrap()).unwrap();
    let known = world.desk.foresee_calendar(&fresh).unwrap();
    let moved: usize = known.values().map(|one| one.moved + one.later).sum();
    assert_eq!(sum("moved") + sum("later"), u64::try_from(moved).unwrap(), "{looked}");
    assert!(sum("cases") > 0 && moving.len() == known.len(), "{looked}");
    assert_eq!(world.desk.calendar("cn").unwrap().0, before, "nothing was written");
    let wrong = world.ask(&key, "POST", path, &json!({ "table": "x" }), "").await;
    wrong.problem(422, "invalid-fields");
    let missing = world.ask(&key, "POST", "/api/v1/calendars/none/previews", &body, "").await;
    missing.problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_organisation_and_everybodys_language_are_changed_in_parts() {
    let world = World::new();
    let (key, path) = (ruler(&world), "/api/v1/installation");
    let known = world.get(&key, path).await.json();
    assert_eq!(known, json!({ "organisation": null, "language": null, "demo": false }));
    let named = world.ask(&key, "PATCH", path, &json!({ "organisation": " 宏远家电 " }), "").await;
    assert_eq!(
        named.json(),
        json!({ "organisation": "宏远家电", "language": null, "demo": false })
    );
    let spoken = world.ask(&key, "PATCH", path, &json!({ "language": "en" }), "").await;
    assert_eq!(
        spoken.json(),
        json!({ "organisation": "宏远家电", "language": "en", "demo": false })
    );
    assert_eq!(world.desk.language(), Some(Language::En));
    let blank = world.ask(&key, "PATCH", path, &json!({ "organisation": " " }), "").await;
    blank.problem(422, "missing-fields");
    assert_eq!(world.desk.organisation().unwrap().as_deref(), Some("宏远家电"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_a_call_is_told_over_the_api_what_the_page_tells() {
    let world = World::new();
    let (key, registered) = world.register(0).await;
    let number = registered.json()["number"].as_str().unwrap().to_owned();
    let rules = world.desk.case_for_operator(&number).unwrap().procedure;
    let phone = rules.field_meaning(Means::Phone).unwrap();
    let body = world.new_case(0).await;
    let seen = world.desk.case_for_operator(&number).unwrap();
    let digits = seen.case.value(&phone.key).unwrap().text().to_owned();
    world.desk.take_customers_in().unwrap();
    let path = format!("/api/v1/procedures/{}/previews", rules.key);
    let looked =
        world.ask(&key, "POST", &path, &json!({ "fields": { (&*phone.key): digits } }), "").await;
    assert_eq!(looked.status, 200, "{}", looked.text);
    assert_eq!(looked.json()["cases"][0]["number"], number.as_str(), "{}", looked.text);
    assert_eq!(looked.json()["customers"].as_array().unwrap().len(), 1, "{}", looked.text);
    assert!(!looked.text.contains(&digits), "a number is not told in full: {}", looked.text);
    let before = world.desk.store().last_event().unwrap();
    let whole =
        world.ask(&key, "POST", &path, &json!({ "fields": body["fields"] }), "").await.json();
    assert!(whole["holder"]["kind"].is_string(), "{whole}");
    assert!(whole["clocks"][0]["due"].is_string(), "{whole}");
    assert_eq!(whole["cases"], json!([]), "another number");
    assert_eq!(world.desk.store().last_event().unwrap(), before, "nothing was written");
    let nothing = world.ask(&key, "POST", &path, &json!({ "fields": {} }), "").await.json();
    assert_eq!((&nothing["holder"], &nothing["clocks"]), (&Json::Null, &json!([])));
    let strange = world.ask(&key, "POST", &path, &json!({ "fields": { "none": 1 } }), "").await;
    assert_eq!(strange.problem(422, "invalid-body")["fields"][0]["field"], "fields.none");
}

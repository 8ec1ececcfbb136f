//! A case from its registration to its end, through nothing but the API.

use crate::world::{Answer, MASKED, PHONE, World, complete, filled};
use engine::procedure::{Field, FieldKind, Verb};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// What leads aside, back, or to another case.
pub(crate) const ASIDE: &[Verb] = &[
    Verb::Void,
    Verb::Merge,
    Verb::Unmerge,
    Verb::Link,
    Verb::Unlink,
    Verb::Transfer,
    Verb::Pause,
    Verb::Hold,
    Verb::Reject,
    Verb::Unassign,
    Verb::Reopen,
    Verb::Extend,
    Verb::Change,
    Verb::Sign,
    Verb::Urge,
    Verb::Adjust,
    Verb::ClearOverride,
    Verb::Deescalate,
    Verb::Comment,
];

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_taken_to_its_end_by_following_the_actions() {
    let world = World::new();
    let (_, registered) = world.register(0).await;
    let case = registered.json();
    assert_eq!(
        registered.header("location"),
        format!("/api/v1/cases/{}", case["number"].as_str().unwrap())
    );
    assert_eq!(registered.header("etag"), format!("\"{}\"", case["version"]));
    assert!(case["next_due"].is_string(), "{case}");
    assert!(case["clocks"].as_array().unwrap().iter().any(|clock| clock["due"].is_string()));
    let path = registered.header("location").to_owned();
    let mut done = Vec::new();
    let mut uses = BTreeMap::new();
    for _ in 0..60 {
        let case = world.get(world.any(), &path).await.json();
        if case["life"] == "archived" {
            break;
        }
        match step(&world, &path, &mut uses).await {
            Some((action, after)) => {
                assert_eq!(after.header("etag"), format!("\"{}\"", after.json()["version"]));
                done.push(action);
                world.wait(10);
            }
            None => world.wait(24 * 60),
        }
    }
    let case = world.get(world.any(), &path).await.json();
    assert_eq!(case["life"], "archived", "{done:?}\n{case:#}");
    assert!(done.len() >= 5, "{done:?}");
    look_at_everything(&world, &path, &case).await;
    for said in world.said.lock().unwrap().iter() {
        assert!(!said.contains(PHONE), "{said}");
    }
    let masked = world.said.lock().unwrap().iter().filter(|said| said.contains(MASKED)).count();
    assert!(masked > 3, "the masked number is shown");
}

/// The next action if somebody may do it, else another one that leads on.
pub(crate) async fn step(
    world: &World,
    path: &str,
    uses: &mut BTreeMap<String, u32>,
) -> Option<(String, Answer)> {
    let mut offers = Vec::new();
    for (person, key) in &world.keys {
        let actions = world.get(key, &format!("{path}/actions")).await.json();
        // None for whoever does not see the case.
        for offer in actions["items"].as_array().into_iter().flatten() {
            offers.push((person.clone(), key.clone(), offer.clone(), actions["version"].clone()));
        }
    }
    let case = world.get(world.any(), path).await.json();
    let rules = world.desk.library().newest(case["procedure"]["key"].as_str().unwrap()).unwrap().0;
    let aside = |key: &str| {
        rules.action(key).is_some_and(|action| action.does.iter().any(|verb| ASIDE.contains(verb)))
    };
    let place = |key: &str| format!("{} {key}", case["stage"]["key"]);
    offers.retain(|(_, _, offer, _)| !aside(offer["key"].as_str().unwrap()));
    offers.sort_by_key(|(_, _, offer, _)| {
        let key = offer["key"].as_str().unwrap();
        (uses.get(&place(key)).copied().unwrap_or(0), !offer["next"].as_bool().unwrap())
    });
    for (person, key, offer, version) in offers {
        let name = offer["key"].as_str().unwrap().to_owned();
        let mut body = json!({});
        for part in ["fields", "input"] {
            body[part] = filled(&offer["schema"]["properties"][part], &person);
        }
        let href = offer["href"].as_str().unwrap();
        for _ in 0..3 {
            let answer =
                world.post(&key, href, &body, &[("if-match", &format!("\"{version}\""))]).await;
            match answer.status.as_u16() {
                200 => {
                    *uses.entry(place(&name)).or_default() += 1;
                    return Some((name, answer));
                }
                422 => {
                    let problem = answer.json();
                    for part in ["fields", "input"] {
                        let schemas = &offer["schema"]["properties"][part]["properties"];
                        let is_here =
                            |wrong: &&Json| !schemas[wrong["field"].as_str().unwrap()].is_null();
                        let wrong = problem["fields"].as_array().into_iter().flatten();
                        let wrong: Vec<&Json> = wrong.filter(is_here).collect();
                        complete(&mut body[part], &json!({ "fields": wrong }), schemas, &person);
                    }
                }
                403 | 409 => break,
                _ => panic!("{href} {body}: {}", answer.text),
            }
        }
    }
    None
}

/// Every part of a case answers.
async fn look_at_everything(world: &World, path: &str, case: &Json) {
    let events = world.get(world.any(), &format!("{path}/events?limit=500")).await.json();
    assert_eq!(events["items"].as_array().unwrap().len() as u64, case["version"].as_u64().unwrap());
    let paged = world.get(world.any(), &format!("{path}/events?limit=3")).await.json();
    let second = world.get(world.any(), paged["next"].as_str().unwrap()).await.json();
    assert_eq!(second["items"][0]["seq"], 4);
    for part in ["tasks", "contacts", "links", "attachments", "actions"] {
        let answer = world.get(world.any(), &format!("{path}/{part}")).await;
        assert!(
            answer.status.is_success() && answer.json()["items"].is_array(),
            "{part}: {}",
            answer.text
        );
    }
    let clocks = world.get(world.any(), &format!("{path}/clocks")).await.json();
    assert_eq!(clocks["items"], case["clocks"]);
    for clock in clocks["items"].as_array().unwrap() {
        let trace = format!(
            "{path}/clocks/{}/trace?generation={}",
            clock["clock"]["key"].as_str().unwrap(),
            clock["generation"]
        );
        let trace = world.get(world.any(), &trace).await.json();
        assert_eq!(trace["clock"], *clock);
        assert_eq!(trace["reasons"][0]["reason"], "started");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_masked_value_sent_back_changes_nothing() {
    let world = World::new();
    let (_, registered) = world.register(0).await;
    let (case, path) = (registered.json(), registered.header("location").to_owned());
    let number = case["number"].as_str().unwrap();
    let whole = |world: &World| world.desk.case_for_operator(number).unwrap().case.fields.clone();
    let before = whole(&world);
    let shown = case["fields"]
        .as_object()
        .unwrap()
        .iter()
        .find(|(_, value)| value.as_str().is_some_and(|value| value.starts_with(MASKED)))
        .unwrap();
    let mut tried = 0;
    for key in world.keys.values() {
        let actions = world.get(key, &format!("{path}/actions")).await.json();
        for offer in actions["items"].as_array().into_iter().flatten() {
            if offer["schema"]["properties"]["fields"]["properties"].get(shown.0).is_some() {
                let body = json!({ "fields": { shown.0: shown.1 }, "input": {} });
                tried += 1;
                world.post(key, offer["href"].as_str().unwrap(), &body, &[]).await;
            }
        }
    }
    assert!(tried > 0);
    assert_eq!(whole(&world).get(shown.0.as_str()), before.get(shown.0.as_str()));
}

/// Sets one field of a case by the first action that anybody has for it and that asks for nothing else; else what was answered last.
async fn set(world: &World, path: &str, field: &str, value: &Json) -> Answer {
    let mut refused = None;
    for key in world.keys.values() {
        let actions = world.get(key, &format!("{path}/actions")).await.json();
        for offer in actions["items"].as_array().into_iter().flatten() {
            if offer["schema"]["properties"]["fields"]["properties"].get(field).is_none() {
                continue;
            }
            let body = json!({ "fields": { field: value }, "input": {} });
            let answer = world.post(key, offer["href"].as_str().unwrap(), &body, &[]).await;
            if answer.status == 200 {
                return answer;
            }
            refused = Some(answer);
        }
    }
    refused.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_changed_around_a_number_that_is_hidden_in_it() {
    let world = World::new();
    let (_, registered) = world.register(0).await;
    let (number, path) = (registered.json()["number"].clone(), registered.header("location"));
    let seen = || world.desk.case_for_operator(number.as_str().unwrap()).unwrap();
    let rules = seen().procedure;
    let known = |field: &&Field| seen().case.value(&field.key).is_some();
    let of = |kind: FieldKind| {
        let fields = rules.fields.iter().filter(|field| field.kind == kind).filter(known);
        let personal = fields.filter(|field| field.pii || kind == FieldKind::Long);
        personal.map(|field| field.key.to_string()).next().unwrap()
    };
    let (text, name) = (of(FieldKind::Long), of(FieldKind::Text));
    let is = |key: &str| seen().case.value(key).unwrap().text().to_owned();
    let first = format!("请打 {PHONE}5678 找我");
    assert_eq!(set(&world, path, &text, &json!(first)).await.status, 200);
    let shown = world.get(world.any(), path).await.json()["fields"][&text].clone();
    let shown = shown.as_str().unwrap();
    assert!(shown.contains(MASKED) && !shown.contains(PHONE), "{shown}");
    let added = set(&world, path, &text, &json!(format!("{shown}，晚上也行"))).await;
    assert_eq!(added.status, 200, "{}", added.text);
    assert_eq!(is(&text), format!("{first}，晚上也行"));
    // A name of which only the stars were changed would lose what they hide.
    let before = is(&name);
    let refused = set(&world, path, &name, &json!("王***")).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert_eq!(is(&name), before);
    assert!(refused.text.contains("masked"), "{}", refused.text);
}

//! Whatever has a name can have a hostile one: customers, keys, webhooks, teams, templates, views, files. And whatever an action lets people
//! say can be said with one.

use crate::hostile::{HOSTILE, escaped, harmless, text};
use crate::matrix::{file_of, register};
use crate::signing::Browser;
use crate::world::{Answer, World, complete, filled};
use axum::body::Body;
use axum::http::Request;
use desk::{ApiKey, KeyScope, Origin};
use engine::key::Key;
use engine::procedure::Verb;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// A name: at most forty characters.
fn name(hostile: &str) -> String {
    hostile.chars().take(40).collect::<String>().trim().to_owned()
}

/// Somebody who administers: a session's pages, and a key that may do everything.
struct House<'w> {
    world: &'w World,
    key: String,
    browser: Browser<'w>,
}

impl<'w> House<'w> {
    fn of(world: &'w World) -> Self {
        let people = world.desk.people();
        let admin = people.people.iter().find(|one| world.desk.is_administrator(one)).unwrap();
        let scopes = vec![KeyScope::CasesRead, KeyScope::CasesWrite, KeyScope::Admin];
        let key = ApiKey { name: "x".to_owned(), person: admin.id.clone(), scopes };
        let key = world.desk.make_api_key("test", &key).unwrap();
        let mut browser = Browser::new(world);
        let session = world.desk.begin(&admin.id, &Origin::default()).unwrap();
        browser.cookie = format!("bihuan={session}");
        Self { world, key, browser }
    }

    async fn call(&self, method: &str, path: &str, body: &Json) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/{path}"))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json");
        let answer = self.world.send(request.body(Body::from(body.to_string())).unwrap()).await;
        assert!(answer.status.is_success(), "{method} {path} {body}: {}", answer.text);
        answer
    }

    /// A page on which all of these stand, as nothing but text.
    async fn shows(&mut self, path: &str, texts: &[String]) {
        let page = self.browser.get(path).await;
        assert_eq!(page.status, 200, "{path} {}", page.text);
        harmless(&page.text, path);
        for text in texts {
            assert!(page.text.contains(&escaped(text)), "{text} is not on {path}\n{}", page.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_named_can_be_named_with_a_hostile_text() {
    let world = World::new();
    let mut house = House::of(&world);
    let admin = house.call("GET", "me", &json!({})).await.json()["id"].clone();
    let names: Vec<String> = HOSTILE.iter().map(|hostile| name(hostile)).collect();
    let (mut hooks, mut cases, mut companies) = (Vec::new(), Vec::new(), Vec::<String>::new());
    let library = world.desk.library();
    let with_files = library.all().find(|rules| {
        rules.fields.iter().any(|field| matches!(field.kind, engine::procedure::FieldKind::Files))
    });
    let with_files = with_files.unwrap();
    for (place, name) in names.iter().enumerate() {
        let id = format!("h-{place}");
        let whole = text(HOSTILE[place]);
        let customer = json!({
            "name": whole, "company": name, "note": whole,
            "contacts": [{ "name": name, "role": name, "phone": format!("1392222{place:04}"), "account": "" }],
            "products": [{ "kind": "order", "text": name }],
        });
        house.call("PUT", &format!("customers/{id}"), &customer).await;
        let key = json!({ "name": name, "person": admin, "scopes": ["cases:read"] });
        house.call("POST", "keys", &key).await;
        let hook = json!({ "name": name, "url": "https://nobody.invalid/" });
        let hook = house.call("POST", "webhooks", &hook).await.json();
        hooks.push(hook["webhook"]["id"].as_str().unwrap().to_owned());
        let team = json!({ "name": name, "members": [admin] });
        house.call("PUT", &format!("teams/{id}"), &team).await;
        let template = json!({ "name": name, "text": whole });
        house.call("PUT", &format!("templates/{id}"), &template).await;
        let view = json!({ "name": name, "filters": { "due": "day" } });
        house.call("PUT", &format!("views/{id}"), &view).await;
        // As they come back, they are what they were.
        for (what, member) in [("teams", "name"), ("templates", "text"), ("views", "name")] {
            let told = house.call("GET", &format!("{what}/{id}"), &json!({})).await.json();
            let sent = if member == "text" { &whole } else { name };
            assert_eq!(told[member], sent.as_str(), "{what}");
        }
        let told = house.call("GET", &format!("customers/{id}"), &json!({})).await.json();
        companies.push(told["company"].as_str().unwrap().to_owned());
        assert!(!companies[place].is_empty(), "{told}");
        let number = register(&world, with_files, "附件的名字也是别人起的", "13812341111");
        let seen = world.desk.case_for_operator(&number).unwrap();
        let file = file_of(&world, &seen, name, "附件");
        assert_ne!(file, "none", "nobody takes a file");
        cases.push((number, file));
    }
    for path in ["/admin/keys", "/admin/webhooks", "/admin/teams", "/saved/views"] {
        house.shows(path, &names).await;
    }
    let texts: Vec<String> = HOSTILE.iter().map(|hostile| text(hostile)).collect();
    house.shows("/saved/templates", &texts).await;
    for hook in &hooks {
        house.shows(&format!("/admin/webhooks/{hook}"), &[]).await;
    }
    for (place, company) in companies.iter().enumerate() {
        house.shows(&format!("/customers/h-{place}"), std::slice::from_ref(company)).await;
        house.shows(&format!("/customers/h-{place}/edit"), std::slice::from_ref(company)).await;
    }
    for path in ["/customers", "/customers/duplicates", "/work", "/cases", "/admin/people", "/bulk"]
    {
        let page = house.browser.get(path).await;
        harmless(&page.text, path);
    }
    for (number, file) in cases {
        let files = house.call("GET", &format!("cases/{number}/attachments"), &json!({})).await;
        let called = files.json()["items"][0]["name"].as_str().unwrap().to_owned();
        house.shows(&format!("/cases/{number}"), &[called]).await;
        // A name does not leave the header that it stands in.
        let saved = house.call("GET", &format!("attachments/{file}"), &json!({})).await;
        let header = saved.header("content-disposition");
        assert!(header.is_ascii() && header.matches('"').count() == 2, "{header}");
    }
}

/// Whether a member of a schema takes any words.
fn takes_words(schema: &Json) -> bool {
    let bound = ["enum", "format", "pattern", "description"];
    schema["type"] == "string" && bound.iter().all(|name| schema[*name].is_null())
}

/// What a schema requires, with a text wherever words can be said, and how often that was.
fn laced(schema: &Json, person: &str, text: &str) -> (Json, usize) {
    let (mut body, mut said) = (filled(schema, person), 0);
    for (name, one) in schema["properties"].as_object().into_iter().flatten() {
        if takes_words(one) {
            body[name] = json!(text);
            said += 1;
        } else if one["type"] == "array"
            && one["items"]["type"] == "object"
            && !body[name].is_null()
        {
            let (item, more) = laced(&one["items"], person, text);
            body[name] = json!([item]);
            said += more;
        }
    }
    (body, said)
}

/// Does with a case whatever can be done, once, and says a hostile text wherever an input takes words. The texts by action.
async fn say_everywhere(world: &World, path: &str) -> BTreeMap<String, String> {
    let case = world.get(world.any(), path).await.json();
    let rules = world.desk.library().newest(case["procedure"]["key"].as_str().unwrap()).unwrap().0;
    // What ends the case, or needs another one.
    let ends = [Verb::Void, Verb::Merge, Verb::Unmerge, Verb::Transfer, Verb::Link, Verb::Unlink];
    let ends =
        |key: &str| rules.action(key).is_some_and(|one| ends.iter().any(|verb| one.has(*verb)));
    let schemas = world.get(world.any(), &format!("/api/v1/procedures/{}", rules.key)).await.json();
    let mut said: BTreeMap<String, String> = BTreeMap::new();
    let mut version = case["version"].clone();
    loop {
        let before = said.len();
        for (person, key) in &world.keys {
            let offers = world.get(key, &format!("{path}/actions")).await.json();
            for offer in offers["items"].as_array().into_iter().flatten() {
                let action = offer["key"].as_str().unwrap();
                if ends(action) || said.contains_key(action) {
                    continue;
                }
                let text = text(HOSTILE[said.len() % HOSTILE.len()]);
                let parts = &offer["schema"]["properties"];
                let (input, times) = laced(&parts["input"], person, &text);
                let mut body =
                    json!({ "fields": filled(&parts["fields"], person), "input": input });
                for _ in 0..4 {
                    let answer = world.post(key, offer["href"].as_str().unwrap(), &body, &[]).await;
                    if answer.status == 200 {
                        // What changed nothing has said nothing.
                        let after = answer.json()["version"].clone();
                        let told = times > 0 && after != version;
                        version = after;
                        let text = if told { text.clone() } else { String::new() };
                        said.insert(action.to_owned(), text);
                        break;
                    }
                    if answer.status != 422 {
                        break;
                    }
                    complete(
                        &mut body["fields"],
                        &fields_of(&answer.json()),
                        &schemas["fields"],
                        person,
                    );
                }
            }
        }
        if said.len() == before {
            return said;
        }
    }
}

/// A problem with what it says of fields alone, not of inputs.
fn fields_of(problem: &Json) -> Json {
    let all = problem["fields"].as_array().into_iter().flatten();
    let input = |one: &&Json| {
        let name = one["field"].as_str().unwrap_or_default();
        name.starts_with("input.") || name == "reason"
    };
    json!({ "fields": all.filter(|one| !input(one)).collect::<Vec<_>>() })
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_action_lets_people_say_is_text() {
    let world = World::new();
    let mut house = House::of(&world);
    let mut all = 0;
    for place in 0..world.desk.published().unwrap().len() {
        let (_, registered) = world.register(place).await;
        let path = registered.header("location").to_owned();
        let said = say_everywhere(&world, &path).await;
        let spoken: Vec<&String> = said.values().filter(|text| !text.is_empty()).collect();
        assert!(spoken.len() > 2, "{path}: {said:?}");
        all += spoken.len();
        let number = registered.json()["number"].as_str().unwrap().to_owned();
        let events =
            house.call("GET", &format!("cases/{number}/events?limit=500"), &json!({})).await;
        // What is kept beside a value that did not change need not be told.
        let silent = |text: &&&String| !events.text.contains(&json!(text).to_string());
        let unheard = spoken.iter().filter(silent).count();
        assert!(unheard * 4 < spoken.len(), "{number}: {said:?}\n{}", events.text);
        house.shows(&format!("/cases/{number}"), &[]).await;
        // What is refused comes back as it was typed.
        let seen = world.desk.case_for_operator(&number).unwrap();
        let comment = seen.procedure.actions.iter().find(|action| action.has(Verb::Comment));
        let comment: Key = comment.unwrap().key.clone();
        let token = house.browser.token().await;
        for hostile in HOSTILE {
            let text = text(hostile);
            let form = [("csrf", token.as_str()), ("i.text", &text), ("seen", "1")];
            let back =
                house.browser.post(&format!("/cases/{number}/actions/{comment}"), &form).await;
            harmless(&back.text, &number);
            assert!(back.status != 412 || back.text.contains(&escaped(&text)), "{}", back.text);
        }
    }
    assert!(all > 30, "{all}");
}

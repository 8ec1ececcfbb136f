//! What the document promises is kept: each operation answers with success, given the example that stands there and what is there.

use crate::fits::unfit;
use crate::signing::{Browser, PASSWORD, app_of};
use crate::world::{Answer, World, complete, filled};
use axum::body::Body;
use axum::http::Request;
use desk::{ApiKey, KeyScope};
use engine::people::Person;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Whoever may do everything, and what there is to do it with.
struct House {
    world: World,
    key: String,
    boss: String,
    /// The cookie of a session of whoever may do everything, and its token.
    session: [String; 2],
    /// What stands in addresses, by operation or tag and name, else by name.
    parts: BTreeMap<&'static str, String>,
    /// Bodies of which examples can say nothing, because the procedures ask for them.
    bodies: BTreeMap<&'static str, Json>,
}

impl House {
    async fn furnish() -> Self {
        let world = World::new();
        let library = world.desk.library();
        let mut people = world.desk.people().people.to_vec();
        let boss = people.iter_mut().find(|one| world.desk.is_administrator(one)).unwrap();
        boss.roles =
            library.all().flat_map(|one| &one.roles).map(|role| role.key.clone()).collect();
        let boss = boss.id.to_string();
        let gone = Person { id: "gone".into(), name: "过客".to_owned(), ..people[0].clone() };
        people.push(gone);
        world.desk.put_people("test", &people).unwrap();
        let key = |name: &str| ApiKey {
            name: name.to_owned(),
            person: boss.as_str().into(),
            scopes: vec![
                KeyScope::CasesRead,
                KeyScope::CasesWrite,
                KeyScope::ReportsRead,
                KeyScope::Admin,
            ],
        };
        let secret = world.desk.make_api_key("test", &key("all")).unwrap();
        world.desk.make_api_key("test", &key("lost")).unwrap();
        let mut browser = Browser::signed_in(&world, &boss).await;
        let session = [browser.token().await, browser.cookie.clone()];
        let (parts, bodies) = (BTreeMap::new(), BTreeMap::new());
        let mut house = Self { world, key: secret, boss, session, parts, bodies };
        house.fill().await;
        house
    }

    /// Calls as the person, not by key.
    async fn call_signed_in(&self, method: &str, path: &str, body: &Json) -> Answer {
        let [token, cookie] = &self.session;
        let request = Request::builder()
            .method(method.to_uppercase().as_str())
            .uri(path)
            .header("cookie", cookie)
            .header("x-csrf-token", token)
            .header("content-type", "application/json");
        self.world.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn call(&self, method: &str, path: &str, body: &Json) -> Answer {
        let request = Request::builder()
            .method(method.to_uppercase().as_str())
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json");
        self.world.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// A case in the hands of whoever may do everything, with all that can be asked of it; customers; things that are lost in the end.
    async fn fill(&mut self) {
        for (id, phone) in ["C-0043", "C-1", "C-2", "C-3", "C-4"].into_iter().zip(1..) {
            let body =
                json!({ "name": id, "contacts": [{ "phone": format!("1381234{phone:04}") }] });
            let path = format!("/api/v1/customers/{id}");
            assert_eq!(self.call("put", &path, &body).await.status, 201);
        }
        let other = json!({ "other": "C-3" });
        let merged = self.call("post", "/api/v1/customers/C-2/merges", &other).await;
        assert_eq!(merged.status, 201, "{}", merged.text);
        let procedures = self.world.desk.published().unwrap().len();
        for place in 0..procedures {
            let (_, registered) = self.world.register(place).await;
            let number = registered.json()["number"].as_str().unwrap().to_owned();
            let give =
                json!({ "cases": [number], "deed": "assign", "input": { "assignee": self.boss } });
            self.call("post", "/api/v1/bulk", &give).await;
            let path = format!("/api/v1/cases/{number}");
            let case = self.call("get", &path, &json!({})).await.json();
            let Some((action, body)) = self.deed(&path).await else { continue };
            if case["holder"]["id"] != self.boss.as_str() {
                continue;
            }
            let fields = case["fields"].as_object().unwrap();
            let hidden = fields.iter().find(|(_, value)| value.to_string().contains("****"));
            let tomorrow = self.world.desk.now() + jiff::SignedDuration::from_hours(24);
            let preview = json!({ "preview": true });
            let give = [give, preview].into_iter().flat_map(|one| one.as_object().unwrap().clone());
            self.bodies.extend([
                ("bulk", Json::Object(give.collect())),
                ("cases_act", body),
                ("cases_register", self.registration(place).await),
                ("cases_reveal", json!({ "field": hidden.unwrap().0 })),
                ("cases_snooze", json!({ "until": tomorrow.to_string() })),
                (
                    "keys_make",
                    json!({ "name": "网站", "person": self.boss, "scopes": ["cases:read"] }),
                ),
            ]);
            let clock = case["clocks"][0]["clock"]["key"].as_str().unwrap().to_owned();
            self.parts.extend([("number", number), ("action", action), ("clock", clock)]);
            break;
        }
        let file = self.upload("/api/v1/attachments").await.json()["id"].clone();
        let hook = json!({ "name": "ERP", "url": "https://nobody.invalid/" });
        let hook = self.call("post", "/api/v1/webhooks", &hook).await.json();
        let hook = hook["webhook"]["id"].as_str().unwrap().to_owned();
        let ping = format!("/api/v1/webhooks/{hook}/ping");
        let delivery = self.call("post", &ping, &json!({})).await.json()["id"].clone();
        let keys = self.world.desk.api_keys().unwrap();
        let lost = keys.into_iter().find(|one| one.key.name == "lost").unwrap().id;
        let session = self.world.desk.sessions(&self.boss.as_str().into()).unwrap()[0].id.clone();
        let text = |text: &str| text.to_owned();
        let published = self.world.desk.published().unwrap().remove(0);
        let source = json!({ "source": format!("{}\n# Nothing else.\n", published.source) });
        let app = app_of(&self.world.desk.enrol(&self.boss.as_str().into()).unwrap());
        let code = app.generate(self.world.desk.now().as_second().try_into().unwrap()).to_string();
        let password = web::document()["components"]["schemas"]["NewPassword"]["example"].clone();
        assert_eq!(password["old"], PASSWORD);
        self.bodies.extend([
            ("procedures_check", source.clone()),
            ("procedures_publish", source),
            ("me_second_confirm", json!({ "code": code })),
            ("me_second_remove", json!({ "password": password["password"] })),
        ]);
        self.parts.extend([
            ("name", text("cn")),
            ("key", published.procedure.key.to_string()),
            ("id", text("own-1")),
            ("other", text("C-3")),
            ("attachments_download id", file.as_str().unwrap().to_owned()),
            ("customers_part id", text("C-2")),
            ("customers_erase id", text("C-4")),
            ("duplicates_dismiss id", text("C-1")),
            ("duplicates_dismiss other", text("C-2")),
            ("keys_revoke id", lost),
            ("webhooks id", hook),
            ("delivery", delivery.as_str().unwrap().to_owned()),
            ("sessions_end id", session),
        ]);
    }

    async fn registration(&self, place: usize) -> Json {
        let mut body = self.world.new_case(place).await;
        let procedure = self.world.procedure(place).await;
        for _ in 0..5 {
            let answer = self.call("post", "/api/v1/cases", &body).await;
            if answer.status == 201 {
                return body;
            }
            complete(&mut body["fields"], &answer.json(), &procedure["fields"], &self.boss);
        }
        panic!("nobody may register {body}");
    }

    /// An action of the case that can be done again and again, and its body.
    async fn deed(&self, path: &str) -> Option<(String, Json)> {
        let offers = self.call("get", &format!("{path}/actions"), &json!({})).await.json();
        for offer in offers["items"].as_array().unwrap() {
            let body = filled(&offer["schema"], &self.boss);
            let href = offer["href"].as_str().unwrap();
            if self.call("post", href, &body).await.status == 200
                && self.call("post", href, &body).await.status == 200
            {
                return Some((offer["key"].as_str().unwrap().to_owned(), body));
            }
        }
        None
    }

    async fn upload(&self, path: &str) -> Answer {
        let file = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n姓名,电话\n王小明,13812340009\n\r\n--x--\r\n";
        let request = Request::post(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "multipart/form-data; boundary=x");
        self.world.send(request.body(Body::from(file)).unwrap()).await
    }
}

/// The example of an operation's body.
pub(crate) fn example(operation: &Json) -> Option<Json> {
    let content = &operation["requestBody"]["content"]["application/json"];
    let name = content["schema"]["$ref"].as_str()?;
    web::document().pointer(&format!("{}/example", name.trim_start_matches('#'))).cloned()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_answers_with_success_to_its_own_example() {
    let house = House::furnish().await;
    let rank = |method: &str| {
        ["put", "post", "patch", "get", "delete"].iter().position(|one| *one == method)
    };
    let mut lines: Vec<&web::Line> = web::TABLE.iter().collect();
    // What is made is there to be seen, and is lost last.
    lines.sort_by_key(|line| rank(line.method));
    for line in lines {
        let operation = &web::document()["paths"][line.path][line.method];
        let id = operation["operationId"].as_str().unwrap();
        let mut path = line.path.to_owned();
        for name in ["number", "action", "clock", "key", "name", "id", "other", "delivery"] {
            let tag = operation["tags"][0].as_str().unwrap();
            let known = [format!("{id} {name}"), format!("{tag} {name}"), name.to_owned()];
            let value = known.iter().find_map(|known| house.parts.get(known.as_str())).unwrap();
            path = path.replace(&format!("{{{name}}}"), value);
        }
        let answer = if operation["requestBody"]["content"]["multipart/form-data"].is_object() {
            house.upload(&path).await
        } else {
            let own = house.bodies.get(id).cloned();
            let body = own.unwrap_or_else(|| {
                let body = example(operation).unwrap_or_else(|| json!({}));
                let sent = !body.to_string().contains('…');
                assert!(sent, "{id} has an example that nobody can send");
                body
            });
            match line.right {
                web::Right::Own(_) => house.call_signed_in(line.method, &path, &body).await,
                _ => house.call(line.method, &path, &body).await,
            }
        };
        let what = format!("{} {path}: {} {}", line.method, answer.status, answer.text);
        assert!(answer.status.is_success(), "{what}");
        let said = &operation["responses"][answer.status.as_str()];
        assert!(said.is_object(), "{what}");
        if let Some(content) = said["content"].as_object() {
            let kind = answer.header("content-type").split(';').next().unwrap();
            assert!(content.contains_key(kind), "{what}: {kind}");
            if kind == "application/json" {
                let wrong = unfit(web::document(), &content[kind]["schema"], &answer.json());
                assert!(wrong.is_empty(), "{what}: {wrong:?}");
            }
        }
    }
}

#[test]
fn every_json_body_has_an_example_that_fits_its_schema() {
    let document = web::document();
    let (mut wrong, mut examples) = (Vec::new(), 0);
    let mut judge = |what: &str, content: &Json| {
        let schema = &content["schema"];
        let target = schema["$ref"].as_str().and_then(|name| {
            document.pointer(&format!("{}/example", name.trim_start_matches('#')))
        });
        let Some(example) = content.get("example").or(target) else {
            wrong.push(format!("{what}: no example"));
            return Json::Null;
        };
        examples += 1;
        wrong.extend(unfit(document, schema, example).iter().map(|why| format!("{what}{why}")));
        example.clone()
    };
    let mut untrue = Vec::new();
    for line in web::TABLE {
        let operation = &document["paths"][line.path][line.method];
        let id = operation["operationId"].as_str().unwrap();
        if let Some(content) = operation["requestBody"]["content"].get("application/json") {
            judge(&format!("{id} body"), content);
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            for (media, content) in response["content"].as_object().into_iter().flatten() {
                let what = format!("{id} {status}");
                if media == "application/json" {
                    judge(&what, content);
                } else if media == "application/problem+json" {
                    // It is the problem that it stands beside, with everything that its text names.
                    let example = judge(&what, content);
                    let detail = example["detail"].as_str().unwrap_or_default();
                    let told = !detail.is_empty() && !detail.contains('{');
                    let blank = [": .", "  ", " ."].iter().any(|gap| detail.contains(gap));
                    if !told || blank || example["status"] != status.parse::<u16>().unwrap() {
                        untrue.push(format!("{what}: {example}"));
                    }
                    let fields = example["fields"].as_array().map_or(0, Vec::len);
                    if example["type"] == "/problems/invalid-fields" && fields == 0 {
                        untrue.push(format!("{what}: no fields"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty() && untrue.is_empty(), "{wrong:#?}\n{untrue:#?}");
    assert!(examples > 500, "{examples}");
}

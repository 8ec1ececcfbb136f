//! A desk with the built-in procedures, somebody for every role, and a client for each of them.

use crate::workbook;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use desk::{ApiKey, Desk, KeyScope, VirtualClock};
use engine::people::Person;
use engine::procedure::Procedure;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use store::Place;
use tempfile::TempDir;
use tower::ServiceExt;
use web::{App, Config};

/// How every customer's number begins: no answer may ever contain it.
pub(crate) const PHONE: &str = "1381234";
/// How such a number is shown.
pub(crate) const MASKED: &str = "138****";
/// The media type of a workbook.
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) router: Router,
    /// A key for each person, by id.
    pub(crate) keys: BTreeMap<String, String>,
    /// All bodies that were ever answered.
    pub(crate) said: Mutex<Vec<String>>,
    callers: AtomicU32,
    _folder: TempDir,
    _database: Option<cluster::Database>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body; of a workbook, all that it tells.
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or(Json::Null)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Asserts a problem and returns its body.
    pub(crate) fn problem(&self, status: u16, slug: &str) -> Json {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["type"], format!("/problems/{slug}"));
        assert_eq!(body["status"], status);
        assert!(
            !body["title"].as_str().unwrap().is_empty()
                && !body["detail"].as_str().unwrap().is_empty()
        );
        body
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Config { rate: None, ..Config::default() })
    }

    pub(crate) fn with(config: Config) -> Self {
        let database = cluster::Database::chosen().unwrap();
        let address = database.as_ref().map(|database| database.address.clone());
        Self { _database: database, ..Self::over(address.as_deref(), config) }
    }

    /// Nobody works there yet.
    pub(crate) fn empty() -> Self {
        let database = cluster::Database::chosen().unwrap();
        let address = database.as_ref().map(|database| database.address.clone());
        let config = Config { rate: None, ..Config::default() };
        Self { _database: database, ..Self::of(address.as_deref(), config, |_| Vec::new()) }
    }

    /// Over the database of an address, else over a file.
    pub(crate) fn over(address: Option<&str>, config: Config) -> Self {
        Self::of(address, config, people)
    }

    /// With these people, at the instant of a scenario's beginning.
    pub(crate) fn of_scenario(start: &scenarios::Start) -> Self {
        let database = cluster::Database::chosen().unwrap();
        let address = database.as_ref().map(|database| database.address.clone());
        let config = Config { rate: None, ..Config::default() };
        let people = |_: &Desk| start.directory.people.to_vec();
        let world = Self { _database: database, ..Self::of(address.as_deref(), config, people) };
        world.clock.set(start.now);
        world
    }

    fn of(
        address: Option<&str>,
        config: Config,
        people: impl FnOnce(&Desk) -> Vec<Person>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = match address {
            Some(address) => Place::postgres(address, folder.path()).unwrap(),
            None => Place::at(folder.path()),
        };
        let store = store::Store::open(place, store::Options::new([7; 32])).unwrap();
        let clock = Arc::new(VirtualClock::at("2026-05-08T01:30:00Z".parse().unwrap()));
        let desk = Desk::open_with(store, Arc::clone(&clock) as Arc<dyn desk::Clock>).unwrap();
        desk.install_builtin("test").unwrap();
        let people = people(&desk);
        desk.put_people("test", &people).unwrap();
        let all = vec![KeyScope::CasesRead, KeyScope::CasesWrite];
        let key = |person: &Person| {
            (
                person.id.to_string(),
                desk.make_api_key(
                    "test",
                    &ApiKey {
                        name: "test".to_owned(),
                        person: person.id.clone(),
                        scopes: all.clone(),
                    },
                )
                .unwrap(),
            )
        };
        let keys = people.iter().map(key).collect();
        let router = web::router(App::new(desk.clone(), config));
        Self {
            desk,
            clock,
            router,
            keys,
            said: Mutex::default(),
            callers: AtomicU32::default(),
            _folder: folder,
            _database: None,
        }
    }

    pub(crate) fn key_with(&self, scopes: &[KeyScope]) -> String {
        let person = self.desk.people().people[0].id.clone();
        self.desk
            .make_api_key(
                "test",
                &ApiKey { name: "test".to_owned(), person, scopes: scopes.to_vec() },
            )
            .unwrap()
    }

    /// The key of somebody who sees every case.
    pub(crate) fn any(&self) -> &str {
        let people = self.desk.people();
        let mut all = people.people.iter().filter(|person| self.desk.is_administrator(person));
        &self.keys[&*all.next().unwrap().id]
    }

    pub(crate) fn wait(&self, minutes: i64) {
        self.clock
            .set(self.desk.now().checked_add(jiff::SignedDuration::from_mins(minutes)).unwrap());
        self.desk.run_due("test").unwrap();
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let is_workbook = parts.headers.get("content-type").is_some_and(|media| media == WORKBOOK);
        let text = match is_workbook {
            true => workbook::told(&bytes),
            false => String::from_utf8_lossy(&bytes).into_owned(),
        };
        self.said.lock().unwrap().push(text.clone());
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// Sends a body with a key, over the version that was seen, if any.
    pub(crate) async fn ask(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: &Json,
        seen: &str,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method.to_uppercase().as_str())
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json");
        if !seen.is_empty() {
            request = request.header("if-match", seen);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(crate) async fn get(&self, key: &str, path: &str) -> Answer {
        self.send(
            Request::get(path)
                .header("authorization", format!("Bearer {key}"))
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }

    pub(crate) async fn post(
        &self,
        key: &str,
        path: &str,
        body: &Json,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::post(path)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// The procedure at a place of the list.
    pub(crate) async fn procedure(&self, place: usize) -> Json {
        let list = self.get(self.any(), "/api/v1/procedures").await.json();
        let key = list["items"][place]["key"].as_str().unwrap().to_owned();
        self.get(self.any(), &format!("/api/v1/procedures/{key}")).await.json()
    }

    /// A body that registers a case under the procedure at a place.
    pub(crate) async fn new_case(&self, place: usize) -> Json {
        let procedure = self.procedure(place).await;
        let mut fields = filled(&procedure["register"], &self.someone());
        // Another customer each time: cases of one customer are joined.
        let caller = self.callers.fetch_add(1, Ordering::Relaxed);
        for (key, schema) in procedure["register"]["properties"].as_object().unwrap() {
            if schema["x-kind"] == "tel" {
                fields[key] = json!(format!("{PHONE}{caller:04}"));
            }
        }
        json!({ "procedure": procedure["key"], "fields": fields })
    }

    pub(crate) fn someone(&self) -> String {
        self.keys.keys().next().unwrap().clone()
    }

    /// Registers, completing what is missing, as whoever may. The key and the answer.
    pub(crate) async fn register(&self, place: usize) -> (String, Answer) {
        let mut body = self.new_case(place).await;
        let procedure = self.procedure(place).await;
        for key in self.keys.values() {
            for _ in 0..5 {
                let answer = self.post(key, "/api/v1/cases", &body, &[]).await;
                match answer.status.as_u16() {
                    201 => return (key.clone(), answer),
                    422 => complete(
                        &mut body["fields"],
                        &answer.json(),
                        &procedure["fields"],
                        &self.someone(),
                    ),
                    403 => break,
                    _ => panic!("{}", answer.text),
                }
            }
        }
        panic!("nobody may register: {body}");
    }
}

/// Somebody for each role of each procedure, in the role's department.
fn people(desk: &Desk) -> Vec<Person> {
    let mut people: BTreeMap<String, Person> = BTreeMap::new();
    let library = desk.library();
    for role in library.all().flat_map(|procedure: &Arc<Procedure>| &procedure.roles) {
        for twin in ["a", "b"] {
            let id = format!("{}-{twin}", role.key);
            people.entry(id.clone()).or_insert_with(|| Person {
                id: id.as_str().into(),
                name: format!("王{}", people_name(&id)),
                roles: vec![role.key.clone()],
                department: role.department.clone(),
                senior: true,
                absent: Vec::new(),
                substitute: None,
            });
        }
    }
    people.into_values().collect()
}

fn people_name(id: &str) -> String {
    id.len().to_string()
}

/// Fills in what a schema of an object requires.
pub(crate) fn filled(schema: &Json, person: &str) -> Json {
    let required: BTreeSet<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    let values: Map<String, Json> = properties
        .iter()
        .filter(|(key, _)| required.contains(key.as_str()))
        .map(|(key, one)| (key.clone(), sample(one, person)))
        .collect();
    Json::Object(values)
}

/// A value that fits a schema.
pub(crate) fn sample(schema: &Json, person: &str) -> Json {
    if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
        return first.clone();
    }
    match schema["type"].as_str().unwrap_or_default() {
        "boolean" => json!(true),
        "integer" | "number" => json!(1),
        "array" => json!([sample(&schema["items"], person)]),
        "object" => filled(schema, person),
        _ if schema["x-kind"] == "tel" => json!(format!("{PHONE}9999")),
        _ if schema["format"] == "date-time" => json!("2026-05-08T01:20:00Z"),
        _ if schema["description"] == "id of a person" => json!(person),
        _ => json!(
            "设备无法启动，开机后屏幕显示错误代码 E07，已按说明书重启三次仍未恢复正常，请回电13812345678"
        ),
    }
}

/// Adds what a problem says is missing, and corrects what it says is wrong.
pub(crate) fn complete(fields: &mut Json, problem: &Json, schemas: &Json, person: &str) {
    for wrong in problem["fields"].as_array().into_iter().flatten() {
        let key = wrong["field"].as_str().unwrap();
        let schema = &schemas[key];
        fields[key] = match wrong["code"].as_str().unwrap() {
            "too_early" => json!("2026-06-30T09:00:00Z"),
            _ if schema["format"] == "date-time" && fields[key].is_string() => {
                json!("2026-05-08T01:30:00Z")
            }
            _ => sample(schema, person),
        };
    }
}

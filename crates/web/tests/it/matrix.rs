//! Every address, by every method that it has, as somebody of every role, over what another department has: a case, a file, the feed; and
//! over what is somebody else's: a session, a key, a view, a template, a webhook. Every write says what is valid for its address. Nothing of
//! it is in any answer, and nothing of it is changed.

use crate::described::example;
use crate::signing::Browser;
use crate::world::{Answer, World};
use axum::body::Body;
use axum::http::Request;
use desk::{ApiKey, Caller, KeyScope, Options, Origin, Seen};
use engine::command::{Command, Entered, Extra};
use engine::key::Key;
use engine::people::{Person, Who};
use engine::procedure::{FieldKind, Means, Power, Procedure, Verb};
use futures_util::StreamExt;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;
use web::{Line, PAGES, TABLE};

/// A case that few see, and what gives it away.
struct Secret {
    seen: Seen,
    /// What it says, what its file is called and holds, who calls.
    words: Vec<String>,
    file: String,
}

/// Registers a case that says something of its own, in every field that takes words.
pub(crate) fn register(world: &World, rules: &Procedure, text: &str, phone: &str) -> String {
    let person = world.desk.people().people[0].id.clone();
    // Some procedures want something ticked, in others a tick asks for more.
    let done = [false, true].into_iter().find_map(|ticked| {
        let fields = entered(rules, text, phone, &person, ticked);
        world.desk.register(&Who::System, &rules.key, fields, Options::default()).ok()
    });
    done.unwrap_or_else(|| panic!("{} takes nothing", rules.key)).number
}

/// What is entered for that.
pub(crate) fn entered(
    rules: &Procedure,
    text: &str,
    phone: &str,
    person: &str,
    ticked: bool,
) -> Entered {
    let register = rules.register_action().unwrap();
    let forms = register.forms.iter().filter_map(|form| rules.form(form));
    let on_forms = forms.flat_map(|form| &form.fields).map(|entry| &entry.field);
    let asked = register.input.iter().map(|input| &input.field).chain(on_forms);
    let fields = asked.filter_map(|key| rules.field(key)).filter(|field| field.derive.is_none());
    let value = |field: &engine::procedure::Field| match &field.kind {
        FieldKind::Tel => Some(json!(phone)),
        // Wherever a customer's name occurs it is masked; it is not all there is.
        FieldKind::Text if field.pii => Some(json!(format!("客{text}"))),
        FieldKind::Text | FieldKind::Long | FieldKind::Ref => Some(json!(text)),
        FieldKind::Number => Some(json!(1)),
        FieldKind::Bool => ticked.then_some(json!(true)),
        FieldKind::Time if field.not_before.is_none() => Some(json!("2026-05-08T01:20:00Z")),
        // Whoever is upset is calmed first; that is another story.
        FieldKind::One(axis) if field.means != Some(Means::Emotion) => {
            let known = rules.axis(axis)?.values.iter().find(|one| !one.system && !one.disabled)?;
            Some(json!(known.key))
        }
        FieldKind::Person if field.means != Some(Means::Accused) => Some(json!(person)),
        _ => None,
    };
    fields.filter_map(|field| Some((field.key.clone(), value(field)?))).collect()
}

/// One case of each procedure, registered by the system, with a file and a name of its own.
fn secrets(world: &World) -> Vec<Secret> {
    let (desk, library) = (&world.desk, world.desk.library());
    let all: Vec<&Arc<Procedure>> = library.all().collect();
    let secret = |(place, rules): (usize, &&Arc<Procedure>)| {
        let words = vec![
            format!("暗号甲{place}乙丙丁戊己庚辛壬癸"),
            format!("13700000{place:03}"),
            format!("密件{place}.txt"),
            format!("密件内容{place}"),
        ];
        let number = register(world, rules, &words[0], &words[1]);
        let seen = desk.case_for_operator(&number).unwrap();
        let file = file_of(world, &seen, &words[2], &words[3]);
        let seen = desk.case_for_operator(&number).unwrap();
        Secret { seen, words, file }
    };
    all.iter().enumerate().map(secret).collect()
}

/// Joins a file to a case, where a field takes one; its id.
pub(crate) fn file_of(world: &World, seen: &Seen, name: &str, content: &str) -> String {
    let (desk, rules) = (&world.desk, &seen.procedure);
    let Some(field) = rules.fields.iter().find(|field| matches!(field.kind, FieldKind::Files))
    else {
        return "none".to_owned();
    };
    let edit = rules.actions.iter().find(|action| action.has(Verb::Edit)).unwrap();
    for person in desk.people().people.iter() {
        let who = Who::Person(person.id.clone());
        let file = desk.upload(&who, name, content.as_bytes().to_vec()).unwrap().id.to_string();
        let command = Command::Act {
            case: seen.case.id.clone(),
            action: edit.key.clone(),
            fields: [(field.key.clone(), json!([file]))].into(),
            extra: Box::new(Extra { reason: Some("补充".to_owned()), ..Extra::default() }),
        };
        if desk.submit(&who, command, Options::default()).is_ok() {
            return file;
        }
    }
    "none".to_owned()
}

/// Whether an answer gives a secret away beside what was asked with.
fn gives_away(answer: &Answer, secret: &Secret, asked: &str) -> bool {
    let number = &secret.seen.case.number;
    // A number that was asked for comes back in forms and links; it may be the beginning of another one.
    let cell = format!("\n{number},");
    let named = [format!(">{number}<"), format!("\"{number}\""), format!("/cases/{number}"), cell];
    let mut words = secret.words.iter().filter(|word| !asked.contains(word.as_str()));
    let words = words.any(|word| answer.text.contains(word.as_str()));
    let told = named.iter().any(|one| answer.text.contains(one.as_str()));
    words || (told && !asked.contains(&**number))
}

/// Things of an administrator, and a customer: by what stands in an address before them, their ids.
async fn things(world: &World, admin: &Person) -> Vec<(&'static str, String)> {
    let scopes = vec![KeyScope::CasesRead, KeyScope::CasesWrite, KeyScope::Admin];
    let key = ApiKey { name: "暗格".to_owned(), person: admin.id.clone(), scopes };
    let bearer = format!("Bearer {}", world.desk.make_api_key("test", &key).unwrap());
    let headers = [("authorization", bearer.as_str())];
    let make = async |method: &str, path: &str, body: Json| {
        let path = format!("/api/v1/{path}");
        let made = ask(world, method, &path, &headers, (JSON, body.to_string())).await;
        assert!(made.status.is_success(), "{path}: {}", made.text);
        made.json()
    };
    make("put", "views/theirs", json!({ "name": "暗格", "filters": { "due": "day" } })).await;
    make("put", "templates/theirs", json!({ "name": "暗格", "text": "暗格" })).await;
    make("put", "teams/theirs", json!({ "name": "三班", "members": [*admin.id] })).await;
    for (id, phone) in [("C-1", "13822220001"), ("C-2", "13822220002")] {
        let body = json!({ "name": "王小明", "contacts": [{ "phone": phone }] });
        make("put", &format!("customers/{id}"), body).await;
    }
    let hook = json!({ "name": "暗格", "url": "https://nobody.invalid/" });
    let hook = make("post", "webhooks", hook).await["webhook"]["id"].clone();
    let own = make("get", "keys", json!({})).await;
    let mut own = own["items"].as_array().unwrap().iter();
    let own = own.find(|one| one["name"] == "暗格").unwrap()["id"].clone();
    let text = |id: Json| id.as_str().unwrap().to_owned();
    let theirs = || "theirs".to_owned();
    vec![
        ("sessions", world.desk.sessions(&admin.id).unwrap()[0].id.clone()),
        ("keys", text(own)),
        ("webhooks", text(hook)),
        ("views", theirs()),
        ("templates", theirs()),
        ("teams", theirs()),
        ("users", admin.id.to_string()),
        ("people", admin.id.to_string()),
        ("customers", "C-1".to_owned()),
        ("duplicates", "C-1".to_owned()),
    ]
}

/// What only those may see and change whose it is, or who administer, and what is hidden.
fn is_theirs(line: &Line) -> bool {
    let personal = ["sessions", "keys", "webhooks", "views", "templates", "attachments", "files"];
    let own = |what: &str| line.path.contains(&format!("/{what}/{{id}}"));
    let personal = personal.into_iter().any(own) || line.path.contains("/{shelf}/{id}");
    personal || line.path.contains("{number}")
}

/// A body that is valid for a line, so that what is refused is refused for what it is about.
fn valid(line: &Line, secret: &Secret, person: &Person) -> (&'static str, String) {
    let phone = &secret.seen.procedure.field_meaning(Means::Phone).unwrap().key;
    if !line.path.starts_with("/api/") {
        let end = line.path.rsplit('/').next().unwrap_or_default();
        let form = match end {
            "snooze" => "until=2026-05-10T09%3A00".to_owned(),
            "follow" => "on=yes".to_owned(),
            "here" => "writes=yes".to_owned(),
            "reveal" => format!("field={phone}"),
            "{action}" => "i.text=%E5%88%B0%E6%AD%A4".to_owned(),
            "{id}" if line.path.starts_with("/saved/") => "deed=discard".to_owned(),
            _ => String::new(),
        };
        return (FORM, form);
    }
    let operation = &web::document()["paths"][line.path][line.method];
    if operation["requestBody"]["content"]["multipart/form-data"].is_object() {
        let file = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\na\r\n--x--\r\n";
        return ("multipart/form-data; boundary=x", file.to_owned());
    }
    let number = &secret.seen.case.number;
    let body = match operation["operationId"].as_str().unwrap() {
        "cases_act" => json!({ "input": { "text": "到此" } }),
        "cases_reveal" => json!({ "field": phone }),
        "bulk" => {
            json!({ "cases": [number], "deed": "assign", "input": { "assignee": *person.id } })
        }
        "keys_make" => json!({ "name": "x", "person": *person.id, "scopes": ["cases:read"] }),
        _ => example(operation).unwrap_or_else(|| json!({})),
    };
    (JSON, body.to_string())
}

/// The address of a line, over what somebody may not see.
fn address(line: &Line, secret: &Secret, things: &[(&str, String)], action: &str) -> String {
    let path = line.path.replace("{shelf}", "views");
    let before = path.split("/{id}").next().unwrap_or_default();
    let known = things.iter().find(|(what, _)| before.ends_with(&format!("/{what}")));
    // Files are those of the case.
    let id = known.map_or(secret.file.as_str(), |(_, id)| id.as_str());
    let fill = [
        ("{number}", &*secret.seen.case.number),
        ("{id}", id),
        ("{other}", "C-2"),
        ("{procedure}", &*secret.seen.procedure.key),
        ("{key}", &*secret.seen.procedure.key),
        ("{clock}", &*secret.seen.procedure.clocks[0].key),
        ("{action}", action),
        ("{link}", "none"),
        ("{name}", "none"),
        ("{version}", "none"),
        ("{file}", "none"),
        ("{delivery}", "none"),
    ];
    fill.iter().fold(path, |path, (name, value)| path.replace(name, value))
}

/// Lists as files, in each format.
const FILES: &[&str] = &[
    "/api/v1/exports/cases?state=all&format=csv",
    "/api/v1/exports/cases?state=all&format=xlsx",
    "/cases/export?state=all&format=csv",
    "/cases/export?state=all&format=xlsx",
];

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

async fn ask(
    world: &World,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    (media, body): (&str, String),
) -> Answer {
    let mut request = Request::builder().method(method.to_uppercase().as_str()).uri(path);
    request = request.header("content-type", media);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_gives_away_what_another_department_has() {
    let world = World::new();
    let secrets = secrets(&world);
    let people = world.desk.people();
    let admin = people.people.iter().find(|person| world.desk.is_administrator(person)).unwrap();
    let theirs = world.desk.begin(&admin.id, &Origin::default()).unwrap();
    let things = things(&world, admin).await;
    let (mut asked, mut files) = (0, 0);
    for person in people.people.iter().filter(|person| person.id.ends_with("-a")) {
        let caller = Caller { person: person.id.clone(), scopes: Vec::new() };
        let hidden =
            |secret: &&Secret| world.desk.case_for(&caller, &secret.seen.case.number).is_err();
        let with_file = |secret: &&Secret| secret.file != "none";
        let Some(secret) = secrets.iter().filter(hidden).max_by_key(with_file) else { continue };
        files += usize::from(secret.file != "none");
        let bearer = format!("Bearer {}", world.keys[&*person.id]);
        let mut browser = Browser::new(&world);
        browser.cookie =
            format!("bihuan={}", world.desk.begin(&person.id, &Origin::default()).unwrap());
        let (token, cookie) = (browser.token().await, browser.cookie.clone());
        let action =
            secret.seen.procedure.actions.iter().find(|action| action.has(Verb::Comment)).unwrap();
        let before = world.desk.case_for_operator(&secret.seen.case.number).unwrap().case.version;
        for line in TABLE.iter().chain(PAGES) {
            let page = !line.path.starts_with("/api/");
            // One never ends, one ends the session.
            if ["/live", "/sign-out"].contains(&line.path) {
                continue;
            }
            let path = address(line, secret, &things, &action.key);
            let (media, body) = valid(line, secret, person);
            let headers: &[(&str, &str)] = match page {
                true => &[("cookie", &cookie), ("x-csrf-token", &token)],
                false => &[("authorization", &bearer)],
            };
            let said = format!("{path} {body}");
            let answer = ask(&world, line.method, &path, headers, (media, body)).await;
            let what = format!("{} {} {said}: {}", person.id, line.method, answer.status);
            assert!(answer.status.as_u16() < 500, "{what} {}", answer.text);
            assert!(!gives_away(&answer, secret, &said), "{what}\n{}", answer.text);
            assert!(!answer.text.contains("暗格"), "{what}\n{}", answer.text);
            if is_theirs(line) {
                assert!(matches!(answer.status.as_u16(), 403 | 404), "{what} {}", answer.text);
            }
            asked += 1;
        }
        // Nobody has touched it.
        let now = world.desk.case_for_operator(&secret.seen.case.number).unwrap().case;
        assert_eq!(now.version, before, "{}", person.id);
        for (path, header) in
            [("/api/v1/events?after=0", ("authorization", &bearer)), ("/live", ("cookie", &cookie))]
        {
            let told = overheard(&world, path, header, secret).await;
            let (id, number) = (secret.seen.case.id.to_string(), &secret.seen.case.number);
            let secrets = secret.words.iter().cloned().chain([id, format!("\"{number}\"")]);
            for one in secrets {
                assert!(!told.contains(&one), "{} {path}: {one}\n{told}", person.id);
            }
        }
        for (path, page, q) in questions(secret) {
            let headers: &[(&str, &str)] =
                if page { &[("cookie", &cookie)] } else { &[("authorization", &bearer)] };
            let answer = ask(&world, "get", &path, headers, (JSON, String::new())).await;
            assert!(!gives_away(&answer, secret, &q), "{} {path}\n{}", person.id, answer.text);
            assert!(answer.status.is_success(), "{} {path}: {}", person.id, answer.status);
        }
        // Whoever takes a call learns nothing of the caller's cases that he may not see.
        let phone = secret.seen.procedure.field_meaning(Means::Phone).unwrap();
        let name = format!("f.{}", phone.key);
        let look = format!("/new/{}/look", secret.seen.procedure.key);
        let known = browser.post(&look, &[("csrf", &token), (&name, &secret.words[1])]).await;
        assert!(!gives_away(&known, secret, ""), "{}\n{}", person.id, known.text);
        assert!(world.desk.session(&theirs).unwrap().is_some(), "{}", person.id);
    }
    assert!(asked > 1_000 && files > 3, "{asked} {files}");
    let kept = ("authorization", format!("Bearer {}", world.any()));
    for path in ["/api/v1/views/theirs", "/api/v1/templates/theirs", "/api/v1/customers/C-1"] {
        let answer = ask(&world, "get", path, &[(kept.0, &kept.1)], (JSON, String::new())).await;
        assert_eq!(answer.status, 200, "{path} {}", answer.text);
    }
    // Whoever sees the case hears of it.
    let (bearer, cookie) = (format!("Bearer {}", world.any()), format!("bihuan={theirs}"));
    let id = secrets[0].seen.case.id.to_string();
    for (path, header, word) in [
        ("/api/v1/events?after=0", ("authorization", &bearer), &secrets[0].words[0]),
        ("/live", ("cookie", &cookie), &id),
    ] {
        let told = overheard(&world, path, header, &secrets[0]).await;
        assert!(told.contains(word), "{path}\n{told}");
    }
    // And finds it in the files, whatever their format: what is looked for in them can be found.
    for path in FILES {
        let header = match path.starts_with("/cases") {
            true => ("cookie", cookie.as_str()),
            false => ("authorization", bearer.as_str()),
        };
        let answer = ask(&world, "get", path, &[header], (JSON, String::new())).await;
        assert!(gives_away(&answer, &secrets[0], ""), "{path}\n{}", answer.text);
        assert!(!secrets.iter().any(|one| answer.text.contains(&one.words[1])), "{path}");
    }
}

/// What a stream tells of everything up to now, and of what is done with the case while it is open.
async fn overheard(world: &World, path: &str, header: (&str, &String), secret: &Secret) -> String {
    let request =
        Request::get(path).header(header.0, header.1).header("accept", "text/event-stream");
    let request = request.body(Body::empty()).unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    let (mut told, mut body) = (String::new(), response.into_body().into_data_stream());
    let mut hear = async |told: &mut String| {
        let silence = Duration::from_millis(50);
        while let Ok(Some(Ok(bytes))) = tokio::time::timeout(silence, body.next()).await {
            told.push_str(&String::from_utf8_lossy(&bytes));
        }
    };
    hear(&mut told).await;
    let before = *world.desk.store().changes().borrow();
    comment(world, &secret.seen, &secret.words[0]);
    assert!(*world.desk.store().changes().borrow() > before);
    hear(&mut told).await;
    told
}

/// Somebody who may writes a note.
fn comment(world: &World, seen: &Seen, text: &str) {
    let action = seen.procedure.actions.iter().find(|action| action.has(Verb::Comment)).unwrap();
    let done = world.desk.people().people.iter().any(|person| {
        let extra = Extra { text: Some(text.to_owned()), ..Extra::default() };
        let command = Command::Act {
            case: seen.case.id.clone(),
            action: action.key.clone(),
            fields: Entered::new(),
            extra: Box::new(extra),
        };
        let who = Who::Person(person.id.clone());
        world.desk.submit(&who, command, Options::default()).is_ok()
    });
    assert!(done, "nobody may write a note");
}

/// What looks for the case by whatever is known of it: address, whether it is a page, and what it says itself.
fn questions(secret: &Secret) -> Vec<(String, bool, String)> {
    let number = &secret.seen.case.number;
    let procedure = &secret.seen.procedure.key;
    let mut all = Vec::new();
    for q in ["暗号甲", "密件", &secret.words[1], number] {
        let encoded = crate::signing::encoded(q);
        all.push((format!("/api/v1/cases?q={encoded}"), false, q.to_owned()));
        all.push((format!("/search?q={encoded}"), true, q.to_owned()));
    }
    let own = |path: String, page: bool| (path, page, String::new());
    for path in FILES {
        all.push(own((*path).to_owned(), path.starts_with("/cases")));
    }
    all.push(own("/api/v1/events?limit=500".to_owned(), false));
    all.push(own(format!("/api/v1/cases?state=all&procedure={procedure}&limit=200"), false));
    all.push(own(format!("/cases?state=all&procedure={procedure}&sort=newest"), true));
    for path in ["/work", "/inbox", "/overview", "/wall"] {
        all.push(own(path.to_owned(), true));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_or_a_draft_is_worth_nothing_to_somebody_else() {
    let world = World::new();
    let people = world.desk.people();
    let admin = people.people.iter().find(|person| world.desk.is_administrator(person)).unwrap();
    let mut plain = people.people.iter().filter(|person| !world.desk.is_administrator(person));
    let (one, other) = (plain.next().unwrap(), plain.next().unwrap());
    let key = &world.keys[&*one.id];
    // What one uploads or repeats is his.
    let mine = world.desk.upload(&Who::Person(one.id.clone()), "a.txt", b"mine".to_vec()).unwrap();
    let path = format!("/api/v1/attachments/{}", mine.id);
    assert_eq!(world.get(key, &path).await.status, 200);
    world.get(&world.keys[&*other.id], &path).await.problem(404, "not-found");
    let caller = |person: &Person| Caller { person: person.id.clone(), scopes: Vec::new() };
    world.desk.keep_draft(&caller(one), "new x", &json!([["f.a", "mine"]])).unwrap();
    assert_eq!(world.desk.draft(&caller(other), "new x").unwrap(), None);
    // Whoever leaves takes his keys with him.
    world.desk.remove_person(&caller(admin), &one.id).unwrap();
    let gone = world.get(key, "/api/v1/me").await;
    assert_eq!(gone.status, 401, "{}", gone.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_count_confidential_cases_for_those_who_see_them_only() {
    let world = World::new();
    let library = world.desk.library();
    let people = world.desk.people();
    let (rules, field) = library
        .all()
        .find_map(|rules| Some((rules, rules.field_meaning(Means::Accused)?)))
        .unwrap();
    let sees_all = |person: &&Person, confidential: bool| {
        rules.roles.iter().any(|role| {
            person.has(&role.key)
                && role.reach == engine::procedure::Reach::All
                && role.may.contains(&Power::Confidential) == confidential
                && !role.may.contains(&Power::Administer)
        })
    };
    let trusted: Vec<&Person> = people.people.iter().filter(|one| sees_all(one, true)).collect();
    let other = people.people.iter().find(|one| sees_all(one, false)).unwrap();
    let registered = |person: &Key| {
        let caller = Caller { person: person.clone(), scopes: Vec::new() };
        let figures = world.desk.figures(&caller, 7).unwrap();
        let held: u64 = figures.people.iter().map(|(_, figure)| figure.cases).sum();
        let channels: u64 = figures
            .channels
            .iter()
            .filter(|((key, _), _)| *key == rules.key)
            .map(|(_, figure)| figure.cases)
            .sum();
        let (today, open) = (figures.registered_today().cases, figures.open.cases);
        (today, channels, open, held <= open)
    };
    let channel = rules.field_meaning(Means::Channel).unwrap();
    let by = rules.axis_of(&channel.key).unwrap().values[0].key.to_string();
    let register = |accused: Option<&Person>| {
        let accused = accused.map(|person| (field.key.clone(), json!(*person.id)));
        let fields = accused.into_iter().chain([(channel.key.clone(), json!(by))]).collect();
        world.desk.register(&Who::System, &rules.key, fields, Options::default()).unwrap();
    };
    register(None);
    register(Some(trusted[0]));
    assert_eq!(registered(&trusted[1].id), (2, 2, 2, true));
    // Not the one it is about, not whoever may not see such cases.
    assert_eq!(registered(&trusted[0].id), (1, 1, 1, true));
    assert_eq!(registered(&other.id), (1, 1, 1, true));
}

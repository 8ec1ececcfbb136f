//! Who sees what: every address, every method, every role, over another department's case, file and feed. Whoever lacks the right
//! learns nothing.

use crate::life::step;
use crate::signing::Browser;
use crate::world::{Answer, PHONE, World};
use axum::body::Body;
use axum::http::Request;
use desk::{KeyScope, Seen};
use engine::case::{Holder, holder};
use engine::people::{Person, Who};
use engine::procedure::{Means, Power, Reach};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use web::{Line, PAGES, Right, TABLE};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Whether somebody may see a case, worked out from the procedure's roles alone.
fn sees(world: &World, person: &Person, seen: &Seen) -> bool {
    let (case, rules) = (&seen.case, &seen.procedure);
    let library = world.desk.library();
    let mut all = library.all().flat_map(|procedure| &procedure.roles);
    if all.any(|role| person.has(&role.key) && role.may.contains(&Power::Administer)) {
        return true;
    }
    let works = [&case.registrar, &case.assignee].into_iter().flatten().any(|id| *id == person.id)
        || case.dispatches.iter().any(|dispatch| dispatch.assignee.as_ref() == Some(&person.id))
        || case.approvals.iter().any(|approval| approval.by.person() == Some(&person.id))
        || case.tasks.iter().any(|task| task.owner.as_ref() == Some(&person.id))
        || holder(rules, case) == Holder::Person(person.id.clone());
    let queue = match (holder(rules, case), &case.role) {
        (Holder::Role(role), _) => Some(role),
        (_, Some(role)) => Some(role.clone()),
        _ => None,
    };
    let reaches = rules.roles.iter().filter(|role| person.has(&role.key)).any(|role| {
        let waits = queue.as_ref() == Some(&role.key) && !role.of_department;
        let here = person.department.is_some() && person.department == case.department;
        role.reach == Reach::All
            || (role.reach >= Reach::Team && waits)
            || (role.reach >= Reach::Department && here)
    });
    works || reaches
}

/// A case of each procedure, taken on until a department answers for it.
async fn cases(world: &World) -> Vec<(String, String)> {
    let mut cases = Vec::new();
    for place in 0..world.desk.published().unwrap().len() {
        let (_, registered) = world.register(place).await;
        let path = registered.header("location").to_owned();
        let number = registered.json()["number"].as_str().unwrap().to_owned();
        let mut uses = BTreeMap::new();
        for _ in 0..8 {
            if world.desk.case_for_operator(&number).unwrap().case.department.is_some() {
                break;
            }
            step(world, &path, &mut uses).await;
        }
        cases.push((number, path));
    }
    cases
}

/// An address with its parameters filled in: the case, and things that are there.
fn address(line: &Line, number: &str, file: &str) -> String {
    let fill = [
        ("{number}", number),
        ("{id}", file),
        ("{clock}", "none"),
        ("{action}", "none"),
        ("{link}", "none"),
    ];
    let filled =
        fill.iter().fold(line.path.to_owned(), |path, (name, value)| path.replace(name, value));
    filled.replace(['{', '}'], "")
}

async fn ask(world: &World, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder()
        .method(method.to_uppercase().as_str())
        .uri(path)
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.send(request.body(Body::from("{}")).unwrap()).await
}

fn learns_nothing(answer: &Answer, number: &str, what: &str) {
    assert!(
        matches!(answer.status.as_u16(), 400..=499),
        "{what}: {} {}",
        answer.status,
        answer.text
    );
    let said = answer.text.replace(&format!("/{number}"), "");
    assert!(
        !said.contains(number) && !said.contains("E07") && !said.contains(PHONE),
        "{what}: {said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_somebody_may_not_see_is_at_no_address_for_him() {
    let world = World::new();
    let cases = cases(&world).await;
    let (mut hidden, mut shown) = (0, 0);
    for (number, path) in &cases {
        let seen = world.desk.case_for_operator(number).unwrap();
        for person in world.desk.people().people.iter() {
            let key = &world.keys[&*person.id];
            let bearer = format!("Bearer {key}");
            let expected = sees(&world, person, &seen);
            let what = format!("{number} {} {:?}", person.id, seen.case.department);
            let found = world.get(key, path).await;
            assert_eq!(found.status.is_success(), expected, "{what}: {}", found.text);
            for list in [
                "/api/v1/cases?state=all&limit=200",
                "/api/v1/cases?q=E07",
                "/api/v1/events?limit=500",
            ] {
                let answer = world.get(key, list).await;
                assert_eq!(answer.status, 200);
                // Another procedure's numbers may end like this one.
                let told = answer.text.contains(&format!("\"{number}\""));
                assert_eq!(told, expected, "{what} {list}");
            }
            if expected {
                shown += 1;
                continue;
            }
            hidden += 1;
            // The second of two who hold the same role learns no more than the first.
            if person.id.ends_with("-b") {
                continue;
            }
            for line in TABLE.iter().filter(|line| line.path.contains("{number}")) {
                for method in METHODS {
                    let path = address(line, number, "none");
                    let answer = ask(&world, method, &path, &[("authorization", &bearer)]).await;
                    learns_nothing(&answer, number, &format!("{what} {method} {path}"));
                    let expected: &[u16] = if TABLE
                        .iter()
                        .any(|other| other.path == line.path && other.method == method)
                    {
                        &[400, 403, 404, 415, 422]
                    } else {
                        &[405]
                    };
                    assert!(
                        expected.contains(&answer.status.as_u16()),
                        "{what} {method} {path}: {}",
                        answer.text
                    );
                }
            }
        }
    }
    assert!(hidden > 50 && shown > 50, "{hidden} {shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_asks_for_its_right_whatever_the_way_of_entry() {
    let world = World::new();
    let (_, registered) = world.register(0).await;
    let number = registered.json()["number"].as_str().unwrap().to_owned();
    let people = world.desk.people();
    let plain = people.people.iter().find(|person| !world.desk.is_administrator(person)).unwrap();
    let mut browser = Browser::signed_in(&world, &plain.id).await;
    let cookie = browser.cookie.clone();
    let token = browser.token().await;
    let none = format!("Bearer {}", world.key_with(&[]));
    // A key of somebody who administers nothing does not administer, whatever it says.
    let key = desk::ApiKey {
        name: "x".to_owned(),
        person: plain.id.clone(),
        scopes: vec![KeyScope::Admin],
    };
    let exceeding = format!("Bearer {}", world.desk.make_api_key("test", &key).unwrap());
    for line in TABLE.iter().chain(PAGES) {
        let path = address(line, &number, "none");
        let what = format!("{} {path}", line.method);
        let (page, scope) = match line.right {
            Right::Public => continue,
            Right::Key(scope) | Right::Own(scope) => (false, scope),
            Right::Page(scope) => (true, scope),
        };
        let nobody = ask(&world, line.method, &path, &[]).await;
        match page {
            true => assert!(nobody.header("location").starts_with("/sign-in"), "{what}"),
            false => learns_nothing(&nobody, &number, &what),
        }
        let stranger = ask(
            &world,
            line.method,
            &path,
            &[("cookie", "bihuan=0000000000000000.00"), ("sec-fetch-mode", "cors")],
        )
        .await;
        assert_eq!(stranger.status, 401, "{what}");
        if !page {
            let refused = ask(&world, line.method, &path, &[("authorization", &none)]).await;
            assert_eq!(refused.status, 403, "{what}: {}", refused.text);
            learns_nothing(&refused, &number, &what);
            let refused = ask(&world, line.method, &path, &[("authorization", &exceeding)]).await;
            assert_eq!(refused.status, 403, "{what}: {}", refused.text);
        }
        if line.method != "get" {
            let forged = ask(&world, line.method, &path, &[("cookie", &cookie)]).await;
            forged_is_refused(&forged, &what);
        }
        if scope == KeyScope::Admin {
            let signed = [("cookie", cookie.as_str()), ("x-csrf-token", token.as_str())];
            let refused = ask(&world, line.method, &path, &signed).await;
            assert_eq!(refused.status, 403, "{what}: {}", refused.text);
        }
    }
    assert_eq!(browser.get("/").await.status, 200, "nothing of that ended the session");
}

fn forged_is_refused(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 403, "{what}: {}", answer.text);
    assert!(
        answer.text.contains("not-ours") || answer.text.contains("页面已过期"),
        "{what}: {}",
        answer.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_about_somebody_is_for_few_and_never_for_him() {
    let world = World::new();
    let library = world.desk.library();
    let (rules, field) = library
        .all()
        .find_map(|rules| Some((rules, rules.field_meaning(Means::Accused)?)))
        .unwrap();
    let people = world.desk.people();
    let all = |person: &Person, confidential: bool| {
        rules.roles.iter().any(|role| {
            person.has(&role.key)
                && role.reach == Reach::All
                && role.may.contains(&Power::Confidential) == confidential
                && !role.may.contains(&Power::Administer)
        })
    };
    let of =
        |confidential: bool| people.people.iter().filter(move |person| all(person, confidential));
    let other = of(false).next().unwrap();
    let open =
        world.desk.register(&Who::System, &rules.key, [].into(), desk::Options::default()).unwrap();
    // Whatever else he sees, under this procedure or under all, or as an administrator.
    let administers = |person: &&Person| world.desk.is_administrator(person);
    assert!(people.people.iter().any(|person| administers(&person)));
    for accused in of(true).chain(people.people.iter().filter(administers)) {
        let trusted = of(true).find(|person| person.id != accused.id).unwrap();
        let fields = [(field.key.clone(), json!(*accused.id))].into();
        let about = world.desk.register(&Who::System, &rules.key, fields, desk::Options::default());
        let about = about.unwrap();
        for (person, case, expected) in [
            (accused, &open, true),
            (trusted, &open, true),
            (other, &open, true),
            (accused, &about, false),
            (trusted, &about, true),
            (other, &about, false),
        ] {
            let (key, number) = (&world.keys[&*person.id], &case.number);
            let found = world.get(key, &format!("/api/v1/cases/{number}")).await;
            assert_eq!(found.status.is_success(), expected, "{} {number}", person.id);
            for list in ["/api/v1/cases?state=all&limit=200", "/api/v1/events?limit=500"] {
                let listed = world.get(key, list).await;
                assert_eq!(listed.text.contains(number), expected, "{} {number}", person.id);
            }
        }
    }
    assert!(of(true).count() > 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_shown_in_full_to_whom_may_and_that_is_logged_without_it() {
    let world = World::new();
    let (key, registered) = world.register(0).await;
    let path = format!("{}/reveals", registered.header("location"));
    let case = registered.json();
    let masked = case["fields"]
        .as_object()
        .unwrap()
        .iter()
        .find(|(_, value)| value.as_str().is_some_and(|value| value.starts_with("138****")));
    let field = masked.unwrap().0.clone();
    let before = world.desk.store().settings_log(0, 10_000).unwrap().len();
    let wish = json!({ "field": field });
    let rules = world.desk.case_for_operator(case["number"].as_str().unwrap()).unwrap().procedure;
    let may = |person: &Person| {
        rules.roles.iter().any(|role| person.has(&role.key) && role.may.contains(&Power::Reveal))
    };
    let people = world.desk.people();
    let mut refused = 0;
    for person in people.people.iter() {
        let answer = world.post(&world.keys[&*person.id], &path, &wish, &[]).await;
        if answer.status == 403 {
            assert!(!may(person), "{}", person.id);
            refused += 1;
        } else if answer.status == 201 {
            assert!(may(person), "{}", person.id);
        }
    }
    assert!(refused > 0);
    let shown = world.post(&key, &path, &wish, &[]).await;
    assert_eq!(shown.status, 201, "{}", shown.text);
    let value = shown.json()["value"].as_str().unwrap().to_owned();
    assert!(value.starts_with(PHONE), "{value}");
    world.post(&key, &path, &json!({ "field": "none" }), &[]).await.problem(404, "not-found");
    let log = world.desk.store().settings_log(0, 10_000).unwrap();
    let last = log.last().unwrap();
    assert_eq!((last.kind.as_str(), last.deed.as_str()), ("reveal", "note"));
    assert!(last.key.ends_with(&format!("/{field}")) && world.keys[&last.actor] == key);
    assert!(log.len() > before && !format!("{log:?}").contains(&value));
    world.said.lock().unwrap().retain(|said| !said.contains(&value));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_teams_are_written_over_what_was_seen() {
    let world = World::new();
    let people = world.desk.people();
    let person = people.people.iter().find(|person| world.desk.is_administrator(person)).unwrap();
    let key = desk::ApiKey {
        name: "admin".to_owned(),
        person: person.id.clone(),
        scopes: vec![KeyScope::Admin],
    };
    let admin = world.desk.make_api_key("test", &key).unwrap();
    let put = async |path: &str, body: &Json, headers: &[(&str, &str)]| {
        let bearer = format!("Bearer {admin}");
        let mut request = Request::put(path)
            .header("authorization", bearer)
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        world.send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    let role = world.desk.people().people[0].roles[0].to_string();
    let user = json!({ "name": "林晓", "roles": [role] });
    let made = put("/api/v1/users/lin", &user, &[("if-none-match", "*")]).await;
    assert_eq!(
        (made.status.as_u16(), made.json()["name"].as_str()),
        (201, Some("林晓")),
        "{}",
        made.text
    );
    put("/api/v1/users/lin", &user, &[("if-none-match", "*")])
        .await
        .problem(412, "version-mismatch");
    let seen = world.get(&admin, "/api/v1/users/lin").await.header("etag").to_owned();
    let changed =
        put("/api/v1/users/lin", &json!({ "name": "林小", "roles": [] }), &[("if-match", &seen)])
            .await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    put("/api/v1/users/lin", &user, &[("if-match", &seen)]).await.problem(412, "version-mismatch");
    put("/api/v1/users/nobody", &user, &[("if-match", &seen)]).await.problem(404, "not-found");
    put("/api/v1/users/%E6%9E%97", &user, &[]).await.problem(422, "bad-name");
    let wrong = put("/api/v1/users/lin", &json!({ "name": "x", "roles": ["none"] }), &[])
        .await
        .problem(422, "invalid-fields");
    assert_eq!(wrong["fields"][0]["field"], "roles[0]");
    let invited = world.post(&admin, "/api/v1/users/lin/invitations", &json!({}), &[]).await;
    assert!(
        invited.status == 201 && invited.json()["link"].as_str().unwrap().contains("/welcome/"),
        "{}",
        invited.text
    );
    let team = json!({ "name": "早班", "lead": "lin", "members": ["lin"] });
    assert_eq!(put("/api/v1/teams/early", &team, &[]).await.status, 201);
    assert_eq!(put("/api/v1/teams/early", &team, &[]).await.status, 200);
    put("/api/v1/teams/early", &json!({ "name": "x", "members": ["none"] }), &[])
        .await
        .problem(422, "invalid-fields");
    assert_eq!(
        world.get(&admin, "/api/v1/teams").await.json()["items"][0]["members"][0]["name"],
        "林小"
    );
    let me = world.get(&admin, "/api/v1/me").await.json();
    assert!(me["administrator"] == true && me["scopes"].is_array(), "{me}");
    let gone = ask(
        &world,
        "delete",
        "/api/v1/teams/early",
        &[("authorization", &format!("Bearer {admin}"))],
    )
    .await;
    assert_eq!(gone.status, 204);
    world.get(&admin, "/api/v1/teams/early").await.problem(404, "not-found");
    let left = ask(
        &world,
        "delete",
        "/api/v1/users/lin",
        &[("authorization", &format!("Bearer {admin}"))],
    )
    .await;
    assert_eq!(left.status, 204, "{}", left.text);
    world.get(&admin, "/api/v1/users/lin").await.problem(404, "not-found");
    assert!(world.desk.people().person("lin").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_away_gets_nothing_new_and_what_he_holds_is_handed_over() {
    let world = World::new();
    let (mut held, mut uses) = (None, BTreeMap::new());
    for (number, path) in cases(&world).await {
        for _ in 0..4 {
            let case = world.desk.case_for_operator(&number).unwrap().case;
            if let (Some(assignee), Some(_)) = (case.assignee.clone(), case.role.clone()) {
                held = Some((number.clone(), assignee));
                break;
            }
            step(&world, &path, &mut uses).await;
        }
    }
    let (number, assignee) = held.unwrap();
    let away = json!({ "from": "2026-05-01T00:00:00Z", "to": "2026-12-01T00:00:00Z" });
    let path = format!("/api/v1/users/{assignee}/absence");
    let put = async |key: &str, body: &Json| {
        let request = Request::put(&path)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json");
        world.send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    let other = world
        .keys
        .iter()
        .find(|(id, _)| {
            ***id != *assignee
                && !world.desk.is_administrator(world.desk.people().person(id).unwrap())
        })
        .unwrap();
    put(other.1, &away).await.problem(403, "forbidden");
    put(&world.keys[&*assignee], &json!({ "from": "2026-05-01T00:00:00Z" }))
        .await
        .problem(422, "invalid-fields");
    put(
        &world.keys[&*assignee],
        &json!({ "from": "2026-12-01T00:00:00Z", "to": "2026-05-01T00:00:00Z" }),
    )
    .await
    .problem(422, "invalid-fields");
    let said = put(&world.keys[&*assignee], &away).await;
    assert!(said.status == 200 && said.json()["present"] == false, "{}", said.text);
    let after = world.desk.case_for_operator(&number).unwrap();
    assert_ne!(after.case.assignee.as_ref(), Some(&assignee));
    assert!(after.case.assignee.is_some() || after.case.role.is_some());
    let sweep = world.desk.sweep().unwrap();
    assert!(sweep.broken.is_empty() && sweep.snapshots.is_empty() && sweep.timers.is_empty());
    // Doing it again changes nothing, and whoever comes back keeps what he has.
    assert_eq!(world.desk.hand_over_absent().unwrap(), 0);
    let back = put(&world.keys[&*assignee], &json!({})).await;
    assert_eq!(back.json()["present"], true, "{}", back.text);
    // A substitute comes before the rules.
    let now = world.desk.case_for_operator(&number).unwrap().case.assignee.clone();
    if let Some(now) = now {
        let absence = desk::Absence {
            from: "2026-05-01T00:00:00Z".parse().unwrap(),
            to: "2026-12-01T00:00:00Z".parse().unwrap(),
            substitute: Some(other.0.as_str().into()),
        };
        let caller = desk::Caller { person: now.clone(), scopes: vec![] };
        assert!(world.desk.set_absence(&caller, &now, Some(&absence), None).unwrap().cases >= 1);
        assert_eq!(
            world.desk.case_for_operator(&number).unwrap().case.assignee.as_deref(),
            Some(other.0.as_str())
        );
    }
}

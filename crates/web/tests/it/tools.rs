//! A person's own tools: views, picked lines, files of lists, texts, people named in notes.

use crate::administering::administrator;
use crate::signing::{Browser, PASSWORD, encoded};
use crate::world::{PHONE, World};
use browser::Window;
use desk::{Caller, Content, KeyScope, Seen, Shelf};
use engine::decide::offers;
use engine::people::Who;
use engine::procedure::Verb;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use web::Config;

/// So many cases of one procedure, by number.
pub(crate) async fn cases(world: &World, count: usize) -> Vec<String> {
    let mut numbers = Vec::new();
    for _ in 0..count {
        let (_, registered) = world.register(0).await;
        numbers.push(registered.json()["number"].as_str().unwrap().to_owned());
    }
    numbers
}

pub(crate) fn seen(world: &World, number: &str) -> Seen {
    world.desk.case_for_operator(number).unwrap()
}

/// Somebody who may do something with every one of these cases now, and the key of the action.
pub(crate) fn able(world: &World, numbers: &[String], verb: Verb) -> Option<(String, String)> {
    let people = world.desk.directory();
    let able = |person: &str, number: &String| {
        let seen = seen(world, number);
        if !world.desk.may_see(&person.into(), &seen.case.id).unwrap() {
            return None;
        }
        let who = Who::Person(person.into());
        let all = offers(&seen.procedure, &seen.case, &people, &who, world.desk.now());
        let mut actions = all.iter().filter_map(|offer| seen.procedure.action(&offer.action));
        actions.find(|action| action.has(verb)).map(|action| action.key.to_string())
    };
    people.people.iter().find_map(|person| {
        let keys: Option<Vec<String>> = numbers.iter().map(|one| able(&person.id, one)).collect();
        Some((person.id.to_string(), keys?.first()?.clone()))
    })
}

/// Somebody who may share, and somebody who may not.
pub(crate) fn supervisor_and_other(world: &World) -> (String, String) {
    let people = world.desk.people();
    let find = |may: bool| {
        let fits = |person: &&engine::people::Person| world.desk.is_supervisor(person) == may;
        people.people.iter().find(fits).unwrap().id.to_string()
    };
    (find(true), find(false))
}

pub(crate) fn picks(numbers: &[String]) -> String {
    numbers.iter().map(|number| format!("pick={}&", encoded(number))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_a_list_under_a_name_for_whom_it_is() {
    let world = World::new();
    cases(&world, 2).await;
    let (supervisor, other) = supervisor_and_other(&world);
    let mut browser = Browser::signed_in(&world, &supervisor).await;
    let token = browser.token().await;
    let fields = [("csrf", token.as_str()), ("name", "明天之前"), ("sort", "newest")];
    let kept = browser.post("/saved/views", &fields).await;
    assert_eq!(
        (kept.status.as_u16(), kept.header("location")),
        (303, "/cases?sort=newest&done=view")
    );
    let list = browser.get("/cases?sort=newest").await.text;
    let rail = list.split("<nav class=\"rail\"").nth(1).unwrap().split("</nav>").next().unwrap();
    assert!(rail.contains("明天之前") && rail.contains("aria-current=\"page\""), "{rail}");
    // Somebody else does not have it until it is shared.
    let mut second = Browser::signed_in(&world, &other).await;
    assert!(!second.get("/saved/views").await.text.contains("明天之前"));
    let id = world.desk.saved(&caller(&supervisor), Shelf::Views).remove(0).id;
    let mine = second.token().await;
    let place = format!("/saved/views/{id}");
    let hidden = second.post(&place, &[("csrf", &mine), ("deed", "discard")]).await;
    assert_eq!(hidden.status, 404);
    let shared = [
        ("csrf", token.as_str()),
        ("name", "大家的"),
        ("sort", "newest"),
        ("shared", "yes"),
        ("deed", "save"),
    ];
    assert_eq!(browser.post(&place, &shared).await.status, 303);
    assert!(second.get("/work").await.text.contains("大家的"));
    // Whoever may not share may not change it either; what does not fit comes back as it was typed.
    let refused = second
        .post(&place, &[("csrf", &mine), ("name", "改名"), ("shared", "yes"), ("deed", "save")])
        .await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    let long = "长".repeat(41);
    let back =
        second.post("/saved/views", &[("csrf", &mine), ("name", &long), ("due", "day")]).await;
    assert!(back.status == 422 && back.text.contains(&long), "{}", back.text);
    let strange =
        browser.post("/saved/views", &[("csrf", &token), ("name", "x"), ("x", "y")]).await;
    assert_eq!(strange.status, 422);
    // Over the API it is the same one.
    let key = &world.keys[&other];
    let answer = world.get(key, "/api/v1/views").await.json();
    assert_eq!(answer["items"][0]["filters"], json!({ "sort": "newest" }));
    let put = async |id: &str, body: Json| {
        let request = axum::http::Request::put(format!("/api/v1/views/{id}"))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json");
        world.send(request.body(axum::body::Body::from(body.to_string())).unwrap()).await
    };
    let made = put("mine", json!({ "name": "我的", "filters": { "due": "late" } })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    put("theirs", json!({ "name": "x", "shared": true })).await.problem(403, "forbidden");
    put("x1", json!({ "name": "x", "filters": { "y": "z" } })).await.problem(422, "invalid-body");
    put("x1", json!({ "name": "", "filters": {} })).await.problem(422, "invalid-fields");
}

fn caller(person: &str) -> Caller {
    Caller { person: person.into(), scopes: vec![KeyScope::CasesRead, KeyScope::CasesWrite] }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_reads_the_words_that_are_described_and_none_is_no_filter() {
    let world = World::new();
    let document = world.get(world.any(), "/api/openapi.json").await.json();
    let parameters = &document["paths"]["/api/v1/exports/cases"]["get"]["parameters"];
    let mut described = 0;
    for parameter in parameters.as_array().unwrap() {
        let pattern = parameter["schema"]["pattern"].as_str().unwrap_or_default();
        let words = pattern.strip_prefix("^(").and_then(|words| words.strip_suffix(")?$"));
        let Some(words) = words.filter(|words| !words.contains('[')) else { continue };
        described += 1;
        let name = parameter["name"].as_str().unwrap();
        // Views are kept with the same words.
        let schemas = document["components"]["schemas"].as_object().unwrap().values();
        let kept = schemas.map(|schema| &schema["properties"][name]["pattern"]);
        let kept: Vec<_> = kept.filter(|words| words.is_string()).collect();
        assert_eq!(kept, [pattern], "{name}");
        // What was said stands with cases that were rated.
        let by = if name == "rating" { "by=rated&" } else { "" };
        for word in words.split('|').chain([""]) {
            let query = format!("/api/v1/exports/cases?{by}{name}={word}");
            assert_eq!(world.get(world.any(), &query).await.status, 200, "{query}");
        }
        let query = format!("/api/v1/exports/cases?{by}{name}=unsaid");
        world.get(world.any(), &query).await.problem(422, "invalid-fields");
    }
    assert_eq!(described, 6, "{parameters}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_taken_along_as_a_file_over_the_page_and_the_api() {
    let world = World::new();
    let numbers = cases(&world, 2).await;
    let key = world.any().to_owned();
    let csv = world.get(&key, "/api/v1/exports/cases?format=csv").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(csv.header("content-disposition").starts_with("attachment; filename=\"cases-"));
    assert!(csv.text.contains(&numbers[0]) && !csv.text.contains(PHONE));
    let none = world.get(&key, "/api/v1/exports/cases?procedure=none").await;
    assert_eq!(none.text.lines().count(), 1);
    world.get(&key, "/api/v1/exports/cases?severity=x").await.problem(422, "invalid-fields");
    world.get(&key, "/api/v1/exports/cases?x=y").await.problem(400, "bad-query");
    let mut browser = Browser::signed_in(&world, &administrator(&world)).await;
    let sheet = browser.get("/cases/export?sort=newest&format=xlsx").await;
    let told = format!("\"{}\"", numbers[0]);
    assert!(sheet.status == 200 && sheet.text.contains(&told), "{}", sheet.text);
    assert!(!sheet.text.contains(PHONE), "{}", sheet.text);
    assert!(browser.get("/cases").await.text.contains("/cases/export?format=csv"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_put_into_a_note_and_whoever_it_names_is_told() {
    let world = World::new();
    let numbers = cases(&world, 1).await;
    let number = &numbers[0];
    let (person, action) = able(&world, &numbers, Verb::Comment).unwrap();
    let text = Content::Template("{number} 已转告".to_owned().into());
    world.desk.keep_saved(&caller(&person), &"t1".into(), ("转告", false, text), None).unwrap();
    let mut browser = Browser::signed_in(&world, &person).await;
    let page = browser.get(&format!("/cases/{number}?do={action}&template=t1")).await.text;
    assert!(page.contains(&format!("{number} 已转告</textarea>")), "{page}");
    assert!(page.contains("data-insert="));
    // Two who see the case, and one who does not, are named.
    let people = world.desk.people();
    let case = seen(&world, number).case.id.clone();
    let (sees, blind): (Vec<_>, Vec<_>) = people
        .people
        .iter()
        .filter(|one| *one.id != *person)
        .partition(|one| world.desk.may_see(&one.id, &case).unwrap());
    let note = format!("请看 @{} @{}", sees[0].id, blind[0].id);
    let token = browser.token_of(&page);
    let place = format!("/cases/{number}/actions/{action}");
    let done = browser.post(&place, &[("csrf", &token), ("i.text", &note)]).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let told = |person: &str| {
        let all = world.desk.store().inbox_newest(person, None, 50).unwrap();
        all.iter().any(|message| message.body["topic"] == json!("mention"))
    };
    assert!(told(&sees[0].id) && !told(&blind[0].id) && !told(&person));
    let mut named = Browser::signed_in(&world, &sees[0].id).await;
    // Who wrote it, and what; among the mentions and nowhere else.
    let author = people.person(&person).unwrap().name.clone();
    let inbox = named.get("/inbox").await.text;
    assert!(
        inbox.contains(&format!("{author} 在备注里提到您")) && inbox.contains(&note),
        "{inbox}"
    );
    assert!(named.get("/inbox?only=mention").await.text.contains(&note));
    assert!(!named.get("/inbox?only=due").await.text.contains(&note));
    assert_eq!(named.get("/inbox?only=x").await.status, 400);
    // Whoever opens the case has read it.
    let unread = || world.desk.store().unread(&sees[0].id, 99).unwrap();
    let before = unread();
    assert!(before > 0);
    assert_eq!(named.get(&format!("/cases/{number}")).await.status, 200);
    assert_eq!(unread(), 0, "all of it was about this case");
    assert!(named.get("/inbox").await.text.contains(&note), "it stays to be read again");
    // By id over the API, somebody who may not see the case is refused.
    let body = json!({ "input": { "text": "x", "mentions": [blind[0].id] } });
    let path = format!("/api/v1/cases/{number}/actions/{action}");
    world.post(&world.keys[&person], &path, &body, &[]).await.problem(422, "unknown-reference");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_followed_and_put_off_from_its_page() {
    let world = World::new();
    let number = cases(&world, 1).await.remove(0);
    let columns = seen(&world, &number).summary.columns;
    let people = world.desk.people();
    let holds = |person: &&engine::people::Person| columns.holder == *person.id;
    let supervisor = supervisor_and_other(&world).0;
    let person = people.people.iter().find(holds).map_or(supervisor, |one| one.id.to_string());
    let mut browser = Browser::signed_in(&world, &person).await;
    let token = browser.token().await;
    let place = format!("/cases/{number}");
    let follow = browser.post(&format!("{place}/follow"), &[("csrf", &token), ("on", "yes")]).await;
    assert_eq!(follow.header("location"), place);
    assert!(world.desk.follows(&caller(&person), &seen(&world, &number)).unwrap());
    let snooze = [("csrf", token.as_str()), ("span", "tomorrow")];
    let put_off = browser.post(&format!("{place}/snooze"), &snooze).await;
    if columns.holder == person {
        assert_eq!(put_off.header("location"), format!("/work?done={number}"), "{}", put_off.text);
        let work = browser.get("/work").await.text;
        assert!(work.contains("id=\"snoozed\"") && work.contains(&number));
        browser.post(&format!("{place}/snooze"), &[("csrf", &token), ("span", "wake")]).await;
        assert!(!browser.get("/work").await.text.contains("id=\"snoozed\""));
    } else {
        assert_eq!(put_off.status, 422, "{}", put_off.text);
    }
}

/// A real browser before the desk, with somebody signed in.
async fn before(
    world: &World,
    person: &str,
    window: Window,
) -> (browser::Browser, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let config = Config { rate: None, ..Config::default() };
    let desk = world.desk.clone();
    let serving = tokio::spawn(async move {
        web::serve(desk, listener, config, std::future::pending()).await.unwrap();
    });
    let browser = browser::Browser::start(&origin, window).await.unwrap();
    world.desk.set_password("test", &person.into(), PASSWORD, None).unwrap();
    browser.go("/sign-in").await.unwrap();
    browser.fill("input[name=name]", person).await.unwrap();
    browser.fill("input[name=password]", PASSWORD).await.unwrap();
    browser.press("Enter").await.unwrap();
    browser.wait("#work").await.unwrap();
    (browser, serving)
}

/// On a small telephone, in both themes, with everything folded out: nothing scrolls sideways, and axe finds nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_tools_and_the_administration_fit_and_can_be_used_by_everybody() {
    let world = World::new();
    let numbers = cases(&world, 2).await;
    let person = administrator(&world);
    let keep = |id: &str, shared, content| {
        world
            .desk
            .keep_saved(&caller(&person), &id.into(), ("常用的一个", shared, content), None)
            .unwrap();
    };
    keep("v1", false, Content::View(desk::Criteria::default()));
    keep("v2", true, Content::View(desk::Criteria { due: "day".to_owned(), ..Default::default() }));
    keep("t1", true, Content::Template("{customer}，您好！{number} 已转告。".to_owned().into()));
    let key = desk::ApiKey {
        name: "网站".to_owned(),
        person: person.as_str().into(),
        scopes: vec![KeyScope::CasesRead],
    };
    world.desk.make_api_key("test", &key).unwrap();
    let (_, action) = able(&world, &numbers, Verb::Comment).unwrap();
    let bulk = format!("/bulk?{}", picks(&numbers));
    let (browser, serving) = before(&world, &person, Window { width: 360, ..Window::PHONE }).await;
    let mut found = Vec::new();
    for path in [
        "/saved/views",
        "/saved/templates",
        &bulk,
        &format!("{bulk}deed=act.{action}"),
        &format!("{bulk}deed=merge"),
        "/bulk",
        "/cases",
        &format!("/cases/{}?do={action}", numbers[0]),
        "/admin/people",
        &format!("/admin/people/{person}"),
        "/admin/log",
        "/admin/teams",
        "/admin/procedures",
        "/admin/procedures/draft?from=as",
        "/admin/calendars",
        "/admin/calendars/cn?year=2026",
        "/admin/keys",
        "/admin/webhooks",
        "/admin/installation",
    ] {
        browser.go(path).await.unwrap();
        let wide = browser.script("const all = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.tabs, .path, .strip, .filters, .unseen, dialog, details.menu')); return document.documentElement.scrollWidth > innerWidth ? all.slice(0, 4).map((one) => one.outerHTML.slice(0, 120)) : [];").await.unwrap();
        found.extend(
            wide.as_array().unwrap().iter().map(|one| format!("{path} is too wide: {one}")),
        );
        for theme in ["light", "dark"] {
            let open = format!(
                "document.documentElement.dataset.theme = '{theme}'; for (const one of document.querySelectorAll('main details:not(.menu)')) one.open = true;"
            );
            browser.script(&open).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            let all = browser.objections(&[]).await.unwrap();
            found.extend(all.into_iter().map(|one| format!("{path} {theme}: {one}")));
        }
    }
    serving.abort();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// By key and click: lines are picked, looked at, dealt with; a list is kept under a name.
#[tokio::test(flavor = "multi_thread")]
async fn lines_are_picked_by_key_looked_at_and_dealt_with_and_a_list_is_kept() {
    let world = World::new();
    let numbers = cases(&world, 3).await;
    let (person, _) = able(&world, &numbers, Verb::Comment).unwrap();
    let (browser, serving) = before(&world, &person, Window::DESK).await;
    browser.go("/cases").await.unwrap();
    browser.wait("[data-row] input[name=pick]").await.unwrap();
    for key in ["j", "s", "j", "s"] {
        browser.press(key).await.unwrap();
    }
    let picked = "return document.querySelectorAll('input[name=pick]:checked').length;";
    assert_eq!(browser.script(picked).await.unwrap(), 2);
    // The list follows what happens, and what is picked stays picked.
    cases(&world, 1).await;
    let followed = "return document.querySelectorAll('[data-row]').length === 4;";
    browser.until(followed, Vec::new(), "the fourth case").await.unwrap();
    assert_eq!(browser.script(picked).await.unwrap(), 2);
    browser.click("#bulk button[type=submit]").await.unwrap();
    browser.wait("#bulk-page .others a").await.unwrap();
    let (_, action) = able(&world, &numbers, Verb::Comment).unwrap();
    browser.click(&format!("#bulk-page a[href*='deed=act.{action}&']")).await.unwrap();
    browser.wait("#bulk-page textarea").await.unwrap();
    browser.fill("#bulk-page textarea", "统一告知：今天下午恢复").await.unwrap();
    browser.press("Ctrl+Enter").await.unwrap();
    browser.wait("#bulk-page .ok").await.unwrap();
    let versions: Vec<u64> =
        numbers.iter().map(|number| seen(&world, number).case.version).collect();
    browser.click("#bulk-page button[name=go][value=do]").await.unwrap();
    browser.wait("#bulk-page .notice.fine").await.unwrap();
    let changed = numbers.iter().zip(versions);
    let changed = changed.filter(|(number, before)| seen(&world, number).case.version > *before);
    assert!(changed.count() >= 1);
    // A list under a name.
    browser.go("/cases?sort=newest").await.unwrap();
    browser.click("#save-view summary").await.unwrap();
    browser.fill("#view-name", "新到的").await.unwrap();
    browser.press("Enter").await.unwrap();
    let kept = "return [...document.querySelectorAll('#rail a.item[aria-current]')].some((one) => one.textContent.includes('新到的') && one.textContent.includes('4'));";
    browser.until(kept, Vec::new(), "the view with its count").await.unwrap();
    serving.abort();
}

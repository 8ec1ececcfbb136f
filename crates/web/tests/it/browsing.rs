//! A real Chromium before the desk: two people on one case, a lost connection, keys alone, small telephones.

use crate::stage::Stage;
use crate::world::{PHONE, World};
use browser::{Browser, Window};
use engine::event::Event;
use engine::people::Person;
use engine::procedure::Actor;
use serde_json::{Value as Json, json};

const TEXT: &str = "设备无法启动，开机后屏幕显示错误代码 E07，已按说明书重启三次仍未恢复正常";
const FORM: &str = "#new-form form";

/// The first procedure, and whoever may register under it.
pub(crate) async fn first(world: &World) -> (String, Vec<String>) {
    let key = world.procedure(0).await["key"].as_str().unwrap().to_owned();
    let rules = world.desk.library().newest(&key).unwrap().0;
    let by = &rules.register_action().unwrap().by;
    let may = |person: &&Person| {
        by.iter().any(|actor| matches!(actor, Actor::Role(role) if person.has(role)))
    };
    let people = world.desk.people();
    (key, people.people.iter().filter(may).map(|person| person.id.to_string()).collect())
}

/// A case that is there, and two people who may write to it.
pub(crate) async fn shared(world: &World) -> (String, [String; 2]) {
    let (_, registered) = world.register(0).await;
    let number = registered.json()["number"].as_str().unwrap().to_owned();
    let (_, people) = first(world).await;
    let seen = |person: &&String| {
        let caller = desk::Caller { person: person.as_str().into(), scopes: Vec::new() };
        world.desk.case_for(&caller, &number).is_ok()
    };
    let mut both = people.iter().filter(seen).cloned();
    let both = [both.next().unwrap(), both.next().unwrap()];
    (number, both)
}

/// The internal notes of a case, in order.
fn notes(world: &World, number: &str) -> Vec<String> {
    let case = world.desk.case_for_operator(number).unwrap().summary.id;
    let facts = world.desk.store().events(case, 0, 500).unwrap();
    let facts = facts.iter().map(|fact| desk::decode_event(fact).unwrap().event);
    facts
        .filter_map(|fact| match fact {
            Event::Commented { text } => Some(text.as_str().to_owned()),
            _ => None,
        })
        .collect()
}

/// Waits until a control holds this.
pub(crate) async fn holds(browser: &Browser, css: &str, text: &str) {
    let script = "return document.querySelector(arguments[0])?.value === arguments[1];";
    browser.until(script, vec![json!(css), json!(text)], text).await.unwrap();
}

/// Waits until a page says what became of its draft.
pub(crate) async fn kept(browser: &Browser, key: &str) {
    let script = "return document.querySelector('[data-saved]')?.textContent === JSON.parse(document.getElementById('words').dataset.words)[arguments[0]];";
    browser.until(script, vec![json!(key)], key).await.unwrap();
}

/// Whether something has the focus and is in sight.
async fn is_before_the_eyes(browser: &Browser, css: &str) {
    let script = "const one = document.querySelector(arguments[0]), at = one?.getBoundingClientRect();
        return Boolean(one && document.activeElement === one && at.top >= 0 && at.top < innerHeight);";
    browser.until(script, vec![json!(css)], css).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_overtaken_is_warned_and_loses_nothing() {
    let mut stage = Stage::new(Window::DESK).await;
    let (number, [one, other]) = shared(&stage.world).await;
    let path = format!("/cases/{number}");
    // A step that changes something and takes a text.
    let content = "#now-do textarea[name='i.content']";
    stage.open(&one, &path).await;
    step_with(&stage.browser, "i.content").await;
    stage.browser.wait(content).await.unwrap();
    stage.browser.fill(content, "先到的人写得慢").await.unwrap();
    // The other sees that somebody is writing, and is faster.
    let note = "#now-do textarea[name='i.text']";
    let second = stage.elsewhere(Window::DESK, &other, &path).await;
    let name = stage.world.desk.people().person(&one).unwrap().name.clone();
    second.wait("#present .notice").await.unwrap();
    assert!(second.text("#present").await.unwrap().contains(&name));
    second.press("x").await.unwrap();
    second.wait(note).await.unwrap();
    second.fill(note, "后到的人写得快").await.unwrap();
    second.press("Ctrl+Enter").await.unwrap();
    second.wait("#head .notice.fine").await.unwrap();
    // The page of the first follows, but not the form that he is writing in.
    stage.browser.read("后到的人写得快").await.unwrap();
    holds(&stage.browser, content, "先到的人写得慢").await;
    let refused = stage.send("#now-do form").await.unwrap_err();
    let conflict = stage.browser.text("#conflict").await.unwrap();
    assert!(conflict.contains("后到的人写得快"), "{conflict}\n{refused}");
    holds(&stage.browser, content, "先到的人写得慢").await;
    is_before_the_eyes(&stage.browser, "#conflict .notice").await;
    // Now he knows, and sends it over what he has seen, without looking for the form.
    stage.browser.press("Ctrl+Enter").await.unwrap();
    stage.browser.wait("#head .notice.fine").await.unwrap();
    stage.browser.read("先到的人写得慢").await.unwrap();
}

/// Goes to the form of another step of the case that is open, one whose page says this.
async fn step_with(browser: &Browser, text: &str) {
    let asks = "for (const { href } of document.querySelectorAll('#others a')) {
            const ask = new XMLHttpRequest();
            ask.open('GET', href, false);
            ask.send();
            if (ask.responseText.includes(TEXT)) { location.assign(href); return true; }
        }
        return false;";
    let asks = asks.replace("TEXT", &json!(text).to_string());
    assert_eq!(browser.script(&asks).await.unwrap(), true, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_dropped_beside_the_form_or_pasted_is_taken_into_it() {
    let mut stage = Stage::new(Window::DESK).await;
    let (number, [one, _]) = shared(&stage.world).await;
    stage.open(&one, &format!("/cases/{number}")).await;
    step_with(&stage.browser, "type=\"file\"").await;
    stage.browser.wait("#now-do input[type=file]").await.unwrap();
    let brings = "const data = new DataTransfer();
        data.items.add(new File(['x'], NAME, { type: 'image/png' }));
        const event = KIND === 'paste' ? new ClipboardEvent(KIND, { clipboardData: data, bubbles: true, cancelable: true })
            : new DragEvent(KIND, { dataTransfer: data, bubbles: true, cancelable: true });
        document.querySelector('#head').dispatchEvent(event);
        return event.defaultPrevented;";
    for (kind, name) in [("dragover", "无"), ("drop", "现场.png"), ("paste", "截图.png")] {
        let script = brings.replace("KIND", &json!(kind).to_string());
        let script = script.replace("NAME", &json!(name).to_string());
        assert_eq!(stage.browser.script(&script).await.unwrap(), true, "{kind}");
    }
    let picked = stage.browser.text("#now-do .picked").await.unwrap();
    assert!(picked.contains("现场.png") && picked.contains("截图.png"), "{picked}");
    assert!(!picked.contains('无'), "what only passes over is not taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_that_are_written_at_the_same_time_stand_beside_each_other() {
    let mut stage = Stage::new(Window::DESK).await;
    let (number, [one, other]) = shared(&stage.world).await;
    let path = format!("/cases/{number}");
    let note = "#now-do textarea[name='i.text']";
    let second = stage.elsewhere(Window::DESK, &other, &path).await;
    stage.open(&one, &path).await;
    for (browser, text) in [(&stage.browser, "先到的人写得慢"), (&second, "后到的人写得快")]
    {
        browser.press("x").await.unwrap();
        browser.wait(note).await.unwrap();
        browser.fill(note, text).await.unwrap();
    }
    for browser in [&second, &stage.browser] {
        browser.press("Ctrl+Enter").await.unwrap();
        browser.wait("#head .notice.fine").await.unwrap();
    }
    assert_eq!(notes(&stage.world, &number), ["后到的人写得快", "先到的人写得慢"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_follows_what_others_do_and_says_when_it_cannot() {
    let mut stage = Stage::new(Window::DESK).await;
    let (number, [one, other]) = shared(&stage.world).await;
    let path = format!("/cases/{number}");
    let watching = stage.elsewhere(Window::PHONE, &other, &path).await;
    let note = async |stage: &mut Stage, text: &str| {
        stage.open(&one, &path).await;
        stage.browser.press("x").await.unwrap();
        stage.browser.wait("#now-do textarea[name='i.text']").await.unwrap();
        stage.give("#now-do form", "i.text", &json!(text)).await;
        stage.send("#now-do form").await.unwrap();
    };
    // Nobody loads this page again.
    note(&mut stage, "已致电客户").await;
    watching.read("已致电客户").await.unwrap();
    // The connection is lost, and what happened meanwhile is there when it comes back.
    let state = "return document.getElementById('state').dataset.state === arguments[0];";
    watching.offline(true).await.unwrap();
    watching.until(state, vec![json!("lost")], "a lost connection").await.unwrap();
    note(&mut stage, "客户已回电").await;
    watching.offline(false).await.unwrap();
    watching.until(state, vec![json!("live")], "the connection again").await.unwrap();
    watching.read("客户已回电").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_without_a_connection_is_sent_when_it_is_there_again() {
    let mut stage = Stage::new(Window::DESK).await;
    let (procedure, people) = first(&stage.world).await;
    let path = format!("/new/{procedure}");
    stage.open(&people[0], &path).await;
    // What one keeps from the first contact is enough for a form that is taken.
    let fields = stage.world.new_case(0).await["fields"].clone();
    stage.browser.wait(&format!("{FORM} textarea")).await.unwrap();
    stage.browser.offline(true).await.unwrap();
    for (key, value) in fields.as_object().unwrap() {
        stage.give(FORM, &format!("f.{key}"), value).await;
    }
    let long = format!("{FORM} textarea");
    stage.browser.fill(&long, TEXT).await.unwrap();
    kept(&stage.browser, "keptHere").await;
    stage.browser.press("Ctrl+Enter").await.unwrap();
    stage.browser.wait("#toast").await.unwrap();
    assert_eq!(*stage.world.desk.store().changes().borrow(), 0, "nothing reached the desk");
    // The page is closed and opened again: everything is there, and goes to the server.
    stage.browser.offline(false).await.unwrap();
    stage.browser.go(&path).await.unwrap();
    holds(&stage.browser, &long, TEXT).await;
    kept(&stage.browser, "kept").await;
    // Whoever sits down at the same machine next sees nothing of it.
    stage.open(&people[1], &path).await;
    holds(&stage.browser, &long, "").await;
    stage.open(&people[0], &path).await;
    holds(&stage.browser, &long, TEXT).await;
    complete(&stage).await;
    // What was sent is no draft any more, not even that of the last key.
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    stage.open(&people[0], &path).await;
    holds(&stage.browser, &long, "").await;
}

/// Sends the form of a new case, and what is missing with it.
pub(crate) async fn complete(stage: &Stage) {
    for _ in 0..4 {
        let Err(page) = stage.send(FORM).await else { return };
        let wrong = "return [...document.querySelectorAll('#new-form .field:has(> .wrong)')].map((one) => one.querySelector('[name]:not([type=hidden])')).filter(Boolean)
            .map((one) => ({ name: one.name, kind: one.type, value: one.value }));";
        let wrong = stage.browser.script(wrong).await.unwrap();
        assert_ne!(wrong, json!([]), "{page}");
        for control in wrong.as_array().unwrap() {
            let value = match control["kind"].as_str().unwrap() {
                "datetime-local" => json!("2026-05-08 09:20"),
                "radio" | "checkbox" => control["value"].clone(),
                "tel" => json!(format!("{PHONE}0000")),
                _ => json!(TEXT),
            };
            stage.give(FORM, control["name"].as_str().unwrap(), &value).await;
        }
    }
    panic!("{}", stage.browser.text(FORM).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_begun_on_one_machine_is_taken_up_on_another() {
    let mut stage = Stage::new(Window::DESK).await;
    let (number, [one, _]) = shared(&stage.world).await;
    let path = format!("/cases/{number}");
    let note = "#now-do textarea[name='i.text']";
    stage.open(&one, &path).await;
    stage.browser.press("x").await.unwrap();
    stage.browser.wait(note).await.unwrap();
    stage.browser.fill(note, "在电脑上写了一半").await.unwrap();
    kept(&stage.browser, "kept").await;
    let telephone = stage.elsewhere(Window::PHONE, &one, &path).await;
    telephone.click("#others a[data-key=x]").await.unwrap();
    holds(&telephone, note, "在电脑上写了一半").await;
    telephone.fill(note, "在电脑上写了一半，在手机上写完").await.unwrap();
    telephone.click("#now-do .actions button[type=submit]").await.unwrap();
    telephone.wait("#head .notice.fine").await.unwrap();
    assert_eq!(notes(&stage.world, &number), ["在电脑上写了一半，在手机上写完"]);
    // It is a draft no more.
    stage.browser.go(&path).await.unwrap();
    stage.browser.press("x").await.unwrap();
    holds(&stage.browser, note, "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_move_search_and_open() {
    let mut stage = Stage::new(Window::DESK).await;
    let (mut numbers, mut person) = (Vec::new(), String::new());
    for _ in 0..3 {
        let (key, registered) = stage.world.register(0).await;
        numbers.push(registered.json()["number"].as_str().unwrap().to_owned());
        person = stage.world.keys.iter().find(|(_, known)| **known == key).unwrap().0.clone();
    }
    stage.open(&person, "/cases").await;
    let browser = &stage.browser;
    browser.wait("[data-row]").await.unwrap();
    browser.press("j").await.unwrap();
    browser.press("j").await.unwrap();
    let second = browser.script("return document.querySelectorAll('[data-row]')[1].querySelector('[data-number]').dataset.number;").await.unwrap();
    browser.press("Enter").await.unwrap();
    browser.wait("article.case").await.unwrap();
    assert!(browser.place().await.unwrap().contains(second.as_str().unwrap()));
    // The command bar finds by number, from anywhere.
    browser.press("Ctrl+k").await.unwrap();
    browser.wait("#palette[open]").await.unwrap();
    browser.fill("#palette input", &numbers[0]).await.unwrap();
    browser.wait("#palette a[role=option]").await.unwrap();
    browser.press("Enter").await.unwrap();
    browser.read(&numbers[0]).await.unwrap();
    browser.press("?").await.unwrap();
    browser.wait("#keys[open]").await.unwrap();
    browser.press("Escape").await.unwrap();
    browser.press("n").await.unwrap();
    let there = "return location.pathname.startsWith('/new');";
    browser.until(there, Vec::new(), "the new case").await.unwrap();
}

/// Whoever administers, by id.
fn administrator(world: &World) -> String {
    let people = world.desk.people();
    let admin = people.people.iter().find(|person| world.desk.is_administrator(person));
    admin.unwrap().id.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stands_on_a_line_stays_there_while_others_come() {
    let mut stage = Stage::new(Window::DESK).await;
    let mut person = String::new();
    for _ in 0..3 {
        let (key, _) = stage.world.register(0).await;
        person = stage.world.keys.iter().find(|(_, known)| **known == key).unwrap().0.clone();
    }
    // Off the full hour, which passes while the page stands open.
    stage.world.wait(7);
    stage.open(&person, "/work").await;
    let browser = &stage.browser;
    browser.wait("[data-row]").await.unwrap();
    browser.press("j").await.unwrap();
    browser.press("j").await.unwrap();
    let here = "const row = document.querySelector('[data-row].here'); return row && [row.querySelector('[data-number]').dataset.number, row.contains(document.activeElement)];";
    let before = browser.script(here).await.unwrap();
    assert_eq!(before[1], json!(true), "{before}");
    // The client says the time that is left in the words of the server.
    let lefts = "return [...document.querySelectorAll('time.left')].map((one) => one.textContent);";
    let served = browser.script(lefts).await.unwrap();
    browser.script("document.dispatchEvent(new CustomEvent('swapped'));").await.unwrap();
    assert_eq!(browser.script(lefts).await.unwrap(), served);
    assert!(!served.to_string().contains(':'), "a length of time is no time of day: {served}");
    stage.world.register(0).await;
    let four = "return document.querySelectorAll('[data-row]').length === 4;";
    browser.until(four, Vec::new(), "the fourth case").await.unwrap();
    assert_eq!(browser.script(here).await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_is_found_beside_the_keys_and_tries_calls_out() {
    let mut stage = Stage::new(Window::DESK).await;
    let admin = administrator(&stage.world);
    stage.open(&admin, "/admin/keys").await;
    let browser = &stage.browser;
    browser.click("main a[href='/reference']").await.unwrap();
    browser.fill("[data-filter]", "get /api/v1/me").await.unwrap();
    let shown = "[...document.querySelectorAll('[data-operation]')].filter((one) => one.getClientRects().length)";
    let only = format!("return {shown}.length === 1;");
    browser.until(&only, Vec::new(), "one operation alone").await.unwrap();
    browser.click("a[href='/reference/me']").await.unwrap();
    browser.click("[data-send]").await.unwrap();
    browser.wait("[data-came] [data-status].fine").await.unwrap();
    browser.read(&format!("\"{admin}\"")).await.unwrap();
    let came = browser.text("[data-came]").await.unwrap();
    assert!(came.contains("200 OK") && came.contains(" ms"), "{came}");
    let headers = "return document.querySelector('[data-headers]').textContent;";
    let headers = browser.script(headers).await.unwrap();
    assert!(headers.as_str().unwrap().contains("content-type: application/json"), "{headers}");
    // What is refused is shown as it is answered.
    browser.go("/reference/cases_show").await.unwrap();
    browser.fill("#path-number", "X/1 2").await.unwrap();
    let command = browser.text(".attempt [data-command-line]").await.unwrap();
    assert!(command.contains("/api/v1/cases/X%2F1%202'"), "{command}");
    assert!(command.contains("Authorization: Bearer $KEY"), "{command}");
    browser.press("Enter").await.unwrap();
    browser.wait("[data-came] [data-status].late").await.unwrap();
    browser.read("/problems/not-found").await.unwrap();
    // The browser's own word on that answer; nothing else was complained of.
    let complaints = browser.complaints().await.unwrap();
    assert!(complaints.iter().all(|one| one.contains("/api/v1/cases/X")), "{complaints:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_asks_before_it_changes_something() {
    let mut stage = Stage::new(Window::DESK).await;
    let admin = administrator(&stage.world);
    stage.open(&admin, "/reference/teams_put").await;
    let browser = &stage.browser;
    browser.fill("#path-id", "early").await.unwrap();
    browser.press("Enter").await.unwrap();
    browser.wait("[data-really]").await.unwrap();
    assert!(browser.text("[data-really]").await.unwrap().contains("PUT /api/v1/teams/early"));
    // The same key again does nothing; the keyboard alone says no, then yes.
    browser.press("Enter").await.unwrap();
    browser.press("Tab").await.unwrap();
    browser.press("Tab").await.unwrap();
    browser.press("Enter").await.unwrap();
    let gone = "return document.querySelector('[data-really]').hidden && document.querySelector('[data-came]').hidden;";
    browser.until(gone, Vec::new(), "nothing sent").await.unwrap();
    assert!(stage.world.desk.teams().is_empty());
    browser.press("Enter").await.unwrap();
    browser.wait("[data-really]").await.unwrap();
    browser.press("Tab").await.unwrap();
    browser.press("Enter").await.unwrap();
    browser.wait("[data-came] [data-status].fine").await.unwrap();
    assert!(browser.text("[data-came]").await.unwrap().contains("201"));
    assert_eq!(stage.world.desk.teams().len(), 1);
    assert_eq!(browser.complaints().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_scrolls_sideways_on_a_small_telephone() {
    let mut stage = Stage::new(Window { width: 360, ..Window::PHONE }).await;
    let (number, [person, _]) = shared(&stage.world).await;
    let (procedure, _) = first(&stage.world).await;
    for path in [
        "/work",
        "/cases",
        "/new",
        &format!("/new/{procedure}"),
        &format!("/cases/{number}"),
        "/search?q=E07",
        "/inbox",
        "/overview",
        "/wall",
        "/account",
        "/reference",
        "/reference/cases_show",
        "/reference/customers_put",
    ] {
        stage.open(&person, path).await;
        let wide = stage.browser.script("const all = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.tabs, .path, .strip, .unseen, dialog')); return document.documentElement.scrollWidth > innerWidth ? all.slice(0, 4).map((one) => one.outerHTML.slice(0, 120)) : [];").await.unwrap();
        assert_eq!(wide, Json::Array(Vec::new()), "{path}");
    }
}

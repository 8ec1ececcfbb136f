//! A real Chromium before the desk: whole lives of cases by click and key, two people on one case, a lost connection.

use crate::life::ASIDE;
use crate::signing::PASSWORD;
use crate::world::{PHONE, World};
use browser::{Browser, Window};
use desk::Seen;
use engine::decide::offers;
use engine::people::Who;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::io::Write;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use web::Config;

const TEXT: &str = "设备无法启动，开机后屏幕显示错误代码 E07，已按说明书重启三次仍未恢复正常";

/// A desk that is served, and a browser before it.
struct Stage {
    world: World,
    browser: Browser,
    origin: String,
    signed_in: Option<String>,
    file: tempfile::NamedTempFile,
    serving: JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Stage {
    async fn new(window: Window) -> Self {
        let world = World::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let desk = world.desk.clone();
        let serving = tokio::spawn(async move {
            let config = Config { rate: None, ..Config::default() };
            web::serve(desk, listener, config, std::future::pending()).await.unwrap();
        });
        let browser = Browser::start(&origin, window).await.unwrap();
        let mut file = tempfile::Builder::new().suffix(".txt").tempfile().unwrap();
        file.write_all("现场记录".as_bytes()).unwrap();
        Self { world, browser, origin, signed_in: None, file, serving }
    }

    /// Signs in by the form, unless he is there already.
    async fn enter(&mut self, person: &str) {
        if self.signed_in.as_deref() == Some(person) {
            return;
        }
        self.browser.client().delete_all_cookies().await.unwrap();
        enter(&self.world, &self.browser, person).await;
        self.signed_in = Some(person.to_owned());
    }

    fn seen(&self, number: &str) -> Seen {
        self.world.desk.case_for_operator(number).unwrap()
    }

    /// Somebody who may register under a procedure.
    fn registrar(&self, procedure: &str) -> String {
        let rules = self.world.desk.library().newest(procedure).unwrap().0;
        let by = &rules.register_action().unwrap().by;
        let may = |person: &&engine::people::Person| {
            by.iter().any(
                |actor| matches!(actor, engine::procedure::Actor::Role(role) if person.has(role)),
            )
        };
        self.world.desk.people().people.iter().find(may).unwrap().id.to_string()
    }

    /// Takes a case down by keyboard and says its number.
    async fn register(&mut self, procedure: &str, caller: u32) -> String {
        let person = self.registrar(procedure);
        self.enter(&person).await;
        self.browser.go(&format!("/new/{procedure}")).await.unwrap();
        for turn in 0..5 {
            self.fill("#new-form form", &format!("{PHONE}{caller:04}"), turn).await;
            self.browser.press("Ctrl+Enter").await.unwrap();
            if self.sent().await {
                let place = self.browser.place().await.unwrap();
                let number =
                    place.trim_start_matches("/cases/").split('?').next().unwrap().to_owned();
                return number;
            }
        }
        panic!("not registered: {}", self.browser.text("#new-form").await.unwrap());
    }

    /// Whether the form was taken; `false` when it came back.
    async fn sent(&self) -> bool {
        let taken = "Boolean(document.querySelector('#head .notice.fine'))";
        let settled = format!(
            "const back = document.querySelector('form[data-form] .notice.late') && !document.querySelector('form[data-form] button[type=submit]:disabled');
             return {taken} || Boolean(back) || Boolean(document.querySelector('#conflict .notice'));"
        );
        self.browser.until(&settled, Vec::new(), "an answer").await.unwrap();
        self.browser.script(&format!("return {taken};")).await.unwrap() == true
    }

    /// Gives every control that must be filled in something; from the second turn on also those that were refused.
    async fn fill(&self, form: &str, phone: &str, turn: usize) {
        let needed = format!(
            "const form = document.querySelector({form:?});
             const found = [];
             for (const field of form.querySelectorAll('.field')) {{
                if (field.querySelector('.field')) continue;
                const table = field.closest('.grid-row')?.closest('.field');
                if (table && !table.querySelector(':scope > fieldset > legend .must, :scope > .wrong')) continue;
                const wrong = Boolean(field.querySelector('.wrong'));
                const must = Boolean(field.querySelector(':scope > label .must, :scope > fieldset > legend .must'));
                if (!must && !wrong) continue;
                const control = field.querySelector('input:not([type=hidden]), select, textarea');
                if (!control || field.offsetParent === null) continue;
                const group = control.type === 'radio' || control.type === 'checkbox';
                const empty = group ? !field.querySelector('input:checked') : control.value === '';
                if (empty || wrong) found.push({{ id: control.id, kind: control.tagName === 'SELECT' ? 'select' : control.type, wrong }});
             }}
             return found;"
        );
        let needed = self.browser.script(&needed).await.unwrap();
        for control in needed.as_array().unwrap() {
            let css = format!("[id=\"{}\"]", control["id"].as_str().unwrap());
            match control["kind"].as_str().unwrap() {
                "radio" | "checkbox" => self.browser.click(&css).await.unwrap(),
                "select" => {
                    let choose = format!(
                        "const one = document.querySelector('[id=\"{}\"]'); one.selectedIndex = 1; one.dispatchEvent(new Event('input', {{ bubbles: true }})); return true;",
                        control["id"].as_str().unwrap()
                    );
                    self.browser.script(&choose).await.unwrap();
                }
                "file" => {
                    let input =
                        self.browser.client().find(fantoccini::Locator::Css(&css)).await.unwrap();
                    input.send_keys(&self.file.path().display().to_string()).await.unwrap();
                }
                "datetime-local" => {
                    let times = [
                        "2026-05-08T09:20",
                        "2026-06-30T17:00",
                        "2026-05-08T09:30",
                        "2026-12-30T17:00",
                    ];
                    self.browser.fill(&css, times[turn.min(3)]).await.unwrap();
                }
                "number" => self.browser.fill(&css, "1").await.unwrap(),
                "tel" => self.browser.fill(&css, phone).await.unwrap(),
                _ => self.browser.fill(&css, TEXT).await.unwrap(),
            }
        }
    }

    /// Does one action on a case as somebody, with the form as it comes; whether it was done.
    async fn act(&mut self, person: &str, number: &str, action: &str) -> bool {
        self.enter(person).await;
        self.browser.go(&format!("/cases/{number}?do={action}")).await.unwrap();
        self.browser.wait("#now-do form").await.unwrap();
        for turn in 0..4 {
            self.fill("#now-do form", &format!("{PHONE}0000"), turn).await;
            let button = "#now-do form .actions button[type=submit]";
            self.browser.click(button).await.unwrap();
            if self.sent().await {
                return true;
            }
        }
        false
    }
}

async fn enter(world: &World, browser: &Browser, person: &str) {
    if !world.desk.has_account(&person.into()).unwrap() {
        world.desk.set_password("test", &person.into(), PASSWORD, None).unwrap();
    }
    browser.go("/sign-in").await.unwrap();
    browser.fill("input[name=name]", person).await.unwrap();
    browser.fill("input[name=password]", PASSWORD).await.unwrap();
    browser.press("Enter").await.unwrap();
    browser.wait("#work").await.unwrap();
}

/// Who may do what leads a case on: what is asked for next, then what leads to a later stage, each at most twice on one visit.
fn candidates(stage: &Stage, number: &str, uses: &BTreeMap<String, u32>) -> Vec<(String, String)> {
    let seen = stage.seen(number);
    let people = stage.world.desk.people();
    let mut found = Vec::new();
    for person in people.people.iter() {
        let who = Who::Person(person.id.clone());
        for offer in offers(&seen.procedure, &seen.case, &people, &who, stage.world.desk.now()) {
            let action = seen.procedure.action(&offer.action).unwrap();
            if action.does.iter().any(|verb| ASIDE.contains(verb)) {
                continue;
            }
            let used = uses.get(&visit(&seen, &offer.action)).copied().unwrap_or(0);
            let later = action.to.as_ref().and_then(|to| seen.procedure.stage_index(to))
                > seen.procedure.stage_index(&seen.case.stage);
            let rank = if offer.next { 0 } else { 2 - u8::from(later) };
            let (person, action) = (person.id.to_string(), offer.action.to_string());
            found.push((used >= 2, rank, used, person, action));
        }
    }
    found.sort_by_key(|one| (one.0, one.1, one.2));
    found.into_iter().map(|(.., person, action)| (person, action)).collect()
}

/// An action on this visit to the stage.
fn visit(seen: &Seen, action: &str) -> String {
    format!("{} {action}", seen.case.path.len())
}

/// From the first call to the archive, by nothing but clicks and keys.
async fn whole_life(place: usize) {
    let mut stage = Stage::new(Window::DESK).await;
    let procedure = stage.world.procedure(place).await["key"].as_str().unwrap().to_owned();
    let number = stage.register(&procedure, 7).await;
    let (mut uses, mut done, mut people) =
        (BTreeMap::new(), Vec::new(), std::collections::BTreeSet::new());
    for _ in 0..60 {
        let seen = stage.seen(&number);
        if seen.case.life.name() == "archived" {
            break;
        }
        let mut moved = false;
        for (person, action) in candidates(&stage, &number, &uses).into_iter().take(6) {
            *uses.entry(visit(&seen, &action)).or_insert(0) += 1;
            if stage.act(&person, &number, &action).await {
                done.push(action);
                people.insert(person);
                moved = true;
                break;
            }
        }
        stage.world.wait(if moved { 10 } else { 24 * 60 });
        if !moved {
            // Nobody stays signed in for a day.
            stage.signed_in = None;
        }
    }
    let seen = stage.seen(&number);
    assert_eq!(seen.case.life.name(), "archived", "{procedure}: {done:?}");
    assert!(done.len() >= 4 && people.len() >= 2, "{procedure}: {done:?} by {people:?}");
    stage.browser.go(&format!("/cases/{number}")).await.unwrap();
    stage.browser.read(&number).await.unwrap();
    let shown = stage.browser.text("body").await.unwrap();
    assert!(!shown.contains(PHONE), "no number is shown whole");
    complaints(&stage.browser).await;
}

/// Nothing was refused by the policy, nothing failed in a script.
async fn complaints(browser: &Browser) {
    let log = browser.script("return performance.getEntriesByType('resource').filter((one) => !one.name.startsWith(location.origin)).map((one) => one.name);").await.unwrap();
    assert_eq!(log, Json::Array(Vec::new()), "nothing is loaded from elsewhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_life_by_click_and_key_in_the_first_procedure() {
    whole_life(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_follows_what_others_do_and_says_when_it_cannot() {
    let mut stage = Stage::new(Window::DESK).await;
    let procedure = stage.world.procedure(0).await["key"].as_str().unwrap().to_owned();
    let number = stage.register(&procedure, 1).await;
    let watching = Browser::start(&stage.origin, Window::PHONE).await.unwrap();
    enter(&stage.world, &watching, &stage.registrar(&procedure)).await;
    watching.go(&format!("/cases/{number}")).await.unwrap();
    let version = stage.seen(&number).case.version;
    watching.read(&format!("v{version}")).await.unwrap();
    // Somebody else goes on; nobody loads this page again.
    let (person, action) =
        candidates(&stage, &number, &BTreeMap::new()).into_iter().next().unwrap();
    assert!(stage.act(&person, &number, &action).await);
    let version = stage.seen(&number).case.version;
    watching.read(&format!("v{version}")).await.unwrap();
    // The connection is lost, and comes back.
    stage.browser.offline(true).await.unwrap();
    stage
        .browser
        .until(
            "return document.getElementById('state').dataset.state === 'lost';",
            Vec::new(),
            "a lost connection",
        )
        .await
        .unwrap();
    stage.browser.offline(false).await.unwrap();
    stage
        .browser
        .until(
            "return document.getElementById('state').dataset.state === 'live';",
            Vec::new(),
            "the connection again",
        )
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_survives_a_lost_connection_and_a_reload() {
    let mut stage = Stage::new(Window::DESK).await;
    let procedure = stage.world.procedure(0).await["key"].as_str().unwrap().to_owned();
    let person = stage.registrar(&procedure);
    stage.enter(&person).await;
    let path = format!("/new/{procedure}");
    stage.browser.go(&path).await.unwrap();
    stage.browser.wait("#new-form textarea").await.unwrap();
    stage.browser.offline(true).await.unwrap();
    stage.browser.fill("#new-form textarea", TEXT).await.unwrap();
    stage
        .browser
        .until(
            "return document.querySelector('[data-saved]').textContent !== '';",
            Vec::new(),
            "a draft kept here",
        )
        .await
        .unwrap();
    stage.browser.press("Ctrl+Enter").await.unwrap();
    stage.browser.wait("#toast").await.unwrap();
    stage.browser.offline(false).await.unwrap();
    stage.browser.go(&path).await.unwrap();
    let back = "return document.querySelector('#new-form textarea').value === arguments[0];";
    stage.browser.until(back, vec![TEXT.into()], "the draft").await.unwrap();
    // Once it has reached the server it is on every other machine as well.
    stage
        .browser
        .until(
            "return document.querySelector('[data-saved]').textContent !== '';",
            Vec::new(),
            "a draft on the server",
        )
        .await
        .unwrap();
    let elsewhere = Browser::start(&stage.origin, Window::PHONE).await.unwrap();
    enter(&stage.world, &elsewhere, &person).await;
    elsewhere.go(&path).await.unwrap();
    elsewhere.until(back, vec![TEXT.into()], "the draft on another machine").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_move_search_and_open() {
    let mut stage = Stage::new(Window::DESK).await;
    let procedure = stage.world.procedure(0).await["key"].as_str().unwrap().to_owned();
    let mut numbers = Vec::new();
    for caller in 0..3 {
        numbers.push(stage.register(&procedure, caller).await);
    }
    let browser = &stage.browser;
    browser.go("/cases").await.unwrap();
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
    browser.fill("#palette input", numbers.first().unwrap()).await.unwrap();
    browser.wait("#palette a[role=option]").await.unwrap();
    browser.press("Enter").await.unwrap();
    browser.read(numbers.first().unwrap()).await.unwrap();
    browser.press("?").await.unwrap();
    browser.wait("#keys[open]").await.unwrap();
    browser.press("Escape").await.unwrap();
    browser.press("n").await.unwrap();
    browser
        .until("return location.pathname.startsWith('/new');", Vec::new(), "the new case")
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_scrolls_sideways_on_a_small_telephone() {
    let mut stage = Stage::new(Window { width: 360, ..Window::PHONE }).await;
    let procedure = stage.world.procedure(0).await["key"].as_str().unwrap().to_owned();
    let number = stage.register(&procedure, 3).await;
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
        "/sign-in",
    ] {
        stage.browser.go(path).await.unwrap();
        let wide = stage.browser.script("const all = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.tabs, .path, .strip, .unseen, dialog')); return document.documentElement.scrollWidth > innerWidth ? all.slice(0, 4).map((one) => one.outerHTML.slice(0, 120)) : [];").await.unwrap();
        assert_eq!(wide, Json::Array(Vec::new()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_page_light_and_dark() {
    let mut stage = Stage::new(Window::DESK).await;
    let procedure = stage.world.procedure(0).await["key"].as_str().unwrap().to_owned();
    let number = stage.register(&procedure, 3).await;
    let axe = include_str!("../data/axe.min.js");
    let mut found = Vec::new();
    let pages = [
        ("/work", ""),
        ("/cases", ""),
        ("/cases?due=late", ""),
        ("/new", ""),
        (&*format!("/new/{procedure}"), ""),
        (
            &*format!("/cases/{number}"),
            "for (const one of document.querySelectorAll('details')) one.open = true;",
        ),
        ("/search?q=E07", ""),
        ("/search?q=%E6%97%A0", ""),
        ("/inbox", ""),
        ("/overview", ""),
        ("/wall", ""),
        ("/work", "document.dispatchEvent(new CustomEvent('palette'));"),
        ("/work", "document.getElementById('keys').showModal();"),
        ("/work", "document.getElementById('me').open = true;"),
        ("/sign-in", ""),
        ("/cases/none", ""),
    ];
    for (path, before) in pages {
        for theme in ["light", "dark"] {
            stage.browser.go(path).await.unwrap();
            stage
                .browser
                .script(&format!("document.documentElement.dataset.theme = '{theme}'; {before}"))
                .await
                .unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
            stage.browser.client().execute(axe, Vec::new()).await.unwrap();
            let run = "const done = arguments[0]; window.axe.run(document, { resultTypes: ['violations'] }).then((all) => done(all.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(' ') + ' ' + (node.any[0]?.message ?? '')).join(' | ')}`)));";
            let all = stage.browser.client().execute_async(run, Vec::new()).await.unwrap();
            found.extend(
                all.as_array()
                    .unwrap()
                    .iter()
                    .map(|one| format!("{path} {theme}: {}", one.as_str().unwrap())),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

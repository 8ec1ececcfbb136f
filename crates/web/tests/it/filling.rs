//! What helps whoever fills a form in: drafts that can be thrown away, choices that can be let go, callers who are recognised.

use crate::browsing::{complete, first, holds, kept, shared};
use crate::console::{case, form_to, send};
use crate::signing::Browser as Plain;
use crate::stage::Stage;
use crate::world::{PHONE, World};
use browser::{Browser, Window};
use desk::{Caller, Desk};
use engine::procedure::Means;
use serde_json::{Value as Json, json};

const FORM: &str = "#new-form form";
const TEXT: &str = "设备无法启动，开机后屏幕显示错误代码 E07，已按说明书重启三次仍未恢复正常";
const BACKSPACE: &str = "\u{e003}";

fn draft(desk: &Desk, person: &str, name: &str) -> Option<Json> {
    let caller = Caller { person: person.into(), scopes: Vec::new() };
    desk.draft(&caller, name).unwrap()
}

/// Waits until a script says yes.
async fn comes_true(browser: &Browser, script: &str) {
    browser.until(&format!("return Boolean({script});"), Vec::new(), script).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_thrown_away_without_scripts() {
    let world = World::new();
    let (person, _) = case(&world).await;
    let procedure = world.procedure(0).await["key"].as_str().unwrap().to_owned();
    let (path, name) = (format!("/new/{procedure}"), format!("new {procedure}"));
    let mut browser = Plain::signed_in(&world, &person).await;
    let page = browser.get(&path).await;
    let field = form_to(&page.text, &path).fields;
    let field = field.iter().find(|(name, _)| name.starts_with("f.")).unwrap().0.clone();
    let token = browser.token_of(&page.text);
    let keep = format!("/drafts/new%20{procedure}");
    // What a form sends unseen is no draft.
    let unseen = [("csrf", token.as_str()), ("once", "x"), ("draft", &name), ("customer", "y")];
    assert_eq!(browser.post(&keep, &unseen).await.status, 204);
    assert_eq!(draft(&world.desk, &person, &name), None);
    let typed = [("csrf", token.as_str()), (&field, "前一位客户")];
    assert_eq!(browser.post(&keep, &typed).await.status, 204);
    let page = browser.get(&path).await;
    assert!(page.text.contains("前一位客户"));
    let discard = form_to(&page.text, "/removal");
    let done = send(&mut browser, &discard, &[]).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, path.as_str()));
    assert_eq!(draft(&world.desk, &person, &name), None);
    assert!(!browser.get(&path).await.text.contains("前一位客户"));
    // Nobody is led away, and without its token nothing is thrown away.
    let away = send(&mut browser, &discard, &[("to", "//evil")]).await;
    assert_eq!(away.header("location"), "/");
    assert_eq!(send(&mut browser, &discard, &[("csrf", "wrong")]).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_call_begins_with_an_empty_form_and_a_slip_is_taken_back() {
    let mut stage = Stage::new(Window::DESK).await;
    let (procedure, people) = first(&stage.world).await;
    let (path, name) = (format!("/new/{procedure}"), format!("new {procedure}"));
    stage.open(&people[0], &path).await;
    let long = format!("{FORM} textarea");
    stage.browser.fill(&long, TEXT).await.unwrap();
    kept(&stage.browser, "kept").await;
    stage.browser.go(&path).await.unwrap();
    holds(&stage.browser, &long, TEXT).await;
    stage.browser.click("[data-restored] button").await.unwrap();
    stage.browser.wait("#toast button").await.unwrap();
    holds(&stage.browser, &long, "").await;
    assert_eq!(draft(&stage.world.desk, &people[0], &name), None);
    let stored = "return Object.keys(localStorage).length + Object.keys(sessionStorage).length;";
    assert_eq!(stage.browser.script(stored).await.unwrap(), 0);
    stage.browser.click("#toast button").await.unwrap();
    holds(&stage.browser, &long, TEXT).await;
    stage.browser.wait("[data-restored]").await.unwrap();
    kept(&stage.browser, "kept").await;
    // It can be thrown away while it is being typed as well.
    stage.browser.click(&format!("{FORM} .actions button.bare")).await.unwrap();
    stage.browser.wait("#toast button").await.unwrap();
    holds(&stage.browser, &long, "").await;
    assert_eq!(draft(&stage.world.desk, &people[0], &name), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_was_emptied_is_empty_after_a_reload_and_others_are_as_they_were() {
    let mut stage = Stage::new(Window::DESK).await;
    let (number, [person, _]) = shared(&stage.world).await;
    let path = format!("/cases/{number}?do=edit");
    stage.open(&person, &path).await;
    let browser = &stage.browser;
    browser.wait("#now-do form[data-begun]").await.unwrap();
    let find = "const held = [...document.querySelectorAll('#now-do [data-held] input[type=text]')].filter((one) => one.value);
        for (let fold = held[0].closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
        held[0].focus();
        held[0].select();
        return held.slice(0, 2).map((one) => [one.id, one.value]);";
    let found = browser.script(find).await.unwrap();
    let text = |row: usize, part: usize| found[row][part].as_str().unwrap().to_owned();
    let css = |row: usize| format!("[id='{}']", text(row, 0));
    browser.press(BACKSPACE).await.unwrap();
    holds(browser, &css(0), "").await;
    kept(browser, "kept").await;
    browser.go(&path).await.unwrap();
    browser.wait("[data-restored]:not([hidden])").await.unwrap();
    holds(browser, &css(0), "").await;
    holds(browser, &css(1), &text(1, 1)).await;
    // What was empty all along is not said to have been emptied.
    let draft = draft(&stage.world.desk, &person, &format!("case {number} edit")).unwrap();
    let (empty, says): (Vec<&Json>, Vec<&Json>) =
        draft.as_array().unwrap().iter().partition(|pair| pair[1] == "");
    let emptied = empty.iter().filter(|pair| says.iter().all(|one| one[0] != pair[0]));
    assert_eq!(emptied.count(), 1, "{draft}");
    browser.click("[data-restored] button").await.unwrap();
    holds(browser, &css(0), &text(0, 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_of_one_is_let_go_by_click_and_by_key() {
    let mut stage = Stage::new(Window::DESK).await;
    let (procedure, people) = first(&stage.world).await;
    stage.open(&people[0], &format!("/new/{procedure}")).await;
    let browser = &stage.browser;
    browser.wait("fieldset[data-unset]").await.unwrap();
    let free = "const all = [...document.querySelectorAll('#new-form .choices input[type=radio]')].filter((one) => one.offsetParent);
        return all.find((one) => !all.some((other) => other.name === one.name && other.checked)).id;";
    let id = browser.script(free).await.unwrap().as_str().unwrap().to_owned();
    let chip = format!("[id='{id}']");
    let sends = async |empty: bool| {
        let script = format!(
            "(() => {{ const one = document.querySelector(\"{chip}\"); const sent = new FormData(one.form).getAll(one.name).join(); return (sent === '') === {empty}; }})()"
        );
        comes_true(browser, &script).await;
    };
    for let_go in ["click", "Space", BACKSPACE] {
        browser.click(&chip).await.unwrap();
        sends(false).await;
        match let_go {
            "click" => browser.click(&chip).await.unwrap(),
            key => browser.press(key).await.unwrap(),
        }
        sends(true).await;
    }
    let told = "return document.getElementById('unset-hint').textContent;";
    assert!(!browser.script(told).await.unwrap().as_str().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_step_of_a_row_begins_in_its_form() {
    let mut stage = Stage::new(Window::DESK).await;
    stage.world.register(0).await;
    // Somebody whose list has a step with a form.
    let mut found = None;
    for person in stage.world.keys.keys() {
        let mut plain = Plain::signed_in(&stage.world, person).await;
        let work = plain.get("/work").await.text;
        let next = work.split("<a class=\"button small\"").skip(1);
        if next.filter_map(|rest| rest.split('>').next()).any(|tag| tag.contains("data-next")) {
            found = Some(person.clone());
            break;
        }
    }
    let person = found.expect("somebody has something to do");
    stage.open(&person, "/work").await;
    let browser = &stage.browser;
    browser.wait("[data-row] a[data-next]").await.unwrap();
    browser.press("j").await.unwrap();
    browser.press("a").await.unwrap();
    comes_true(browser, "document.activeElement?.closest('#now-do form[data-form]')").await;
    browser.press("Ctrl+Enter").await.unwrap();
    comes_true(browser, "document.querySelector('#head .notice.fine, #now-do .notice.late')").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_is_recognised_is_filled_in_and_nothing_typed_is_overwritten() {
    let mut stage = Stage::new(Window::DESK).await;
    let (procedure, people) = first(&stage.world).await;
    let rules = stage.world.desk.library().newest(&procedure).unwrap().0;
    let key = |means| rules.field_meaning(means).map(|field| field.key.to_string());
    let phone = key(Means::Phone).unwrap();
    let name = key(Means::Customer).or_else(|| key(Means::Contact)).unwrap();
    let writer = crate::customers::writer(&stage.world);
    let number = format!("{PHONE}0007");
    let known = json!({ "name": "王小明", "contacts": [{ "phone": number }] });
    let made = stage
        .world
        .ask(&stage.world.keys[&*writer.id], "post", "/api/v1/customers", &known, "")
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!("/new/{procedure}");
    let control = |key: &str| format!("{FORM} [name='f.{key}']");
    stage.open(&people[0], &path).await;
    stage.browser.fill(&control(&name), "本人自报").await.unwrap();
    stage.browser.fill(&control(&phone), &number).await.unwrap();
    stage.browser.click("a[data-fill]").await.unwrap();
    stage.browser.wait("#toast").await.unwrap();
    holds(&stage.browser, &control(&name), "本人自报").await;
    stage.browser.click(&format!("{FORM} .actions button.bare")).await.unwrap();
    holds(&stage.browser, &control(&name), "").await;
    // What is filled in is shown masked, and means what it hides.
    let fields = stage.world.new_case(0).await["fields"].clone();
    for (key, value) in fields.as_object().unwrap() {
        if *key != name && *key != phone {
            stage.give(FORM, &format!("f.{key}"), value).await;
        }
    }
    stage.browser.fill(&control(&phone), &number).await.unwrap();
    stage.browser.click("a[data-fill]").await.unwrap();
    holds(&stage.browser, &control(&name), "王**").await;
    complete(&stage).await;
    let place = stage.browser.place().await.unwrap();
    let case = place.split('/').nth(2).unwrap().split(['?', '#']).next().unwrap().to_owned();
    let stored = stage.world.desk.case_for_operator(&case).unwrap().case;
    assert_eq!(stored.value(&name).unwrap().text(), "王小明");
    assert_eq!(draft(&stage.world.desk, &people[0], &format!("new {procedure}")), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_wrong_is_no_longer_said_once_it_is_put_right() {
    let mut stage = Stage::new(Window::DESK).await;
    let (number, [person, _]) = shared(&stage.world).await;
    let (procedure, people) = first(&stage.world).await;
    let note = "#now-do textarea[name='i.text']";
    stage.open(&person, &format!("/cases/{number}")).await;
    let browser = &stage.browser;
    browser.press("x").await.unwrap();
    browser.wait(note).await.unwrap();
    browser.fill(note, "已记下").await.unwrap();
    browser.press("Ctrl+Enter").await.unwrap();
    browser.wait("#head .notice.fine").await.unwrap();
    browser.press("x").await.unwrap();
    browser.wait(note).await.unwrap();
    browser.click("#now-do .actions button[type=submit]").await.unwrap();
    browser.wait("#now-do .notice.late").await.unwrap();
    comes_true(browser, "!document.querySelector('#head .notice.fine')").await;
    // And nothing is said to be put back that never was away.
    assert_eq!(
        browser.script("return document.getElementById('toast');").await.unwrap(),
        json!(null)
    );
    browser.fill(note, "这次写了").await.unwrap();
    comes_true(
        browser,
        "!document.querySelector('#now-do .wrong, #now-do [aria-invalid], #now-do .notice.late')",
    )
    .await;
    // Of several, each by itself.
    stage.open(&people[0], &format!("/new/{procedure}")).await;
    let browser = &stage.browser;
    browser.click(&format!("{FORM} .actions button[type=submit]")).await.unwrap();
    let long = format!("{FORM} .field:has(> .wrong) :is(textarea, input[type=text])");
    browser.wait(&long).await.unwrap();
    let count = "return document.querySelectorAll('#new-form .wrong').length;";
    let before = browser.script(count).await.unwrap().as_u64().unwrap();
    browser.fill(&long, TEXT).await.unwrap();
    comes_true(browser, &format!("document.querySelectorAll('#new-form .wrong').length === {} && document.querySelectorAll('.blamed a').length === {}", before - 1, before - 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_over_a_form_is_told_until_it_goes_on() {
    let mut stage = Stage::new(Window::DESK).await;
    let (procedure, people) = first(&stage.world).await;
    let path = format!("/new/{procedure}");
    stage.open(&people[0], &path).await;
    let long = format!("{FORM} textarea");
    // What somebody else left on this machine is not his to read.
    stage
        .browser
        .script("localStorage.setItem('draft somebody new x', '[]'); return 1;")
        .await
        .unwrap();
    stage.browser.go(&path).await.unwrap();
    let left = "localStorage.getItem('draft somebody new x') === null";
    comes_true(&stage.browser, left).await;
    let cookies = stage.browser.client().get_all_cookies().await.unwrap();
    stage.browser.client().delete_all_cookies().await.unwrap();
    stage.browser.fill(&long, TEXT).await.unwrap();
    stage.browser.wait("#signed-out a[target=_blank]").await.unwrap();
    let state = "return document.getElementById('state').dataset.state;";
    assert_eq!(stage.browser.script(state).await.unwrap(), "out");
    for cookie in cookies {
        stage.browser.client().add_cookie(cookie).await.unwrap();
    }
    stage.browser.script("dispatchEvent(new Event('focus')); return 1;").await.unwrap();
    comes_true(&stage.browser, "!document.getElementById('signed-out')").await;
    holds(&stage.browser, &long, TEXT).await;
    comes_true(&stage.browser, "document.getElementById('state').dataset.state === 'live'").await;
}

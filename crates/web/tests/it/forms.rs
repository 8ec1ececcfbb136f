//! The forms that procedures make: what stands in them, what is said of what is missing, and how they fit.

use crate::console::{case, form_to, form_with, send};
use crate::signing::Browser;
use crate::stage::Stage;
use crate::world::World;
use browser::Window;
use desk::{Language, Preferences};
use engine::decide::{ByRule, by_rule};
use engine::procedure::{Action, Procedure, Verb};
use serde_json::{Value as Json, json};

/// The place of a procedure in the list.
async fn place(world: &World, key: &str) -> usize {
    let list = world.get(world.any(), "/api/v1/procedures").await.json();
    let all = list["items"].as_array().unwrap().clone();
    all.iter().position(|one| one["key"] == key).unwrap()
}

/// A case of a procedure, and whoever has registered it.
pub(crate) async fn begun(world: &World, key: &str) -> (String, String) {
    let (by, registered) = world.register(place(world, key).await).await;
    let person = world.keys.iter().find(|(_, known)| **known == by).unwrap().0.clone();
    (person, registered.json()["number"].as_str().unwrap().to_owned())
}

/// What of a page is shown without unfolding anything.
fn unfolded(page: &str) -> String {
    let form = page.split("id=\"now-do-place\"").nth(1).unwrap().split("</form>").next().unwrap();
    form.split("<details").next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_bars_a_step_is_said_at_once_beside_fields_that_are_not_folded() {
    let world = World::new();
    let (person, number) = begun(&world, "hl").await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let path = format!("/cases/{number}?do=dispatch");
    let page = browser.get(&path).await.text;
    for field in ["f.restated", "f.read_back"] {
        assert!(unfolded(&page).contains(&format!("name=\"{field}\"")), "{field} is folded away");
    }
    let sent = [("f.restated", ""), ("f.read_back", ""), ("f.plan_finish", "")];
    let refused = send(&mut browser, &form_to(&page, "/actions/dispatch"), &sent).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let shown = unfolded(&refused.text);
    for (id, says) in [
        ("f-restated", "请先复述确认核心诉求"),
        ("f-read_back", "请先与客户核对姓名和联系方式"),
        ("f-plan_finish", "必填"),
    ] {
        assert!(shown.contains(&format!("href=\"#{id}\"")), "no way to {id}:\n{shown}");
        let beside = format!("id=\"{id}-wrong\">{says}");
        assert!(shown.contains(&beside), "{id} does not say {says}:\n{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_empty_is_asked_for_and_not_said_to_be_unknown() {
    let world = World::new();
    let (person, number) = begun(&world, "hl").await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let page = browser.get(&format!("/cases/{number}?do=link")).await.text;
    let form = form_to(&page, "/actions/link");
    for (other, says) in [("", "还缺少必填项：另一工单"), ("CF209901010001", "系统中不存在")]
    {
        let refused = send(&mut browser, &form, &[("i.other", other)]).await;
        assert!(
            refused.status.is_client_error() && refused.text.contains(says),
            "{other}: {}",
            refused.text
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_case_tells_what_is_still_asked_while_it_is_filled_in() {
    let world = World::new();
    let (person, _) = begun(&world, "hl").await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let page = browser.get("/new/hl").await;
    let token = browser.token_of(&page.text);
    let look = async |browser: &mut Browser<'_>, demand: &str| {
        let given = [("csrf", token.as_str()), ("f.core_demand", demand)];
        browser.post("/new/hl/look", &given).await.text
    };
    let refund = look(&mut browser, "refund").await;
    let other = look(&mut browser, "other").await;
    for field in ["biz_name", "order_no"] {
        let way = format!("href=\"#f-{field}\"");
        assert!(refund.contains(&way), "{field} is not told:\n{refund}");
        assert!(!other.contains(&way), "{field} is told for nothing");
        assert!(page.text.contains(&format!("id=\"f-{field}\"")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_begins_with_what_its_step_means_and_folds_the_case_away() {
    let world = World::new();
    for key in ["as", "hl", "mc"] {
        let (person, number) = begun(&world, key).await;
        let mut browser = Browser::signed_in(&world, &person).await;
        let page = browser.get(&format!("/cases/{number}?do=contact")).await.text;
        let shown = unfolded(&page);
        assert!(shown.contains("name=\"i.text\"") && shown.contains("<datalist"), "{key}: {shown}");
        assert!(!shown.contains("i.reason"), "{key}: a reason for what is its own text");
        let steps =
            page.split("?do=").skip(1).map(|rest| rest.split(['#', '&', '"']).next().unwrap());
        for step in steps {
            let page = browser.get(&format!("/cases/{number}?do={step}")).await.text;
            if page.contains("id=\"now-do-place-more\"") {
                let fields = unfolded(&page).matches("class=\"field").count();
                assert!(fields <= 24, "{key} {step}: {fields} fields before the fold");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_says_how_it_was_made_or_what_was_said() {
    let world = World::new();
    let (person, number) = case(&world).await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let form = form_with(&mut browser, &number, "i.method").await;
    let refused = send(&mut browser, &form, &[("i.text", " "), ("i.method", "")]).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("id=\"i-text-wrong\""), "{}", refused.text);
    let done = send(&mut browser, &form, &[("i.method", "电话"), ("once", "b")]).await;
    assert_eq!(done.status, 303, "{}", done.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_there_is_nothing_for_is_not_offered_and_little_stands_beside_the_next_step() {
    let world = World::new();
    let (_, number) = begun(&world, "hl").await;
    let people = world.desk.people();
    let lead = people.people.iter().find(|person| person.has("cs_lead")).unwrap().id.to_string();
    let mut browser = Browser::signed_in(&world, &lead).await;
    let page = browser.get(&format!("/cases/{number}")).await.text;
    let others =
        page.split("<nav class=\"others\"").nth(1).unwrap().split("</nav>").next().unwrap();
    for pointless in ["unmerge", "unlink", "release", "finish_chase", "finish_subtask"] {
        assert!(!others.contains(&format!("?do={pointless}#")), "{pointless} is offered");
    }
    let (at_hand, further) = others.split_once("<details").expect("a menu of what is left");
    assert!((1..=3).contains(&at_hand.matches("<a ").count()), "{at_hand}");
    assert!(further.contains("?do=void#") && further.contains("?do=hold#"), "{further}");
    let contact = at_hand.split("<a ").find(|link| link.contains("?do=contact#")).unwrap();
    assert!(contact.contains("data-key=\"r\""), "{contact}");
}

/// A case that somebody holds, and who that is.
async fn held(world: &World) -> (String, String) {
    let (person, number) = begun(world, "hl").await;
    let mut browser = Browser::signed_in(world, &person).await;
    let page = browser.get(&format!("/cases/{number}?do=dispatch")).await.text;
    let form = form_to(&page, "/actions/dispatch");
    let finish = form.fields.iter().find(|(name, _)| name == "f.plan_finish").unwrap();
    assert!(!finish.1.is_empty(), "the procedure proposes a time");
    let given = [
        ("f.restated", "true"),
        ("f.read_back", "true"),
        ("f.type", "suggestion"),
        ("f.priority", "low"),
        ("f.biz_dept", "product"),
    ];
    let done = send(&mut browser, &form, &given).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let holder = world.desk.case_for_operator(&number).unwrap().case.assignee.clone();
    (holder.unwrap().to_string(), number)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_puts_a_case_off_is_told_so_and_nobody_else_is_told_to_act() {
    let world = World::new();
    let (person, number) = held(&world).await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let page = browser.get(&format!("/cases/{number}")).await;
    assert!(page.text.contains("现在要做："), "it waits for whoever holds it");
    let token = browser.token_of(&page.text);
    let span = [("csrf", token.as_str()), ("span", "tomorrow")];
    let done = browser.post(&format!("/cases/{number}/snooze"), &span).await;
    let work = browser.get(done.header("location")).await.text;
    let notice = work.split("class=\"notice fine\"").nth(1).expect("it is said").to_owned();
    assert!(notice.split("</p>").next().unwrap().contains(&number));
    // A lead may do the next step as well, but it does not wait for him.
    let people = world.desk.people();
    let lead = people.people.iter().find(|person| person.has("cs_lead")).unwrap().id.to_string();
    let mut lead = Browser::signed_in(&world, &lead).await;
    let page = lead.get(&format!("/cases/{number}")).await.text;
    assert!(page.contains("/actions/finish") && !page.contains("现在要做："));
}

/// The choice of nobody among those to whom a step of a case could be given.
async fn nobody(browser: &mut Browser<'_>, number: &str, step: &str) -> String {
    let page = browser.get(&format!("/cases/{number}?do={step}")).await.text;
    let list = page.split("<select id=\"i-assignee\"").nth(1).unwrap();
    let choice = list.split("<option value=\"\">").nth(1).unwrap();
    choice.split("</option>").next().unwrap().to_owned()
}

fn in_english(world: &World, person: &str) {
    let english = Preferences { language: Some(Language::En), theme: None };
    world.desk.set_preferences(&person.into(), english).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_names_nobody_is_told_that_the_rule_decides_and_whom_it_takes() {
    let world = World::new();
    // What is filled in with the step decides with it.
    let (agent, open) = begun(&world, "hl").await;
    let mut browser = Browser::signed_in(&world, &agent).await;
    assert_eq!(nobody(&mut browser, &open, "dispatch").await, "按规则分派");
    in_english(&world, &agent);
    assert_eq!(nobody(&mut browser, &open, "dispatch").await, "By the rule");
    // What is settled decides: who is told is who gets it.
    let (_, number) = held(&world).await;
    let people = world.desk.people();
    let lead = people.people.iter().find(|person| person.has("cs_lead")).unwrap().id.to_string();
    let mut browser = Browser::signed_in(&world, &lead).await;
    let told = nobody(&mut browser, &number, "reassign").await;
    in_english(&world, &lead);
    let who = told.strip_prefix("按规则分派：").expect("somebody is foreseen");
    assert_eq!(nobody(&mut browser, &number, "reassign").await, format!("By the rule: {who}"));
    let page = browser.get(&format!("/cases/{number}?do=reassign")).await.text;
    let given = [("i.assignee", ""), ("i.reason", "按规则重新分派")];
    let done = send(&mut browser, &form_to(&page, "/actions/reassign"), &given).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let case = world.desk.case_for_operator(&number).unwrap().case;
    assert_eq!(people.person(case.assignee.as_ref().unwrap()).unwrap().name, who);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rule_is_named_only_where_there_is_one() {
    let world = World::new();
    let (_, number) = held(&world).await;
    let seen = world.desk.case_for_operator(&number).unwrap();
    let (people, now) = (world.desk.directory(), world.desk.now());
    let rules = Procedure::clone(&seen.procedure);
    let mut action = rules.action("reassign").unwrap().clone();
    let rule = |action: &Action| by_rule(&rules, &seen.case, &people, now, action);
    assert!(matches!(rule(&action), Some(ByRule::To { person: Some(_), .. })));
    action.effects.clear();
    assert_eq!(rule(&action), None, "somebody has to be named");
    let note = rules.actions.iter().find(|one| one.has(Verb::Comment)).unwrap();
    assert_eq!(rule(note), None, "nobody is dispatched to");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_a_text_has_to_be_is_told_before_one_is_too_short() {
    let world = World::new();
    let (person, _) = begun(&world, "hl").await;
    let mut browser = Browser::signed_in(&world, &person).await;
    for hint in ["至少 10 个字，标点不计。", "At least 10 characters, not counting punctuation."]
    {
        let page = browser.get("/new/hl").await.text;
        let control = page.split("<textarea id=\"f-description\"").nth(1).unwrap();
        let control = control.split('>').next().unwrap();
        assert!(control.contains("aria-describedby=\"f-description-hint\""), "{control}");
        let beside = format!("<p class=\"hint\" id=\"f-description-hint\">{hint}</p>");
        assert!(page.contains(&beside), "{hint} is not told");
        in_english(&world, &person);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_that_was_emptied_stays_empty_unless_it_is_required() {
    let world = World::new();
    let (person, _) = begun(&world, "cp").await;
    let fields = world.new_case(place(&world, "cp").await).await["fields"].clone();
    let fields: Vec<(String, String)> = fields
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (key, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .map(|(key, value)| (format!("f.{key}"), value))
        .collect();
    let fields = fields.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let more = [("f.received_at", "2026-05-08T09:20"), ("f.order_no", "DD20260501")];
    let mut given: Vec<(&str, &str)> =
        fields.filter(|(name, _)| more.iter().all(|(known, _)| known != name)).collect();
    given.extend(more);
    given.push(("f.technical", ""));
    let mut browser = Browser::signed_in(&world, &person).await;
    let page = browser.get("/new/cp").await.text;
    let begins = |name: &str, value: &str| {
        let form = form_to(&page, "/new/cp");
        assert!(form.fields.contains(&(name.to_owned(), value.to_owned())), "{name}");
    };
    begins("f.technical", "false");
    begins("f.live_response", "false");
    begins("f.urgency", "normal");
    let without = [given.as_slice(), &[("f.urgency", "")]].concat();
    let refused = send(&mut browser, &form_to(&page, "/new/cp"), &without).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("id=\"f-urgency-wrong\""), "{}", refused.text);
    let again = form_to(&refused.text, "/new/cp").fields;
    assert!(!again.contains(&("f.technical".to_owned(), "false".to_owned())), "it came back");
    let done = send(&mut browser, &form_to(&page, "/new/cp"), &given).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let number = done.header("location").split(['/', '?']).nth(2).unwrap();
    let case = world.desk.case_for_operator(number).unwrap().case;
    let shown = ["technical", "live_response", "urgency"].map(|key| json!(case.value(key)));
    assert_eq!(shown, [json!(null), json!(false), json!("normal")]);
}

/// What sticks out of the window, or of the card that it stands in.
async fn sticking_out(stage: &Stage) -> Json {
    let script = "const seen = (one) => one.getClientRects().length && !one.closest('.tabs, .path, .strip, .unseen, dialog, .choice, details.menu:not([open])');
        const all = [...document.querySelectorAll('main .card, main .card *, main .sheet, main .sheet *')].filter(seen);
        const out = all.filter((one) => { const at = one.getBoundingClientRect(), card = one.closest('.sheet, .card')?.getBoundingClientRect();
            return at.right > innerWidth + 1 || at.left < -1 || one.matches('input, select, textarea') && card && at.right > card.right + 1; });
        return out.slice(0, 3).map((one) => one.outerHTML.slice(0, 160));";
    stage.browser.script(script).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_and_no_menu_of_a_case_sticks_out_at_any_width() {
    for window in [Window::DESK, Window { width: 360, ..Window::PHONE }] {
        let mut stage = Stage::new(window).await;
        for key in ["as", "mc", "held"] {
            let (person, number) = match key {
                "held" => held(&stage.world).await,
                key => begun(&stage.world, key).await,
            };
            let path = format!("/cases/{number}");
            stage.open(&person, &path).await;
            let links = "return [...new Set([...document.querySelectorAll('#others a')].map((one) => new URL(one.href).search))];";
            let links = stage.browser.script(links).await.unwrap();
            for link in links.as_array().unwrap() {
                let path = format!("{path}{}", link.as_str().unwrap());
                stage.browser.go(&path).await.unwrap();
                assert_eq!(sticking_out(&stage).await, json!([]), "{path}");
            }
            for menu in ["#snooze", "#further"] {
                let open = format!(
                    "const one = document.querySelector({menu:?}); if (one) one.open = true; return Boolean(one);"
                );
                if stage.browser.script(&open).await.unwrap() != true {
                    continue;
                }
                assert_eq!(sticking_out(&stage).await, json!([]), "{menu}");
                let tall = format!(
                    "return [...document.querySelectorAll({menu:?} + ' button')].filter((one) => one.getBoundingClientRect().height > 60).map((one) => one.textContent);"
                );
                assert_eq!(
                    stage.browser.script(&tall).await.unwrap(),
                    json!([]),
                    "{menu}: lines wrap"
                );
                let close = format!("document.querySelector({menu:?}).open = false; return true;");
                stage.browser.script(&close).await.unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_present_time_is_one_press_and_picked_files_can_be_taken_out_again() {
    let mut stage = Stage::new(Window::DESK).await;
    let (person, _) = begun(&stage.world, "cf").await;
    stage.open(&person, "/new/cf").await;
    let browser = &stage.browser;
    let unfold = "for (const one of document.querySelectorAll('#new-form details')) one.open = true; return true;";
    browser.script(unfold).await.unwrap();
    browser.click("#new-form .with-now [data-now]").await.unwrap();
    let filled = "return document.querySelector('#new-form .with-now input').value;";
    let filled = browser.script(filled).await.unwrap();
    let local = "return new Date(Number(document.documentElement.dataset.now) * 1000 + 8 * 3_600_000).toISOString().slice(0, 13);";
    let local = browser.script(local).await.unwrap();
    assert!(filled.as_str().unwrap().starts_with(local.as_str().unwrap()), "{filled} {local}");
    let files = tempfile::tempdir().unwrap();
    for name in ["现场.txt", "门口.txt"] {
        let path = files.path().join(name);
        std::fs::write(&path, name).unwrap();
        browser.attach("#new-form input[type=file]", &path).await.unwrap();
    }
    let list = browser.text("#new-form .picked").await.unwrap();
    assert!(list.contains("现场.txt") && list.contains("门口.txt"), "{list}");
    browser.click("#new-form .picked li:first-child button").await.unwrap();
    let left = "return [...document.querySelector('#new-form input[type=file]').files].map((one) => one.name);";
    assert_eq!(browser.script(left).await.unwrap(), json!(["门口.txt"]));
}

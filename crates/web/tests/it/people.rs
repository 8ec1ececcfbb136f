//! A person's page, absence, substitutes and leaving; who is offered for a step; and the log of who saw what.

use crate::administering::administrator;
use crate::console::{case, form_to, send};
use crate::customers::writer;
use crate::signing::{Browser, encoded};
use crate::stage::Stage;
use crate::world::{PHONE, World};
use browser::Window;
use desk::{Absence, Options};
use engine::command::{Command, Extra};
use engine::customer::{Contact, Customer, Master};
use engine::decide::offers;
use engine::key::Key;
use engine::people::Who;
use engine::procedure::{Means, Verb};
use serde_json::json;

/// A case that somebody holds who does not administer, and who that is.
async fn held(world: &World) -> (String, Key) {
    let library = world.desk.library();
    for place in 0..library.all().count() {
        let (_, registered) = world.register(place).await;
        let number = registered.json()["number"].as_str().unwrap().to_owned();
        let case = world.desk.case_for_operator(&number).unwrap().case;
        let people = world.desk.people();
        let known = case.assignee.as_ref().and_then(|id| people.person(id));
        if let Some(person) = known.filter(|person| !world.desk.is_administrator(person)) {
            return (number, person.id.clone());
        }
        if let Some((who, action)) = dispatcher(world, &number) {
            let to = people.people.iter().find(|one| !world.desk.is_administrator(one)).unwrap();
            let extra = Extra { assignee: Some(to.id.clone()), ..Extra::default() };
            let command = Command::Act {
                case: case.id.clone(),
                action,
                fields: Default::default(),
                extra: Box::new(extra),
            };
            if world.desk.submit(&Who::Person(who), command, Options::default()).is_ok() {
                return (number, to.id.clone());
            }
        }
    }
    panic!("nobody holds anything");
}

/// Somebody who may dispatch a case as it stands, and the action.
fn dispatcher(world: &World, number: &str) -> Option<(Key, Key)> {
    let seen = world.desk.case_for_operator(number).unwrap();
    let people = world.desk.directory();
    people.people.iter().find_map(|person| {
        let who = Who::Person(person.id.clone());
        let offered = offers(&seen.procedure, &seen.case, &people, &who, world.desk.now());
        let mut actions = offered.iter().filter_map(|offer| seen.procedure.action(&offer.action));
        let action = actions.find(|action| action.has(Verb::Assign))?;
        Some((person.id.clone(), action.key.clone()))
    })
}

/// Somebody else than these.
fn another(world: &World, not: &[&str]) -> Key {
    let people = world.desk.people();
    let mut others = people.people.iter().filter(|one| !not.contains(&&*one.id));
    others.next().unwrap().id.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sees_who_takes_over_says_the_absence_and_the_substitute_has_it() {
    let world = World::new();
    let (number, holder) = held(&world).await;
    let admin = administrator(&world);
    let substitute = another(&world, &[&holder, &admin]);
    let mut browser = Browser::signed_in(&world, &admin).await;
    let place = format!("/admin/people/{}", encoded(&holder));
    let list = browser.get(&format!("/admin/people?q={}", encoded(&holder))).await;
    assert!(list.text.contains(&format!("href=\"/admin/people/{holder}\"")), "{}", list.text);
    assert!(
        !list.text.contains(&format!("href=\"/admin/people/{substitute}\"")),
        "only what was sought"
    );
    let page = browser.get(&place).await;
    assert!(page.status == 200 && page.text.contains(&number), "{}", page.text);
    // Looked at first: nothing is written.
    let form = form_to(&page.text, "/absence");
    let given =
        [("from", "2026-05-08T09:00"), ("to", "2026-05-20T18:00"), ("substitute", &*substitute)];
    let looked = send(&mut browser, &form, &[&given[..], &[("does", "look")]].concat()).await;
    let name = world.desk.people().person(&substitute).unwrap().name.clone();
    let foreseen = looked.text.split("id=\"away-foreseen\"").nth(1).unwrap();
    assert!(foreseen.split("</table>").next().unwrap().contains(&name), "{foreseen}");
    let of = |number: &str| world.desk.case_for_operator(number).unwrap().case.assignee.clone();
    assert_eq!(of(&number), Some(holder.clone()));
    // Backwards it is refused, with what was typed.
    let wrong = [("from", "2026-05-20T09:00"), ("to", "2026-05-08T09:00"), ("does", "save")];
    let refused = send(&mut browser, &form, &wrong).await;
    assert!(refused.status == 422 && refused.text.contains("2026-05-20T09:00"), "{}", refused.text);
    let said = send(&mut browser, &form, &[&given[..], &[("does", "save")]].concat()).await;
    assert!(said.status == 200 && said.text.contains("notice fine"), "{}", said.text);
    assert_eq!(of(&number), Some(substitute.clone()));
    assert!(!world.desk.people().person(&holder).unwrap().present(world.desk.now()));
    // He says himself that he is back.
    let mut own = Browser::signed_in(&world, &holder).await;
    let account = own.get("/account").await;
    assert!(account.text.contains("2026-05-20T18:00"), "{}", account.text);
    let form = form_to(&account.text, "/account/absence");
    send(&mut own, &form, &[("does", "back")]).await;
    assert!(world.desk.people().person(&holder).unwrap().present(world.desk.now()));
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_says_before_and_after_what_goes_to_whom() {
    let world = World::new();
    let (number, holder) = held(&world).await;
    let mut browser = Browser::signed_in(&world, &administrator(&world)).await;
    let page = browser.get(&format!("/admin/people/{}", encoded(&holder))).await;
    let foreseen = page.text.split("id=\"leave\"").nth(1).unwrap();
    assert!(foreseen.contains("<table"), "{foreseen}");
    let left = send(&mut browser, &form_to(&page.text, "/leave"), &[]).await;
    assert_eq!(left.status, 200, "{}", left.text);
    let case = world.desk.case_for_operator(&number).unwrap().case;
    assert_ne!(case.assignee.as_ref(), Some(&holder));
    let people = world.desk.people();
    let taker = case.assignee.as_ref().and_then(|id| people.person(id)).map(|one| one.name.clone());
    let told = left.text.split("notice fine").nth(1).unwrap().split("</p>").next().unwrap();
    assert!(told.contains("件工单") && taker.is_none_or(|taker| told.contains(&taker)), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_other_roles_and_nobody_takes_his_own_administration_away() {
    let world = World::new();
    let admin = administrator(&world);
    let mut browser = Browser::signed_in(&world, &admin).await;
    let team =
        desk::Team {
            id: "early".into(), name: "早班".to_owned(), lead: None, members: Vec::new()
        };
    world.desk.put_team("test", &team, None).unwrap();
    let other = another(&world, &[&admin]);
    let role = world.desk.people().people.last().unwrap().roles[0].clone();
    let path = format!("/admin/people/{}", encoded(&other));
    assert!(browser.get(&path).await.text.contains("name=\"team.early\""));
    let token = browser.token().await;
    let role_box = format!("role.{role}");
    let given = [
        ("csrf", token.as_str()),
        ("name", "新名字"),
        ("department", ""),
        (role_box.as_str(), "on"),
        ("team.early", "on"),
        ("seen", "1"),
    ];
    let saved = browser.post(&path, &given).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    let known = world.desk.people().person(&other).unwrap().clone();
    assert_eq!((known.name.as_str(), known.roles), ("新名字", vec![role]));
    assert_eq!(world.desk.teams()[0].members, std::slice::from_ref(&other));
    let late = browser.post(&path, &given).await;
    assert_eq!(late.status, 422, "somebody was faster: {}", late.text);
    let own = format!("/admin/people/{}", encoded(&admin));
    let refused = browser.post(&own, &[("csrf", &token), ("name", "管理员")]).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let people = world.desk.people();
    assert!(world.desk.is_administrator(people.person(&admin).unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_administers_reads_who_saw_what_and_the_case_tells_it_too() {
    let world = World::new();
    let (person, number) = case(&world).await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let page = browser.get(&format!("/cases/{number}")).await;
    let seen = world.desk.case_for_operator(&number).unwrap();
    let hidden = [Means::Customer, Means::Contact, Means::Phone].into_iter();
    let mut hidden = hidden.filter_map(|means| seen.procedure.field_meaning(means));
    let mut hidden = hidden.by_ref().filter(|field| {
        seen.case
            .value(&field.key)
            .is_some_and(|value| seen.masked(&field.key).as_ref() != Some(value))
    });
    let (first, second) = (hidden.next().unwrap(), hidden.next().unwrap());
    let full = |key: &str| seen.case.value(key).unwrap().text().to_owned();
    let form = form_to(&page.text, "/reveal");
    let one = send(&mut browser, &form, &[("field", &first.key)]).await;
    let again = form_to(&one.text, "/reveal");
    let both = send(&mut browser, &again, &[("field", &second.key)]).await;
    for field in [first, second] {
        assert!(both.text.contains(&full(&field.key)), "{} is hidden again", field.key);
    }
    let audit = browser.get(&format!("/cases/{number}?show=audit")).await;
    let told = format!("查看了完整内容：{}", second.label.zh);
    assert!(audit.text.contains(&told), "{}", audit.text);
    assert!(!browser.get(&format!("/cases/{number}?show=all")).await.text.contains(&told));
    // The log is the administrators'.
    assert_eq!(browser.get("/admin/log").await.status, 403);
    let mut admin = Browser::signed_in(&world, &administrator(&world)).await;
    let log = admin.get(&format!("/admin/log?kind=reveal&person={}", encoded(&person))).await;
    assert_eq!(log.status, 200, "{}", log.text);
    assert!(log.text.contains(&format!("{number} · {}", second.label.zh)), "{}", log.text);
    assert!(!log.text.contains(PHONE), "{}", log.text);
    let lines =
        |text: &str| text.split("<tbody>").nth(1).map_or(0, |body| body.matches("<tr>").count());
    assert_eq!(lines(&log.text), 3, "the first was shown twice: {}", log.text);
    let none = admin.get("/admin/log?kind=export").await;
    assert_eq!(lines(&none.text), 0, "{}", none.text);
    let all = admin.get("/admin/log").await;
    let next = all.text.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    assert!(next.starts_with("/admin/log?before="), "{next}");
    assert!(lines(&admin.get(&next).await.text) > 0, "the page after it");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_fits_a_step_is_offered_first_and_many_people_are_no_wall_of_buttons() {
    let world = World::new();
    let (number, _) = held(&world).await;
    let (person, action) = dispatcher(&world, &number).unwrap();
    let mut browser = Browser::signed_in(&world, &person).await;
    let page = browser.get(&format!("/cases/{number}?do={action}")).await;
    let select =
        page.text.split("name=\"i.assignee\"").nth(1).unwrap().split("</select>").next().unwrap();
    let (fit, others) = select.split_once("data-others").expect(select);
    let people = world.desk.people();
    let roles = |part: &str| -> Vec<Vec<Key>> {
        let ids =
            part.split("<option value=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        ids.filter_map(|id| people.person(id)).map(|one| one.roles.clone()).collect()
    };
    let (fit, others) = (roles(fit), roles(others));
    let role = &fit.first().expect("somebody fits")[0];
    assert!(fit.iter().all(|held| held.contains(role)), "{fit:?}");
    assert!(others.iter().any(|held| !held.contains(role)), "the others come after them");
    // Whoever has another role is told with his own.
    let seen = world.desk.case_for_operator(&number).unwrap();
    let stranger = people
        .people
        .iter()
        .find(|one| seen.procedure.roles.iter().all(|role| !one.has(&role.key)));
    if let Some(stranger) = stranger {
        let extra = Extra { assignee: Some(stranger.id.clone()), ..Extra::default() };
        let command = Command::Act {
            case: seen.case.id.clone(),
            action: action.clone(),
            fields: Default::default(),
            extra: Box::new(extra),
        };
        if world.desk.submit(&Who::Person(person.clone()), command, Options::default()).is_ok() {
            let told = browser.get(&format!("/cases/{number}?show=audit")).await.text;
            assert!(told.contains(&format!("派给 {}<", stranger.name)), "{told}");
        }
    }
    // A field that takes several people is a box that opens.
    let library = world.desk.library();
    let with_people =
        library.all().find(|rules| rules.field_meaning(Means::Accused).is_some()).unwrap();
    let by = people.people.iter().find(|one| {
        let by = &with_people.register_action().unwrap().by;
        by.iter()
            .any(|actor| matches!(actor, engine::procedure::Actor::Role(role) if one.has(role)))
    });
    let mut browser = Browser::signed_in(&world, &by.unwrap().id).await;
    let form = browser.get(&format!("/new/{}", with_people.key)).await.text;
    let field = &with_people.field_meaning(Means::Accused).unwrap().key;
    let before = form.split(&format!("name=\"f.{field}\"")).next().unwrap();
    assert!(before.rsplit("<details").next().unwrap().contains("data-narrows"), "{before}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_not_called_new_before_it_is_whole() {
    let world = World::new();
    let (person, number) = case(&world).await;
    world.desk.take_customers_in().unwrap();
    let seen = world.desk.case_for_operator(&number).unwrap();
    let phone = seen.procedure.field_meaning(Means::Phone).unwrap();
    let whole = seen.case.value(&phone.key).unwrap().text().to_owned();
    let mut browser = Browser::signed_in(&world, &person).await;
    let token = browser.token().await;
    let (path, name) = (format!("/new/{}/look", seen.procedure.key), format!("f.{}", phone.key));
    let new = "第一次联系我们的号码";
    for typed in [6, 7, 10].map(|digits| whole.get(..digits).unwrap()) {
        let known = browser.post(&path, &[("csrf", &token), (&name, typed)]).await.text;
        assert!(!known.contains(new), "{typed}: {known}");
        assert_eq!(known.contains("/customers/"), typed.len() >= 7, "{typed}: {known}");
        assert!(!known.contains(&whole), "{known}");
    }
    let known = browser.post(&path, &[("csrf", &token), (&name, &whole)]).await.text;
    assert!(known.contains(&number), "{known}");
    for typed in ["13900000000", "01088886666", "4008001234"] {
        let known = browser.post(&path, &[("csrf", &token), (&name, typed)]).await.text;
        assert!(known.contains(new), "{typed}: {known}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_case_for_a_known_customer_shows_him_masked_and_holds_his_number() {
    let world = World::new();
    let (person, number) = case(&world).await;
    world.desk.take_customers_in().unwrap();
    let seen = world.desk.case_for_operator(&number).unwrap();
    let phone = seen.procedure.field_meaning(Means::Phone).unwrap().key.clone();
    let full = seen.case.value(&phone).unwrap().clone();
    let kept = world.desk.customers(None, None, None, 1).unwrap().rows.remove(0);
    let mut browser = Browser::signed_in(&world, &person).await;
    let page = browser.get(&format!("/customers/{}", kept.key)).await.text;
    let href = format!("/new?customer={}", kept.key);
    assert!(page.contains(&href), "{page}");
    let path = format!("/new/{}?customer={}", seen.procedure.key, kept.key);
    let page = browser.get(&path).await.text;
    assert!(!page.contains(full.text()), "masked: {page}");
    let form = form_to(&page, "/new/");
    let fields = world.new_case(0).await["fields"].clone();
    let known = |key: &str| {
        let name = format!("f.{key}");
        form.fields.iter().any(|(control, text)| *control == name && !text.is_empty())
    };
    assert!(known(&phone), "his number is filled in: {page}");
    let more: Vec<(String, String)> = fields
        .as_object()
        .unwrap()
        .iter()
        .filter(|(key, _)| !known(key))
        .map(|(key, value)| {
            (format!("f.{key}"), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
        .filter(|(_, value)| !value.starts_with(['[', '{']))
        .collect();
    let more: Vec<(&str, &str)> =
        more.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let sent = send(&mut browser, &form, &more).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let place = sent.header("location").to_owned();
    let new = place.trim_start_matches("/cases/").split('?').next().unwrap().to_owned();
    let case = world.desk.case_for_operator(&new).unwrap().case;
    assert_eq!(case.value(&phone), Some(&full));
    assert!(browser.get(&format!("/customers/{}", kept.key)).await.text.contains(&new));
}

/// In a real browser: the absence is said, the list says it, and the substitute finds the case in his work.
#[tokio::test(flavor = "multi_thread")]
async fn an_absence_is_said_in_the_browser_and_the_substitute_finds_the_case_in_his_work() {
    let world = World::new();
    let (number, holder) = held(&world).await;
    let admin = administrator(&world);
    let substitute = another(&world, &[&holder, &admin]);
    let mut stage = Stage::of(world, Window::DESK).await;
    stage.open(&admin, &format!("/admin/people/{holder}")).await;
    stage.browser.fill("#away-from", "2026-05-08T09:00").await.unwrap();
    stage.browser.fill("#away-to", "2026-05-20T18:00").await.unwrap();
    // Typing part of the name is enough where only one fits; by id it is chosen all the same.
    stage.browser.choose("#away-substitute", &substitute).await.unwrap();
    stage.browser.click("#away button.main").await.unwrap();
    stage.browser.wait(".notice.fine").await.unwrap();
    let told = stage.browser.text(".notice.fine").await.unwrap();
    let name = stage.world.desk.people().person(&substitute).unwrap().name.clone();
    assert!(told.contains(&name), "{told}");
    let high = "return document.querySelector('.things tbody tr').getBoundingClientRect().height;";
    stage.browser.go("/admin/people").await.unwrap();
    stage.browser.wait(".things tbody tr").await.unwrap();
    let high = stage.browser.script(high).await.unwrap();
    assert!(high.as_f64().unwrap() < 60.0, "a person takes one line: {high}");
    stage.open(&substitute, "/work").await;
    stage.browser.read(&number).await.unwrap();
    // Nothing new comes to whoever is away.
    let absence = Absence {
        from: "2026-05-01T00:00:00Z".parse().unwrap(),
        to: "2026-06-01T00:00:00Z".parse().unwrap(),
        substitute: None,
    };
    let caller = desk::Caller { person: holder.clone(), scopes: Vec::new() };
    stage.world.desk.set_absence(&caller, &holder, Some(&absence), None).unwrap();
    for place in 0..2 {
        let (_, registered) = stage.world.register(place).await;
        let number = registered.json()["number"].as_str().unwrap().to_owned();
        let case = stage.world.desk.case_for_operator(&number).unwrap().case;
        assert_ne!(case.assignee.as_ref(), Some(&holder));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_copied_with_one_press() {
    let world = World::new();
    let (admin, invited) = (administrator(&world), world.someone());
    let mut stage = Stage::of(world, Window::DESK).await;
    stage.open(&admin, &format!("/admin/people/{invited}")).await;
    stage.browser.click("form[action$=invitation] button").await.unwrap();
    stage.browser.wait("[data-copy]").await.unwrap();
    let link = stage.browser.text("[data-copied]").await.unwrap();
    assert!(link.contains("/welcome/"), "{link}");
    // What a page may put there depends on the machine; here it is caught on the way.
    let catch = "window.copied = []; navigator.clipboard.writeText = (text) => { window.copied.push(text); return Promise.resolve(); };";
    stage.browser.script(catch).await.unwrap();
    stage.browser.click("[data-copy]").await.unwrap();
    stage.browser.wait("#toast").await.unwrap();
    assert_eq!(stage.browser.text("#toast").await.unwrap(), "已复制");
    let copied = stage.browser.script("return window.copied;").await.unwrap();
    assert_eq!(copied, json!([link]));
    // Where nothing may be put there, it is picked out for whoever copies by key.
    let refuse = "navigator.clipboard.writeText = () => Promise.reject(new Error('no'));";
    stage.browser.script(refuse).await.unwrap();
    stage.browser.click("[data-copy]").await.unwrap();
    let picked = "return getSelection().toString() === arguments[0];";
    stage.browser.until(picked, vec![json!(link)], "the link is picked out").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_look_alike_when_masked_say_what_is_the_same() {
    let world = World::new();
    let person = writer(&world);
    let mut browser = Browser::signed_in(&world, &person.id).await;
    for (key, name) in [("A", "陈大文"), ("B", "陈大武")] {
        let master = Master { name: name.to_owned(), ..Master::default() };
        let phone = format!("{PHONE}0001");
        let contacts = vec![Contact { phone, ..Contact::default() }];
        let customer = Customer { master, contacts, ..Customer::default() };
        world.desk.put_customer(&Who::System, Some(key), customer, None).unwrap();
    }
    let pairs = browser.get("/customers/duplicates").await.text;
    assert!(pairs.contains("姓名不完全相同"), "{pairs}");
    let page = browser.get("/customers/A/merge/B").await.text;
    assert!(page.contains("不相同") && page.contains("相同：138****0001"), "{page}");
    assert!(!page.contains("陈大文") && !page.contains(PHONE), "{page}");
}

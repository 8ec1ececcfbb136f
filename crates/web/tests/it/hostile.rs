//! Whatever is typed is shown as it was typed, and is nothing but text: in pages, answers and lists for spreadsheets.

use crate::matrix::{entered, register};
use crate::signing::{Browser, encoded};
use crate::stage::Stage;
use crate::world::World;
use browser::Window;
use calamine::{Data, Reader, Xlsx};
use desk::{Listing, Options, Origin};
use documents::{CsvTable, XlsxTable};
use engine::command::{Command, Entered, Extra};
use engine::people::{Person, Who};
use engine::procedure::{Actor, FieldKind, Verb};
use serde_json::{Value as Json, json};
use std::io::Cursor;
use store::{Filter, Scope};

pub(crate) const HOSTILE: &[&str] = &[
    "<script>window.hit=1</script>",
    "\"'><img src=x onerror=\"window.hit=1\">",
    "</textarea></title><svg onload=window.hit=1>",
    "{{7*7}} ${7*7} <%= 7*7 %> #{7*7}",
    "=CMD|'/C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\u{202e}gpj.exe\u{202c} \u{200b}\u{feff}\u{0301}",
    "&lt;b&gt; &amp; %3Cscript%3E javascript:window.hit=1",
];
/// Enough for a field that wants to be told something.
const MORE: &str = " 设备无法启动并显示错误代码，已按说明书重启三次";
/// What only a page has in which a text has become more than that.
const ALIVE: &[&str] = &["<script>window", "<img src=x", "<svg onload", "49 49 49"];

pub(crate) fn text(hostile: &str) -> String {
    format!("{hostile}{MORE}").trim().to_owned()
}

/// As it stands in a page.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A case of each procedure for each text, in every field that takes one, registered and remarked on by a person of that name.
fn furnish(world: &World) -> Vec<(String, String)> {
    let (desk, library) = (&world.desk, world.desk.library());
    let admin = desk.people().people.iter().find(|one| desk.is_administrator(one)).unwrap().clone();
    let mut cases = Vec::new();
    for (place, hostile) in HOSTILE.iter().enumerate() {
        let person = Person {
            id: format!("x{place}").as_str().into(),
            name: format!("员{}", text(hostile)),
            ..admin.clone()
        };
        desk.put_people("test", std::slice::from_ref(&person)).unwrap();
        for rules in library.all() {
            let who = Who::Person(person.id.clone());
            let number = register(world, rules, &text(hostile), "13812341111");
            let seen = desk.case_for_operator(&number).unwrap();
            let comment = rules.actions.iter().find(|action| action.has(Verb::Comment)).unwrap();
            let command = Command::Act {
                case: seen.case.id.clone(),
                action: comment.key.clone(),
                fields: Entered::new(),
                extra: Box::new(Extra { text: Some(text(hostile)), ..Extra::default() }),
            };
            desk.submit(&who, command, Options::default()).unwrap();
            cases.push((number, text(hostile)));
        }
    }
    cases
}

pub(crate) fn harmless(page: &str, what: &str) {
    for alive in ALIVE {
        assert!(!page.contains(alive), "{what}: {alive} in\n{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_is_text_in_every_page_and_answer() {
    let world = World::new();
    let cases = furnish(&world);
    let mut browser = Browser::new(&world);
    browser.cookie =
        format!("bihuan={}", world.desk.begin(&"x0".into(), &Origin::default()).unwrap());
    let key = world.any().to_owned();
    for (number, text) in &cases {
        let told = world.get(&key, &format!("/api/v1/cases/{number}")).await.json();
        let fields = told["fields"].as_object().unwrap();
        assert!(fields.values().any(|value| value == text), "{text}: {told}");
        let page = browser.get(&format!("/cases/{number}")).await;
        harmless(&page.text, number);
        assert!(page.text.contains(&escaped(text)), "{text} is not on\n{}", page.text);
        let events = world.get(&key, &format!("/api/v1/cases/{number}/events?limit=500")).await;
        let told = events.json()["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|event| event.to_string().contains(&json!(text).to_string()));
        assert!(told, "{text}: {}", events.text);
    }
    let mut pages = vec![
        "/work".to_owned(),
        "/cases?state=all".to_owned(),
        "/wall".to_owned(),
        "/overview".to_owned(),
        "/inbox".to_owned(),
        "/admin/people".to_owned(),
        "/account".to_owned(),
    ];
    pages.extend(HOSTILE.iter().map(|hostile| format!("/search?q={}", encoded(hostile))));
    for path in pages {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        harmless(&page.text, &path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_characters_come_back_as_they_were_typed() {
    let world = World::new();
    let desk = &world.desk;
    let long = "长".repeat(100_000);
    let (library, people) = (desk.library(), desk.people());
    let rules = library.all().next().unwrap();
    let register = rules.register_action().unwrap();
    let may = |by: &Actor, person: &Person| matches!(by, Actor::Role(role) if person.has(role));
    let person =
        people.people.iter().find(|one| register.by.iter().any(|by| may(by, one))).unwrap();
    let asked = |kind: fn(&FieldKind) -> bool| {
        let fields = register.input.iter().filter_map(|input| rules.field(&input.field));
        fields.into_iter().find(|field| kind(&field.kind)).unwrap()
    };
    // Where there is room it is kept whole; lists show its beginning.
    let told = asked(|kind| matches!(kind, FieldKind::Long));
    let mut fields = entered(rules, &text(""), "13812341111", &person.id, false);
    fields.insert(told.key.clone(), json!(long));
    let who = Who::Person(person.id.clone());
    let done = desk.register(&who, &rules.key, fields, Options::default()).unwrap();
    let path = format!("/cases/{}", done.number);
    let case = world.get(world.any(), &format!("/api/v1{path}")).await.json();
    assert!(case["fields"][&*told.key] == long, "not kept whole");
    let mut browser = Browser::new(&world);
    browser.cookie = format!("bihuan={}", desk.begin(&person.id, &Origin::default()).unwrap());
    assert!(browser.get(&path).await.text.contains(&long), "not shown whole");
    for list in ["/work", "/cases", "/search?q=%E9%95%BF%E9%95%BF"] {
        let page = browser.get(list).await;
        assert!(page.text.contains("长长") && page.text.len() < 200_000, "{list}");
    }
    // Where there is not it is refused beside the field, and nothing of it is lost.
    let line = asked(|kind| matches!(kind, FieldKind::Text));
    let (token, name) = (browser.token().await, format!("f.{}", line.key));
    let new = format!("/new/{}", rules.key);
    let page = browser.post(&new, &[("csrf", &token), (&name, &long)]).await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains(&format!("value=\"{long}\"")), "what was typed is gone");
}

#[test]
fn spreadsheets_find_no_formula_and_no_text_is_changed_in_them() {
    let world = World::new();
    let cases = furnish(&world);
    let listing = Listing::of(world.desk.library().all(), false);
    let mut csv = CsvTable::new(Vec::new(), &listing.columns).unwrap();
    let mut xlsx = XlsxTable::new(&listing.columns, |place| listing.times[place]).unwrap();
    let filter = Filter::default();
    let count = world
        .desk
        .export(&Scope::all(), &filter, &listing, &mut |cells| {
            csv.row(cells)?;
            xlsx.row(cells)
        })
        .unwrap();
    assert_eq!(count, cases.len());
    let csv = String::from_utf8(csv.finish().unwrap()).unwrap();
    // Cells begin at the beginning of a line or behind a comma, bare or in quotes.
    for formula in ["=CMD", "+1+", "-2+", "@SUM"] {
        for before in ["\n", ",", "\n\"", ",\""] {
            assert!(!csv.contains(&format!("{before}{formula}")), "{formula}");
        }
        assert!(csv.contains(&format!("'{formula}")), "{formula} is gone");
    }
    let mut bytes = Cursor::new(Vec::new());
    xlsx.finish(&mut bytes).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(bytes).unwrap();
    let sheet = book.sheet_names()[0].clone();
    assert!(book.worksheet_formula(&sheet).unwrap().used_cells().next().is_none());
    let range = book.worksheet_range(&sheet).unwrap();
    let texts: Vec<&str> = range
        .used_cells()
        .filter_map(|(.., cell)| match cell {
            Data::String(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    for hostile in HOSTILE {
        assert!(texts.contains(&&*text(hostile)), "{hostile}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_does_nothing_in_a_browser() {
    let mut stage = Stage::new(Window::DESK).await;
    let cases = furnish(&stage.world);
    for path in ["/work", "/cases?state=all"] {
        stage.open("x0", path).await;
        quiet(&stage, path).await;
    }
    for (number, text) in cases.iter().step_by(6) {
        stage.open("x1", &format!("/cases/{number}")).await;
        // A text that turns the direction of reading turns its own and nothing else.
        let alone = "const own = [...document.querySelectorAll('main *')].filter((one) => one.childElementCount === 0 && one.textContent.includes(arguments[0]));
            return own.length > 0 && own.every((one) => getComputedStyle(one).unicodeBidi.startsWith('isolate') || getComputedStyle(one).display !== 'inline');";
        let alone = stage.browser.client().execute(alone, vec![json!(text)]).await.unwrap();
        assert_eq!(alone, json!(true), "{text}");
        quiet(&stage, number).await;
    }
}

/// Nothing of it has run, and nothing of it is part of the page.
async fn quiet(stage: &Stage, what: &str) {
    let hit = "return [window.hit ?? null, document.querySelectorAll('main script, main svg[onload], main img[src=\"x\"]').length];";
    let hit = stage.browser.script(hit).await.unwrap();
    assert_eq!(hit, json!([Json::Null, 0]), "{what}");
}

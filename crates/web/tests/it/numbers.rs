//! Every number that somebody is shown is that of the list to which it leads.

use crate::life::step;
use crate::signing::Browser;
use crate::world::World;
use engine::procedure::Verb;
use std::collections::{BTreeMap, BTreeSet};

/// A link to a list in the main part of a page: where it leads, and the number that it shows.
fn links(page: &str) -> Vec<(String, u64)> {
    let main = page.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    let mut found = Vec::new();
    for link in main.split("<a ").skip(1) {
        let (tag, rest) = link.split_once('>').unwrap();
        let href = tag.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
        if !href.starts_with("/cases?") && href != "/cases" {
            continue;
        }
        let label = tag.split("aria-label=\"").nth(1).map(|rest| rest.split('"').next().unwrap());
        let inner = rest.split("</a>").next().unwrap();
        let bold = inner.split("<b>").nth(1).map(|rest| rest.split("</b>").next().unwrap());
        let said = label.or(bold).unwrap_or(inner);
        let digits: String = said.chars().rev().take_while(char::is_ascii_digit).collect();
        let number: String = digits.chars().rev().collect();
        let number = number.parse().unwrap_or_else(|_| panic!("no number: {link}"));
        found.push((href.replace("&amp;", "&"), number));
    }
    found
}

/// What a list says of its length, and how many lines it shows.
fn length(page: &str) -> (u64, usize) {
    let heading = page.split("<h1>").nth(1).unwrap();
    let count = heading.split("class=\"count\">").nth(1).unwrap();
    (count.split('<').next().unwrap().parse().unwrap(), page.matches("<tr data-row").count())
}

/// Cases of every procedure: one on its way to its end, one that was made void, and others that are late and not.
async fn cases(world: &World) {
    let (_, first) = world.register(0).await;
    let (path, mut uses) = (first.header("location").to_owned(), BTreeMap::new());
    for _ in 0..30 {
        let life = world.get(world.any(), &path).await.json()["life"].clone();
        if life != "open" {
            break;
        }
        match step(world, &path, &mut uses).await {
            Some(_) => world.wait(10),
            None => world.wait(24 * 60),
        }
    }
    let life = world.get(world.any(), &path).await.json()["life"].clone();
    assert_ne!(life, "open", "one is closed");
    for place in 0..5 {
        world.register(place).await;
    }
    world.wait(26 * 60);
    for place in 0..5 {
        world.register(place).await;
    }
    let void = world.register(1).await.1;
    assert!(is_voided(world, void.header("location")).await, "one is void");
}

async fn is_voided(world: &World, path: &str) -> bool {
    for key in world.keys.values() {
        let actions = world.get(key, &format!("{path}/actions")).await.json();
        for offer in actions["items"].as_array().into_iter().flatten() {
            let case = world.get(world.any(), path).await.json();
            let procedure = case["procedure"]["key"].as_str().unwrap();
            let rules = world.desk.library().newest(procedure).unwrap().0;
            let action = rules.action(offer["key"].as_str().unwrap()).unwrap();
            if action.has(Verb::Void) {
                let body = serde_json::json!({ "input": { "reason": "重复登记" }, "fields": {} });
                let done = world.post(key, offer["href"].as_str().unwrap(), &body, &[]).await;
                if done.status == 200 {
                    return true;
                }
            }
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_leads_to_a_list_of_as_many_cases_whoever_looks() {
    let world = World::new();
    cases(&world).await;
    let mut kinds = BTreeMap::<&str, u64>::new();
    // Some who see everything, and some who see little of it.
    let all: Vec<&String> = world.keys.keys().filter(|id| id.ends_with("-a")).collect();
    let administrators = world.desk.people();
    let sees_all = administrators.people.iter().find(|one| world.desk.is_administrator(one));
    let mut people: Vec<String> =
        all.iter().step_by(all.len() / 6).map(|id| (*id).clone()).collect();
    people.push(sees_all.unwrap().id.to_string());
    assert!(people.len() > 5);
    for person in &people {
        let mut browser = Browser::signed_in(&world, person).await;
        let (mut walked, mut shares) = (BTreeSet::new(), BTreeSet::new());
        for page in ["/overview", "/wall"] {
            let shown = browser.get(page).await;
            assert_eq!(shown.status, 200, "{}", shown.text);
            let share = shown.text.split("#clocks\"><b>").nth(1).unwrap().split('<').next();
            shares.insert(share.unwrap().to_owned());
            for (href, number) in links(&shown.text) {
                if !walked.insert((href.clone(), number)) {
                    continue;
                }
                let list = browser.get(&href).await;
                assert_eq!(list.status, 200, "{person} {href}");
                let (count, rows) = length(&list.text);
                assert_eq!(
                    (number, rows as u64),
                    (count, number.min(50)),
                    "{person} {page} {href}"
                );
                for kind in [
                    "due=late",
                    "due=hour",
                    "due=day",
                    "by=closed",
                    "by=missed",
                    "by=rated",
                    "channel=",
                    "category=",
                    "holder=",
                    "stage=",
                    "department=",
                    "call=today",
                ] {
                    *kinds.entry(kind).or_default() += number * u64::from(href.contains(kind));
                }
            }
        }
        // What was kept in thirty days is the same wherever it stands.
        assert_eq!(shares.len(), 1, "{person}: {shares:?}");
    }
    // Every sort of number was more than nothing for somebody; whether somebody rated is up to the procedure.
    kinds.retain(|kind, sum| *sum == 0 && !["by=rated", "due=hour"].contains(kind));
    assert!(kinds.is_empty(), "{kinds:?}");
}

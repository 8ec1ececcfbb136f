//! Several cases at once: looked at first, then dealt with, each by itself.

use crate::signing::Browser;
use crate::tools::{able, cases, picks, seen, supervisor_and_other};
use crate::world::World;
use engine::procedure::Verb;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn several_cases_are_looked_at_first_and_then_dealt_with_each_once() {
    let world = World::new();
    let mut numbers = cases(&world, 3).await;
    let (person, action) = able(&world, &numbers, Verb::Comment).unwrap();
    numbers.push("nowhere".to_owned());
    let mut browser = Browser::signed_in(&world, &person).await;
    let token = browser.token().await;
    let page = browser.get(&format!("/bulk?{}deed=act.{action}", picks(&numbers))).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("name=\"i.text\"") && page.text.contains(&numbers[0]));
    let versions = || -> Vec<u64> {
        numbers[..3].iter().map(|number| seen(&world, number).case.version).collect()
    };
    let before = versions();
    let deed = format!("act.{action}");
    let mut fields = vec![
        ("csrf", token.as_str()),
        ("deed", deed.as_str()),
        ("once", "once"),
        ("back", "/cases?sort=newest"),
    ];
    fields.extend(numbers.iter().map(|number| ("pick", number.as_str())));
    // Without its text nothing would be done, and why is said for each.
    let empty: Vec<_> = fields.iter().copied().chain([("go", "look"), ("i.text", "")]).collect();
    let looked = browser.post("/bulk", &empty).await.text;
    assert_eq!(looked.matches("class=\"no\"").count(), 3, "{looked}");
    fields.push(("i.text", "统一告知：今天下午恢复"));
    let look: Vec<_> = fields.iter().copied().chain([("go", "look")]).collect();
    let looked = browser.post("/bulk", &look).await.text;
    assert_eq!(looked.matches("class=\"ok\"").count(), 3, "{looked}");
    assert_eq!(versions(), before, "looking changes nothing");
    let act: Vec<_> = fields.iter().copied().chain([("go", "do")]).collect();
    let done = browser.post("/bulk", &act).await.text;
    assert_eq!(done.matches("class=\"ok\"").count(), 3, "{done}");
    // What was refused stays picked on the way back.
    assert!(done.contains("href=\"/cases?sort=newest&amp;pick=nowhere\""), "{done}");
    let after = versions();
    assert!(before.iter().zip(&after).all(|(before, after)| after > before));
    browser.post("/bulk", &act).await;
    assert_eq!(versions(), after, "sent twice, done once");
    // Over the API: looked at, done, and each refusal as a problem.
    let body = |preview: bool| json!({ "cases": numbers, "deed": "act", "action": action, "input": { "text": "再次告知" }, "preview": preview });
    let key = &world.keys[&person];
    let looked = world.post(key, "/api/v1/bulk", &body(true), &[]).await.json();
    assert_eq!(versions(), after);
    assert_eq!(looked["items"][0]["accepted"], true);
    assert_eq!(looked["items"][3]["problem"]["type"], "/problems/not-found");
    let once = [("idempotency-key", "bulk-1")];
    world.post(key, "/api/v1/bulk", &body(false), &once).await;
    let then = versions();
    assert!(after.iter().zip(&then).all(|(before, after)| after > before));
    world.post(key, "/api/v1/bulk", &body(false), &once).await;
    assert_eq!(versions(), then);
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_are_joined_from_a_list_and_parted_again() {
    let world = World::new();
    let numbers = cases(&world, 2).await;
    let (person, _) = able(&world, &numbers, Verb::Merge).unwrap();
    let mut browser = Browser::signed_in(&world, &person).await;
    let token = browser.token().await;
    let main = numbers[0].as_str();
    let mut fields = vec![("csrf", token.as_str()), ("deed", "merge"), ("main", main)];
    fields.extend(numbers.iter().map(|number| ("pick", number.as_str())));
    let look: Vec<_> = fields
        .iter()
        .copied()
        .chain([("once", "a"), ("go", "look"), ("i.reason", "同一件事")])
        .collect();
    let looked = browser.post("/bulk", &look).await.text;
    assert!(looked.contains("class=\"ok\""), "{looked}");
    assert!(looked.contains("不是同一位客户"), "two customers: {looked}");
    let act: Vec<_> = fields
        .iter()
        .copied()
        .chain([("once", "b"), ("go", "do"), ("i.reason", "同一件事")])
        .collect();
    let done = browser.post("/bulk", &act).await.text;
    assert_eq!(seen(&world, &numbers[1]).case.life.name(), "merged", "{done}");
    assert_eq!(seen(&world, main).case.members.len(), 1);
    // Its page says where it goes on, and shows no stage as if it were still to come.
    let page = browser.get(&format!("/cases/{}", numbers[1])).await.text;
    let over = page.split("id=\"now-do\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(over.contains("已合并") && over.contains(&format!("/cases/{main}")), "{over}");
    assert!(!page.contains("class=\"ahead\"") && !page.contains("当前处理"), "{page}");
    // The way back stands in the answer.
    let undo = done.split("class=\"undo\"").nth(1).unwrap().split("</form>").next().unwrap();
    assert!(undo.contains(&numbers[1]) && undo.contains("value=\"unmerge\""), "{undo}");
    let back = [
        ("csrf", token.as_str()),
        ("deed", "unmerge"),
        ("once", "c"),
        ("go", "do"),
        ("i.reason", "合并后撤销"),
        ("pick", &numbers[1]),
    ];
    browser.post("/bulk", &back).await;
    assert_eq!(seen(&world, &numbers[1]).case.life.name(), "open");
    assert!(seen(&world, main).case.members.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_move_to_a_new_version_and_the_deadlines_that_follow_are_shown_before() {
    let world = World::new();
    let numbers = cases(&world, 2).await;
    let before = seen(&world, &numbers[0]);
    let (key, version) = (&before.case.procedure, before.case.procedure_version);
    let clock = before.case.clocks.iter().find(|one| one.is_live() && one.due.is_some()).unwrap();
    let rules = before.procedure.clock(&clock.clock).unwrap();
    // A second version in which this clock has 99 hours, and everything else is as it was.
    let source = world.desk.published_version(key, None).unwrap().source;
    let begin = source.find(&format!("key = \"{}\"\nlabel = \"{}\"", clock.clock, rules.label.zh));
    let (head, tail) = source.split_at(begin.unwrap());
    let (of_clock, rest) = tail.split_at(tail.find("\n[[").unwrap());
    let longer = |line: &str| match line.split_once("limit = \"") {
        Some((before, limit)) => {
            format!("{before}limit = \"99h\"{}\n", limit.split_once('"').unwrap().1)
        }
        None => format!("{line}\n"),
    };
    let longer: String = of_clock.lines().map(longer).collect();
    world.desk.publish("test", key, &format!("{head}{longer}{rest}")).unwrap();
    let (supervisor, _) = supervisor_and_other(&world);
    let mut browser = Browser::signed_in(&world, &supervisor).await;
    let token = browser.token().await;
    let mut fields = vec![("csrf", token.as_str()), ("deed", "move"), ("once", "once")];
    fields.extend(numbers.iter().map(|number| ("pick", number.as_str())));
    let look: Vec<_> = fields.iter().copied().chain([("go", "look")]).collect();
    let looked = browser.post("/bulk", &look).await.text;
    assert_eq!(looked.matches("class=\"ok\"").count(), 2, "{looked}");
    assert_eq!(
        seen(&world, &numbers[0]).case.procedure_version,
        version,
        "looking changes nothing"
    );
    let act: Vec<_> = fields.iter().copied().chain([("go", "do")]).collect();
    browser.post("/bulk", &act).await;
    let after = seen(&world, &numbers[0]);
    assert_eq!(after.case.procedure_version, version + 1);
    let same = |one: &&engine::clocks::Instance| {
        (&one.clock, one.generation) == (&clock.clock, clock.generation)
    };
    let due = after.case.clocks.iter().find(same).unwrap().due.unwrap();
    assert!(Some(due) > clock.due, "the clock follows its new limit");
    let told =
        format!("{} 到 {}", rules.label.zh, after.calendar.local(due).strftime("%m-%d %H:%M"));
    assert_eq!(looked.matches(&told).count(), 2, "{told} is not in {looked}");
}

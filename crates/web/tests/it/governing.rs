//! Calendars and procedures changed from their pages: looked at first, put in force as they were looked at, never over somebody else's.

use crate::administering::administrator;
use crate::signing::Browser;
use crate::world::{Answer, World};
use engine::calendar::Calendar;
use std::time::Duration;

/// What a hidden field of a page holds.
fn hidden(page: &str, name: &str) -> String {
    let begin = format!("name=\"{name}\" value=\"");
    let rest = page.split(begin.as_str()).nth(1).unwrap_or_else(|| panic!("no {name}: {page}"));
    let text = rest.split('"').next().unwrap();
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_is_put_in_force_as_it_was_looked_at() {
    let world = World::new();
    let mut browser = Browser::signed_in(&world, &administrator(&world)).await;
    let token = browser.token().await;
    let place = "/admin/calendars/cn";
    assert!(browser.get("/admin/calendars").await.text.contains(&format!("{place}?year=2027")));
    let page = browser.get(&format!("{place}?year=2026")).await.text;
    assert!(
        page.contains("value=\"2026-10-01\"") && page.contains("value=\"2026-10-07\""),
        "{page}"
    );
    let known = || world.desk.calendar("cn").unwrap();
    let common = [("csrf", token.as_str()), ("year", "2027"), ("seen", "0")];
    let with = |more: &[(&'static str, &'static str)]| [&common[..], more].concat();

    let look = with(&[
        ("day.0.first", "2027-01-01"),
        ("day.0.last", "2027-01-03"),
        ("day.0.name", "元旦"),
        ("day.1.first", "2027-02-13"),
        ("day.1.kind", "work"),
        ("day.2.first", "2027-05-01"),
        ("day.2.gone", "yes"),
        ("day.3.kind", "off"),
        ("complete", "yes"),
        ("deed", "look"),
    ]);
    let plan = browser.post(place, &look).await;
    assert_eq!(plan.status, 200, "{}", plan.text);
    assert!(
        plan.text.contains("将改变 4 天") && plan.text.contains("2027-02-13 周六"),
        "{}",
        plan.text
    );
    assert_eq!(known(), (Calendar::builtin("cn").unwrap(), 0), "nothing is in force yet");
    let toml = hidden(&plan.text, "toml");
    let force = [&common[..], &[("toml", toml.as_str()), ("deed", "force")]].concat();
    let done = browser.post(place, &force).await;
    assert_eq!(done.header("location"), format!("{place}?year=2027&done=yes"), "{}", done.text);
    let (calendar, version) = known();
    assert!(version == 1 && calendar.known(2027) && calendar.year(2027).special.len() == 4);
    let late = browser.post(place, &force).await;
    assert_eq!(late.status, 422);
    assert!(late.text.contains("有人刚刚改了这个日历") && hidden(&late.text, "seen") == "1");

    // Bad rows and lines are named, what was typed stays, and nothing changes.
    let bad = [
        (with(&[("day.0.first", "2028-01-01"), ("day.0.name", "元旦")]), "2028-01-01 不在这一年里"),
        (with(&[("deed", "list"), ("table", "2027-06-09,off,端午\n2027-06-31,off,x")]), "第 2 行"),
        (with(&[("deed", "list"), ("table", "BEGIN:VCALENDAR\n")]), "第 1 行"),
        (with(&[("deed", "list"), ("table", "")]), "清单里没有任何日期"),
    ];
    for (fields, said) in bad {
        let answer = browser.post(place, &fields).await;
        assert_eq!(answer.status, 422, "{said}");
        assert!(answer.text.contains(said), "{said}: {}", answer.text);
        let typed = fields.iter().find(|(name, _)| ["table", "day.0.first"].contains(name));
        assert!(typed.is_none_or(|(_, text)| answer.text.contains(text)), "{said}");
    }
    let list = with(&[("deed", "list"), ("table", "2028-01-01,休,元旦\n")]);
    let plan = browser.post(place, &list).await;
    assert!(
        plan.text.contains("将改变 1 天") && hidden(&plan.text, "year") == "2028",
        "{}",
        plan.text
    );
    let more = browser.post(place, &with(&[("deed", "row"), ("day.0.name", "留着")])).await;
    assert!(more.text.contains("留着") && more.text.contains("day.6.first"), "{}", more.text);
    assert_eq!(known().1, 1);
    let gone = browser.post("/admin/calendars/none", &look).await;
    assert_eq!(gone.status, 404);
}

/// The page once it is done.
async fn looked(browser: &mut Browser<'_>) -> Answer {
    loop {
        let page = browser.get("/admin/procedures/draft?look=yes").await;
        if page.header("refresh").is_empty() {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_proved_and_looked_at_is_published() {
    let world = World::new();
    let mut browser = Browser::signed_in(&world, &administrator(&world)).await;
    let token = browser.token().await;
    let place = "/admin/procedures/draft";
    let (key, source) = {
        let one = world.desk.published_version("as", None).unwrap();
        (one.procedure.key.clone(), one.source)
    };
    let page = browser.get(&format!("{place}?from={key}")).await.text;
    assert!(page.contains("[procedure]"), "{page}");
    let version = || world.desk.published_version(&key, None).unwrap().procedure.version;
    let sent = |text: &str, deed: &str, mark: &str| {
        [("csrf", &*token), ("text", text), ("deed", deed), ("mark", mark), ("over", "1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    async fn post(browser: &mut Browser<'_>, place: &str, fields: [(String, String); 5]) -> Answer {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (&**a, &**b)).collect();
        browser.post(place, &fields).await
    }
    assert_eq!(post(&mut browser, place, sent(" ", "check", "")).await.status, 422);

    // What cannot be read, and what is not sound, comes back with its lines; what was typed stays.
    let unread = source.replacen("[procedure]", "[procedure", 1);
    let unsound = source.replacen("reset = \"month\"", "reset = \"day\"", 1);
    assert_ne!(source, unsound);
    for (text, said) in [(&unread, "不是有效的 TOML"), (&unsound, "编号会重复")] {
        let answer = post(&mut browser, place, sent(text, "publish", "")).await;
        assert_eq!(answer.header("location"), format!("{place}?look=yes"), "{}", answer.text);
        let page = looked(&mut browser).await.text;
        assert!(page.contains(said) && page.contains("data-line=\""), "{said}: {page}");
        assert!(!page.contains("value=\"publish\""), "{said}");
    }
    assert_eq!(version(), 1);

    // What is sound is compared, and published over what was seen.
    let changed = source.replacen("label = \"", "label = \"新", 1);
    post(&mut browser, place, sent(&changed, "check", "")).await;
    let page = looked(&mut browser).await.text;
    let mark = hidden(&page, "mark");
    assert!(
        page.contains("已证明") && page.contains("1 处不同") && hidden(&page, "over") == "1",
        "{page}"
    );
    let other = post(&mut browser, place, sent(&source, "publish", &mark)).await;
    assert!(other.header("location").ends_with("?look=yes") && version() == 1, "another text");
    let done = post(&mut browser, place, sent(&changed, "publish", &mark)).await;
    assert_eq!(done.header("location"), format!("/admin/procedures?done={key}"), "{}", done.text);
    assert_eq!(version(), 2);
    assert!(browser.get(done.header("location")).await.text.contains("第 2 版"));
    let late = post(&mut browser, place, sent(&changed, "publish", &mark)).await;
    assert!(late.header("location").starts_with(place) && version() == 2, "it is looked at anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_procedure_is_retired_knowingly_and_put_back_in_force() {
    let world = World::new();
    let (_, registered) = world.register(0).await;
    let number = registered.json()["number"].as_str().unwrap().to_owned();
    let rules = world.desk.case_for_operator(&number).unwrap().procedure;
    let mut browser = Browser::signed_in(&world, &administrator(&world)).await;
    let token = browser.token().await;
    let retirement = format!("/admin/procedures/{}/retirement", rules.key);
    let list = browser.get("/admin/procedures").await.text;
    assert!(list.contains(&format!("href=\"{retirement}\"")) && !list.contains("reinstatement"));
    let asked = browser.get(&retirement).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    assert!(asked.text.contains("有 1 件在办工单") && asked.text.contains("确认停用"));
    assert!(world.desk.library().in_force(&rules.key).is_some(), "looking changes nothing");
    assert_eq!(browser.post(&retirement, &[("csrf", &token)]).await.status, 303);
    assert!(world.desk.library().in_force(&rules.key).is_none());
    assert_eq!(browser.get(&retirement).await.header("location"), "/admin/procedures");
    // What was in force last can be changed, and be put back as it was.
    let draft = browser.get(&format!("/admin/procedures/draft?from={}", rules.key)).await;
    assert_eq!(draft.status, 200);
    assert!(draft.text.contains(&format!("key = &quot;{}&quot;", rules.key)), "{}", draft.text);
    let back = format!("/admin/procedures/{}/reinstatement", rules.key);
    assert!(browser.get("/admin/procedures").await.text.contains(&back));
    let done = browser.post(&back, &[("csrf", &token)]).await;
    assert_eq!(done.header("location"), format!("/admin/procedures?done={}", rules.key));
    let (again, _) = world.desk.library().in_force(&rules.key).unwrap();
    assert_eq!(again.version, rules.version + 1);
    let bare = |rules: &engine::procedure::Procedure| engine::procedure::Procedure {
        version: 0,
        ..rules.clone()
    };
    assert_eq!(bare(&again), bare(&rules));
    let seen = world.desk.case_for_operator(&number).unwrap();
    assert_eq!(seen.procedure.version, rules.version, "a case stays on its version");
    assert_eq!(browser.post(&retirement, &[("csrf", &token)]).await.status, 303, "and again");
}

/// Until the first case is registered, the pages of the administration say which step of setting up they are.
#[tokio::test(flavor = "multi_thread")]
async fn the_steps_of_setting_up_are_shown_until_there_is_a_case() {
    let world = World::new();
    let mut browser = Browser::signed_in(&world, &administrator(&world)).await;
    for (path, said) in [("/admin/people", "第 2 步"), ("/admin/procedures", "第 3 步")] {
        assert!(browser.get(path).await.text.contains(said), "{path}");
    }
    world.register(0).await;
    for path in ["/admin/people", "/admin/procedures"] {
        assert!(!browser.get(path).await.text.contains("id=\"step\""), "{path}");
    }
}

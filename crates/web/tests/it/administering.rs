//! The places of the administration: who enters them, and what is kept there.

use crate::signing::Browser;
use crate::world::World;
use axum::http::Method;

pub(crate) fn administrator(world: &World) -> String {
    let people = world.desk.people();
    let fits = |person: &&engine::people::Person| world.desk.is_administrator(person);
    people.people.iter().find(fits).unwrap().id.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_administration_has_its_places_and_only_administrators_enter() {
    let world = World::new();
    let admin = administrator(&world);
    let mut browser = Browser::signed_in(&world, &admin).await;
    for place in
        ["people", "teams", "procedures", "calendars", "keys", "webhooks", "installation", "log"]
    {
        let page = browser.get(&format!("/admin/{place}")).await;
        assert_eq!(page.status, 200, "{place}: {}", page.text);
        assert!(page.text.contains("<nav class=\"rail\""), "{place} stands in the common frame");
    }
    assert_eq!(browser.get("/admin").await.header("location"), "/admin/people");
    let token = browser.token().await;
    // A key is made, shown once, and taken back.
    let fields = [
        ("csrf", token.as_str()),
        ("name", "网站"),
        ("person", admin.as_str()),
        ("scope.cases:read", "on"),
    ];
    let made = browser.post("/admin/keys", &fields).await;
    let secret =
        made.text.split("data-copied>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(world.get(&secret, "/api/v1/me").await.status, 200);
    assert!(!browser.get("/admin/keys").await.text.contains(&secret));
    let known = world.desk.api_keys().unwrap();
    let id = &known.iter().find(|one| one.key.name == "网站").unwrap().id;
    browser.post(&format!("/admin/keys/{id}/revocation"), &[("csrf", &token)]).await;
    world.get(&secret, "/api/v1/me").await.problem(401, "unauthenticated");
    let none =
        browser.post("/admin/keys", &[("csrf", &token), ("name", "空"), ("person", &admin)]).await;
    assert!(none.status == 422 && none.text.contains("value=\"空\""), "{}", none.text);
    // A team.
    let member = format!("member.{admin}");
    let team =
        [("csrf", token.as_str()), ("id", "early"), ("name", "早班"), (member.as_str(), "on")];
    assert_eq!(browser.post("/admin/teams", &team).await.status, 303);
    assert_eq!(world.desk.teams()[0].members.len(), 1);
    assert!(browser.post("/admin/teams", &team).await.text.contains("早班"));
    let gone = [("csrf", token.as_str()), ("deed", "dissolve")];
    browser.post("/admin/teams/early", &gone).await;
    assert!(world.desk.teams().is_empty());
    // Somebody leaves; nobody lets himself go.
    let people = world.desk.people();
    let other = people.people.iter().find(|one| *one.id != *admin).unwrap().id.clone();
    let left = browser.post(&format!("/admin/people/{other}/leave"), &[("csrf", &token)]).await;
    assert_eq!(left.status, 200, "{}", left.text);
    assert!(world.desk.people().person(&other).is_none());
    let own = browser.post(&format!("/admin/people/{admin}/leave"), &[("csrf", &token)]).await;
    assert_eq!(own.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_of_the_installation_is_that_of_whoever_has_not_chosen() {
    let world = World::new();
    let mut browser = Browser::signed_in(&world, &administrator(&world)).await;
    let token = browser.token().await;
    let fields = [("csrf", token.as_str()), ("organisation", "宏远服务"), ("language", "en")];
    assert_eq!(browser.post("/admin/installation", &fields).await.status, 303);
    assert!(browser.get("/work").await.text.contains("lang=\"en\""));
    let stranger = Browser::new(&world).get("/sign-in").await.text;
    assert!(stranger.contains("lang=\"en\""), "{stranger}");
    // Whoever has chosen keeps his choice.
    browser.post("/preferences", &[("csrf", &token), ("language", "zh"), ("to", "/")]).await;
    let asked = [("accept-language", "en")];
    let page = browser.send(Method::GET, "/work", &asked, String::new()).await.text;
    assert!(page.contains("lang=\"zh-CN\""));
}

//! Answers that are kept are as fresh as if they had been read, and nobody gets somebody else's.

use crate::world::{PHONE, World};
use desk::{ApiKey, KeyScope};
use engine::people::Person;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_never_older_than_what_is_there() {
    let world = World::new();
    let admin = world.any().to_owned();
    let (_, registered) = world.register(0).await;
    let path = registered.header("location").to_owned();
    let list = "/api/v1/cases?state=all&limit=200";
    let look = async || {
        let (case, list) = (world.get(&admin, &path).await, world.get(&admin, list).await);
        let version = case.json()["version"].as_u64().unwrap();
        assert_eq!(case.header("etag"), format!("\"{version}\""));
        let number = &case.json()["number"];
        let all = list.json()["items"].as_array().unwrap().clone();
        let row = all.iter().find(|row| row["number"] == *number).unwrap().clone();
        assert_eq!(row["version"], version);
        (case, list, all.len())
    };
    let first = look().await;
    let again = look().await;
    assert_eq!((&first.0.text, &first.1.text), (&again.0.text, &again.1.text));

    // Time acts on the case.
    world.wait(60 * 24 * 5);
    let later = look().await;
    assert!(later.0.json()["version"].as_u64() > first.0.json()["version"].as_u64());

    // Another case comes.
    world.register(0).await;
    assert!(look().await.2 > first.2);

    // Somebody is called otherwise.
    let holder = later.0.json()["holder"]["id"].as_str().unwrap_or_default().to_owned();
    let people = world.desk.people();
    let known = people.person(&holder).or(people.people.first()).unwrap();
    let renamed = Person { name: "改名后".to_owned(), ..known.clone() };
    let before = look().await.0.text.contains("改名后");
    world.desk.put_people("test", &[renamed]).unwrap();
    let after = look().await.0.text;
    assert!(!before && (after.contains("改名后") || !after.contains(&known.name)), "{after}");

    // The customer's values are erased, which leaves the version.
    let id = later.0.json()["id"].as_str().unwrap().parse().unwrap();
    let before = look().await;
    world.desk.store().erase(id).unwrap();
    let after = look().await;
    assert_eq!(before.0.header("etag"), after.0.header("etag"));
    assert_ne!(before.0.text, after.0.text, "values that were erased are not shown");
    assert_ne!(before.1.text, after.1.text, "nor is the title in a list");
    assert!(!after.0.text.contains(PHONE));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_for_somebody_is_given_only_to_whom_may_see_it() {
    let world = World::new();
    let (_, registered) = world.register(0).await;
    let path = registered.header("location").to_owned();
    for _ in 0..2 {
        assert_eq!(world.get(world.any(), &path).await.status, 200);
        assert_eq!(world.get(world.any(), "/api/v1/cases").await.status, 200);
    }
    let stranger = Person {
        id: "stranger".into(),
        name: "陌生人".to_owned(),
        roles: Vec::new(),
        department: None,
        senior: false,
        absent: Vec::new(),
        substitute: None,
    };
    world.desk.put_people("test", std::slice::from_ref(&stranger)).unwrap();
    let key = ApiKey {
        name: "test".to_owned(),
        person: stranger.id.clone(),
        scopes: vec![KeyScope::CasesRead],
    };
    let key = world.desk.make_api_key("test", &key).unwrap();
    world.get(&key, &path).await.problem(404, "not-found");
    let list = world.get(&key, "/api/v1/cases").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 0, "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_with_its_person() {
    let world = World::new();
    let people = world.desk.people();
    let by = |admin| {
        let found = people.people.iter().find(|one| world.desk.is_administrator(one) == admin);
        found.unwrap()
    };
    let (admin, leaves) = (by(true), by(false));
    let key = &world.keys[&*leaves.id];
    assert_eq!(world.get(key, "/api/v1/me").await.status, 200);
    world.desk.remove_person(&world.desk.caller_of(admin), &leaves.id).unwrap();
    world.get(key, "/api/v1/me").await.problem(401, "unauthenticated");
}

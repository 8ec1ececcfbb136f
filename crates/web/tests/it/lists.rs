//! Lists and search, page by page.

use crate::world::World;
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_read_to_its_end_and_narrowed() {
    let world = World::new();
    for _ in 0..5 {
        world.register(0).await;
        world.wait(1);
    }
    let all: usize = world.desk.store().facts().unwrap().cases.try_into().unwrap();
    for sort in ["due", "newest", "severity"] {
        let (mut next, mut numbers) =
            (Some(format!("/api/v1/cases?sort={sort}&limit=2&state=all")), BTreeSet::new());
        while let Some(path) = next {
            let page = world.get(world.any(), &path).await;
            let body = page.json();
            numbers.extend(
                body["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| row["number"].as_str().unwrap().to_owned()),
            );
            next = body["next"].as_str().map(str::to_owned);
            assert_eq!(next.is_some(), page.header("link").ends_with("rel=\"next\""));
        }
        assert_eq!(numbers.len(), all, "{sort}");
    }
    let first = world.get(world.any(), "/api/v1/cases?limit=1").await.json()["items"][0].clone();
    let (procedure, stage) =
        (first["procedure"]["key"].as_str().unwrap(), first["stage"]["key"].as_str().unwrap());
    let count = async |query: String| {
        world.get(world.any(), &format!("/api/v1/cases?{query}")).await.json()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert!(count(format!("procedure={procedure}&stage={stage}")).await > 0);
    assert_eq!(count("procedure=none".to_owned()).await, 0);
    assert_eq!(count("due_before=2020-01-01T00:00:00Z".to_owned()).await, 0);
    assert!(count("due_before=2030-01-01T00:00:00%2B08:00".to_owned()).await > 0);
    assert!(count("q=%E9%94%99%E8%AF%AF%E4%BB%A3%E7%A0%81".to_owned()).await > 0);
    assert_eq!(count("q=%E9%BA%92%E9%BA%9F".to_owned()).await, 0);
    world.get(world.any(), "/api/v1/cases?q=x&sort=due").await.problem(400, "bad-query");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_case_is_not_sent_again() {
    let world = World::new();
    let (key, registered) = world.register(0).await;
    let path = registered.header("location").to_owned();
    let request = |tag: &str| {
        let request = axum::http::Request::get(&path)
            .header("authorization", format!("Bearer {key}"))
            .header("if-none-match", tag);
        request.body(axum::body::Body::empty()).unwrap()
    };
    let known = world.send(request(registered.header("etag"))).await;
    assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""));
    assert_eq!(world.send(request("\"0\"")).await.status, 200);
    let folded = path.to_lowercase().replace('-', "");
    let lower = format!("/api/v1/cases/{}", folded.rsplit('/').next().unwrap());
    assert_eq!(world.get(&key, &lower).await.json()["number"], registered.json()["number"]);
}

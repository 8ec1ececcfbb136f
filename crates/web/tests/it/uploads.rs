//! Files are taken by their content.

use crate::world::World;
use axum::body::Body;
use axum::http::Request;
use web::Config;

fn form(path: &str, key: &str, name: &str, content: &str) -> Request<Body> {
    let body = format!(
        "--x\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"../a.png\"\r\ncontent-type: image/png\r\n\r\n{content}\r\n--x--\r\n"
    );
    Request::post(format!("{path}/attachments"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "multipart/form-data; boundary=x")
        .body(Body::from(body))
        .unwrap()
}

#[tokio::test]
async fn a_file_is_named_by_its_content_and_measured() {
    let world = World::with(Config { rate: None, upload_limit: 1_000, ..Config::default() });
    let (key, registered) = world.register(0).await;
    let path = registered.header("location").to_owned();
    let done = world.send(form(&path, &key, "file", "<b>no picture</b>")).await;
    assert_eq!(done.status, 201, "{}", done.text);
    let body = done.json();
    assert_eq!(
        (body["content_type"].as_str(), body["name"].as_str(), body["size"].as_u64()),
        (Some("text/plain"), Some("a.png"), Some(17))
    );
    assert_eq!(body["sha256"].as_str().unwrap().len(), 64);
    world.send(form(&path, &key, "file", &"x".repeat(1_001))).await.problem(413, "too-large");
    world.send(form(&path, &key, "file", &"x".repeat(200_000))).await.problem(413, "too-large");
    world.send(form(&path, &key, "picture", "x")).await.problem(400, "bad-upload");
    world.send(form("/api/v1/cases/none", &key, "file", "x")).await.problem(404, "not-found");
}

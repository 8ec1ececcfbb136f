//! Files are taken by their content, joined to a case by a field, and seen by whoever sees the case.

use crate::world::{Answer, World};
use axum::body::Body;
use axum::http::Request;
use desk::Clock;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use web::Config;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";
const PDF: &[u8] = b"%PDF-1.7 and so on";

fn form(path: &str, key: &str, part: &str, file: &str, content: &[u8]) -> Request<Body> {
    let head = format!(
        "--x\r\ncontent-disposition: form-data; name=\"{part}\"; filename=\"{file}\"\r\ncontent-type: image/png\r\n\r\n"
    );
    let body = [head.as_bytes(), content, b"\r\n--x--\r\n"].concat();
    Request::post(path)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "multipart/form-data; boundary=x")
        .body(Body::from(body))
        .unwrap()
}

async fn upload(world: &World, key: &str, name: &str, content: &[u8]) -> String {
    let done = world.send(form("/api/v1/attachments", key, "file", name, content)).await;
    assert_eq!(done.status, 201, "{}", done.text);
    done.json()["id"].as_str().unwrap().to_owned()
}

async fn download(world: &World, key: &str, id: &str) -> Answer {
    world.get(key, &format!("/api/v1/attachments/{id}")).await
}

/// A procedure whose registration asks for files: its place in the list, the field's key, and a body that is accepted.
async fn with_files(world: &World) -> (usize, String, Json, String) {
    let procedures = world.get(world.any(), "/api/v1/procedures").await.json();
    for place in 0..procedures["items"].as_array().unwrap().len() {
        let procedure = world.procedure(place).await;
        let fields = procedure["register"]["properties"].as_object().unwrap();
        let Some((field, _)) = fields.iter().find(|(_, schema)| schema["x-kind"] == "files") else {
            continue;
        };
        let (key, registered) = world.register(place).await;
        let mut body = json!({ "procedure": procedure["key"], "fields": {} });
        let kept = registered.json()["fields"].clone();
        for (name, value) in kept.as_object().unwrap() {
            if fields.contains_key(name) {
                body["fields"][name] = value.clone();
            }
        }
        return (place, field.clone(), body, key);
    }
    panic!("no registration asks for files");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_named_by_its_content_and_measured() {
    let world = World::with(Config { rate: None, upload_limit: 1_000, ..Config::default() });
    let (key, registered) = world.register(0).await;
    let path = format!("{}/attachments", registered.header("location"));
    for path in [path.as_str(), "/api/v1/attachments"] {
        let done = world.send(form(path, &key, "file", "../a.png", b"<b>no picture</b>")).await;
        assert_eq!(done.status, 201, "{}", done.text);
        let body = done.json();
        assert_eq!(
            (body["content_type"].as_str(), body["name"].as_str(), body["size"].as_u64()),
            (Some("text/plain"), Some("a.png"), Some(17))
        );
        assert_eq!(body["sha256"].as_str().unwrap().len(), 64);
        for large in [1_001, 200_000] {
            let refused = world.send(form(path, &key, "file", "a", &vec![b'x'; large])).await;
            let body = refused.problem(413, "too-large");
            assert_eq!(body["limit"], 1_000);
            assert!(body["detail"].as_str().unwrap().contains("1000 B"), "{body}");
        }
        world.send(form(path, &key, "file", "a", b"")).await.problem(400, "empty-file");
        world.send(form(path, &key, "picture", "a", b"x")).await.problem(400, "bad-upload");
    }
    let nowhere = form("/api/v1/cases/none/attachments", &key, "file", "a", b"x");
    world.send(nowhere).await.problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_joins_a_case_by_its_registration_and_by_an_action() {
    let world = World::new();
    let (_, field, mut body, key) = with_files(&world).await;
    let first = upload(&world, &key, "现场照片.png", PNG).await;
    body["fields"][&field] = json!([first]);
    let case = world.post(&key, "/api/v1/cases", &body, &[]).await;
    assert_eq!(case.status, 201, "{}", case.text);
    assert_eq!(case.json()["fields"][&field], json!([first]));
    let path = case.header("location").to_owned();
    let list = world.get(&key, &format!("{path}/attachments")).await.json();
    assert_eq!(list["items"][0]["name"], "现场照片.png");
    // Found by its name, by whoever sees the case.
    let found = world.get(&key, "/api/v1/cases?q=%E7%8E%B0%E5%9C%BA%E7%85%A7%E7%89%87").await;
    assert_eq!(found.json()["items"][0]["number"], case.json()["number"], "{}", found.text);
    // Another person takes the second one in by an action that takes the field, and leaves the first one there.
    let mut refused = Vec::new();
    for other in world.keys.values().filter(|other| **other != key) {
        let offers = world.get(other, &format!("{path}/actions")).await.json();
        for offer in offers["items"].as_array().into_iter().flatten() {
            let takes = &offer["schema"]["properties"]["fields"]["properties"][&field];
            if !takes.is_object() {
                continue;
            }
            let second = upload(&world, other, "说明书.pdf", PDF).await;
            let doing =
                json!({ "fields": { &field: [first, second] }, "input": { "reason": "补充" } });
            let done = world.post(other, offer["href"].as_str().unwrap(), &doing, &[]).await;
            if done.status != 200 {
                refused.push(format!("{}: {}", offer["key"], done.text));
                continue;
            }
            let list = world.get(&key, &format!("{path}/attachments")).await.json();
            assert_eq!(list["items"].as_array().unwrap().len(), 2);
            let pdf = download(&world, &key, &second).await;
            assert_eq!(pdf.header("content-type"), "application/pdf");
            return;
        }
    }
    panic!("no action takes the field: {refused:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_is_shown_or_saved_by_what_it_is() {
    let world = World::new();
    let key = world.any().to_owned();
    for (name, content, media, kind) in [
        ("现场.png", PNG, "image/png", "inline"),
        ("说明 书.pdf", PDF, "application/pdf", "inline"),
        (
            "x.html",
            b"<script>alert(1)</script>".as_slice(),
            "text/plain; charset=utf-8",
            "attachment",
        ),
        ("x.bin", b"\0\x01\x02\x03".as_slice(), "application/octet-stream", "attachment"),
    ] {
        let id = upload(&world, &key, name, content).await;
        let got = download(&world, &key, &id).await;
        assert_eq!((got.status.as_u16(), got.header("content-type")), (200, media), "{name}");
        assert_eq!(got.header("content-length"), content.len().to_string());
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert!(got.header("content-security-policy").starts_with("default-src 'none'"));
        let said = got.header("content-disposition");
        assert!(said.starts_with(&format!("{kind}; filename=\"")), "{said}");
        assert_eq!(got.text, String::from_utf8_lossy(content));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_nobody_or_of_somebody_else_is_refused() {
    let world = World::new();
    let (_, field, body, key) = with_files(&world).await;
    let other = world.keys.values().find(|other| **other != key).unwrap();
    let theirs = upload(&world, other, "a.png", PNG).await;
    download(&world, &key, &theirs).await.problem(404, "not-found");
    download(&world, &key, "01890000-0000-7000-8000-000000000000").await.problem(404, "not-found");
    download(&world, &key, "none").await.problem(404, "not-found");
    // What belongs to another case stays there, though its case may be seen.
    let taken = upload(&world, &key, "b.png", PNG).await;
    let registering = |ids: Json| {
        let mut body = body.clone();
        body["fields"][&field] = ids;
        body
    };
    let case = world.post(&key, "/api/v1/cases", &registering(json!([taken])), &[]).await;
    assert_eq!(case.status, 201, "{}", case.text);
    assert_eq!(download(&world, world.any(), &taken).await.status, 200);
    for id in [&theirs, &taken, "01890000-0000-7000-8000-000000000000", "现场照片.png"] {
        let refused = world.post(&key, "/api/v1/cases", &registering(json!([id])), &[]).await;
        let problem = refused.problem(422, "invalid-fields");
        assert_eq!(
            (&problem["fields"][0]["field"], &problem["fields"][0]["code"]),
            (&json!(field), &json!("not_uploaded")),
            "{id}"
        );
    }
    assert_eq!(world.desk.store().attachments_of(id_of(&case)).unwrap().len(), 1);
}

fn id_of(case: &Answer) -> uuid::Uuid {
    case.json()["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_no_case_names_is_gone_after_a_day() {
    let world = World::new();
    let (_, field, mut body, key) = with_files(&world).await;
    let (kept, orphan) =
        (upload(&world, &key, "a.png", PNG).await, upload(&world, &key, "b.png", PNG).await);
    body["fields"][&field] = json!([kept]);
    assert_eq!(world.post(&key, "/api/v1/cases", &body, &[]).await.status, 201);
    let later = |hours| world.desk.now().checked_add(SignedDuration::from_hours(hours)).unwrap();
    world.clock.set(later(23));
    world.desk.sweep_uploads(world.desk.now()).unwrap();
    assert_eq!(download(&world, &key, &orphan).await.status, 200);
    world.clock.set(later(2));
    world.desk.sweep_uploads(world.desk.now()).unwrap();
    download(&world, &key, &orphan).await.problem(404, "not-found");
    assert_eq!(download(&world, &key, &kept).await.status, 200);
    // The file itself goes with a sweep that is a day after it was written.
    let now = desk::SystemClock.now().checked_add(SignedDuration::from_hours(25)).unwrap();
    world.clock.set(now);
    assert_eq!(world.desk.sweep_uploads(world.desk.now()).unwrap(), 1);
    assert_eq!(download(&world, &key, &kept).await.status, 200);
}

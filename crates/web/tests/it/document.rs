//! The document and the public addresses.

use crate::world::World;
use axum::body::Body;
use axum::http::Request;

async fn public(world: &World, path: &str) -> crate::world::Answer {
    world.send(Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_served_and_every_route_of_it_answers() {
    let world = World::new();
    let document = public(&world, "/api/openapi.json").await.json();
    assert_eq!(document, *web::document());
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let path = path.replace(['{', '}'], "");
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(&path)
                .body(Body::empty())
                .unwrap();
            let status = world.send(request).await.status;
            assert!(status != 404 && status != 405, "{method} {path}: {status}");
            seen += 1;
        }
    }
    assert_eq!(seen, web::TABLE.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_need_no_key() {
    let world = World::new();
    world.register(0).await;
    assert_eq!(public(&world, "/healthz").await.text, "ok\n");
    assert_eq!(
        public(&world, "/readyz").await.json(),
        serde_json::json!({ "database": true, "worker": true, "files": true })
    );
    let metrics = public(&world, "/metrics").await.text;
    assert!(metrics.contains("bihuan_cases_open 1\n"), "{metrics}");
    assert!(metrics.contains("bihuan_http_requests_total{class=\"2xx\"}"));
    assert!(metrics.contains("bihuan_worker_lag_seconds 0\n"));
    assert!(!metrics.contains("bihuan_commits_total 0\n"), "{metrics}");
    assert!(metrics.contains("bihuan_commits_total "), "{metrics}");
    // The worker's life is not measured by a clock that somebody may set.
    world.clock.turn(world.desk.now().checked_add(jiff::SignedDuration::from_hours(2)).unwrap());
    assert_eq!(public(&world, "/readyz").await.status, 200);
    world.clock.turn(world.desk.now().checked_add(jiff::SignedDuration::from_hours(-5)).unwrap());
    assert_eq!(public(&world, "/readyz").await.status, 200);
    assert!(public(&world, "/metrics").await.text.contains("bihuan_worker_alive 1\n"));
}

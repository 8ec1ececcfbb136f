//! A page that never changes, served by the same libraries: what the machine does at most over HTTP. A process of its own.

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use std::io::Write;

/// The largest page.
const LARGEST: usize = 1 << 20;

/// Serves `/{bytes}` on any free port, says which, and ends when its input does.
pub(super) fn run() -> Result<bool> {
    let page = Bytes::from(vec![b'x'; LARGEST]);
    // The same runtime as that of the server.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
        let router = Router::new().route("/{bytes}", get(still)).with_state(page);
        let ended = async {
            // Whoever started it has gone.
            let _ = tokio::task::spawn_blocking(|| {
                std::io::copy(&mut std::io::stdin(), &mut std::io::sink())
            })
            .await;
        };
        axum::serve(listener, router).with_graceful_shutdown(ended).await.context("still")
    })?;
    Ok(true)
}

async fn still(State(page): State<Bytes>, Path(bytes): Path<usize>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], page.slice(..bytes.min(LARGEST)))
}

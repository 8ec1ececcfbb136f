//! The server: an address, a worker, and an end in good order.

use crate::app::{App, Config};
use crate::{routes, worker};
use desk::Desk;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long requests under way may take to finish when the server stops.
const GRACE: Duration = Duration::from_secs(20);

/// Serves until SIGTERM or Ctrl-C. `listening` is told the address.
///
/// # Errors
/// The address cannot be listened on.
pub fn run(
    desk: Desk,
    listen: SocketAddr,
    config: Config,
    listening: impl FnOnce(SocketAddr),
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        let listener = TcpListener::bind(listen).await?;
        listening(listener.local_addr()?);
        serve(desk, listener, config, asked_to_stop()).await
    });
    runtime.shutdown_timeout(GRACE);
    served
}

/// Serves on a listener until `stop`; then finishes what is under way.
///
/// # Errors
/// A failure of the listener.
pub async fn serve(
    desk: Desk,
    listener: TcpListener,
    config: Config,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let app = App::new(desk, config);
    let worker = tokio::spawn(worker::run(app.clone()));
    let sweeper = tokio::spawn(worker::sweep_uploads(app.clone()));
    tokio::spawn(worker::reindex(app.clone()));
    let stopping = app.clone();
    let graceful = async move {
        stop.await;
        stopping.stop();
    };
    let server =
        axum::serve(listener, routes::router(app.clone())).with_graceful_shutdown(graceful);
    let late = async {
        app.stopped().await;
        tokio::time::sleep(GRACE).await;
    };
    let served = tokio::select! {
        served = server => served,
        () = late => Ok(()),
    };
    app.stop();
    // They end by themselves; a panic in them was logged.
    let _ = tokio::join!(worker, sweeper);
    served
}

async fn asked_to_stop() {
    let interrupt = async {
        // Without handlers for signals the server is ended the hard way, which loses nothing that was acknowledged.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

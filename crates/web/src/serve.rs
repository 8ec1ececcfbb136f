//! The server: an address, a worker, and an end in good order.

use crate::app::{App, Config};
use crate::{routes, webhooks, worker};
use desk::Desk;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long what is under way may take to finish when the server stops.
const GRACE: Duration = Duration::from_secs(20);
/// How long what did not finish by then, such as a write to a database that does not answer, is waited for.
const LAST: Duration = Duration::from_secs(5);
/// Exit status of a server that was asked twice to stop.
const IMPATIENT: i32 = 1;

/// Serves until SIGTERM or Ctrl-C, and ends at most 25 seconds later; asked a second time, the program ends at once. `listening` is told
/// the address.
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
    runtime.shutdown_timeout(LAST);
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
    let own = || listener.local_addr().ok().map(|address| format!("http://{address}"));
    let address = config.address.clone().or_else(own);
    let app = App::new(desk, Config { address, ..config });
    let worker = tokio::spawn(worker::run(app.clone()));
    let tidier = tokio::spawn(worker::tidy(app.clone()));
    let substitute = tokio::spawn(worker::hand_over(app.clone()));
    let counter = tokio::spawn(worker::count_anew(app.clone()));
    let rederiver = tokio::spawn(worker::rederive(app.clone()));
    let customers = tokio::spawn(worker::take_customers_in(app.clone()));
    let sender = tokio::spawn(webhooks::deliver(app.clone()));
    let stopping = app.clone();
    let graceful = async move {
        stop.await;
        stopping.stop();
    };
    let service = routes::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(graceful);
    let whole = async {
        let served = server.await;
        app.stop();
        // They end by themselves; a panic in them was logged.
        let _ = tokio::join!(worker, tidier, substitute, counter, rederiver, customers, sender);
        served
    };
    let late = async {
        app.stopped().await;
        tokio::time::sleep(GRACE).await;
        tracing::warn!("not everything under way has finished in time");
    };
    tokio::select! {
        served = whole => served,
        () = late => Ok(()),
    }
}

/// Returns when the program is asked to stop. Asked again, it ends at once: nothing that was answered is lost by that.
async fn asked_to_stop() {
    let mut signals = Signals::new();
    signals.next().await;
    tracing::info!("asked to stop: what is under way is finished first");
    tokio::spawn(async move {
        signals.next().await;
        tracing::warn!("asked to stop again: the end comes at once");
        std::process::exit(IMPATIENT);
    });
}

/// SIGTERM and Ctrl-C, as far as there are handlers for them; without one the server is ended the hard way, which loses nothing that was
/// acknowledged either.
#[cfg(unix)]
struct Signals([Option<tokio::signal::unix::Signal>; 2]);

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self([SignalKind::terminate(), SignalKind::interrupt()].map(|kind| signal(kind).ok()))
    }

    async fn next(&mut self) {
        async fn of(signal: &mut Option<tokio::signal::unix::Signal>) {
            match signal {
                Some(signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        }
        let [terminate, interrupt] = &mut self.0;
        tokio::select! {
            () = of(terminate) => {}
            () = of(interrupt) => {}
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

//! What every request shares.

use crate::kept::Kept;
use crate::limit::{Limiter, Rate};
use crate::meter::Meter;
use crate::pool::Pool;
use crate::proofs::Proofs;
use crate::rows::Rows;
use crate::webhooks::WebhookProxy;
use desk::Desk;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};

/// Passwords that are looked at at once.
const PASSWORDS: usize = 4;
/// Streams that look at once what has happened.
const FOLLOWING: usize = 4;
/// Files of lists and previews that are made at once.
const SLOW: usize = 2;

/// How the server is set up.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Requests that a key may make; `None`: any number.
    pub rate: Option<Rate>,
    /// Largest JSON body, in bytes.
    pub body_limit: usize,
    /// Largest attachment, in bytes.
    pub upload_limit: usize,
    /// Feeds that may be open at once.
    pub streams: usize,
    /// Where people reach it, as `https://desk.example.cn`, without a slash at the end. Links begin with it, and with `https` cookies
    /// are bound to encryption.
    pub address: Option<String>,
    /// Whether webhooks may reach this machine and private networks.
    pub webhook_private: bool,
    /// Over what webhooks go out; `None`: directly.
    pub webhook_proxy: Option<WebhookProxy>,
    /// Proxies whose word on where a request comes from is believed.
    pub proxies: Vec<IpAddr>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            rate: Some(Rate { per_second: 100, burst: 500 }),
            body_limit: 1 << 20,
            upload_limit: desk::LARGEST_FILE,
            streams: 4_096,
            address: None,
            webhook_private: false,
            webhook_proxy: None,
            proxies: Vec::new(),
        }
    }
}

/// What every request shares. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) desk: Desk,
    pub(crate) config: Config,
    pub(crate) pool: Pool,
    /// What only looks. While a database server answers, a look keeps a thread, and threads have heaps.
    pub(crate) looks: Pool,
    /// Looks of streams: word of one change reaches all of them at once, and people come before that.
    pub(crate) follows: Pool,
    pub(crate) limiter: Limiter,
    pub(crate) meter: Meter,
    pub(crate) rows: Rows,
    pub(crate) kept: Kept,
    /// Passwords that are looked at at once: each takes memory and a core.
    pub(crate) passwords: Pool,
    /// What takes memory and a core for some seconds: files of lists, what a calendar would move.
    pub(crate) slow: Pool,
    pub(crate) proofs: Proofs,
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) stopping: watch::Sender<bool>,
}

impl App {
    /// The server's state over a desk.
    pub fn new(desk: Desk, config: Config) -> Self {
        let inner = Inner {
            pool: Pool::default(),
            looks: Pool::default(),
            follows: Pool::of(FOLLOWING),
            passwords: Pool::of(PASSWORDS),
            slow: Pool::of(SLOW),
            proofs: Proofs::default(),
            limiter: Limiter::new(config.rate),
            meter: Meter::new(),
            rows: Rows::default(),
            kept: Kept::default(),
            streams: Arc::new(Semaphore::new(config.streams)),
            stopping: watch::Sender::new(false),
            desk,
            config,
        };
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.inner.desk
    }

    pub(crate) fn meter(&self) -> &Meter {
        &self.inner.meter
    }

    /// Where people reach it, without a slash at the end.
    pub(crate) fn address(&self) -> &str {
        self.inner.config.address.as_deref().unwrap_or_default()
    }

    /// The whole address of a link by which somebody chooses a password.
    pub(crate) fn welcome(&self, link: &str) -> String {
        format!("{}/welcome/{link}", self.address())
    }

    /// Whether browsers reach it encrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.inner.config.address.as_ref().is_some_and(|address| address.starts_with("https://"))
    }

    /// From now on streams end and the worker does.
    pub(crate) fn stop(&self) {
        self.inner.stopping.send_replace(true);
    }

    /// Whether [`App::stop`] was called.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.inner.stopping.borrow()
    }

    /// Returns once [`App::stop`] was called.
    pub(crate) async fn stopped(&self) {
        // The sender lives in `self`, so that waiting cannot fail.
        let _ = self.inner.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }
}

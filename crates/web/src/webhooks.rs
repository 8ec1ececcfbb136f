//! Looks after the webhooks: asks the desk what is to be sent, sends it, and tells what came of it. Requests know nothing of this; a
//! receiver that is slow keeps only what is sent to itself.

mod place;
mod proxy;
pub(crate) mod receiver;
mod send;

use crate::app::App;
use desk::{Answered, Sending, WebhookRound};
use engine::key::Key;
pub use proxy::WebhookProxy;
use send::Sender;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use store::DeliveryState;
use tokio::task::{Id, JoinError, JoinSet};

/// What is sent to one receiver at once.
const EACH: usize = 16;
/// Between two looks, so that what happens together is looked at together.
const BETWEEN: Duration = Duration::from_millis(50);
/// The longest sleep: the clock of the machine may be set.
const LONGEST: Duration = Duration::from_secs(30);
/// The first pause after a failure; it doubles up to the longest one.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// How long what is under way when the server stops is waited for.
const LAST: Duration = Duration::from_secs(5);

/// What is under way, and to whom.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<()>,
    whose: HashMap<Id, Key>,
}

impl UnderWay {
    /// How much is under way to each.
    fn busy(&mut self) -> BTreeMap<Key, usize> {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.ended(ended);
        }
        let mut busy = BTreeMap::new();
        for key in self.whose.values() {
            *busy.entry(key.clone()).or_default() += 1;
        }
        busy
    }

    /// Returns when one has ended; never when there is none.
    async fn one_ends(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(ended) => self.ended(ended),
            None => std::future::pending().await,
        }
    }

    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = ended.map_or_else(
            |error| {
                tracing::error!("sending to a webhook panicked");
                error.id()
            },
            |(id, ())| id,
        );
        self.whose.remove(&id);
    }
}

/// Runs until the server stops.
pub(crate) async fn deliver(app: App) {
    let store = app.desk().store();
    let (mut events, mut settings) = (store.changes(), store.settings_changes());
    let mut urgent = app.desk().urgent_webhooks();
    let worker: Arc<str> = format!("webhooks {}", uuid::Uuid::new_v4()).into();
    let (mut sender, mut under_way) = (None, UnderWay::default());
    let mut pause = PAUSE;
    loop {
        events.borrow_and_update();
        settings.borrow_and_update();
        urgent.borrow_and_update();
        let found = look(&app, &worker, under_way.busy()).await;
        let (sleep, any) = match found {
            Some(WebhookRound { sending, given_up, more, next, any }) => {
                pause = PAUSE;
                app.meter().delivered(DeliveryState::Dead, given_up);
                for one in sending {
                    let sender = sender.get_or_insert_with(|| Arc::new(Sender::new(&app)));
                    let (sender, webhook) = (Arc::clone(sender), one.webhook.clone());
                    let attempt = attempt(app.clone(), sender, Arc::clone(&worker), one);
                    under_way.whose.insert(under_way.tasks.spawn(attempt).id(), webhook);
                }
                let left = next.map(|next| next.duration_since(app.desk().now()));
                let left = left.map(|left| Duration::try_from(left).unwrap_or(Duration::ZERO));
                let sleep = left.unwrap_or(LONGEST).min(LONGEST);
                (if more { Duration::ZERO } else { sleep }, any)
            }
            None => {
                pause = (pause * 2).min(LONGEST_PAUSE);
                (pause, false)
            }
        };
        tokio::select! {
            () = app.stopped() => break,
            () = tokio::time::sleep(BETWEEN) => {}
        }
        tokio::select! {
            () = app.stopped() => break,
            () = tokio::time::sleep(sleep) => {}
            () = under_way.one_ends() => {}
            changed = urgent.changed() => if changed.is_err() { break },
            changed = settings.changed() => if changed.is_err() { break },
            changed = events.changed(), if any => if changed.is_err() { break },
        }
    }
    let all = async {
        while !under_way.whose.is_empty() {
            under_way.one_ends().await;
        }
    };
    // What a receiver still dawdles over is sent again after its lease.
    drop(tokio::time::timeout(LAST, all).await);
}

async fn look(app: &App, worker: &Arc<str>, busy: BTreeMap<Key, usize>) -> Option<WebhookRound> {
    let (app, worker) = (app.clone(), Arc::clone(worker));
    let work = move || {
        let room = |key: &Key| EACH.saturating_sub(busy.get(key).copied().unwrap_or(0));
        app.desk().webhook_round(&worker, app.address(), &room)
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(round)) => Some(round),
        Ok(Err(error)) => {
            tracing::error!(error.desk = %error, "webhooks cannot be looked after");
            None
        }
        Err(_) => {
            tracing::error!("looking after webhooks panicked");
            None
        }
    }
}

/// Sends something and records what came of it. When that cannot be recorded, it is sent again after its lease.
async fn attempt(app: App, sender: Arc<Sender>, worker: Arc<str>, sending: Sending) {
    let answered = sender.send(&sending, app.desk().now()).await;
    if !matches!(answered, Answered::Status(200..300, _)) {
        tracing::info!(webhook.id = %sending.webhook, delivery.id = %sending.id, ?answered, "not delivered");
    }
    let desk = app.desk().clone();
    let work = move || desk.settle_webhook(&worker, &sending, &answered);
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(state)) => app.meter().delivered(state, 1),
        Ok(Err(error)) => tracing::error!(error.desk = %error, "a delivery cannot be recorded"),
        Err(_) => tracing::error!("recording a delivery panicked"),
    }
}

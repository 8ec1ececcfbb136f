//! Word of commits: this program's own at once, those of other programs on the same database by listening and, because a
//! notification is only a hint, by asking now and then.

use crate::anchor::Anchor;
use crate::backend::{Conn, Mode, Place};
use crate::error::Result;
use crate::touch::Touch;
use crate::{read, settings};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

/// How often the database is asked while it also tells.
const LISTENING: Duration = Duration::from_secs(1);
/// How often it is asked when it does not.
const ASKING: Duration = Duration::from_millis(250);

/// What subscribers are told.
#[derive(Clone)]
pub(crate) struct News {
    events: Arc<watch::Sender<u64>>,
    settings: Arc<watch::Sender<u64>>,
    touch: Arc<Touch>,
}

impl News {
    pub(crate) fn new(
        conn: &Conn,
        touch: Arc<Touch>,
    ) -> Result<(Self, watch::Receiver<u64>, watch::Receiver<u64>)> {
        let (events, of_events) = watch::channel(read::feed::last(conn)?);
        let (settings, of_settings) = watch::channel(settings::last(conn)?);
        let news = Self { events: Arc::new(events), settings: Arc::new(settings), touch };
        Ok((news, of_events, of_settings))
    }

    /// Everything up to this event is committed.
    pub(crate) fn events(&self, sequence: u64) {
        grow(&self.events, sequence);
    }

    /// Everything up to this entry of the settings' log is committed.
    pub(crate) fn settings(&self, sequence: u64) {
        grow(&self.settings, sequence);
    }

    /// Asks the database what is committed. What was told before was committed before: a database that has less has lost it, which is
    /// then told as well, and is a loss, whether a connection went with it or not.
    pub(crate) fn ask(&self, conn: &Conn) -> Result<()> {
        let told = (*self.events.borrow(), *self.settings.borrow());
        let found = (read::feed::last(conn)?, settings::last(conn)?);
        self.events(found.0);
        self.settings(found.1);
        if found.0 >= told.0 && found.1 >= told.1 {
            return Ok(());
        }
        tracing::warn!("the database has lost what it had committed");
        self.touch.lose(self.touch.losses());
        for (told, before, found) in
            [(&self.events, told.0, found.0), (&self.settings, told.1, found.1)]
        {
            told.send_if_modified(|last| {
                let is_lost = found < before;
                *last = if is_lost { found } else { *last };
                is_lost
            });
        }
        // Once more: what was committed meanwhile was not more than had been told.
        self.ask(conn)
    }
}

fn grow(told: &watch::Sender<u64>, to: u64) {
    told.send_if_modified(|last| {
        let grows = to > *last;
        *last = to.max(*last);
        grows
    });
}

/// A thread that follows what other programs commit, and whether the files are still there; it ends when this is dropped.
pub(crate) struct Follower {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// It may be listening to a server, and is not waited for then.
    is_shared: bool,
}

impl Follower {
    pub(crate) fn start(
        place: Place,
        news: News,
        listen: bool,
        anchor: Arc<Anchor>,
    ) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, is_shared) = (Arc::clone(&stop), place.is_shared());
        let thread =
            std::thread::Builder::new().name("store-follower".into()).spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    // The database may be away: then the next round tries again.
                    if let Err(error) = follow(&place, &news, listen, &anchor, &stopped) {
                        tracing::warn!(error = %error, "store.follow");
                        std::thread::park_timeout(LISTENING);
                    }
                }
            })?;
        Ok(Self { stop, thread: Some(thread), is_shared })
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take().filter(|_| !self.is_shared) {
            thread.thread().unpark();
            drop(thread.join());
        }
    }
}

/// Follows on one connection for as long as it lasts.
fn follow(
    place: &Place,
    news: &News,
    listen: bool,
    anchor: &Anchor,
    stopped: &AtomicBool,
) -> Result<()> {
    anchor.look()?;
    let losses = news.touch.losses();
    let conn = Conn::open(place, Mode::Read)?;
    let round = || {
        anchor.look()?;
        // Asked after it began to listen, so that nothing falls between the two.
        let heard = if listen { conn.listen(LISTENING)? } else { None };
        news.ask(&conn)?;
        if heard.is_none() {
            std::thread::park_timeout(ASKING);
        }
        Ok(())
    };
    let mut followed = Ok(());
    while followed.is_ok() && !stopped.load(Ordering::Relaxed) {
        followed = round();
    }
    if conn.is_lost() {
        news.touch.lose(losses);
    }
    followed
}

//! The worker: lets time act on cases as soon as something is due, and forgets what nobody needs any more.

use crate::app::App;
use desk::{Counting, Rederiving, Tidied};
use jiff::SignedDuration;
use std::time::Duration;

/// The longest sleep: the clock of the machine may be set, and other processes write as well.
const LONGEST: Duration = Duration::from_secs(30);
/// The first pause after a failure; it doubles up to the longest one, so that a database that is back is soon noticed.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// Between two parts of what has time.
const BETWEEN: Duration = Duration::from_secs(1);

/// How often what nobody needs any more is forgotten.
const TIDY: Duration = Duration::from_secs(3_600);

/// Forgets what nobody needs any more, now and then, until the server stops.
pub(crate) async fn tidy(app: App) {
    loop {
        let desk = app.desk().clone();
        match tokio::task::spawn_blocking(move || desk.tidy()).await {
            Ok(Ok(done)) if done == Tidied::default() => {}
            Ok(Ok(Tidied { files, submissions, expired, deliveries })) => {
                tracing::info!(
                    files,
                    submissions,
                    expired,
                    deliveries,
                    "forgotten, because nobody needs it"
                );
            }
            Ok(Err(error)) => tracing::error!(error.desk = %error, "tidying failed"),
            Err(_) => tracing::error!("tidying panicked"),
        }
        tokio::select! {
            () = app.stopped() => return,
            () = tokio::time::sleep(TIDY) => {}
        }
    }
}

/// Hands over what people hold who are away, as soon as they are, until the server stops.
pub(crate) async fn hand_over(app: App) {
    loop {
        let desk = app.desk().clone();
        match tokio::task::spawn_blocking(move || desk.hand_over_absent()).await {
            Ok(Ok(0)) => {}
            Ok(Ok(cases)) => tracing::info!(cases, "handed over, because somebody is away"),
            Ok(Err(error)) => tracing::error!(error.desk = %error, "handing over failed"),
            Err(_) => tracing::error!("handing over panicked"),
        }
        tokio::select! {
            () = app.stopped() => return,
            () = tokio::time::sleep(LONGEST) => {}
        }
    }
}

/// Counts deadlines anew after a calendar has changed, here or by another program, until the server stops.
pub(crate) async fn count_anew(app: App) {
    let mut settings = app.desk().store().settings_changes();
    loop {
        settings.borrow_and_update();
        let (desk, stopping) = (app.desk().clone(), app.clone());
        let count = move || desk.count_anew(&|| !stopping.is_stopping());
        match tokio::task::spawn_blocking(count).await {
            Ok(Ok(done)) if done == Counting::default() => {}
            Ok(Ok(Counting { cases, moved, failed })) => {
                tracing::info!(cases, moved, failed, "deadlines were counted anew");
            }
            Ok(Err(error)) => tracing::error!(error.desk = %error, "counting anew failed"),
            Err(_) => tracing::error!("counting anew panicked"),
        }
        tokio::select! {
            () = app.stopped() => return,
            () = tokio::time::sleep(LONGEST) => {}
            changed = settings.changed() => if changed.is_err() { return },
        }
    }
}

/// Makes customers of those who are behind new cases, a part at a time so that nobody waits for it, until the server stops.
pub(crate) async fn take_customers_in(app: App) {
    let mut changes = app.desk().store().changes();
    loop {
        changes.borrow_and_update();
        let desk = app.desk().clone();
        let more = match tokio::task::spawn_blocking(move || desk.take_some_customers_in()).await {
            Ok(Ok(taken)) => taken.is_some(),
            Ok(Err(error)) => {
                tracing::error!(error.desk = %error, "customers cannot be taken in");
                false
            }
            Err(_) => {
                tracing::error!("taking customers in panicked");
                false
            }
        };
        tokio::select! {
            () = app.stopped() => return,
            () = tokio::time::sleep(BETWEEN) => {}
        }
        if !more {
            tokio::select! {
                () = app.stopped() => return,
                () = tokio::time::sleep(LONGEST) => {}
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    }
}

/// Derives anew what an older program derived of cases, until the server stops. Cases can be served meanwhile; lists, figures and
/// search say a little later what the present rules say.
pub(crate) async fn rederive(app: App) {
    loop {
        let (desk, stopping) = (app.desk().clone(), app.clone());
        let rederive = move || desk.rederive(&|| !stopping.is_stopping(), &mut |_| {});
        let again = match tokio::task::spawn_blocking(rederive).await {
            // A program of older rules may still be writing somewhere.
            Ok(Ok(done)) if done == Rederiving::default() => TIDY,
            Ok(Ok(Rederiving { cases, failed, elsewhere })) => {
                tracing::info!(cases, failed, "what older rules had derived was derived anew");
                if elsewhere { LONGEST } else { TIDY }
            }
            Ok(Err(error)) => {
                tracing::error!(error.desk = %error, "what older rules derived stays for now");
                LONGEST
            }
            Err(_) => {
                tracing::error!("deriving anew panicked");
                TIDY
            }
        };
        tokio::select! {
            () = app.stopped() => return,
            () = tokio::time::sleep(again) => {}
        }
    }
}

/// Runs until the server stops. A failure is logged, and tried again after a pause.
pub(crate) async fn run(app: App) {
    let mut changes = app.desk().store().changes();
    let name = format!("serve {}", uuid::Uuid::new_v4());
    let mut pause = PAUSE;
    loop {
        app.meter().beat();
        changes.borrow_and_update();
        let next = match due_in(&app) {
            Ok(Some(Duration::ZERO)) => match once(&app, &name).await {
                true => {
                    pause = PAUSE;
                    continue;
                }
                false => None,
            },
            Ok(due) => Some(due.unwrap_or(LONGEST).min(LONGEST)),
            Err(error) => {
                tracing::error!(error.store = %error, "the worker cannot see what is due");
                None
            }
        };
        // After a failure only time helps.
        let waits = next.is_some();
        let sleep = next.unwrap_or(pause);
        pause = if waits { PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        tokio::select! {
            () = app.stopped() => return,
            () = tokio::time::sleep(sleep) => if sleep == LONGEST {
                // A lease from a clock that was set back since looks far from its end; only who claims sees that.
                once(&app, &name).await;
            },
            changed = changes.changed(), if waits => if changed.is_err() { return },
        }
    }
}

/// How long until something is due; zero when it is.
fn due_in(app: &App) -> Result<Option<Duration>, store::StoreError> {
    let now = app.desk().now();
    let due = app.desk().store().next_due_timer()?;
    Ok(due.map(|due| {
        let left: SignedDuration = due.duration_since(now);
        Duration::try_from(left).unwrap_or(Duration::ZERO)
    }))
}

/// Does what is due, on a thread of its own; whether it went well.
async fn once(app: &App, name: &str) -> bool {
    let (desk, name) = (app.desk().clone(), name.to_owned());
    let stopping = app.clone();
    let go_on = move || !stopping.is_stopping();
    let done = tokio::task::spawn_blocking(move || desk.run_due_while(&name, &go_on)).await;
    let touched = match done {
        Ok(Ok(touched)) => Some(touched),
        Ok(Err(error)) => {
            tracing::error!(error.desk = %error, "the worker failed and will try again");
            None
        }
        Err(_) => {
            tracing::error!("the worker panicked and will try again");
            None
        }
    };
    app.meter().ran(touched);
    // Due, yet nothing to claim: another process has it. Looking again at once would spin.
    touched.is_some_and(|touched| touched > 0)
}

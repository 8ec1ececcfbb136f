//! What `bihuan doctor` looks at, one function each. Nothing is created, changed or acted upon.

use super::{Findings, Level, files, server, size};
use crate::cli::{Global, place};
use desk::{Clock, Desk, SystemClock};
use engine::show::word;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::path::Path;
use store::{Filter, Place, Scope, Sort, Store, StoreError};

/// How late time may act before somebody should look.
const LATE: SignedDuration = SignedDuration::from_mins(10);
/// From this month on the next year's holidays should be known.
const ANNOUNCED: i8 = 10;

pub(super) fn all(global: &Global, english: bool, findings: &mut Findings) {
    let place = match place::of(global) {
        Ok(place) => place,
        Err(error) => {
            let why = [("why", format!("{error:#}"))];
            return findings.add(Level::Wrong, "doctor.cannot_open", &why);
        }
    };
    match place.is_vacant() {
        Ok(false) => {}
        Ok(true) => {
            let path = [("path", place::shown(&place))];
            return findings.add(Level::Wrong, "doctor.no_database", &path);
        }
        Err(error) => {
            return findings.add(Level::Wrong, "doctor.cannot_open", &told(&error, english));
        }
    }
    files::folder(&place, findings);
    let Some(key) = key(&place, findings) else { return };
    match Store::schema(&place) {
        // Opened, it would be upgraded. What can be said without that is said of a copy.
        Ok((found, known)) if found < known => {
            let facts = [("schema", found.to_string()), ("known", known.to_string())];
            findings.add(Level::Warning, "doctor.upgrade_due", &facts);
            return integrity(&place, key, findings);
        }
        Ok(_) => {}
        Err(error) => {
            return findings.add(Level::Wrong, "doctor.cannot_open", &told(&error, english));
        }
    }
    let opened = Store::open(place.clone(), place::options(global, &place, key))
        .map_err(desk::DeskError::from)
        .and_then(Desk::open);
    match opened {
        Ok(desk) => {
            facts(&desk, findings);
            integrity(&place, key, findings);
            procedures(&desk, findings);
            calendars(&desk, findings);
            roles(&desk, english, findings);
            promise(&desk, findings);
            time(&desk, findings);
        }
        Err(desk::DeskError::Store(error)) => {
            findings.add(Level::Wrong, "doctor.cannot_open", &told(&error, english));
        }
        Err(error) => findings.add(Level::Wrong, "doctor.cannot_open", &why(&error)),
    }
}

fn key(place: &Place, findings: &mut Findings) -> Option<[u8; 32]> {
    let file = place::key_file(place);
    match place::existing_key([place.folder()]) {
        Ok(Some(key)) => {
            if file.exists() {
                let facts = [("file", shown(&file))];
                let codes = ("doctor.key", "doctor.key_open");
                findings.check(is_private(&file), Level::Wrong, codes, &facts);
            } else {
                findings.add(Level::Fine, "doctor.key_env", &[]);
            }
            Some(key)
        }
        Ok(None) => {
            findings.add(Level::Wrong, "doctor.no_key", &[("file", shown(&file))]);
            None
        }
        Err(error) => {
            findings.add(Level::Wrong, "doctor.bad_key", &[("why", format!("{error:#}"))]);
            None
        }
    }
}

/// Readable by its owner alone.
fn is_private(file: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(file).is_ok_and(|about| about.permissions().mode() & 0o077 == 0)
    }
    #[cfg(not(unix))]
    {
        file.exists()
    }
}

fn facts(desk: &Desk, findings: &mut Findings) {
    let facts = match desk.store().facts() {
        Ok(facts) => facts,
        Err(error) => return findings.add(Level::Wrong, "doctor.cannot_open", &why(&error)),
    };
    let schema = [("schema", facts.schema.to_string()), ("known", facts.schema_known.to_string())];
    let codes = ("doctor.schema", "doctor.schema_differs");
    findings.check(facts.schema == facts.schema_known, Level::Wrong, codes, &schema);
    let journal = [("backend", facts.backend.clone()), ("mode", facts.journal_mode.clone())];
    let codes = match facts.server {
        Some(_) => ("doctor.journal", "doctor.not_durable"),
        None => ("doctor.journal", "doctor.journal_differs"),
    };
    findings.check(!facts.not_durable, Level::Wrong, codes, &journal);
    if let Some(about) = &facts.server {
        // Not by the desk's clock: that of a demonstration is moved.
        server::all(about, SystemClock.now(), findings);
    }
    findings.add(
        Level::Fine,
        "doctor.sizes",
        &[
            ("database", size(facts.database_bytes)),
            ("log", size(facts.log_bytes)),
            ("blobs", size(facts.blob_bytes)),
            ("cases", facts.cases.to_string()),
            ("open", facts.open_cases.to_string()),
            ("events", facts.events.to_string()),
        ],
    );
    if facts.outbox_dead > 0 {
        let dead = [("count", facts.outbox_dead.to_string())];
        findings.add(Level::Warning, "doctor.dead_messages", &dead);
    }
    if facts.webhook_dead > 0 {
        let dead = [("count", facts.webhook_dead.to_string())];
        findings.add(Level::Warning, "doctor.dead_deliveries", &dead);
    }
    older(desk, facts.cases, findings);
}

/// What is still as older rules derived it; a running server is at it.
fn older(desk: &Desk, cases: u64, findings: &mut Findings) {
    let older = match desk.older() {
        Ok(older) => older,
        Err(error) => return findings.add(Level::Wrong, "doctor.cannot_open", &why(&error)),
    };
    if older.derived > 0 {
        let done = cases.saturating_sub(older.derived);
        let facts = [("count", older.derived), ("done", done), ("cases", cases)];
        let facts = facts.map(|(name, cases)| (name, cases.to_string()));
        findings.add(Level::Warning, "doctor.old_derived", &facts);
    }
    if older.texts > 0 {
        let rows = [("count", older.texts.to_string())];
        findings.add(Level::Warning, "doctor.old_search", &rows);
    }
}

/// Looked at twice, because somebody may be writing: what is really wrong stays wrong.
fn integrity(place: &Place, key: [u8; 32], findings: &mut Findings) {
    let problems = || -> Result<BTreeSet<String>, store::StoreError> {
        Ok(Store::verify(place.clone(), key)?.problems.into_iter().collect())
    };
    let lasting = problems()
        .and_then(|first| if first.is_empty() { Ok(first) } else { Ok(&first & &problems()?) });
    match lasting {
        Ok(lasting) if lasting.is_empty() => findings.add(Level::Fine, "doctor.integrity", &[]),
        Ok(lasting) => {
            for why in lasting {
                findings.add(Level::Wrong, "doctor.damaged", &[("why", why)]);
            }
        }
        Err(error) => findings.add(Level::Wrong, "doctor.damaged", &why(&error)),
    }
}

fn procedures(desk: &Desk, findings: &mut Findings) {
    match desk.published() {
        Ok(published) => {
            let names: Vec<String> = published
                .iter()
                .map(|one| format!("{} v{}", one.procedure.key, one.procedure.version))
                .collect();
            let facts = [("procedures", names.join("、"))];
            let codes = ("doctor.procedures", "doctor.no_procedures");
            findings.check(!published.is_empty(), Level::Wrong, codes, &facts);
        }
        Err(error) => findings.add(Level::Wrong, "doctor.cannot_open", &why(&error)),
    }
}

fn calendars(desk: &Desk, findings: &mut Findings) {
    let library = desk.library();
    let mut told = BTreeSet::new();
    for rules in library.all() {
        let Some((_, calendar)) = library.newest(&rules.key) else { continue };
        if !told.insert(calendar.name().to_owned()) {
            continue;
        }
        let today = calendar.local(desk.now()).date();
        for (year, level) in [(today.year(), Level::Wrong), (today.year() + 1, Level::Warning)] {
            let facts = [("calendar", calendar.name().to_owned()), ("year", year.to_string())];
            if calendar.known(year) {
                findings.add(Level::Fine, "doctor.year", &facts);
            } else if level == Level::Wrong || today.month() >= ANNOUNCED {
                findings.add(level, "doctor.unknown_year", &facts);
            }
        }
    }
}

fn roles(desk: &Desk, english: bool, findings: &mut Findings) {
    let vacancies = desk.vacancies();
    if vacancies.is_empty() {
        findings.add(Level::Fine, "doctor.roles", &[]);
    }
    for vacancy in vacancies {
        let code = if vacancy.absent { "doctor.role_absent" } else { "doctor.role_vacant" };
        let facts = [
            ("procedure", vacancy.procedure.to_string()),
            ("role", vacancy.role.to_string()),
            ("name", word(&vacancy.label, english).to_owned()),
            ("needed", vacancy.needed_by.join("、")),
        ];
        findings.add(Level::Wrong, code, &facts);
    }
}

/// The sweep: stored timers are those of the plan, snapshots are the fold, nothing is without holder or clock.
fn promise(desk: &Desk, findings: &mut Findings) {
    let sweep = match desk.sweep() {
        Ok(sweep) => sweep,
        Err(error) => return findings.add(Level::Wrong, "doctor.cannot_open", &why(&error)),
    };
    let parts = [
        ("doctor.timers_differ", &sweep.timers),
        ("doctor.snapshots_differ", &sweep.snapshots),
        ("doctor.promise_broken", &sweep.broken),
    ];
    if parts.iter().all(|(_, cases)| cases.is_empty()) {
        findings.add(Level::Fine, "doctor.sweep", &[("cases", sweep.cases.to_string())]);
    }
    for (code, cases) in parts.into_iter().filter(|(_, cases)| !cases.is_empty()) {
        let ids: Vec<String> = cases.iter().take(10).map(ToString::to_string).collect();
        let facts = [("count", cases.len().to_string()), ("cases", ids.join("、"))];
        findings.add(Level::Wrong, code, &facts);
    }
}

/// Whether somebody lets time act, and whether the clock tells it.
fn time(desk: &Desk, findings: &mut Findings) {
    let now = desk.now();
    let newest = desk.store().list(&Scope::all(), &Filter::default(), Sort::Newest, None, 1).ok();
    let newest = newest.and_then(|page| page.rows.first().map(|row| row.columns.registered_at));
    let facts = [("now", now.to_string()), ("newest", newest.unwrap_or(now).to_string())];
    let codes = ("doctor.clock", "doctor.clock_behind");
    findings.check(newest.is_none_or(|newest| newest <= now), Level::Wrong, codes, &facts);
    let late = now.checked_sub(LATE).unwrap_or(Timestamp::MIN);
    if let Ok(Some(due)) = desk.store().next_due_timer() {
        let facts = [("due", due.to_string())];
        findings.check(
            due >= late,
            Level::Warning,
            ("doctor.worker", "doctor.worker_late"),
            &facts,
        );
    }
}

fn why(error: &dyn std::error::Error) -> [(&'static str, String); 1] {
    [("why", error.to_string())]
}

/// What the store says, in words for people.
fn told(error: &StoreError, english: bool) -> [(&'static str, String); 1] {
    [("why", desk::words::storage(error, english))]
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

//! Backup, verification, versions of the schema, attachments that nobody took.

use crate::world::{KEY, after, at, fresh, new_id, numbered, numbers, on_each, put};
use jiff::SignedDuration;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{NewAttachment, Options, Scope, Store, StoreError};

fn attach(store: &Store, bytes: &[u8]) -> uuid::Uuid {
    let id = new_id();
    let new = NewAttachment {
        id,
        name: "a.png".into(),
        content_type: "image/png".into(),
        by: "wang".into(),
        at: at(0),
        bytes: bytes.to_vec(),
    };
    store.attach(new).unwrap();
    id
}

#[test]
fn a_backup_of_a_running_database_is_whole() {
    on_each(|store| {
        let mut rows = fresh("A-1");
        rows.snapshot = json!({"name": {"$p": "王小明"}}).to_string();
        rows.attachments = vec![attach(&store, b"picture")];
        put(&store, &rows);
        let to = tempfile::tempdir().unwrap();
        let (stop, target) = (AtomicBool::new(false), to.path().join("backup"));
        let told = std::thread::scope(|threads| {
            threads.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    store.commit(numbered("AS", |_| {})).unwrap();
                }
            });
            let told = store.backup(&target).unwrap();
            let names = std::fs::read_dir(&target).unwrap().map(|one| one.unwrap().file_name());
            let names: std::collections::BTreeSet<_> = names.collect();
            assert_eq!(names, ["bihuan.db", "blobs"].map(Into::into).into(), "nothing lies beside");
            stop.store(true, Ordering::Relaxed);
            told
        });
        let found = Store::verify(&target, KEY).unwrap();
        assert_eq!(found.problems, [""; 0]);
        assert!(found.cases >= 1 && found.events == found.cases && found.files == 1);
        assert_eq!(told, found.cases, "those in the backup, and not those that came meanwhile");
        assert_eq!(store.backup(&target), Err(StoreError::NotEmpty));
        assert_eq!(Store::verify(&target, [0; 32]), Err(StoreError::WrongKey));
        assert_eq!(
            Store::verify(to.path().join("nowhere").as_path(), KEY),
            Err(StoreError::NotFound { what: "database" })
        );

        let restored = Store::open(&target, Options::new(KEY)).unwrap();
        assert_eq!(
            restored.case(&Scope::all(), rows.id).unwrap(),
            store.case(&Scope::all(), rows.id).unwrap()
        );
        assert_eq!(
            restored.attachment_content(rows.attachments[0]).unwrap().as_deref(),
            Some(&b"picture"[..])
        );
        put(&restored, &after(&rows));
    });
}

#[test]
fn verification_names_what_is_wrong() {
    on_each(|store| {
        let mut rows = fresh("A-1");
        rows.attachments = vec![attach(&store, b"picture")];
        put(&store, &rows);
        std::fs::remove_dir_all(store.folder.path().join("blobs")).unwrap();
        store.sql("DELETE FROM snapshots");
        store.sql("UPDATE events SET body = '{}'");
        let problems = Store::verify(store.place.clone(), KEY).unwrap().problems.join("\n");
        for word in ["chain", "snapshots", "attachment"] {
            assert!(problems.contains(word), "{word}: {problems}");
        }
    });
}

#[test]
fn a_database_of_a_newer_program_is_refused() {
    on_each(|store| {
        store.sql("INSERT INTO schema_version (version, name) VALUES (9999, '9999_future')");
        let refused = Store::open(store.place.clone(), Options::new(KEY)).map(drop);
        assert!(matches!(refused, Err(StoreError::TooNew { found: 9999, .. })), "{refused:?}");
        assert!(matches!(Store::verify(store.place.clone(), KEY), Err(StoreError::TooNew { .. })));
    });
}

#[test]
fn a_database_is_there_again_after_it_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("desk.db");
    let rows = fresh("A-1");
    let store = Store::open(&place, Options::new(KEY)).unwrap();
    let waiting = store.commit_later(crate::world::write(rows.clone())).unwrap();
    drop(store);
    // Closing waits for what was submitted.
    assert!(waiting.wait().is_ok());
    let store = Store::open(&place, Options::new(KEY)).unwrap();
    assert_eq!(numbers(&store), ["A-1"]);
    assert_eq!(*store.changes().borrow(), 1);
    assert_eq!(put(&store, &after(&rows)).sequence, 2);
}

#[test]
fn facts_for_the_doctor() {
    on_each(|store| {
        put(&store, &fresh("A-1"));
        let facts = store.facts().unwrap();
        assert_eq!(
            (facts.not_durable, facts.schema, facts.cases, facts.open_cases, facts.events),
            // The server of the tests does not force anything to disk.
            (store.place.is_shared(), facts.schema_known, 1, 1, 1)
        );
        assert!(facts.database_bytes > 0, "{facts:?}");
        match store.place.is_shared() {
            true => {
                assert!(facts.backend.starts_with("PostgreSQL "), "{facts:?}");
                let server = facts.server.unwrap();
                assert!(server.version >= 150_000 && server.is_local && !server.is_encrypted);
                assert!(server.sessions >= 1 && server.most_sessions > server.sessions);
                let later = store.facts().unwrap().server.unwrap().now;
                let passed = later.duration_since(server.now);
                assert!(passed.is_positive() && passed < SignedDuration::from_secs(60));
            }
            false => assert!(facts.backend.starts_with("SQLite 3.") && facts.log_bytes > 0),
        }
        store.scrub().unwrap();
        assert_eq!(store.facts().unwrap().log_bytes, 0);
    });
}

#[test]
fn uploads_that_nobody_took_are_swept_and_others_stay() {
    on_each(|store| {
        let (taken, orphan, erased) =
            (attach(&store, b"same"), attach(&store, b"same"), attach(&store, b"same"));
        let mut rows = fresh("A-1");
        rows.attachments = vec![taken];
        put(&store, &rows);
        let mut other = fresh("A-2");
        other.attachments = vec![erased];
        put(&store, &other);
        store.erase(other.id).unwrap();
        // Files are as old as the test; the folder is asked with an instant far ahead, the rows with one before their own.
        assert_eq!(store.sweep_attachments(at(-1)).unwrap(), 0);
        assert!(store.attachment(orphan).unwrap().is_some());
        let later = at(0) + SignedDuration::from_hours(24 * 365 * 50);
        assert_eq!(store.sweep_attachments(later).unwrap(), 2);
        assert_eq!(store.attachment(orphan).unwrap(), None);
        assert_eq!(store.attachment_content(taken).unwrap().as_deref(), Some(&b"same"[..]));
        // Another case cannot take what already belongs to one.
        let mut thief = fresh("A-3");
        thief.attachments = vec![taken];
        assert!(crate::world::try_put(&store, &thief).is_err());
    });
}

#[test]
fn cases_whose_time_has_come_are_named() {
    on_each(|store| {
        for (n, minutes) in [(1, Some(30)), (2, None), (3, Some(10))] {
            let mut rows = fresh(&format!("A-{n}"));
            rows.columns.keep_until = minutes.map(at);
            put(&store, &rows);
        }
        assert_eq!(store.cases_to_forget(at(20), 9).unwrap().len(), 1);
        assert_eq!(store.cases_to_forget(at(31), 9).unwrap().len(), 2);
    });
}

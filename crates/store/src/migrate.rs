//! Brings a database to the schema of this program, one numbered step at a time, each in its own transaction.

use crate::backend::Conn;
use crate::error::{Result, StoreError};

crate::sql::queries! {
    VERSION = "SELECT MAX(version) FROM schema_version";
    RECORD = "INSERT INTO schema_version (version, name) VALUES (?1, ?2)";
}

/// The steps of the schema, oldest first; step n leads to schema n.
fn steps(conn: &Conn) -> Vec<(&'static str, &'static str)> {
    let shipped = conn.steps().iter().copied();
    #[cfg(test)]
    let shipped = shipped.chain(tests::STEP.get());
    shipped.collect()
}

/// The schema this program writes.
pub(crate) fn newest(conn: &Conn) -> u32 {
    u32::try_from(steps(conn).len()).unwrap_or(u32::MAX)
}

/// The schema of a database, 0 for an empty one.
pub(crate) fn found(conn: &Conn) -> Result<u32> {
    match conn.row(conn.schema_exists(), &[], |_| Ok(()))? {
        Some(_) => Ok(conn
            .row(VERSION, &[], |row| row.opt_int(0))?
            .flatten()
            .and_then(|found| u32::try_from(found).ok())
            .unwrap_or(0)),
        None => Ok(0),
    }
}

/// Refuses a database that a newer program wrote.
pub(crate) fn refuse_newer(conn: &Conn) -> Result<u32> {
    let (found, known) = (found(conn)?, newest(conn));
    if found > known { Err(StoreError::TooNew { found, known }) } else { Ok(found) }
}

/// Applies every missing step.
pub(crate) fn migrate(conn: &Conn) -> Result<()> {
    migrate_to(conn, u32::MAX)
}

/// Applies every missing step up to this schema.
pub(crate) fn migrate_to(conn: &Conn, last: u32) -> Result<()> {
    let found = refuse_newer(conn)?;
    for ((name, text), version) in
        steps(conn).iter().zip(1_u32..).filter(|(_, version)| *version > found && *version <= last)
    {
        conn.begin_write()?;
        let step = || {
            conn.lock_schema()?;
            // Another process may have been faster.
            if self::found(conn)? >= version {
                return Ok(());
            }
            if version == 1 {
                conn.script(
                    "CREATE TABLE schema_version (version BIGINT PRIMARY KEY, name TEXT NOT NULL)",
                )?;
            }
            conn.script(text)?;
            conn.run(RECORD, &[version.into(), (*name).into()]).map(drop)
        };
        match step() {
            Ok(()) => conn.commit()?,
            Err(error) => {
                conn.rollback()?;
                return Err(error);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{Facts, Options, Place, Result, Store, Upgrading};
    use std::cell::Cell;
    use std::path::Path;
    use std::sync::Arc;

    thread_local! {
        /// A step after the shipped ones, for tests of what an upgrade does; the same text for both databases.
        pub(super) static STEP: Cell<Option<(&'static str, &'static str)>> = const { Cell::new(None) };
    }

    const KEY: [u8; 32] = [3; 32];
    const SOUND: (&str, &str) =
        ("9999_test", "ALTER TABLE serials ADD COLUMN test BIGINT NOT NULL DEFAULT 7");
    const BROKEN: (&str, &str) = ("9999_test", "CREATE TABLE test (a BIGINT); SELECT nonsense");

    fn folder(data: &Path) -> std::path::PathBuf {
        data.join("backups/before")
    }

    fn open(place: &Place) -> Result<Facts> {
        let data = place.folder().to_owned();
        let upgrading: Upgrading = Arc::new(move |from, to| {
            assert_eq!(from + 1, to);
            folder(&data)
        });
        let options = Options { before_upgrade: Some(upgrading), ..Options::new(KEY) };
        Store::open(place.clone(), options)?.facts()
    }

    fn on_each(test: impl Fn(&Place)) {
        let data = tempfile::tempdir().unwrap();
        test(&Place::at(data.path()));
        let (data, database) = (tempfile::tempdir().unwrap(), cluster::Database::new().unwrap());
        test(&Place::postgres(&database.address, data.path()).unwrap());
    }

    fn store_a_file(place: &Place) {
        let store = Store::open(place.clone(), Options::new(KEY)).unwrap();
        let new = crate::NewAttachment {
            id: uuid::Uuid::from_u128(1),
            name: "a.png".into(),
            content_type: "image/png".into(),
            by: "wang".into(),
            at: "2026-05-08T09:00:00Z".parse().unwrap(),
            bytes: b"picture".to_vec(),
        };
        store.attach(new).unwrap();
    }

    #[test]
    fn an_older_database_is_copied_before_its_first_step() {
        on_each(|place| {
            store_a_file(place);
            let before = open(place).unwrap();
            assert!(!folder(place.folder()).exists(), "the schema is this program's");
            STEP.set(Some(SOUND));
            let copied = Store::verify(place.clone(), KEY).unwrap();
            assert_eq!(
                (copied.files, copied.problems),
                (1, vec![]),
                "an older one verifies as well"
            );
            let after = open(place).unwrap();
            assert_eq!(after.schema, before.schema + 1);
            STEP.set(None);
            // The copy is what the older program needs: of its schema, and whole.
            let copied = Store::verify(folder(place.folder()).as_path(), KEY).unwrap();
            assert_eq!((copied.schema, copied.files), (before.schema, 1));
            assert_eq!(copied.problems, [""; 0]);
        });
    }

    #[test]
    fn a_step_that_fails_leaves_the_database_as_it_was_and_a_copy_beside_it() {
        on_each(|place| {
            store_a_file(place);
            STEP.set(Some(BROKEN));
            assert!(open(place).is_err());
            STEP.set(None);
            assert!(folder(place.folder()).join("bihuan.db").exists());
            assert_eq!(Store::verify(place.clone(), KEY).unwrap().problems, [""; 0]);
            assert!(open(place).is_ok());
        });
    }

    #[test]
    fn an_older_backup_is_restored_upgraded_and_stays_as_it_is() {
        on_each(|place| {
            store_a_file(place);
            STEP.set(Some(SOUND));
            let (found, newest) = Store::schema(place).unwrap();
            assert_eq!(found + 1, newest);
            let (data, database) =
                (tempfile::tempdir().unwrap(), cluster::Database::new().unwrap());
            let to = Place::postgres(&database.address, data.path()).unwrap();
            let copied = Store::copy(place, &to, KEY, &mut |_, _| {}).unwrap();
            assert_eq!((copied.schema, copied.files, copied.problems), (newest, 1, vec![]));
            assert_eq!(open(&to).unwrap().schema, newest);
            assert!(!folder(to.folder()).exists(), "it needs no upgrade");
            assert_eq!(Store::schema(place).unwrap(), (found, newest), "it was only read");
            STEP.set(None);
        });
    }

    #[test]
    fn an_older_database_that_cannot_be_copied_is_not_changed() {
        on_each(|place| {
            let before = open(place).unwrap();
            std::fs::write(place.folder().join("backups"), "in the way").unwrap();
            STEP.set(Some(SOUND));
            assert!(open(place).is_err());
            STEP.set(None);
            assert_eq!(open(place).unwrap().schema, before.schema);
        });
    }
}

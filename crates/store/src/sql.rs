//! The registry: every fixed SQL text of the store stands in a `queries!` block beside its reader and is listed here, so that a
//! test can prepare each one. Placeholders are `?n`; what differs between databases is translated in `backend.rs` alone.

/// A named SQL text.
#[cfg(test)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// Declares named SQL texts as constants and a table `QUERIES` of all of them.
macro_rules! queries {
    ($($name:ident = $text:expr;)+) => {
        $(const $name: &str = $text;)+
        #[cfg(test)]
        pub(crate) const QUERIES: &[$crate::sql::Query] =
            &[$($crate::sql::Query { name: stringify!($name), text: $name },)+];
    };
}
pub(crate) use queries;

/// Every block of the store.
#[cfg(test)]
pub(crate) fn all() -> Vec<Query> {
    [
        crate::migrate::QUERIES,
        crate::vault::QUERIES,
        crate::chain::QUERIES,
        crate::customers::QUERIES,
        crate::write::case::QUERIES,
        crate::write::derived::QUERIES,
        crate::write::number::QUERIES,
        crate::write::once::QUERIES,
        crate::write::prepare::QUERIES,
        crate::write::queue::QUERIES,
        crate::read::board::QUERIES,
        crate::read::standing::QUERIES,
        crate::read::case::QUERIES,
        crate::read::feed::QUERIES,
        crate::read::measure::QUERIES,
        crate::read::open::QUERIES,
        crate::timers::QUERIES,
        crate::outbox::QUERIES,
        crate::inbox::QUERIES,
        crate::settings::QUERIES,
        crate::attachments::QUERIES,
        crate::ephemeral::QUERIES,
        crate::transfer::QUERIES,
        crate::upkeep::QUERIES,
        crate::webhooks::QUERIES,
    ]
    .into_iter()
    .flatten()
    .copied()
    .collect()
}

#[cfg(test)]
mod tests {
    use crate::backend::{Conn, Mode, Place};
    use std::collections::BTreeSet;

    /// An empty database of each kind with this program's schema.
    fn both() -> (tempfile::TempDir, cluster::Database, [Conn; 2]) {
        let folder = tempfile::tempdir().unwrap();
        let database = cluster::Database::new().unwrap();
        let server = Place::postgres(&database.address, folder.path()).unwrap();
        let conns = [Place::at(folder.path()), server].map(|place| {
            let conn = Conn::open(&place, Mode::Write).unwrap();
            crate::migrate::migrate(&conn).unwrap();
            conn
        });
        (folder, database, conns)
    }

    #[test]
    fn every_registered_text_prepares_on_both_databases_and_returns_the_same_columns() {
        let (_folder, _database, conns) = both();
        for query in super::all() {
            let [ours, theirs] = conns.each_ref().map(|conn| conn.check(query.text));
            assert!(ours.is_ok() && theirs.is_ok(), "{}: {ours:?} {theirs:?}", query.name);
            let (ours, mut theirs) = (ours.unwrap(), theirs.unwrap());
            if query.text.ends_with("/*id*/") {
                assert_eq!(theirs, ["id"], "{}", query.name);
                theirs.clear();
            }
            // An expression has no name that both agree on.
            let named =
                |column: &String| column.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            assert_eq!(ours.len(), theirs.len(), "{}", query.name);
            for (one, other) in ours.iter().zip(&theirs).filter(|(one, _)| named(one)) {
                assert_eq!(one, other, "{}", query.name);
            }
            let returns = query.text.trim_start().starts_with("SELECT");
            assert_eq!(!ours.is_empty(), returns, "{}", query.name);
        }
    }

    #[test]
    fn the_schemas_have_the_same_steps_tables_and_columns() {
        let (_folder, _database, [sqlite, postgres]) = both();
        let names = |conn: &Conn| conn.steps().iter().map(|(name, _)| *name).collect::<Vec<_>>();
        assert_eq!(names(&sqlite), names(&postgres));
        let read = |row: &crate::backend::Row<'_>| Ok((row.text(0)?, row.text(1)?));
        let ours = sqlite.rows(
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'
                AND m.name NOT LIKE 'search%' AND m.name NOT LIKE 'sqlite%'",
            &[], read).unwrap();
        let theirs = postgres.rows(
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns
                WHERE table_schema = current_schema() AND table_name <> 'search' AND table_name <> 'searched'",
            &[], read).unwrap();
        assert!(ours.len() > 100);
        assert_eq!(BTreeSet::from_iter(ours), BTreeSet::from_iter(theirs));
    }

    #[test]
    fn every_block_is_registered() {
        let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut blocks = 0;
        for folder in
            [source.clone(), source.join("backend"), source.join("read"), source.join("write")]
        {
            for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
                let text =
                    if file.is_file() { std::fs::read_to_string(&file).unwrap() } else { continue };
                blocks += text.lines().filter(|line| *line == "crate::sql::queries! {").count();
                assert!(
                    file.ends_with("sql.rs")
                        || !text.contains("NOW()") && !text.contains("CURRENT_T")
                );
            }
        }
        let listed = include_str!("sql.rs")
            .lines()
            .filter(|line| line.trim_start().starts_with("crate::") && line.ends_with("::QUERIES,"))
            .count();
        assert_eq!(blocks, listed);
    }

    #[test]
    fn no_registered_text_walks_a_whole_table() {
        let folder = tempfile::tempdir().unwrap();
        let conn = Conn::open(&Place::at(folder.path()), Mode::Write).unwrap();
        crate::migrate::migrate(&conn).unwrap();
        // These are asked for by `doctor` and `verify`, or look at something small.
        let may_scan =
            ["COUNT_", "ALL", "ATTACHMENTS", "VERSION", "SCHEMA", "INDEX_LATER", "ANYTHING"];
        let mut scanning = BTreeSet::new();
        for query in super::all()
            .into_iter()
            .filter(|query| !may_scan.iter().any(|name| query.name.starts_with(name)))
        {
            for step in conn.explain(query.text).unwrap() {
                if step.starts_with("SCAN")
                    && !step.contains("VIRTUAL TABLE")
                    && !step.contains("USING COVERING INDEX")
                    && !step.contains("USING INDEX")
                {
                    scanning.insert(format!("{}: {step}", query.name));
                }
            }
        }
        // The head of the log is the last row by its key: read backwards, one row. Inserting a case mentions the tables that refer to
        // cases, for references that were postponed; none ever is. What a bounded part has found is counted whole.
        let harmless = ["LAST_HASH:", "INSERT:", "UNREAD: SCAN found"];
        scanning.retain(|line| !harmless.iter().any(|start| line.starts_with(start)));
        assert!(scanning.is_empty(), "{scanning:#?}");
    }
}

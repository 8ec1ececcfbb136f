//! What a server tells about itself, this session and its rows, for `doctor` and the first look at a database.

use super::Postgres;
use crate::backend::{DatabaseFacts, Driver, ServerFacts};
use crate::error::{Result, StoreError};
use crate::time::from_int;

/// What a server tells about itself and this session.
const SERVER: &str = "SELECT CAST(current_setting('server_version_num') AS BIGINT),
    CAST(current_setting('max_connections') AS BIGINT) - CAST(current_setting('superuser_reserved_connections') AS BIGINT),
    (SELECT COUNT(*) FROM pg_stat_activity WHERE datid IS NOT NULL),
    CAST(extract(epoch FROM clock_timestamp()) * 1000000000 AS BIGINT),
    CAST(COALESCE(inet_server_addr() = inet_client_addr(), true) AS INT),
    CAST(COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS INT)";

impl Postgres {
    /// Rows without the case they belong to: the server checks references itself, unless somebody switched that off.
    pub(super) fn rows_without_their_case(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for table in [
            "numbers",
            "events",
            "snapshots",
            "links",
            "phones",
            "timers",
            "outbox",
            "inbox",
            "contributions",
        ] {
            let sql = format!(
                "SELECT COUNT(*) FROM {table} WHERE NOT EXISTS (SELECT 1 FROM cases WHERE cases.id = {table}.case_id)"
            );
            self.each(&sql, &[], &mut |row| {
                match row.int(0)? {
                    0 => {}
                    lost => found.push(format!("{table}: {lost} rows without their case")),
                }
                Ok(false)
            })?;
        }
        Ok(found)
    }

    pub(super) fn database_facts(&self) -> Result<DatabaseFacts> {
        let commit = self.text_of("SELECT current_setting('synchronous_commit')")?;
        let fsync = self.text_of("SELECT current_setting('fsync')")?;
        let pages = self.text_of("SELECT current_setting('full_page_writes')")?;
        let bytes = self.text_of("SELECT CAST(pg_database_size(current_database()) AS TEXT)")?;
        Ok(DatabaseFacts {
            backend: format!(
                "PostgreSQL {}",
                self.text_of("SELECT current_setting('server_version')")?
            ),
            not_durable: commit == "off" || fsync == "off" || pages == "off",
            journal_mode: format!(
                "fsync {fsync}, synchronous_commit {commit}, full_page_writes {pages}"
            ),
            bytes: bytes.parse().unwrap_or(0),
            free_bytes: 0,
            log_bytes: 0,
            server: Some(self.server_facts()?),
        })
    }

    fn server_facts(&self) -> Result<ServerFacts> {
        let mut found = None;
        self.each(SERVER, &[], &mut |row| {
            found = Some(ServerFacts {
                version: row.small(0)?,
                most_sessions: row.count(1)?,
                sessions: row.count(2)?,
                now: from_int(row.int(3)?)?,
                told: std::time::Instant::now(),
                is_local: row.flag(4)?,
                is_encrypted: row.flag(5)?,
            });
            Ok(false)
        })?;
        found.ok_or_else(|| StoreError::corrupt("the server tells nothing about itself"))
    }

    fn text_of(&self, sql: &str) -> Result<String> {
        let mut found = String::new();
        self.each(sql, &[], &mut |row| {
            found = row.text(0)?;
            Ok(false)
        })?;
        Ok(found)
    }
}

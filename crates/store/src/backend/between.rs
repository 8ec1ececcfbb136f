//! Something that stands between the store and its database, so that a simulation can let things go wrong where they do go wrong in
//! life: at each statement, each transaction, each commit. Nothing stands there otherwise.

use super::{DatabaseFacts, Driver, Param, Row};
use crate::error::{Result, StoreError};
use crate::text::Sought;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What is about to reach the database, or has just come back from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call<'a> {
    /// A transaction that writes begins; on the writer's thread.
    BeginWrite,
    /// A transaction that reads begins; on the caller's thread.
    BeginRead,
    /// A statement, by its text.
    Statement(&'a str),
    /// A transaction that wrote is committed.
    Commit,
}

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pass {
    /// It reaches the database.
    On,
    /// It fails instead. The transaction, if one is open, stays open.
    Fail(StoreError),
    /// It fails, and the database gives up the whole transaction by itself.
    Abort(StoreError),
    /// The database never hears of it, and the caller believes that it did: of a commit, everything in it is gone.
    Swallow,
}

/// Hears every call. It must not call the store that it stands under, except before [`Call::BeginRead`].
pub trait Between: Send + Sync {
    /// Before a call reaches the database.
    fn before(&self, call: Call<'_>) -> Pass {
        let _ = call;
        Pass::On
    }

    /// After a call succeeded. An error takes the place of the answer; what was done stays done.
    ///
    /// # Errors
    /// What the caller is to believe.
    fn after(&self, call: Call<'_>) -> Result<()> {
        let _ = call;
        Ok(())
    }
}

/// A driver with something before it.
pub(super) struct Watched {
    pub(super) driver: Box<dyn Driver>,
    pub(super) between: Arc<dyn Between>,
}

impl Watched {
    /// `swallowed` is what the caller gets when the call is swallowed.
    fn through<T>(
        &self,
        call: Call<'_>,
        swallowed: impl FnOnce() -> Result<T>,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        match self.between.before(call) {
            Pass::On => {}
            Pass::Fail(error) => return Err(error),
            Pass::Abort(error) => {
                self.driver.rollback()?;
                return Err(error);
            }
            Pass::Swallow => return swallowed(),
        }
        let done = work()?;
        self.between.after(call)?;
        Ok(done)
    }
}

impl Driver for Watched {
    fn run(&self, sql: &str, params: &[Param<'_>]) -> Result<usize> {
        self.through(Call::Statement(sql), || Ok(1), || self.driver.run(sql, params))
    }
    fn push(&self, sql: &str, params: &[Param<'_>]) -> Result<()> {
        self.through(Call::Statement(sql), || Ok(()), || self.driver.push(sql, params))
    }
    fn insert(&self, sql: &str, params: &[Param<'_>]) -> Result<i64> {
        let missing = || Err(StoreError::NotFound { what: "row" });
        self.through(Call::Statement(sql), missing, || self.driver.insert(sql, params))
    }
    fn each(
        &self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<bool>,
    ) -> Result<()> {
        self.through(Call::Statement(sql), || Ok(()), || self.driver.each(sql, params, each))
    }
    fn begin_write(&self) -> Result<()> {
        self.through(Call::BeginWrite, || Ok(()), || self.driver.begin_write())
    }
    fn begin_read(&self) -> Result<()> {
        self.through(Call::BeginRead, || Ok(()), || self.driver.begin_read())
    }
    fn commit(&self) -> Result<()> {
        self.through(Call::Commit, || self.driver.rollback(), || self.driver.commit())
    }

    fn script(&self, sql: &str) -> Result<()> {
        self.driver.script(sql)
    }
    fn hurry(&self, hurry: bool) -> Result<()> {
        self.driver.hurry(hurry)
    }
    fn lock_schema(&self) -> Result<()> {
        self.driver.lock_schema()
    }
    fn hold_schema(&self) -> Result<()> {
        self.driver.hold_schema()
    }
    fn free_schema(&self) -> Result<()> {
        self.driver.free_schema()
    }
    fn others(&self) -> Result<u64> {
        self.driver.others()
    }
    fn tell(&self) -> Result<()> {
        self.driver.tell()
    }
    fn rollback(&self) -> Result<()> {
        self.driver.rollback()
    }
    fn savepoint(&self) -> Result<()> {
        self.driver.savepoint()
    }
    fn keep_savepoint(&self) -> Result<()> {
        self.driver.keep_savepoint()
    }
    fn undo_savepoint(&self) -> Result<()> {
        self.driver.undo_savepoint()
    }
    fn changes(&self) -> Option<u64> {
        self.driver.changes()
    }
    fn in_transaction(&self) -> bool {
        self.driver.in_transaction()
    }
    fn is_lost(&self) -> bool {
        self.driver.is_lost()
    }
    fn steps(&self) -> &'static [(&'static str, &'static str)] {
        self.driver.steps()
    }
    fn schema_exists(&self) -> &'static str {
        self.driver.schema_exists()
    }
    fn batch(&self) -> usize {
        self.driver.batch()
    }
    fn readers(&self) -> usize {
        self.driver.readers()
    }
    fn checkpoint(&self, wait: bool) -> Result<bool> {
        self.driver.checkpoint(wait)
    }
    fn log_pages(&self) -> Result<i64> {
        self.driver.log_pages()
    }
    fn copy_into(&self, folder: &Path) -> Result<bool> {
        self.driver.copy_into(folder)
    }
    fn settle_copy(&self) -> Result<()> {
        self.driver.settle_copy()
    }
    fn self_check(&self) -> Result<Vec<String>> {
        self.driver.self_check()
    }
    fn facts(&self) -> Result<DatabaseFacts> {
        self.driver.facts()
    }
    fn index_text(&self, line: &str) -> String {
        self.driver.index_text(line)
    }
    fn match_text(&self, sought: &[Sought]) -> String {
        self.driver.match_text(sought)
    }
    fn finds_in_order(&self) -> bool {
        self.driver.finds_in_order()
    }
    fn listen(&self, most: Duration) -> Result<Option<()>> {
        self.driver.listen(most)
    }
    #[cfg(test)]
    fn explain(&self, sql: &str) -> Result<Vec<String>> {
        self.driver.explain(sql)
    }
    #[cfg(test)]
    fn check(&self, sql: &str) -> Result<Vec<String>> {
        self.driver.check(sql)
    }
}

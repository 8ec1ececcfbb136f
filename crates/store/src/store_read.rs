//! Reading from the store. Every call blocks for microseconds; those that are not bounded by a limit say so.

use crate::attachments::Attachment;
use crate::backend::Conn;
use crate::chain::ChainReport;
use crate::customers::Pair;
use crate::error::Result;
use crate::inbox::InboxMessage;
use crate::model::{EventRow, IdempotencyKey, Rollup, Tie, TimerRow};
use crate::outbox::OutboxMessage;
use crate::read::case::{self, CaseSummary, Links, Older, StoredCase, Which};
use crate::read::feed::{self, Feed};
use crate::read::list::{self, Filter, Page, Sort};
use crate::read::measure;
use crate::read::memory::Memory;
use crate::read::open::{self, Count, Likeness};
use crate::read::standing::{self, Standing};
use crate::scope::Scope;
use crate::settings::{self, LogEntry, Setting};
use crate::store::{Inner, Store};
use crate::vault::Vault;
use crate::write::number;
use crate::{attachments, chain, customers, ephemeral, inbox, outbox, timers, upkeep, write};
use jiff::{Timestamp, civil::Date};
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// How far the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// How often touch with it had been lost ([`Store::losses`]): numbers from before can be given to other events.
    pub losses: u64,
    /// Global sequence number of the last event that was committed, by whichever program. Erasing moves it as well.
    pub event: u64,
}

impl Store {
    /// One statement's view of the database.
    pub(crate) fn read<T>(&self, read: impl Fn(&Conn, &Vault) -> Result<T>) -> Result<T> {
        self.recall(|conn, vault, _| read(conn, vault))
    }

    /// Several statements that see the same state.
    pub(crate) fn snapshot<T>(&self, read: impl Fn(&Conn, &Vault) -> Result<T>) -> Result<T> {
        self.recall(|conn, vault, _| at_once(conn, || read(conn, vault)))
    }

    /// As [`Store::read`], with what is kept of what was read before. The connection may have been lost while it was idle, or somebody
    /// lost his who was to bring up to date what this one needs: then one try more, on a new one, is worth it.
    fn recall<T>(&self, read: impl Fn(&Conn, &Vault, &Memory) -> Result<T>) -> Result<T> {
        let vault = &self.inner.vault;
        let lent = self.reader()?;
        let result = read(lent.conn()?, vault, &lent.memory);
        let (used, losses) = (lent.used, lent.memory.losses);
        // With this a connection that is lost counts as a loss.
        drop(lent);
        if result.is_ok() || !used || losses == self.losses() {
            return result;
        }
        let lent = self.reader()?;
        read(lent.conn()?, vault, &lent.memory)
    }

    /// A case with its snapshot; `None` when there is none within the scope.
    pub fn case(&self, scope: &Scope, case: Uuid) -> Result<Option<StoredCase>> {
        self.snapshot(|conn, vault| case::load(conn, vault, scope, Which::Id(&case)))
    }

    /// A case by its number, present or former, whatever its dashes and case; `None` when there is none within the scope.
    pub fn case_by_number(&self, scope: &Scope, number: &str) -> Result<Option<StoredCase>> {
        let number = crate::fold_number(number);
        self.snapshot(|conn, vault| case::load(conn, vault, scope, Which::Number(&number)))
    }

    /// How a case stands that [`Store::case_by_number`] would find; much cheaper than the case.
    pub fn standing(&self, scope: &Scope, number: &str) -> Result<Option<Standing>> {
        let number = crate::fold_number(number);
        let Inner { head, pool, .. } = &*self.inner;
        let known = |last| pool.memory().standings.known(last, scope, &number);
        match head.known().and_then(known) {
            Some(standing) => Ok(Some(standing)),
            None => self.recall(|conn, _, memory| {
                memory.standings.of(conn, head, memory.losses, scope, &number)
            }),
        }
    }

    /// How the case with this id stands, whoever asks.
    pub fn standing_of(&self, case: Uuid) -> Result<Option<Standing>> {
        self.recall(|conn, _, memory| standing::of_id(conn, memory.losses, &case))
    }

    /// Global sequence number of the last event that was committed, by whichever program. Erasing moves it as well.
    pub fn last_event(&self) -> Result<u64> {
        Ok(self.position()?.event)
    }

    /// How far the database is: while that stays, every case and list does.
    pub fn position(&self) -> Result<Position> {
        let head = &self.inner.head;
        // Asked first: what is known is known since then at the latest.
        let losses = self.losses();
        if let Some(event) = head.known() {
            return Ok(Position { losses, event });
        }
        self.recall(|conn, _, memory| {
            Ok(Position { losses: memory.losses, event: head.last(conn)? })
        })
    }

    /// Events of a case after place `after`, at most `limit`. Scope is the caller's: ask for the case first.
    pub fn events(&self, case: Uuid, after: u64, limit: usize) -> Result<Vec<EventRow>> {
        self.snapshot(|conn, vault| case::events(conn, vault, case, after, limit))
    }

    /// The timers of a case, soonest first.
    pub fn timers(&self, case: Uuid) -> Result<Vec<TimerRow>> {
        self.snapshot(|conn, _| case::timers(conn, case))
    }

    /// Relations of a case to others, in both directions.
    pub fn links(&self, case: Uuid) -> Result<Links> {
        self.snapshot(|conn, _| case::links(conn, case))
    }

    /// One page of cases; see [`Filter`] and [`Sort`]. `Invalid` for a cursor of another order.
    pub fn list(
        &self,
        scope: &Scope,
        filter: &Filter,
        sort: Sort,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<CaseSummary>> {
        self.recall(|conn, vault, memory| {
            at_once(conn, || list::list(conn, vault, memory, scope, filter, sort, cursor, limit))
        })
    }

    /// Cases found by text, newest first; the rules are those of [`crate::matches`].
    pub fn search(
        &self,
        scope: &Scope,
        text: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<CaseSummary>> {
        let filter = Filter { text: Some(text.to_owned()), ..Filter::default() };
        self.list(scope, &filter, Sort::NewestEntry, cursor, limit)
    }

    /// How many cases a filter finds, counted up to `most`; a result of `most` means "at least". What is asked of the work in hand by
    /// procedure, stage, queue, department, person and due costs as little as [`Store::counts`]; by severity, registration and what
    /// waits for somebody not much more.
    pub fn count(&self, scope: &Scope, filter: &Filter, most: usize) -> Result<u64> {
        let cap = u64::try_from(most).unwrap_or(u64::MAX);
        self.recall(|conn, vault, memory| match memory.board.count(conn, scope, filter)? {
            Some(found) => Ok(found.min(cap)),
            None => list::count(conn, vault, scope, filter, most),
        })
    }

    /// Open cases by procedure, queue and stage, as they are committed; costs as much as there are of these, however many cases are open
    /// or closed. The first call reads all open cases.
    pub fn counts(&self, scope: &Scope, now: Timestamp) -> Result<Vec<Count>> {
        self.recall(|conn, _, memory| memory.board.counts(conn, scope, now))
    }

    /// Open cases within the scope by the key of whoever must act, a person or a role; costs as much as there are open cases.
    pub fn holders(&self, scope: &Scope) -> Result<Vec<(String, u64)>> {
        self.recall(|conn, _, memory| memory.board.holders(conn, scope))
    }

    /// How many open cases of a life each person holds, by person; costs as much as there are open cases.
    pub fn held(&self, life: &str) -> Result<Vec<(String, u64)>> {
        self.read(|conn, _| open::held(conn, life))
    }

    /// The cases of a procedure in which a clock runs towards a deadline, also filed ones, what is due first. Not bounded; only the ids
    /// are read.
    pub fn counting(&self, procedure: &str) -> Result<Vec<Uuid>> {
        self.read(|conn, _| open::counting(conn, procedure))
    }

    /// Open cases of the same phone or customer, newest first.
    pub fn candidates(
        &self,
        scope: &Scope,
        like: &Likeness,
        limit: usize,
    ) -> Result<Vec<CaseSummary>> {
        self.recall(|conn, vault, memory| {
            open::candidates(conn, vault, &memory.since, scope, like, limit)
        })
    }

    /// Events of all cases within the scope after sequence number `after`, in commit order.
    pub fn feed(&self, scope: &Scope, after: u64, limit: usize) -> Result<Feed> {
        self.snapshot(|conn, vault| feed::feed(conn, vault, scope, after, limit))
    }

    /// The cells of a measure between two business days, both included; cells that are zero are left out.
    pub fn rollups(&self, metric: &str, from: Date, to: Date) -> Result<Vec<Rollup>> {
        self.read(|conn, _| measure::rollups(conn, metric, from, to))
    }

    /// What the cases that the viewer may not see, whatever his grants are, add to the cells of [`Store::rollups`].
    pub fn barred_rollups(
        &self,
        scope: &Scope,
        metric: &str,
        from: Date,
        to: Date,
    ) -> Result<Vec<Rollup>> {
        if scope.person.key.is_empty() {
            return Ok(Vec::new());
        }
        self.read(|conn, _| measure::of_tied(conn, Tie::Barred, scope, metric, from, to))
    }

    /// What the cases within the scope add to the cells of [`Store::rollups`], those of some procedures left out. Costs as much as
    /// cases add to the measure in these days, however many there are beside them.
    pub fn seen_rollups(
        &self,
        scope: &Scope,
        metric: &str,
        days: (Date, Date),
        except: &[String],
    ) -> Result<Vec<Rollup>> {
        self.read(|conn, _| measure::of_seen(conn, scope, metric, days, except))
    }

    /// When [`Store::claim_due`] next finds something.
    pub fn next_due_timer(&self) -> Result<Option<Timestamp>> {
        self.snapshot(|conn, _| timers::next(conn))
    }

    /// When [`Store::outbox_due`] next finds something.
    pub fn next_due_message(&self) -> Result<Option<Timestamp>> {
        self.snapshot(|conn, _| outbox::next(conn))
    }

    /// Messages that were given up, newest first.
    pub fn dead_messages(&self, limit: usize) -> Result<Vec<OutboxMessage>> {
        self.snapshot(|conn, vault| outbox::dead(conn, vault, limit))
    }

    /// Messages of a case to the outside, oldest first.
    pub fn messages_of(&self, case: Uuid) -> Result<Vec<OutboxMessage>> {
        self.snapshot(|conn, vault| outbox::of_case(conn, vault, case))
    }

    /// Somebody's messages after a place, oldest first.
    pub fn inbox(&self, person: &str, after: u64, limit: usize) -> Result<Vec<InboxMessage>> {
        self.snapshot(|conn, vault| inbox::after(conn, vault, person, after, limit))
    }

    /// Somebody's newest messages before a place, newest first.
    pub fn inbox_newest(
        &self,
        person: &str,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<InboxMessage>> {
        self.snapshot(|conn, vault| inbox::newest(conn, vault, person, before, limit))
    }

    /// How many messages somebody has not read, counted up to `most`.
    pub fn unread(&self, person: &str, most: usize) -> Result<u64> {
        self.read(|conn, _| inbox::unread(conn, person, most))
    }

    /// Cases whose `keep_until` passed before an instant, longest first: what is to be forgotten.
    pub fn cases_to_forget(&self, before: Timestamp, limit: usize) -> Result<Vec<Uuid>> {
        self.read(|conn, _| case::to_forget(conn, before, limit))
    }

    /// Cases of which something was derived by older rules than these, or whose texts were indexed by older ones; give them to
    /// [`Store::rederive`].
    pub fn cases_to_rederive(&self, rules: u32, limit: usize) -> Result<Vec<Uuid>> {
        self.read(|conn, _| conn.unhurried(|conn| case::to_rederive(conn, rules, limit)))
    }

    /// How many there are. Counts rows; not for every page.
    pub fn older(&self, rules: u32) -> Result<Older> {
        self.read(|conn, _| conn.unhurried(|conn| case::older(conn, rules)))
    }

    /// The line of tokens by which texts are found, as the index holds it.
    pub fn index_line(&self, texts: &[String]) -> String {
        crate::text::Tokens::of(&self.inner.vault, texts).line()
    }

    /// The receipt of an earlier submission with this key; `KeyReused` when its body was another one.
    pub fn receipt(&self, key: &IdempotencyKey) -> Result<Option<Value>> {
        self.snapshot(|conn, vault| write::once::earlier(conn, vault, key))
    }

    /// The rows of an import file that became cases, by row.
    pub fn imported(&self, file: &[u8; 32]) -> Result<Vec<(u32, Uuid)>> {
        self.read(|conn, _| write::once::imported(conn, file))
    }

    /// The current version of a setting.
    pub fn setting(&self, kind: &str, key: &str) -> Result<Option<Setting>> {
        self.snapshot(|conn, vault| settings::get(conn, vault, kind, key))
    }

    /// A certain version of a setting.
    pub fn setting_version(&self, kind: &str, key: &str, version: u64) -> Result<Option<Setting>> {
        self.snapshot(|conn, vault| settings::get_version(conn, vault, kind, key, version))
    }

    /// The current versions of all settings of a kind, by key. Not bounded.
    pub fn settings(&self, kind: &str) -> Result<Vec<Setting>> {
        self.snapshot(|conn, vault| settings::list(conn, vault, kind))
    }

    /// All versions of a setting that are still there, oldest first. Not bounded.
    pub fn setting_versions(&self, kind: &str, key: &str) -> Result<Vec<Setting>> {
        self.snapshot(|conn, vault| settings::versions(conn, vault, kind, key))
    }

    /// The place of the last entry of the settings' log.
    pub fn last_setting(&self) -> Result<u64> {
        self.read(|conn, _| settings::last(conn))
    }

    /// Entries of the log of settings after a place, oldest first.
    pub fn settings_log(&self, after: u64, limit: usize) -> Result<Vec<LogEntry>> {
        self.read(|conn, _| settings::entries(conn, after, limit))
    }

    /// Entries of the log of settings before a place, newest first; of one actor and of one kind where these are not empty.
    pub fn newest_log(
        &self,
        before: u64,
        actor: &str,
        kind: &str,
        limit: usize,
    ) -> Result<Vec<LogEntry>> {
        self.read(|conn, _| settings::newest_entries(conn, before, actor, kind, limit))
    }

    /// Entries of a kind of the log of settings whose key begins with a text and a slash, newest first.
    pub fn log_about(&self, kind: &str, begin: &str, limit: usize) -> Result<Vec<LogEntry>> {
        // `0` is the character after the slash.
        let (from, to) = (format!("{begin}/"), format!("{begin}0"));
        self.read(|conn, _| settings::entries_about(conn, kind, (&from, &to), limit))
    }

    /// An attachment without its content.
    pub fn attachment(&self, id: Uuid) -> Result<Option<Attachment>> {
        self.snapshot(|conn, vault| attachments::get(conn, vault, id))
    }

    /// The content of an attachment; `None` when there is none, or it was erased.
    pub fn attachment_content(&self, id: Uuid) -> Result<Option<Vec<u8>>> {
        self.read(|conn, vault| attachments::content(conn, vault, &self.inner.blobs, id))
    }

    /// The attachments of a case, oldest first.
    pub fn attachments_of(&self, case: Uuid) -> Result<Vec<Attachment>> {
        self.snapshot(|conn, vault| attachments::of_case(conn, vault, case))
    }

    /// One page of customers, newest entry first: those that a text finds (by all its words, beginnings of words, or digits) and that
    /// have this level. `Invalid` for a cursor of another list.
    pub fn customers(
        &self,
        text: Option<&str>,
        level: Option<&str>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Setting>> {
        self.snapshot(|conn, vault| customers::page(conn, vault, text, level, cursor, limit))
    }

    /// How many customers there are, counted up to `most`; a result of `most` means "at least".
    pub fn count_customers(
        &self,
        text: Option<&str>,
        level: Option<&str>,
        most: usize,
    ) -> Result<u64> {
        self.read(|conn, vault| customers::count(conn, vault, text, level, most))
    }

    /// The customers that are reached by one of these whole numbers or accounts, oldest entry first, at most so many of each.
    pub fn customers_reached_by(
        &self,
        phones: &[String],
        accounts: &[String],
        limit: usize,
    ) -> Result<Vec<Setting>> {
        self.snapshot(|conn, vault| customers::reached_by(conn, vault, phones, accounts, limit))
    }

    /// Keys of the customers that have one of these texts of [`crate::Listed::alike`], at most so many of each.
    pub fn customers_alike(&self, texts: &[String], limit: usize) -> Result<BTreeSet<String>> {
        self.read(|conn, vault| customers::alike(conn, vault, texts, limit))
    }

    /// One page of customers that may be one and were not judged, the most likely first.
    pub fn customer_pairs(&self, cursor: Option<&str>, limit: usize) -> Result<Page<Pair>> {
        self.read(|conn, _| customers::pairs(conn, cursor, limit))
    }

    /// Those of one customer.
    pub fn customer_pairs_of(&self, key: &str) -> Result<Vec<Pair>> {
        self.snapshot(|conn, _| customers::pairs_of(conn, key))
    }

    /// How many there are, counted up to `most`; a result of `most` means "at least".
    pub fn count_customer_pairs(&self, most: usize) -> Result<u64> {
        self.read(|conn, _| customers::count_pairs(conn, most))
    }

    /// The cases to which something of a kind happened after place `from` of the feed, up to `to`. Reads all events between the two.
    pub fn cases_that_had(&self, kind: &str, from: u64, to: u64) -> Result<Vec<Uuid>> {
        self.read(|conn, _| customers::happened(conn, kind, from, to))
    }

    /// Up to which event customers were made of cases ([`crate::Change::TakenIn`]).
    pub fn customers_taken_in(&self) -> Result<u64> {
        self.read(|conn, _| customers::taken_in(conn))
    }

    /// Whether somebody was told something of a case that he has not read.
    pub fn has_unread_of(&self, person: &str, case: Uuid) -> Result<bool> {
        self.read(|conn, _| inbox::has_unread_of(conn, person, case))
    }

    /// Something that may be lost, unless it has expired at `now`.
    pub fn ephemeral(&self, kind: &str, key: &str, now: Timestamp) -> Result<Option<Value>> {
        self.read(|conn, vault| ephemeral::get(conn, vault, kind, key, now))
    }

    /// All of a kind whose key begins with `prefix`, unless expired at `now`, by key. Not bounded.
    pub fn ephemeral_with_prefix(
        &self,
        kind: &str,
        prefix: &str,
        now: Timestamp,
    ) -> Result<Vec<(String, Value)>> {
        self.read(|conn, vault| ephemeral::with_prefix(conn, vault, kind, prefix, now))
    }

    /// The serial that was drawn last within a counter's scope.
    pub fn last_serial(&self, scope: &str) -> Result<Option<i64>> {
        self.read(|conn, _| number::last_serial(conn, scope))
    }

    /// Recomputes the hash chain of a case and checks every commitment; `Corrupt` says where it breaks.
    pub fn verify_chain(&self, case: Uuid) -> Result<ChainReport> {
        self.snapshot(|conn, vault| chain::verify(conn, vault, case))
    }

    /// Facts for `doctor`. Counts rows; not for every page.
    pub fn facts(&self) -> Result<upkeep::Facts> {
        let blobs = &self.inner.blobs;
        self.snapshot(|conn, _| conn.unhurried(|conn| upkeep::facts(conn, blobs)))
    }
}

/// Runs something on one state of the database.
fn at_once<T>(conn: &Conn, read: impl FnOnce() -> Result<T>) -> Result<T> {
    conn.begin_read()?;
    let result = read();
    conn.rollback()?;
    result
}

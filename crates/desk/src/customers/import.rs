//! A file of customers: each row is a customer, a further contact of one, or a further product. A row is known again by the customer's
//! number, else by telephone number or account and name, else by name and company, so a file can be imported again and again.

use super::ahead::Ahead;
use super::{Kept, customer_key, level_named, ways};
use crate::desk::Desk;
use crate::entry::customer_column;
use crate::error::DeskError;
use crate::import::{BadRow, Broken, Reason, Row, Table};
use crate::organisation::Caller;
use crate::words;
use engine::customer::{Contact, Customer, Product};
use engine::key::Key;
use engine::people::Who;
use engine::refusal::{Problem, Refusal};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::BTreeMap;

/// Rows of a file that a page takes at once; the command line takes any number.
pub const CUSTOMER_ROWS: usize = 5_000;
/// How often a row is tried again when somebody else was faster.
const ATTEMPTS: usize = 5;

const REFUSED: &str = "refused customers";
/// How long refused rows are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// What is to be imported, and how.
pub struct CustomerImport<'a> {
    /// On whose behalf.
    pub who: &'a Who,
    /// The file.
    pub table: &'a Table,
    /// Look at every row, write nothing; it counts what importing would do, rows about the same customer included.
    pub dry_run: bool,
    /// Language of the reasons.
    pub english: bool,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomersImported {
    /// Rows that became customers.
    pub made: usize,
    /// Rows that said something new of a known one.
    pub changed: usize,
    /// Rows that said nothing new.
    pub same: usize,
    /// Rows that are refused, with all that is wrong with each.
    pub bad: Vec<BadRow>,
    /// Columns that were left out because nobody knows them.
    pub unknown: Vec<String>,
}

/// What a row came to.
enum Outcome {
    Made,
    Changed,
    Same,
}

/// The texts of a row, by what they say.
type Said = BTreeMap<&'static str, String>;

impl Desk {
    /// Imports a file of customers. `seen` is told after each row how many rows are done.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` when no column is known; a failure of the store. Rows that are in stay in.
    pub fn import_customers(
        &self,
        import: &CustomerImport<'_>,
        seen: &mut dyn FnMut(usize),
    ) -> Result<CustomersImported, DeskError> {
        self.writes_customers(import.who)?;
        let columns: Vec<Option<&'static str>> =
            import.table.columns.iter().map(|name| customer_column(name)).collect();
        if columns.iter().all(Option::is_none) {
            let why = words::text("customer.nothing_known", import.english, &[]);
            return Err(DeskError::Invalid(why));
        }
        let beside = [false, true].map(|english| words::text("import.reason", english, &[]));
        let unknown = import.table.columns.iter().zip(&columns).filter(|(name, column)| {
            column.is_none() && !name.is_empty() && !beside.contains(name)
        });
        let mut done = CustomersImported {
            unknown: unknown.map(|(name, _)| name.clone()).collect(),
            ..CustomersImported::default()
        };
        let mut ahead = Ahead::default();
        for (place, row) in import.table.rows.iter().enumerate() {
            let said = columns.iter().zip(&row.cells);
            let said: Said = said
                .filter_map(|(column, cell)| Some(((*column)?, cell.text().trim().to_owned())))
                .filter(|(_, text)| !text.is_empty())
                .collect();
            match self.import_customer(import, &mut ahead, row, &said) {
                Ok(Outcome::Made) => done.made += 1,
                Ok(Outcome::Changed) => done.changed += 1,
                Ok(Outcome::Same) => done.same += 1,
                Err(DeskError::Refused(refusal)) => {
                    let reasons = reasons(import, &columns, &refusal);
                    done.bad.push(BadRow { place, line: row.line, reasons });
                }
                Err(error) => return Err(error),
            }
            seen(place + 1);
        }
        Ok(done)
    }

    /// Keeps the refused rows of somebody's last file for a day, for him alone.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn keep_refused(&self, caller: &Caller, rows: &str) -> Result<(), DeskError> {
        let until = self.now().checked_add(KEPT).unwrap_or(Timestamp::MAX);
        Ok(self.store().put_ephemeral(REFUSED, &caller.person, &json!(rows), until)?)
    }

    /// The refused rows of somebody's last file.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn refused_rows(&self, caller: &Caller) -> Result<Option<String>, DeskError> {
        let kept = self.store().ephemeral(REFUSED, &caller.person, self.now())?;
        Ok(kept.and_then(|kept| kept.as_str().map(str::to_owned)))
    }

    fn import_customer(
        &self,
        import: &CustomerImport<'_>,
        ahead: &mut Ahead,
        row: &Row,
        said: &Said,
    ) -> Result<Outcome, DeskError> {
        if let Some(broken) = row.broken {
            let what = match broken {
                Broken::TooWide => "too_wide",
                Broken::NotJson => "not_json",
            };
            return Err(Refusal::Unknown { what: what.to_owned(), key: String::new() }.into());
        }
        let fields = self.row_faults(said);
        if !fields.is_empty() {
            return Err(Refusal::Invalid { fields }.into());
        }
        let key = said.get("key").map(|key| customer_key(key)).transpose()?;
        for _ in 0..ATTEMPTS {
            let known = self.known_customer(ahead, key.as_ref(), said)?;
            let mut customer =
                known.as_ref().map(|known| known.customer.clone()).unwrap_or_default();
            self.take_row(&mut customer, said);
            let outcome = match &known {
                Some(known) if known.customer == customer => return Ok(Outcome::Same),
                Some(_) => Outcome::Changed,
                None => Outcome::Made,
            };
            let before = known.as_ref().map(|known| &known.customer);
            let settled = self.settled(customer.clone(), before);
            self.check(&settled, before)?;
            if import.dry_run {
                // One that would be made has no key yet; that of its line is nobody's, having a space.
                let new = || key.clone().unwrap_or_else(|| format!("line {}", row.line).into());
                let (key, version, at) = known
                    .map_or_else(|| (new(), 0, self.now()), |one| (one.key, one.version, one.at));
                ahead.leave(Kept { key, version, at, customer: settled });
                return Ok(outcome);
            }
            let (place, version) = match &known {
                Some(known) => (Some(&known.key), known.version),
                None => (key.as_ref(), 0),
            };
            match self.put_customer(import.who, place.map(|key| &**key), customer, Some(version)) {
                Err(DeskError::Stale { .. }) => {}
                other => return other.map(|_| outcome),
            }
        }
        Err(DeskError::Store(store::StoreError::Busy))
    }

    /// All that is wrong with a row by itself, by column.
    fn row_faults(&self, said: &Said) -> Vec<(Key, Problem)> {
        let mut faults: Vec<(Key, Problem)> = Vec::new();
        if said.get("phone").is_some_and(|phone| phone.contains('*')) {
            faults.push(("phone".into(), Problem::NotAPhone));
        }
        if said.get("key").is_some_and(|key| customer_key(key).is_err()) {
            faults.push(("key".into(), Problem::Unknown));
        }
        let nameless = ["key", "name", "company"].iter().all(|one| !said.contains_key(one));
        let by_company = said.contains_key("company") && said.contains_key("name");
        if nameless {
            faults.push(("name".into(), Problem::TooShort(1)));
        }
        if !said.contains_key("key") && !reaches(said) && !by_company {
            faults.push(("phone".into(), Problem::TooShort(1)));
        }
        if let Some(word) = said.get("level") {
            let levels = self.customer_levels();
            if level_named(&levels, word).is_none() {
                let values = levels.iter().map(|level| level.label.zh.clone()).collect();
                faults.push(("level".into(), Problem::NotAValue { values }));
            }
        }
        let mut alone = Customer::default();
        take_texts(&mut alone, said);
        for (name, problem) in alone.faults() {
            // A column is named by what it says, not by where that is kept.
            let part: Key = match name.rsplit('.').next().unwrap_or(&name) {
                "name" if name.starts_with("contacts") => "contact".into(),
                "text" => "product".into(),
                part => part.into(),
            };
            // A known customer need not be named again, and what is missing was said above.
            let told = faults.iter().any(|(known, _)| *known == part);
            if !told && !matches!(problem, Problem::TooShort(_)) {
                faults.push((part, problem));
            }
        }
        faults
    }

    /// Whom a row is about: by number, else by how he is reached together with his name, else by name and company.
    fn known_customer(
        &self,
        ahead: &Ahead,
        key: Option<&Key>,
        said: &Said,
    ) -> Result<Option<Kept>, DeskError> {
        if let Some(key) = key {
            return match ahead.at(key).cloned().map_or_else(|| self.customer_now(key), Ok) {
                // It may be part of another one by now.
                Ok(known) => Ok(Some(ahead.at(&known.key).cloned().unwrap_or(known))),
                Err(DeskError::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            };
        }
        let is = |known: &Kept, part: &str, text: &str| {
            said.get(part).is_none_or(|said| store::fold(said) == store::fold(text))
                && known.customer.into.is_none()
        };
        let same = |known: &Kept| {
            let master = &known.customer.master;
            is(known, "name", &master.name) && is(known, "company", &master.company)
        };
        let now = |one: Kept| ahead.at(&one.key).cloned().unwrap_or(one);
        let mut row = Customer::default();
        if reaches(said) {
            row.contacts.push(contact(said));
            let (phones, accounts) = ways(&row);
            let mut kept = self.customers_reached_by(&phones, &accounts)?.into_iter().map(now);
            let mut left = ahead.like(&row).take(super::LOOKED_AT);
            return Ok(kept.find(same).or_else(|| left.find(|one| same(one)).cloned()));
        }
        // By name the newest are found first.
        row.master.name = said.get("name").cloned().unwrap_or_default();
        let mut left = ahead.like(&row).rev().take(super::LOOKED_AT);
        if let Some(left) = left.find(|one| same(one)) {
            return Ok(Some(left.clone()));
        }
        let text = Some(&*row.master.name).filter(|name| !name.is_empty());
        let kept = self.customers(text, None, None, super::LOOKED_AT)?.rows;
        Ok(kept.into_iter().map(now).find(same))
    }

    /// Says of a customer what a row says.
    fn take_row(&self, customer: &mut Customer, said: &Said) {
        take_texts(customer, said);
        if let Some(word) = said.get("level") {
            let levels = self.customer_levels();
            let level = level_named(&levels, word).map(|level| level.key.clone());
            customer.master.level = level.or_else(|| customer.master.level.take());
        }
    }
}

/// Says of a customer what a row says in words of its own.
fn take_texts(customer: &mut Customer, said: &Said) {
    let master = &mut customer.master;
    for (part, slot) in
        [("name", &mut master.name), ("company", &mut master.company), ("note", &mut master.note)]
    {
        if let Some(text) = said.get(part) {
            slot.clone_from(text);
        }
    }
    if reaches(said) {
        let row = contact(said);
        let same = |one: &&mut Contact| {
            (!row.phone.is_empty()
                && store::phone_digits(&one.phone) == store::phone_digits(&row.phone))
                || (!row.account.is_empty() && one.account == row.account)
        };
        match customer.contacts.iter_mut().find(same) {
            Some(known) => {
                for (slot, text) in [
                    (&mut known.name, row.name),
                    (&mut known.role, row.role),
                    (&mut known.phone, row.phone),
                    (&mut known.account, row.account),
                ] {
                    if slot.is_empty() {
                        *slot = text;
                    }
                }
            }
            None => customer.contacts.push(row),
        }
    }
    for (part, order) in [("product", false), ("order", true)] {
        let Some(text) = said.get(part) else { continue };
        for text in text.split(['、', ';', '；', '\n']).map(str::trim) {
            let known = |one: &Product| one.order == order && one.text == text;
            if !text.is_empty() && !customer.products.iter().any(known) {
                let text = text.to_owned();
                customer.products.push(Product { order, text, ..Product::default() });
            }
        }
    }
}

fn reaches(said: &Said) -> bool {
    said.contains_key("phone") || said.contains_key("account")
}

fn contact(said: &Said) -> Contact {
    let text = |name: &str| said.get(name).cloned().unwrap_or_default();
    Contact {
        name: text("contact"),
        role: text("role"),
        phone: text("phone"),
        account: text("account"),
        ..Contact::default()
    }
}

/// What is wrong with a row, by its columns.
fn reasons(
    import: &CustomerImport<'_>,
    columns: &[Option<&'static str>],
    refusal: &Refusal,
) -> Vec<Reason> {
    let Refusal::Invalid { fields } = refusal else {
        let code = match refusal {
            Refusal::Unknown { what, .. } => what.as_str(),
            other => other.code(),
        };
        let message = words::text(&format!("import.{code}"), import.english, &[]);
        return vec![Reason { column: None, code: code.to_owned(), message }];
    };
    let reason = |(name, problem): &(Key, Problem)| {
        // `contacts.0.phone` is the column of telephone numbers.
        let part = name.rsplit('.').next().unwrap_or(name);
        let mut heads = import.table.columns.iter().zip(columns);
        let head = heads.find(|(_, column)| **column == Some(part)).map(|(head, _)| head.clone());
        let label = || words::text(&format!("customer.{part}"), import.english, &[]);
        let missing = matches!(problem, Problem::TooShort(_));
        Reason {
            column: Some(head.unwrap_or_else(label)),
            code: if missing { "missing".to_owned() } else { crate::import::code_of(problem) },
            message: if missing {
                words::text("import.missing", import.english, &[])
            } else {
                words::problem(problem, import.english)
            },
        }
    };
    fields.iter().map(reason).collect()
}

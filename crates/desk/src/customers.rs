//! Customers on somebody's behalf: found, shown, written, revealed, erased. A record is a setting, of which only the newest version
//! is kept; what it holds is sealed, and every change stands in the settings' log.
//!
//! - `arrive`: records out of new cases; `join`: doubles, merging, parting; `import`: a file of customers; `history`: their cases; `erase`: somebody is forgotten

mod ahead;
mod arrive;
mod erase;
mod history;
mod import;
mod join;

pub use erase::Erased;
pub use history::History;
pub use import::{CUSTOMER_ROWS, CustomerImport, CustomersImported};

use crate::access::may;
use crate::desk::Desk;
use crate::error::{DeskError, stale};
use crate::mask::{hides, mask_account, mask_name, mask_phone, without_phones};
use crate::organisation::Caller;
use crate::rows::actor;
use engine::customer::{Alike, Contact, Customer, alike, alike_by};
use engine::key::Key;
use engine::people::{Person, Who};
use engine::procedure::{Label, Means, Power};
use engine::refusal::{Problem, Refusal};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeSet;
use store::{Administer, Change, Listed, Page, Setting, StoreError};

/// The kind of settings that are customers.
const CUSTOMER: &str = "customer";
/// Records that have one thing in common, looked at for doubles.
const LOOKED_AT: usize = 50;
/// Doubles of one record that are told.
const TOLD: usize = 20;
/// Records within one another, at most.
const DEEPEST: usize = 30;
/// Words in addresses that are no keys.
const RESERVED: [&str; 3] = ["new", "import", "duplicates"];

/// A customer as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Its key; opaque.
    pub key: Key,
    /// Its version.
    pub version: u64,
    /// When it was last changed, UTC.
    pub at: Timestamp,
    /// What is known.
    pub customer: Customer,
}

/// A level that customers can have, as the procedures call it.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// Other names.
    pub also: Vec<String>,
    /// 1 to 3, 3 for the preferred.
    pub severity: u8,
}

/// A part of a customer in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revealed {
    /// The name.
    Name(String),
    /// A contact.
    Contact(Contact),
}

impl Desk {
    /// One page of customers, newest entry first: those that a text finds and that have a level.
    ///
    /// # Errors
    /// `Invalid` of the store for a cursor of another list; a failure of the store.
    pub fn customers(
        &self,
        text: Option<&str>,
        level: Option<&str>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Kept>, DeskError> {
        let page = self.store().customers(text, level, cursor, limit)?;
        let rows = page.rows.into_iter().map(kept).collect::<Result<_, _>>()?;
        Ok(Page { rows, next: page.next })
    }

    /// A customer.
    ///
    /// # Errors
    /// `NotFound`; a failure of the store.
    pub fn customer(&self, key: &str) -> Result<Kept, DeskError> {
        let found = self.store().setting(CUSTOMER, key)?;
        kept(found.ok_or(DeskError::NotFound { what: "customer" })?)
    }

    /// A customer, or the one that it became part of.
    ///
    /// # Errors
    /// As [`Desk::customer`].
    pub fn customer_now(&self, key: &str) -> Result<Kept, DeskError> {
        let mut found = self.customer(key)?;
        for _ in 0..DEEPEST {
            let Some(into) = &found.customer.into else { break };
            found = self.customer(into)?;
        }
        Ok(found)
    }

    /// The customers who are reached by a number or an account, oldest entry first.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn customers_reached_by(
        &self,
        phones: &[String],
        accounts: &[String],
    ) -> Result<Vec<Kept>, DeskError> {
        let found = self.store().customers_reached_by(phones, accounts, LOOKED_AT)?;
        found.into_iter().map(kept).collect()
    }

    /// The levels that customers can have under the procedures in force, the preferred first.
    pub fn customer_levels(&self) -> Vec<Level> {
        let library = self.library();
        let rules = library.all().filter_map(|rules| library.in_force(&rules.key));
        let mut levels: Vec<Level> = Vec::new();
        for (rules, _) in rules {
            let Some(field) = rules.field_meaning(Means::Level) else { continue };
            for value in rules.axis_of(&field.key).iter().flat_map(|axis| &axis.values) {
                match levels.iter_mut().find(|level| level.key == value.key) {
                    Some(level) => {
                        level.also.extend([value.label.zh.clone(), value.label.en.clone()]);
                        level.also.extend(value.also.iter().cloned());
                    }
                    None => levels.push(Level {
                        key: value.key.clone(),
                        label: value.label.clone(),
                        also: value.also.clone(),
                        severity: value.severity.unwrap_or(0),
                    }),
                }
            }
        }
        levels.sort_by_key(|level| std::cmp::Reverse(level.severity));
        levels
    }

    /// Whether somebody may write customers, merge and part them: one of his roles may have numbers shown, or administers.
    pub fn may_write_customers(&self, person: &Person) -> bool {
        let library = self.library();
        may(&library, person, Power::Reveal) || may(&library, person, Power::Administer)
    }

    /// Whether somebody may have names and numbers of customers shown in full.
    pub fn may_reveal_customers(&self, person: &Person) -> bool {
        may(&self.library(), person, Power::Reveal)
    }

    fn writes_customers(&self, who: &Who) -> Result<(), DeskError> {
        let may = match who {
            Who::System => true,
            Who::Person(id) => {
                self.people().person(id).is_some_and(|person| self.may_write_customers(person))
            }
            Who::Customer => false,
        };
        if may { Ok(()) } else { Err(DeskError::Forbidden) }
    }

    /// Writes a customer, new or known, over the version that was seen, if one was. A masked text that comes back leaves what it hides
    /// as it is; which records were merged is not written here. A new one without a key gets one.
    ///
    /// # Errors
    /// `Forbidden`; `Refused` with all that is wrong; `Stale`; `BadName` for a key that is not taken; `NotFound` for a record that
    /// became part of another; a failure of the store.
    pub fn put_customer(
        &self,
        who: &Who,
        key: Option<&str>,
        given: Customer,
        seen: Option<u64>,
    ) -> Result<Kept, DeskError> {
        self.writes_customers(who)?;
        let known = match key.map(|key| self.customer(key)) {
            Some(Ok(known)) if known.customer.into.is_some() => {
                return Err(DeskError::NotFound { what: "customer" });
            }
            Some(Ok(known)) => Some(known),
            Some(Err(DeskError::NotFound { .. })) | None => None,
            Some(Err(error)) => return Err(error),
        };
        let (key, version) = match (&known, key) {
            (Some(known), _) => (known.key.clone(), known.version),
            (None, Some(key)) => (customer_key(key)?, 0),
            (None, None) => (self.fresh_id().to_string().into(), 0),
        };
        if let Some(seen) = seen
            && seen != version
        {
            return Err(DeskError::Stale { found: version });
        }
        let before = known.as_ref().map(|known| &known.customer);
        let customer = self.settled(given, before);
        self.check(&customer, before)?;
        self.write_customers(who, vec![(key.clone(), version, customer)], Vec::new())?;
        self.customer(&key)
    }

    /// What was given as it is kept: trimmed, without what says nothing, unmasked, with ids and with what only merging writes.
    fn settled(&self, mut given: Customer, before: Option<&Customer>) -> Customer {
        let nobody = Customer::default();
        let before = before.unwrap_or(&nobody);
        let trim = |text: &mut String| *text = text.trim().to_owned();
        let master = &mut given.master;
        [&mut master.name, &mut master.company, &mut master.note].into_iter().for_each(trim);
        for contact in &mut given.contacts {
            let Contact { name, role, phone, account, .. } = contact;
            [name, role, phone, account].into_iter().for_each(trim);
            let known = before.contacts.iter().find(|known| known.id == contact.id);
            contact.from = known.map(|known| known.from.clone()).unwrap_or_default();
        }
        given = unmasked(given, before);
        given.contacts.retain(|one| one.parts().iter().any(|(_, text)| !text.is_empty()));
        for product in &mut given.products {
            trim(&mut product.text);
            let known = before.products.iter().find(|known| known.id == product.id);
            product.from = known.map(|known| known.from.clone()).unwrap_or_default();
        }
        given.products.retain(|one| !one.text.is_empty());
        let mut ids = BTreeSet::new();
        let contacts = given.contacts.iter_mut().map(|one| &mut one.id);
        let products = given.products.iter_mut().map(|one| &mut one.id);
        for id in contacts.chain(products) {
            if id.is_empty() || !ids.insert(id.clone()) {
                *id = self.fresh_id().to_string();
            }
        }
        given.merged.clone_from(&before.merged);
        given.into.clone_from(&before.into);
        given
    }

    /// Refuses what cannot be kept.
    fn check(&self, customer: &Customer, before: Option<&Customer>) -> Result<(), DeskError> {
        let mut faults = customer.faults();
        faults.extend(before.map(|before| hidden(customer, before)).unwrap_or_default());
        if let Some(level) = &customer.master.level
            && before.is_none_or(|before| before.master.level.as_ref() != Some(level))
        {
            let levels = self.customer_levels();
            if !levels.iter().any(|known| known.key == *level) {
                let values = levels.into_iter().map(|level| level.key.to_string()).collect();
                faults.push(("level".to_owned(), Problem::NotAValue { values }));
            }
        }
        if faults.is_empty() {
            return Ok(());
        }
        let fields = faults.into_iter().map(|(name, problem)| (name.into(), problem)).collect();
        Err(Refusal::Invalid { fields }.into())
    }

    /// Writes records over the versions that they were made from, and says by what they are found and who may be the same; all or
    /// nothing. One that became part of another is found no more.
    fn write_customers(
        &self,
        who: &Who,
        records: Vec<(Key, u64, Customer)>,
        more: Vec<Change>,
    ) -> Result<(), DeskError> {
        let (mut changes, mut alike) = (Vec::new(), Vec::new());
        for (key, _, customer) in &records {
            if customer.into.is_none() {
                let others = self.doubles(key, customer, &records)?;
                alike.push(Change::Alike { key: key.to_string(), others });
            }
        }
        for (key, version, customer) in records {
            let listed = customer.into.is_none().then(|| Box::new(listed(&customer)));
            changes.push(Change::Put {
                kind: CUSTOMER.to_owned(),
                key: key.to_string(),
                expected: Some(version),
                body: json!(customer),
                history: false,
            });
            changes.push(Change::List { key: key.to_string(), listed });
        }
        changes.extend(alike);
        changes.extend(more);
        let done = Administer { at: self.now(), actor: actor(who), changes };
        self.store().administer(done).map_err(stale)?;
        self.refresh()
    }

    /// Records that may be the same customer, among those that are kept and those that are written with it.
    fn doubles(
        &self,
        key: &Key,
        customer: &Customer,
        written: &[(Key, u64, Customer)],
    ) -> Result<Vec<(String, u8, String)>, DeskError> {
        let texts = alike_by(customer);
        let asked: Vec<String> = texts.iter().cloned().collect();
        let mut found = Vec::new();
        let mut compare = |other: &str, record: &Customer| {
            if let Some(Alike { percent, why }) = alike(customer, record) {
                found.push((other.to_owned(), percent, why.key().to_owned()));
            }
        };
        for other in self.store().customers_alike(&asked, LOOKED_AT)? {
            if written.iter().all(|(key, ..)| **key != *other)
                && let Some(known) = self.store().setting(CUSTOMER, &other)?
            {
                compare(&other, &kept(known)?.customer);
            }
        }
        let others =
            written.iter().filter(|(other, _, record)| other != key && record.into.is_none());
        others.for_each(|(other, _, record)| compare(other, record));
        found.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
        found.truncate(TOLD);
        Ok(found)
    }

    /// A part of a customer in full, for whoever may have it shown: `name`, or `contacts/` and the id of a contact. That it was, by whom
    /// and when, is in the settings' log; what it was is not.
    ///
    /// # Errors
    /// `NotFound`; `Refused` for what is no part; `Forbidden` when none of his roles may; a failure of the store.
    pub fn reveal_customer(
        &self,
        caller: &Caller,
        key: &str,
        part: &str,
    ) -> Result<Revealed, DeskError> {
        let found = self.customer(key)?;
        let people = self.people();
        let person = people.person(&caller.person).ok_or(DeskError::Forbidden)?;
        if !self.may_reveal_customers(person) {
            return Err(DeskError::Forbidden);
        }
        let contact = part.strip_prefix("contacts/");
        let revealed = match contact {
            Some(id) => {
                let contact = found.customer.contacts.into_iter().find(|one| one.id == id);
                Revealed::Contact(contact.ok_or(DeskError::NotFound { what: "field" })?)
            }
            None if part == "name" => Revealed::Name(found.customer.master.name),
            None => {
                let fields = vec![("part".into(), Problem::Unknown)];
                return Err(Refusal::Invalid { fields }.into());
            }
        };
        self.store().administer(Administer {
            at: self.now(),
            actor: caller.person.to_string(),
            changes: vec![Change::Note {
                kind: "reveal".to_owned(),
                key: format!("{CUSTOMER} {key}/{part}"),
            }],
        })?;
        Ok(revealed)
    }
}

/// A key that a customer can have: letters, digits, `-`, `_` and `.`, at most 60.
fn customer_key(key: &str) -> Result<Key, DeskError> {
    let fits = key.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && (1..=60).contains(&key.chars().count())
        && key.chars().any(char::is_alphanumeric)
        && !RESERVED.contains(&key);
    if fits { Ok(key.into()) } else { Err(DeskError::BadName) }
}

fn kept(setting: Setting) -> Result<Kept, DeskError> {
    let corrupt = |_| DeskError::Store(StoreError::Corrupt { what: "a customer".to_owned() });
    let customer = serde_json::from_value(setting.body).map_err(corrupt)?;
    Ok(Kept { key: setting.key.into(), version: setting.version, at: setting.at, customer })
}

/// The numbers and accounts by which a customer is reached.
fn ways(customer: &Customer) -> (Vec<String>, Vec<String>) {
    let owned = |text: &str| text.to_owned();
    (customer.phones().map(owned).collect(), customer.accounts().map(owned).collect())
}

/// By what a customer is listed and found.
fn listed(customer: &Customer) -> Listed {
    let master = [&customer.master.name, &customer.master.company].into_iter();
    let names = customer.contacts.iter().map(|contact| &contact.name);
    let products = customer.products.iter().map(|product| &product.text);
    let texts = master.chain(names).chain(products).filter(|text| !text.is_empty()).cloned();
    let (phones, accounts) = ways(customer);
    Listed {
        level: customer.master.level.as_ref().map(ToString::to_string),
        texts: texts.collect(),
        phones,
        accounts,
        alike: alike_by(customer).into_iter().collect(),
    }
}

/// A customer with everything that came back masked as it is known.
pub fn unmasked(mut given: Customer, known: &Customer) -> Customer {
    unmask(&mut given.master.name, &known.master.name, mask_name);
    unmask(&mut given.master.note, &known.master.note, without_phones);
    for contact in &mut given.contacts {
        let known = known.contacts.iter().find(|known| known.id == contact.id);
        let Some(known) = known else { continue };
        unmask(&mut contact.name, &known.name, mask_name);
        unmask(&mut contact.phone, &known.phone, mask_phone);
        unmask(&mut contact.account, &known.account, mask_account);
    }
    given
}

/// How a text is shown to those who may not read it.
type Mask = fn(&str) -> String;

/// The parts that still have stars where something is hidden: they would be kept in place of what they hide.
fn hidden(given: &Customer, known: &Customer) -> Vec<(String, Problem)> {
    let is_hidden = |given: &str, was: &str, mask: Mask| {
        !was.is_empty() && hides(&json!(was), &json!(mask(was)), &json!(given))
    };
    let (master, was) = (&given.master, &known.master);
    let whole: [(&str, &String, &String, Mask); 2] = [
        ("name", &master.name, &was.name, mask_name),
        ("note", &master.note, &was.note, without_phones),
    ];
    let whole = whole.into_iter().filter(|(_, given, was, mask)| is_hidden(given, was, *mask));
    let mut parts: Vec<String> = whole.map(|(part, ..)| part.to_owned()).collect();
    for (place, contact) in given.contacts.iter().enumerate() {
        let Some(was) = known.contacts.iter().find(|was| was.id == contact.id) else { continue };
        for ((part, given), (_, was)) in contact.parts().into_iter().zip(was.parts()) {
            let mask: Mask = match part {
                "name" => mask_name,
                "phone" => mask_phone,
                "account" => mask_account,
                _ => continue,
            };
            if is_hidden(given, was, mask) {
                parts.push(format!("contacts.{place}.{part}"));
            }
        }
    }
    parts.into_iter().map(|part| (part, Problem::Masked)).collect()
}

/// Puts back what was shown masked and came back as it was shown.
fn unmask(given: &mut String, known: &str, mask: Mask) {
    if *given != *known && *given == mask(known) {
        known.clone_into(given);
    }
}

/// The level that people mean by a word.
fn level_named<'l>(levels: &'l [Level], word: &str) -> Option<&'l Level> {
    let word = word.trim().to_lowercase();
    levels.iter().find(|level| {
        let names = [&*level.key, level.label.zh.as_str(), level.label.en.as_str()];
        names
            .into_iter()
            .chain(level.also.iter().map(String::as_str))
            .any(|name| name.to_lowercase() == word)
    })
}

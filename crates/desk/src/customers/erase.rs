//! Somebody is forgotten: the record, what became part of it, and the personal values of his cases.

use super::{CUSTOMER, LOOKED_AT, kept, ways};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::rows::actor;
use engine::customer::Customer;
use engine::key::Key;
use engine::people::Who;
use std::collections::BTreeSet;
use store::{Administer, Change, Filter, Scope, Sort};
use uuid::Uuid;

/// What erasing a customer took, and what it had to leave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Cases whose personal values are gone.
    pub cases: usize,
    /// Cases that stay: held by law, or another customer's as well.
    pub left: usize,
}

impl Desk {
    /// Erases a customer, all records that became part of it, and the personal values of its cases; keys, numbers, events and their
    /// commitments stay, and the chains still verify. Cases that are held by law stay, and so do those that are another customer's too.
    /// For administrators; it cannot be undone. Repeating it is harmless.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `OpenCases` while something of the customer's is in hand; a failure of the store.
    pub fn erase_customer(&self, who: &Who, key: &str) -> Result<Erased, DeskError> {
        let may = match who {
            Who::System => true,
            Who::Person(id) => {
                self.people().person(id).is_some_and(|person| self.is_administrator(person))
            }
            Who::Customer => false,
        };
        if !may {
            return Err(DeskError::Forbidden);
        }
        let found = self.customer_now(key)?;
        let open = self.case_ids(&found.key, Some(true))?;
        if !open.is_empty() {
            return Err(DeskError::OpenCases { count: open.len() });
        }
        let (phones, accounts) = ways(&found.customer);
        let mut shared = BTreeSet::new();
        for other in self.customers_reached_by(&phones, &accounts)? {
            if other.key != found.key {
                shared.extend(self.case_ids(&other.key, None)?);
            }
        }
        let mut erased = Erased::default();
        for case in self.case_ids(&found.key, None)? {
            let key: Key = case.to_string().into();
            let held = self.load_case(&key)?.is_some_and(|case| case.held);
            if held || shared.contains(&case) {
                erased.left += 1;
            } else {
                self.store().erase(case)?;
                erased.cases += 1;
            }
        }
        let mut gone = vec![found.key.clone()];
        self.within(&found.customer, &mut gone)?;
        let changes = gone.iter().flat_map(|key| {
            let key = key.to_string();
            [
                Change::List { key: key.clone(), listed: None },
                Change::Erase { kind: CUSTOMER.to_owned(), key },
            ]
        });
        let changes = changes.collect();
        self.store().administer(Administer { at: self.now(), actor: actor(who), changes })?;
        self.store().scrub()?;
        Ok(erased)
    }

    /// The keys of the records that became part of one, and of those within them.
    fn within(&self, customer: &Customer, keys: &mut Vec<Key>) -> Result<(), DeskError> {
        for one in &customer.merged {
            if keys.contains(&one.id) {
                continue;
            }
            keys.push(one.id.clone());
            if let Some(inner) = self.store().setting(CUSTOMER, &one.id)? {
                self.within(&kept(inner)?.customer, keys)?;
            }
        }
        Ok(())
    }

    fn case_ids(&self, key: &Key, open: Option<bool>) -> Result<Vec<Uuid>, DeskError> {
        let filter = Filter { open, of_customer: Some(key.to_string()), ..Filter::default() };
        let (mut ids, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.store().list(
                &Scope::all(),
                &filter,
                Sort::Newest,
                cursor.as_deref(),
                LOOKED_AT,
            )?;
            ids.extend(page.rows.into_iter().map(|row| row.id));
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(ids),
            }
        }
    }
}

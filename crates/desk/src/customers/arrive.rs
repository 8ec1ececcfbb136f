//! Records out of new cases: whoever is not known by the number or account of a case becomes a customer.

use super::{Kept, level_named, ways};
use crate::desk::Desk;
use crate::error::DeskError;
use engine::case::Case;
use engine::customer::{Contact, Customer, Master};
use engine::people::Who;
use engine::procedure::{Means, Procedure};
use engine::value::Value;
use std::collections::BTreeSet;
use store::{Change, Scope};

/// The kind of event by which a case begins.
const REGISTERED: &str = "registered";
/// Events looked through at a time.
const AT_ONCE: u64 = 2_000;

impl Desk {
    /// Makes customers of those who are behind the cases registered since the last time; returns how many. Of a confidential case nobody
    /// becomes one. Doing it often, and on several nodes, is harmless.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn take_customers_in(&self) -> Result<usize, DeskError> {
        let mut made = 0;
        while let Some(some) = self.take_some_customers_in()? {
            made += some;
        }
        Ok(made)
    }

    /// A part of [`Desk::take_customers_in`], so that a desk with many cases is not kept busy by it; `None` when nothing is left.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn take_some_customers_in(&self) -> Result<Option<usize>, DeskError> {
        // Asked, not told: the database may have lost what there was word of.
        let last = self.store().last_event()?;
        let from = self.store().customers_taken_in()?;
        if from >= last {
            return Ok(None);
        }
        let to = last.min(from + AT_ONCE);
        let (mut records, mut reached) = (Vec::new(), BTreeSet::new());
        for case in self.store().cases_that_had(REGISTERED, from, to)? {
            let Some(seen) = self.case_of(&Scope::all(), case)? else { continue };
            if seen.summary.columns.confidential {
                continue;
            }
            let customer = self.settled(self.customer_in(&seen.procedure, &seen.case), None);
            let (phones, accounts) = ways(&customer);
            let own: Vec<String> = phones
                .iter()
                .map(|phone| store::phone_digits(phone))
                .chain(accounts.iter().map(|account| account.to_lowercase()))
                .collect();
            let known = own.iter().any(|way| reached.contains(way))
                || !self.store().customers_reached_by(&phones, &accounts, 1)?.is_empty();
            // Who is not reached at all would be made anew with each case.
            if own.is_empty() || known || !customer.faults().is_empty() {
                continue;
            }
            reached.extend(own);
            // The key is that of the case: another node would make the same record, and one of the two is refused.
            records.push((case.to_string().into(), 0, customer));
        }
        let made = records.len();
        match self.write_customers(&Who::System, records, vec![Change::TakenIn { from, to }]) {
            Ok(()) => Ok(Some(made)),
            Err(DeskError::Stale { .. }) => Ok(Some(0)),
            Err(error) => Err(error),
        }
    }

    /// The customers behind a case: whoever is reached by its number or account, oldest entry first.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn customers_of_case(
        &self,
        rules: &Procedure,
        case: &Case,
    ) -> Result<Vec<Kept>, DeskError> {
        let (phones, accounts) = ways(&self.customer_in(rules, case));
        self.customers_reached_by(&phones, &accounts)
    }

    /// What a case says of its customer. Masked numbers say nothing.
    pub fn customer_in(&self, rules: &Procedure, case: &Case) -> Customer {
        let said = |means| {
            let value = rules.field_meaning(means).and_then(|field| case.value(&field.key));
            Some(value.map(Value::text)?.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let whole = |means| said(means).filter(|text: &String| !text.contains('*'));
        let levels = self.customer_levels();
        let level = said(Means::Level).and_then(|word| level_named(&levels, &word));
        let master = Master {
            name: said(Means::Customer).or_else(|| said(Means::Contact)).unwrap_or_default(),
            level: level.map(|level| level.key.clone()),
            ..Master::default()
        };
        let contact = Contact {
            name: said(Means::Contact).unwrap_or_default(),
            phone: whole(Means::Phone).unwrap_or_default(),
            account: whole(Means::Account).unwrap_or_default(),
            ..Contact::default()
        };
        Customer { master, contacts: vec![contact], ..Customer::default() }
    }
}

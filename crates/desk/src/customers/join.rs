//! Records that may be one customer: told, judged, merged, parted.

use super::{Kept, kept};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::rows::actor;
use engine::customer::{Trait, merge, part};
use engine::people::Who;
use engine::refusal::Refusal;
use store::{Administer, Change, Page, Pair};

impl Desk {
    /// One page of records that may be one customer and were not judged, the most likely first.
    ///
    /// # Errors
    /// `Invalid` of the store for a cursor of another list; a failure of the store.
    pub fn customer_pairs(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<(Pair, Kept, Kept)>, DeskError> {
        let page = self.store().customer_pairs(cursor, limit)?;
        let mut rows = Vec::with_capacity(page.rows.len());
        for pair in page.rows {
            let read = |key: &str| self.store().setting(super::CUSTOMER, key);
            // One that is gone since it was listed is no double any more.
            let (Some(one), Some(other)) = (read(&pair.one)?, read(&pair.other)?) else { continue };
            rows.push((pair, kept(one)?, kept(other)?));
        }
        Ok(Page { rows, next: page.next })
    }

    /// Two records become one: `main` gets what `other` has. What it says itself stays, save for what `take` names; what was seen of
    /// either is written over, if it was. [`Desk::part_customers`] undoes it.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Refused` when one of them is part of another already, or both are the same; `Stale`; a failure of the
    /// store.
    pub fn merge_customers(
        &self,
        who: &Who,
        main: (&str, Option<u64>),
        other: (&str, Option<u64>),
        take: &[Trait],
    ) -> Result<Kept, DeskError> {
        self.writes_customers(who)?;
        let (main, other) = (self.seen_customer(main)?, self.seen_customer(other)?);
        let by = actor(who).into();
        let pair = ((&main.key, &main.customer), (&other.key, &other.customer));
        let (whole, inside) = merge(pair.0, pair.1, take, self.now(), &by).ok_or_else(|| {
            let (what, key) = ("customer".to_owned(), other.key.to_string());
            Refusal::Unknown { what, key }
        })?;
        self.check(&whole, Some(&main.customer))?;
        let records =
            vec![(other.key, other.version, inside), (main.key.clone(), main.version, whole)];
        self.write_customers(who, records, Vec::new())?;
        self.customer(&main.key)
    }

    /// Takes `other` out of `main` again: each has what was its own, and what was changed since stays where it is. They are two from
    /// then on: nobody is asked whether they are one.
    ///
    /// # Errors
    /// As [`Desk::merge_customers`]; `Refused` when other is not part of main.
    pub fn part_customers(
        &self,
        who: &Who,
        main: (&str, Option<u64>),
        other: &str,
    ) -> Result<(Kept, Kept), DeskError> {
        self.writes_customers(who)?;
        let (main, other) = (self.seen_customer(main)?, self.customer(other)?);
        let missing =
            || Refusal::Unknown { what: "customer".to_owned(), key: other.key.to_string() };
        let (rest, apart) =
            part(&main.customer, (&other.key, &other.customer)).ok_or_else(missing)?;
        let judged = Change::Apart { one: main.key.to_string(), other: other.key.to_string() };
        let records =
            vec![(main.key.clone(), main.version, rest), (other.key.clone(), other.version, apart)];
        self.write_customers(who, records, vec![judged])?;
        Ok((self.customer(&main.key)?, self.customer(&other.key)?))
    }

    /// Somebody has judged that two records are two customers.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; a failure of the store.
    pub fn keep_customers_apart(&self, who: &Who, one: &str, other: &str) -> Result<(), DeskError> {
        self.writes_customers(who)?;
        let judged = Change::Apart { one: one.to_owned(), other: other.to_owned() };
        let done = Administer { at: self.now(), actor: actor(who), changes: vec![judged] };
        self.store().administer(done).map_err(|error| match error {
            store::StoreError::NotFound { .. } => DeskError::NotFound { what: "customer" },
            error => error.into(),
        })?;
        Ok(())
    }

    /// A customer at the version that was seen, if one was.
    fn seen_customer(&self, (key, seen): (&str, Option<u64>)) -> Result<Kept, DeskError> {
        let found = self.customer(key)?;
        match seen {
            Some(seen) if seen != found.version => Err(DeskError::Stale { found: found.version }),
            _ => Ok(found),
        }
    }
}

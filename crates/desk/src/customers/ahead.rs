//! What the rows of a file would have left behind, while it is only looked at: a later row is about the same customer.

use super::{Kept, ways};
use engine::customer::Customer;
use engine::key::Key;
use std::collections::{BTreeSet, HashMap};

/// Customers as the rows before would have left them.
#[derive(Default)]
pub(super) struct Ahead {
    rows: HashMap<Key, Kept>,
    /// Keys by telephone number, account and name.
    by: HashMap<String, Vec<Key>>,
}

impl Ahead {
    /// The customer with a key, as it would stand.
    pub(super) fn at(&self, key: &Key) -> Option<&Kept> {
        self.rows.get(key)
    }

    /// Those that have a number, an account or a name in common with a row, the first left at the beginning.
    pub(super) fn like(&self, row: &Customer) -> impl DoubleEndedIterator<Item = &Kept> {
        let keys = signs(row).into_iter().filter_map(|sign| self.by.get(&sign)).flatten();
        keys.filter_map(|key| self.rows.get(key))
    }

    /// What a row would have left.
    pub(super) fn leave(&mut self, left: Kept) {
        let before = self.rows.get(&left.key).map(|before| signs(&before.customer));
        let known = |sign: &String| before.as_ref().is_some_and(|signs| signs.contains(sign));
        for sign in signs(&left.customer).into_iter().filter(|sign| !known(sign)) {
            self.by.entry(sign).or_default().push(left.key.clone());
        }
        self.rows.insert(left.key.clone(), left);
    }
}

/// By what the store finds a customer again, each once.
fn signs(customer: &Customer) -> BTreeSet<String> {
    let (phones, accounts) = ways(customer);
    let phones = phones.iter().map(|phone| format!("phone {}", store::phone_digits(phone)));
    let accounts =
        accounts.iter().map(|account| format!("account {}", store::fold(account.trim())));
    let name = Some(&customer.master.name).filter(|name| !name.is_empty());
    let name = name.map(|name| format!("name {}", store::fold(name)));
    phones.chain(accounts).chain(name).collect()
}

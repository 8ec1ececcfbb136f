//! What the measured cases say and who they are from: `demo/bench.toml`, drawn by seed.

use anyhow::{Context, Result};
use fastrand::Rng;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `demo/bench.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    /// A request is one of each, in this order.
    parts: Vec<Vec<String>>,
    /// Words of two characters that people search for.
    pub(super) searches: Vec<String>,
    pub(super) deed: Deed,
    customers: Customers,
}

/// Something that may be done with any case in work and leaves it where it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deed {
    /// The action by name.
    pub(super) does: String,
    /// Its inputs by name.
    pub(super) with: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Customers {
    families: Vec<String>,
    given: Vec<String>,
    prefixes: Vec<String>,
}

/// Somebody who asks for something.
pub(super) struct Customer {
    pub(super) name: String,
    pub(super) phone: String,
}

/// As many customers as there are telephone numbers of eight zeros and five digits after a prefix, by powers of two. The few below
/// the first power are as frequent together as those of each power after it: nearly Zipf's law, and the most frequent customer has
/// about one case in a thousand.
const POWERS: std::ops::Range<u32> = 6..19;

impl Words {
    pub(super) fn read() -> Result<Self> {
        toml::from_str(include_str!("../../../../../demo/bench.toml")).context("demo/bench.toml")
    }

    /// A request as a customer words it.
    pub(super) fn request(&self, random: &mut Rng) -> String {
        let parts = self.parts.iter().filter_map(|part| random.choice(part));
        let text: String = parts.map(String::as_str).collect();
        text.replace("{n}", &random.u32(2..30).to_string())
    }

    /// A customer; some call often, most once.
    pub(super) fn customer(&self, random: &mut Rng) -> Customer {
        let power = random.u32(POWERS);
        let first = if power == POWERS.start { 0 } else { 1_u64 << power };
        self.customer_of(random.u64(first..1 << (power + 1)))
    }

    /// The customer of a place in the line, always the same.
    fn customer_of(&self, place: u64) -> Customer {
        let mut own = Rng::with_seed(place);
        let part = |own: &mut Rng, of: &[String]| own.choice(of).cloned().unwrap_or_default();
        let name =
            part(&mut own, &self.customers.families) + &part(&mut own, &self.customers.given);
        let prefixes = u64::try_from(self.customers.prefixes.len()).unwrap_or(1).max(1);
        let prefix = usize::try_from(place % prefixes).unwrap_or(0);
        let prefix = self.customers.prefixes.get(prefix).map_or("", String::as_str);
        Customer { name, phone: format!("{prefix}000{:05}", place / prefixes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_are_the_same_for_the_same_seed_and_few_of_them_call_often() {
        let words = Words::read().unwrap();
        let phones = |seed| {
            let mut random = Rng::with_seed(seed);
            (0..20_000).map(|_| words.customer(&mut random).phone).collect::<Vec<_>>()
        };
        assert_eq!(phones(1), phones(1));
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        phones(1).into_iter().for_each(|phone| *times.entry(phone).or_default() += 1);
        let once = times.values().filter(|times| **times == 1).count();
        let most = times.values().max().copied().unwrap_or(0);
        assert!(times.len() > 8_000 && once * 2 > times.len(), "{} {once}", times.len());
        assert!((10..60).contains(&most), "{most}");
        assert!(times.keys().all(|phone| phone.len() == 11));
    }
}

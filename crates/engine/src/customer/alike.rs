//! Which records may be one and the same customer.

use super::Customer;
use crate::similar::similarity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Digits of a number that says who somebody is.
const WHOLE: usize = 7;
/// Characters with which organisations of one name begin.
const LEAD: usize = 4;
/// How alike such names must be besides, in percent.
const SPELLED_ALIKE: u8 = 50;
/// Longer names are compared by their beginning only.
const LONGEST: usize = 40;

/// How sure it is that two records are one customer, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alike {
    /// 1 to 100.
    pub percent: u8,
    /// The strongest reason.
    pub why: Why,
}

/// Why two records may be one customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Names or companies are spelled almost the same.
    Spelling,
    /// Name and company are the same.
    Name,
    /// Both are reached by one account.
    Account,
    /// Both are reached by one number.
    Phone,
}

impl Why {
    /// Stable id.
    pub fn key(self) -> &'static str {
        match self {
            Why::Spelling => "spelling",
            Why::Name => "name",
            Why::Account => "account",
            Why::Phone => "phone",
        }
    }
}

/// Texts of which two alike records have one in common: by them the few records are found that [`alike`] then looks at.
pub fn alike_by(customer: &Customer) -> BTreeSet<String> {
    let who = Spelled::of(customer);
    let phones = digits(customer).into_iter().map(|phone| format!("phone {phone}"));
    let accounts = accounts(customer).into_iter().map(|account| format!("account {account}"));
    let mut all: BTreeSet<String> = phones.chain(accounts).collect();
    if let Some(organisation) = who.organisation() {
        all.extend(variants(organisation).map(|one| format!("organisation {one}")));
        let lead: String = organisation.iter().take(LEAD).collect();
        all.insert(format!("lead {lead}"));
    }
    if !who.name.is_empty() && !who.company.is_empty() {
        let company: String = who.company.iter().collect();
        all.extend(variants(&who.name).map(|name| format!("who {company} {name}")));
    }
    all
}

/// Whether two records may be one customer. A name alone tells nothing about a person: too many have the same.
pub fn alike(one: &Customer, other: &Customer) -> Option<Alike> {
    let (a, b) = (Spelled::of(one), Spelled::of(other));
    let names = similarity(&one.master.name, &other.master.name);
    let same_name = a.name == b.name || a.name.is_empty() || b.name.is_empty();
    let sure = |why, same: u8, differs: u8| {
        Some(Alike {
            percent: if same_name { same } else { differs.max(names.min(same - 1)) },
            why,
        })
    };
    if !digits(one).is_disjoint(&digits(other)) {
        return sure(Why::Phone, 99, 80);
    }
    if !accounts(one).is_disjoint(&accounts(other)) {
        return sure(Why::Account, 97, 78);
    }
    let spelled = |percent: u8| Some(Alike { percent: percent.clamp(55, 89), why: Why::Spelling });
    if a.is_somebody() && b.is_somebody() {
        if a.name == b.name && a.company == b.company {
            return Some(Alike { percent: 95, why: Why::Name });
        }
        let companies = similarity(&one.master.company, &other.master.company);
        let near = close(&a.name, &b.name)
            && (a.company == b.company || organisations(&a.company, &b.company).is_some());
        return near.then(|| spelled(names.midpoint(companies))).flatten();
    }
    let (a_is, b_is) = (a.organisation()?, b.organisation()?);
    if a_is == b_is {
        // Of an organisation and somebody who belongs to it less is certain.
        let percent = if a.is_somebody() == b.is_somebody() { 95 } else { 70 };
        return Some(Alike { percent, why: Why::Name });
    }
    organisations(a_is, b_is).and_then(spelled)
}

/// Name and company as they are compared.
struct Spelled {
    name: Vec<char>,
    company: Vec<char>,
}

impl Spelled {
    fn of(customer: &Customer) -> Self {
        Self { name: bare(&customer.master.name), company: bare(&customer.master.company) }
    }

    /// A person of an organisation, rather than one of the two.
    fn is_somebody(&self) -> bool {
        !self.name.is_empty() && !self.company.is_empty()
    }

    /// The organisation that a record is about: its company, else a name too long for a person's.
    fn organisation(&self) -> Option<&[char]> {
        if !self.company.is_empty() {
            return Some(&self.company);
        }
        let shortest = if self.name.iter().any(|c| *c > '\u{2E7F}') { LEAD } else { 10 };
        Some(self.name.as_slice()).filter(|name| name.len() >= shortest)
    }
}

/// Letters and digits alone, small and of ordinary width.
fn bare(text: &str) -> Vec<char> {
    let narrow = |c: char| match u32::from(c) {
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    let letters = text.chars().map(narrow).filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).take(LONGEST).collect()
}

/// The text, and the text without each one of its characters: two that differ by one share one of these.
fn variants(text: &[char]) -> impl Iterator<Item = String> {
    let without = move |place: usize| {
        let rest = text.iter().enumerate().filter(move |(at, _)| *at != place);
        rest.map(|(_, c)| *c).collect::<String>()
    };
    std::iter::once(text.iter().collect()).chain((0..text.len()).map(without))
}

/// How alike two names of organisations are, if they are.
fn organisations(a: &[char], b: &[char]) -> Option<u8> {
    let text = |all: &[char]| all.iter().collect::<String>();
    let percent = similarity(&text(a), &text(b));
    let lead = a.len() >= LEAD && b.len() >= LEAD && a.iter().take(LEAD).eq(b.iter().take(LEAD));
    (close(a, b) || (lead && percent >= SPELLED_ALIKE)).then_some(percent.max(SPELLED_ALIKE))
}

/// Whether two texts differ by one character at most: another one, one more, or one less.
fn close(a: &[char], b: &[char]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let begin = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let end = short.iter().rev().zip(long.iter().rev()).take_while(|(a, b)| a == b).count();
    begin + end + 1 >= long.len()
}

fn digits(customer: &Customer) -> BTreeSet<String> {
    let digits = |phone: &str| {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        let bare = digits.strip_prefix("0086").or_else(|| {
            digits.strip_prefix("86").filter(|rest| rest.len() == 11 && rest.starts_with('1'))
        });
        bare.map(str::to_owned).unwrap_or(digits)
    };
    customer.phones().map(digits).filter(|digits| digits.len() >= WHOLE).collect()
}

fn accounts(customer: &Customer) -> BTreeSet<String> {
    customer.accounts().map(|account| account.trim().to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::{Contact, Master};

    fn customer(name: &str, company: &str, phone: &str) -> Customer {
        Customer {
            master: Master { name: name.into(), company: company.into(), ..Master::default() },
            contacts: vec![Contact { phone: phone.into(), ..Contact::default() }],
            ..Customer::default()
        }
    }

    #[test]
    fn records_are_alike_by_number_by_name_and_company_and_by_spelling() {
        let (one, other) = ("13812345678", "13900000000");
        let rows = [
            (("王明", "", one), ("王明", "", "+86 138-1234-5678"), Some(Why::Phone)),
            (("王明", "", one), ("李静", "", one), Some(Why::Phone)),
            (("王明", "", one), ("王明", "", other), None),
            (("王明", "", one), ("王鸣", "", other), None),
            (("王明", "宏远机械厂", one), ("王明", "宏远机械厂", other), Some(Why::Name)),
            (("王明", "宏远机械厂", one), ("王鸣", "宏远机械厂", other), Some(Why::Spelling)),
            (("王小明", "宏远机械厂", one), ("王明", "鸿远机械厂", other), Some(Why::Spelling)),
            (("王明", "宏远机械厂", one), ("李静", "宏远机械厂", other), None),
            (("宏远机械厂", "", one), ("宏远 机械厂", "", other), Some(Why::Name)),
            (("宏远机械厂", "", one), ("鸿远机械厂", "", other), Some(Why::Spelling)),
            (("宏远机械厂", "", one), ("宏远机械有限公司", "", other), Some(Why::Spelling)),
            (("宏远机械厂", "", one), ("陈工", "宏远机械厂", other), Some(Why::Name)),
            (("", "宏远机械有限公司", one), ("陈工", "宏远机械厂", other), Some(Why::Spelling)),
            (("Acme Machines", "", one), ("ACME Machine", "", other), Some(Why::Spelling)),
            (("Anna Li", "", one), ("Anne Li", "", other), None),
        ];
        for (a, b, expected) in rows {
            let (left, right) = (customer(a.0, a.1, a.2), customer(b.0, b.1, b.2));
            let found = alike(&left, &right);
            assert_eq!(found.map(|found| found.why), expected, "{a:?} {b:?} {found:?}");
            assert_eq!(alike(&right, &left), found, "{a:?} {b:?}");
            if found.is_some() {
                assert!(!alike_by(&left).is_disjoint(&alike_by(&right)), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn whoever_bears_another_name_is_less_likely_the_same() {
        let percent = |name: &str| {
            alike(&customer("王明", "", "13812345678"), &customer(name, "", "13812345678"))
                .unwrap()
                .percent
        };
        assert_eq!((percent("王明"), percent(""), percent("李静")), (99, 99, 80));
    }
}

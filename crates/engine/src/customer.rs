//! Customers: what is known of one, what it must be like, how two records become one and part again.
//!
//! No case belongs to a customer by a link: a case is his when it bears a number or an account by which he is reached. So two
//! records that become one have the cases of both, and records that part have their own again.

mod alike;
mod join;

pub use alike::{Alike, Why, alike, alike_by};
pub use join::{merge, part};

use crate::decide::is_phone;
use crate::key::Key;
use crate::refusal::Problem;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Characters of a name, a number or an account, at most.
pub const LONGEST_LINE: usize = 120;
/// Characters of a note, at most.
pub const LONGEST_NOTE: usize = 2_000;
/// Contacts, products and orders of one customer, at most of each.
pub const MOST: usize = 100;

/// A customer: a person, or an organisation with its people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// What is said of it once.
    pub master: Master,
    /// By whom and how it is reached, the usual way first.
    #[serde(default)]
    pub contacts: Vec<Contact>,
    /// What it has bought.
    #[serde(default)]
    pub products: Vec<Product>,
    /// Records that became part of this one, in order.
    #[serde(default)]
    pub merged: Vec<Merged>,
    /// The record that this one became part of.
    #[serde(default)]
    pub into: Option<Key>,
}

/// What is said of a customer once. Texts are personal data, and empty when nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Master {
    /// Name of the person or the organisation.
    #[serde(with = "sealed")]
    pub name: String,
    /// The organisation that a person belongs to.
    #[serde(with = "sealed")]
    pub company: String,
    /// Key of the level, as the procedures' levels have it.
    pub level: Option<Key>,
    /// What whoever talks to the customer should know.
    #[serde(with = "sealed")]
    pub note: String,
}

/// Somebody, or a way, by which a customer is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Unique among all contacts.
    pub id: String,
    /// Who it is; empty for the customer himself.
    #[serde(with = "sealed")]
    pub name: String,
    /// What he is there, such as a buyer.
    #[serde(with = "sealed")]
    pub role: String,
    /// Telephone number.
    #[serde(with = "sealed")]
    pub phone: String,
    /// E-mail address, messenger id.
    #[serde(with = "sealed")]
    pub account: String,
    /// The merged record that it came with, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Key>,
}

/// A product or an order of a customer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Unique among all products and orders.
    pub id: String,
    /// An order rather than a product.
    pub order: bool,
    /// Name, serial or order number.
    #[serde(with = "sealed")]
    pub text: String,
    /// The merged record that it came with, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Key>,
}

/// A record that became part of another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// Its key.
    pub id: Key,
    /// When, UTC.
    pub at: Timestamp,
    /// By whom.
    pub by: Key,
    /// What the other record said of itself before.
    pub before: Master,
    /// And after.
    pub after: Master,
}

/// What can be chosen when two records say different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trait {
    /// [`Master::name`].
    Name,
    /// [`Master::company`].
    Company,
    /// [`Master::level`].
    Level,
    /// [`Master::note`].
    Note,
}

impl Trait {
    /// All of them.
    pub const ALL: [Trait; 4] = [Trait::Name, Trait::Company, Trait::Level, Trait::Note];

    /// Stable id.
    pub fn key(self) -> &'static str {
        match self {
            Trait::Name => "name",
            Trait::Company => "company",
            Trait::Level => "level",
            Trait::Note => "note",
        }
    }
}

impl Master {
    /// What is said of one thing; empty when nothing is.
    pub fn get(&self, which: Trait) -> &str {
        match which {
            Trait::Name => &self.name,
            Trait::Company => &self.company,
            Trait::Level => self.level.as_deref().unwrap_or_default(),
            Trait::Note => &self.note,
        }
    }

    /// Says one thing.
    pub fn set(&mut self, which: Trait, text: &str) {
        match which {
            Trait::Name => text.clone_into(&mut self.name),
            Trait::Company => text.clone_into(&mut self.company),
            Trait::Level => self.level = Some(text).filter(|text| !text.is_empty()).map(Into::into),
            Trait::Note => text.clone_into(&mut self.note),
        }
    }
}

impl Customer {
    /// What is wrong with it, by the name of each part (`name`, `contacts.0.phone`, …); nothing when it can be kept.
    pub fn faults(&self) -> Vec<(String, Problem)> {
        let mut faults = Vec::new();
        let mut check = |name: String, text: &str, most: usize| {
            if text.chars().count() > most {
                let most = u32::try_from(most).unwrap_or(u32::MAX);
                faults.push((name, Problem::TooLong(most)));
            }
        };
        check("name".to_owned(), &self.master.name, LONGEST_LINE);
        check("company".to_owned(), &self.master.company, LONGEST_LINE);
        check("note".to_owned(), &self.master.note, LONGEST_NOTE);
        for (place, contact) in self.contacts.iter().enumerate() {
            for (part, text) in contact.parts() {
                check(format!("contacts.{place}.{part}"), text, LONGEST_LINE);
            }
        }
        for (place, product) in self.products.iter().enumerate() {
            check(format!("products.{place}.text"), &product.text, LONGEST_LINE);
        }
        if self.master.name.trim().is_empty() && self.master.company.trim().is_empty() {
            faults.push(("name".to_owned(), Problem::TooShort(1)));
        }
        for (place, contact) in self.contacts.iter().enumerate() {
            let phone = format!("contacts.{place}.phone");
            if !contact.phone.is_empty() && !is_phone(&contact.phone) {
                faults.push((phone, Problem::NotAPhone));
            } else if contact.phone.is_empty() && contact.account.is_empty() {
                faults.push((phone, Problem::TooShort(1)));
            }
        }
        for (name, count) in [("contacts", self.contacts.len()), ("products", self.products.len())]
        {
            if count > MOST {
                faults.push((name.to_owned(), Problem::BeyondLimit));
            }
        }
        faults
    }

    /// The contacts as people see them: one that says nothing beyond an earlier one is left out.
    pub fn shown_contacts(&self) -> Vec<&Contact> {
        let mut shown: Vec<&Contact> = Vec::new();
        for contact in &self.contacts {
            let says_all = |earlier: &&Contact| {
                contact
                    .parts()
                    .into_iter()
                    .zip(earlier.parts())
                    .all(|((_, this), (_, that))| this.is_empty() || this == that)
            };
            if !shown.iter().any(says_all) {
                shown.push(contact);
            }
        }
        shown
    }

    /// Numbers by which it is reached, those that are known in full.
    pub fn phones(&self) -> impl Iterator<Item = &str> {
        let phones = self.contacts.iter().map(|contact| contact.phone.as_str());
        phones.filter(|phone| !phone.is_empty() && !phone.contains('*'))
    }

    /// Accounts by which it is reached, those that are known in full.
    pub fn accounts(&self) -> impl Iterator<Item = &str> {
        let accounts = self.contacts.iter().map(|contact| contact.account.as_str());
        accounts.filter(|account| !account.is_empty() && !account.contains('*'))
    }
}

impl Contact {
    /// Its texts by name.
    pub fn parts(&self) -> [(&'static str, &str); 4] {
        [
            ("name", &self.name),
            ("role", &self.role),
            ("phone", &self.phone),
            ("account", &self.account),
        ]
    }
}

/// Texts that are written as personal data and read as texts; what was erased reads as nothing.
mod sealed {
    use crate::value::Private;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        Private::from(text).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
        Private::deserialize(from).map(|text| text.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_wrong_is_told_by_the_name_of_its_place() {
        let contact = |phone: &str, account: &str| Contact {
            phone: phone.into(),
            account: account.into(),
            ..Contact::default()
        };
        let customer = Customer {
            master: Master { note: "长".repeat(LONGEST_NOTE + 1), ..Master::default() },
            contacts: vec![contact("138 1234 5678", ""), contact("abc", ""), contact("", "")],
            ..Customer::default()
        };
        let faults = customer.faults();
        let names: Vec<&str> = faults.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["note", "name", "contacts.1.phone", "contacts.2.phone"]);
        let named = Customer {
            master: Master { company: "宏远机械厂".into(), ..Master::default() },
            contacts: vec![contact("", "chen@example.cn")],
            ..Customer::default()
        };
        assert_eq!(named.faults(), []);
    }

    #[test]
    fn every_text_is_written_as_personal_data() {
        let customer = Customer {
            master: Master {
                name: "王小明".into(),
                company: "宏远".into(),
                level: Some("vip".into()),
                note: "先打手机".into(),
            },
            contacts: vec![Contact {
                id: "1".into(),
                name: "李".into(),
                role: "采购".into(),
                phone: "13812345678".into(),
                account: "li@x.cn".into(),
                from: vec![],
            }],
            products: vec![Product { text: "D2026".into(), ..Product::default() }],
            ..Customer::default()
        };
        let json = serde_json::to_value(&customer).unwrap();
        fn bare(json: &serde_json::Value, found: &mut Vec<String>) {
            match json {
                serde_json::Value::Object(object) if object.contains_key("$p") => {}
                serde_json::Value::Object(object) => {
                    object.values().for_each(|one| bare(one, found))
                }
                serde_json::Value::Array(all) => all.iter().for_each(|one| bare(one, found)),
                serde_json::Value::String(text) => found.push(text.clone()),
                _ => {}
            }
        }
        let mut found = Vec::new();
        bare(&json, &mut found);
        assert_eq!(found, ["1", "vip", ""], "{json}");
        assert_eq!(serde_json::from_value::<Customer>(json).unwrap(), customer);
    }

    #[test]
    fn a_contact_that_says_nothing_new_is_not_shown_twice() {
        let contact = |name: &str, phone: &str| Contact {
            name: name.into(),
            phone: phone.into(),
            ..Contact::default()
        };
        let contacts = vec![contact("陈", "1"), contact("", "1"), contact("李", "1")];
        let customer = Customer { contacts, ..Customer::default() };
        let names: Vec<&str> =
            customer.shown_contacts().iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["陈", "李"]);
    }
}

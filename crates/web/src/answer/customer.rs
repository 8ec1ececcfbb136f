//! Customers as the API shows them: names, numbers and accounts masked.

use super::{Named, PersonAnswer};
use desk::{Desk, Kept, mask_account, mask_name, mask_phone, without_phones};
use engine::key::Key;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "C-0042", "version": 3, "name": "王**", "company": "宏远机械厂", "level": { "key": "vip", "title": { "zh": "VIP", "en": "VIP" } }, "note": "",
    "contacts": [{ "id": "0197…", "name": "", "role": "采购", "phone": "138****5678", "account": "wa***@example.cn" }],
    "products": [{ "id": "0198…", "kind": "order", "text": "D20261115-20418" }], "merged": [], "changed_at": "2026-11-16T01:00:00Z"
}))]
pub struct CustomerAnswer {
    /// Opaque id.
    pub id: String,
    /// Version.
    pub version: u64,
    /// Name, masked.
    pub name: String,
    /// The organisation that a person belongs to; empty when none is known.
    pub company: String,
    /// Level.
    pub level: Option<Named>,
    /// What whoever talks to the customer should know.
    pub note: String,
    /// How the customer is reached, the usual way first.
    pub contacts: Vec<CustomerContact>,
    /// What the customer has bought.
    pub products: Vec<CustomerProduct>,
    /// Records that became part of this one.
    pub merged: Vec<CustomerMerged>,
    /// The record that this one became part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// When it was last changed.
    pub changed_at: Timestamp,
}

/// Somebody, or a way, by which a customer is reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CustomerContact {
    /// Opaque id.
    pub id: String,
    /// Who it is, masked; empty for the customer himself.
    pub name: String,
    /// What he is there.
    pub role: String,
    /// Telephone number, masked.
    pub phone: String,
    /// E-mail address or messenger's id, masked.
    pub account: String,
}

/// A product or an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CustomerProduct {
    /// Opaque id.
    pub id: String,
    /// `product` or `order`.
    pub kind: String,
    /// Name, serial or order number.
    pub text: String,
}

/// A record that became part of a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CustomerMerged {
    /// Its id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: PersonAnswer,
}

impl CustomerAnswer {
    pub(crate) fn of(desk: &Desk, kept: &Kept) -> Self {
        let (customer, people) = (&kept.customer, desk.people());
        let levels = desk.customer_levels();
        let level = |key: &Key| {
            let known = levels.iter().find(|level| level.key == *key);
            Named::of(key, known.map(|level| &level.label))
        };
        let contacts = customer.contacts.iter().map(|one| CustomerContact {
            id: one.id.clone(),
            name: masked_name(&one.name),
            role: one.role.clone(),
            phone: mask_phone(&one.phone),
            account: mask_account(&one.account),
        });
        let products = customer.products.iter().map(|one| CustomerProduct {
            id: one.id.clone(),
            kind: if one.order { "order" } else { "product" }.to_owned(),
            text: one.text.clone(),
        });
        let merged = customer.merged.iter().map(|one| CustomerMerged {
            id: one.id.to_string(),
            at: one.at,
            by: PersonAnswer::of(&people, &one.by),
        });
        Self {
            id: kept.key.to_string(),
            version: kept.version,
            name: masked_name(&customer.master.name),
            company: customer.master.company.clone(),
            level: customer.master.level.as_ref().map(level),
            note: without_phones(&customer.master.note),
            contacts: contacts.collect(),
            products: products.collect(),
            merged: merged.collect(),
            merged_into: customer.into.as_ref().map(ToString::to_string),
            changed_at: kept.at,
        }
    }
}

/// A name with all but its first character hidden; nothing stays nothing.
pub(crate) fn masked_name(name: &str) -> String {
    if name.is_empty() { String::new() } else { mask_name(name) }
}

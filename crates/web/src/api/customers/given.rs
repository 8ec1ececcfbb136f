//! A customer as callers give it.

use engine::customer::{Contact, Customer, Master, Product};
use serde::Deserialize;
use utoipa::ToSchema;

/// A customer as it shall be. A masked text that comes back leaves what it hides as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "王小明", "company": "宏远机械厂", "level": null, "note": "",
    "contacts": [{ "name": "李静", "role": "采购", "phone": "021-00001234" }],
    "products": [{ "kind": "order", "text": "D20261115-20418" }]
}))]
pub(crate) struct Whole {
    /// Name; may be empty where there is a company.
    #[serde(default)]
    name: String,
    /// The organisation that a person belongs to.
    #[serde(default)]
    company: String,
    /// Key of the level, one of the procedures' levels.
    level: Option<String>,
    /// What whoever talks to the customer should know.
    #[serde(default)]
    note: String,
    /// How the customer is reached, the usual way first; at most 100.
    #[serde(default)]
    contacts: Vec<GivenContact>,
    /// What the customer has bought; at most 100.
    #[serde(default)]
    products: Vec<GivenProduct>,
}

/// What shall change of a customer; what is absent stays. An empty text empties.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "note": "先打手机" }))]
pub(crate) struct Parts {
    /// Name.
    name: Option<String>,
    /// The organisation that a person belongs to.
    company: Option<String>,
    /// Key of the level.
    level: Option<String>,
    /// What whoever talks to the customer should know.
    note: Option<String>,
    /// All ways to reach the customer.
    contacts: Option<Vec<GivenContact>>,
    /// All that the customer has bought.
    products: Option<Vec<GivenProduct>>,
}

/// A way to reach a customer: a number or an account at least.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "李静", "role": "采购", "phone": "021-00001234", "account": "" }))]
pub(crate) struct GivenContact {
    /// Id of the contact that it replaces; a new one without.
    #[serde(default)]
    id: String,
    /// Who it is; empty for the customer himself.
    #[serde(default)]
    name: String,
    /// What he is there.
    #[serde(default)]
    role: String,
    /// Telephone number.
    #[serde(default)]
    phone: String,
    /// E-mail address or messenger's id.
    #[serde(default)]
    account: String,
}

/// A product or an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenProduct {
    /// Id of the product or order that it replaces; a new one without.
    #[serde(default)]
    id: String,
    /// Which of the two.
    kind: Bought,
    /// Name, serial or order number.
    text: String,
}

/// What was bought.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bought {
    /// A product.
    Product,
    /// An order.
    Order,
}

impl From<GivenContact> for Contact {
    fn from(given: GivenContact) -> Self {
        let GivenContact { id, name, role, phone, account } = given;
        Self { id, name, role, phone, account, from: Vec::new() }
    }
}

impl From<GivenProduct> for Product {
    fn from(given: GivenProduct) -> Self {
        let order = given.kind == Bought::Order;
        Self { id: given.id, order, text: given.text, from: Vec::new() }
    }
}

impl From<Whole> for Customer {
    fn from(given: Whole) -> Self {
        let Whole { name, company, level, note, contacts, products } = given;
        let level = level.filter(|level| !level.is_empty()).map(Into::into);
        Self {
            master: Master { name, company, level, note },
            contacts: contacts.into_iter().map(Into::into).collect(),
            products: products.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

impl Parts {
    /// The customer with what is given in place of what was.
    pub(super) fn over(self, mut customer: Customer) -> Customer {
        let master = &mut customer.master;
        let texts = [
            (&mut master.name, self.name),
            (&mut master.company, self.company),
            (&mut master.note, self.note),
        ];
        for (slot, text) in texts {
            if let Some(text) = text {
                *slot = text;
            }
        }
        if let Some(level) = self.level {
            master.level = Some(level).filter(|level| !level.is_empty()).map(Into::into);
        }
        if let Some(contacts) = self.contacts {
            customer.contacts = contacts.into_iter().map(Into::into).collect();
        }
        if let Some(products) = self.products {
            customer.products = products.into_iter().map(Into::into).collect();
        }
        customer
    }
}

//! A new case for a known customer: the form shows him masked, as everywhere, and what is sent back as it was shown means what it hides.

use crate::answer::masked_name;
use crate::pages::form::Typed;
use crate::problem::Problem;
use desk::{Desk, mask_account, mask_phone};
use engine::customer::Customer;
use engine::procedure::{Means, Procedure};

/// The name under which a form sends whose case it is.
pub(super) const CUSTOMER: &str = "customer";

/// Shows of a text what everybody may see.
type Mask = fn(&str) -> String;

/// The controls that say who the customer is: name of the control, as it is shown, in full.
fn controls(rules: &Procedure, customer: &Customer) -> Vec<(String, String, String)> {
    let contacts = || customer.contacts.iter();
    let first = |text: fn(&engine::customer::Contact) -> &String| {
        contacts().map(text).find(|text| !text.is_empty()).cloned().unwrap_or_default()
    };
    let name = if customer.master.name.is_empty() {
        &customer.master.company
    } else {
        &customer.master.name
    };
    let masked: [(Means, String, Mask); 4] = [
        (Means::Customer, name.clone(), masked_name),
        (Means::Contact, first(|one| &one.name), masked_name),
        (Means::Phone, first(|one| &one.phone), mask_phone),
        (Means::Account, first(|one| &one.account), mask_account),
    ];
    let masked = masked.into_iter().filter(|(_, text, _)| !text.is_empty());
    let mut controls: Vec<_> = masked
        .filter_map(|(means, text, mask)| {
            let field = rules.field_meaning(means)?;
            Some((format!("f.{}", field.key), mask(&text), text))
        })
        .collect();
    let level = customer.master.level.as_ref().zip(rules.field_meaning(Means::Level));
    controls.extend(level.and_then(|(level, field)| {
        rules.axis_of(&field.key)?.value(level)?;
        Some((format!("f.{}", field.key), level.to_string(), level.to_string()))
    }));
    controls
}

/// What the form of a new case shows of a customer.
pub(super) fn proposed(desk: &Desk, rules: &Procedure, key: &str) -> Result<Typed, Problem> {
    let kept = desk.customer_now(key)?;
    let said = controls(rules, &kept.customer).into_iter();
    let said = said.map(|(name, shown, _)| (name, shown));
    Ok(Typed(said.chain([(CUSTOMER.to_owned(), kept.key.to_string())]).collect()))
}

/// What was typed, with what came back as it was shown in full.
pub(super) fn whole(desk: &Desk, rules: &Procedure, typed: &Typed) -> Result<Typed, Problem> {
    let mut typed = typed.clone();
    let Some(key) = typed.one(CUSTOMER).map(str::to_owned) else { return Ok(typed) };
    let controls = controls(rules, &desk.customer_now(&key)?.customer);
    for (name, text) in &mut typed.0 {
        let hidden = controls.iter().find(|(control, shown, _)| control == name && shown == text);
        if let Some((_, _, full)) = hidden {
            text.clone_from(full);
        }
    }
    Ok(typed)
}

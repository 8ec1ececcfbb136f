//! A new case for a known customer: the form shows him masked, as everywhere, and what is sent back as it was shown means what it hides.

use crate::answer::masked_name;
use crate::pages::form::Typed;
use crate::problem::Problem;
use desk::{Desk, mask_account, mask_phone};
use engine::customer::{Contact, Customer};
use engine::procedure::{FieldKind, Means, Procedure};
use store::phone_digits;

/// The name under which a form sends whose case it is.
pub(crate) const CUSTOMER: &str = "customer";

/// Shows of a text what everybody may see.
type Mask = fn(&str) -> String;

/// The controls that say who the customer is: name of the control, as it is shown, in full. Of several contacts the one who is reached
/// by the number speaks for him, else the first.
fn controls(rules: &Procedure, customer: &Customer, digits: &str) -> Vec<(String, String, String)> {
    let name = if customer.master.name.is_empty() {
        &customer.master.company
    } else {
        &customer.master.name
    };
    let calls = |one: &&Contact| !digits.is_empty() && phone_digits(&one.phone) == digits;
    let caller = customer.contacts.iter().find(calls);
    let first = |text: fn(&Contact) -> &String| {
        let mut all = caller.into_iter().chain(&customer.contacts).map(text);
        all.find(|text| !text.is_empty()).cloned().unwrap_or_default()
    };
    let contact = match caller {
        // A contact without a name is the customer himself.
        Some(one) if one.name.is_empty() => customer.master.name.clone(),
        _ => first(|one| &one.name),
    };
    let masked: [(Means, String, Mask); 4] = [
        (Means::Customer, name.clone(), masked_name),
        (Means::Contact, contact, masked_name),
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
    // Which of several it is about he has to say.
    if let [only] = customer.products.as_slice()
        && let Some(field) = rules.field_meaning(Means::Product)
        && matches!(field.kind, FieldKind::Text | FieldKind::Long | FieldKind::Ref)
    {
        controls.push((format!("f.{}", field.key), only.text.clone(), only.text.clone()));
    }
    controls
}

/// The digits of the number that was typed; none while it is masked.
fn digits(rules: &Procedure, typed: &Typed) -> String {
    let phone = rules.field_meaning(Means::Phone);
    let text = phone.and_then(|field| typed.one(&format!("f.{}", field.key)));
    text.filter(|text| !text.contains('*')).map(phone_digits).unwrap_or_default()
}

/// What the form can be filled in with once a customer is recognised by the number that was typed.
pub(super) fn recognised(
    rules: &Procedure,
    customer: &Customer,
    typed: &Typed,
) -> Vec<(String, String)> {
    let phone = rules.field_meaning(Means::Phone).map(|field| format!("f.{}", field.key));
    let all = controls(rules, customer, &digits(rules, typed)).into_iter();
    let other = all.filter(|(name, _, _)| Some(name) != phone.as_ref());
    other.map(|(name, shown, _)| (name, shown)).collect()
}

/// What the form of a new case shows of a customer.
pub(super) fn proposed(desk: &Desk, rules: &Procedure, key: &str) -> Result<Typed, Problem> {
    let kept = desk.customer_now(key)?;
    let said = controls(rules, &kept.customer, "").into_iter();
    let said = said.map(|(name, shown, _)| (name, shown));
    Ok(Typed(said.chain([(CUSTOMER.to_owned(), kept.key.to_string())]).collect()))
}

/// What was typed, with what came back as it was shown in full.
pub(super) fn whole(desk: &Desk, rules: &Procedure, typed: &Typed) -> Result<Typed, Problem> {
    let mut typed = typed.clone();
    let key = typed.one(CUSTOMER).filter(|key| !key.is_empty()).map(str::to_owned);
    let Some(key) = key else { return Ok(typed) };
    let controls = controls(rules, &desk.customer_now(&key)?.customer, &digits(rules, &typed));
    for (name, text) in &mut typed.0 {
        let hidden = controls.iter().find(|(control, shown, _)| control == name && shown == text);
        if let Some((_, _, full)) = hidden {
            text.clone_from(full);
        }
    }
    Ok(typed)
}

//! Two records become one, and part again as they were - save for what was changed since.

use super::{Contact, Customer, Master, Merged, Product, Trait};
use crate::key::Key;
use jiff::Timestamp;

/// Puts the record `other` into the record `main`: main gets all contacts, products and orders, and what it does not say itself or
/// what `take` names is taken from other. Returns both as they are afterwards; `None` when one of them is part of another already,
/// or both are the same.
pub fn merge(
    (main_key, main): (&Key, &Customer),
    (other_key, other): (&Key, &Customer),
    take: &[Trait],
    at: Timestamp,
    by: &Key,
) -> Option<(Customer, Customer)> {
    if main_key == other_key || main.into.is_some() || other.into.is_some() {
        return None;
    }
    let mut whole = main.clone();
    for which in Trait::ALL {
        let (own, theirs) = (main.master.get(which), other.master.get(which));
        if !theirs.is_empty() && (own.is_empty() || take.contains(&which)) {
            whole.master.set(which, theirs);
        }
    }
    whole.contacts.extend(
        other
            .contacts
            .iter()
            .map(|one| Contact { from: within(other_key, &one.from), ..one.clone() }),
    );
    whole.products.extend(
        other
            .products
            .iter()
            .map(|one| Product { from: within(other_key, &one.from), ..one.clone() }),
    );
    whole.merged.push(Merged {
        id: other_key.clone(),
        at,
        by: by.clone(),
        before: main.master.clone(),
        after: whole.master.clone(),
    });
    Some((whole, Customer { into: Some(main_key.clone()), ..other.clone() }))
}

fn within(record: &Key, from: &[Key]) -> Vec<Key> {
    std::iter::once(record).chain(from).cloned().collect()
}

/// Takes the record `other` out of the record `main`: what came with it goes back, as it is now; what main said before the two became
/// one it says again, unless that was changed since. Returns both; `None` when other is not part of main.
pub fn part(
    main: &Customer,
    (other_key, other): (&Key, &Customer),
) -> Option<(Customer, Customer)> {
    let place = main.merged.iter().position(|one| one.id == *other_key)?;
    let mut rest = main.clone();
    let gone = rest.merged.remove(place);
    for which in Trait::ALL {
        let (before, after) = (gone.before.get(which), gone.after.get(which));
        if before == after {
            continue;
        }
        // What came with it was carried along by those that followed, until one of them brought its own.
        let mut carried = true;
        for later in rest.merged.iter_mut().skip(place) {
            let own = later.before.get(which) != later.after.get(which);
            give_back(&mut later.before, which, before, after);
            carried = !own && carried;
            if !carried {
                break;
            }
            give_back(&mut later.after, which, before, after);
        }
        if carried {
            give_back(&mut rest.master, which, before, after);
        }
    }
    let mut apart = Customer { into: None, ..other.clone() };
    let is_theirs = |from: &[Key]| from.first() == Some(other_key);
    let (theirs, own) = rest.contacts.into_iter().partition(|one: &Contact| is_theirs(&one.from));
    rest.contacts = own;
    apart.contacts = theirs;
    let (theirs, own) = rest.products.into_iter().partition(|one: &Product| is_theirs(&one.from));
    rest.products = own;
    apart.products = theirs;
    apart.contacts.iter_mut().for_each(|one| drop(one.from.remove(0)));
    apart.products.iter_mut().for_each(|one| drop(one.from.remove(0)));
    Some((rest, apart))
}

fn give_back(master: &mut Master, which: Trait, before: &str, after: &str) {
    if master.get(which) == after {
        master.set(which, before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(name: &str, level: &str, phones: &[&str]) -> Customer {
        let contact = |phone: &&str| Contact {
            id: format!("{name} {phone}"),
            phone: (*phone).into(),
            ..Contact::default()
        };
        Customer {
            master: Master {
                name: name.into(),
                level: Some(level).filter(|level| !level.is_empty()).map(Into::into),
                ..Master::default()
            },
            contacts: phones.iter().map(contact).collect(),
            products: vec![Product {
                id: name.into(),
                order: true,
                text: format!("order of {name}"),
                from: vec![],
            }],
            ..Customer::default()
        }
    }

    fn joined(
        main: (&Key, &Customer),
        other: (&Key, &Customer),
        take: &[Trait],
    ) -> (Customer, Customer) {
        merge(main, other, take, Timestamp::UNIX_EPOCH, &"wang".into()).unwrap()
    }

    #[test]
    fn what_became_one_parts_as_it_was_in_whatever_order() {
        let keys: Vec<Key> = ["a", "b", "c", "d"].map(Key::from).into();
        let all = [
            customer("王明", "", &["1", "2"]),
            customer("王鸣", "vip", &["2"]),
            customer("王名", "normal", &["3"]),
            customer("", "", &[]),
        ];
        // D is part of B before B becomes part of A; then C follows, which brings its own name.
        for order in [["b", "c"], ["c", "b"]] {
            let (b, d) = joined((&keys[1], &all[1]), (&keys[3], &all[3]), &[]);
            let (a, b_in) = joined((&keys[0], &all[0]), (&keys[1], &b), &[Trait::Name]);
            let (a, c_in) = joined((&keys[0], &a), (&keys[2], &all[2]), &[Trait::Name]);
            assert_eq!((a.master.name.as_str(), a.master.level.as_deref()), ("王名", Some("vip")));
            assert_eq!((a.contacts.len(), a.products.len()), (4, 4));
            let mut rest = a;
            for key in order {
                let (stored, was) = if key == "b" { (&b_in, &b) } else { (&c_in, &all[2]) };
                let (next, apart) = part(&rest, (&key.into(), stored)).unwrap();
                assert_eq!(apart, *was, "{order:?}");
                rest = next;
            }
            assert_eq!(rest, all[0], "{order:?}");
            let (b, d) = part(&b, (&keys[3], &d)).unwrap();
            assert_eq!((b, d), (all[1].clone(), all[3].clone()));
        }
    }

    #[test]
    fn what_was_changed_since_stays_where_it_is() {
        let (a, b) = ("a".into(), "b".into());
        let (mut whole, inside) = joined(
            (&a, &customer("王明", "", &["1"])),
            (&b, &customer("王鸣", "vip", &["2"])),
            &[Trait::Name],
        );
        whole.master.name = "王铭".into();
        whole.contacts[1].phone = "22".into();
        let (rest, apart) = part(&whole, (&b, &inside)).unwrap();
        assert_eq!((rest.master.name.as_str(), rest.master.level.as_deref()), ("王铭", None));
        assert_eq!((apart.master.name.as_str(), apart.contacts[0].phone.as_str()), ("王鸣", "22"));
        assert_eq!(part(&rest, (&b, &inside)), None);
    }

    #[test]
    fn what_is_part_of_another_is_joined_no_further() {
        let (a, b, c) = ("a".into(), "b".into(), "c".into());
        let one = customer("王明", "", &["1"]);
        let (_, inside) = joined((&a, &one), (&b, &one), &[]);
        let by = "wang".into();
        for (main, other) in
            [((&c, &one), (&b, &inside)), ((&b, &inside), (&c, &one)), ((&c, &one), (&c, &one))]
        {
            assert_eq!(merge(main, other, &[], Timestamp::UNIX_EPOCH, &by), None);
        }
    }
}

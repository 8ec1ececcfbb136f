//! What differs between two versions of a procedure.

use super::Procedure;
use serde::Serialize;
use serde_json::{Map, Value};

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Where: `clocks.resolve.by[2].limit`. Items with keys go by them, others by their one-based place. A path that
    /// ends in `[]` stands for the order of its items.
    pub path: String,
    /// What the old version says; `None` when it has nothing there.
    pub old: Option<Value>,
    /// What the new version says; `None` when it has nothing there.
    pub new: Option<Value>,
}

/// Everything that differs between the compiled forms, section by section. Lines of the file do not count.
pub fn diff(old: &Procedure, new: &Procedure) -> Vec<Difference> {
    // Every procedure has a compiled form: all its maps have text keys.
    let tree = |procedure| serde_json::to_value(procedure).map(without_lines).unwrap_or_default();
    let mut found = Vec::new();
    compare(&mut found, String::new(), Some(&tree(old)), Some(&tree(new)));
    found
}

/// Absent, null and empty lists say the same: nothing.
fn compare(found: &mut Vec<Difference>, path: String, old: Option<&Value>, new: Option<&Value>) {
    match (said(old), said(new)) {
        (None, None) => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => objects(found, &path, old, new),
        (Some(Value::Array(old)), Some(Value::Array(new))) => arrays(found, &path, old, new),
        (old, new) if old == new => {}
        (old, new) => found.push(Difference { path, old: old.cloned(), new: new.cloned() }),
    }
}

fn said(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        _ => true,
    })
}

fn objects(
    found: &mut Vec<Difference>,
    path: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
) {
    for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
        compare(found, below(path, name), old.get(name), new.get(name));
    }
}

fn arrays(found: &mut Vec<Difference>, path: &str, old: &[Value], new: &[Value]) {
    let (Some(old_names), Some(new_names)) = (names(old), names(new)) else {
        return places(found, path, old, new);
    };
    let named = |names: &[&str], items: &[Value], name: &str| {
        names.iter().position(|one| *one == name).and_then(|at| items.get(at).cloned())
    };
    let added = new_names.iter().filter(|name| !old_names.contains(name));
    for name in old_names.iter().chain(added) {
        let (was, is) = (named(&old_names, old, name), named(&new_names, new, name));
        compare(found, below(path, name), was.as_ref(), is.as_ref());
    }
    let order = |names: &[&str], others: &[&str]| -> Vec<Value> {
        names.iter().filter(|name| others.contains(name)).map(|name| Value::from(*name)).collect()
    };
    let (was, is) = (order(&old_names, &new_names), order(&new_names, &old_names));
    if was != is {
        found.push(Difference {
            path: format!("{path}[]"),
            old: Some(was.into()),
            new: Some(is.into()),
        });
    }
}

/// The names of items that have them, each once: `key`, or `field` for the rows of a form.
fn names(items: &[Value]) -> Option<Vec<&str>> {
    fn name(item: &Value) -> Option<&str> {
        item.get("key").or_else(|| item.get("field"))?.as_str()
    }
    let names: Vec<&str> = items.iter().map(name).collect::<Option<_>>()?;
    let once = names
        .iter()
        .enumerate()
        .all(|(at, name)| !names.iter().take(at).any(|before| before == name));
    once.then_some(names)
}

/// Items without names: what is the same at both ends stays together, what is between is compared place by place.
fn places(found: &mut Vec<Difference>, path: &str, old: &[Value], new: &[Value]) {
    let same = |(a, b): &(&Value, &Value)| a == b;
    let shorter = old.len().min(new.len());
    let head =
        if old.len() == new.len() { 0 } else { old.iter().zip(new).take_while(same).count() };
    let tail = if old.len() == new.len() {
        0
    } else {
        old.iter().rev().zip(new.iter().rev()).take_while(same).count().min(shorter - head)
    };
    for at in head..(old.len().max(new.len()) - tail) {
        let was = old.get(at).filter(|_| at < old.len() - tail);
        let is = new.get(at).filter(|_| at < new.len() - tail);
        compare(found, format!("{path}[{}]", at + 1), was, is);
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn without_lines(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(without_lines).collect()),
        Value::Object(entries) => {
            let kept = entries.into_iter().map(|(name, value)| match (name.as_str(), value) {
                ("origin", Value::Object(mut origin)) => {
                    origin.remove("line");
                    (name, Value::Object(origin))
                }
                (_, value) => (name, without_lines(value)),
            });
            Value::Object(kept.collect())
        }
        other => other,
    }
}

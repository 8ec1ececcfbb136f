//! What roles are called. Every procedure has its own name for a role; who holds it holds it everywhere.

use super::words::Lang;
use engine::decide::Library;
use std::collections::BTreeSet;

/// All names of a role, the one that most procedures use first; of those that are used as often, the one of the first procedure.
pub(crate) fn names(library: &Library, lang: Lang, role: &str) -> Vec<String> {
    let mut names: Vec<(usize, String)> = Vec::new();
    for known in library.all().filter_map(|rules| rules.role(role)) {
        let name = lang.word(&known.label);
        match names.iter_mut().find(|(_, one)| one == name) {
            Some((times, _)) => *times += 1,
            None => names.push((1, name.to_owned())),
        }
    }
    names.sort_by_key(|(times, _)| std::cmp::Reverse(*times));
    names.into_iter().map(|(_, name)| name).collect()
}

/// What a role is called where nothing else is said of it.
pub(crate) fn name(library: &Library, lang: Lang, role: &str) -> Option<String> {
    names(library, lang, role).into_iter().next()
}

/// A role under all its names.
pub(crate) fn with_others(library: &Library, lang: Lang, role: &str) -> Option<String> {
    let mut names = names(library, lang, role).into_iter();
    let (first, others) = (names.next()?, names.collect::<Vec<_>>());
    if others.is_empty() {
        return Some(first);
    }
    Some(lang.fill("role.names", &[("name", &first), ("others", &lang.listed(&others))]))
}

/// The keys of all roles with all their names, in the order of the keys.
pub(crate) fn all(library: &Library, lang: Lang) -> Vec<(String, String)> {
    let keys: BTreeSet<&str> =
        library.all().flat_map(|rules| &rules.roles).map(|role| &*role.key).collect();
    keys.into_iter()
        .filter_map(|key| Some((key.to_owned(), with_others(library, lang, key)?)))
        .collect()
}

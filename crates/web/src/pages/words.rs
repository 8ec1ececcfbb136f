//! The words of the pages, in Chinese and English, from `locales/console.toml`.

use engine::procedure::Label;
use engine::show;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

#[derive(Deserialize)]
struct Text {
    zh: String,
    en: String,
}

static TEXTS: LazyLock<BTreeMap<String, Text>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of the program and read by a test")]
    toml::from_str(include_str!("../../../../locales/console.toml")).expect("locales/console.toml")
});

/// A language for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lang {
    pub(crate) english: bool,
}

impl Lang {
    /// A text. A key that is missing shows itself, and a test finds it.
    pub(crate) fn say(self, key: &str) -> &str {
        match TEXTS.get(key) {
            // The table lives as long as the program, so that this does not borrow the key.
            Some(text) if self.english => &text.en,
            Some(text) => &text.zh,
            None => key,
        }
    }

    /// A text with `{name}` filled in.
    pub(crate) fn fill(self, key: &str, values: &[(&str, &str)]) -> String {
        values.iter().fold(self.say(key).to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
    }

    /// A text with one number.
    pub(crate) fn count(self, key: &str, count: u64) -> String {
        self.fill(key, &[("count", &counted(count))])
    }

    /// A label of a procedure.
    pub(crate) fn word(self, label: &Label) -> &str {
        show::word(label, self.english)
    }

    /// For the attribute `lang`.
    pub(crate) fn code(self) -> &'static str {
        if self.english { "en" } else { "zh-CN" }
    }

    /// Names in a row.
    pub(crate) fn listed(self, names: &[String]) -> String {
        engine::show::listed(names, self.english)
    }
}

/// The texts that scripts say, by key.
pub(crate) fn for_scripts(lang: Lang) -> impl Iterator<Item = (&'static str, &'static str)> {
    TEXTS.iter().filter_map(move |(key, text)| {
        Some((key.strip_prefix("js.")?, if lang.english { &*text.en } else { &*text.zh }))
    })
}

/// A number that is counted only so far.
pub(crate) fn counted(count: u64) -> String {
    let most = u64::try_from(desk::COUNTED).unwrap_or(u64::MAX);
    if count >= most { format!("{most}+") } else { count.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Texts in quotes of all files of a folder, and of those below it.
    fn quoted(folder: &Path, extension: &str, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                quoted(&entry, extension, found);
            } else if entry.extension().is_some_and(|one| one == extension) {
                let text = std::fs::read_to_string(&entry).unwrap();
                found.extend(text.split('"').skip(1).step_by(1).map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_text_is_there_in_both_languages_and_used() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (mut rust, mut scripts) = (BTreeSet::new(), BTreeSet::new());
        quoted(&root.join("src/pages"), "rs", &mut rust);
        quoted(&root.join("assets"), "js", &mut scripts);
        for (key, text) in TEXTS.iter() {
            assert!(!text.zh.is_empty() && !text.en.is_empty(), "{key}");
            assert!(
                text.en.is_ascii()
                    || text.en.chars().all(|c| !('\u{2E80}'..'\u{FF00}').contains(&c)),
                "{key}: {}",
                text.en
            );
            let used = match key.strip_prefix("js.") {
                Some(word) => scripts.contains(word) || word == "live" || word == "lost",
                // Keys that are put together at run time name their beginning.
                None => {
                    let begins = rust.iter().filter_map(|one| one.split_once('{'));
                    let begun = |begin: &str| {
                        begin.len() > 3 && begin.ends_with('.') && key.starts_with(begin)
                    };
                    rust.contains(key) || begins.into_iter().any(|(begin, _)| begun(begin))
                }
            };
            assert!(used, "{key} is used nowhere");
        }
    }

    #[test]
    fn no_page_asks_for_a_text_that_is_not_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages");
        fn sources(folder: &Path, all: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    sources(&entry, all)
                } else {
                    all.push(std::fs::read_to_string(&entry).unwrap())
                }
            }
        }
        let mut all = Vec::new();
        sources(&root, &mut all);
        let mut asked = 0;
        for text in &all {
            for call in ["say(\"", "fill(\"", "count(\""] {
                for rest in text.split(call).skip(1) {
                    let key = rest.split('"').next().unwrap();
                    if key.contains('.') && !key.contains('{') {
                        asked += 1;
                        assert!(TEXTS.contains_key(key), "{key}");
                    }
                }
            }
        }
        assert!(asked > 100, "{asked}");
    }
}

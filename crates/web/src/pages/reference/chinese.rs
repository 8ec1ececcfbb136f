//! The document's own texts for people. They stand in English beside the code that they describe, so that no reader of either is misled;
//! `locales/api.zh.toml` puts each into Chinese.

use crate::pages::words::Lang;
use maud::{Markup, html};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static CHINESE: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of the program and read by a test")]
    toml::from_str(include_str!("../../../../../locales/api.zh.toml")).expect("locales/api.zh.toml")
});

/// A text of the document in a language. One that is missing stays English, and a test finds it.
pub(super) fn text(lang: Lang, english: &str) -> Cow<'_, str> {
    let known = (!lang.english).then(|| CHINESE.get(&plain(english))).flatten();
    known.map_or(Cow::Borrowed(english), |chinese| Cow::Borrowed(chinese.as_str()))
}

/// The same, with what stands in backticks set as code.
pub(super) fn prose(lang: Lang, english: &str) -> Markup {
    marked(&text(lang, english))
}

/// A text with what stands in backticks set as code.
pub(super) fn marked(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Without the breaks of its lines, as the locale spells it.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::document;
    use serde_json::Value as Json;
    use std::collections::BTreeSet;

    /// Every text of the document for people. Problems say theirs in both languages themselves.
    fn texts(json: &Json, found: &mut BTreeSet<String>) {
        match json {
            Json::Object(object) => {
                for (name, value) in object {
                    let problem = object.get("content").and_then(|content| {
                        content.get(crate::problem::MEDIA_TYPE)?.pointer("/example/type")
                    });
                    match value {
                        Json::String(text)
                            if matches!(name.as_str(), "summary" | "description") =>
                        {
                            if problem.is_none() {
                                found.insert(plain(text));
                            }
                        }
                        Json::Object(_)
                            if matches!(name.as_str(), "example" | "securitySchemes") => {}
                        other => texts(other, found),
                    }
                }
            }
            Json::Array(items) => items.iter().for_each(|item| texts(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_text_of_the_document_is_there_in_chinese_and_no_other() {
        let mut wanted = BTreeSet::new();
        texts(document(), &mut wanted);
        let known: BTreeSet<String> = CHINESE.keys().cloned().collect();
        let missing: Vec<&String> = wanted.difference(&known).collect();
        let unused: Vec<&String> = known.difference(&wanted).collect();
        assert!(missing.is_empty() && unused.is_empty(), "missing {missing:#?} unused {unused:#?}");
    }

    #[test]
    fn what_stands_in_backticks_is_code_in_both_languages_alike() {
        let code = |text: &str| -> BTreeSet<String> {
            text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        for (english, chinese) in CHINESE.iter() {
            assert_eq!(code(english), code(chinese), "{english}");
            assert!(!chinese.is_ascii() || *english == *chinese, "{english}");
        }
    }
}

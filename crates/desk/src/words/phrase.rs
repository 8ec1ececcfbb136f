//! What findings about a procedure say, in Chinese. The core tells its facts in English; `locales/findings.zh.toml` knows them with
//! `{names}` for what they are about, so that a rule of the core is written once, where it is checked.

use regex_lite::{Captures, Regex};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A way of saying something: what it is in English, and in Chinese.
struct Phrase {
    english: Regex,
    /// The names of parts that are phrases themselves.
    looked_up: Vec<String>,
    chinese: String,
}

static PHRASES: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of the program and read by a test")]
    let known: BTreeMap<String, String> =
        toml::from_str(include_str!("../../../../locales/findings.zh.toml"))
            .expect("locales/findings.zh.toml");
    let mut known: Vec<(String, String)> = known.into_iter().collect();
    // What says more is looked at first.
    known.sort_by_key(|(english, _)| std::cmp::Reverse(HOLE.replace_all(english, "").len()));
    known.into_iter().map(|(english, chinese)| Phrase::of(&english, chinese)).collect()
});

/// A place for what a phrase is about. Braces around anything but small letters belong to the text.
static HOLE: LazyLock<Regex> = LazyLock::new(|| regex(r"\{(=?)([a-z]+)\}"));

/// What is quoted, and two letters or more that are not.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| regex(r#"`[^`]*`|"[^"]*"|\{[^}]*\}"#));
static WORD: LazyLock<Regex> = LazyLock::new(|| regex("[A-Za-z]{2}"));

fn regex(pattern: &str) -> Regex {
    #[expect(
        clippy::expect_used,
        reason = "patterns are part of the program and compiled by a test"
    )]
    Regex::new(pattern).expect("a pattern")
}

/// A fact of a finding or violation in the language of the reader. What has no words in it is the same in both; what the table does
/// not know stays English.
pub fn fact(text: &str, english: bool) -> Cow<'_, str> {
    if english { text.into() } else { known_fact(text).unwrap_or(text.into()) }
}

/// A fact in Chinese; none where the table does not know it.
pub fn known_fact(text: &str) -> Option<Cow<'_, str>> {
    let said = PHRASES.iter().find_map(|phrase| phrase.said(text));
    let wordless = || !WORD.is_match(&QUOTED.replace_all(text, ""));
    said.map(Cow::from).or_else(|| wordless().then_some(text.into()))
}

impl Phrase {
    fn of(english: &str, chinese: String) -> Self {
        let (mut pattern, mut looked_up, mut end) = (String::from("^"), Vec::new(), 0);
        for hole in HOLE.captures_iter(english) {
            let (all, name) = (hole.get(0).map_or(0..0, |all| all.range()), &hole[2]);
            pattern += &regex_lite::escape(english.get(end..all.start).unwrap_or_default());
            pattern += &format!("(?<{name}>.+?)");
            if !hole[1].is_empty() {
                looked_up.push(name.to_owned());
            }
            end = all.end;
        }
        pattern += &regex_lite::escape(english.get(end..).unwrap_or_default());
        Self { english: regex(&(pattern + "$")), looked_up, chinese }
    }

    /// A text in Chinese, where it says this.
    fn said(&self, text: &str) -> Option<String> {
        let found = self.english.captures(text)?;
        let about = |name: &str| found.name(name).map_or("", |part| part.as_str());
        let known = |name: &String| known_fact(about(name)).is_some();
        let filled = |hole: &Captures<'_>| match self.looked_up.iter().any(|name| *name == hole[2])
        {
            true => fact(about(&hole[2]), false).into_owned(),
            false => about(&hole[2]).to_owned(),
        };
        let said = || HOLE.replace_all(&self.chinese, filled).into_owned();
        self.looked_up.iter().all(known).then(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_finding_says_is_told_in_the_words_of_the_reader_and_names_stay() {
        for (english, chinese) in [
            ("the key `numbering`", "键 `numbering`"),
            ("`numberings`; did you mean `numbering`?", "`numberings`；是不是想写 `numbering`？"),
            ("one of actions archive axes", "以下之一：actions archive axes"),
            ("a role key of its own", "不重复的角色的键"),
            ("an action of the procedure", "流程里的一个动作"),
            (
                "`x` lacks {CH}, as every channel counts by itself",
                "`x` 缺少 {CH}：每个渠道各自计数",
            ),
            (
                "can be done in no reachable state; it was refused for: guard `a`, `b`",
                "在任何走得到的状态都不能做；被拒绝，原因是：条件 `a`, `b`",
            ),
            (
                "no clock goes on until somebody acts: one tells nobody, two stands still",
                "没有时限会一直催到有人处理：one 不告知任何人，two 停着",
            ),
            ("`task`", "`task`"),
            ("5", "5"),
        ] {
            assert_eq!(fact(english, false), chinese);
            assert_eq!(fact(english, true), english);
        }
        assert_eq!(fact("a thing nobody has heard of", false), "a thing nobody has heard of");
        assert_eq!(known_fact("a thing nobody has heard of"), None);
    }

    #[test]
    fn every_phrase_is_told_with_the_same_names() {
        for phrase in PHRASES.iter() {
            let names = |text: &str| {
                let all = HOLE.captures_iter(text).map(|hole| hole[2].to_owned());
                all.collect::<std::collections::BTreeSet<String>>()
            };
            let asked: std::collections::BTreeSet<String> =
                phrase.english.capture_names().flatten().map(str::to_owned).collect();
            assert_eq!(asked, names(&phrase.chinese), "{}", phrase.chinese);
        }
    }
}

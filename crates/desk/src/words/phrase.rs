//! What findings about a procedure say, in Chinese. The core tells its facts in English; `locales/findings.zh.toml` knows them with
//! `{names}` for what they are about, so that a rule of the core is written once, where it is checked.

use regex_lite::Regex;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A way of saying something: what it is in English, and in Chinese.
struct Phrase {
    english: Regex,
    /// The names of parts that are looked up themselves.
    looked_up: Vec<String>,
    chinese: String,
}

/// What is known: whole facts, parts of them, steps of a way, and what the parser says of broken syntax.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known<P> {
    facts: P,
    parts: P,
    steps: P,
    syntax: P,
}

static PHRASES: LazyLock<Known<Vec<Phrase>>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of the program and read by a test")]
    let known: Known<BTreeMap<String, String>> =
        toml::from_str(include_str!("../../../../locales/findings.zh.toml"))
            .expect("locales/findings.zh.toml");
    let [facts, parts, steps, syntax] =
        [known.facts, known.parts, known.steps, known.syntax].map(of);
    Known { facts, parts, steps, syntax }
});

/// What says more is looked at first.
fn of(known: BTreeMap<String, String>) -> Vec<Phrase> {
    let mut known: Vec<(String, String)> = known.into_iter().collect();
    known.sort_by_key(|(english, _)| std::cmp::Reverse(HOLE.replace_all(english, "").len()));
    known.into_iter().map(|(english, chinese)| Phrase::of(&english, chinese)).collect()
}

/// A place for what a phrase is about. Braces around anything but small letters belong to the text.
static HOLE: LazyLock<Regex> = LazyLock::new(|| regex(r"\{(=?)([a-z]+)\}"));

/// What is quoted, and two letters or more that are not.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| regex(r#"(?s)`[^`]*`|"[^"]*"|\{[^}]*\}"#));
static WORD: LazyLock<Regex> = LazyLock::new(|| regex("[A-Za-z]{2}"));

/// What may stand in a place, by its name; anywhere else a word of the file.
const ABOUT: [(&str, &[&str]); 2] = [
    (
        r"[0-9.:]+",
        &["begin", "end", "hours", "least", "line", "most", "number", "serials", "states", "years"],
    ),
    (
        r".+?",
        &[
            "by", "case", "facts", "fields", "lengths", "limits", "purposes", "to", "values",
            "verbs", "words",
        ],
    ),
];

fn regex(pattern: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the program's own patterns, compiled by a test")]
    Regex::new(pattern).expect("a pattern")
}

/// A fact of a finding or violation in the language of the reader. What has no words in it is the same in both; what the table does
/// not know stays English.
pub fn fact(text: &str, english: bool) -> Cow<'_, str> {
    if english { text.into() } else { known_fact(text).unwrap_or(text.into()) }
}

/// A fact in Chinese; none where the table does not know it.
pub fn known_fact(text: &str) -> Option<Cow<'_, str>> {
    if !WORD.is_match(&QUOTED.replace_all(text, "")) {
        return Some(text.into());
    }
    PHRASES.facts.iter().find_map(|phrase| phrase.said(text, known_part)).map(Cow::from)
}

/// A part of a fact. Things are parts only: keys of the file may be called like them.
fn known_part(text: &str) -> Option<String> {
    let part = || PHRASES.parts.iter().find_map(|phrase| phrase.said(text, known_part));
    known_fact(text).map(Cow::into_owned).or_else(part)
}

/// A step of the way that a case takes to a violation, in the language of the reader: actions keep their keys.
pub fn step(text: &str, english: bool) -> Cow<'_, str> {
    let known = |part: &str| Some(step(part, false).into_owned());
    let said = || PHRASES.steps.iter().find_map(|phrase| phrase.said(text, known));
    if english { text.into() } else { said().map_or(text.into(), Cow::from) }
}

/// What the parser says of a text that is not TOML, in the language of the reader. What the table does not know stays English.
pub(super) fn syntax(text: &str, english: bool) -> Cow<'_, str> {
    if english { text.into() } else { known_syntax(text).map_or(text.into(), Cow::from) }
}

fn known_syntax(text: &str) -> Option<String> {
    let (wrong, expected) = match text.split_once(", expected ") {
        Some((wrong, expected)) => (wrong, Some(expected)),
        None => (text, None),
    };
    let wrong = known_word(wrong)?;
    let Some(expected) = expected else { return Some(wrong) };
    let expected: Option<Vec<String>> = listed(expected).map(known_word).collect();
    Some(format!("{wrong}，应为 {}", expected?.join("、")))
}

/// What the parser lists; a comma that it quotes ends nothing.
fn listed(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let ends = move |c| {
        quoted ^= c == '`';
        c == ',' && !quoted
    };
    text.split(ends).map(str::trim)
}

/// A word of the parser; what is only quoted is the same in every language.
fn known_word(text: &str) -> Option<String> {
    let said = || PHRASES.syntax.iter().find_map(|phrase| phrase.said(text, known_word));
    if QUOTED.replace_all(text, "").is_empty() { Some(text.to_owned()) } else { said() }
}

impl Phrase {
    fn of(english: &str, chinese: String) -> Self {
        let (mut pattern, mut looked_up, mut end) = (String::from("(?s)^"), Vec::new(), 0);
        for hole in HOLE.captures_iter(english) {
            let (all, name) = (hole.get(0).map_or(0..0, |all| all.range()), &hole[2]);
            let before = english.get(end..all.start).unwrap_or_default();
            let is_looked_up = !hole[1].is_empty();
            let named = ABOUT.iter().find(|(_, names)| names.contains(&name));
            let about = match named {
                _ if is_looked_up => ".+?",
                Some((about, _)) => about,
                None if before.ends_with('`') => "[^`]+",
                None => r"[^`\s,;(]+",
            };
            pattern += &format!("{}(?<{name}>{about})", regex_lite::escape(before));
            if is_looked_up {
                looked_up.push(name.to_owned());
            }
            end = all.end;
        }
        pattern += &regex_lite::escape(english.get(end..).unwrap_or_default());
        Self { english: regex(&(pattern + "$")), looked_up, chinese }
    }

    /// A text in Chinese, where it says this and its parts are known.
    fn said(&self, text: &str, known: impl Fn(&str) -> Option<String>) -> Option<String> {
        let found = self.english.captures(text)?;
        let mut said = self.chinese.clone();
        for name in self.english.capture_names().flatten() {
            let about = found.name(name).map_or("", |part| part.as_str());
            let looked_up = self.looked_up.iter().any(|one| one == name);
            let told = if looked_up { known(about)? } else { about.to_owned() };
            said = said.replace(&format!("{{{name}}}"), &told);
        }
        Some(said)
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
            ("a role key of its own", "不与别处相同的角色的键"),
            ("an action of the procedure", "流程里的一个操作"),
            (
                "`x` lacks {CH}, as every channel counts by itself",
                "`x` 缺少 {CH}：每个渠道各自计数",
            ),
            (
                "can be done in no reachable state; it was refused for: guard `甲` (`a`), guard `乙` (`b`)",
                "在任何走得到的状态都不能做；被拒绝，原因是：前提 `甲`，前提 `乙`",
            ),
            (
                "can be done in no reachable state; it was refused for: invalid: `a` is too short, `b` is masked",
                "在任何走得到的状态都不能做；被拒绝，原因是：内容有误：`a` 太短，`b` 被星号遮住",
            ),
            (
                "can be done in no reachable state; it was refused for: need_cases",
                "在任何走得到的状态都不能做；被拒绝，原因是：缺少相关工单",
            ),
            (
                "no clock goes on until somebody acts: one stands still, two ends after its last step",
                "没有时限会一直催到有人处理：one 停止计时，two 走完最后一步就结束",
            ),
            ("empty, as `x` is of type time", "empty，因为 `x` 的类型是 time"),
            // Words of the file are nobody's phrases.
            ("\"Hand over to team\"", "\"Hand over to team\""),
            ("`set:note=go to x`", "`set:note=go to x`"),
            (
                "no clock goes on until somebody acts: one tells nobody, two stands still",
                "没有时限会一直催到有人处理：one 不告知任何人，two 停止计时",
            ),
            ("`task`", "`task`"),
            ("5", "5"),
        ] {
            assert_eq!(fact(english, false), chinese);
            assert_eq!(fact(english, true), english);
        }
        assert_eq!(fact("a thing nobody has heard of", false), "a thing nobody has heard of");
        assert_eq!(known_fact("a thing nobody has heard of"), None);
        assert_eq!(known_fact("transfer"), None);
    }

    #[test]
    fn a_step_is_told_in_the_words_of_the_reader_and_actions_keep_their_keys() {
        for (english, chinese) in [
            ("time: resolve step 1 after 24 h", "时间：resolve 超时后第 1 步（24 小时后）"),
            ("register by the customer", "register，由客户"),
            ("decide(approved) by agent.1", "decide（同意），由 agent.1"),
            ("transfer", "transfer"),
            ("nightly", "每日归档"),
        ] {
            assert_eq!(step(english, false), chinese);
            assert_eq!(step(english, true), english);
        }
    }

    #[test]
    fn what_the_parser_says_of_broken_syntax_is_told_in_the_words_of_the_reader() {
        let mut untold = Vec::new();
        for broken in BROKEN {
            let (_, errors) = toml::de::DeTable::parse_recoverable(broken);
            assert!(!errors.is_empty(), "{broken}");
            let all = errors.iter().map(|error| error.message().to_owned());
            // What is there twice is a finding of its own.
            let told = |text: &String| known_syntax(text).is_some() || text == "duplicate key";
            untold.extend(all.filter(|text| !told(text)));
        }
        assert_eq!(untold, Vec::<String>::new());
        for (english, chinese) in [
            (
                "missing comma between array elements, expected `,`",
                "数组的两项之间缺少逗号，应为 `,`",
            ),
            ("unexpected key or value, expected newline, `#`", "这里不应有键或值，应为 换行、`#`"),
        ] {
            assert_eq!(syntax(english, false), chinese);
            assert_eq!(syntax(english, true), english);
        }
        assert_eq!(syntax("a thing nobody has heard of", false), "a thing nobody has heard of");
    }

    /// What people get wrong in a file, one thing each.
    const BROKEN: [&str; 48] = [
        "a",
        "a =",
        "= 1",
        "a == 1",
        "a 1",
        "a = b",
        "a = \"b",
        "a = 'b",
        "a = \"\"\"b",
        "a = '''b",
        "a = [1",
        "a = [1 2]",
        "a = [1,,2]",
        "a = [,]",
        "a = [b = 1]",
        "a = { b = 1",
        "a = { b = 1 c = 2 }",
        "a = { , }",
        "a = { b }",
        "a = { b = }",
        "a = { = 1 }",
        "[a",
        "[[a]",
        "[a]] b",
        "[a] b",
        "[]",
        "a = 1 b = 2",
        "a = 01",
        "a = +-1",
        "a = 1__0",
        "a = 0X1",
        "a = -0x1",
        "a = 1.",
        "a = 1e",
        "a = 2026-13-01",
        "a = 2026-12-01T25:00:00",
        "a = 25:00:00",
        "a = 2026-12-01T10:00:00+25:00",
        "a = 2026-12-01T10:00:00+08:75",
        "a = 2026-12-01T10:00:00+08",
        "a = 2026-12-01T10:00:00x",
        "a = \"\\q\"",
        "a = \"\\u12\"",
        "a = tru",
        "a\rb = 1",
        "键 = 1",
        "a = 1\na.b = 2",
        "a = [1]\na.b = 2",
    ];

    #[test]
    fn every_phrase_is_told_with_the_same_names() {
        let Known { facts, parts, steps, syntax } = &*PHRASES;
        for phrase in facts.iter().chain(parts).chain(steps).chain(syntax) {
            let names = |text: &str| {
                let all = HOLE.captures_iter(text).map(|hole| hole[2].to_owned());
                all.collect::<std::collections::BTreeSet<String>>()
            };
            // What a file says in English beside its Chinese is told to those alone who read English.
            let asked = phrase.english.capture_names().flatten().filter(|name| *name != "en");
            let asked: std::collections::BTreeSet<String> = asked.map(str::to_owned).collect();
            assert_eq!(asked, names(&phrase.chinese), "{}", phrase.chinese);
        }
    }
}

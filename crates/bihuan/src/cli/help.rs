//! Help in Chinese: the texts of `locales/cli.zh.toml`, by the path of the command and the id of the argument; the words that
//! the parser itself adds (`word …`), and what it says about a line that it cannot read (`error …`).

use clap::builder::PossibleValue;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Arg, Command};
use std::collections::BTreeMap;
use std::error::Error as _;
use std::io::{IsTerminal, Write, stderr, stdout};

/// Whether people want English: `--lang`, else `BIHUAN_LANG`, else the system's locale.
pub(crate) fn english() -> bool {
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        if arg == "--lang" {
            return args.next().as_deref() == Some("en");
        }
        if let Some(lang) = arg.strip_prefix("--lang=") {
            return lang == "en";
        }
    }
    let from_env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match from_env("BIHUAN_LANG").or_else(|| from_env("LC_ALL")).or_else(|| from_env("LANG")) {
        Some(lang) => lang.starts_with("en"),
        None => false,
    }
}

/// The command with its help in the language wanted. A text that is not translated stays English; a test finds it.
pub(crate) fn localised(command: Command, english: bool) -> Command {
    if english {
        return command;
    }
    translate(command, "bihuan", &texts())
}

fn texts() -> BTreeMap<String, String> {
    // The file is part of the program; a test reads it.
    toml::from_str(include_str!("../../../../locales/cli.zh.toml")).unwrap_or_default()
}

/// Says help, the version, or what is wrong with a line, in the language wanted.
pub(crate) fn say(error: &Error, english: bool) {
    // Printing cannot fail in a way worth reporting.
    let _ = match (english, error.use_stderr()) {
        (true, _) => error.print(),
        (false, true) => write!(stderr(), "{}", chinese(error, stderr().is_terminal())),
        (false, false) => write!(stdout(), "{}", chinese(error, stdout().is_terminal())),
    };
}

fn chinese(error: &Error, coloured: bool) -> String {
    let texts = texts();
    if let Some(wrong) = wrong(error, &texts) {
        return wrong;
    }
    let text = error.render();
    let text = if coloured { text.ansi().to_string() } else { text.to_string() };
    in_words(text, &texts)
}

/// The parser's own words, the longest first, because some are parts of others.
fn in_words(text: String, texts: &BTreeMap<String, String>) -> String {
    let mut words: Vec<(&str, &String)> =
        texts.iter().filter_map(|(key, word)| Some((key.strip_prefix("word ")?, word))).collect();
    words.sort_by_key(|(own, _)| std::cmp::Reverse(own.chars().count()));
    words.into_iter().fold(text, |text, (own, word)| text.replace(own, word))
}

/// What is wrong with a line, and what to do. `None` where the parser did not refuse it.
fn wrong(error: &Error, texts: &BTreeMap<String, String>) -> Option<String> {
    let of = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(all)) => all.join("、"),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        _ => String::new(),
    };
    let (arg, value) = (of(ContextKind::InvalidArg), of(ContextKind::InvalidValue));
    let key = match error.kind() {
        ErrorKind::UnknownArgument => "unknown",
        ErrorKind::InvalidSubcommand => "subcommand",
        ErrorKind::MissingRequiredArgument => "missing",
        ErrorKind::MissingSubcommand => "no_subcommand",
        ErrorKind::InvalidValue if value.is_empty() => "no_value",
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => "value",
        ErrorKind::NoEquals => "equals",
        ErrorKind::TooManyValues => "too_many",
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => "too_few",
        ErrorKind::ArgumentConflict => "conflict",
        ErrorKind::InvalidUtf8 => "encoding",
        _ => return None,
    };
    let because = error.source().map(|source| format!("（{source}）")).unwrap_or_default();
    let subcommand = of(ContextKind::InvalidSubcommand);
    let prior = of(ContextKind::PriorArg);
    let fill = |key: &str, values: &[(&str, &str)]| {
        let text = texts.get(&format!("error {key}")).cloned().unwrap_or_default();
        values.iter().fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    };
    let mut lines = vec![fill(
        key,
        &[
            ("arg", &arg),
            ("value", &value),
            ("because", &because),
            ("command", &subcommand),
            ("prior", &prior),
        ],
    )];
    for (key, kind) in [
        ("valid", ContextKind::ValidValue),
        ("valid", ContextKind::ValidSubcommand),
        ("perhaps", ContextKind::SuggestedValue),
        ("perhaps", ContextKind::SuggestedArg),
        ("perhaps", ContextKind::SuggestedSubcommand),
    ] {
        let known = of(kind);
        if !known.is_empty() {
            lines.push(format!("  {}", fill(key, &[("values", &known)])));
        }
    }
    let usage = in_words(of(ContextKind::Usage), texts);
    lines.push(usage.trim_end().to_owned());
    lines.push(fill("help", &[]));
    lines.retain(|line| !line.trim().is_empty());
    Some(format!("{}\n", lines.join("\n")))
}

fn translate(command: Command, path: &str, texts: &BTreeMap<String, String>) -> Command {
    let text = |key: &str| texts.get(key).cloned();
    let mut command = match text(path) {
        Some(about) => command.about(about),
        None => command,
    };
    let args: Vec<String> = command.get_arguments().map(|arg| arg.get_id().to_string()).collect();
    for id in args {
        let own = text(&format!("* {id}")).or_else(|| text(&format!("{path} {id}")));
        if let Some(help) = own {
            command =
                command.mut_arg(&id, |arg| explained(arg, help, &format!("{path} {id}"), texts));
        }
    }
    let names: Vec<String> =
        command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        let below = format!("{path} {name}");
        command = command.mut_subcommand(name, |sub| translate(sub, &below, texts));
    }
    command
}

/// An argument with its help, and what each of its values means. The parser lists them in the words of the code, so this does
/// it in its place.
fn explained(arg: Arg, help: String, path: &str, texts: &BTreeMap<String, String>) -> Arg {
    let values = with_help(&arg);
    if values.is_empty() {
        return arg.help(help);
    }
    let names: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
    let line = |value: &PossibleValue| {
        let name = value.get_name();
        let own = value.get_help().map(ToString::to_string);
        let means = texts.get(&format!("{path} {name}")).cloned().or(own).unwrap_or_default();
        format!("\n- {name}: {means}")
    };
    // The words of the parser, which are translated with all others.
    let short = format!("{help} [possible values: {}]", names.join(", "));
    let lines: String = values.iter().map(line).collect();
    let long = format!("{help}\n\nPossible values:{lines}");
    arg.help(short).long_help(long).hide_possible_values(true)
}

/// The values that an argument takes, if any of them is explained.
fn with_help(arg: &Arg) -> Vec<PossibleValue> {
    let values = arg.get_possible_values();
    if values.iter().any(|value| value.get_help().is_some()) { values } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn missing(
        command: &Command,
        path: &str,
        texts: &BTreeMap<String, String>,
        found: &mut Vec<String>,
    ) {
        if !texts.contains_key(path) {
            found.push(path.to_owned());
        }
        for arg in command.get_arguments() {
            let id = arg.get_id();
            if !texts.contains_key(&format!("{path} {id}"))
                && !texts.contains_key(&format!("* {id}"))
            {
                found.push(format!("{path} {id}"));
            }
            for value in with_help(arg) {
                let key = format!("{path} {id} {}", value.get_name());
                if !texts.contains_key(&key) {
                    found.push(key);
                }
            }
        }
        for sub in command.get_subcommands() {
            missing(sub, &format!("{path} {}", sub.get_name()), texts, found);
        }
    }

    fn said(line: &[&str]) -> String {
        let command = localised(crate::cli::Cli::command(), false);
        chinese(&command.try_get_matches_from(line).unwrap_err(), false)
    }

    #[test]
    fn no_word_of_the_parser_stays_english() {
        let mut pages = vec![vec!["bihuan", "help"]];
        let command = crate::cli::Cli::command();
        for sub in command.get_subcommands() {
            pages.push(vec!["bihuan", sub.get_name(), "--help"]);
            pages.extend(
                sub.get_subcommands()
                    .map(|below| vec!["bihuan", sub.get_name(), below.get_name(), "--help"]),
            );
        }
        assert!(pages.len() > 20);
        let english = [
            "Usage",
            "Options",
            "OPTIONS",
            "Commands",
            "Arguments",
            "COMMAND",
            "default",
            "possible",
            "env:",
            "Print",
            "message",
        ];
        for page in pages {
            let text = said(&page);
            assert!(text.contains("用法：bihuan") && text.contains("选项："), "{text}");
            for word in english {
                assert!(!text.contains(word), "{word} in {text}");
            }
        }
    }

    #[test]
    fn values_are_explained_in_chinese_by_their_names() {
        for flag in ["-h", "--help"] {
            let text = said(&["bihuan", "bench", flag]);
            assert!(text.contains("search") && !text.contains("Find a word"), "{text}");
        }
        let text = said(&["bihuan", "bench", "--help"]);
        assert!(text.contains("- search: 在全部工单中查找"), "{text}");
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said_in_chinese_with_what_would_be_right() {
        for (line, expected) in [
            (vec!["bihuan", "case", "list", "--limt", "3"], vec!["--limt", "无法识别", "--limit"]),
            (vec!["bihuan", "case", "lst"], vec!["没有命令“lst”", "list"]),
            (vec!["bihuan", "case", "show"], vec!["缺少参数", "<NUMBER>"]),
            (vec!["bihuan", "case", "list", "--limit"], vec!["--limit <LIMIT>", "需要一个值"]),
            (vec!["bihuan", "--lang", "fr", "doctor"], vec!["“fr”", "可选值：zh、en"]),
            (vec!["bihuan", "case", "list", "--limit", "x"], vec!["“x”", "无效"]),
            (vec!["bihuan", "doctor", "more"], vec!["more", "无法识别"]),
        ] {
            let text = said(&line);
            for part in expected {
                assert!(text.contains(part), "{part} in {text}");
            }
            assert!(
                text.contains("--help") && !text.contains("error") && !text.contains("Usage"),
                "{text}"
            );
        }
    }

    #[test]
    fn every_command_and_argument_has_chinese_help() {
        let texts = toml::from_str(include_str!("../../../../locales/cli.zh.toml")).unwrap();
        let mut found = Vec::new();
        missing(&crate::cli::Cli::command(), "bihuan", &texts, &mut found);
        assert!(found.is_empty(), "not translated: {found:#?}");
    }
}

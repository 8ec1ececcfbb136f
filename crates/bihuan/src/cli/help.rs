//! Help in Chinese: the texts of `locales/cli.zh.toml`, by the path of the command and the id of the argument.

use clap::Command;
use std::collections::BTreeMap;

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
    // The file is part of the program; a test reads it.
    let texts: BTreeMap<String, String> =
        toml::from_str(include_str!("../../../../locales/cli.zh.toml")).unwrap_or_default();
    translate(command, "bihuan", &texts)
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
            command = command.mut_arg(id, |arg| arg.help(help));
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
        }
        for sub in command.get_subcommands() {
            missing(sub, &format!("{path} {}", sub.get_name()), texts, found);
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

//! Trying an operation out: the form that its call is made of, and the same call as a command. The form works with a script alone, and does
//! not show without; the command can always be read and copied.

use super::chinese::marked;
use super::example;
use super::read::{Content, Operation, Parameter};
use crate::pages::framed::Frame;
use crate::pages::icon::icon;
use crate::pages::once;
use crate::pages::words::Lang;
use maud::{Markup, html};
use serde_json::Value as Json;

/// Stands in commands where the secret of an API key goes.
const KEY: &str = "Authorization: Bearer $KEY";

/// The first call that somebody makes.
pub(super) fn first(origin: &str) -> String {
    Operation::named("me").map_or_else(String::new, |me| call(origin, &me))
}

/// A call as a command for a shell: with its parts in braces, what must be there, and the example of its body.
pub(super) fn call(origin: &str, operation: &Operation) -> String {
    let mut words = vec![match operation.writes() {
        true => format!("curl -i -X {}", operation.method.to_uppercase()),
        false => "curl -i".to_owned(),
    }];
    words.push(quoted(&format!("{origin}{}", operation.path)));
    if operation.scope().is_some() {
        words.push(format!("-H \"{KEY}\""));
    }
    match operation.body() {
        Some(body) if body.media == "application/json" => {
            words.push(format!("-H {}", quoted("Content-Type: application/json")));
            let example = example::of(&body).unwrap_or_default();
            words.push(format!("-d {}", quoted(&example::spelled(&example))));
        }
        Some(_) => words.push("-F file=@FILE".to_owned()),
        None => {}
    }
    words.join(" \\\n  ")
}

/// A text that a shell takes as it is.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A command to read and to copy.
pub(super) fn command(lang: Lang, command: &str) -> Markup {
    html! {
        div.command {
            pre tabindex="0" role="group" aria-label=(lang.say("reference.command")) data-command-line data-copied { (command) }
            (once::button(lang))
        }
    }
}

/// The card beside an operation.
pub(super) fn card(frame: &Frame, operation: &Operation, origin: &str) -> Markup {
    let lang = frame.lang;
    html! {
        section.card.attempt aria-labelledby="attempt" {
            header { h2 #attempt { (lang.say("reference.try")) } }
            div.body {
                noscript { p.quiet { (lang.say("reference.no_scripts")) } }
                (form(frame, operation))
                (answer(lang))
                h3 { (lang.say("reference.command")) }
                (command(lang, &call(origin, operation)))
                @if operation.scope().is_some() { p.quiet { (marked(lang.say("reference.command.key"))) } }
            }
        }
    }
}

fn form(frame: &Frame, operation: &Operation) -> Markup {
    let (lang, parameters) = (frame.lang, operation.parameters());
    html! {
        form.call hidden data-call data-method=(operation.method) data-path=(operation.path)
            data-key[operation.scope().is_some()] data-asks[operation.writes()] {
            p.quiet { (lang.fill("reference.as", &[("name", &frame.name)])) }
            @for parameter in &parameters { (field(lang, parameter)) }
            (accept(lang, operation))
            @if let Some(body) = operation.body() { (body_field(lang, operation, &body)) }
            div.actions {
                button.main type="submit" data-send { (lang.say(if operation.writes() { "reference.send.ask" } else { "reference.send" })) }
                button type="button" hidden data-stop { (lang.say("reference.stop")) }
            }
            @if operation.writes() {
                div.notice.near hidden tabindex="-1" role="group" aria-labelledby="really" data-really {
                    (icon("warn"))
                    div {
                        p #really { (lang.fill("reference.really", &[("name", &frame.name)])) }
                        p { code data-line {} }
                        div.actions {
                            button.main type="submit" value="yes" { (lang.say("reference.send.yes")) }
                            button type="button" data-no { (lang.say("reference.send.no")) }
                        }
                    }
                }
            }
        }
    }
}

fn field(lang: Lang, parameter: &Parameter) -> Markup {
    let id = format!("{}-{}", parameter.place, parameter.name.to_lowercase());
    let values = parameter.shape.values();
    let kind = parameter.shape.kind();
    let values = if kind == "boolean" { vec!["true", "false"] } else { values };
    html! {
        div.field {
            label for=(id) {
                code { (parameter.name) }
                " " (lang.say(&format!("reference.place.{}", parameter.place)))
                @if parameter.required { span.must { " *" span.unseen { (lang.say("reference.required")) } } }
            }
            @if values.is_empty() {
                input id=(id) name=(parameter.name) data-in=(parameter.place) required[parameter.required] autocomplete="off" spellcheck="false"
                    inputmode=[(kind == "integer").then_some("numeric")];
            } @else {
                select id=(id) name=(parameter.name) data-in=(parameter.place) required[parameter.required] {
                    option value="" { "–" }
                    @for value in values { option { (value) } }
                }
            }
        }
    }
}

/// Which of several media types is wanted.
fn accept(lang: Lang, operation: &Operation) -> Markup {
    let answers = operation.answers();
    let fine = answers.iter().find(|answer| answer.status.starts_with('2'));
    let media: Vec<&str> =
        fine.iter().flat_map(|one| &one.contents).map(|content| content.media).collect();
    // Files have one type each, whatever is asked for.
    let file = |one: &Content| one.schema.and_then(|one| one.get("format")).is_some();
    let chosen = fine.is_some_and(|one| !one.contents.iter().any(file));
    html! {
        @if chosen && media.len() > 1 {
            div.field {
                label for="header-accept" { code { "Accept" } " " (lang.say("reference.place.header")) }
                select id="header-accept" name="Accept" data-in="header" { @for one in &media { option { (one) } } }
            }
        }
    }
}

fn body_field(lang: Lang, operation: &Operation, body: &Content) -> Markup {
    html! {
        div.field {
            label for="body" { (lang.say("reference.body")) " " code { (body.media) } }
            @if body.media == "application/json" {
                @let example = example::body(operation).unwrap_or_default();
                textarea.code.short #body name="body" spellcheck="false" autocomplete="off" data-body { (example) }
            } @else {
                input #body type="file" name="file" required data-file;
            }
        }
    }
}

/// What came back; a script fills it in.
fn answer(lang: Lang) -> Markup {
    html! {
        div.came hidden data-came {
            h3 { (lang.say("reference.came")) }
            p.line role="status" { b data-status {} span.quiet data-took {} }
            details { summary { (lang.say("reference.headers")) } pre tabindex="0" role="group" aria-label=(lang.say("reference.headers")) data-headers {} }
            pre.text tabindex="0" role="group" aria-label=(lang.say("reference.came")) data-text {}
            a.button.small hidden data-save { (lang.say("reference.save")) }
        }
    }
}

/// An example as it is shown.
pub(super) fn shown(label: &str, example: &Json) -> Markup {
    html! { pre tabindex="0" role="group" aria-label=(label) { (example::spelled(example)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted_into_a_shell() {
        let show = Operation::named("cases_show").unwrap();
        assert_eq!(
            call("http://h", &show),
            "curl -i \\\n  'http://h/api/v1/cases/{number}' \\\n  -H \"Authorization: Bearer $KEY\""
        );
        let health = Operation::named("health").unwrap();
        assert_eq!(call("http://h", &health), "curl -i \\\n  'http://h/healthz'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        let put = call("http://h", &Operation::named("teams_put").unwrap());
        let body = "-d '{\n  \"members\": [],\n  \"name\": \"早班\"\n}'";
        assert!(put.starts_with("curl -i -X PUT \\\n") && put.ends_with(body), "{put}");
        let upload = call("http://h", &Operation::named("attachments_upload").unwrap());
        assert!(upload.ends_with("-F file=@FILE"), "{upload}");
    }
}

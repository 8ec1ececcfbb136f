//! Parts that forms of pages share.

use super::document::text;
use desk::SHORTEST_PASSWORD;
use maud::{Markup, html};

/// What is wrong, and with which field.
pub(crate) type Blamed = (&'static str, String);

/// A labelled input with what is to be known of it beside it.
#[derive(Default)]
pub(crate) struct Ask<'a> {
    pub(crate) name: &'a str,
    /// What it is called where its name does not say it: the end of a text's key.
    pub(crate) label: Option<&'a str>,
    pub(crate) kind: &'a str,
    pub(crate) value: &'a str,
    /// What browsers may fill in.
    pub(crate) fill: &'a str,
    /// What is asked of it, told before anything is wrong.
    pub(crate) rule: Option<String>,
    /// Where one begins, as long as nothing is wrong elsewhere.
    pub(crate) first: bool,
}

impl Ask<'_> {
    pub(crate) fn html(&self, english: bool, blamed: Option<&Blamed>) -> Markup {
        let wrong = blamed.filter(|(name, _)| *name == self.name).map(|(_, why)| why);
        let first = wrong.is_some() || (self.first && blamed.is_none());
        let (rule_id, wrong_id) = (format!("{}-rule", self.name), format!("{}-wrong", self.name));
        let told = [self.rule.is_some().then_some(&*rule_id), wrong.map(|_| &*wrong_id)];
        let told: Vec<&str> = told.into_iter().flatten().collect();
        let describes = (!told.is_empty()).then(|| told.join(" "));
        html! {
            div.ask {
                label {
                    (text(&format!("page.field.{}", self.label.unwrap_or(self.name)), english))
                    input name=(self.name) type=(self.kind) value=(self.value) autocomplete=(self.fill) required
                        autofocus[first] aria-invalid=[wrong.map(|_| "true")] aria-describedby=[describes];
                }
                @if let Some(rule) = &self.rule { p.quiet id=(rule_id) { (rule) } }
                @if let Some(wrong) = wrong { p role="alert" id=(wrong_id) { (wrong) } }
            }
        }
    }
}

/// A new password, twice, by what both are called; what is asked of it is told first.
pub(crate) fn new_password(
    english: bool,
    labels: [&str; 2],
    first: bool,
    blamed: Option<&Blamed>,
) -> Markup {
    let [once, again] = labels.map(Some);
    let shortest = SHORTEST_PASSWORD.to_string();
    let rule = desk::words::text("password.rule", english, &[("shortest", &shortest)]);
    let ask =
        |name, label| Ask { name, label, kind: "password", fill: "new-password", ..Ask::default() };
    let password = Ask { rule: Some(rule), first, ..ask("password", once) };
    html! { (password.html(english, blamed)) (ask("again", again).html(english, blamed)) }
}

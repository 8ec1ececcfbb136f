//! Parts that forms of pages share.

use super::document::text;
use maud::{Markup, html};

/// A labelled input: `kind` is its type, `fill` what browsers may fill in.
pub(crate) fn input(english: bool, name: &str, kind: &str, value: &str, fill: &str) -> Markup {
    let label = text(&format!("page.field.{name}"), english);
    html! {
        label {
            (label)
            input name=(name) type=(kind) value=(value) autocomplete=(fill) required;
        }
    }
}

/// Why a form is shown once more.
pub(crate) fn wrong(why: Option<&str>) -> Markup {
    html! { @if let Some(why) = why { p role="alert" { (why) } } }
}

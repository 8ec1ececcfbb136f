//! What is wanted elsewhere, and mostly shown this once: a link, a key, a secret.

use super::words::Lang;
use maud::{Markup, html};

/// A text that one press copies. Without scripts, or without a clipboard, it is selected by a click.
pub(crate) fn to_copy(lang: Lang, text: &str) -> Markup {
    html! {
        p.to-copy {
            code data-copied { (text) }
            (button(lang))
        }
    }
}

/// Copies what is marked `data-copied` beside it; shown by the script where there is a clipboard.
pub(crate) fn button(lang: Lang) -> Markup {
    html! { button.small type="button" hidden data-copy { (lang.say("reference.copy")) } }
}

/// Word that something was made, and what is shown of it this once.
pub(crate) fn notice(lang: Lang, said: &str, secret: &str) -> Markup {
    html! { div.notice.fine role="status" { div { p { (said) } (to_copy(lang, secret)) } } }
}

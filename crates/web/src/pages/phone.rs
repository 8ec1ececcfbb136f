//! Telephone numbers that can be dialled.

use maud::{Markup, html};

/// A number that is shown in full as a link that dials it; anything else, a masked one among them, as it is.
pub(crate) fn dialled(text: &str) -> Markup {
    html! { @match number(text) { Some(number) => a href={ "tel:" (number) } { (text) }, None => (text) } }
}

/// The digits of a text that is a telephone number and nothing else, with the sign of a foreign one.
fn number(text: &str) -> Option<String> {
    let text = text.trim();
    let plain = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')');
    let rest = text.strip_prefix('+').unwrap_or(text);
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let sign = if rest.len() < text.len() { "+" } else { "" };
    (rest.chars().all(plain) && (3..=15).contains(&digits.len())).then(|| format!("{sign}{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_whole_number_is_not_dialled() {
        for (text, dials) in [
            ("13800001111", Some("13800001111")),
            ("+86 138-0000-1111", Some("+8613800001111")),
            ("(010) 6500 1111", Some("01065001111")),
            ("138****1111", None),
            ("微信 abc123", None),
            ("12", None),
            ("", None),
        ] {
            assert_eq!(number(text).as_deref(), dials, "{text}");
        }
        assert_eq!(dialled("010-65").into_string(), "<a href=\"tel:01065\">010-65</a>");
    }
}

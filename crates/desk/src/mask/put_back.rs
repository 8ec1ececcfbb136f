//! What somebody sends back of a text in which he was shown stars: where he left them, what they hide comes back in their place.

use serde_json::Value as Json;

/// A sign that stands for what is hidden.
const STAR: char = '*';

/// What somebody means who was shown `shown` in place of `real` and sent `typed`: texts, and rows of texts.
pub fn put_back(real: &Json, shown: &Json, typed: Json) -> Json {
    match (real, shown, typed) {
        (Json::String(real), Json::String(shown), Json::String(typed)) => {
            Json::String(text(real, shown, typed))
        }
        (Json::Array(real), Json::Array(shown), Json::Array(typed)) => {
            let rows = typed.into_iter().enumerate().map(|(place, row)| {
                // Rows move when one is added or taken away: whichever was shown like it, the one in its place first.
                let there = shown.get(place).filter(|shown| **shown == row).map(|_| place);
                let like = there.or_else(|| shown.iter().position(|shown| *shown == row));
                let place = like.unwrap_or(place);
                match (real.get(place), shown.get(place)) {
                    (Some(real), Some(shown)) => put_back(real, shown, row),
                    _ => row,
                }
            });
            Json::Array(rows.collect())
        }
        (Json::Object(real), Json::Object(shown), Json::Object(typed)) => {
            let cells =
                typed.into_iter().map(|(key, cell)| match (real.get(&key), shown.get(&key)) {
                    (Some(real), Some(shown)) => {
                        let cell = put_back(real, shown, cell);
                        (key, cell)
                    }
                    _ => (key, cell),
                });
            Json::Object(cells.collect())
        }
        (_, _, typed) => typed,
    }
}

/// Whether a value still has stars where the one that it replaces has none: they would be written in place of what they hide.
pub fn hides(real: &Json, shown: &Json, value: &Json) -> bool {
    let stars = |json: &Json| json.to_string().contains(STAR);
    real != shown && !stars(real) && stars(value)
}

fn text(real: &str, shown: &str, typed: String) -> String {
    if typed == shown {
        return real.to_owned();
    }
    // One after the other, so that two numbers that look alike come back each in its place.
    let (mut done, mut rest) = (String::new(), typed.as_str());
    for (hidden, stars) in hidden(real, shown) {
        if let Some((before, after)) = rest.split_once(&stars) {
            done.push_str(before);
            done.push_str(&hidden);
            rest = after;
        }
    }
    done + rest
}

/// What is hidden, and the signs that were shown of it. The whole, where signs cannot be told from each other.
fn hidden(real: &str, shown: &str) -> Vec<(String, String)> {
    let (real, shown): (Vec<char>, Vec<char>) = (real.chars().collect(), shown.chars().collect());
    if real.len() != shown.len() {
        return vec![(real.into_iter().collect(), shown.into_iter().collect())];
    }
    let of_number = |c: char| c.is_ascii_digit() || matches!(c, STAR | '-' | ' ' | '+');
    let both: Vec<(char, char)> = real.into_iter().zip(shown).collect();
    let runs = both.chunk_by(|(_, one), (_, next)| of_number(*one) == of_number(*next));
    let hidden = runs.filter(|run| run.iter().any(|(real, shown)| real != shown));
    let texts = hidden.map(|run| {
        let run: (String, String) = run.iter().copied().unzip();
        (run.0.trim().to_owned(), run.1.trim().to_owned())
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::{mask_name, mask_phone, without_phones};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_stars_hide_comes_back_where_they_were_left() {
        let real = "请打13812345678，或 021-62345678 找我";
        let shown = without_phones(real);
        let changed = |text: &str| {
            put_back(&json!(real), &json!(shown), json!(text)).as_str().unwrap().to_owned()
        };
        assert_eq!(changed(&shown), real);
        assert_eq!(changed(&format!("改：{shown}。")), format!("改：{real}。"));
        assert_eq!(changed("只打138****5678"), "只打13812345678");
        assert_eq!(changed("改打13900001111"), "改打13900001111");
        let name =
            |typed: &str| put_back(&json!("王小明"), &json!(mask_name("王小明")), json!(typed));
        assert_eq!(
            (name("王**"), name("王**（先生）")),
            (json!("王小明"), json!("王小明（先生）"))
        );
        assert!(hides(&json!("王小明"), &json!("王**"), &name("王*")));
        assert!(!hides(&json!("王小明"), &json!("王**"), &name("王小红")));
        assert!(!hides(&json!("a*b"), &json!("a*b"), &json!("a*c")), "stars of his own");
    }

    #[test]
    fn rows_come_back_though_one_was_taken_away() {
        let row = |phone: &str, text: &str| json!({ "phone": phone, "text": text });
        let (one, other) = ("13812345678", "13987654321");
        let real = json!([row(one, "甲"), row(other, "乙")]);
        let shown = json!([row(&mask_phone(one), "甲"), row(&mask_phone(other), "乙")]);
        let left = json!([row(&mask_phone(other), "乙"), row("13700000000", "丙")]);
        let expected = json!([row(other, "乙"), row("13700000000", "丙")]);
        assert_eq!(put_back(&real, &shown, left), expected);
    }

    proptest! {
        #[test]
        fn a_text_that_is_sent_back_as_it_was_shown_is_unchanged(real in "[0-9王 +-]{0,24}", before in "[a-z]{0,3}") {
            let shown = without_phones(&real);
            prop_assert_eq!(put_back(&json!(real), &json!(shown), json!(shown)), json!(real));
            let longer = put_back(&json!(real), &json!(shown), json!(format!("{before}{shown}")));
            prop_assert_eq!(longer, json!(format!("{before}{real}")));
        }
    }
}

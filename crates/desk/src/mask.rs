//! What is shown of personal values to whoever has no right to more.

mod put_back;

pub use put_back::{hides, put_back};

use engine::case::Case;
use engine::procedure::{Field, FieldKind, Means, Procedure};
use engine::value::{Private, Value};
use serde_json::Value as Json;

/// A value of a field without names and telephone numbers; what has none stays as it is.
pub(crate) fn value(field: &Field, value: &Value) -> Value {
    of_kind(&field.kind, field.pii, field.means, value)
}

fn of_kind(kind: &FieldKind, pii: bool, means: Option<Means>, value: &Value) -> Value {
    match (kind, value) {
        (FieldKind::Tel, _) => Value::Text(mask_phone(value.text())),
        _ if pii && means == Some(Means::Phone) => Value::Text(mask_phone(value.text())),
        _ if pii && means == Some(Means::Account) => Value::Text(mask_account(value.text())),
        (FieldKind::Text, _) if pii => Value::Text(mask_name(value.text())),
        (FieldKind::Text | FieldKind::Long, Value::Text(text)) => Value::Text(without_phones(text)),
        (FieldKind::Text | FieldKind::Long, Value::Private(Private::Text { text })) => {
            Value::Private(without_phones(text).into())
        }
        (FieldKind::Table(columns), Value::List(rows)) => {
            let row = |row: &Value| {
                let Value::Row { cells } = row else { return row.clone() };
                let cells = cells.iter().map(|(key, cell)| {
                    let column = columns.iter().find(|column| column.key == *key);
                    let hidden = column.map(|column| of_kind(&column.kind, column.pii, None, cell));
                    (key.clone(), hidden.unwrap_or_else(|| cell.clone()))
                });
                Value::Row { cells: cells.collect() }
            };
            Value::List(rows.iter().map(row).collect())
        }
        _ => value.clone(),
    }
}

/// A case of which every field is masked: messages are written from it.
pub(crate) fn case(rules: &Procedure, case: &Case) -> Case {
    let mut masked = case.clone();
    for (key, one) in &mut masked.fields {
        if let Some(field) = rules.field(key) {
            *one = value(field, one);
        }
    }
    masked
}

/// Hides the telephone numbers in the private texts of a fact.
pub(crate) fn private_texts(json: &mut Json) {
    match json {
        Json::Object(object) => {
            if let Some(Json::String(text)) = object.get_mut("$p") {
                *text = without_phones(text);
            } else {
                object.values_mut().for_each(private_texts);
            }
        }
        Json::Array(items) => items.iter_mut().for_each(private_texts),
        _ => {}
    }
}

/// A name with all but its first character hidden (0.4). Names that are masked already stay as they are.
pub fn mask_name(name: &str) -> String {
    if name.starts_with('*') {
        return name.to_owned();
    }
    let mut characters = name.chars();
    let first: String = characters.next().into_iter().collect();
    let rest = characters.count();
    format!("{first}{}", "*".repeat(rest.clamp(1, 2)))
}

/// The first three and last four digits of a telephone number (0.4); shorter ones show their last two.
pub fn mask_phone(phone: &str) -> String {
    let characters: Vec<char> = phone.chars().collect();
    let (show_first, show_last) = if characters.len() >= 11 { (3, 4) } else { (0, 2) };
    let last = characters.len().saturating_sub(show_last);
    let masked = characters.iter().enumerate().map(|(place, c)| {
        if place < show_first || place >= last || !c.is_ascii_digit() { *c } else { '*' }
    });
    masked.collect()
}

/// An e-mail address or a messenger's id: its first two characters, and where mail is sent.
pub fn mask_account(account: &str) -> String {
    if account.contains('*') {
        return account.to_owned();
    }
    let (own, place) =
        account.split_once('@').map_or((account, None), |(own, place)| (own, Some(place)));
    let shown = if own.chars().count() > 4 { 2 } else { 1 };
    let first: String = own.chars().take(shown).collect();
    let place = place.map(|place| format!("@{place}")).unwrap_or_default();
    if own.is_empty() { place } else { format!("{first}***{place}") }
}

/// Digits of the shortest number that is hidden in a text.
const SHORTEST: usize = 10;

/// The text with the middle of every mobile number hidden, however it is spaced.
pub fn without_phones(text: &str) -> String {
    if text.bytes().filter(u8::is_ascii_digit).count() < SHORTEST {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let mut shown = characters.clone();
    let mut run: Vec<usize> = Vec::new();
    for (place, c) in characters.iter().copied().chain([' ', '\n']).enumerate() {
        if c.is_ascii_digit() {
            run.push(place);
        } else if !matches!(c, ' ' | '-') || place >= characters.len() {
            hide(&characters, &mut shown, &run);
            run.clear();
        }
    }
    shown.into_iter().collect()
}

fn hide(characters: &[char], shown: &mut [char], run: &[usize]) {
    let digit = |place: usize| run.get(place).and_then(|at| characters.get(*at)).copied();
    let bare =
        if run.len() == 13 && digit(0) == Some('8') && digit(1) == Some('6') { 2 } else { 0 };
    let mobile = run.len() - bare == 11 && digit(bare) == Some('1');
    if mobile {
        for at in run.iter().skip(bare + 3).take(4) {
            if let Some(c) = shown.get_mut(*at) {
                *c = '*';
            }
        }
    } else if run.len() >= 7 && spaced_like_a_phone(characters, run) {
        let text: String = run.iter().filter_map(|at| characters.get(*at)).collect();
        for (at, c) in run.iter().zip(mask_phone(&text).chars()) {
            if let Some(slot) = shown.get_mut(*at) {
                *slot = c;
            }
        }
    }
}

/// A fixed line: an area code that begins with zero.
fn spaced_like_a_phone(characters: &[char], run: &[usize]) -> bool {
    let first = run.first().and_then(|at| characters.get(*at));
    first == Some(&'0') && (10..=12).contains(&run.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::procedure::Column;
    use serde_json::json;

    #[test]
    fn no_text_keeps_a_telephone_number() {
        let cases = [
            ("请打13812345678找我", "请打138****5678找我"),
            ("138 1234 5678", "138 **** 5678"),
            ("+86 138-1234-5678。", "+86 138-****-5678。"),
            ("021-62345678", "021-****5678"),
            ("订单 20261116000123，金额 1286.50", "订单 20261116000123，金额 1286.50"),
            ("E-17", "E-17"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_phones(text), expected);
        }
    }

    #[test]
    fn what_somebody_is_reached_by_is_hidden_by_what_it_is() {
        let of = |means, text: &str| {
            let reached = Field { means: Some(means), ..field(FieldKind::Text, true) };
            value(&reached, &Value::Text(text.to_owned()))
        };
        for (means, text, expected) in [
            (Means::Account, "wang.xiaoming@example.com", "wa***@example.com"),
            (Means::Account, "wxm@example.com", "w***@example.com"),
            (Means::Account, "13812345678", "13***"),
            (Means::Account, "小明的微信号", "小明***"),
            (Means::Account, "wa***@example.com", "wa***@example.com"),
            (Means::Account, "", ""),
            (Means::Phone, "13812345678", "138****5678"),
        ] {
            assert_eq!(of(means, text), Value::Text(expected.to_owned()), "{text}");
        }
    }

    fn field(kind: FieldKind, pii: bool) -> Field {
        let text = include_str!("../../engine/tests/data/small.toml");
        let mut procedure = engine::procedure::read("small", text).unwrap();
        let mut field = procedure.fields.remove(0);
        (field.kind, field.pii, field.means) = (kind, pii, None);
        field
    }

    #[test]
    fn a_message_is_written_without_names_and_numbers() {
        let text = include_str!("../../engine/tests/data/small.toml");
        let mut rules = engine::procedure::read("small", text).unwrap();
        let key = rules.fields.first().unwrap().key.clone();
        for (place, (kind, pii)) in
            [(FieldKind::Text, true), (FieldKind::Long, false)].into_iter().enumerate()
        {
            let field = rules.fields.get_mut(place).unwrap();
            (field.kind, field.pii, field.means) = (kind, pii, None);
        }
        let long = rules.fields.get(1).unwrap().key.clone();
        let rule = rules.notify.first_mut().unwrap();
        rule.text.zh = format!("{{number}} {{field:{key}}} {{field:{long}}}");
        let at: jiff::Timestamp = "2026-11-16T01:00:00Z".parse().unwrap();
        let record = |known, event| {
            let who = engine::people::Who::System;
            engine::case::apply(known, &"c".into(), &engine::event::Recorded { at, who, event })
        };
        let known = record(
            None,
            engine::event::Event::Registered {
                number: "N1".to_owned(),
                procedure: rules.key.clone(),
                version: 1,
                received_at: at,
                registrar: None,
                stage: rules.stages.first().unwrap().key.clone(),
            },
        );
        let said = |text: &str| Some(Value::Private(text.into()));
        let values = [(key, said("王小明")), (long, said("回电13812345678"))].into();
        let cause = engine::event::SetCause::Entered;
        let known =
            record(known, engine::event::Event::FieldsSet { values, cause, reason: None }).unwrap();
        let calendar = crate::calendar::calendar_for(&rules).unwrap();
        let rule = rules.notify.first().unwrap().key.clone();
        let people = engine::people::Directory::default();
        let written =
            engine::decide::render(&rules, &calendar, &people, &case(&rules, &known), &rule);
        assert_eq!(written.unwrap().0, "N1 王** 回电138****5678");
    }

    #[test]
    fn numbers_and_names_are_hidden_in_the_columns_of_a_table_and_in_free_text() {
        let column = |key: &str, kind, pii| Column {
            key: key.into(),
            label: Default::default(),
            kind,
            required: false,
            pii,
        };
        let table = field(
            FieldKind::Table(vec![
                column("who", FieldKind::Text, true),
                column("tel", FieldKind::Tel, false),
                column("what", FieldKind::Text, false),
            ]),
            false,
        );
        let text = |text: &str| Value::Text(text.to_owned());
        let row = |who: &str, tel: &str, what: &str| {
            Value::List(vec![Value::Row {
                cells: [("who", who), ("tel", tel), ("what", what)]
                    .map(|(key, one)| (key.into(), text(one)))
                    .into(),
            }])
        };
        assert_eq!(
            value(&table, &row("王小明", "13812345678", "打13912345678找他")),
            row("王**", "138****5678", "打139****5678找他")
        );
        let long = field(FieldKind::Long, false);
        let said = |text: &str| Value::Private(text.into());
        assert_eq!(value(&long, &said("回电13812345678")), said("回电138****5678"));
        assert_eq!(value(&long, &said("没有号码")), said("没有号码"));
        let mut fact = json!({ "note": { "$p": "回电13812345678" }, "rows": [{ "$p": "021-62345678" }], "id": 13812345678_u64 });
        private_texts(&mut fact);
        assert_eq!(
            fact,
            json!({ "note": { "$p": "回电138****5678" }, "rows": [{ "$p": "021-****5678" }], "id": 13812345678_u64 })
        );
    }
}

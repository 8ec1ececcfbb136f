//! Changes that an organisation may make: reader and check must let them pass.

use super::text::{Block, Text};
use engine::calendar::Calendar;

type Make = fn(&Text) -> Option<String>;

/// Every kind with its name.
pub(crate) const KINDS: &[(&str, Make)] = &[
    ("another limit", limit),
    ("another label", label),
    ("longer retention", retention),
    ("one more optional field", field),
    ("optional field hidden", hidden),
    ("one more message", message),
    ("other warning share", warn),
    ("one more recipient", recipient),
    ("one more category", category),
    (CALENDAR, same),
    ("one more channel", channel),
    ("shorter repetition", every),
];

const CALENDAR: &str = "another calendar";

/// The calendar of a variant, where it is another one.
pub(crate) fn calendar(kind: &str) -> Option<Calendar> {
    let text = "name = \"plain\"\noffset = \"+08:00\"\nweekly_off = [\"sun\"]\nyears = [2026]\nwindows = [[\"08:30\", \"17:30\"]]\n";
    (kind == CALENDAR).then(|| Calendar::from_toml(text).ok()).flatten()
}

fn same(text: &Text) -> Option<String> {
    Some(text.lines.join("\n") + "\n")
}

fn limit(text: &Text) -> Option<String> {
    let block = text
        .of("clocks")
        .find(|block| text.value(block, "limit").is_some_and(|limit| limit.ends_with("h\"")))?;
    text.set(block, "limit", "\"5h\"")
}

fn label(text: &Text) -> Option<String> {
    text.set(text.of("actions").nth(3)?, "label", "\"换了名字\"")
}

fn retention(text: &Text) -> Option<String> {
    text.set(text.of("archive").next()?, "keep_years", "30")
}

/// Rows of the first form, and a line for another one.
fn form(text: &Text) -> Option<(&Block, Vec<usize>)> {
    let block = text.of("forms").next()?;
    Some((block, text.rows(block, "fields")))
}

fn field(text: &Text) -> Option<String> {
    let (_, rows) = form(text)?;
    let at = *rows.last()?;
    let row = text.slice(&(at..at + 1));
    let source = text.with(
        &(at..at + 1),
        &format!("{},\n  {{ field = \"own_note\" }},", row.trim_end().trim_end_matches(',')),
    );
    Some(
        source
            + "\n[[fields]]\nkey = \"own_note\"\nlabel = \"自定义备注\"\nen = \"Own note\"\ntype = \"text\"\n",
    )
}

/// A field that no condition and no text names is taken off its form.
fn hidden(text: &Text) -> Option<String> {
    let (_, rows) = form(text)?;
    let at = rows.into_iter().find(|at| {
        let line = text.slice(&(*at..at + 1));
        let name = line.split('"').nth(1).unwrap_or_default().to_owned();
        let named = text
            .lines
            .iter()
            .filter(|line| {
                line.contains(&format!("\"{name}\""))
                    || line.contains(&format!(" {name} = "))
                    || line.contains(&format!(":{name}"))
            })
            .count();
        !line.contains("need") && named <= 2
    })?;
    Some(text.without(&(at..at + 1)))
}

fn message(text: &Text) -> Option<String> {
    let role = text.of("roles").next()?;
    let source = text.lines.join("\n");
    Some(format!(
        "{source}\n\n[[notify]]\nkey = \"own_message\"\non = \"closed\"\nto = [\"{}\"]\ntext = \"{{number}} 已关闭\"\nen = \"{{number}} is closed\"\n",
        role.key
    ))
}

fn warn(text: &Text) -> Option<String> {
    let block = text.of("clocks").find(|block| block.entry("warn").is_none())?;
    text.set(block, "warn", "50")
}

fn recipient(text: &Text) -> Option<String> {
    let role = text.of("roles").next()?;
    let block = text.of("clocks").find(|block| {
        let breach = text.value(block, "breach").unwrap_or_default();
        breach.contains("to = [") && !breach.contains(&format!("\"{}\"", role.key))
    })?;
    let lines = block.entry("breach")?;
    let value = text.slice(lines);
    Some(text.with(lines, &value.replacen("to = [", &format!("to = [\"{}\", ", role.key), 1)))
}

/// A value beside another one of an axis that tables look at, with a row wherever the other one has one.
fn category(text: &Text) -> Option<String> {
    let conditions = |name: &str, value: &str| format!("{name} = \"{value}\"");
    for axis in
        text.of("axes").filter(|axis| text.value(axis, "open").is_none_or(|open| open != "false"))
    {
        let quoted = format!("\"{}\"", axis.key);
        let Some(field) = text
            .of("fields")
            .find(|field| text.value(field, "axis").is_some_and(|axis| axis == quoted))
        else {
            continue;
        };
        for at in text.rows(axis, "values") {
            let line = text.slice(&(at..at + 1));
            let value = line.split('"').nth(1).unwrap_or_default().to_owned();
            let old = conditions(&field.key, &value);
            let owned = text.of("tables").any(|table| {
                table.lines.clone().any(|at| text.slice(&(at..at + 1)).contains(&old))
            });
            let shared = text
                .of("fields")
                .filter(|field| text.value(field, "axis").is_some_and(|axis| axis == quoted))
                .count()
                > 1;
            if !owned || shared || line.contains("system") {
                continue;
            }
            let mut lines = text.lines.clone();
            for block in text.of("tables").chain(text.of("clocks")) {
                for at in text.rows(block, "rows").into_iter().chain(text.rows(block, "by")) {
                    let listed = format!("{} = {{ in = [", field.key);
                    let Some(line) = lines.get_mut(at) else { continue };
                    if line.contains(&listed) {
                        let one = format!("\"{value}\"");
                        *line = line.replacen(&one, &format!("{one}, \"own_value\""), 1);
                    }
                    if !line.contains(&old) {
                        continue;
                    }
                    let row = line.trim().trim_end_matches(',').to_owned();
                    *line = format!(
                        "  {row}, {},",
                        row.replace(&old, &conditions(&field.key, "own_value"))
                    );
                }
            }
            let row = line.trim().trim_end_matches(',').to_owned();
            let attributes: Vec<&str> = ["severity = 3", "severity = 2", "severity = 1"]
                .into_iter()
                .filter(|severity| row.contains(severity))
                .collect();
            let attributes = attributes.first().map(|one| format!(", {one}")).unwrap_or_default();
            if let Some(line) = lines.get_mut(at) {
                *line = format!(
                    "  {row}, {{ key = \"own_value\", label = \"自定义\", en = \"Own value\"{attributes} }},"
                );
            }
            return Some(lines.join("\n") + "\n");
        }
    }
    None
}

fn channel(text: &Text) -> Option<String> {
    let field = text
        .of("fields")
        .find(|field| text.value(field, "means").is_some_and(|means| means == "\"channel\""))?;
    let axis = text.value(field, "axis")?;
    let axis = text.of("axes").find(|block| format!("\"{}\"", block.key) == axis)?;
    let at = *text.rows(axis, "values").last()?;
    let row = text.slice(&(at..at + 1));
    Some(text.with(
        &(at..at + 1),
        &format!(
            "{}, {{ key = \"kiosk\", label = \"自助机\", en = \"Kiosk\", code = \"KSK\" }},",
            row.trim_end().trim_end_matches(',')
        ),
    ))
}

fn every(text: &Text) -> Option<String> {
    let block = text.of("clocks").find(|block| block.entry("every").is_some())?;
    text.set(block, "every", "\"12h\"")
}

//! Reads a scenario file.

use std::collections::BTreeMap;

/// Who takes part in a scenario, and what is entered unless a row says otherwise.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    pub(crate) calendar: Option<String>,
    pub(crate) serial: Option<i64>,
    /// name -> attributes text
    pub(crate) people: Vec<(String, String)>,
    /// action label -> label -> value
    pub(crate) given: BTreeMap<String, Vec<(String, String)>>,
}

/// A row of a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// Zero-based line in the file.
    pub(crate) line: usize,
    pub(crate) at: String,
    pub(crate) who: String,
    pub(crate) does: String,
    pub(crate) why: String,
    pub(crate) then: String,
}

/// A scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub(crate) title: String,
    pub(crate) cast: Cast,
    pub(crate) rows: Vec<Row>,
}

/// All scenarios of a file.
#[derive(Debug, Clone)]
pub struct File {
    /// In their order.
    pub scenarios: Vec<Scenario>,
}

impl File {
    /// The one scenario with this title.
    ///
    /// # Panics
    /// There is none.
    pub fn only(mut self, title: &str) -> Self {
        self.scenarios.retain(|scenario| scenario.title == title);
        assert_eq!(self.scenarios.len(), 1, "scenarios called {title}");
        self
    }
}

enum Block {
    None,
    People,
    Given(String),
}

/// Reads a file.
pub fn parse(text: &str) -> File {
    let mut cast = Cast::default();
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut block = Block::None;
    for (line, raw) in text.lines().enumerate() {
        let trimmed = raw.trim();
        if let Some(title) = trimmed.strip_prefix("## ") {
            scenarios.push(Scenario {
                title: title.to_owned(),
                cast: cast.clone(),
                rows: Vec::new(),
            });
            block = Block::None;
            continue;
        }
        let cast = scenarios.last_mut().map_or(&mut cast, |scenario| &mut scenario.cast);
        if let Some(item) = trimmed.strip_prefix("- ") {
            let Some((name, value)) = item.split_once('=') else { continue };
            let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
            match &block {
                Block::People => {
                    cast.people.retain(|(known, _)| *known != name);
                    cast.people.push((name, value));
                }
                Block::Given(action) => {
                    let given = cast.given.entry(action.clone()).or_default();
                    given.retain(|(known, _)| *known != name);
                    given.push((name, value));
                }
                Block::None => {}
            }
            continue;
        }
        if trimmed.starts_with('|') {
            block = Block::None;
            if let Some(row) = row(line, trimmed)
                && let Some(scenario) = scenarios.last_mut()
            {
                scenario.rows.push(row);
            }
            continue;
        }
        let end = |text: &str| text.trim().trim_end_matches([':', '：']).to_owned();
        if trimmed == "people:" {
            block = Block::People;
        } else if let Some(action) = trimmed.strip_prefix("given ") {
            block = Block::Given(end(action));
        } else if let Some(calendar) = trimmed.strip_prefix("calendar:") {
            cast.calendar = Some(calendar.trim().to_owned());
        } else if let Some(serial) = trimmed.strip_prefix("serial:") {
            cast.serial = serial.trim().parse().ok();
        }
    }
    scenarios.retain(|scenario| !scenario.rows.is_empty());
    File { scenarios }
}

fn row(line: usize, text: &str) -> Option<Row> {
    let cells: Vec<&str> = text.trim_matches('|').split('|').map(str::trim).collect();
    let [at, who, does, why, then] = cells.as_slice() else { return None };
    if !at.starts_with("20") {
        return None;
    }
    Some(Row {
        line,
        at: (*at).to_owned(),
        who: (*who).to_owned(),
        does: (*does).to_owned(),
        why: (*why).to_owned(),
        then: (*then).to_owned(),
    })
}

/// The file with the last column of its rows replaced.
pub fn rewrite(text: &str, columns: &BTreeMap<usize, String>) -> String {
    let mut out = String::new();
    for (line, raw) in text.lines().enumerate() {
        match columns.get(&line) {
            Some(then) => {
                let (before, _) = raw.trim_end().trim_end_matches('|').rsplit_once('|').unwrap();
                out.push_str(&format!("{before}| {then} |"));
            }
            None => out.push_str(raw),
        }
        out.push('\n');
    }
    out
}

/// Splits at a separator outside of quotes and brackets.
pub(crate) fn split(text: &str, separator: char) -> Vec<String> {
    let (mut parts, mut current, mut quoted, mut depth) = (Vec::new(), String::new(), false, 0);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth -= 1,
            _ => {}
        }
        if c == separator && !quoted && depth == 0 {
            parts.push(std::mem::take(&mut current));
        } else {
            current.push(c);
        }
    }
    parts.push(current);
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

pub(crate) fn unquote(text: &str) -> String {
    text.trim().trim_matches('"').to_owned()
}

//! A procedure's file as text: its blocks (`[[actions]]` and the like), their keys, the lines of each.

use std::ops::Range;

/// A file with its blocks.
pub(crate) struct Text {
    pub(crate) lines: Vec<String>,
    pub(crate) blocks: Vec<Block>,
}

/// A table of the file, from its header to the next.
pub(crate) struct Block {
    /// `actions`, `clocks`, `links.merge`.
    pub(crate) section: String,
    /// Its key, where it has one.
    pub(crate) key: String,
    /// Zero-based lines.
    pub(crate) lines: Range<usize>,
    /// Keys with the zero-based lines of their values.
    pub(crate) entries: Vec<(String, Range<usize>)>,
}

impl Text {
    /// Takes a file apart.
    pub(crate) fn new(source: &str) -> Self {
        let lines: Vec<String> = source.lines().map(str::to_owned).collect();
        let headers: Vec<usize> = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.starts_with('['))
            .map(|(at, _)| at)
            .collect();
        let blocks = headers
            .iter()
            .enumerate()
            .map(|(number, start)| {
                let end = headers.get(number + 1).copied().unwrap_or(lines.len());
                block(&lines, *start..end)
            })
            .collect();
        Text { lines, blocks }
    }

    /// Blocks of a section.
    pub(crate) fn of<'t>(&'t self, section: &'t str) -> impl Iterator<Item = &'t Block> {
        self.blocks.iter().filter(move |block| block.section == section)
    }

    /// One line as a range.
    pub(crate) fn line(&self, at: usize) -> Range<usize> {
        at..at + 1
    }

    /// The text of these lines.
    pub(crate) fn slice(&self, lines: &Range<usize>) -> String {
        self.lines.get(lines.clone()).map(|lines| lines.join("\n")).unwrap_or_default()
    }

    /// The value of a key, as written.
    pub(crate) fn value(&self, block: &Block, key: &str) -> Option<String> {
        let lines = block.entry(key)?;
        let text = self.slice(lines);
        let (_, value) = text.split_once('=')?;
        Some(value.trim().to_owned())
    }

    /// The file with other text in place of some lines; it keeps its number of lines where the text is shorter.
    pub(crate) fn with(&self, lines: &Range<usize>, text: &str) -> String {
        let mut all: Vec<String> = Vec::with_capacity(self.lines.len());
        all.extend(self.lines.iter().take(lines.start).cloned());
        let put: Vec<String> = text.lines().map(str::to_owned).collect();
        let blank = lines.len().saturating_sub(put.len());
        all.extend(put);
        all.extend(std::iter::repeat_n(String::new(), blank));
        all.extend(self.lines.iter().skip(lines.end).cloned());
        all.join("\n") + "\n"
    }

    /// The file without some lines; those after them keep their numbers.
    pub(crate) fn without(&self, lines: &Range<usize>) -> String {
        self.with(lines, "")
    }

    /// The file with a key of a block set; in place where it is there, else on the line of the block's header.
    pub(crate) fn set(&self, block: &Block, key: &str, value: &str) -> Option<String> {
        if let Some(lines) = block.entry(key) {
            return Some(self.with(lines, &format!("{key} = {value}")));
        }
        // A new line in the middle would move everything after it: it takes a blank line of the block.
        let blank =
            block.lines.clone().find(|at| self.lines.get(*at).is_some_and(String::is_empty))?;
        Some(self.with(&(blank..blank + 1), &format!("{key} = {value}")))
    }

    /// Blocks whose text names something in quotes, as a whole or before `@`, `#` or after `:`.
    pub(crate) fn naming(&self, name: &str) -> Vec<Range<usize>> {
        let shapes = [
            format!("\"{name}\""),
            format!("\"{name}@"),
            format!("\"{name}#"),
            format!(":{name}\""),
            format!("${name}"),
            format!("@{name}\""),
            format!(":{name}="),
        ];
        let uses = |block: &&Block| {
            let text = self.slice(&block.lines);
            shapes.iter().any(|shape| text.contains(shape.as_str()))
        };
        self.blocks.iter().filter(uses).map(|block| block.lines.clone()).collect()
    }

    /// The lines of an inline list that hold one row each.
    pub(crate) fn rows(&self, block: &Block, key: &str) -> Vec<usize> {
        let Some(lines) = block.entry(key) else { return Vec::new() };
        let row = |at: &usize| {
            self.lines.get(*at).map(|line| line.trim()).is_some_and(|line| {
                line.starts_with('{')
                    && (line.ends_with("},") || line.ends_with('}'))
                    && line.matches('{').count() == line.matches('}').count()
            })
        };
        lines.clone().filter(row).collect()
    }
}

impl Block {
    /// The lines of a key.
    pub(crate) fn entry(&self, key: &str) -> Option<&Range<usize>> {
        self.entries.iter().find(|(name, _)| name == key).map(|(_, lines)| lines)
    }
}

fn block(lines: &[String], range: Range<usize>) -> Block {
    let header = lines.get(range.start).map(String::as_str).unwrap_or_default();
    let section = header.trim_matches(|c| c == '[' || c == ']').to_owned();
    let mut entries: Vec<(String, Range<usize>)> = Vec::new();
    let mut at = range.start + 1;
    while at < range.end {
        let line = lines.get(at).map(String::as_str).unwrap_or_default();
        let name = line.split_once('=').map(|(name, _)| name.trim());
        let is_key = |name: &&str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let Some(name) = name.filter(is_key) else {
            at += 1;
            continue;
        };
        let mut end = at + 1;
        let mut depth = balance(line);
        while depth > 0 && end < range.end {
            depth += balance(lines.get(end).map(String::as_str).unwrap_or_default());
            end += 1;
        }
        entries.push((name.to_owned(), at..end));
        at = end;
    }
    let key = entries
        .iter()
        .find(|(name, _)| name == "key")
        .and_then(|(_, at)| lines.get(at.start)?.split('"').nth(1))
        .unwrap_or_default()
        .to_owned();
    Block { section, key, lines: range, entries }
}

/// How many brackets a line opens more than it closes, outside of texts and comments.
fn balance(line: &str) -> i32 {
    let (mut depth, mut quoted) = (0, false);
    for one in line.chars() {
        match one {
            '"' => quoted = !quoted,
            '#' if !quoted => break,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
    }
    depth
}

//! A file as rows of cells. What kind of file it is shows in its first bytes, not in its name.

use calamine::{Data, Reader, Xlsx};
use encoding_rs::{GB18030, UTF_8, UTF_16BE, UTF_16LE};
use jiff::Unit;
use jiff::civil::DateTime;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::io::Cursor;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text. What looks like a formula stays a text.
    Text(String),
    /// A number.
    Number(f64),
    /// Yes or no.
    Bool(bool),
    /// A date cell of a workbook, local time.
    Time(DateTime),
    /// A list or object of a JSON line.
    Json(Json),
}

/// A row that holds something.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Line of the file or row of the sheet, from 1.
    pub line: u32,
    /// Cells in the order of the columns; may be fewer.
    pub cells: Vec<Cell>,
    /// The row itself cannot be read.
    pub broken: Option<Broken>,
}

/// Why a row cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// More cells than columns.
    TooWide,
    /// A line that is not a JSON object.
    NotJson,
}

/// A file's content.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// By which an import knows the file again: its SHA-256; a sheet other than the first counts as a file of its own.
    pub hash: [u8; 32],
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows that hold something.
    pub rows: Vec<Row>,
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// Neither UTF-8 nor GB18030 nor UTF-16.
    Encoding,
    /// The old binary format of Excel.
    OldExcel,
    /// A workbook that cannot be opened.
    Workbook(String),
    /// No such sheet.
    Sheet {
        /// The sheets that there are.
        known: Vec<String>,
    },
    /// There is no row of headings, or nothing below it.
    Nothing,
    /// A CSV file that breaks off.
    Csv(String),
}

/// Reads a file: XLSX, JSON lines, or CSV with commas, semicolons or tabs in UTF-8, GB18030 or UTF-16.
///
/// # Errors
/// Why it cannot be read at all; rows that cannot be read are rows.
pub fn read(bytes: &[u8], sheet: Option<&str>) -> Result<Table, Unreadable> {
    let mut hash: [u8; 32] = Sha256::digest(bytes).into();
    let (columns, rows) = if bytes.starts_with(b"PK\x03\x04") {
        let (place, columns, rows) = workbook(bytes, sheet)?;
        if let (Some(name), true) = (sheet, place > 0) {
            hash = Sha256::new().chain_update(hash).chain_update(name).finalize().into();
        }
        (columns, rows)
    } else if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(Unreadable::OldExcel);
    } else {
        let text = decoded(bytes)?;
        if text.trim_start().starts_with('{') { json_lines(&text) } else { csv(&text)? }
    };
    if columns.iter().all(String::is_empty) || rows.is_empty() {
        return Err(Unreadable::Nothing);
    }
    Ok(Table { hash, columns, rows })
}

fn decoded(bytes: &[u8]) -> Result<String, Unreadable> {
    let marks: [(&[u8], _); 3] =
        [(&[0xEF, 0xBB, 0xBF], UTF_8), (&[0xFF, 0xFE], UTF_16LE), (&[0xFE, 0xFF], UTF_16BE)];
    let marked = marks.into_iter().find(|(mark, _)| bytes.starts_with(mark));
    if let (None, Ok(text)) = (marked, std::str::from_utf8(bytes)) {
        return Ok(text.to_owned());
    }
    // `decode` takes the mark off.
    let (text, _, damaged) = marked.map_or(GB18030, |(_, encoding)| encoding).decode(bytes);
    if damaged { Err(Unreadable::Encoding) } else { Ok(text.into_owned()) }
}

type Content = (Vec<String>, Vec<Row>);

fn csv(text: &str) -> Result<Content, Unreadable> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(text))
        .from_reader(text.as_bytes());
    let (mut columns, mut rows) = (None, Vec::new());
    for record in reader.records() {
        let record = record.map_err(|error| Unreadable::Csv(error.to_string()))?;
        let line = record.position().map_or(0, |place| line(text, place));
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if columns.is_none() {
            columns = Some(record.iter().map(heading).collect());
            continue;
        }
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        rows.push(row(line, record.iter().map(text_cell).collect(), columns.as_ref()));
    }
    Ok((columns.unwrap_or_default(), rows))
}

/// The line on which a record begins. The reader's place lies before the empty lines that it passed over.
fn line(text: &str, place: &csv::Position) -> u64 {
    let start = usize::try_from(place.byte()).ok().and_then(|byte| text.get(byte..));
    let passed = start.unwrap_or_default().chars().take_while(|c| matches!(c, '\r' | '\n'));
    passed.filter(|c| *c == '\n').fold(place.line(), |line, _| line + 1)
}

/// What separates the cells: of comma, semicolon and tab the one that the line of headings has most of, outside quotes.
fn separator(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in first.bytes() {
        quoted ^= byte == b'"';
        for (_, count) in counts.iter_mut().filter(|(one, _)| *one == byte && !quoted) {
            *count += 1;
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts.into_iter().find(|(_, count)| *count == most).map_or(b',', |(byte, _)| byte)
}

/// Headings are often marked as mandatory by a star.
fn heading(text: &str) -> String {
    text.trim().trim_end_matches(['*', '＊']).trim().to_owned()
}

fn text_cell(text: &str) -> Cell {
    let text = text.trim();
    // The apostrophe by which spreadsheets, and our own exports, keep a text from being a formula.
    let bare = text.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@']));
    let text = bare.unwrap_or(text);
    if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
}

fn row(line: u32, mut cells: Vec<Cell>, columns: Option<&Vec<String>>) -> Row {
    let width = columns.map_or(0, Vec::len);
    let broken = cells.iter().skip(width).any(|cell| *cell != Cell::Empty);
    if !broken {
        cells.truncate(width);
    }
    Row { line, cells, broken: broken.then_some(Broken::TooWide) }
}

fn json_lines(text: &str) -> Content {
    let mut columns: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let Ok(Json::Object(object)) = serde_json::from_str(text) else {
            let cells = vec![Cell::Text(text.to_owned())];
            rows.push(Row { line, cells, broken: Some(Broken::NotJson) });
            continue;
        };
        let mut flat = Vec::new();
        flatten("", Json::Object(object), &mut flat);
        let mut cells = vec![Cell::Empty; columns.len()];
        for (name, cell) in flat {
            match columns.iter().position(|column| *column == name) {
                Some(place) => {
                    if let Some(slot) = cells.get_mut(place) {
                        *slot = cell;
                    }
                }
                None => {
                    columns.push(name);
                    cells.push(cell);
                }
            }
        }
        rows.push(Row { line, cells, broken: None });
    }
    (columns, rows)
}

/// Objects within objects become columns `outer.inner`.
fn flatten(name: &str, value: Json, flat: &mut Vec<(String, Cell)>) {
    let cell = match value {
        Json::Object(object) => {
            for (inner, value) in object {
                let name = if name.is_empty() { inner } else { format!("{name}.{inner}") };
                flatten(&name, value, flat);
            }
            return;
        }
        Json::Null => Cell::Empty,
        Json::Bool(truth) => Cell::Bool(truth),
        Json::String(text) if text.trim().is_empty() => Cell::Empty,
        Json::String(text) => Cell::Text(text.trim().to_owned()),
        Json::Number(number) => {
            number.as_f64().map_or_else(|| Cell::Text(number.to_string()), Cell::Number)
        }
        list @ Json::Array(_) => Cell::Json(list),
    };
    flat.push((name.to_owned(), cell));
}

fn workbook(
    bytes: &[u8],
    sheet: Option<&str>,
) -> Result<(usize, Vec<String>, Vec<Row>), Unreadable> {
    let unreadable = |error: calamine::XlsxError| Unreadable::Workbook(error.to_string());
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let known = book.sheet_names();
    let place = sheet.map_or(Some(0), |name| known.iter().position(|known| known == name));
    let found = place.and_then(|place| known.get(place).cloned().map(|name| (place, name)));
    let Some((place, name)) = found else { return Err(Unreadable::Sheet { known }) };
    let range = book.worksheet_range(&name).map_err(unreadable)?;
    let above = range.start().map_or(0, |(row, _)| row);
    let (mut columns, mut rows) = (None, Vec::new());
    for (line, cells) in (above + 1..).zip(range.rows()) {
        let cells: Vec<Cell> = cells.iter().map(data_cell).collect();
        if cells.iter().all(|cell| *cell == Cell::Empty) {
            continue;
        }
        match &columns {
            None => columns = Some(cells.iter().map(|cell| heading(&cell.text())).collect()),
            Some(columns) => rows.push(row(line, cells, Some(columns))),
        }
    }
    Ok((place, columns.unwrap_or_default(), rows))
}

fn data_cell(data: &Data) -> Cell {
    match data {
        Data::String(text) => text_cell(text),
        Data::Float(number) => Cell::Number(*number),
        #[expect(clippy::as_conversions, reason = "spreadsheets keep whole numbers as doubles")]
        Data::Int(number) => Cell::Number(*number as f64),
        Data::Bool(truth) => Cell::Bool(*truth),
        Data::DateTime(date) if date.is_datetime() => {
            date_cell(*date).map_or_else(|| Cell::Number(date.as_f64()), Cell::Time)
        }
        Data::DateTime(duration) => Cell::Number(duration.as_f64()),
        Data::DateTimeIso(text) | Data::DurationIso(text) => text_cell(text),
        // What a formula could not work out is shown as it stands.
        Data::Error(error) => Cell::Text(error.to_string()),
        Data::Empty => Cell::Empty,
    }
}

/// A date cell, to the second: a day's fraction is never exact.
fn date_cell(date: calamine::ExcelDateTime) -> Option<DateTime> {
    let (year, month, day, hour, minute, second, milli) = date.to_ymd_hms_milli();
    let small = |number: u8| i8::try_from(number).ok();
    let exact = DateTime::new(
        i16::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        i32::from(milli) * 1_000_000,
    );
    exact.ok()?.round(Unit::Second).ok()
}

impl Cell {
    /// The cell as a text: whole numbers without a point, times to the minute where nothing is lost.
    pub fn text(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::Bool(truth) => truth.to_string(),
            Cell::Time(at) => {
                let format = if at.second() == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
                at.strftime(format).to_string()
            }
            Cell::Json(json) => json.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(table: &Table) -> Vec<Vec<String>> {
        table.rows.iter().map(|row| row.cells.iter().map(Cell::text).collect()).collect()
    }

    #[test]
    fn bytes_tell_encoding_and_separator() {
        let gbk = GB18030.encode("电话;描述\n1;坏了，\"不转\"\n").0.into_owned();
        let marked = "\u{feff}电话;描述\n1;坏了，\"不转\"\n".as_bytes().to_vec();
        for bytes in [gbk, marked] {
            let table = read(&bytes, None).unwrap();
            assert_eq!(table.columns, ["电话", "描述"]);
            assert_eq!(texts(&table), [["1", "坏了，\"不转\""]]);
        }
        assert_eq!(read(b"a,b\n\xff\xff\xff\n", None), Err(Unreadable::Encoding));
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let table = read(b"a\tb*\n\n\"x\ny\"\t1\n , \n'=1+1\t2\t3\n", None).unwrap();
        assert_eq!(table.columns, ["a", "b"]);
        let lines: Vec<_> = table.rows.iter().map(|row| (row.line, row.broken)).collect();
        assert_eq!(lines, [(3, None), (5, None), (6, Some(Broken::TooWide))]);
        assert_eq!(table.rows[2].cells[0], Cell::Text("=1+1".to_owned()));
        let table = read(b"a\r\n1\r\n\r\n\r\n2\r\n3", None).unwrap();
        assert_eq!(table.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 5, 6]);
    }

    #[test]
    fn json_lines_flatten_and_miss_nothing() {
        let text = "{\"a\":{\"b\":1},\"c\":[\"x\"]}\nnonsense\n{\"d\":\"y\",\"c\":null}\n";
        let table = read(text.as_bytes(), None).unwrap();
        assert_eq!(table.columns, ["a.b", "c", "d"]);
        assert_eq!(table.rows[1].broken, Some(Broken::NotJson));
        assert_eq!(table.rows[2].cells, [Cell::Empty, Cell::Empty, Cell::Text("y".to_owned())]);
    }
}

//! Counters: serials of numbers, and the global sequence of events.

use crate::backend::Conn;
use crate::error::{Result, StoreError};
use crate::time::int;

crate::sql::queries! {
    LAST_SERIAL = "SELECT last FROM serials WHERE scope = ?1";
    RAISE_SERIAL = "INSERT INTO serials (scope, last) VALUES (?1, ?2)
        ON CONFLICT (scope) DO UPDATE SET last = excluded.last WHERE serials.last < excluded.last";
    SEQUENCE = "SELECT value FROM counters WHERE name = 'sequence' /*lock*/";
    KEEP_SEQUENCE = "INSERT INTO counters (name, value) VALUES ('sequence', ?1)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    CLAIM_NUMBER = "INSERT INTO numbers (folded, case_id) VALUES (?1, ?2) ON CONFLICT (folded) DO NOTHING";
    NUMBER_OF = "SELECT case_id FROM numbers WHERE folded = ?1";
}

/// The spelling under which numbers are compared: without dashes and blanks, in capitals, full-width as half-width.
pub fn fold_number(number: &str) -> String {
    let folded = crate::text::fold(number);
    folded
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐'..='―' | '−'))
        .flat_map(char::to_uppercase)
        .collect()
}

/// The serial that was drawn last in a scope.
pub(crate) fn last_serial(conn: &Conn, scope: &str) -> Result<Option<i64>> {
    conn.row(LAST_SERIAL, &[scope.into()], |row| row.int(0))
}

/// Draws the next serial of a scope. The batch has locked the counter of events, so that nobody else draws meanwhile.
pub(crate) fn next_serial(conn: &Conn, scope: &str, first: i64) -> Result<i64> {
    let last = last_serial(conn, scope)?;
    let next = last.map_or(first, |last| last.saturating_add(1));
    raise(conn, scope, next)?;
    Ok(next)
}

/// Makes sure that serials up to and including `last` are not drawn any more.
pub(crate) fn raise(conn: &Conn, scope: &str, last: i64) -> Result<()> {
    conn.push(RAISE_SERIAL, &[scope.into(), last.into()])
}

/// Gives a number to a case for ever.
pub(crate) fn claim(conn: &Conn, number: &str, case: i64) -> Result<()> {
    let folded = fold_number(number);
    if folded.is_empty() {
        return Err(StoreError::invalid("an empty number"));
    }
    if conn.run(CLAIM_NUMBER, &[(&folded).into(), case.into()])? == 1 {
        return Ok(());
    }
    match conn.row(NUMBER_OF, &[(&folded).into()], |row| row.int(0))? {
        Some(holder) if holder == case => Ok(()),
        _ => Err(StoreError::NumberTaken { number: number.to_owned() }),
    }
}

/// Global sequence number of the last event.
pub(crate) fn sequence(conn: &Conn) -> Result<u64> {
    Ok(conn.row(SEQUENCE, &[], |row| row.count(0))?.unwrap_or(0))
}

pub(crate) fn keep_sequence(conn: &Conn, sequence: u64) -> Result<()> {
    conn.push(KEEP_SEQUENCE, &[int(sequence)?.into()])
}

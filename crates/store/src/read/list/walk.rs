//! Search on a database server: a walk through the newest texts, which fills the page for a word that is in many cases.

use super::{Filter, Sort, Wanted, among_measured, narrow};
use crate::backend::{Conn, SEARCH_NEWEST};
use crate::error::Result;
use crate::read::kept::{NAMED, Named};
use crate::scope::{Scope, Statement, within};
use crate::time::limit;

/// Texts from a place on among which a server looks first. A word that is in many cases fills a page from these: a millisecond, where
/// all cases that have it take tenths of a second at a million.
const NEWEST: usize = 5_000;
/// Texts that are walked in the time in which one case is found by its words and looked up.
const WALKED: usize = 5;

/// The newest cases below a place with the words sought for; `None` where to find all that have them promises to cost less.
pub(super) fn newest(
    conn: &Conn,
    scope: &Scope,
    filter: &Filter,
    (wanted, words): (&Wanted, &String),
    below: i64,
    most: usize,
) -> Result<Option<Vec<Named>>> {
    let newest = |texts| {
        let statement = newest_statement(scope, filter, (wanted, words), (below, texts), most);
        conn.rows(&statement.text, &statement.params, Named::of)
    };
    let found = newest(NEWEST)?;
    if found.len() >= most {
        return Ok(Some(found));
    }
    let (texts, with_words) = texts(conn, words, below)?;
    if texts <= NEWEST {
        return Ok(Some(found));
    }
    // To walk on costs as many texts as it takes to fill the page at this rate (where none was found, as if one had been); to find all
    // that have the words costs as much as to walk `worth`. A few searches that sort very many cases occupy a server.
    let needed = NEWEST.saturating_mul(most) / found.len().max(1);
    let worth = with_words.saturating_mul(WALKED);
    if needed > worth {
        return Ok(None);
    }
    let found = newest(worth)?;
    Ok((found.len() >= most || texts <= worth).then_some(found))
}

/// How many texts there are below a place at most, and about how many of them have the words, as among the [`NEWEST`] of them.
fn texts(conn: &Conn, words: &String, below: i64) -> Result<(usize, usize)> {
    let text = format!(
        "SELECT COUNT(*), (SELECT COALESCE(MAX(id), 0) FROM cases) FROM cases{SEARCH_NEWEST}"
    );
    let params = [words.into(), below.into(), limit(NEWEST).into()];
    let told = conn.row(&text, &params, |row| Ok((row.int(0)?, row.int(1)?)))?;
    let (have, last) = told.unwrap_or_default();
    // Ids begin with one.
    let texts = last.min(below);
    let about = have.saturating_mul(texts) / limit(NEWEST);
    let whole = |count| usize::try_from(count).unwrap_or(0);
    Ok((whole(texts), whole(about)))
}

/// Those with the words sought for among so many texts below a place, newest first.
fn newest_statement<'a>(
    scope: &'a Scope,
    filter: &'a Filter,
    (wanted, words): (&'a Wanted, &'a String),
    (below, texts): (i64, usize),
    most: usize,
) -> Statement<'a> {
    let mut statement = Statement::new("SELECT ");
    statement.push(NAMED).push(" FROM cases").push(SEARCH_NEWEST);
    statement.params = vec![words.into(), below.into(), limit(texts).into()];
    narrow(&mut statement, filter, wanted);
    among_measured(&mut statement, filter, wanted);
    within(&mut statement, scope);
    let (_, _, order) = Sort::NewestEntry.keys();
    statement.push(" ORDER BY ").push(order).push(" LIMIT ").bind(limit(most));
    statement
}

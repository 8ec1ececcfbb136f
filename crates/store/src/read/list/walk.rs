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
    let Some(further) = further(found.len(), most, with_words) else {
        return Ok(None);
    };
    let found = newest(further)?;
    Ok((found.len() >= most || texts <= further).then_some(found))
}

/// Among how many texts to walk on where so many of the page were found among the [`NEWEST`]; `None` where to find all cases that have
/// the words costs less. A few searches that sort very many cases occupy a server.
fn further(found: usize, most: usize, with_words: usize) -> Option<usize> {
    // To walk on costs as many texts as it takes to fill the page at this rate (where none was found, as if one had been); to find all
    // that have the words costs as much as to walk `worth`.
    let needed = NEWEST.saturating_mul(most) / found.max(1);
    let worth = with_words.saturating_mul(WALKED);
    (needed <= worth).then_some(worth)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_word_in_many_cases_is_walked_to_and_a_rare_one_found_by_the_index_of_words() {
        // Of a page of fifty: found among the newest, cases with the words, walked to.
        for (found, with_words, walked) in [
            (0, 0, None),
            (0, 40, None),
            (0, 50_000, Some(250_000)),
            (1, 49_999, None),
            (10, 4_999, None),
            (10, 5_000, Some(25_000)),
            (49, 900_000, Some(4_500_000)),
        ] {
            assert_eq!(further(found, 50, with_words), walked, "{found} of {with_words}");
        }
    }

    proptest! {
        #[test]
        fn a_walk_never_looks_through_more_than_finding_all_would_cost(
            found in 0..50_usize, with_words in 0..2_000_000_usize,
        ) {
            let walked = further(found, 50, with_words);
            prop_assert!(walked.is_none_or(|texts| texts <= with_words * WALKED));
            // What is more frequent, or was found more often, is not walked to the less.
            prop_assert!(walked <= further(found, 50, with_words + 1));
            prop_assert!(walked.is_none() || further(found + 1, 50, with_words) == walked);
        }
    }
}

//! The spelling of SQL. Texts stand in SQLite's spelling with marks where PostgreSQL needs more; this is all that differs between
//! the two.

/// Which way a statement finds its cases. Without statistics SQLite takes any equality for a good one and would read all closed
/// cases of a procedure to find the open ones, so the way is named; PostgreSQL knows its tables and is told nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Along this index.
    Index(&'static str),
    /// One by one, by the ids that something else found.
    Ids,
}

impl Way {
    /// What follows the name of the table.
    pub(crate) fn hint(self) -> String {
        match self {
            Way::Index(name) => format!("{INDEXED}{name}"),
            Way::Ids => NOT_INDEXED.to_owned(),
        }
    }
}

const INDEXED: &str = " INDEXED BY ";
const NOT_INDEXED: &str = " NOT INDEXED";

/// Joins the cases found by text; the placeholder takes what `Driver::match_text` makes.
pub(crate) const SEARCH_JOIN: &str =
    " JOIN search ON search.rowid = cases.id WHERE search MATCH ?1";
/// The case's internal id as the full-text index keeps it: what newest-first order runs over. A server is marked to find everything by
/// its index of words before it sorts. Left to choose, it walks all texts from the newest one back, hoping to fill a page soon, and
/// reads every text there is for a word that no case has, or none that somebody may see.
pub(crate) const SEARCH_ID: &str = "search.rowid/*sorted*/";
/// Joins those of the newest texts below the second placeholder, as many as the third says, in which the words of the first are.
/// Only where [`Driver::finds_in_order`](super::Driver::finds_in_order) says no.
pub(crate) const SEARCH_NEWEST: &str = " JOIN (SELECT case_id, tokens FROM search WHERE case_id < ?2 ORDER BY case_id DESC LIMIT ?3) AS search ON search.rowid = cases.id WHERE search MATCH ?1";
/// Puts what `Driver::index_text` makes into the full-text index.
pub(crate) const SEARCH_ADD: &str = "INSERT INTO search (rowid, tokens) VALUES (?1, ?2)";
/// Takes it out.
pub(crate) const SEARCH_DROP: &str = "DELETE FROM search WHERE rowid = ?1";

/// SQLite's words and PostgreSQL's.
const WORDS: &[(&str, &str)] = &[
    (
        "search (rowid, tokens) VALUES (?1, ?2)",
        "search (case_id, tokens) VALUES (?1, CAST(CAST(?2 AS TEXT) AS tsvector))",
    ),
    ("search MATCH ?1", "search.tokens @@ CAST(CAST(?1 AS TEXT) AS tsquery)"),
    ("search.rowid/*sorted*/", "search.case_id + 0"),
    ("search.rowid", "search.case_id"),
    ("FROM search WHERE rowid", "FROM search WHERE case_id"),
    ("/*lock*/", "FOR UPDATE"),
    ("/*id*/", "RETURNING id"),
    (NOT_INDEXED, ""),
];

/// `?1` becomes `$1`, hints go, marks become words: `/*lock*/` FOR UPDATE, `/*id*/` RETURNING id, `/*skip:t*/` FOR UPDATE OF t SKIP LOCKED.
pub(super) fn for_postgres(sql: &str) -> String {
    let mut text = sql.to_owned();
    for (ours, theirs) in WORDS {
        if text.contains(ours) {
            text = text.replace(ours, theirs);
        }
    }
    while let Some((before, after)) = text.split_once(INDEXED) {
        let after = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        text = format!("{before}{after}");
    }
    if let Some((before, after)) = text.split_once("/*skip:")
        && let Some((table, rest)) = after.split_once("*/")
    {
        text = format!("{before}FOR UPDATE OF {table} SKIP LOCKED{rest}");
    }
    text.replace('?', "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_go_and_marks_become_words() {
        let hinted =
            format!("SELECT 1 FROM cases{} WHERE due < ?1", Way::Index("open_by_due").hint());
        assert_eq!(for_postgres(&hinted), "SELECT 1 FROM cases WHERE due < $1");
        let joined = format!("SELECT 1 FROM cases{}{SEARCH_JOIN} AND x = ?12", Way::Ids.hint());
        assert_eq!(
            for_postgres(&joined),
            "SELECT 1 FROM cases JOIN search ON search.case_id = cases.id WHERE search.tokens @@ CAST(CAST($1 AS TEXT) AS tsquery) AND x = $12"
        );
        assert_eq!(
            for_postgres("SELECT 1 LIMIT ?2 /*skip:timers*/"),
            "SELECT 1 LIMIT $2 FOR UPDATE OF timers SKIP LOCKED"
        );
    }
}

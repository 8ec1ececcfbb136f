//! The registry: every fixed SQL text of the store stands in a `queries!` block beside its reader and is listed here, so that a
//! test can prepare each one. Placeholders are `?n`; what differs between databases is translated in `backend.rs` alone.

/// A named SQL text.
#[cfg(test)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// Declares named SQL texts as constants and a table `QUERIES` of all of them.
macro_rules! queries {
    ($($name:ident = $text:expr;)+) => {
        $(const $name: &str = $text;)+
        #[cfg(test)]
        pub(crate) const QUERIES: &[$crate::sql::Query] =
            &[$($crate::sql::Query { name: stringify!($name), text: $name },)+];
    };
}
pub(crate) use queries;

/// Every block of the store.
#[cfg(test)]
pub(crate) fn all() -> Vec<Query> {
    [
        crate::migrate::QUERIES,
        crate::vault::QUERIES,
        crate::chain::QUERIES,
        crate::write::case::QUERIES,
        crate::write::derived::QUERIES,
        crate::write::number::QUERIES,
        crate::write::once::QUERIES,
        crate::read::case::QUERIES,
        crate::read::feed::QUERIES,
        crate::read::measure::QUERIES,
        crate::timers::QUERIES,
        crate::outbox::QUERIES,
        crate::inbox::QUERIES,
        crate::settings::QUERIES,
        crate::attachments::QUERIES,
        crate::ephemeral::QUERIES,
        crate::upkeep::QUERIES,
    ]
    .into_iter()
    .flatten()
    .copied()
    .collect()
}

//! What lists share that come whole and without pages.

use serde::Serialize;
use utoipa::ToSchema;

/// A whole list.
#[derive(Serialize, ToSchema)]
pub(crate) struct List<T: ToSchema> {
    /// In a fixed order.
    pub(crate) items: Vec<T>,
}

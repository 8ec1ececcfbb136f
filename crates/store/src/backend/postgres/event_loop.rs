//! What drives one connection.

use crate::error::{Result, StoreError};
use tokio::runtime::Runtime;

/// A connection's event loop. It may end anywhere, also on a thread that serves tasks and must not wait.
pub(super) struct Loop(Option<Runtime>);

impl Loop {
    pub(super) fn new() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self(Some(runtime)))
    }

    pub(super) fn runtime(&self) -> Result<&Runtime> {
        self.0
            .as_ref()
            .ok_or_else(|| StoreError::Unavailable { what: "the connection ended".into() })
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

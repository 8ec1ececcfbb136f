//! What is said of the installation as a whole.

use crate::desk::Desk;
use crate::error::DeskError;
use serde_json::json;

const INSTALLATION: &str = "installation";
const DEMO: &str = "demo";

impl Desk {
    /// Marks the installation as a demonstration, where anybody may sign in as anybody. Only what holds nothing real may be marked.
    ///
    /// # Errors
    /// `Forbidden` when somebody works here already; a failure of the store.
    pub fn mark_as_demo(&self, actor: &str) -> Result<(), DeskError> {
        if !self.people().people.is_empty() || self.has_accounts()? {
            return Err(DeskError::Forbidden);
        }
        self.put_setting(actor, INSTALLATION, DEMO, json!({}))
    }

    /// Whether it is a demonstration.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn is_demo(&self) -> Result<bool, DeskError> {
        Ok(self.inner.store.setting(INSTALLATION, DEMO)?.is_some())
    }
}

//! The memory of Bihuan: cases as chains of events, everything derived from them, and settings, behind one [`Store`].
//!
//! The store decides nothing about cases. It commits what the caller decided, against the versions it was decided on; it draws
//! numbers, keeps personal values apart and erasable, and answers lists and searches from indexes. Time is always an argument.
#![warn(missing_docs)]

mod anchor;
mod attachments;
mod backend;
mod blobs;
mod chain;
mod customers;
mod ephemeral;
mod error;
mod follow;
mod hash;
mod head;
mod inbox;
mod migrate;
mod model;
mod outbox;
mod pool;
mod presence;
mod read;
mod scope;
mod settings;
mod sql;
mod store;
mod store_read;
mod store_webhooks;
mod text;
mod time;
mod timers;
mod touch;
mod transfer;
mod upkeep;
mod vault;
mod webhooks;
mod write;

pub use attachments::{Attachment, NewAttachment};
pub use backend::{Between, Call, Pass, Place, ServerFacts};
pub use blobs::FOLDER_ANCHOR;
pub use chain::ChainReport;
pub use customers::{Listed, Pair};
pub use error::{NoEntry, Result, StoreError};
pub use inbox::InboxMessage;
pub use model::{
    CALLS, CaseColumns, CaseRows, CaseWrite, EventRow, IdempotencyKey, ImportRow, NumberOf,
    OutboxRow, Receipt, ReceiptOf, Rollup, Tie, TimerRow, Write,
};
pub use outbox::{Delivery, OutboxMessage};
pub use presence::AtRest;
pub use read::case::{CaseSummary, Links, Older, StoredCase};
pub use read::feed::{Feed, FeedEvent, FeedHead};
pub use read::list::{BEGINNINGS, Filter, LATEST, Page, PhoneMatch, Sort};
pub use read::measure::Measured;
pub use read::open::{Count, Likeness};
pub use read::standing::Standing;
pub use scope::{Grant, Reach, Scope, Viewer};
pub use settings::{Administer, Change, LogEntry, Setting, api_key_hash};
pub use store::{Committing, Options, Rederived, Store, Upgrading};
pub use store_read::Position;
pub use text::{Excerpt, Piece, Query, fold, matches, phone_digits};
pub use timers::DueTimer;
pub use upkeep::{Facts, Verification};
pub use webhooks::{Attempt, DeliveryState, NewDelivery, WebhookDelivery, WebhookPlace};
pub use write::case::no_receipt;
pub use write::number::fold_number;

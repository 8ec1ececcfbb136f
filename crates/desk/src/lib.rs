//! The imperative shell around the core: one way to write a case, one way to change a setting, one way to see a case on
//! somebody's behalf, and the worker that lets time act.

mod access;
mod attach;
mod builtin;
mod clock;
mod desk;
mod draft;
pub mod entry;
mod error;
mod export;
mod facts;
mod follow;
mod foresee;
pub mod import;
mod load;
mod mask;
mod organisation;
mod publish;
mod reindex;
mod rows;
mod submit;
mod tidy;
mod vacant;
pub mod words;
mod work;
mod worker;

pub use access::Seen;
pub use attach::LARGEST_FILE;
pub use builtin::{Builtin, builtin};
pub use clock::{Clock, SystemClock, VirtualClock};
pub use desk::Desk;
pub use error::DeskError;
pub use export::Listing;
pub use foresee::Foreseen;
pub use mask::{mask_name, mask_phone, without_phones};
pub use organisation::{ApiKey, Caller, KeyScope};
pub use publish::{Published, calendar_for};
pub use rows::{FOLD_VERSION, decode_event, rows_of_life};
pub use submit::{Done, Options, Pending};
pub use tidy::Tidied;
pub use vacant::Vacancy;
pub use work::{COUNTED, Queue, Tally, Todo};
pub use worker::Sweep;

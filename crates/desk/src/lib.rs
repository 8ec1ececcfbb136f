//! The imperative shell around the core: one way to write a case, one way to change a setting, one way to see a case on
//! somebody's behalf, and the worker that lets time act.

mod absence;
mod access;
mod account;
mod attach;
mod builtin;
mod clock;
mod customers;
mod desk;
mod draft;
pub mod entry;
mod error;
mod export;
mod facts;
mod figures;
mod follow;
mod foresee;
mod here;
pub mod import;
mod installation;
mod link;
mod load;
mod mask;
mod organisation;
mod password;
mod publish;
mod reindex;
mod rows;
mod second;
mod secret;
mod session;
mod sign_in;
mod submit;
mod team;
mod tidy;
mod vacant;
pub mod words;
mod work;
mod worker;

pub use absence::Absence;
pub use access::Seen;
pub use account::{Language, Preferences, Theme};
pub use attach::LARGEST_FILE;
pub use builtin::{Builtin, builtin};
pub use clock::{Clock, SystemClock, VirtualClock};
pub use customers::{
    CUSTOMER_ROWS, CustomerImport, CustomersImported, Erased, History, Kept, Level, Revealed,
    unmasked,
};
pub use desk::Desk;
pub use error::DeskError;
pub use export::Listing;
pub use figures::Figures;
pub use foresee::Foreseen;
pub use here::Present;
pub use link::{INVITATION, Link, SET_UP, SetUp, user_name};
pub use mask::{mask_account, mask_name, mask_phone, without_phones};
pub use organisation::{ApiKey, Caller, KeyScope};
pub use password::SHORTEST_PASSWORD;
pub use publish::{Published, calendar_for};
pub use rows::{FOLD_VERSION, decode_event, rows_of_life};
pub use session::{IDLE, LONGEST_SESSION, Origin, Session};
pub use sign_in::Entry;
pub use submit::{Done, Options, Pending};
pub use team::Team;
pub use tidy::Tidied;
pub use vacant::Vacancy;
pub use work::{COUNTED, Queue, Tally, Todo};
pub use worker::Sweep;

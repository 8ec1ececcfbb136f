//! What a list can be narrowed by.

use crate::read::measure::Measured;
use jiff::Timestamp;

/// Which cases a list shows; everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// `Some(true)`: the work in hand, which is what makes a list cheap however many cases were closed.
    pub open: Option<bool>,
    /// Life cycle.
    pub life: Option<String>,
    /// Any life cycle but this one.
    pub except_life: Option<String>,
    /// Procedure.
    pub procedure: Option<String>,
    /// Stage.
    pub stage: Option<String>,
    /// Queue.
    pub queue: Option<String>,
    /// Who is responsible.
    pub holder: Option<String>,
    /// Who works on it.
    pub assignee: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Channel.
    pub channel: Option<String>,
    /// Category.
    pub category: Option<String>,
    /// Customer.
    pub customer: Option<String>,
    /// Cases that bear a number or an account by which this listed customer is reached.
    pub of_customer: Option<String>,
    /// Exactly this severity.
    pub severity: Option<u8>,
    /// Next due at or after this instant, UTC.
    pub due_from: Option<Timestamp>,
    /// Next due before this instant, UTC.
    pub due_before: Option<Timestamp>,
    /// Registered at or after this instant, UTC.
    pub registered_from: Option<Timestamp>,
    /// Registered before this instant, UTC.
    pub registered_before: Option<Timestamp>,
    /// It contributes to a measure: the cases behind a sum of [`crate::Store::rollups`].
    pub measured: Option<Measured>,
    /// Something in it waits for one of these people or roles ([`Tie::Awaited`]), whoever holds it.
    pub awaited: Option<Vec<String>>,
    /// It has a number, present or former, that begins so. Of each beginning the last [`BEGINNINGS`] numbers count.
    pub numbers: Option<Vec<String>>,
    /// Phone number.
    pub phone: Option<PhoneMatch>,
    /// Free text, by the rules of [`crate::matches`]. A text without letters and digits finds nothing.
    pub text: Option<String>,
}

/// Numbers that count of a beginning: more than anybody looks through, few enough that a year's worth of them costs nothing.
pub const BEGINNINGS: u32 = 2_000;

/// Cases that count of a number whose latest are looked for.
pub const LATEST: u32 = 100;

/// How a phone number is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneMatch {
    /// The whole number.
    Whole(String),
    /// The whole number, in the last [`LATEST`] cases that bear it: what stands beside a case must not take longer the more often
    /// somebody has called, however few of his cases the viewer may see.
    Latest(String),
    /// Its first seven digits.
    FirstSeven(String),
    /// Its last four digits.
    LastFour(String),
}

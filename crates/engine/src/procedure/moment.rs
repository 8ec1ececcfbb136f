//! Moments: the fixed vocabulary of what can happen to a case and start, stop or reset a clock (specification 0.2).

use super::{Actor, Purpose};
use serde::{Deserialize, Serialize};

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),* }
        impl $name {
            /// All words, in the order of the vocabulary.
            pub const ALL: &[$name] = &[$($name::$variant),*];
            /// The word used in files.
            pub fn name(self) -> &'static str { match self { $($name::$variant => $text),* } }
            /// The moment with this name.
            pub fn parse(text: &str) -> Option<Self> { Self::ALL.iter().copied().find(|m| m.name() == text) }
        }
    };
}

vocabulary! {
    /// Something that happened to a case.
    Moment {
        /// The customer contacted us (`received_at`).
        Received = "received",
        /// The record was saved.
        Registered = "registered",
        /// Type and level were set.
        Classified = "classified",
        /// Sent to an assignee.
        Dispatched = "dispatched",
        /// Sent back by the assignee.
        Returned = "returned",
        /// Receipt was confirmed.
        Acked = "acked",
        /// The holder began to work.
        Started = "started",
        /// Emergency response was started.
        ResponseStarted = "response_started",
        /// First contact of the holder with the customer.
        Responded = "responded",
        /// Any logged two-way or delivered contact with the customer.
        Contacted = "contacted",
        /// A contact was tried and failed.
        Attempted = "attempted",
        /// Facts were verified.
        Verified = "verified",
        /// A progress note was saved.
        Progress = "progress",
        /// The emergency mark was set.
        Flagged = "flagged",
        /// A matter was marked as major.
        Marked = "marked",
        /// A task was sent.
        TaskSent = "task_sent",
        /// A task was settled.
        TaskDone = "task_done",
        /// A plan was submitted.
        PlanSubmitted = "plan_submitted",
        /// The last blocking approval was given.
        PlanApproved = "plan_approved",
        /// An approver refused.
        PlanRejected = "plan_rejected",
        /// Filed for the record (备案).
        Filed = "filed",
        /// The execution is recorded as complete.
        Executed = "executed",
        /// The owner verified his own work.
        SelfVerified = "self_verified",
        /// The customer was told the result.
        ResultNotified = "result_notified",
        /// The customer confirmed.
        Confirmed = "confirmed",
        /// The survey was sent.
        SurveySent = "survey_sent",
        /// The customer rated.
        Rated = "rated",
        /// A supervisor called back after a bad rating.
        LeadContacted = "lead_contacted",
        /// The customer was dissatisfied in words or score.
        Dissatisfied = "dissatisfied",
        /// An extension or change was asked.
        ChangeRequested = "change_requested",
        /// An extension or change was decided.
        ChangeDecided = "change_decided",
        /// The customer urged.
        Urged = "urged",
        /// Clocks were paused.
        Paused = "paused",
        /// Clocks run again.
        Resumed = "resumed",
        /// Another round began.
        Reopened = "reopened",
        /// Handed over to another procedure.
        Transferred = "transferred",
        /// The matter was closed.
        Closed = "closed",
        /// The record was filed.
        Archived = "archived",
        /// The record was voided.
        Voided = "voided",
    }
}

/// A moment with an optional author (`responded@assignee`, `contacted@agent`) and purpose (`contacted#progress`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct MomentFilter {
    /// The moment.
    pub moment: Moment,
    /// Counted only when caused by this actor; `None`: whoever caused it.
    pub by: Option<Actor>,
    /// Counted only with this purpose of the contact.
    pub purpose: Option<Purpose>,
}

impl MomentFilter {
    /// The moment, whoever caused it.
    pub fn any(moment: Moment) -> Self {
        Self { moment, by: None, purpose: None }
    }

    /// Reads `moment`, `moment@role`, `moment@assignee`, `moment#purpose`, `moment@role#purpose`.
    pub fn parse(text: &str) -> Option<Self> {
        let (text, purpose) = match text.split_once('#') {
            Some((head, purpose)) => (head, Some(Purpose::parse(purpose)?)),
            None => (text, None),
        };
        let (text, by) = match text.split_once('@') {
            Some((head, by)) => (head, Some(Actor::after_at(by))),
            None => (text, None),
        };
        Some(Self { moment: Moment::parse(text)?, by, purpose })
    }
}

impl From<MomentFilter> for String {
    fn from(filter: MomentFilter) -> Self {
        let mut text = filter.moment.name().to_owned();
        if let Some(by) = &filter.by {
            text.push('@');
            text.push_str(by.bare());
        }
        if let Some(purpose) = filter.purpose {
            text.push('#');
            text.push_str(purpose.name());
        }
        text
    }
}

impl TryFrom<String> for MomentFilter {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is not a moment"))
    }
}

impl Purpose {
    const NAMES: [(Purpose, &'static str); 5] = [
        (Purpose::Verify, "verify"),
        (Purpose::Progress, "progress"),
        (Purpose::Result, "result"),
        (Purpose::Visit, "visit"),
        (Purpose::Other, "other"),
    ];
    /// The word used in files.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(p, _)| *p == self).map_or("other", |(_, n)| n)
    }
    /// The purpose with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, n)| *n == text).map(|(p, _)| *p)
    }
}

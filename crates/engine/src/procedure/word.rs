//! The words by which files name the alternatives of small closed vocabularies.

use super::{
    Again, ArchiveMode, ChainKind, Mark, Meaning, Means, Measures, Moment, Power, Purpose, Reach,
    Relation, Reset, StageKind, Verb,
};

/// A closed vocabulary: every alternative has one word.
pub(super) trait Word: Copy + 'static {
    /// The alternative with this word.
    fn from_word(word: &str) -> Option<Self>;
    /// All words.
    fn words() -> Vec<&'static str>;
}

macro_rules! words {
    ($($name:ident { $($variant:ident = $text:literal),* $(,)? })*) => { $(
        impl $name {
            /// All alternatives.
            pub const ALL: &[$name] = &[$($name::$variant),*];
            /// The word used in files.
            pub fn name(self) -> &'static str { match self { $($name::$variant => $text),* } }
            /// The alternative with this word.
            pub fn parse(word: &str) -> Option<Self> { Self::ALL.iter().copied().find(|one| one.name() == word) }
        }
        impl Word for $name {
            fn from_word(word: &str) -> Option<Self> { $name::parse(word) }
            fn words() -> Vec<&'static str> { $name::ALL.iter().map(|one| one.name()).collect() }
        }
    )* };
}

words! {
    Mark { Stated = "文", Decided = "歧", Proposed = "补" }
    Reach { Own = "own", Team = "team", Department = "department", All = "all" }
    Power { Administer = "administer", Confidential = "confidential", Reveal = "reveal", Supervise = "supervise" }
    Reset { Day = "day", Month = "month", Year = "year", Never = "never" }
    Meaning { Satisfied = "satisfied", Neutral = "neutral", Dissatisfied = "dissatisfied", Unrated = "unrated" }
    StageKind { Open = "open", Closed = "closed", Archived = "archived" }
    ChainKind { Approve = "approve", File = "file" }
    ArchiveMode { OnClose = "on_close", Daily = "daily" }
    Again { Never = "never", Round = "round", Start = "start" }
    Measures {
        First = "first", Resolve = "resolve", Acknowledge = "acknowledge", Update = "update", Contact = "contact",
        Approval = "approval", Visit = "visit", Archive = "archive", Triage = "triage", Emergency = "emergency",
    }
    Means {
        Customer = "customer", Contact = "contact", Phone = "phone", Account = "account", Level = "level",
        Channel = "channel", ReceivedAt = "received_at", Description = "description", Category = "category",
        Department = "department", Accused = "accused", Industry = "industry", Emotion = "emotion",
        Rating = "rating", DissatReason = "dissat_reason", Amount = "amount", Product = "product",
        Demand = "demand", PreferredChannel = "preferred_channel", Urgency = "urgency", Emergency = "emergency",
        Result = "result",
    }
    Relation {
        Assignee = "assignee", CoOwner = "co_owner", Registrar = "registrar", Approver = "approver",
        TaskOwner = "task_owner", TaskHead = "task_head", Holder = "holder", System = "system", Anyone = "anyone", Customer = "customer",
    }
    Verb {
        Register = "register", Edit = "edit", Assign = "assign", Unassign = "unassign", CoOwners = "co_owners",
        Contact = "contact", Progress = "progress", Task = "task", TaskDone = "task_done", Submit = "submit",
        Approve = "approve", Reject = "reject", File = "file", Rate = "rate", Extend = "extend",
        ExtendDecide = "extend_decide", Change = "change", Sign = "sign", ChangeDecide = "change_decide",
        Adjust = "adjust", ClearOverride = "clear_override", Urge = "urge", Link = "link", Unlink = "unlink",
        Merge = "merge", Unmerge = "unmerge", Transfer = "transfer", Pause = "pause", Resume = "resume",
        Void = "void", Reopen = "reopen", Hold = "hold", Release = "release", Comment = "comment",
        Deescalate = "deescalate",
    }
}

impl Word for Moment {
    fn from_word(word: &str) -> Option<Self> {
        Moment::parse(word)
    }
    fn words() -> Vec<&'static str> {
        Moment::ALL.iter().map(|one| one.name()).collect()
    }
}

impl Word for Purpose {
    fn from_word(word: &str) -> Option<Self> {
        Purpose::parse(word)
    }
    fn words() -> Vec<&'static str> {
        vec!["verify", "progress", "result", "visit", "other"]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same_as_json<T: Word + serde::Serialize>() {
        for word in T::words() {
            let one = T::from_word(word).expect("a word of the vocabulary");
            assert_eq!(serde_json::to_value(one).expect("serializes"), word);
        }
    }

    #[test]
    fn files_and_json_use_the_same_words() {
        same_as_json::<Reset>();
        same_as_json::<Reach>();
        same_as_json::<Power>();
        same_as_json::<Meaning>();
        same_as_json::<StageKind>();
        same_as_json::<ChainKind>();
        same_as_json::<ArchiveMode>();
        same_as_json::<Again>();
        same_as_json::<Measures>();
        same_as_json::<Means>();
        same_as_json::<Verb>();
        same_as_json::<Moment>();
        same_as_json::<Purpose>();
    }
}

//! Looking things up in a procedure, and the texts of actors and facts.

use super::{
    Action, Actor, Axis, AxisValue, Chain, Clock, Department, Effect, Escalation, Fact, Field,
    FieldKind, Form, FormField, LimitSpec, Means, Moment, Operand, Procedure, Purpose, Relation,
    Report, Role, Stage, StageKind, Table, TaskKind, Test, TransferRule, Verb,
};
use crate::key::Key;

impl Procedure {
    /// The stage with this key.
    pub fn stage(&self, key: &str) -> Option<&Stage> {
        self.stages.iter().find(|s| s.key == key)
    }

    /// Where the stage stands in the order of the way through.
    pub fn stage_index(&self, key: &str) -> Option<usize> {
        self.stages.iter().position(|s| s.key == key)
    }

    /// The action with this key.
    pub fn action(&self, key: &str) -> Option<&Action> {
        self.actions.iter().find(|a| a.key == key)
    }

    /// The one action that opens a case.
    pub fn register_action(&self) -> Option<&Action> {
        self.actions.iter().find(|a| a.has(Verb::Register))
    }

    /// The field with this key.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.key == key)
    }

    /// Whether the limit of some clock depends on a field: by the condition of a row, or as the instant that it names.
    pub fn is_counted_by(&self, field: &str) -> bool {
        self.clocks.iter().flat_map(|clock| &clock.by).any(|row| {
            matches!(&row.limit, LimitSpec::Field(named) if *named == *field)
                || row.when.asks(field)
        })
    }

    /// The field with this meaning.
    pub fn field_meaning(&self, means: Means) -> Option<&Field> {
        self.fields.iter().find(|f| f.means == Some(means))
    }

    /// The axis with this key.
    pub fn axis(&self, key: &str) -> Option<&Axis> {
        self.axes.iter().find(|a| a.key == key)
    }

    /// The axis whose values the field takes, one or many.
    pub fn axis_of(&self, field: &str) -> Option<&Axis> {
        self.axis(self.field(field)?.kind.axis()?)
    }

    /// The clock with this key.
    pub fn clock(&self, key: &str) -> Option<&Clock> {
        self.clocks.iter().find(|c| c.key == key)
    }

    /// The form with this key.
    pub fn form(&self, key: &str) -> Option<&Form> {
        self.forms.iter().find(|f| f.key == key)
    }

    /// The decision table with this key.
    pub fn table(&self, key: &str) -> Option<&Table> {
        self.tables.iter().find(|t| t.key == key)
    }

    /// The role with this key.
    pub fn role(&self, key: &str) -> Option<&Role> {
        self.roles.iter().find(|r| r.key == key)
    }

    /// The department with this key.
    pub fn department(&self, key: &str) -> Option<&Department> {
        self.departments.iter().find(|d| d.key == key)
    }

    /// The kind of task with this key.
    pub fn task(&self, key: &str) -> Option<&TaskKind> {
        self.tasks.iter().find(|t| t.key == key)
    }

    /// The approval chain with this key.
    pub fn chain(&self, key: &str) -> Option<&Chain> {
        self.chains.iter().find(|c| c.key == key)
    }

    /// The escalation with this name.
    pub fn escalation(&self, key: &str) -> Option<&Escalation> {
        self.escalations.iter().find(|e| e.key == key)
    }

    /// The hand-over rule with this key.
    pub fn transfer(&self, key: &str) -> Option<&TransferRule> {
        self.links.transfers.iter().find(|t| t.key == key)
    }

    /// The report with this key.
    pub fn report(&self, key: &str) -> Option<&Report> {
        self.reports.iter().find(|r| r.key == key)
    }

    /// The actions that may be done from a stage, as far as the stage decides it.
    pub fn actions_from<'a>(&'a self, stage: &'a Stage) -> impl Iterator<Item = &'a Action> {
        self.actions.iter().filter(|action| action.starts_from(stage))
    }
}

impl Action {
    /// Whether it does this.
    pub fn has(&self, verb: Verb) -> bool {
        self.does.contains(&verb)
    }

    /// The table by which it dispatches where nobody is named.
    pub fn dispatches_by(&self) -> Option<&Key> {
        self.effects.iter().filter(|_| self.has(Verb::Assign)).find_map(|effect| match effect {
            Effect::Assign(table) => Some(table),
            _ => None,
        })
    }

    /// Whether it only adds to the record of a case, so that nothing that somebody else does meanwhile contradicts it. Fields that
    /// it asks may be set with it all the same.
    pub fn only_adds(&self) -> bool {
        let adds = |verb: &Verb| {
            matches!(verb, Verb::Comment | Verb::Contact | Verb::Progress | Verb::Urge)
        };
        let nothing_follows = self.to.is_none() && self.effects.is_empty() && self.emits.is_empty();
        let nothing_is_asked = self.guards.is_empty() && self.forms.is_empty();
        !self.does.is_empty() && self.does.iter().all(adds) && nothing_follows && nothing_is_asked
    }

    /// Whether the stage lets it be done: named in `from`, or any open stage when none is named. Never the opening.
    pub fn starts_from(&self, stage: &Stage) -> bool {
        if self.has(Verb::Register) {
            return false;
        }
        if self.from.is_empty() {
            stage.kind == StageKind::Open
        } else {
            self.from.contains(&stage.key)
        }
    }
}

impl Form {
    /// What the form says about a field.
    pub fn field(&self, key: &str) -> Option<&FormField> {
        self.fields.iter().find(|f| f.field == key)
    }
}

impl FieldKind {
    /// The axis of an enumerated kind.
    pub fn axis(&self) -> Option<&Key> {
        match self {
            FieldKind::One(axis) | FieldKind::Many(axis) => Some(axis),
            _ => None,
        }
    }

    /// The word used in files.
    pub fn name(&self) -> &'static str {
        match self {
            FieldKind::Text => "text",
            FieldKind::Long => "long",
            FieldKind::Time => "time",
            FieldKind::One(_) => "one",
            FieldKind::Many(_) => "many",
            FieldKind::Bool => "bool",
            FieldKind::Person => "person",
            FieldKind::People => "people",
            FieldKind::Department => "department",
            FieldKind::Departments => "departments",
            FieldKind::Files => "files",
            FieldKind::Tel => "tel",
            FieldKind::Number => "number",
            FieldKind::Ref => "ref",
            FieldKind::Table(_) => "table",
            FieldKind::Auto(_) => "auto",
        }
    }
}

impl Axis {
    /// The value with this key.
    pub fn value(&self, key: &str) -> Option<&AxisValue> {
        self.values.iter().find(|v| v.key == key)
    }

    /// How many levels below the highest a value stands; 0 is the highest.
    pub fn rank(&self, key: &str) -> Option<usize> {
        self.values.iter().position(|v| v.key == key)
    }

    /// The next higher level; the highest stays itself. `None` for a value that is not on the axis.
    pub fn raise(&self, key: &str) -> Option<&AxisValue> {
        self.values.get(self.rank(key)?.saturating_sub(1))
    }

    /// The highest of these values.
    pub fn highest<'a>(&self, keys: impl IntoIterator<Item = &'a str>) -> Option<&AxisValue> {
        self.values.get(keys.into_iter().filter_map(|key| self.rank(key)).min()?)
    }
}

impl Actor {
    /// Reads `role` or `@relation`; `None` when it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix('@') {
            Some(relation) => Relation::parse(relation).map(Actor::Relation),
            None => is_key(text).then(|| Actor::Role(text.into())),
        }
    }

    /// What stands after `@` in a moment filter: a relation where it is the name of one, else a role.
    pub fn after_at(text: &str) -> Self {
        Relation::parse(text).map_or_else(|| Actor::Role(text.into()), Actor::Relation)
    }

    /// The role or relation without `@`.
    pub fn bare(&self) -> &str {
        match self {
            Actor::Role(role) => role,
            Actor::Relation(relation) => relation.name(),
        }
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::Role(role) => role.into(),
            Actor::Relation(relation) => format!("@{}", relation.name()),
        }
    }
}

impl TryFrom<String> for Actor {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is neither a role nor a relation"))
    }
}

impl Fact {
    /// Reads what stands after `$` in a condition's key.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, of) = match text.split_once(':') {
            Some((name, of)) => (name, Some(of)),
            None => (text, None),
        };
        let key = || of.filter(|of| is_key(of)).map(Key::from);
        let among = |words: &[&str]| of.filter(|of| words.contains(of)).map(str::to_owned);
        match (name, of) {
            ("round", None) => Some(Fact::Round),
            ("severity", None) => Some(Fact::Severity),
            ("open_tasks", None) => Some(Fact::OpenTasks),
            ("open_tasks", _) => key().map(Fact::OpenTasksOf),
            ("tasks", _) => key().map(Fact::TasksOf),
            ("task_departments", _) => key().map(Fact::TaskDepartments),
            ("attempts", None) => Some(Fact::Attempts),
            ("attempt_halfdays", None) => Some(Fact::AttemptHalfDays),
            ("happened", Some(moment)) => Moment::parse(moment).map(Fact::Happened),
            ("contacts", Some(purpose))
                if purpose == "any" || Purpose::parse(purpose).is_some() =>
            {
                Some(Fact::Contacts(purpose.to_owned()))
            }
            ("stage", None) => Some(Fact::Stage),
            ("assigned", None) => Some(Fact::Assigned),
            ("self", None) => Some(Fact::SelfAssigned),
            ("dispatches", None) => Some(Fact::Dispatches),
            ("escalated", _) => key().map(Fact::Escalated),
            ("pending", _) => among(&["extension", "change"]).map(Fact::Pending),
            ("members", None) => Some(Fact::Members),
            ("urges", None) => Some(Fact::Urges),
            ("answered", None) => Some(Fact::Answered),
            ("form", _) => key().map(Fact::FormComplete),
            _ => None,
        }
    }

    /// The text of files, without `$`.
    pub fn name(&self) -> String {
        match self {
            Fact::Round => "round".to_owned(),
            Fact::Severity => "severity".to_owned(),
            Fact::OpenTasks => "open_tasks".to_owned(),
            Fact::OpenTasksOf(kind) => format!("open_tasks:{kind}"),
            Fact::TasksOf(kind) => format!("tasks:{kind}"),
            Fact::TaskDepartments(kind) => format!("task_departments:{kind}"),
            Fact::Attempts => "attempts".to_owned(),
            Fact::AttemptHalfDays => "attempt_halfdays".to_owned(),
            Fact::Happened(moment) => format!("happened:{}", moment.name()),
            Fact::Contacts(purpose) => format!("contacts:{purpose}"),
            Fact::Stage => "stage".to_owned(),
            Fact::Assigned => "assigned".to_owned(),
            Fact::SelfAssigned => "self".to_owned(),
            Fact::Dispatches => "dispatches".to_owned(),
            Fact::Escalated(name) => format!("escalated:{name}"),
            Fact::Pending(what) => format!("pending:{what}"),
            Fact::Members => "members".to_owned(),
            Fact::Urges => "urges".to_owned(),
            Fact::Answered => "answered".to_owned(),
            Fact::FormComplete(form) => format!("form:{form}"),
        }
    }
}

impl Operand {
    /// The key of a condition in files: the field, or `$fact`.
    pub fn name(&self) -> String {
        match self {
            Operand::Field(field) => field.to_string(),
            Operand::Fact(fact) => format!("${}", fact.name()),
        }
    }
}

impl Test {
    /// The texts that it compares with.
    pub fn values(&self) -> &[String] {
        match self {
            Test::Eq(value) | Test::Ne(value) | Test::Has(value) => std::slice::from_ref(value),
            Test::In(values) => values,
            Test::Ge(_) | Test::Le(_) | Test::Empty(_) => &[],
        }
    }
}

/// Whether a text is formed like a key: `[a-z][a-z0-9_]*`.
pub(super) fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_a_role_or_a_relation() {
        assert_eq!(Actor::parse("cs_lead"), Some(Actor::Role("cs_lead".into())));
        assert_eq!(Actor::parse("@assignee"), Some(Actor::Relation(Relation::Assignee)));
        assert_eq!(Actor::parse("@nobody"), None);
        assert_eq!(Actor::parse("客服"), None);
        assert_eq!(Actor::after_at("holder"), Actor::Relation(Relation::Holder));
        assert_eq!(Actor::after_at("agent").bare(), "agent");
        assert_eq!(String::from(Actor::Relation(Relation::CoOwner)), "@co_owner");
    }

    #[test]
    fn every_fact_reads_back_from_its_name() {
        for text in [
            "round",
            "severity",
            "open_tasks",
            "open_tasks:sub",
            "tasks:sub",
            "task_departments:sub",
            "attempts",
            "attempt_halfdays",
            "happened:acked",
            "contacts:any",
            "contacts:result",
            "stage",
            "assigned",
            "self",
            "dispatches",
            "escalated:urgent",
            "pending:change",
            "members",
            "urges",
            "answered",
            "form:f1",
        ] {
            assert_eq!(Fact::parse(text).map(|fact| fact.name()).as_deref(), Some(text));
        }
        for text in [
            "rounds",
            "happened",
            "happened:nothing",
            "contacts:x",
            "pending:y",
            "round:1",
            "escalated:",
        ] {
            assert_eq!(Fact::parse(text), None, "{text}");
        }
    }
}

//! Who sees which cases, as one SQL condition from one function. Lists, counts, search, feed and candidates all use it.

use crate::backend::Param;
use crate::model::{Tie, bits, person_target};
use uuid::Uuid;

/// What somebody may see: every case that at least one grant reaches.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Scope {
    /// Key of the person, for [`Reach::Own`], and who sees nothing that he is barred from; empty for the program itself.
    pub person: Viewer,
    /// Without a grant nothing is seen.
    pub grants: Vec<Grant>,
}

/// Somebody who looks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Viewer {
    pub(crate) key: String,
    /// What stands for him among the links of a case.
    pub(crate) target: Uuid,
}

impl<K: Into<String>> From<K> for Viewer {
    fn from(key: K) -> Self {
        let key = key.into();
        let target = person_target(&key);
        Self { key, target }
    }
}

/// One right to see cases.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Grant {
    /// Only cases of this procedure; `None` is every procedure.
    pub procedure: Option<String>,
    /// How far it reaches.
    pub reach: Reach,
    /// Whether confidential cases are included.
    pub confidential: bool,
}

/// How far a grant reaches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// Cases that the person holds, or works or worked on.
    Own,
    /// Cases whose holder, assignee or queue is one of these keys.
    Team(Vec<String>),
    /// Cases of these departments.
    Departments(Vec<String>),
    /// All cases.
    All,
}

impl Scope {
    /// Everything, for the program's own work and for whoever may see all.
    pub fn all() -> Self {
        Self {
            person: Viewer::default(),
            grants: vec![Grant { procedure: None, reach: Reach::All, confidential: true }],
        }
    }

    /// Whether every case is within it, whoever is barred from which.
    pub(crate) fn is_everything(&self) -> bool {
        let everything = |grant: &Grant| {
            grant.procedure.is_none() && grant.confidential && grant.reach == Reach::All
        };
        self.grants.iter().any(everything)
    }

    /// Nothing.
    pub fn nobody() -> Self {
        Self::default()
    }

    /// The cases of some departments, of every procedure, without confidential ones.
    pub fn departments(departments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let reach = Reach::Departments(departments.into_iter().map(Into::into).collect());
        Self {
            person: Viewer::default(),
            grants: vec![Grant { procedure: None, reach, confidential: false }],
        }
    }

    /// The cases a person holds or works on.
    pub fn own(person: impl Into<Viewer>) -> Self {
        Self {
            person: person.into(),
            grants: vec![Grant { procedure: None, reach: Reach::Own, confidential: true }],
        }
    }
}

/// A statement under construction: text and the values of its placeholders, in order.
#[derive(Default)]
pub(crate) struct Statement<'a> {
    pub(crate) text: String,
    pub(crate) params: Vec<Param<'a>>,
}

impl<'a> Statement<'a> {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), params: Vec::new() }
    }

    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a value and the placeholder for it.
    pub(crate) fn bind(&mut self, value: impl Into<Param<'a>>) -> &mut Self {
        self.params.push(value.into());
        let n = self.params.len();
        self.text.push_str(&format!("?{n}"));
        self
    }

    pub(crate) fn bind_list(&mut self, values: &'a [String]) -> &mut Self {
        // An empty list holds nothing; NULL equals nothing.
        self.push(if values.is_empty() { "(NULL" } else { "(" });
        for (n, value) in values.iter().enumerate() {
            self.push(if n > 0 { ", " } else { "" }).bind(value);
        }
        self.push(")")
    }
}

/// Adds ` AND (…)` with the condition of a scope on the table `cases`. [`crate::read::board`] counts by the same rules.
pub(crate) fn within<'a>(statement: &mut Statement<'a>, scope: &'a Scope) {
    if !scope.is_everything() {
        granted(statement, scope);
    }
    // However much somebody sees: not what is about himself.
    if !scope.person.key.is_empty() {
        tied(statement.push(" AND NOT EXISTS "), Tie::Barred, &scope.person.target);
    }
}

/// Adds the condition of a scope's grants.
fn granted<'a>(statement: &mut Statement<'a>, scope: &'a Scope) {
    statement.push(" AND (1 = 0");
    // What is the person's own comes last: it is looked for among the links where nothing else says yes.
    let (own, others): (Vec<&Grant>, Vec<&Grant>) =
        scope.grants.iter().partition(|grant| grant.reach == Reach::Own);
    for grant in others.into_iter().chain(own) {
        statement.push(" OR (1 = 1");
        if let Some(procedure) = &grant.procedure {
            statement.push(" AND cases.procedure = ").bind(procedure);
        }
        if !grant.confidential {
            statement.push(" AND cases.confidential = 0");
        }
        match &grant.reach {
            Reach::All => {}
            Reach::Own => {
                statement.push(" AND (cases.holder = ").bind(&scope.person.key);
                statement.push(" OR cases.assignee = ").bind(&scope.person.key);
                // Most cases have none of his bits, which costs less than to look among the links.
                let bits = bits(&scope.person.target);
                statement.push(" OR (cases.workers & ").bind(bits).push(") = ").bind(bits);
                tied(statement.push(" AND EXISTS "), Tie::Works, &scope.person.target).push(")");
            }
            Reach::Departments(keys) => {
                statement.push(" AND cases.department IN ").bind_list(keys);
            }
            Reach::Team(keys) => {
                statement.push(" AND (cases.holder IN ").bind_list(keys);
                statement.push(" OR cases.assignee IN ").bind_list(keys);
                statement.push(" OR cases.queue IN ").bind_list(keys).push(")");
            }
        }
        statement.push(")");
    }
    statement.push(")");
}

/// Whether a case has to do with a person in this way.
fn tied<'s, 'a>(
    statement: &'s mut Statement<'a>,
    tie: Tie,
    person: &'a Uuid,
) -> &'s mut Statement<'a> {
    statement
        .push("(SELECT 1 FROM links WHERE links.case_id = cases.id AND links.relation = '")
        .push(tie.relation())
        .push("' AND links.target = ")
        .bind(person)
        .push(")")
}

/// One of each kind, for the plans of statements.
#[cfg(test)]
pub(crate) fn samples() -> Vec<Scope> {
    let keys = || vec!["a".to_owned(), "b".to_owned()];
    let grant = |reach| Grant { procedure: Some("p".into()), reach, confidential: false };
    let mixed = vec![
        grant(Reach::Own),
        grant(Reach::Team(keys())),
        grant(Reach::Departments(keys())),
        grant(Reach::All),
    ];
    vec![
        Scope::all(),
        Scope::nobody(),
        Scope::own("p"),
        Scope::departments(keys()),
        Scope::departments(Vec::<String>::new()),
        Scope { person: "p".into(), grants: mixed },
        Scope { person: "p".into(), ..Scope::all() },
    ]
}

//! What only the whole procedure can tell: whether its parts fit together.

use super::book::{Book, Place};
use super::rest::placeholders;
use super::{actions, clocks};
use crate::procedure::{
    Actor, Effect, Field, FieldKind, LimitSpec, Means, Origin, Procedure, Relation, StepKind,
};

/// Checks that need more than one item.
pub(super) fn check(book: &Book, procedure: &Procedure) {
    let whole = Whole { book, procedure, broken: book.found_in() };
    whole.head();
    whole.numbering();
    whole.roles();
    procedure.fields.iter().for_each(|field| whole.field(field));
    actions::check(&whole);
    procedure.clocks.iter().for_each(|clock| clocks::check(&whole, clock));
    whole.small();
    whole.survey();
    whole.settings();
    whole.unused();
}

/// The whole procedure with the book that takes the findings.
pub(super) struct Whole<'a> {
    book: &'a Book,
    pub(super) procedure: &'a Procedure,
    /// Where something was found before: what else is wrong there, and what nothing uses, may only follow from that.
    broken: Vec<String>,
}

impl Whole<'_> {
    pub(super) fn find(
        &self,
        (section, key, origin): (&str, &str, &Origin),
        code: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        let item = if key.is_empty() { section.to_owned() } else { format!("{section}.{key}") };
        let follows = ["unused", "missing_register"].contains(&code);
        let within = |found: &String| {
            found
                .strip_prefix(&item)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if !(self.broken.iter().any(within) || !self.broken.is_empty() && follows) {
            self.book.find(&Place { line: origin.line.max(1), item }, code, expected, found);
        }
    }

    fn head(&self) {
        let at = ("procedure", "severity", &self.procedure.origin);
        if self.procedure.field(&self.procedure.severity).is_none() {
            return;
        }
        match self.procedure.axis_of(&self.procedure.severity) {
            Some(axis)
                if axis.values.iter().all(|value| value.severity.is_some() || value.system) => {}
            Some(axis) => self.find(
                at,
                "wrong_axis",
                "a severity on every value",
                format!("axis `{}`", axis.key),
            ),
            None => self.find(
                at,
                "wrong_field",
                "a field of type one",
                format!("`{}`", self.procedure.severity),
            ),
        }
    }

    fn numbering(&self) {
        let numbering = &self.procedure.numbering;
        let at = ("numbering", "pattern", &numbering.origin);
        let holes = |text: &str, known: &[&str], key: &'static str| {
            for hole in placeholders(text) {
                let serial = hole
                    .and_then(|hole| hole.strip_prefix("SEQ:"))
                    .is_some_and(|n| matches!(n.parse(), Ok(1..=12u8)));
                if !serial && !hole.is_some_and(|hole| known.contains(&hole)) {
                    let expected = format!("{{{}}} {{SEQ:n}}", known.join("} {"));
                    let found = hole.map_or("a brace without its other".to_owned(), |hole| {
                        format!("`{{{hole}}}`")
                    });
                    self.find(
                        ("numbering", key, &numbering.origin),
                        "bad_placeholder",
                        expected,
                        found,
                    );
                }
            }
        };
        let pattern = numbering.pattern.as_str();
        holes(pattern, &["YYYY", "YYYYMM", "YYYYMMDD", "CH"], "pattern");
        holes(numbering.change.as_deref().unwrap_or_default(), &["NUMBER"], "change");
        holes(numbering.dispatch.as_deref().unwrap_or_default(), &["NUMBER", "ROUND"], "dispatch");
        if pattern.contains("{CH}") {
            let channel = self.procedure.field_meaning(Means::Channel);
            match channel.and_then(|field| self.procedure.axis_of(&field.key)) {
                None => {
                    self.find(at, "missing_means", "a field of type one that means channel", "none")
                }
                Some(axis) => {
                    for value in axis.values.iter().filter(|value| value.code.is_none()) {
                        let at =
                            ("axes", &*format!("{}.values.{}", axis.key, value.key), &value.origin);
                        self.find(
                            at,
                            "missing_key",
                            "the key `code`, as numbers carry {CH}",
                            "none",
                        );
                    }
                }
            }
        }
    }

    fn roles(&self) {
        for role in &self.procedure.roles {
            let at = ("roles", &*role.key, &role.origin);
            if Relation::parse(&role.key).is_some() {
                self.find(at, "bad_key", "a key that is not a relation", format!("`{}`", role.key));
            }
            let mut next = role.passes_to.as_ref();
            for _ in 0..self.procedure.roles.len() {
                if next == Some(&role.key) {
                    self.find(
                        at,
                        "passes_in_a_circle",
                        "a role that does not pass back",
                        "itself again",
                    );
                    break;
                }
                next = next.and_then(|key| self.procedure.role(key)?.passes_to.as_ref());
            }
        }
    }

    fn field(&self, field: &Field) {
        let at = ("fields", &*field.key, &field.origin);
        let kind = &field.kind;
        if ["all", "any", "not"].contains(&&*field.key) {
            self.find(
                at,
                "bad_key",
                "a key other than all, any and not, which conditions use",
                format!("`{}`", field.key),
            );
        }
        let fits = match field.means {
            None => true,
            Some(Means::ReceivedAt) => matches!(kind, FieldKind::Time),
            Some(Means::Channel | Means::Level | Means::Rating) => {
                matches!(kind, FieldKind::One(_))
            }
            Some(Means::Amount) => matches!(kind, FieldKind::Number),
            Some(Means::Accused) => matches!(kind, FieldKind::Person | FieldKind::People),
            Some(Means::Department) => matches!(kind, FieldKind::Department),
            Some(Means::Emergency) => matches!(kind, FieldKind::Bool),
            Some(Means::Description) => matches!(kind, FieldKind::Text | FieldKind::Long),
            Some(_) => !matches!(kind, FieldKind::Auto(_)),
        };
        if let Some(means) = field.means.filter(|_| !fits) {
            let expected = format!("a type that can mean {}", means.name());
            self.find(at, "wrong_type", expected, format!("`{}`", kind.name()));
        }
        let text = matches!(kind, FieldKind::Text | FieldKind::Long);
        let time = matches!(kind, FieldKind::Time);
        let misplaced = [
            ("min_chars", field.min_chars.is_some() && !text),
            ("vague", !field.vague.is_empty() && !text),
            ("not_future", field.not_future && !time),
            ("not_before", field.not_before.is_some() && !time),
        ];
        for (key, _) in misplaced.into_iter().filter(|(_, misplaced)| *misplaced) {
            self.find(
                at,
                "misplaced_key",
                format!("no `{key}` on the type `{}`", kind.name()),
                format!("`{key}`"),
            );
        }
    }

    /// Items of which little can be wrong.
    fn small(&self) {
        for table in self.procedure.tables.iter().filter(|table| table.rows.is_empty()) {
            let at = ("tables", &*table.key, &table.origin);
            self.find(at, "empty_list", "at least one row", "none");
        }
        for chain in self.procedure.chains.iter().filter(|chain| chain.steps.is_empty()) {
            self.find(
                ("chains", &*chain.key, &chain.origin),
                "empty_list",
                "at least one step",
                "none",
            );
        }
        for task in self.procedure.tasks.iter().filter(|task| task.limit == Some(LimitSpec::Task)) {
            self.find(
                ("tasks", &*task.key, &task.origin),
                "bad_limit",
                "a limit other than that of the task itself",
                "`task`",
            );
        }
        for form in self.procedure.forms.iter().filter(|form| form.fields.is_empty()) {
            self.find(
                ("forms", &*form.key, &form.origin),
                "empty_list",
                "at least one field",
                "none",
            );
        }
        for axis in self.procedure.axes.iter().filter(|axis| axis.values.is_empty()) {
            self.find(
                ("axes", &*axis.key, &axis.origin),
                "empty_list",
                "at least one value",
                "none",
            );
        }
        if self.procedure.stages.is_empty() {
            self.find(
                ("stages", "", &self.procedure.origin),
                "missing_section",
                "at least one stage",
                "none",
            );
        }
    }

    fn survey(&self) {
        let Some(survey) = &self.procedure.survey else { return };
        let at = ("survey", "rating", &survey.origin);
        if self.procedure.field(&survey.rating).is_none() {
            return;
        }
        match self.procedure.axis_of(&survey.rating) {
            None => {
                self.find(at, "wrong_field", "a field of type one", format!("`{}`", survey.rating))
            }
            Some(axis) if axis.values.iter().all(|value| value.meaning.is_none()) => {
                self.find(
                    at,
                    "wrong_axis",
                    "values with a `meaning`",
                    format!("axis `{}`", axis.key),
                );
            }
            Some(_) => {}
        }
        for field in survey
            .prefill
            .then_some(&survey.dimensions)
            .into_iter()
            .flatten()
            .chain([&survey.rating])
        {
            let scored = |field| {
                self.procedure
                    .axis_of(field)?
                    .values
                    .iter()
                    .find(|v| v.score.is_none() && !v.system)
            };
            if let Some(value) = scored(field).filter(|_| survey.prefill) {
                let found = format!("`{}` of `{field}` without one", value.key);
                self.find(
                    ("survey", "prefill", &survey.origin),
                    "wrong_axis",
                    "a score on every value",
                    found,
                );
            }
        }
    }

    fn settings(&self) {
        for (at, rule) in self.procedure.rules.iter().enumerate() {
            if rule.effects.iter().any(|effect| matches!(effect, Effect::Goto(_) | Effect::Round)) {
                let item = format!("rules[{}]", at + 1);
                self.find(
                    (&item, "effects", &rule.origin),
                    "bad_effect",
                    "no goto and no round in a rule",
                    "one",
                );
            }
        }
        let archive = &self.procedure.archive;
        if archive.keep_years < archive.floor_years {
            let expected = format!("at least the floor of {} years", archive.floor_years);
            self.find(
                ("archive", "keep_years", &archive.origin),
                "bad_value",
                expected,
                archive.keep_years.to_string(),
            );
        }
        if let Some(merge) =
            self.procedure.links.merge.as_ref().filter(|merge| merge.propose > merge.similarity)
        {
            let expected = format!("at most the similarity of {}", merge.similarity);
            self.find(
                ("links.merge", "propose", &merge.origin),
                "bad_value",
                expected,
                merge.propose.to_string(),
            );
        }
        for step in
            self.procedure.clocks.iter().flat_map(|clock| clock.remind.iter().chain(&clock.breach))
        {
            let StepKind::Act(action) = &step.does else { continue };
            let system = Actor::Relation(Relation::System);
            if self.procedure.action(action).is_some_and(|action| !action.by.contains(&system)) {
                self.find(
                    ("clocks", "act", &step.origin),
                    "missing_actor",
                    format!("@system in `by` of `{action}`"),
                    "none",
                );
            }
        }
    }

    /// Forms, tables, chains and transfers that nothing uses would be dead letters.
    fn unused(&self) {
        let p = self.procedure;
        let actions = &p.actions;
        let effects = actions
            .iter()
            .flat_map(|action| &action.effects)
            .chain(p.rules.iter().flat_map(|r| &r.effects));
        let effects =
            effects.chain(p.survey.iter().flat_map(|s| &s.rules).flat_map(|rule| &rule.effects));
        let assigned: Vec<_> = effects
            .filter_map(|e| if let Effect::Assign(table) = e { Some(table) } else { None })
            .collect();
        let unused = |section, key: &str, origin: &Origin| {
            self.find((section, key, origin), "unused", "something that uses it", "nothing");
        };
        for form in p
            .forms
            .iter()
            .filter(|form| !actions.iter().any(|action| action.forms.contains(&form.key)))
        {
            unused("forms", &form.key, &form.origin);
        }
        for chain in p
            .chains
            .iter()
            .filter(|chain| !actions.iter().any(|action| action.chain.as_ref() == Some(&chain.key)))
        {
            unused("chains", &chain.key, &chain.origin);
        }
        for rule in &p.links.transfers {
            if !actions.iter().any(|action| action.transfer.as_ref() == Some(&rule.key)) {
                unused("links.transfers", &rule.key, &rule.origin);
            }
        }
        for table in &p.tables {
            let derives = p.fields.iter().any(|field| field.derive.as_ref() == Some(&table.key));
            if !derives && !assigned.contains(&&table.key) {
                unused("tables", &table.key, &table.origin);
            }
        }
    }
}

//! One procedure under its new names. Every type is taken apart field by field, so that a field added to the model
//! does not compile here until somebody has decided whether it holds a name.

use super::{Named, Renaming};
use crate::procedure::*;

/// The procedure under its new names; `all` are the old procedures, to which transfers may lead.
pub(super) fn renamed(renaming: &Renaming, all: &[Procedure], procedure: &Procedure) -> Procedure {
    let mut copy = procedure.clone();
    Walk { renaming, all, old: procedure }.procedure(&mut copy);
    copy
}

pub(super) struct Walk<'a> {
    pub(super) renaming: &'a Renaming,
    all: &'a [Procedure],
    pub(super) old: &'a Procedure,
}

impl Walk<'_> {
    fn procedure(&self, procedure: &mut Procedure) {
        let Procedure {
            key,
            label: _,
            about: _,
            version: _,
            calendar: _,
            windows: _,
            severity,
            origin: _,
            numbering: _,
            roles,
            departments,
            axes,
            fields,
            forms,
            tables,
            stages,
            actions,
            clocks,
            tasks,
            escalations,
            chains,
            survey,
            extension,
            change,
            links,
            rules,
            notify,
            archive,
            reports,
            notes: _,
        } = procedure;
        self.key(Named::Procedure, key);
        self.key(Named::Field, severity);
        roles.iter_mut().for_each(|one| self.role(one));
        for Department { key, label: _, origin: _ } in departments {
            self.key(Named::Department, key);
        }
        axes.iter_mut().for_each(|one| self.axis(one));
        fields.iter_mut().for_each(|one| self.field(one));
        forms.iter_mut().for_each(|one| self.form(one));
        tables.iter_mut().for_each(|one| self.table(one));
        for Stage { key, label: _, kind: _, owner, next, nodes: _, origin: _ } in stages {
            self.key(Named::Stage, key);
            self.actor(owner);
            self.maybe(Named::Action, next);
        }
        actions.iter_mut().for_each(|one| self.action(one));
        clocks.iter_mut().for_each(|one| self.clock(one));
        for TaskKind { key, label: _, owner, limit, title: _, done_on, origin: _ } in tasks {
            self.key(Named::Task, key);
            self.actor(owner);
            limit.iter_mut().for_each(|limit| self.limit(limit));
            self.filters(done_on);
        }
        for Escalation { key, label: _, origin: _ } in escalations {
            self.key(Named::Escalation, key);
        }
        chains.iter_mut().for_each(|one| self.chain(one));
        survey.iter_mut().for_each(|one| self.survey(one));
        if let Some(Extension {
            clock,
            max: _,
            within_limit: _,
            told_first: _,
            approver,
            origin: _,
        }) = extension
        {
            self.key(Named::Clock, clock);
            self.key(Named::Role, approver);
        }
        if let Some(Change { clock, approver, sets, methods: _, origin: _ }) = change {
            self.key(Named::Clock, clock);
            self.key(Named::Role, approver);
            self.keys(Named::Field, sets);
        }
        self.links(links);
        for Rule { on, when, effects, origin: _ } in rules {
            self.filter(on);
            self.condition(when);
            self.effects(effects);
        }
        for Notify { key: _, on, when, to, text, loud: _, origin: _ } in notify {
            self.filter(on);
            self.condition(when);
            self.actors(to);
            let Label { zh, en } = text;
            self.template(zh);
            self.template(en);
        }
        let Archive { mode: _, forms, keep_years: _, floor_years: _, origin: _ } = archive;
        self.keys(Named::Form, forms);
        for Report { key: _, label: _, every: _, metrics: _, readers, origin: _ } in reports {
            self.keys(Named::Role, readers);
        }
    }

    fn role(&self, role: &mut Role) {
        let Role {
            key,
            label: _,
            department,
            of_department: _,
            reach: _,
            may: _,
            passes_to,
            origin: _,
        } = role;
        self.key(Named::Role, key);
        self.maybe(Named::Department, department);
        self.maybe(Named::Role, passes_to);
    }

    fn axis(&self, axis: &mut Axis) {
        let Axis { key, label: _, values, open: _, origin: _ } = axis;
        for value in values {
            let AxisValue {
                key: own,
                label: _,
                severity: _,
                code: _,
                score: _,
                meaning: _,
                criterion: _,
                system: _,
                disabled: _,
                loud: _,
                also: _,
                origin: _,
            } = value;
            *own = self.renaming.value(&self.old.key, key, own);
        }
        self.key(Named::Axis, key);
    }

    fn field(&self, field: &mut Field) {
        let Field {
            key,
            label: _,
            kind,
            means: _,
            pii: _,
            default,
            derive,
            guarded: _,
            min_chars: _,
            vague: _,
            not_future: _,
            not_before,
            also: _,
            example: _,
            hint,
            origin: _,
        } = field;
        default.iter_mut().for_each(|value| self.value(key, value));
        self.key(Named::Field, key);
        self.kind(kind);
        self.maybe(Named::Table, derive);
        self.maybe(Named::Field, not_before);
        hint.iter_mut().for_each(|(when, _)| self.condition(when));
    }

    fn kind(&self, kind: &mut FieldKind) {
        match kind {
            FieldKind::One(axis) | FieldKind::Many(axis) => self.key(Named::Axis, axis),
            FieldKind::Table(columns) => {
                for Column { key: _, label: _, kind, required: _, pii: _ } in columns {
                    self.kind(kind);
                }
            }
            FieldKind::Auto(source) => self.source(source),
            FieldKind::Text
            | FieldKind::Long
            | FieldKind::Time
            | FieldKind::Bool
            | FieldKind::Person
            | FieldKind::People
            | FieldKind::Department
            | FieldKind::Departments
            | FieldKind::Files
            | FieldKind::Tel
            | FieldKind::Number
            | FieldKind::Ref => {}
        }
    }

    fn source(&self, source: &mut Source) {
        match source {
            Source::Due(clock) | Source::Steps(clock) => self.key(Named::Clock, clock),
            Source::Tasks(kind) => self.key(Named::Task, kind),
            Source::Approvals(chain) => self.key(Named::Chain, chain),
            Source::Number
            | Source::Status
            | Source::DispatchNumber
            | Source::Registrar
            | Source::Assignee
            | Source::CoOwners
            | Source::Department
            | Source::At(_)
            | Source::By(_)
            | Source::Contacts
            | Source::Progress
            | Source::Extensions
            | Source::Changes
            | Source::Dispatches
            | Source::Links
            | Source::Urges
            | Source::Reminders
            | Source::Checklist
            | Source::KeepUntil
            | Source::Round => {}
        }
    }

    fn form(&self, form: &mut Form) {
        let Form { key, label: _, stage, fields, origin: _ } = form;
        self.key(Named::Form, key);
        self.key(Named::Stage, stage);
        for FormField { field, block: _, need, by, origin: _ } in fields {
            self.key(Named::Field, field);
            self.need(need);
            self.key(Named::Stage, by);
        }
    }

    fn table(&self, table: &mut Table) {
        let Table { key, label: _, rows, origin: _ } = table;
        let derived = self
            .old
            .fields
            .iter()
            .find(|field| field.derive.as_ref() == Some(key))
            .map(|field| &field.key);
        for Row { when, value, role, department, senior: _, copy, origin: _ } in rows {
            self.condition(when);
            if let (Some(field), Some(value)) = (derived, value) {
                self.value(field, value);
            }
            self.maybe(Named::Role, role);
            self.maybe(Named::Department, department);
            self.keys(Named::Role, copy);
        }
        self.key(Named::Table, key);
    }

    fn action(&self, action: &mut Action) {
        let Action {
            key,
            label: _,
            does: _,
            from,
            to,
            by,
            when,
            guards,
            forms,
            input,
            reason: _,
            emits: _,
            purpose: _,
            effects,
            task,
            chain,
            transfer: _,
            override_by,
            origin: _,
        } = action;
        self.key(Named::Action, key);
        self.keys(Named::Stage, from);
        self.maybe(Named::Stage, to);
        self.actors(by);
        self.condition(when);
        for Guard { need, say: _, origin: _ } in guards {
            self.condition(need);
        }
        self.keys(Named::Form, forms);
        for Input { field, need, presets } in input {
            self.key(Named::Field, field);
            self.need(need);
            for Preset { when, limit } in presets {
                self.condition(when);
                self.limit(limit);
            }
        }
        self.effects(effects);
        self.maybe(Named::Task, task);
        self.maybe(Named::Chain, chain);
        self.actors(override_by);
    }

    fn clock(&self, clock: &mut Clock) {
        let Clock {
            key,
            label: _,
            start,
            when,
            repeat,
            again: _,
            by,
            stop_at,
            cancel,
            owner,
            warn: _,
            remind,
            breach,
            every: _,
            tasks,
            pausable: _,
            then,
            carried: _,
            loud: _,
            after_filing: _,
            expires: _,
            measures: _,
            origin: _,
        } = clock;
        self.key(Named::Clock, key);
        [start, repeat, cancel].into_iter().for_each(|filters| self.filters(filters));
        self.condition(when);
        for ClockBy { when, limit, stop, origin: _ } in by {
            self.condition(when);
            self.limit(limit);
            self.filters(stop);
        }
        self.actor(owner);
        for Step { after: _, does, to, unless, from_miss: _, origin: _ } in
            remind.iter_mut().chain(breach)
        {
            match does {
                StepKind::Notify => {}
                StepKind::Escalate(name) => self.key(Named::Escalation, name),
                StepKind::Act(action) => self.key(Named::Action, action),
                StepKind::Task(kind) => self.key(Named::Task, kind),
            }
            self.actors(to);
            self.filters(unless);
        }
        self.keys(Named::Task, tasks);
        self.maybe(Named::Field, stop_at);
        if let Some((field, stop)) = then {
            self.key(Named::Field, field);
            self.filters(stop);
        }
    }

    fn chain(&self, chain: &mut Chain) {
        let Chain { key, label: _, steps, skip, origin: _ } = chain;
        self.key(Named::Chain, key);
        for ChainStep { kind: _, role, when, origin: _ } in steps {
            self.key(Named::Role, role);
            self.condition(when);
        }
        skip.iter_mut().for_each(|skip| self.condition(skip));
    }

    fn survey(&self, survey: &mut Survey) {
        let Survey { rating, dimensions, prefill: _, channels: _, rules, late_days: _, origin: _ } =
            survey;
        self.key(Named::Field, rating);
        self.keys(Named::Field, dimensions);
        for SurveyRule { when, effects, origin: _ } in rules {
            self.condition(when);
            self.effects(effects);
        }
    }

    fn links(&self, links: &mut Links) {
        let Links { merge, transfers } = links;
        if let Some(MergeRule {
            window: _,
            similarity: _,
            propose: _,
            same,
            raise,
            pass,
            share: _,
            origin: _,
        }) = merge
        {
            self.key(Named::Field, same);
            self.keys(Named::Field, raise);
            self.keys(Named::Field, pass);
        }
        for TransferRule { key: _, to, copy, set, origin: _ } in transfers {
            let other = self.all.iter().find(|procedure| procedure.key == *to);
            for (theirs, ours) in copy {
                *theirs = self.renaming.name(Named::Field, to, theirs);
                self.key(Named::Field, ours);
            }
            for (theirs, value) in set {
                if let Some(other) = other {
                    *value = self.renaming.written(other, theirs, value);
                }
                *theirs = self.renaming.name(Named::Field, to, theirs);
            }
            self.key(Named::Procedure, to);
        }
    }
}

//! What an approval, an extension or a change request is about: whoever decides reads it above his buttons.

use super::Look;
use desk::without_phones;
use engine::procedure::{Action, FieldKind, Verb};
use engine::show;

/// Name, value, and whether it is long.
type Shown = (String, String, bool);

impl Look<'_> {
    /// What is decided upon by an action.
    pub(super) fn decided(&self, action: &Action) -> Vec<Shown> {
        let decides = [Verb::Approve, Verb::Reject, Verb::File].map(|verb| action.has(verb));
        if decides.contains(&true) {
            return self.submitted(action);
        }
        if action.has(Verb::ChangeDecide) {
            return self.changes();
        }
        if action.has(Verb::ExtendDecide) { self.extensions() } else { Vec::new() }
    }

    /// What the step that began the chain had to fill in.
    fn submitted(&self, action: &Action) -> Vec<Shown> {
        let rules = &self.seen.procedure;
        let running = self.seen.case.chain.as_ref().map(|run| &run.chain);
        let chain = action.chain.as_ref().or(running);
        let mut begins = rules.actions.iter().filter(|one| one.has(Verb::Submit));
        let Some(begun) = begins.find(|one| one.chain.as_ref().or(running) == chain) else {
            return Vec::new();
        };
        let asked = begun.input.iter().map(|input| &input.field);
        let forms = begun.forms.iter().filter_map(|form| rules.form(form));
        let due =
            forms.flat_map(|form| &form.fields).filter(|entry| begun.from.contains(&entry.by));
        let mut keys: Vec<_> = Vec::new();
        for key in due.map(|entry| &entry.field).chain(asked) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let fields = keys.into_iter().filter_map(|key| rules.field(key));
        let shown = fields.map(|field| {
            let text = self.text(&field.key, &field.kind);
            let long = matches!(field.kind, FieldKind::Long | FieldKind::Table(_));
            (self.lang.word(&field.label).to_owned(), text, long)
        });
        shown.filter(|(_, text, _)| !text.trim().is_empty()).collect()
    }

    /// What the change requests ask that wait.
    fn changes(&self) -> Vec<Shown> {
        let (seen, english) = (self.seen, self.lang.english);
        let waiting = seen.case.changes.iter().filter(|change| change.decided.is_none());
        let mut shown = Vec::new();
        for change in waiting {
            let content = without_phones(change.content.as_str());
            shown.push((self.input("content"), content, true));
            if let Some(due) = change.new_due {
                shown.push((self.input("new_due"), show::time(&seen.calendar, due), false));
            }
            for (key, value) in &change.set {
                let known = seen.procedure.field(key);
                let Some(field) = known.filter(|field| seen.reveal || !field.pii) else { continue };
                let (rules, calendar) = (&seen.procedure, &seen.calendar);
                let text = show::value(rules, calendar, self.people, &field.kind, value, english);
                let text = if seen.reveal { text } else { without_phones(&text) };
                shown.push((self.lang.word(&field.label).to_owned(), text, false));
            }
        }
        shown
    }

    /// What the requests for more time ask that wait.
    fn extensions(&self) -> Vec<Shown> {
        let waiting = self.seen.case.extensions.iter().filter(|one| one.decided.is_none());
        let shown = waiting.flat_map(|one| {
            let due = show::time(&self.seen.calendar, one.new_due);
            let reason = without_phones(one.reason.as_str());
            [(self.input("new_due"), due, false), (self.input("reason"), reason, true)]
        });
        shown.collect()
    }

    fn input(&self, name: &str) -> String {
        desk::words::input(name, self.lang.english)
    }
}

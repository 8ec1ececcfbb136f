//! What people do in a life.

use super::life::{Life, Stepped, told};
use super::model::{Ask, Fate, What};
use desk::{Clock, DeskError, Done};
use engine::case::Case;
use engine::command::{Command, Entered};
use engine::decide::offers;
use engine::key::Key;
use engine::people::Who;
use engine::procedure::{FieldKind, Procedure};
use scenarios::life;
use serde_json::{Value as Json, json};
use std::sync::{Arc, Mutex, PoisonError};
use store::StoreError;

impl Life {
    pub(super) fn registers(&mut self) -> Stepped {
        let Some(ask) = self.registration()? else { return Ok(()) };
        let harm = self.harm();
        self.ask("registers", &ask, harm).map(drop)
    }

    fn registration(&mut self) -> Stepped<Option<Ask>> {
        let library = self.desk.library();
        let procedures: Vec<_> = library.all().cloned().collect();
        let Some(procedure) = self.dice.one(&procedures).cloned() else { return Ok(None) };
        let directory = self.desk.directory();
        let fields = life::registration(&mut self.dice, &procedure, &directory, self.will.now());
        let who = life::registrar(&mut self.dice, &directory, &procedure);
        let who = who.unwrap_or(Who::System);
        let token = self.model.token();
        let fields = self.spoken(&procedure, &who, fields, &token)?;
        let what = What::Register { procedure: procedure.key.clone(), fields };
        Ok(Some(Ask { token, who, what, keyed: !self.dice.once_in(6), seen: None }))
    }

    pub(super) fn acts(&mut self) -> Stepped {
        let Some(case) = self.some_case()? else { return Ok(()) };
        let Some(ask) = self.action(&case)? else { return Ok(()) };
        let harm = self.harm();
        self.ask("acts", &ask, harm).map(drop)
    }

    /// What somebody does with a case, of what is offered to him.
    fn action(&mut self, case: &Case) -> Stepped<Option<Ask>> {
        let (library, directory, now) =
            (self.desk.library(), self.desk.directory(), self.will.now());
        let Some((procedure, _)) = library.version(&case.procedure, case.procedure_version) else {
            return Err(format!("{} is under a version that is not there", case.number));
        };
        let who = life::somebody(&mut self.dice, &directory, &procedure, case);
        let offered = offers(&procedure, case, &directory, &who, now);
        let Some(offer) = life::choice(&mut self.dice, &procedure, &offered) else {
            return Ok(None);
        };
        let Some(action) = procedure.action(&offer.action) else { return Ok(None) };
        let fields = life::entries(&mut self.dice, &procedure, &directory, offer, now);
        let others: Vec<Key> = self
            .model
            .cases
            .keys()
            .map(|id| Key::from(id.to_string()))
            .filter(|other| *other != case.id)
            .collect();
        let mut extra = life::extra(&mut self.dice, &directory, case, &others, action, now);
        let token = self.model.token();
        for text in [
            &mut extra.reason,
            &mut extra.text,
            &mut extra.note,
            &mut extra.opinion,
            &mut extra.content,
        ] {
            *text = text.take().map(|text| format!("{token} {text}"));
        }
        let fields = self.with_files(&procedure, &who, fields)?;
        let command = Command::Act {
            case: case.id.clone(),
            action: action.key.clone(),
            fields,
            extra: Box::new(extra),
        };
        let seen = self.dice.once_in(2).then_some(case.version);
        let keyed = !self.dice.once_in(6);
        Ok(Some(Ask { token, who, what: What::Act(command), keyed, seen }))
    }

    /// While one is being served, something else happens: the same again, another action on the same case, a worker, a publication.
    pub(super) fn two_at_once(&mut self) -> Stepped {
        let Some(case) = self.some_case()? else { return Ok(()) };
        let Some(first) = self.action(&case)? else { return Ok(()) };
        let (kind, nth) = (self.dice.below(4), self.dice.below(9));
        let desk = self.desk.clone();
        match kind {
            0 => {
                let first = Ask { keyed: true, ..first };
                self.beside("the same twice at once", &first, &first, nth)
            }
            1 | 2 => {
                let Some(second) = self.action(&case)? else { return Ok(()) };
                // Both saw the same.
                let seen = Some(case.version).filter(|_| kind == 2);
                let (first, second) = (Ask { seen, ..first }, Ask { seen, ..second });
                let served = self.beside("two at once", &first, &second, nth);
                let done = |ask: &Ask| match self.model.asked.get(&ask.token) {
                    Some((_, Fate::Done(_))) => 1,
                    _ => 0,
                };
                if seen.is_some() && done(&first) + done(&second) > 1 {
                    return Err(format!(
                        "two did something at version {} of {}",
                        case.version, case.number
                    ));
                }
                served
            }
            _ => {
                self.desk.library();
                self.house.faults.meanwhile(nth, Box::new(move || drop(desk.run_due("meanwhile"))));
                self.ask("acts while a worker works", &first, None).map(drop)
            }
        }
    }

    /// Serves the second before the nth transaction in which the first reads.
    fn beside(&mut self, what: &'static str, first: &Ask, second: &Ask, nth: usize) -> Stepped {
        // What was published is taken in before: that is done once, and not while it is being done.
        self.desk.library();
        let (desk, ask) = (self.desk.clone(), second.clone());
        let answer = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&answer);
        let work = move || {
            let served = ask.submit(&desk);
            *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(served);
        };
        self.house.faults.meanwhile(nth, Box::new(work));
        let served = first.submit(&self.desk);
        if let Some(work) = self.house.faults.left() {
            work();
        }
        let Some(other) = answer.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Err("nobody was served meanwhile".to_owned());
        };
        self.tell(what, first, &served);
        self.tell(what, second, &other);
        if first.token != second.token {
            self.hear(second, &other, false, false)?;
            self.hear(first, &served, false, false)?;
        } else {
            // Whoever was told that it was done again was told of the other's.
            let (one, again) = match &served {
                Ok(done) if done.repeated => (&other, &served),
                _ => (&served, &other),
            };
            self.hear(first, one, false, false)?;
            let done = |answer: &Result<Done, DeskError>| answer.is_ok();
            if done(one) && done(again) {
                self.hear(first, again, false, false)?;
            } else if done(one) != done(again) {
                return Err(format!("the same twice at once: {one:?} and {again:?}"));
            }
        }
        for done in [&served, &other].into_iter().flatten() {
            self.model.look(&self.desk, done)?;
        }
        Ok(())
    }

    /// Somebody sends again what was answered before, or uses its key for something else.
    pub(super) fn repeats(&mut self) -> Stepped {
        let asks = self.model.of_fate(|fate| matches!(fate, Fate::Done(_)));
        let Some(ask) = self.dice.one(&asks).cloned() else { return Ok(()) };
        if self.dice.once_in(3) {
            let options = desk::Options { key: Some(ask.key(1)), ..ask.options() };
            let answer = ask.submit_with(&self.desk, options);
            self.tell("uses a key again", &ask, &answer);
            return match answer {
                Err(DeskError::Store(StoreError::KeyReused)) => Ok(()),
                other => Err(format!("the key of {} was used again: {other:?}", ask.token)),
            };
        }
        let before = *self.desk.store().changes().borrow();
        self.ask("repeats", &ask, None)?;
        let after = *self.desk.store().changes().borrow();
        if before == after { Ok(()) } else { Err(format!("repeating {} did something", ask.token)) }
    }

    /// Wrong values, unknown actions, cases that are not there: refused, and nothing changes.
    pub(super) fn enters_nonsense(&mut self) -> Stepped {
        let Some(case) = self.some_case()? else { return Ok(()) };
        let Some(mut ask) = self.action(&case)? else { return Ok(()) };
        let What::Act(Command::Act { case: id, action, fields, .. }) = &mut ask.what else {
            return Ok(());
        };
        match self.dice.below(4) {
            0 => *id = "01900000-0000-7000-8000-000000000000".into(),
            1 => *action = "no such action".into(),
            2 => drop(fields.insert("no such field".into(), json!(1))),
            _ => {
                let Some(value) = fields.values_mut().next() else { return Ok(()) };
                *value = json!({ "neither": ["this", "nor", "that"] });
            }
        }
        let before = *self.desk.store().changes().borrow();
        let answer = ask.submit(&self.desk);
        self.tell("enters nonsense", &ask, &answer);
        match answer {
            Err(DeskError::Refused(_) | DeskError::NotFound { .. }) => {}
            // The time that passed until then may have settled it already.
            Err(DeskError::Stale { .. }) => {}
            other => return Err(format!("{} is nonsense and was answered {other:?}", ask.token)),
        }
        let after = *self.desk.store().changes().borrow();
        if before == after { Ok(()) } else { Err(format!("refusing {} did something", ask.token)) }
    }

    /// Registrations that wait for the same commit.
    pub(super) fn several_register(&mut self) -> Stepped {
        let mut asks = Vec::new();
        for _ in 0..3 {
            asks.extend(self.registration()?);
        }
        let harm = self.harm();
        self.arm(harm.clone());
        let mut waiting = Vec::new();
        for ask in &asks {
            let What::Register { procedure, fields } = &ask.what else { continue };
            waiting.push(self.desk.register_later(
                &ask.who,
                procedure,
                fields.clone(),
                ask.options(),
            ));
        }
        // The store keeps step: all are put before the first is waited for, and share its commit.
        let answers: Vec<_> =
            waiting.into_iter().map(|later| later.and_then(|pending| pending.wait())).collect();
        let (harmed, died) = self.state()?;
        for (ask, answer) in asks.iter().zip(&answers) {
            self.tell("registers with others", ask, answer);
            self.hear(ask, answer, harmed, died)?;
        }
        self.revive(died)?;
        for done in answers.iter().flatten() {
            self.model.look(&self.desk, done)?;
        }
        Ok(())
    }

    /// A case of those that were answered for, as it stands.
    fn some_case(&mut self) -> Stepped<Option<Case>> {
        let cases: Vec<_> = self.model.cases.values().map(|known| known.number.clone()).collect();
        let Some(number) = self.dice.one(&cases) else { return Ok(None) };
        let seen = self.desk.case_for_operator(number);
        seen.map(|seen| Some(std::sync::Arc::unwrap_or_clone(seen.case)))
            .map_err(|error| format!("{number}: {error}"))
    }

    /// The token in front of every text, and files that were uploaded.
    fn spoken(
        &mut self,
        procedure: &Procedure,
        who: &Who,
        mut fields: Entered,
        token: &str,
    ) -> Stepped<Entered> {
        for (key, value) in &mut fields {
            let long =
                procedure.field(key).is_some_and(|field| matches!(field.kind, FieldKind::Long));
            if let Some(text) = value.as_str().filter(|_| long) {
                *value = json!(format!("{token} {text}"));
            }
        }
        self.with_files(procedure, who, fields)
    }

    fn with_files(
        &mut self,
        procedure: &Procedure,
        who: &Who,
        mut fields: Entered,
    ) -> Stepped<Entered> {
        for (key, value) in &mut fields {
            let is_file =
                procedure.field(key).is_some_and(|field| matches!(field.kind, FieldKind::Files));
            if is_file && *value != Json::Null {
                let file = self.desk.upload(who, "现场照片.txt", b"what was seen".to_vec());
                *value = json!([file.map_err(told)?.id.to_string()]);
            }
        }
        Ok(fields)
    }
}

//! Whoever follows a case hears what others do with it, and when time runs out on it; whoever a note names is told of it.

use super::Work;
use crate::clocks::TimerStep;
use crate::event::{Event, Message, Topic};
use crate::key::Key;

impl Work<'_> {
    /// Tells those who follow a case of which there is news, once for the whole decision; neither whoever did it nor whoever is told
    /// of it anyway. `action` is what was done, and with which case.
    pub(crate) fn tell_followers(
        &mut self,
        followers: &[(Key, Key)],
        action: Option<(&Key, &Key)>,
    ) {
        let ids: Vec<Key> = self.cases.keys().cloned().collect();
        for id in ids {
            let of_case = || self.events.iter().filter(|(case, _)| *case == id);
            if !of_case().any(|(_, recorded)| is_news(&recorded.event)) {
                continue;
            }
            let told: Vec<&Key> = of_case()
                .filter_map(|(_, recorded)| match &recorded.event {
                    Event::Notified(message) => Some(&message.people),
                    _ => None,
                })
                .flatten()
                .collect();
            let mut people: Vec<Key> = followers
                .iter()
                .filter(|(case, person)| {
                    *case == id && self.who.person() != Some(person) && !told.contains(&person)
                })
                .map(|(_, person)| person.clone())
                .collect();
            people.sort();
            people.dedup();
            let action = action.filter(|(case, _)| **case == id).map(|(_, action)| action.clone());
            self.tell_people(&id, Topic::Followed { action }, people);
        }
    }

    /// Tells people whom a note names, but not its author.
    pub(crate) fn mention(&mut self, id: &Key, people: &[Key]) {
        let mut people: Vec<Key> = people
            .iter()
            .filter(|person| self.directory.person(person).is_some())
            .filter(|person| self.who.person() != Some(person))
            .cloned()
            .collect();
        people.sort();
        people.dedup();
        self.tell_people(id, Topic::Mention, people);
    }

    fn tell_people(&mut self, id: &Key, topic: Topic, people: Vec<Key>) {
        if people.is_empty() {
            return;
        }
        let (_, calendar) = self.rules(id);
        let quiet = matches!(topic, Topic::Followed { .. }) && !self.is_loud(id);
        let not_before = if quiet { calendar.quiet_until(self.now) } else { None };
        let message = Message { topic, people, vacant: Vec::new(), customer: false, not_before };
        // The message follows from what was done; nobody writes it.
        self.as_system(|work| work.record(id, Event::Notified(Box::new(message))));
    }
}

/// Whether a fact is worth telling to whoever follows the case.
fn is_news(event: &Event) -> bool {
    match event {
        Event::StepFired { step, .. } => matches!(step, TimerStep::Breach),
        Event::StageEntered { .. }
        | Event::Assigned { .. }
        | Event::Unassigned { .. }
        | Event::ContactLogged { .. }
        | Event::ProgressNoted { .. }
        | Event::Commented { .. }
        | Event::TaskSettled { .. }
        | Event::ChainDecided { .. }
        | Event::Urged { .. }
        | Event::Closed
        | Event::Reopened
        | Event::Archived { .. }
        | Event::Voided { .. }
        | Event::Escalated { .. }
        | Event::MergedInto { .. }
        | Event::MemberJoined { .. }
        | Event::Unmerged { .. } => true,
        _ => false,
    }
}

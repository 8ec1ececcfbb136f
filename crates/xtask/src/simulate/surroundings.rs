//! What happens around people in a life: time, the clocks of machines, the organisation, the end of the program.

use super::faults::{Harm, Moment};
use super::life::{Life, Stepped, told};
use desk::Clock;
use engine::calendar::Calendar;
use engine::people::Directory;
use jiff::SignedDuration;

/// Minutes that pass at once.
const LEAPS: [i64; 10] = [1, 7, 31, 61, 200, 500, 1_441, 2 * 1_440, 4 * 1_440, 12 * 1_440];

const CALENDAR: &str = include_str!("../../../../calendars/cn.toml");

impl Life {
    pub(super) fn time_passes(&mut self) -> Stepped {
        let store = self.desk.store();
        let next = store.next_due_timer().map_err(told)?;
        // Sometimes exactly to the instant of what is due next, else by some time.
        match next.filter(|next| *next > self.will.now()) {
            Some(next) if self.dice.once_in(3) => self.will.set(next),
            _ => {
                let minutes = self.dice.one(&LEAPS).copied().unwrap_or(1);
                self.will.pass(SignedDuration::from_mins(minutes));
            }
        }
        let harm = self.harm();
        let said = format!("{harm:?}");
        let now = self.will.now();
        self.arm(harm);
        let did = match self.dice.below(6) {
            // The worker comes late: what people do next finds what is due not done yet.
            0 => "no worker comes".to_owned(),
            // It takes what is due and is never heard of again.
            1 => {
                let until = now.checked_add(SignedDuration::from_secs(20)).unwrap_or(now);
                format!(
                    "a worker is lost: {:?}",
                    self.desk.store().claim_due(now, until, 3, "lost").map(|timers| timers.len())
                )
            }
            2 => {
                let (desk, nth) = (self.desk.clone(), self.dice.below(12));
                self.house.faults.meanwhile(nth, Box::new(move || drop(desk.run_due("b"))));
                let did = self.desk.run_due("a");
                self.house.faults.left();
                format!("two workers: {did:?}")
            }
            3 => format!("twice: {:?} {:?}", self.desk.run_due("a"), self.desk.run_due("a")),
            _ => format!("a worker: {:?}", self.desk.run_due("a")),
        };
        self.say("time", format!("{did} ({said})"));
        self.recover()
    }

    /// Clocks of machines are set, backward and forward.
    pub(super) fn clock_is_set(&mut self) -> Stepped {
        let minutes = [-1, -45, -600, -3_000, 5, 2_000];
        let minutes = self.dice.one(&minutes).copied().unwrap_or(0);
        self.will.pass(SignedDuration::from_mins(minutes));
        self.say("clock", format!("is set by {minutes} min"));
        let did = self.desk.run_due("a");
        self.say("clock", format!("a worker: {did:?}"));
        Ok(())
    }

    pub(super) fn somebody_is_away(&mut self) -> Stepped {
        let directory: Directory = Directory::clone(&self.desk.people());
        let Some(mut person) = self.dice.one(&directory.people).cloned() else { return Ok(()) };
        let from = self.will.now();
        let hours = [4, 30, 200];
        let hours = self.dice.one(&hours).copied().unwrap_or(1);
        let to = from.checked_add(SignedDuration::from_hours(hours)).unwrap_or(from);
        person.absent = if self.dice.once_in(4) { Vec::new() } else { vec![(from, to)] };
        let harm = self.harm();
        let said = format!("{} {harm:?}", person.id);
        self.arm(harm);
        let did = self.desk.put_people("simulation", &[person]);
        self.say("away", format!("{said}: {did:?}"));
        self.recover()
    }

    pub(super) fn publishes(&mut self) -> Stepped {
        let published = desk::builtin();
        let Some(one) = self.dice.one(&published) else { return Ok(()) };
        let harm = self.harm();
        let said = format!("{} {harm:?}", one.name);
        self.arm(harm);
        let did = self.desk.publish("simulation", one.name, one.text).map(|one| one.version);
        self.say("publishes", format!("{said}: {did:?}"));
        self.recover()
    }

    /// Another year is imported, or taken back; the dues of open cases are counted anew.
    pub(super) fn calendar_changes(&mut self) -> Stepped {
        self.imported = !self.imported;
        let years = if self.imported { "2025, 2026, 2027]" } else { "2025, 2026]" };
        let text = CALENDAR.replace("2025, 2026]", years);
        let calendar = Calendar::from_toml(&text).map_err(|errors| format!("{errors:?}"))?;
        self.desk.put_calendar("simulation", &calendar, None).map_err(told)?;
        let done = self.desk.count_anew(&|| true).map_err(told)?;
        self.say("calendar", format!("knows {years}: {done:?}"));
        if done.failed > 0 {
            return Err(format!("{} cases cannot be counted anew", done.failed));
        }
        Ok(())
    }

    /// The program is killed while nobody is being served.
    pub(super) fn dies(&mut self) -> Stepped {
        self.arm(Some(Harm::Crash { commit: 0, at: Moment::Before }));
        let did = self.desk.store().sweep_ephemeral(self.will.now());
        self.say("dies", format!("{did:?}"));
        self.recover()
    }
}

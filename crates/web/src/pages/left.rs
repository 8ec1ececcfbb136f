//! How much time is left, in figures, a sign and words.

use super::words::Lang;
use desk::Desk;
use engine::calendar::Calendar;
use jiff::Timestamp;
use maud::{Markup, html};
use std::sync::Arc;

/// Seconds before a due from which it is near.
const NEAR: i64 = 3_600;
const DAY: i64 = 86_400;

/// A due, seen from now.
#[derive(Debug, Clone)]
pub(crate) struct Left {
    /// The due, UTC.
    pub(crate) due: Timestamp,
    /// Seconds left; negative when it has passed.
    seconds: i64,
    /// From how many seconds on it is near.
    near: i64,
    /// What is shown: time left, or the day.
    text: String,
    /// The due in local time, to the minute.
    pub(crate) absolute: String,
}

impl Left {
    /// `near` seconds before its end it is coloured; an hour when nothing else is said.
    pub(crate) fn of(
        lang: Lang,
        calendar: &Calendar,
        now: Timestamp,
        due: Timestamp,
        near: Option<i64>,
    ) -> Self {
        let seconds = due.as_second() - now.as_second();
        let (here, there) = (calendar.local(now), calendar.local(due));
        let minutes = seconds.abs() / 60;
        let text = if seconds.abs() < DAY {
            format!("{}{:02}:{:02}", if seconds < 0 { "-" } else { "" }, minutes / 60, minutes % 60)
        } else if seconds < 0 {
            lang.fill("left.days_over", &[("days", &(seconds.abs() / DAY).to_string())])
        } else {
            let time = there.strftime("%H:%M").to_string();
            let days = there.date().since(here.date()).map_or(0, |span| span.get_days());
            match days {
                1 => lang.fill("left.tomorrow", &[("time", &time)]),
                2..=6 => {
                    let key = format!("weekday.{}", there.date().weekday().to_monday_one_offset());
                    format!("{} {time}", lang.say(&key))
                }
                _ => there.strftime("%m-%d %H:%M").to_string(),
            }
        };
        let absolute = there.strftime("%Y-%m-%d %H:%M").to_string();
        Self { due, seconds, near: near.unwrap_or(NEAR), text, absolute }
    }

    /// `late`, `near` or `fine`.
    pub(crate) fn class(&self) -> &'static str {
        match self.seconds {
            ..0 => "late",
            seconds if seconds <= self.near => "near",
            _ => "fine",
        }
    }

    /// The element; scripts keep it true.
    pub(crate) fn html(&self, lang: Lang) -> Markup {
        let word = match self.class() {
            "late" => lang.say("left.late"),
            "near" => lang.say("left.near"),
            _ => lang.say("left.fine"),
        };
        html! {
            time.left.(self.class()) datetime=(self.due) title={ (word) " · " (self.absolute) }
                data-due=(self.due.as_second()) data-near=(self.near) { (self.text) }
            span.unseen { " " (word) }
        }
    }
}

/// The calendar by whose local time things are told that belong to no procedure; none before the first one is published.
pub(crate) fn calendar_of_the_house(desk: &Desk) -> Option<Arc<Calendar>> {
    let library = desk.library();
    let (_, calendar) = library.all().find_map(|rules| library.newest(&rules.key))?;
    Some(calendar)
}

/// A time of the past as short as can be: the hour today, else the day and the hour.
pub(crate) fn ago(calendar: &Calendar, now: Timestamp, at: Timestamp) -> String {
    let (here, there) = (calendar.local(now), calendar.local(at));
    let format = if here.date() == there.date() {
        "%H:%M"
    } else if here.year() == there.year() {
        "%m-%d %H:%M"
    } else {
        "%Y-%m-%d"
    };
    there.strftime(format).to_string()
}

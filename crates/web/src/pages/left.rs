//! How much time is left: a sign, and the length of time in words, or the day where it is further away.

use super::words::Lang;
use engine::calendar::Calendar;
use jiff::Timestamp;
use maud::{Markup, html};

/// Seconds before a due from which it is near, on every page.
const NEAR: i64 = 3_600;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// A due, seen from now.
#[derive(Debug, Clone)]
pub(crate) struct Left {
    /// The due, UTC.
    pub(crate) due: Timestamp,
    /// Seconds left; negative when it has passed.
    seconds: i64,
    /// What is shown: time left, or the day.
    text: String,
    /// The due in local time, to the minute.
    pub(crate) absolute: String,
}

impl Left {
    pub(crate) fn of(lang: Lang, calendar: &Calendar, now: Timestamp, due: Timestamp) -> Self {
        let seconds = due.as_second() - now.as_second();
        let (here, there) = (calendar.local(now), calendar.local(due));
        let text = if seconds.abs() < DAY {
            length(lang, seconds)
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
        Self { due, seconds, text, absolute }
    }

    /// `late`, `near` or `fine`.
    pub(crate) fn class(&self) -> &'static str {
        match self.seconds {
            ..0 => "late",
            0..=NEAR => "near",
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
                data-due=(self.due.as_second()) data-near=(NEAR) { (self.text) }
            span.unseen { " " (word) }
        }
    }
}

/// A length of time below a day, left or over. `clock.js` says it in the same words.
fn length(lang: Lang, seconds: i64) -> String {
    let (hours, minutes) = (seconds.abs() / HOUR, seconds.abs() / 60);
    let (key, amount) = match (hours > 0, seconds < 0) {
        (true, false) => ("js.hoursLeft", hours),
        (true, true) => ("js.hoursOver", hours),
        (false, false) => ("js.minutesLeft", minutes.max(1)),
        (false, true) => ("js.minutesOver", minutes.max(1)),
    };
    lang.fill(key, &[("count", &amount.to_string())])
}

/// The day and the minute by the house's calendar; by UTC, marked as such, before there is one.
pub(crate) fn day_and_minute(calendar: Option<&Calendar>, at: Timestamp) -> String {
    match calendar {
        Some(calendar) => calendar.local(at).strftime("%Y-%m-%d %H:%M").to_string(),
        None => at.strftime("%F %H:%MZ").to_string(),
    }
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

/// A time of the past where there is little room: the hour today, else the day.
pub(crate) fn day(calendar: &Calendar, now: Timestamp, at: Timestamp) -> String {
    let (here, there) = (calendar.local(now), calendar.local(at));
    let known = here.date() == there.date() || here.year() != there.year();
    if known { ago(calendar, now, at) } else { there.strftime("%m-%d").to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn a_line_says_the_hour_of_today_and_the_day_of_before() {
        let text = include_str!("../../../engine/tests/data/small.toml");
        let calendar =
            desk::calendar_for(&engine::procedure::read("small", text).unwrap()).unwrap();
        let now: Timestamp = "2026-11-27T02:00:00Z".parse().unwrap();
        for (at, short, long) in [
            ("2026-11-27T01:29:40Z", "09:29", "09:29"),
            ("2026-11-22T03:20:00Z", "11-22", "11-22 11:20"),
            ("2025-11-22T03:20:00Z", "2025-11-22", "2025-11-22"),
        ] {
            let at: Timestamp = at.parse().unwrap();
            assert_eq!(
                (day(&calendar, now, at), ago(&calendar, now, at)),
                (short.into(), long.into())
            );
        }
    }

    #[test]
    fn a_length_of_time_never_looks_like_a_time_of_day() {
        let text = include_str!("../../../engine/tests/data/small.toml");
        let calendar =
            desk::calendar_for(&engine::procedure::read("small", text).unwrap()).unwrap();
        let now: Timestamp = "2026-11-27T02:00:00Z".parse().unwrap();
        let left = |seconds: i64| {
            let due = now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
            Left::of(Lang { english: false }, &calendar, now, due)
        };
        for (seconds, text, class) in [
            (9 * 60 + 59, "剩 9 分", "near"),
            (20, "剩 1 分", "near"),
            (HOUR, "剩 1 小时", "near"),
            (HOUR + 1, "剩 1 小时", "fine"),
            (11 * HOUR + 50 * 60, "剩 11 小时", "fine"),
            (-9 * 60, "超 9 分", "late"),
            (-23 * HOUR - 59, "超 23 小时", "late"),
            (-2 * DAY, "超 2 天", "late"),
            (DAY, "明天 10:00", "fine"),
        ] {
            assert_eq!((&*left(seconds).text, left(seconds).class()), (text, class), "{seconds}");
        }
    }
}

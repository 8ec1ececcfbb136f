//! The complaints that people have about the clocks of other service desks, one test each.

use engine::calendar::{Calendar, DayKind, Limit, Pause, Step, Windows};
use jiff::{
    Timestamp,
    civil::{Date, DateTime, date},
};

#[test]
fn a_day_of_24_hours_has_no_closed_minute_at_night() {
    let open = cn_all(&[("00:00", "24:00")]);
    assert_eq!(
        open.counted(at("2026-03-02 00:00"), at("2026-03-09 00:00"), limit("1bh"), &[]),
        7 * 86_400
    );
    assert_eq!(due(&open, "2026-03-02 23:30", "1bh"), "2026-03-03T00:30:00");
}

#[test]
fn a_day_to_23_59_is_taken_as_written_and_the_editor_can_warn() {
    let short = Windows::parse(&pairs(&[("00:00", "23:59")])).unwrap();
    assert!(short.ends_a_minute_short());
    assert!(!Windows::whole_day().ends_a_minute_short());
    let calendar = Calendar::builtin("all").unwrap().with_windows(short);
    assert_eq!(
        calendar.counted(at("2026-03-02 00:00"), at("2026-03-03 00:00"), limit("1bh"), &[]),
        86_340
    );
}

#[test]
fn a_lunch_break_does_not_break_due_dates() {
    let calendar = cn(&[("09:00", "12:00"), ("13:30", "18:00")]);
    assert_eq!(due(&calendar, "2026-03-02 11:30", "1bh"), "2026-03-02T14:00:00");
    assert_eq!(due(&calendar, "2026-03-02 12:45", "1bh"), "2026-03-02T14:30:00");
    assert_eq!(
        due(&calendar, "2026-03-02 11:00", "1bh"),
        "2026-03-02T12:00:00",
        "used up when lunch begins"
    );
    assert_eq!(
        due(&calendar, "2026-03-02 11:00", "1wd"),
        "2026-03-03T18:00:00",
        "close is the end of the last window"
    );
}

#[test]
fn midnight_as_an_end_is_the_start_of_the_next_day() {
    let calendar = cn(&[("18:00", "24:00")]);
    assert_eq!(due(&calendar, "2026-03-06 20:00", "4bh"), "2026-03-07T00:00:00");
    assert_eq!(due(&calendar, "2026-03-06 20:00", "5bh"), "2026-03-09T19:00:00");
    assert_eq!(due(&calendar, "2026-03-06 20:00", "1wd"), "2026-03-10T00:00:00");
    assert_eq!(due(&calendar, "2026-03-06 20:00", "1wd@24"), "2026-03-10T00:00:00");
}

#[test]
fn a_make_up_saturday_is_a_working_day() {
    let calendar = cn(&[("09:00", "18:00")]);
    assert_eq!(calendar.day(date(2026, 2, 14)).kind, DayKind::MakeUp("春节".to_owned()));
    assert_eq!(calendar.day(date(2026, 2, 7)).kind, DayKind::WeekendOff);
    assert_eq!(due(&calendar, "2026-02-13 17:00", "2bh"), "2026-02-14T10:00:00");
    let trace = calendar.due(at("2026-02-13 17:00"), limit("1wd"), &[]).trace;
    assert!(trace.iter().any(|step| matches!(step, Step::DayCounted { date, number: Some(1), .. }
        if *date == Date::constant(2026, 2, 14))));
}

#[test]
fn a_holiday_begins_and_ends_at_local_midnight_not_in_utc() {
    let calendar = cn(&[("00:00", "24:00")]);
    // 2026-05-01 00:00 in Shanghai is still April 30 in UTC.
    assert_eq!(
        calendar.counted(at("2026-04-30 23:00"), at("2026-05-01 01:00"), limit("1bh"), &[]),
        3600
    );
    assert_eq!(
        calendar.counted(at("2026-05-05 23:00"), at("2026-05-06 01:00"), limit("1bh"), &[]),
        3600
    );
    assert_eq!(calendar.local(at("2026-05-01 00:00")).date(), date(2026, 5, 1));
}

#[test]
fn several_windows_a_day_all_count() {
    let calendar =
        cn(&[("08:00", "10:00"), ("12:00", "14:00"), ("16:00", "18:00"), ("20:00", "24:00")]);
    assert_eq!(due(&calendar, "2026-03-02 07:00", "7bh"), "2026-03-02T21:00:00");
    assert_eq!(calendar.windows().seconds(), 10 * 3600);
    assert_eq!(calendar.windows().close().to_string(), "24:00");
}

#[test]
fn a_schedule_needs_no_particular_weekday() {
    let base = "name = \"few\"\noffset = \"+08:00\"\nyears = \"every\"\nwindows = [[\"09:00\", \"18:00\"]]\n";
    let only = |off: &str| Calendar::from_toml(&format!("{base}weekly_off = {off}\n")).unwrap();
    let wednesdays = only(r#"["mon", "tue", "thu", "fri", "sat", "sun"]"#);
    assert_eq!(due(&wednesdays, "2026-03-02 10:00", "10bh"), "2026-03-11T10:00:00");
    assert_eq!(due(&wednesdays, "2026-03-04 10:00", "1wd"), "2026-03-11T18:00:00");
    let weekends = only(r#"["mon", "tue", "wed", "thu", "fri"]"#);
    assert_eq!(due(&weekends, "2026-03-02 10:00", "1bh"), "2026-03-07T10:00:00");
    assert_eq!(due(&weekends, "2026-03-07 10:00", "3cd"), "2026-03-15T00:00:00");
}

#[test]
fn hold_time_is_not_added_as_wall_clock_time() {
    let calendar = cn(&[("09:00", "18:00")]);
    // Held from Friday 17:00 to Monday 10:00: two working hours, not 65.
    let hold = Pause { from: at("2026-03-06 17:00"), to: Some(at("2026-03-09 10:00")) };
    let without = calendar.due_at(at("2026-03-06 16:00"), limit("3bh"), &[]).unwrap();
    let with = calendar.due_at(at("2026-03-06 16:00"), limit("3bh"), &[hold]).unwrap();
    assert_eq!(calendar.counted(without, with, limit("1bh"), &[]), 2 * 3600);
    assert_eq!(calendar.local(with).to_string(), "2026-03-09T12:00:00");
}

#[test]
fn reminders_wait_for_the_morning_but_dues_do_not_move() {
    let calendar = Calendar::builtin("cn").unwrap();
    let until =
        |text: &str| calendar.quiet_until(at(text)).map(|end| calendar.local(end).to_string());
    assert_eq!(until("2026-03-02 21:59:59"), None);
    assert_eq!(until("2026-03-02 22:00").as_deref(), Some("2026-03-03T08:00:00"));
    assert_eq!(until("2026-03-03 00:00").as_deref(), Some("2026-03-03T08:00:00"));
    assert_eq!(until("2026-03-03 07:59:59").as_deref(), Some("2026-03-03T08:00:00"));
    assert_eq!(until("2026-03-03 08:00"), None);
    assert_eq!(due(&calendar, "2026-03-02 21:00", "2h"), "2026-03-02T23:00:00");
}

#[test]
fn quiet_hours_inside_a_day_and_none_at_all() {
    let base = "name = \"q\"\noffset = \"+08:00\"\nyears = \"every\"\nwindows = [[\"09:00\", \"18:00\"]]\n";
    let calendar = Calendar::from_toml(&format!("{base}quiet = [\"12:00\", \"14:00\"]")).unwrap();
    assert_eq!(calendar.quiet_until(at("2026-03-02 12:30")), Some(at("2026-03-02 14:00")));
    assert_eq!(calendar.quiet_until(at("2026-03-02 14:00")), None);
    assert_eq!(calendar.quiet_until(at("2026-03-02 11:59:59")), None);
    let evening = Calendar::from_toml(&format!("{base}quiet = [\"20:00\", \"24:00\"]")).unwrap();
    assert_eq!(evening.quiet_until(at("2026-03-02 23:59:59")), Some(at("2026-03-03 00:00")));
    assert_eq!(evening.quiet_until(at("2026-03-03 00:00")), None);
    assert_eq!(Calendar::from_toml(base).unwrap().quiet_until(at("2026-03-02 23:00")), None);
}

#[test]
fn the_warning_stands_at_three_quarters_of_the_counted_time() {
    let calendar = cn(&[("09:00", "12:00"), ("13:30", "18:00")]);
    let share = |start: &str, limit: &str| {
        let (start, limit) = (at(start), limit.parse().unwrap());
        let due = calendar.due_at(start, limit, &[]).unwrap();
        calendar.local(calendar.share(start, due, 75, limit, &[])).to_string()
    };
    assert_eq!(share("2026-03-06 22:00", "4h"), "2026-03-07T01:00:00", "natural time for hours");
    // Fri 15:00-18:00 and Mon 7.5 h are 10.5 h, three quarters 7 h 52 min 30 s: 3 h on Friday, 3 h before lunch.
    assert_eq!(
        share("2026-03-06 15:00", "1wd"),
        "2026-03-09T15:22:30",
        "window minutes for working days"
    );
    assert_eq!(
        share("2026-03-02 09:00", "4bh"),
        "2026-03-02T12:00:00",
        "three hours end where lunch begins"
    );
}

fn cn(windows: &[(&str, &str)]) -> Calendar {
    Calendar::builtin("cn").unwrap().with_windows(Windows::parse(&pairs(windows)).unwrap())
}

fn cn_all(windows: &[(&str, &str)]) -> Calendar {
    Calendar::builtin("all").unwrap().with_windows(Windows::parse(&pairs(windows)).unwrap())
}

fn pairs(windows: &[(&str, &str)]) -> Vec<(String, String)> {
    windows.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
}

fn limit(text: &str) -> Limit {
    text.parse().unwrap()
}

fn due(calendar: &Calendar, start: &str, limit: &str) -> String {
    calendar.local(calendar.due_at(at(start), limit.parse().unwrap(), &[]).unwrap()).to_string()
}

fn at(text: &str) -> Timestamp {
    jiff::tz::Offset::constant(8).to_timestamp(text.parse::<DateTime>().unwrap()).unwrap()
}

#[test]
fn half_days_are_those_of_the_calendars_own_clock() {
    let in_offset = |offset: &str| {
        let base = "name = \"x\"\nyears = \"every\"\nwindows = [[\"09:00\", \"18:00\"]]\n";
        Calendar::from_toml(&format!("{base}offset = \"{offset}\"\n")).unwrap()
    };
    // 11:59 and 12:01 at +08:00 lie on both sides of noon there; at +09:00 both are after noon.
    let (before, after) = (at("2026-03-02 11:59"), at("2026-03-02 12:01"));
    let (eight, nine) = (in_offset("+08:00"), in_offset("+09:00"));
    assert_eq!(eight.half_day(after), eight.half_day(before) + 1);
    assert_eq!(nine.half_day(after), nine.half_day(before));
}

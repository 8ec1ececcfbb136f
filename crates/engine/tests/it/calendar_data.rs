//! Calendars as data: the published lists, TOML and JSON, and everything that can be wrong with them.

use engine::calendar::{Calendar, CalendarError, DayKind, Limit, SecondOfDay, Windows, YearRow};
use jiff::civil::{Date, Weekday, date};

fn days(year: i16) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(date(year, 1, 1)), |date| date.tomorrow().ok())
        .take_while(move |d| d.year() == year)
}

#[test]
fn the_published_years_have_the_published_number_of_working_days() {
    let calendar = Calendar::builtin("cn").unwrap();
    // Weekdays minus weekdays off plus make-up days, counted on paper: 262-19+8, 261-18+5, 261-19+6.
    for (year, working, make_up) in [(2024, 251, 8), (2025, 248, 5), (2026, 248, 6)] {
        assert!(calendar.known(year));
        let counted = calendar.year(year);
        let made_up = counted.special.iter().filter(|day| day.works).count();
        assert_eq!(
            (counted.known, counted.working_days, made_up),
            (true, working, make_up),
            "{year}"
        );
        assert!(days(year).all(|date| !calendar.day(date).provisional));
    }
    assert!(!calendar.known(2023) && !calendar.known(2027));
}

#[test]
fn make_up_days_lie_on_weekends_and_holidays_have_names() {
    let calendar = Calendar::builtin("cn").unwrap();
    for date in (2024..=2026).flat_map(days) {
        match calendar.day(date).kind {
            DayKind::MakeUp(name) => {
                assert!(matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday), "{date}");
                assert!(!name.is_empty());
            }
            DayKind::Holiday(name) => assert!(!name.is_empty(), "{date}"),
            _ => {}
        }
    }
}

#[test]
fn a_year_without_data_is_decided_by_its_weekdays() {
    let calendar = Calendar::builtin("cn").unwrap();
    let friday = calendar.day(date(2027, 10, 1));
    assert_eq!((friday.kind, friday.provisional), (DayKind::Working, true));
    let saturday = calendar.day(date(2027, 10, 2));
    assert_eq!((saturday.kind, saturday.provisional), (DayKind::WeekendOff, true));
    for name in ["weekdays", "24x7", "all"] {
        assert!(Calendar::builtin(name).unwrap().known(1900));
    }
    assert_eq!(Calendar::builtin("us"), None);
    assert_eq!(calendar.year(2027).working_days, 261);
    assert_eq!(calendar.year(i16::MAX).working_days, 0);
}

#[test]
fn every_builtin_survives_toml_and_json() {
    for name in ["cn", "weekdays", "24x7", "all"] {
        let calendar = Calendar::builtin(name).unwrap();
        assert_eq!(calendar.name(), name);
        assert_eq!(
            Calendar::from_toml(&calendar.to_toml()).unwrap(),
            calendar,
            "{}",
            calendar.to_toml()
        );
        let json = serde_json::to_string(&calendar).unwrap();
        assert_eq!(serde_json::from_str::<Calendar>(&json).unwrap(), calendar);
    }
}

#[test]
fn odd_names_survive_toml() {
    let text = "name = \"a \\\"b\\\" \\\\ \\n \\u007F 班\"\noffset = \"-03:30\"\nyears = [2026]\nwindows = [[\"9:00\", \"18:00:30\"]]\n";
    let calendar = Calendar::from_toml(text).unwrap();
    assert_eq!(calendar.name(), "a \"b\" \\ \n \u{7f} 班");
    assert_eq!(calendar.offset().seconds(), -(3 * 3600 + 30 * 60));
    assert_eq!(Calendar::from_toml(&calendar.to_toml()).unwrap(), calendar);
}

#[test]
fn everything_wrong_with_a_file_is_reported_at_once() {
    let text = r#"
        name = "bad"
        offset = "8"
        weekly_off = ["sat", "sunday"]
        years = "all"
        windows = [["09:00", "12:00"], ["11:00", "18:00"]]
        quiet = ["08:00", "08:00"]
        off = [
          { first = "2026-05-05", last = "2026-05-01", name = "x" },
          { first = "2020-01-01", last = "2026-01-01", name = "x" },
          { first = "2026-02-15", last = "2026-02-23", name = "y" },
          { first = "2026-02-20", name = "z" },
        ]
        work = [{ date = "2026-02-15", name = "y" }]
    "#;
    let codes: Vec<&str> =
        Calendar::from_toml(text).unwrap_err().iter().map(CalendarError::code).collect();
    let expected = [
        "bad-offset",
        "bad-weekday",
        "bad-years",
        "windows-overlap",
        "empty-quiet-hours",
        "bad-span",
        "bad-span",
        "contradicting-days",
        "contradicting-days",
    ];
    assert_eq!(codes, expected);
}

#[test]
fn a_file_of_another_shape_is_refused_with_its_place() {
    for (text, part) in [
        ("name = ", "line 1"),
        ("name = \"x\"\nfriday = 1\n", "friday"),
        ("name = \"x\"\noffset = \"+08:00\"\nyears = []\n", "windows"),
    ] {
        let errors = Calendar::from_toml(text).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert!(errors[0].to_string().contains(part), "{}", errors[0]);
    }
    let off = r#"["mon", "tue", "wed", "thu", "fri", "sat", "sun"]"#;
    let text = format!(
        "name = \"x\"\noffset = \"+08:00\"\nyears = []\nwindows = [[\"09:00\", \"18:00\"]]\nweekly_off = {off}\n"
    );
    assert_eq!(Calendar::from_toml(&text).unwrap_err(), [CalendarError::NoWorkingDay]);
    assert!(
        serde_json::from_str::<Calendar>(
            r#"{"name":"x","offset":"+99:00","years":[],"windows":[]}"#
        )
        .is_err()
    );
}

#[test]
fn times_of_day_are_read_strictly_and_written_shortly() {
    for (text, seconds, written) in [
        ("00:00", 0, "00:00"),
        ("9:05", 32_700, "09:05"),
        ("24:00", 86_400, "24:00"),
        ("18:00:30", 64_830, "18:00:30"),
    ] {
        let time: SecondOfDay = text.parse().unwrap();
        assert_eq!((time.seconds(), time.to_string().as_str()), (seconds, written));
    }
    for text in [
        "",
        "9",
        "9:5",
        "24:00:01",
        "24:01",
        "12:60",
        "-1:00",
        "+1:00",
        "１２:00",
        "12:00:00:00",
        "012:00",
        "12:00am",
    ] {
        assert_eq!(text.parse::<SecondOfDay>().unwrap_err().code(), "bad-time", "{text}");
    }
    assert_eq!(SecondOfDay::new(86_401), None);
}

#[test]
fn windows_may_touch_but_not_overlap() {
    let parse = |pairs: &[(&str, &str)]| {
        Windows::parse(
            &pairs
                .iter()
                .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
                .collect::<Vec<_>>(),
        )
    };
    assert!(parse(&[("09:00", "12:00"), ("12:00", "18:00")]).is_ok());
    assert_eq!(parse(&[]).unwrap_err(), CalendarError::NoWindow);
    let error = parse(&[("08:00", "09:00"), ("09:00", "12:00"), ("11:59", "18:00")]).unwrap_err();
    assert!(matches!(error, CalendarError::WindowsOverlap { number: 3, .. }), "{error}");
    let error = parse(&[("08:00", "09:00"), ("22:00", "06:00")]).unwrap_err();
    assert!(matches!(error, CalendarError::WindowEndsBeforeStart { number: 2, .. }), "{error}");
}

#[test]
fn limits_are_read_and_written() {
    for (text, written) in [
        ("30m", "30m"),
        ("60m", "1h"),
        ("4h", "4h"),
        ("90s", "90s"),
        ("0m", "0h"),
        ("30bm", "30bm"),
        ("4bh", "4bh"),
        ("120bm", "2bh"),
        ("5bs", "5bs"),
        ("3wd", "3wd"),
        ("3wd@same", "3wd@same"),
        ("3wd@24", "3wd@24"),
        ("7cd", "7cd"),
    ] {
        assert_eq!(text.parse::<Limit>().unwrap().to_string(), written);
    }
    for text in [
        "", "h", "4", "4 h", "-4h", "4.5h", "4H", "3wd@", "3wd@25", "3d", "4hb", "４h", "h4", "4h ",
    ] {
        assert_eq!(text.parse::<Limit>().unwrap_err().code(), "bad-limit", "{text}");
    }
    for text in [
        "876001h",
        "99999999999999999999m",
        "9223372036854775807h",
        "36501wd",
        "36501cd",
        "4294967297cd",
    ] {
        assert_eq!(text.parse::<Limit>().unwrap_err().code(), "limit-too-long", "{text}");
    }
}

#[test]
fn a_year_is_typed_in_runs_and_other_years_stay() {
    let row = |first, last, name, works| YearRow { first, last, name, works };
    let mut calendar = Calendar::builtin("cn").unwrap();
    let before = calendar.clone();
    let rows = [
        row("2027-01-01", "2027-01-03", "元旦", false),
        row("2027/2/14", "", " 春节 ", true),
        row("20271001", "2027-10-07", "国庆节", false),
    ];
    calendar.import_year(2027, &rows, false).unwrap();
    assert!(calendar.known(2027), "days off in both halves");
    let runs = calendar.year(2027).runs();
    let shown: Vec<String> = runs
        .iter()
        .map(|run| format!("{} {} {} {}", run.first, run.last, run.name, run.works))
        .collect();
    let expected = [
        "2027-01-01 2027-01-03 元旦 false",
        "2027-02-14 2027-02-14 春节 true",
        "2027-10-01 2027-10-07 国庆节 false",
    ];
    assert_eq!(shown, expected);
    assert_eq!(calendar.year(2026), before.year(2026));
    assert_eq!(before.changed_days(&calendar).len(), 11);
    // What stood there before is what the rows leave out.
    calendar.import_year(2027, &rows[..1], false).unwrap();
    assert!(!calendar.known(2027) && calendar.year(2027).special.len() == 3);
    calendar.import_year(2027, &[], true).unwrap();
    assert!(calendar.known(2027) && before.changed_days(&calendar).is_empty());
}

#[test]
fn bad_rows_of_a_year_are_named_and_nothing_is_taken_over() {
    let row = |first, last, works| YearRow { first, last, name: "x", works };
    let mut calendar = Calendar::builtin("cn").unwrap();
    let before = calendar.clone();
    let rows = [
        row("2027-02-30", "", false),
        row("2027-05-01", "2027-05-05", false),
        row("2027-05-03", "", true),
        row("2027-12-31", "2028-01-02", false),
        row("2027-06-09", "2027-06-08", false),
        row("", "", false),
    ];
    let errors = calendar.import_year(2027, &rows, true).unwrap_err();
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let expected = [
        "line 1: \"2027-02-30\" is not a date such as 2026-02-14",
        "line 3: 2027-05-03 is both off and working in this list",
        "line 4: 2028-01-02 lies in another year",
        "line 5: the event must last from 1 to 366 days",
        "line 6: \"\" is not a date such as 2026-02-14",
    ];
    assert_eq!(told, expected);
    assert_eq!(calendar, before);
}

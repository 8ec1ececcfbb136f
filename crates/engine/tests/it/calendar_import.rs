//! Holiday lists from tables and iCalendar files.

use engine::calendar::{Calendar, DayKind, ImportError, ImportTrouble};
use jiff::civil::{Date, date};

fn cn() -> Calendar {
    Calendar::builtin("cn").unwrap()
}

fn off(calendar: &Calendar, date: Date) -> bool {
    !calendar.day(date).kind.works()
}

fn ics(events: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", events.replace('\n', "\r\n"))
}

#[test]
fn a_table_makes_its_year_known() {
    let mut calendar = cn();
    let table = "\u{feff}日期,类型,名称\r\n2027-01-01,off,元旦\r\n\r\n# 春节\r\n2027/2/6,休,春节\r\n20270214\t班\t春节\r\n2027-10-01,off,\"国庆节\"\r\n";
    let report = calendar.import_table(table).unwrap();
    assert_eq!((report.off, report.work), (3, 1));
    assert_eq!((report.new_years, report.partial_years), (vec![2027], vec![]));
    assert_eq!(calendar.day(date(2027, 2, 14)).kind, DayKind::MakeUp("春节".to_owned()));
    assert_eq!(calendar.day(date(2027, 10, 1)).kind, DayKind::Holiday("国庆节".to_owned()));
    assert!(!calendar.day(date(2027, 10, 1)).provisional);
    assert_eq!(
        calendar.day(date(2026, 10, 1)).kind,
        cn().day(date(2026, 10, 1)).kind,
        "other years stay"
    );
}

#[test]
fn a_few_days_of_a_year_do_not_make_it_known() {
    let mut calendar = cn();
    let report = calendar.import_table("2026-12-31,off,公司年会\n2027-01-01,off,元旦\n").unwrap();
    assert_eq!((report.new_years, report.partial_years), (vec![], vec![2027]));
    let day = calendar.day(date(2027, 1, 1));
    assert_eq!((day.kind, day.provisional), (DayKind::Holiday("元旦".to_owned()), true));
    calendar.mark_known(2027);
    assert!(!calendar.day(date(2027, 1, 1)).provisional);
}

#[test]
fn a_list_replaces_what_was_said_of_its_dates() {
    let mut calendar = cn();
    let report = calendar.import_table("2026-02-14,off,公司放假\n2026-10-01,off,国庆节\n").unwrap();
    assert_eq!(report.replaced, [date(2026, 2, 14)]);
    assert!(off(&calendar, date(2026, 2, 14)));
}

#[test]
fn every_bad_line_is_listed_and_nothing_is_taken_over() {
    let mut calendar = cn();
    let table = "date,kind,name\n2027-01-01,off,元旦\n2027-02-30,off,x\nalso no date,off\n2027-01-02\n2027-01-03,holiday,x\n2027-01-01,work,元旦\n";
    let errors = calendar.import_table(table).unwrap_err();
    let expected = [
        (3, ImportTrouble::BadDate { text: "2027-02-30".to_owned() }),
        (4, ImportTrouble::BadDate { text: "also no date".to_owned() }),
        (5, ImportTrouble::NotThreeColumns),
        (6, ImportTrouble::BadKind { text: "holiday".to_owned() }),
        (7, ImportTrouble::Contradiction { date: date(2027, 1, 1) }),
    ];
    assert_eq!(errors, expected.map(|(line, trouble)| ImportError { line, trouble }));
    assert_eq!(calendar, cn());
    assert_eq!(
        calendar.import_table("\n# nothing\n").unwrap_err()[0].trouble,
        ImportTrouble::Empty
    );
}

#[test]
fn all_day_events_end_on_the_day_before_their_dtend() {
    let mut calendar = cn();
    let text = ics(
        "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20270501\nDTEND;VALUE=DATE:20270506\nSUMMARY:劳动节 假期 第1天/\n 共5天\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY;LANGUAGE=zh:劳动节 补班\nDTSTART;VALUE=DATE:20270508\nEND:VEVENT\n",
    );
    let report = calendar.import_ics(&text).unwrap();
    assert_eq!((report.off, report.work), (5, 1));
    assert!(!off(&calendar, date(2027, 4, 30)));
    assert!((1..=5).all(|day| off(&calendar, date(2027, 5, day))));
    assert!(!off(&calendar, date(2027, 5, 6)), "DTEND is exclusive");
    assert_eq!(calendar.day(date(2027, 5, 3)).kind, DayKind::Holiday("劳动节".to_owned()));
    assert_eq!(calendar.day(date(2027, 5, 8)).kind, DayKind::MakeUp("劳动节".to_owned()));
}

#[test]
fn utc_midnights_become_local_dates_not_a_day_early() {
    let mut calendar = cn();
    let text = ics(
        "BEGIN:VEVENT\nDTSTART:20270430T160000Z\nDTEND:20270505T160000Z\nSUMMARY:劳动节(休)\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART;TZID=Asia/Shanghai:20271001T000000\nDTEND;TZID=Asia/Shanghai:20271007T235959\nSUMMARY:国庆节（休）\nEND:VEVENT\n",
    );
    let report = calendar.import_ics(&text).unwrap();
    assert_eq!(report.off, 12);
    assert_eq!(report.new_years, [2027]);
    assert!(
        !off(&calendar, date(2027, 4, 30))
            && off(&calendar, date(2027, 5, 1))
            && !off(&calendar, date(2027, 5, 6))
    );
    assert!(off(&calendar, date(2027, 10, 7)) && !off(&calendar, date(2027, 10, 8)));
}

#[test]
fn apple_marks_win_and_festivals_without_a_day_off_are_ignored() {
    let mut calendar = cn();
    let text = ics(
        "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20270207\nSUMMARY:春节\nX-APPLE-SPECIAL-DAY:WORK-HOLIDAY\nBEGIN:VALARM\nDTSTART:garbage\nEND:VALARM\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20270220\nSUMMARY:春节\nX-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20270222\nSUMMARY:元宵节\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20270223\nSUMMARY:取消（休）\nSTATUS:CANCELLED\nEND:VEVENT\n",
    );
    let report = calendar.import_ics(&text).unwrap();
    assert_eq!((report.off, report.work, report.ignored.len()), (1, 1, 2));
    assert!(
        off(&calendar, date(2027, 2, 7))
            && !off(&calendar, date(2027, 2, 20))
            && !off(&calendar, date(2027, 2, 22))
    );
}

#[test]
fn a_list_without_any_marks_is_a_list_of_days_off() {
    let mut calendar = Calendar::builtin("weekdays").unwrap();
    let text = ics(
        "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20271225\nDURATION:P2D\nSUMMARY:Christmas\\, both days\nEND:VEVENT\n",
    );
    assert_eq!(calendar.import_ics(&text).unwrap().off, 2);
    assert!(off(&calendar, date(2027, 12, 26)));
}

#[test]
fn bad_events_are_listed_with_their_lines() {
    let mut calendar = cn();
    let text = ics(
        "BEGIN:VEVENT\nSUMMARY:无日期（休）\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:2027\nSUMMARY:x（休）\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:20270501T090000\nDTEND:20270501T120000\nSUMMARY:半天（休）\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20270501\nRRULE:FREQ=YEARLY\nSUMMARY:每年（休）\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20270510\nDTEND;VALUE=DATE:20270501\nSUMMARY:倒（休）\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20270601\nSUMMARY:放假，6月5日上班\nEND:VEVENT\n",
    );
    let errors = calendar.import_ics(&text).unwrap_err();
    let expected = [
        (3, ImportTrouble::NoStart),
        (7, ImportTrouble::BadDate { text: "2027".to_owned() }),
        (10, ImportTrouble::PartOfDay),
        (17, ImportTrouble::Recurring),
        (20, ImportTrouble::BadSpan),
        (25, ImportTrouble::AmbiguousSummary { text: "放假，6月5日上班".to_owned() }),
    ];
    assert_eq!(errors, expected.map(|(line, trouble)| ImportError { line, trouble }));
    assert_eq!(calendar, cn());
    for text in ["", "hello", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20270601\n"] {
        assert_eq!(calendar.import_ics(text).unwrap_err()[0].trouble, ImportTrouble::NotICalendar);
    }
}

//! The line protocol of `bihuan calendar due`: good lines, and a table of bad ones.

use engine::calendar::answer_line;

/// The keys after `id` of a good question; each bad line changes one of them.
const GOOD: &str =
    r#""start":"2026-03-02T10:00:00+08:00","mode":"business_minutes","amount":60,"calendar":"cn""#;

#[test]
fn good_lines_are_answered_in_one_line() {
    let table = [
        (r#"{"id":1,<good>}"#, r#"{"id":1,"due":"2026-03-02T11:00:00+08:00"}"#),
        (
            r#"{"id":1,"start":"2026-02-11T12:27:00+08:00","mode":"business_minutes","amount":240,"windows":[["09:00","12:00"],["13:30","18:00"]],"calendar":"cn","pauses":[["2026-02-11T14:00:00+08:00",null]]}"#,
            r#"{"id":1,"due":null}"#,
        ),
        // A year without data.
        (
            r#"{"id":"a","start":"2026-12-31T17:00:00+08:00","mode":"business_minutes","amount":120,"calendar":"cn"}"#,
            r#"{"id":"a","due":"2027-01-01T10:00:00+08:00","provisional":true}"#,
        ),
        // Any offset goes in, +08:00 comes out; seconds are kept, and a fraction too.
        (
            r#"{"id":2,"start":"2026-03-02T02:00:07Z","mode":"business_minutes","amount":1,"calendar":"24x7"}"#,
            r#"{"id":2,"due":"2026-03-02T10:01:07+08:00"}"#,
        ),
        (
            r#"{"id":2,"start":"2026-03-01T21:00:00.25-05:00","mode":"working_days_same","amount":1,"calendar":"cn"}"#,
            r#"{"id":2,"due":"2026-03-03T10:00:00.25+08:00"}"#,
        ),
        // 24:00 is the next midnight.
        (
            r#"{"id":3,"start":"2026-03-02T10:00:00+08:00","mode":"working_days_24","amount":1,"calendar":"cn"}"#,
            r#"{"id":3,"due":"2026-03-04T00:00:00+08:00"}"#,
        ),
        (
            r#"{"id":3,"start":"2026-03-02T10:00:00+08:00","mode":"working_days_eod","amount":1,"windows":[["09:00","24:00"]],"calendar":"cn"}"#,
            r#"{"id":3,"due":"2026-03-04T00:00:00+08:00"}"#,
        ),
        (
            r#"{"id":4,"start":"2026-09-24T10:00:00+08:00","mode":"calendar_days_legal","amount":7,"calendar":"cn"}"#,
            r#"{"id":4,"due":"2026-10-09T00:00:00+08:00"}"#,
        ),
        // Ids are echoed whatever they are; a whole float is a whole number; null is as good as missing.
        (
            r#"{"id":{"b":[1,null]},<good>}"#,
            r#"{"id":{"b":[1,null]},"due":"2026-03-02T11:00:00+08:00"}"#,
        ),
        (r#"{<good>}"#, r#"{"id":null,"due":"2026-03-02T11:00:00+08:00"}"#),
        (
            r#"{"id":5,"start":"2026-03-02T10:00:00+08:00","mode":"business_minutes","amount":60.0,"calendar":"cn","windows":null,"pauses":null}"#,
            r#"{"id":5,"due":"2026-03-02T11:00:00+08:00"}"#,
        ),
        // Nothing to use up, and windows that do not matter.
        (
            r#"{"id":6,"start":"2026-03-07T10:00:00+08:00","mode":"business_minutes","amount":0,"calendar":"cn"}"#,
            r#"{"id":6,"due":"2026-03-07T10:00:00+08:00"}"#,
        ),
        (
            r#"{"id":7,"start":"2026-03-07T23:30:00+08:00","mode":"business_minutes","amount":60,"windows":[],"calendar":"24x7"}"#,
            r#"{"id":7,"due":"2026-03-08T00:30:00+08:00"}"#,
        ),
        // Pauses do not move dates, but must be readable.
        (
            r#"{"id":8,"start":"2026-03-02T10:00:00+08:00","mode":"working_days_eod","amount":1,"calendar":"cn","pauses":[["2026-03-02T11:00:00+08:00",null]]}"#,
            r#"{"id":8,"due":"2026-03-03T18:00:00+08:00"}"#,
        ),
        ("\u{feff}{\"id\":9,<good>}", r#"{"id":9,"due":"2026-03-02T11:00:00+08:00"}"#),
    ];
    for (line, expected) in table {
        assert_eq!(answer_line(&line.replace("<good>", GOOD)), expected, "{line}");
    }
}

#[test]
fn bad_lines_get_an_error_that_says_what_is_wrong() {
    // Line, echoed id, code, and a part of the message.
    let table = [
        ("", "null", "not-json", "EOF"),
        ("   ", "null", "not-json", "EOF"),
        ("nonsense", "null", "not-json", "expected"),
        (r#"{"id":1"#, "null", "not-json", "EOF"),
        (r#"{"id":1}{"id":2}"#, "null", "not-json", "trailing"),
        ("\u{0}", "null", "not-json", "expected"),
        ("[1]", "null", "not-an-object", "object"),
        ("null", "null", "not-an-object", "object"),
        (r#"{"id":1,"strat":"x","Mode":2,<good>}"#, "1", "unknown-key", r#""Mode", "strat""#),
        (r#"{"id":1}"#, "1", "missing-key", "start"),
        (
            r#"{"id":1,"start":"2026-03-02T10:00:00+08:00","amount":1,"calendar":"cn"}"#,
            "1",
            "missing-key",
            "mode",
        ),
        (
            r#"{"id":1,"start":"2026-03-02T10:00:00+08:00","mode":"business_minutes","calendar":"cn"}"#,
            "1",
            "missing-key",
            "amount",
        ),
        (
            r#"{"id":1,"start":"2026-03-02T10:00:00+08:00","mode":"business_minutes","amount":1}"#,
            "1",
            "missing-key",
            "calendar",
        ),
        (
            r#"{"id":[1],"start":"2026-03-02T10:00:00","mode":"business_minutes","amount":1,"calendar":"cn"}"#,
            "[1]",
            "bad-start",
            "offset",
        ),
        (
            r#"{"id":1,"start":"2026-02-30T10:00:00+08:00","mode":"business_minutes","amount":1,"calendar":"cn"}"#,
            "1",
            "bad-start",
            "2026-02-30",
        ),
        (
            r#"{"id":1,"start":"yesterday","mode":"business_minutes","amount":1,"calendar":"cn"}"#,
            "1",
            "bad-start",
            "yesterday",
        ),
        (
            r#"{"id":1,"start":1772416800,"mode":"business_minutes","amount":1,"calendar":"cn"}"#,
            "1",
            "bad-start",
            "not a text",
        ),
        (
            r#"{"id":1,"start":null,"mode":"business_minutes","amount":1,"calendar":"cn"}"#,
            "1",
            "bad-start",
            "not a text",
        ),
        (
            r#"{"id":1,<start>,"mode":"minutes","amount":1,"calendar":"cn"}"#,
            "1",
            "bad-mode",
            "minutes",
        ),
        (
            r#"{"id":1,<start>,"mode":null,"amount":1,"calendar":"cn"}"#,
            "1",
            "bad-mode",
            "not a text",
        ),
        (
            r#"{"id":1,<start>,"mode":"business_minutes","amount":-1,"calendar":"cn"}"#,
            "1",
            "bad-amount",
            "negative",
        ),
        (
            r#"{"id":1,<start>,"mode":"business_minutes","amount":-1e30,"calendar":"cn"}"#,
            "1",
            "bad-amount",
            "negative",
        ),
        (
            r#"{"id":1,<start>,"mode":"business_minutes","amount":1.5,"calendar":"cn"}"#,
            "1",
            "bad-amount",
            "whole",
        ),
        (
            r#"{"id":1,<start>,"mode":"business_minutes","amount":"60","calendar":"cn"}"#,
            "1",
            "bad-amount",
            "not a number",
        ),
        (
            r#"{"id":1,<start>,"mode":"business_minutes","amount":true,"calendar":"cn"}"#,
            "1",
            "bad-amount",
            "not a number",
        ),
        (
            r#"{"id":1,<start>,"mode":"business_minutes","amount":52560001,"calendar":"cn"}"#,
            "1",
            "bad-amount",
            "more than 52560000",
        ),
        (
            r#"{"id":1,<start>,"mode":"business_minutes","amount":18446744073709551615,"calendar":"cn"}"#,
            "1",
            "bad-amount",
            "more than",
        ),
        (
            r#"{"id":1,<start>,"mode":"business_minutes","amount":1e300,"calendar":"cn"}"#,
            "1",
            "bad-amount",
            "more than",
        ),
        (
            r#"{"id":1,<start>,"mode":"working_days_eod","amount":36501,"calendar":"cn"}"#,
            "1",
            "bad-amount",
            "more than 36500",
        ),
        (
            r#"{"id":1,<start>,"mode":"calendar_days_legal","amount":4294967297,"calendar":"cn"}"#,
            "1",
            "bad-amount",
            "more than 36500",
        ),
        (
            r#"{"id":1,<start>,"mode":"business_minutes","amount":1,"calendar":"us"}"#,
            "1",
            "bad-calendar",
            "us",
        ),
        (
            r#"{"id":1,<start>,"mode":"business_minutes","amount":1,"calendar":null}"#,
            "1",
            "bad-calendar",
            "null",
        ),
        (r#"{"id":1,"windows":[],<good>}"#, "1", "bad-windows", "at least one"),
        (r#"{"id":1,"windows":"09:00-18:00",<good>}"#, "1", "bad-windows", "not a list"),
        (r#"{"id":1,"windows":[["09:00"]],<good>}"#, "1", "bad-windows", "pair"),
        (r#"{"id":1,"windows":[["09:00",18]],<good>}"#, "1", "bad-windows", "pair"),
        (r#"{"id":1,"windows":[["09:00","25:00"]],<good>}"#, "1", "bad-windows", "25:00"),
        (r#"{"id":1,"windows":[["09:00","24:01"]],<good>}"#, "1", "bad-windows", "24:01"),
        (r#"{"id":1,"windows":[["9","18"]],<good>}"#, "1", "bad-windows", "\"9"),
        (r#"{"id":1,"windows":[["09:60","18:00"]],<good>}"#, "1", "bad-windows", "09:60"),
        (r#"{"id":1,"windows":[["+9:00","18:00"]],<good>}"#, "1", "bad-windows", "+9:00"),
        (
            r#"{"id":1,"windows":[["18:00","09:00"]],<good>}"#,
            "1",
            "bad-windows",
            "window 1 (18:00-09:00)",
        ),
        (r#"{"id":1,"windows":[["09:00","09:00"]],<good>}"#, "1", "bad-windows", "window 1"),
        (r#"{"id":1,"windows":[["24:00","24:00"]],<good>}"#, "1", "bad-windows", "window 1"),
        (
            r#"{"id":1,"windows":[["09:00","12:00"],["11:00","18:00"]],<good>}"#,
            "1",
            "bad-windows",
            "window 2 starts at 11:00",
        ),
        (
            r#"{"id":1,"windows":[["13:00","18:00"],["09:00","12:00"]],<good>}"#,
            "1",
            "bad-windows",
            "window 2",
        ),
        (r#"{"id":1,"pauses":{},<good>}"#, "1", "bad-pauses", "not a list"),
        (r#"{"id":1,"pauses":[null],<good>}"#, "1", "bad-pauses", "pair"),
        (r#"{"id":1,"pauses":[["2026-03-02T11:00:00+08:00"]],<good>}"#, "1", "bad-pauses", "pair"),
        (r#"{"id":1,"pauses":[[null,null]],<good>}"#, "1", "bad-pauses", "not a text"),
        (
            r#"{"id":1,"pauses":[["2026-03-02T11:00:00+08:00","later"]],<good>}"#,
            "1",
            "bad-pauses",
            "later",
        ),
        (
            r#"{"id":1,"pauses":[["2026-03-02T11:00:00+08:00","2026-03-02T10:59:59+08:00"]],<good>}"#,
            "1",
            "bad-pauses",
            "ends before",
        ),
        (
            r#"{"id":1,"start":"9999-12-30T10:00:00+08:00","mode":"working_days_eod","amount":9,"calendar":"all"}"#,
            "1",
            "out-of-range",
            "9999",
        ),
    ];
    for (line, id, code, part) in table {
        let line = line
            .replace("<good>", GOOD)
            .replace("<start>", r#""start":"2026-03-02T10:00:00+08:00""#);
        let answer = answer_line(&line);
        assert!(!answer.contains('\n'));
        assert!(
            answer.starts_with(&format!(r#"{{"id":{id},"error":{{"code":"{code}","message":""#)),
            "{line}\n{answer}"
        );
        let parsed: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let message = parsed["error"]["message"].as_str().unwrap();
        assert!(message.contains(part), "{line}\n{message}");
    }
}

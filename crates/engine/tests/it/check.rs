//! `procedure check`: a small sound procedure passes; each way of breaking it is told at the line that suffers.

use engine::calendar::Calendar;
use engine::check::{Budget, Report, Violation, check, check_text, check_within};
use engine::procedure::{Procedure, read};

const SMALL: &str = include_str!("../data/small.toml");

fn calendar() -> Calendar {
    Calendar::from_toml(include_str!("../../../../calendars/cn.toml")).unwrap()
}

fn procedure(text: &str) -> Procedure {
    read("small.toml", text).unwrap_or_else(|findings| {
        panic!("{}", findings.iter().map(|finding| format!("{finding}\n")).collect::<String>())
    })
}

fn lines(violations: &[Violation]) -> String {
    let line = |one: &Violation| {
        format!("{}: {}: {}: {} {:?}\n", one.line, one.code, one.item, one.detail, one.path)
    };
    violations.iter().map(line).collect()
}

fn report(text: &str) -> Report {
    let procedure = procedure(text);
    check(&procedure, &calendar(), &[&procedure])
}

/// The line on which a text stands; it must stand once.
fn line_of(text: &str, part: &str) -> u32 {
    assert_eq!(text.matches(part).count(), 1, "{part:?} must occur once");
    u32::try_from(text.split_once(part).unwrap().0.matches('\n').count() + 1).unwrap()
}

/// Changing `old` to `new` gives this code at the line of `place`, in the changed text.
#[track_caller]
fn broken(old: &str, new: &str, code: &str, place: &str) -> Violation {
    assert_eq!(SMALL.matches(old).count(), 1, "{old:?} must occur once");
    let text = SMALL.replace(old, new);
    let found = report(&text).violations;
    let line = line_of(&text, place);
    let one = found.iter().find(|one| one.code == code && one.line == line);
    one.unwrap_or_else(|| panic!("{code} at {line}, not:\n{}", lines(&found))).clone()
}

#[test]
fn a_sound_procedure_passes() {
    let report = report(SMALL);
    assert!(report.violations.is_empty(), "{}", lines(&report.violations));
    assert!(!report.capped, "small enough to be followed up whole");
    assert!(report.proved && report.proof_states > 10);
    assert!(report.states > 10 && report.transitions > report.states);
}

#[test]
fn a_spent_budget_is_told() {
    let procedure = procedure(SMALL);
    let budget = Budget { states: 2, moves: 100, proof: 0 };
    let report = check_within(&procedure, &calendar(), &[&procedure], budget);
    assert!(report.capped);
}

const TRIAGE: &str = "key = \"triage\"\nlabel = \"待分派\"";
const WORK: &str = "key = \"work\"";

#[test]
fn without_a_clock_that_insists_a_stage_breaks_the_promise() {
    let one = broken(
        "to = [\"@holder\", \"lead\"] }]\nevery = \"24h\"",
        "to = [\"@holder\", \"lead\"] }]",
        "no_clock",
        TRIAGE,
    );
    assert!(one.path.first().is_some_and(|step| step.starts_with("register")), "{one:?}");
    assert!(one.detail.contains("triage ends after its last step"), "{}", one.detail);
    // The clock of the work ends with the hand-in: nothing runs while the approval is waited for.
    let text = "key = \"review\"\nlabel = \"待审批\"";
    let one = broken("stop = [\"plan_approved\"]", "stop = [\"executed\"]", "no_clock", text);
    let steps: Vec<&str> =
        one.path.iter().filter_map(|step| step.split([' ', '(']).next()).collect();
    assert_eq!(steps, ["register", "dispatch", "progress", "finish"], "the shortest way");
}

#[test]
fn a_stage_needs_an_owner_and_an_action_that_he_may_do() {
    broken(
        "owner = \"@assignee\"\nnext = \"finish\"",
        "owner = \"@customer\"\nnext = \"finish\"",
        "bad_owner",
        WORK,
    );
    broken("owner = \"@assignee\"\nnext = \"finish\"", "owner = \"@assignee\"", "no_next", WORK);
    broken("next = \"finish\"", "next = \"approve\"", "wrong_next", WORK);
    broken("next = \"dispatch\"", "next = \"clear_late\"", "next_not_by_owner", TRIAGE);
    broken(
        "to = \"work\"\nby = [\"agent\", \"lead\"]",
        "to = \"work\"\nby = [\"lead\"]",
        "next_not_by_owner",
        TRIAGE,
    );
}

#[test]
fn a_way_must_lead_to_filing() {
    // Nobody can close: after the approval the case stays where nothing leads on.
    let closed = "key = \"closed\"\nlabel";
    broken(
        "to = \"archived\"\nby",
        "to = \"work\"\nby",
        "no_archive",
        "[procedure]\nkey = \"small\"".split_once('\n').unwrap().1,
    );
    let guard = "from = [\"closed\"]\nto = \"archived\"\nguards = [{ need = { \"$happened:registered\" = { ge = 1 }, \"$round\" = { ge = 2 } }, say = \"不\", en = \"No\" }]\nby";
    broken("from = [\"closed\"]\nto = \"archived\"\nby", guard, "cannot_complete", closed);
    broken("from = [\"closed\"]\nto = \"archived\"\nby", guard, "dead_action", "key = \"file\"");
}

#[test]
fn nothing_is_dead() {
    broken(
        "when = { \"$escalated:late\" = true }",
        "when = { \"$round\" = { le = 0 } }",
        "never_available",
        "key = \"clear_late\"",
    );
    broken(
        "{ \"$happened:progress\" = { ge = 1 } }",
        "{ \"$happened:progress\" = { le = -1 } }",
        "impossible_guard",
        "guards = [{ need",
    );
    broken(
        "does = [\"progress\"]\nfrom = [\"work\"]\nby = [\"@assignee\"]",
        "does = [\"progress\"]\nfrom = [\"work\"]\nby = [\"@system\"]",
        "action_by_nobody",
        "key = \"progress\"",
    );
    broken(
        "[survey]",
        "[[stages]]\nkey = \"limbo\"\nlabel = \"悬空\"\nen = \"Limbo\"\nkind = \"open\"\nowner = \"lead\"\nnext = \"clear_late\"\n\n[survey]",
        "unreachable_stage",
        "key = \"limbo\"",
    );
    broken(
        "[survey]",
        "[[escalations]]\nkey = \"idle\"\nlabel = \"闲置\"\nen = \"Idle\"\n\n[survey]",
        "never_escalated",
        "key = \"idle\"",
    );
}

#[test]
fn moments_are_caused_by_those_who_are_waited_for() {
    broken(
        "stop = [\"dispatched\"]",
        "stop = [\"dispatched@holder\"]",
        "stop_by_nobody",
        "key = \"triage\"\nlabel = \"分派时限\"",
    );
    broken(
        "stop = [\"plan_approved\"]\nby = [\n  { when = { priority = \"high\" }, limit = \"4h\" }",
        "stop = [\"plan_approved\"]\nby = [\n  { when = { priority = \"high\" }, limit = \"4h\", stop = [\"acked\"] }",
        "stop_by_nobody",
        "limit = \"4h\"",
    );
    broken(
        "start = [\"closed\"]",
        "start = [\"closed\", \"voided\"]",
        "start_by_nobody",
        "key = \"filing\"",
    );
    broken("on = \"dispatched\"", "on = \"urged\"", "notify_by_nobody", "key = \"dispatched\"");
    broken(
        "{ \"$happened:progress\" = { ge = 1 } }",
        "{ \"$happened:acked\" = { ge = 1 } }",
        "never_happens",
        "guards = [{ need",
    );
}

#[test]
fn escalations_end_with_somebody() {
    let resolve = "do = \"escalate:late\"";
    broken(
        "do = \"escalate:late\", to = [\"lead\"]",
        "do = \"escalate:late\", to = [\"@registrar\"]",
        "escalation_to_nobody",
        resolve,
    );
    broken(
        "do = \"notify\", to = [\"lead\"] }",
        "do = \"notify\", to = [\"@customer\"] }",
        "escalation_to_nobody",
        "after = \"24h\"",
    );
    broken(
        "to = [\"@assignee\"]\ntext",
        "to = [\"@anyone\"]\ntext",
        "told_nobody",
        "key = \"dispatched\"",
    );
    broken("does = [\"deescalate\"]", "does = []", "never_cleared", "key = \"late\"");
}

#[test]
fn rows_are_total_and_alive() {
    let table = "key = \"owner\"";
    broken("  { when = { priority = \"low\" }, role = \"agent\" },\n", "", "not_total", table);
    broken(
        "{ when = { priority = \"low\" }, role",
        "{ when = { priority = \"high\" }, role",
        "dead_row",
        "role = \"agent\" }",
    );
    let one = broken(
        "  { when = { priority = \"low\" }, limit = \"3wd\" },\n",
        "",
        "not_total",
        "key = \"resolve\"",
    );
    assert_eq!(one.detail, "no row for priority low");
    broken("  { when = { rating = \"good\" }, effects = [] },\n", "", "not_total", "[survey]");
    broken(
        "{ when = { rating = \"good\" }, effects = [] }",
        "{ when = { rating = \"none\" }, effects = [] }",
        "dead_row",
        "rating = \"none\" }",
    );
}

#[test]
fn what_is_asked_can_be_decided() {
    broken(
        "does = [\"reject\"]\nchain = \"plan\"",
        "does = []",
        "never_rejected",
        "key = \"plan\"",
    );
    broken(
        "steps = [{ kind = \"approve\", role = \"lead\" }]",
        "steps = [{ kind = \"approve\", role = \"lead\" }, { kind = \"file\", role = \"head\" }]",
        "never_filed",
        "steps = [",
    );
}

#[test]
fn fields_can_be_filled_in() {
    broken(
        "{ key = \"high\", label = \"高\", en = \"High\", severity = 3 },\n  { key = \"low\",",
        "{ system = true, key = \"high\", label = \"高\", en = \"High\", severity = 3 },\n  { system = true, key = \"low\",",
        "nothing_to_choose",
        "key = \"priority\"\nlabel = \"等级\"",
    );
}

#[test]
fn numbers_never_repeat() {
    let numbering = "[numbering]";
    broken("{YYYYMM}{SEQ:4}", "{YYYY}{SEQ:4}", "numbers_repeat", numbering);
    broken("{YYYYMM}{SEQ:4}", "{YYYYMM}", "bad_pattern", numbering);
    broken("SM{CH}", "SM", "bad_pattern", numbering);
    // A code that goes on like the date of another one; the serials may be as long as they like.
    let text = SMALL
        .replace("code = \"W\"", "code = \"T2026\"")
        .replace("{CH}{YYYYMM}", "{CH}{SEQ:1}")
        .replace("{SEQ:1}{SEQ:4}", "{SEQ:4}")
        .replace("reset = \"month\"", "reset = \"never\"");
    let found = report(&text).violations;
    assert!(found.iter().any(|one| one.code == "numbers_collide"), "{}", lines(&found));
}

#[test]
fn numbers_of_two_procedures_do_not_meet() {
    let with = |key: &str, pattern: &str| {
        let text = SMALL.replace("key = \"small\"", &format!("key = \"{key}\""));
        procedure(
            &text
                .replace("SM{CH}{YYYYMM}{SEQ:4}", pattern)
                .replace("per_channel = true", "per_channel = false"),
        )
    };
    let meet = |one: &str, other: &str| {
        let (one, other) = (with("one", one), with("other", other));
        check_text(&one, &[&one, &other]).iter().any(|found| found.code == "numbers_collide")
    };
    assert!(!meet("{YYYYMM}-{SEQ:4}", "{YYYYMMDD}-{SEQ:3}"), "the dash stands elsewhere");
    assert!(!meet("CF{YYYYMMDD}{SEQ:4}", "TS{YYYYMMDD}{SEQ:4}"));
    assert!(meet("{YYYYMM}{SEQ:4}", "{YYYYMMDD}{SEQ:3}"), "20261111234 is both");
    assert!(meet("{YYYYMM}{SEQ:4}", "{YYYYMM}{SEQ:5}"), "from the 10000th on");
    assert!(!meet("{YYYYMM}A{SEQ:4}", "{YYYYMM}B{SEQ:4}"));
}

#[test]
fn nothing_is_left_when_a_case_is_filed() {
    broken(
        "stop = [\"archived\"]",
        "stop = [\"plan_rejected\"]",
        "left_running",
        "key = \"filing\"",
    );
    let one = broken(
        "stop = [\"archived\"]",
        "stop = [\"plan_rejected\"]",
        "never_settled",
        "key = \"filing\"",
    );
    assert!(one.path.is_empty());
}

/// The promise is proved for each of them, part by part and whole (architecture: enforced three times).
#[test]
fn built_in_procedures_are_proved() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../procedures");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("procedure.toml"))
        .collect();
    files.sort();
    let procedures: Vec<Procedure> = files
        .iter()
        .filter(|file| file.exists())
        .map(|file| procedure(&std::fs::read_to_string(file).unwrap()))
        .collect();
    let all: Vec<&Procedure> = procedures.iter().collect();
    for one in &all {
        let report = check(one, &calendar(), &all);
        assert!(report.violations.is_empty(), "{}:\n{}", one.key, lines(&report.violations));
        assert!(report.proved, "{} is followed up whole", one.key);
    }
}

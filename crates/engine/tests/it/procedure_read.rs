//! Reading procedures: what the format says becomes the model, and every mistake is told with its line.

use engine::procedure::{
    Actor, Again, Condition, Effect, Fact, FieldKind, Finding, LimitSpec, Mark, Means, Moment,
    Need, Operand, Procedure, Relation, Source, StepKind, Test, Verb, check_together, read,
};
use proptest::prelude::*;

const EVERY_SECTION: &str = include_str!("../data/every-section.toml");

/// Every procedure that ships, with its file's name.
fn shipped() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../procedures");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let files =
        files.into_iter().map(|folder| folder.join("procedure.toml")).filter(|file| file.exists());
    files.map(|file| (file.display().to_string(), std::fs::read_to_string(file).unwrap())).collect()
}

fn every_section() -> Procedure {
    read("every-section.toml", EVERY_SECTION)
        .unwrap_or_else(|findings| panic!("{}", lines(&findings)))
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}

/// Findings after a change of one place of the valid file, and the line of that place.
fn after(old: &str, new: &str) -> (Vec<Finding>, u32) {
    assert_eq!(EVERY_SECTION.matches(old).count(), 1, "{old:?} must occur once");
    let (before, _) = EVERY_SECTION.split_once(old).unwrap();
    let line = u32::try_from(before.matches('\n').count() + 1).unwrap();
    let findings = read("p.toml", &EVERY_SECTION.replace(old, new)).err().unwrap_or_default();
    (findings, line)
}

/// Changing `old` to `new` gives exactly one finding: its code, and the line of `old`.
#[track_caller]
fn one_finding(old: &str, new: &str, code: &str) -> Finding {
    let (findings, line) = after(old, new);
    assert_eq!(findings.len(), 1, "{old:?} -> {new:?}:\n{}", lines(&findings));
    let finding = findings.into_iter().next().unwrap();
    assert_eq!((finding.code, finding.line), (code, line), "{finding}");
    finding
}

/// The item of the one finding that a change gives.
#[track_caller]
fn one_item(old: &str, new: &str, code: &str) -> String {
    let (findings, _) = after(old, new);
    assert_eq!(findings.len(), 1, "{old:?} -> {new:?}:\n{}", lines(&findings));
    assert_eq!(findings[0].code, code, "{}", findings[0]);
    findings[0].item.clone()
}

#[test]
fn what_ships_has_no_findings() {
    let mut found = String::new();
    for (file, text) in shipped() {
        found += &lines(&read(&file, &text).err().unwrap_or_default());
    }
    assert!(found.is_empty(), "{found}");
}

#[test]
fn a_hand_over_must_arrive() {
    let ours = every_section();
    let found = lines(&check_together(&[("p.toml", &ours)]));
    assert!(found.contains("unknown_procedure: links.transfers.to_complaint.to:"), "{found}");
    let mut theirs = ours.clone();
    theirs.key = "cp".into();
    theirs.links.transfers.clear();
    let found = check_together(&[("p.toml", &ours), ("cp.toml", &theirs)]);
    let items: Vec<&str> = found.iter().map(|finding| finding.item.as_str()).collect();
    let copied = ["copy.name", "copy.story", "set.urgency"]
        .map(|part| format!("links.transfers.to_complaint.{part}"));
    assert_eq!(items, copied, "{}", lines(&found));
}

#[test]
fn every_section_becomes_the_model() {
    let p = every_section();
    assert_eq!((&*p.key, p.version, &*p.calendar, &*p.severity), ("demo", 3, "cn", "priority"));
    assert_eq!(p.windows.len(), 2);
    assert_eq!(
        (p.origin.mark, p.origin.line, p.origin.req.as_slice()),
        (Mark::Stated, 4, &["S0-I01".to_owned()][..])
    );
    assert_eq!(p.field_meaning(Means::ReceivedAt).map(|f| &*f.key), Some("received"));
    assert_eq!(
        p.field("resolve_due").map(|f| &f.kind),
        Some(&FieldKind::Auto(Source::Due("resolve".into())))
    );
    assert_eq!(p.field("outage").and_then(|f| f.default.as_deref()), Some("false"));
    assert_eq!(p.field("amount").and_then(|f| f.default.as_deref()), Some("0"));
    assert_eq!(p.register_action().map(|a| &*a.key), Some("register"));
    assert_eq!(
        p.action("contact").map(|a| a.does.as_slice()),
        Some(&[Verb::Contact, Verb::Progress][..])
    );
    assert_eq!(
        p.action("dispatch").map(|a| a.effects.as_slice()),
        Some(
            &[
                Effect::Assign("owner".into()),
                Effect::Set("channel".into(), "web".into()),
                Effect::Clear("amount".into())
            ][..]
        )
    );
    assert_eq!(p.stage_index("review"), Some(2));
    assert_eq!(p.links.transfers[0].copy[0], ("name".into(), "customer".into()));
}

#[test]
fn what_is_absent_has_its_default() {
    let p = every_section();
    let f1 = p.form("f1").expect("f1");
    assert_eq!(
        (&*f1.field("number").expect("number").by, &f1.field("number").expect("number").need),
        ("triage", &Need::Optional)
    );
    assert_eq!(f1.field("received").map(|f| &f.need), Some(&Need::Always));
    assert!(
        matches!(f1.field("amount").map(|f| &f.need), Some(Need::When(Condition::Any(parts))) if parts.len() == 2)
    );
    let respond = p.clock("respond").expect("respond");
    assert_eq!((respond.warn, respond.again, respond.by.len()), (Some(75), Again::Never, 1));
    assert_eq!(
        p.clock("keep_in_touch").map(|c| (c.warn, &c.owner)),
        Some((None, &Actor::Relation(Relation::Holder)))
    );
    assert_eq!(p.clock("subtasks").map(|c| c.warn), Some(None));
    let resolve = p.clock("resolve").expect("resolve");
    assert_eq!(resolve.by[0].stop, resolve.by[2].stop, "a row without stop takes the clock's");
    assert_eq!(resolve.by[1].stop.len(), 2);
    assert_eq!(resolve.remind[0].does, StepKind::Notify);
    assert_eq!(
        (resolve.breach[0].after, resolve.breach[1].after, resolve.breach[1].from_miss),
        (0, 86_400, 2)
    );
    assert_eq!((resolve.every, resolve.breach[0].from_miss), (Some(86_400), 1));
    assert_eq!(resolve.by[2].limit, LimitSpec::Field("finish".into()));
}

#[test]
fn true_of_a_fact_is_at_least_one() {
    let submit = every_section().action("submit").cloned().expect("submit");
    let is = |fact, test| Condition::Is(Operand::Fact(fact), test);
    let happened = is(Fact::Happened(Moment::Responded), Test::Ge(1.0));
    assert_eq!(submit.when, Condition::All(vec![is(Fact::SelfAssigned, Test::Ge(1.0)), happened]));
}

#[test]
fn items_know_their_lines() {
    let p = every_section();
    let line_of = |text: &str| {
        let (before, _) = EVERY_SECTION.split_once(text).expect("it occurs");
        u32::try_from(before.matches('\n').count() + 1).expect("a short file")
    };
    assert_eq!(p.clock("resolve").map(|c| c.origin.line), Some(line_of("key = \"resolve\"\n")));
    assert_eq!(
        p.clock("resolve").map(|c| c.by[1].origin.line),
        Some(line_of("{ when = { priority = \"mid\" }, limit"))
    );
    assert_eq!(
        p.axis("priority").and_then(|a| a.value("mid")).map(|v| v.origin.line),
        Some(line_of("{ key = \"mid\""))
    );
    assert_eq!(
        p.form("f1").and_then(|f| f.field("received")).map(|f| f.origin.line),
        Some(line_of("{ field = \"received\""))
    );
    assert_eq!(p.rules[0].origin.line, line_of("[[rules]]"));
}

#[test]
fn a_mistyped_key_is_found_with_the_right_one() {
    let finding = one_finding("min_chars = 10", "min_char = 10", "unknown_key");
    assert_eq!(finding.item, "fields.description.min_char");
    assert!(finding.found.contains("did you mean `min_chars`?"), "{finding}");
}

#[test]
fn names_that_do_not_exist_are_found() {
    let finding = one_finding(
        "owner = \"lead\"\nnext = \"dispatch\"",
        "owner = \"laed\"\nnext = \"dispatch\"",
        "unknown_role",
    );
    assert!(finding.found.contains("did you mean `lead`?"), "{finding}");
    one_item(
        "does = [\"reject\"]\nchain = \"plan\"\nfrom = [\"review\"]",
        "does = [\"reject\"]\nchain = \"plan\"\nfrom = [\"revew\"]",
        "unknown_stage",
    );
    one_item("[extension]\nclock = \"resolve\"", "[extension]\nclock = \"solve\"", "unknown_clock");
    one_finding("\"clear:amount\"", "\"clear:sum\"", "unknown_field");
    one_finding("do = \"escalate:urgent\"", "do = \"escalate:urgnt\"", "unknown_escalation");
    one_finding("\"$open_tasks:sub\"", "\"$open_tasks:subb\"", "unknown_task");
    one_finding("{due:resolve} 前处理", "{due:solve} 前处理", "unknown_clock");
    one_finding("{number} {field:customer}", "{nummer} {field:customer}", "bad_placeholder");
    one_finding("start = [\"dispatched\"]", "start = [\"dispatchd\"]", "unknown_moment");
    one_finding("responded@assignee", "responded@engineer", "unknown_role");
    one_finding("contacted@agent#result", "contacted@agent#results", "bad_moment");
}

#[test]
fn values_that_do_not_fit_are_found() {
    let finding = one_finding(
        "{ when = { priority = \"low\" }, limit",
        "{ when = { priority = \"loww\" }, limit",
        "unknown_value",
    );
    assert!(finding.found.contains("did you mean `low`?"), "{finding}");
    one_finding(
        "hint = { when = { outage = true }",
        "hint = { when = { outage = \"yes\" }",
        "bad_value",
    );
    one_finding(
        "when = { amount = { ge = 500 } }",
        "when = { amount = { ge = \"500\" } }",
        "wrong_type",
    );
    one_finding(
        "skip = { amount = { le = 0 } }",
        "skip = { description = { le = 0 } }",
        "bad_condition",
    );
    one_finding("\"set:channel=web\"", "\"set:channel=wap\"", "unknown_value");
    one_finding("default = \"phone\"", "default = \"fax\"", "unknown_value");
    one_finding("  { value = \"mid\" },", "  { value = \"medium\" },", "unknown_value");
    one_finding("limit = \"30m\"", "limit = \"30 min\"", "bad_limit");
    one_finding("limit = \"field:finish\"", "limit = \"field:amount\"", "wrong_field");
    one_finding("after = \"24h\", do = \"esc", "after = \"3wd\", do = \"esc", "bad_length");
    one_finding("\"raise:priority\"", "\"raise:amount\"", "wrong_field");
    one_finding(
        "when = { \"$severity\" = { ge = 2 } }",
        "when = { \"$severty\" = { ge = 2 } }",
        "unknown_fact",
    );
    one_finding(
        "windows = [[\"09:00\", \"12:00\"]",
        "windows = [[\"12:00\", \"09:00\"]",
        "bad_window",
    );
}

#[test]
fn the_same_key_or_label_twice_is_found() {
    let twin = "[[escalations]]\nkey = \"urgent\"\nlabel = \"别的\"\nen = \"Other\"\n\n[[chains]]";
    assert_eq!(one_item("[[chains]]", twin, "duplicate_key"), "escalations.urgent.key");
    one_finding("label = \"部门负责人\"", "label = \"客服主管\"", "duplicate_label");
}

#[test]
fn parts_that_do_not_go_together_are_found() {
    let found = |old, new, code, item| assert_eq!(one_item(old, new, code), item);
    found(
        "does = [\"submit\"]\nchain = \"plan\"",
        "does = [\"submit\"]",
        "missing_key",
        "actions.submit",
    );
    found(
        "key = \"register\"\n",
        "key = \"register\"\nfrom = [\"work\"]\n",
        "misplaced_key",
        "actions.register",
    );
    found("stop = [\"responded@assignee\"]\n", "", "missing_key", "clocks.respond.by");
    found("code = \"W\"", "also = [\"网页\"]", "missing_key", "axes.channel.values.web");
    found("{YYYYMMDD}{CH}", "{YYYYMMDD}{CHANNEL}", "bad_placeholder", "numbering.pattern");
    found("passes_to = \"head\"", "passes_to = \"lead\"", "passes_in_a_circle", "roles.lead");
    found("by = [\"lead\", \"@system\"]", "by = [\"lead\"]", "missing_actor", "clocks.act");
    found(
        "effects = [\"task:sub\", \"escalate:urgent\"]",
        "effects = [\"goto:work\"]",
        "bad_effect",
        "rules[1].effects",
    );
    found(
        "[{ field = \"finish\", need = true, presets",
        "[{ field = \"number\" }, { field = \"finish\", presets",
        "wrong_field",
        "actions.submit",
    );
    found("label = \"驳回\"", "label = \"同意\"", "duplicate_label", "actions.reject");
    found("max = 2", "max = 0", "wrong_type", "extension.max");
    found("derive = \"level\"\n", "", "unused", "tables.level");
    found("\"assign:owner\"", "\"assign:level\"", "wrong_table", "actions.dispatch.effects[1]");
    found("by = [\"@customer\", \"agent\"]", "by = []", "missing_actor", "actions.rate");
    found("means = \"rating\"", "means = \"amount\"", "duplicate_means", "fields.rating.means");
    found("purpose = \"progress\"", "task = \"sub\"", "misplaced_key", "actions.contact");
}

#[test]
fn a_filed_case_is_only_added_to_or_taken_up_again() {
    let from = |verb: &str, more: &str| {
        EVERY_SECTION.replace(
            &format!("does = [\"{verb}\"]\nfrom = [\"closed\"]"),
            &format!("does = [{more}]\nfrom = [\"closed\", \"archived\"]"),
        )
    };
    let codes = |text: &str| -> Vec<(&str, String)> {
        let findings = read("p.toml", text).err().unwrap_or_default();
        findings.into_iter().map(|finding| (finding.code, finding.item)).collect()
    };
    assert_eq!(codes(&from("rate", "\"rate\"")), []);
    assert_eq!(codes(&from("reopen", "\"reopen\"")), []);
    assert_eq!(
        codes(&from("rate", "\"rate\", \"edit\"")),
        [("wrong_verb", "actions.rate".to_owned())]
    );
    assert_eq!(
        codes(&from("reopen", "\"comment\"")),
        [("missing_round", "actions.reopen".to_owned())]
    );
}

#[test]
fn all_findings_come_at_once() {
    let broken = EVERY_SECTION
        .replace("label = \"客服专员\"", "lable = \"客服专员\"")
        .replace("limit = \"30m\"", "limit = \"soon\"")
        .replace("keep_years = 5", "keep_years = \"five\"");
    let findings = read("p.toml", &broken).expect_err("three mistakes");
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(
        codes,
        ["missing_key", "unknown_key", "bad_limit", "wrong_type"],
        "{}",
        lines(&findings)
    );
}

#[test]
fn one_item_may_have_several_findings() {
    let broken = EVERY_SECTION
        .replace("does = [\"submit\"]\nchain = \"plan\"", "does = [\"submit\", \"transfer\"]");
    let findings = read("p.toml", &broken).expect_err("two mistakes");
    let items: Vec<&str> = findings.iter().map(|finding| finding.item.as_str()).collect();
    assert_eq!(items, ["actions.submit", "actions.submit"], "{}", lines(&findings));
}

#[test]
fn a_key_twice_leaves_the_rest_readable() {
    let broken = EVERY_SECTION
        .replace("loud = true\n", "loud = true\nloud = false\n")
        .replace("limit = \"30m\"", "limit = \"soon\"");
    let codes: Vec<&str> =
        read("p.toml", &broken).expect_err("two mistakes").iter().map(|f| f.code).collect();
    assert_eq!(codes, ["bad_limit", "duplicate_key"]);
}

#[test]
fn a_text_that_is_not_toml_is_a_finding() {
    let findings = read("p.toml", "[procedure]\nkey = \"a\n名称").expect_err("not TOML");
    assert!(
        findings.iter().all(|finding| finding.code == "bad_toml" && finding.line >= 2),
        "{}",
        lines(&findings)
    );
    assert!(!read("p.toml", "").expect_err("nothing").is_empty());
    let deep = format!("roles = {}", "[".repeat(100_000));
    assert!(!read("p.toml", &deep).expect_err("too deep").is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever happens to a text, reading it gives a procedure or findings within its lines.
    #[test]
    fn no_text_makes_the_reader_panic(
        from in 0usize..9000, take in 0usize..40, put in "[ -~一-三\\n\\[\\]{}=\",.$:@#]{0,12}",
    ) {
        let start: String = EVERY_SECTION.chars().take(from).collect();
        let rest: String = EVERY_SECTION.chars().skip(from + take).collect();
        for text in [format!("{start}{put}{rest}"), format!("{start}{put}")] {
            let last = u32::try_from(text.matches('\n').count() + 1).expect("a short file");
            for finding in read("p.toml", &text).err().unwrap_or_default() {
                prop_assert!((1..=last).contains(&finding.line), "{}", finding);
            }
        }
    }

    /// Keys and words that are well-formed but wrong reach further into the reader than broken brackets.
    #[test]
    fn no_wrong_word_makes_the_reader_panic(nth in 0usize..700, word in "[a-z$@#:=_.0-9{}一-三]{0,10}") {
        let parts: Vec<&str> = EVERY_SECTION.split('"').collect();
        let changed: Vec<&str> =
            parts.iter().enumerate().map(|(at, part)| if at == nth * 2 + 1 { word.as_str() } else { part }).collect();
        let _ = read("p.toml", &changed.join("\""));
    }
}

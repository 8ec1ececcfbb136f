//! Samples of a case, and of forms.

use super::super::case::{
    Beside, CasePage, ClockView, Conflict, Day, Doing, Entry, Fact, FileView, Other, Said, Sheet,
    Step, TaskView,
};
use super::super::form::{ByRule, Choice, Control, Form, Item, People, Template};
use super::super::framed::Section;
use super::super::left::Left;
use super::{HOSTILE, Sampler};
use desk::words::{Sort, Told as Reason};

impl Sampler {
    pub(super) fn item(&self, name: &str, control: Control) -> Item {
        Item {
            name: format!("f.{name}"),
            label: HOSTILE.to_owned(),
            control,
            required: true,
            hint: Some(HOSTILE.to_owned()),
            example: Some("Example".to_owned()),
            wrong: Some(HOSTILE.to_owned()),
            held: true,
            values: vec![HOSTILE.to_owned()],
            usual: vec![HOSTILE.to_owned()],
        }
    }

    pub(super) fn form(&self) -> Form {
        let options = |count: usize| -> Vec<Choice> {
            (0..count)
                .map(|n| Choice {
                    key: n.to_string(),
                    label: HOSTILE.to_owned(),
                    hint: Some("Hint".to_owned()),
                })
                .collect()
        };
        let people = |many: bool| People {
            many,
            wanted: (!many).then(|| HOSTILE.to_owned()),
            fit: options(9),
            others: options(9)
                .into_iter()
                .map(|one| Choice { key: format!("other {}", one.key), ..one })
                .collect(),
            by_rule: (!many).then(|| ByRule { to: Some(HOSTILE.to_owned()) }),
        };
        let controls = vec![
            ("line", Control::Line("text")),
            ("time", Control::Line("datetime-local")),
            ("long", Control::Long),
            ("truth", Control::YesNo),
            ("few", Control::One(options(3))),
            ("many", Control::One(options(30))),
            ("none", Control::Many(Vec::new())),
            ("some", Control::Many(options(4))),
            ("person", Control::People(people(false))),
            ("people", Control::People(people(true))),
            ("files", Control::Files(vec![("id".to_owned(), HOSTILE.to_owned())])),
            ("rows", Control::Rows(vec![vec![self.item("rows.0.a", Control::Line("text"))]])),
        ];
        Form {
            action: "/cases/N-1/actions/x".to_owned(),
            label: HOSTILE.to_owned(),
            seen: Some(3),
            items: controls.into_iter().map(|(name, control)| self.item(name, control)).collect(),
            more: vec![self.item("folded", Control::Line("tel"))],
            wrong: Some(HOSTILE.to_owned()),
            draft: Some("case N-1 x".to_owned()),
            restored: true,
            anew: "/cases/N-1?do=x#now-do".to_owned(),
            kept: vec![("hidden".to_owned(), HOSTILE.to_owned())],
            once: "once".to_owned(),
            templates: vec![Template {
                name: HOSTILE.to_owned(),
                href: "/cases/N-1?do=x&template=y#now-do".to_owned(),
                text: HOSTILE.to_owned(),
            }],
            offset: Some(28_800),
            begins: Some("f-time".to_owned()),
            files_at: Some(HOSTILE.to_owned()),
        }
    }

    pub(super) fn beside(&self) -> Vec<Beside> {
        [true, false]
            .map(|open| Beside {
                number: "N-2".to_owned(),
                title: HOSTILE.to_owned(),
                note: "Note".to_owned(),
                open,
            })
            .into()
    }

    pub(super) fn clock(&self, generation: u32, left: Option<Left>) -> ClockView {
        ClockView {
            id: format!("clock-x-{generation}"),
            name: HOSTILE.to_owned(),
            state: "State".to_owned(),
            left,
            at: "11-27 10:00".to_owned(),
            late: true,
            provisional: true,
            progress: Some((1, 100, 40)),
            told: vec![
                Reason { text: HOSTILE.to_owned(), detail: false },
                Reason { text: "Detail".to_owned(), detail: true },
            ],
            strip: vec![
                ("11-26".to_owned(), "counts".to_owned(), "counts"),
                ("11-27".to_owned(), "due".to_owned(), "ends"),
            ],
        }
    }

    pub(super) fn case(&self, full: bool) -> CasePage {
        let step = |name: &str, class| Step {
            name: name.to_owned(),
            class,
            at: Some("11-26 09:00".to_owned()),
        };
        let lines =
            [Sort::Contact, Sort::Progress, Sort::Work, Sort::Time, Sort::File, Sort::Values];
        let entry = Entry {
            at: "09:00".to_owned(),
            who: HOSTILE.to_owned(),
            lines: lines.into_iter().map(|sort| (sort, HOSTILE.to_owned())).collect(),
        };
        CasePage {
            frame: self.frame(Section::Cases),
            number: "N-1".to_owned(),
            id: "id".to_owned(),
            title: HOSTILE.to_owned(),
            procedure: "Procedure".to_owned(),
            version: 9,
            level: full.then(|| (3, "Level".to_owned())),
            tags: vec![HOSTILE.to_owned()],
            holder: "Holder".to_owned(),
            assignee: Some("Somebody".to_owned()),
            helpers: vec!["A".to_owned(), "B".to_owned()],
            path: vec![step("One", "done"), step("Two", "now"), step("Three", "ahead")],
            clocks: if full { vec![self.clock(1, Some(self.left(5)))] } else { Vec::new() },
            settled: if full { vec![self.clock(2, None)] } else { Vec::new() },
            customer: [None, Some("field".to_owned())]
                .map(|reveal| Fact {
                    key: format!("k{}", u8::from(reveal.is_some())),
                    name: "Name".to_owned(),
                    text: HOSTILE.to_owned(),
                    phone: reveal.is_none(),
                    reveal,
                })
                .into(),
            shown: vec!["name".to_owned()],
            records: if full {
                vec![(HOSTILE.to_owned(), "/customers/1".to_owned())]
            } else {
                Vec::new()
            },
            may_record: true,
            earlier: if full { self.beside() } else { Vec::new() },
            now: full.then(|| Doing {
                title: HOSTILE.to_owned(),
                next: true,
                mine: false,
                barred: vec![HOSTILE.to_owned()],
                decides: vec![(HOSTILE.to_owned(), HOSTILE.to_owned(), true)],
                form: self.form(),
            }),
            theirs: (!full).then(|| HOSTILE.to_owned()),
            over: None,
            others: vec![Other {
                label: HOSTILE.to_owned(),
                href: "/cases/N-1?do=y#now-do".to_owned(),
                key: Some("r"),
            }],
            further: vec![Other {
                label: HOSTILE.to_owned(),
                href: "/cases/N-1?do=z#now-do".to_owned(),
                key: None,
            }],
            tasks: vec![
                TaskView {
                    title: HOSTILE.to_owned(),
                    who: "Who".to_owned(),
                    left: Some(self.left(-5)),
                    done: None,
                },
                TaskView {
                    title: "Done".to_owned(),
                    who: "Who".to_owned(),
                    left: None,
                    done: Some("11-26".to_owned()),
                },
            ],
            files: [true, false]
                .map(|image| FileView {
                    href: "/files/1".to_owned(),
                    name: HOSTILE.to_owned(),
                    size: "1 KB".to_owned(),
                    image,
                })
                .into(),
            links: self.beside(),
            sheets: vec![Sheet {
                id: "sheet-x".to_owned(),
                name: "Sheet".to_owned(),
                open: true,
                values: vec![Said {
                    key: Some("said".to_owned()),
                    name: "Name".to_owned(),
                    text: HOSTILE.to_owned(),
                    wide: true,
                    hidden: true,
                }],
            }],
            story: if full {
                vec![Day { date: "2026-11-26".to_owned(), entries: vec![entry] }]
            } else {
                Vec::new()
            },
            show: "all",
            done: full.then(|| "Done".to_owned()),
            follows: full,
            held: true,
            asleep: (!full).then(|| HOSTILE.to_owned()),
            conflict: full.then(|| Conflict {
                changes: vec![HOSTILE.to_owned()],
                typed: vec![("Field".to_owned(), HOSTILE.to_owned())],
            }),
        }
    }
}

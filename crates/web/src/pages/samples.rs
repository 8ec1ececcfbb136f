//! One sample of every page, and the one test that draws them all.

mod admin;
mod customers;
mod tools;
mod webhooks;

use super::case::{
    Beside, CasePage, ClockView, Conflict, Day, Doing, Entry, Fact, FileView, Other, Sheet, Step,
    TaskView,
};
use super::cases::{Cases, Choice as ListChoice, Tab};
use super::chart::{Bar, Column};
use super::form::{Choice, Control, Form, Item, Template};
use super::framed::{Frame, RailQueue, RailView, Section};
use super::inbox::{Inbox, Told};
use super::left::Left;
use super::new::form::New;
use super::new::look::{Foreseen, Known};
use super::new::{Way, Which};
use super::overview::{Overview, Tile};
use super::row::{Next, Row};
use super::search::{Hits, Search};
use super::wall::Wall;
use super::words::Lang;
use super::work::{PutOff, Work};
use desk::words::{Sort, Told as Reason};
use engine::calendar::Calendar;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// What every page must show as it is.
const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}{{7*7}}";

struct Sampler {
    lang: Lang,
    calendar: Calendar,
    now: Timestamp,
}

impl Sampler {
    fn new(english: bool) -> Self {
        let text = include_str!("../../../engine/tests/data/small.toml");
        let rules = engine::procedure::read("small", text).unwrap();
        let calendar = desk::calendar_for(&rules).unwrap();
        Self { lang: Lang { english }, calendar, now: "2026-11-27T02:00:00Z".parse().unwrap() }
    }

    fn frame(&self, here: Section) -> Frame {
        Frame {
            lang: self.lang,
            theme: Some("dark"),
            csrf: "token".to_owned(),
            to: "/work".to_owned(),
            title: HOSTILE.to_owned(),
            here,
            person: HOSTILE.into(),
            name: HOSTILE.to_owned(),
            roles: vec!["Role".to_owned()],
            work: 12,
            overdue: 2,
            unread: 1_500,
            queues: vec![RailQueue {
                name: HOSTILE.to_owned(),
                href: "/cases?holder=x".to_owned(),
                cases: 3,
            }],
            views: [Some(3), None]
                .map(|cases| RailView {
                    name: HOSTILE.to_owned(),
                    href: "/cases?due=day".to_owned(),
                    cases,
                    here: cases.is_some(),
                })
                .into(),
            admin: true,
            supervises: true,
            now: self.now,
            sequence: 7,
        }
    }

    fn left(&self, minutes: i64) -> Left {
        let due = self.now.checked_add(SignedDuration::from_mins(minutes)).unwrap();
        Left::of(self.lang, &self.calendar, self.now, due, None)
    }

    fn rows(&self) -> Vec<Row> {
        let steps = [
            Next::Nothing,
            Next::Theirs("Step".to_owned()),
            Next::Form { label: HOSTILE.to_owned(), href: "/cases/N-1?do=x".to_owned() },
            Next::Press {
                label: "Press".to_owned(),
                action: "/cases/N-1/actions/x".to_owned(),
                seen: 4,
            },
        ];
        let minutes = [-3_000, -12, 18, 4_000];
        let row = |(place, (next, minutes)): (usize, (Next, i64))| Row {
            number: format!("N-{place}"),
            title: HOSTILE.to_owned(),
            level: Some((3, "Level".to_owned())),
            left: Some(self.left(minutes)),
            stage: "Stage".to_owned(),
            customer: Some("C**".to_owned()),
            holder: "Holder".to_owned(),
            next,
        };
        steps.into_iter().zip(minutes).enumerate().map(row).collect()
    }

    fn item(&self, name: &str, control: Control) -> Item {
        Item {
            name: format!("f.{name}"),
            label: HOSTILE.to_owned(),
            control,
            required: true,
            hint: Some(HOSTILE.to_owned()),
            example: Some("Example".to_owned()),
            wrong: Some(HOSTILE.to_owned()),
            values: vec![HOSTILE.to_owned()],
        }
    }

    fn form(&self) -> Form {
        let options = |count: usize| -> Vec<Choice> {
            (0..count)
                .map(|n| Choice {
                    key: n.to_string(),
                    label: HOSTILE.to_owned(),
                    hint: Some("Hint".to_owned()),
                })
                .collect()
        };
        let controls = vec![
            ("line", Control::Line("text")),
            ("long", Control::Long),
            ("truth", Control::YesNo),
            ("few", Control::One(options(3))),
            ("many", Control::One(options(30))),
            ("none", Control::Many(Vec::new())),
            ("some", Control::Many(options(4))),
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
            kept: vec![("hidden".to_owned(), HOSTILE.to_owned())],
            once: "once".to_owned(),
            templates: vec![Template {
                name: HOSTILE.to_owned(),
                href: "/cases/N-1?do=x&template=y#now-do".to_owned(),
                text: HOSTILE.to_owned(),
            }],
        }
    }

    fn beside(&self) -> Vec<Beside> {
        [true, false]
            .map(|open| Beside {
                number: "N-2".to_owned(),
                title: HOSTILE.to_owned(),
                note: "Note".to_owned(),
                open,
            })
            .into()
    }

    fn clock(&self, generation: u32, left: Option<Left>) -> ClockView {
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

    fn case(&self, full: bool) -> CasePage {
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
                .map(|reveal| Fact { name: "Name".to_owned(), text: HOSTILE.to_owned(), reveal })
                .into(),
            records: if full {
                vec![(HOSTILE.to_owned(), "/customers/1".to_owned())]
            } else {
                Vec::new()
            },
            may_record: true,
            earlier: if full { self.beside() } else { Vec::new() },
            now: full.then(|| Doing { title: HOSTILE.to_owned(), next: false, form: self.form() }),
            theirs: (!full).then(|| HOSTILE.to_owned()),
            others: vec![Other {
                label: HOSTILE.to_owned(),
                href: "/cases/N-1?do=y#now-do".to_owned(),
                key: Some("r"),
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
                values: vec![("Name".to_owned(), HOSTILE.to_owned(), true)],
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

    fn cases(&self, rows: Vec<Row>) -> Cases {
        let option = |value: &str, chosen| (value.to_owned(), HOSTILE.to_owned(), chosen);
        Cases {
            frame: self.frame(Section::Cases),
            heading: HOSTILE.to_owned(),
            count: 999,
            tabs: vec![Tab {
                href: "/cases".to_owned(),
                name: "Tab".to_owned(),
                count: Some(3),
                late: true,
                here: true,
            }],
            choices: vec![ListChoice {
                name: "procedure",
                label: "cases.procedure",
                options: vec![option("", false), option("x", true)],
            }],
            criteria: desk::Criteria { holder: HOSTILE.to_owned(), ..desk::Criteria::default() },
            viewed: false,
            picked: vec!["N-1".to_owned()],
            done: Some("view"),
            rows,
            first: Some("/cases".to_owned()),
            next: Some("/cases?cursor=d.1.2".to_owned()),
        }
    }

    fn new_case(&self, form: Form) -> New {
        New {
            frame: self.frame(Section::New),
            procedure: HOSTILE.to_owned(),
            key: "x y".to_owned(),
            ways: self.ways(),
            form,
            foreseen: Foreseen {
                holder: Some("Holder".to_owned()),
                derived: vec![("Level".to_owned(), HOSTILE.to_owned())],
                clocks: vec![(HOSTILE.to_owned(), self.left(60))],
            },
            known: Known {
                asked: true,
                who: Some(HOSTILE.to_owned()),
                records: vec![(HOSTILE.to_owned(), "/customers/1".to_owned())],
                cases: self.beside(),
            },
        }
    }

    fn ways(&self) -> Vec<Way> {
        ["x y", "z"].map(|key| Way { key: key.to_owned(), name: HOSTILE.to_owned() }).into()
    }

    fn columns(&self) -> Vec<Column> {
        let day = |n: u64| Column {
            label: format!("11-{n:02}"),
            one: n,
            two: n / 2,
            href: Some("/cases".to_owned()),
            title: HOSTILE.to_owned(),
        };
        (1..=30).map(day).collect()
    }

    /// Every page, full and empty.
    fn pages(&self) -> Vec<(&'static str, String)> {
        let bar = Bar {
            label: HOSTILE.to_owned(),
            value: 3,
            text: "3".to_owned(),
            href: Some("/cases?a=1&b=2".to_owned()),
            class: "one",
        };
        let told = Told {
            number: "N-1".to_owned(),
            text: HOSTILE.to_owned(),
            title: HOSTILE.to_owned(),
            at: "09:00".to_owned(),
            new: true,
        };
        let inbox =
            |messages, older| Inbox { frame: self.frame(Section::Inbox), messages, upto: 9, older };
        let hits = |rows| vec![Hits { name: "search.text", rows }];
        let search = |text: &str, groups: Vec<Hits>| Search {
            frame: self.frame(Section::Other),
            text: text.to_owned(),
            customers: if groups.is_empty() { Vec::new() } else { self.lines() },
            groups,
            next: Some("/search?q=x".to_owned()),
        };
        let work = |own, waiting| Work {
            frame: self.frame(Section::Work),
            own,
            waiting,
            snoozed: vec![PutOff {
                number: "N-9".to_owned(),
                title: HOSTILE.to_owned(),
                until: "2026-11-28 09:00".to_owned(),
            }],
            late: 2,
            near: 1,
            all: 60,
        };
        let mut empty = work(Vec::new(), Vec::new());
        empty.all = 0;
        let tile = Tile {
            name: "overview.open",
            text: "12".to_owned(),
            href: "/cases".to_owned(),
            class: "late",
        };
        let wall = Wall {
            lang: self.lang,
            csrf: "token".to_owned(),
            theme: None,
            now: self.now,
            at: "10:00".to_owned(),
            sequence: 7,
            tiles: vec![("overview.open", "12".to_owned(), "late")],
            urgent: vec![(HOSTILE.to_owned(), self.left(-3))],
            days: self.columns(),
        };
        vec![
            ("work", work(self.rows(), self.rows()).html()),
            ("work, empty", empty.html()),
            ("cases", self.cases(self.rows()).html()),
            ("cases, empty", self.cases(Vec::new()).html()),
            ("case", self.case(true).html()),
            ("case, empty", self.case(false).html()),
            ("new", self.new_case(self.form()).html()),
            ("which", Which { frame: self.frame(Section::New), ways: self.ways() }.html()),
            ("which, none", Which { frame: self.frame(Section::New), ways: Vec::new() }.html()),
            ("search", search(HOSTILE, hits(self.rows())).html()),
            ("search, empty", search(HOSTILE, Vec::new()).html()),
            ("inbox", inbox(vec![told], Some(3)).html()),
            ("inbox, empty", inbox(Vec::new(), None).html()),
            (
                "overview",
                Overview {
                    frame: self.frame(Section::Overview),
                    tiles: vec![tile],
                    days: self.columns(),
                    charts: vec![
                        ("overview.clocks", vec![bar], Some(100)),
                        ("overview.people", Vec::new(), None),
                    ],
                }
                .html(),
            ),
            ("wall", wall.html()),
        ]
        .into_iter()
        .chain(self.customer_pages())
        .chain(self.tools())
        .chain(self.admin())
        .chain(self.webhooks())
        .map(|(name, page)| (name, page.into_string()))
        .collect()
    }
}

/// Values of an attribute, in order.
fn attributes<'h>(html: &'h str, name: &str) -> Vec<&'h str> {
    let begin = format!(" {name}=\"");
    html.split(begin.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_page_is_drawn_whole_and_safe_in_both_languages() {
    for english in [false, true] {
        for (name, html) in Sampler::new(english).pages() {
            assert!(
                !html.contains("<script>") && html.contains("&lt;script&gt;"),
                "{name}: hostile text runs"
            );
            for inline in [" style=", " onclick=", " onload=", "javascript:"] {
                assert!(!html.contains(inline), "{name}: {inline}");
            }
            let ids = attributes(&html, "id");
            let unique: BTreeSet<&str> = ids.iter().copied().collect();
            assert_eq!(ids.len(), unique.len(), "{name}: an id stands twice: {ids:?}");
            for reference in ["for", "aria-labelledby", "aria-controls", "data-dialog"] {
                for id in attributes(&html, reference) {
                    assert!(unique.contains(id), "{name}: {reference}={id} leads nowhere");
                }
            }
            let unsaid = html.split('>').filter_map(|text| text.split('<').next()).find(|text| {
                let begins = [
                    "work.",
                    "case.",
                    "cases.",
                    "new.",
                    "frame.",
                    "form.",
                    "story.",
                    "inbox.",
                    "overview.",
                    "search.",
                    "wall.",
                    "row.",
                    "left.",
                    "views.",
                    "templates.",
                    "saved.",
                    "bulk.",
                    "snooze.",
                    "admin.",
                    "export.",
                    "hooks.",
                ];
                begins.iter().any(|begin| text.trim().starts_with(begin))
            });
            assert_eq!(unsaid, None, "{name}: a key shows itself");
            if english {
                let chinese = html.replace("中文", "");
                let chinese = chinese.split("data-words=").next().unwrap();
                let stray = chinese.chars().find(|c| ('\u{4E00}'..'\u{A000}').contains(c));
                assert_eq!(stray, None, "{name}: Chinese in the English page");
            }
            assert!(html.contains("<main") && html.contains("lang="), "{name}");
        }
    }
}

#[test]
fn the_first_page_weighs_little() {
    for (name, html) in Sampler::new(false).pages() {
        let page = super::assets::packed(html.as_bytes(), flate2::Compression::fast()).len();
        let all = page + super::assets::weight();
        assert!(all < 100 * 1024, "{name}: {all} bytes");
    }
}

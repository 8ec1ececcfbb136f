//! One sample of every page, and the one test that draws them all.

mod admin;
mod case;
mod customers;
mod reference;
mod tools;
mod webhooks;

use super::cases::{Cases, Chip, Choice as ListChoice, Tab};
use super::chart::{Bar, Column, Mark};
use super::form::Form;
use super::framed::{Frame, RailQueue, RailView, Section};
use super::inbox::{Inbox, Message, Told};
use super::left::Left;
use super::new::form::New;
use super::new::look::{Fill, Foreseen, Known};
use super::new::{Way, Which};
use super::overview::{Chart, Overview, Tile};
use super::row::{Next, Row};
use super::search::{Hits, Search};
use super::wall::Wall;
use super::words::Lang;
use super::work::{PutOff, Work};
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
            registers: true,
            supervises: true,
            now: self.now,
            sequence: 7,
        }
    }

    fn left(&self, minutes: i64) -> Left {
        let due = self.now.checked_add(SignedDuration::from_mins(minutes)).unwrap();
        Left::of(self.lang, &self.calendar, self.now, due)
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
            registered: Some(("11-20".to_owned(), HOSTILE.to_owned())),
            next,
            calls: place % 2 == 0,
            found: None,
        };
        steps.into_iter().zip(minutes).enumerate().map(row).collect()
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
            chips: vec![Chip { text: HOSTILE.to_owned(), rest: desk::Criteria::default() }],
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
                missing: vec![(HOSTILE.to_owned(), "f-line".to_owned())],
                unmet: vec![HOSTILE.to_owned()],
            },
            known: Known {
                asked: true,
                begins: Vec::new(),
                who: Some(HOSTILE.to_owned()),
                records: vec![(HOSTILE.to_owned(), "/customers/1".to_owned())],
                fill: Some(Fill {
                    href: "/new/x%20y?customer=1".to_owned(),
                    controls: vec![("f.line".to_owned(), HOSTILE.to_owned())],
                }),
                cases: self.beside(),
            },
        }
    }

    fn ways(&self) -> Vec<Way> {
        ["x y", "z"]
            .map(|key| Way {
                key: key.to_owned(),
                name: HOSTILE.to_owned(),
                about: Some(HOSTILE.to_owned()),
            })
            .into()
    }

    fn columns(&self) -> Vec<Column> {
        let mark = |value| Mark { value, href: "/cases".to_owned(), title: HOSTILE.to_owned() };
        let day = |n: u64| Column { label: format!("11-{n:02}"), one: mark(n), two: mark(n / 2) };
        (1..=30).map(day).collect()
    }

    /// Every page, full and empty.
    fn pages(&self) -> Vec<(&'static str, String)> {
        let bar = Bar {
            label: HOSTILE.to_owned(),
            of: Some(HOSTILE.to_owned()),
            value: 3,
            text: "3".to_owned(),
            href: Some("/cases?a=1&b=2".to_owned()),
            beside: Some((HOSTILE.to_owned(), "/cases".to_owned())),
            class: "one",
        };
        let told = Told {
            number: "N-1".to_owned(),
            title: HOSTILE.to_owned(),
            messages: [true, false]
                .map(|new| Message {
                    text: HOSTILE.to_owned(),
                    said: Some(HOSTILE.to_owned()),
                    at: "09:00".to_owned(),
                    new,
                })
                .into(),
        };
        let inbox = |lines, older| Inbox {
            frame: self.frame(Section::Inbox),
            only: Some("due"),
            lines,
            upto: 9,
            older,
        };
        let hits = |rows| vec![Hits { name: "search.text", rows }];
        let search = |text: &str, groups: Vec<Hits>| Search {
            frame: self.frame(Section::Other),
            text: text.to_owned(),
            customers: if groups.is_empty() { Vec::new() } else { self.lines() },
            groups,
            next: Some("/search?q=x".to_owned()),
        };
        let work = |own: Vec<Row>, waiting| Work {
            frame: self.frame(Section::Work),
            calls: own.clone(),
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
            done: "N-9".to_owned(),
        };
        let mut empty = work(Vec::new(), Vec::new());
        empty.all = 0;
        let tile = || Tile {
            name: HOSTILE.to_owned(),
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
            tiles: vec![tile()],
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
            (
                "which",
                Which {
                    frame: self.frame(Section::New),
                    ways: self.ways(),
                    query: "?customer=1".to_owned(),
                }
                .html(),
            ),
            (
                "which, none",
                Which { frame: self.frame(Section::New), ways: Vec::new(), query: String::new() }
                    .html(),
            ),
            ("search", search(HOSTILE, hits(self.rows())).html()),
            ("search, empty", search(HOSTILE, Vec::new()).html()),
            ("inbox", inbox(vec![told], Some(3)).html()),
            ("inbox, empty", inbox(Vec::new(), None).html()),
            (
                "overview",
                Overview {
                    frame: self.frame(Section::Overview),
                    period: 30,
                    tiles: vec![tile()],
                    days: self.columns(),
                    charts: vec![
                        Chart {
                            id: "clocks",
                            name: HOSTILE.to_owned(),
                            bars: vec![bar],
                            full: Some(100),
                            note: Some(HOSTILE.to_owned()),
                        },
                        Chart { id: "people", name: HOSTILE.to_owned(), ..Chart::default() },
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
        .chain(self.reference())
        .map(|(name, page)| (name, page.into_string()))
        .collect()
    }
}

/// Values of an attribute, in order.
fn attributes<'h>(html: &'h str, name: &str) -> Vec<&'h str> {
    let begin = format!(" {name}=\"");
    html.split(begin.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// A page without the elements of a name.
fn without(html: &str, name: &str) -> String {
    let end = format!("</{name}>");
    let rest = |part: &str| part.split_once(&end).map_or(part, |(_, rest)| rest).to_owned();
    html.split(&format!("<{name} ")).map(rest).collect()
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
                    "reference.",
                ];
                begins.iter().any(|begin| text.trim().starts_with(begin))
            });
            assert_eq!(unsaid, None, "{name}: a key shows itself");
            if english {
                let chinese = html.replace("中文", "");
                let chinese = chinese.split("data-words=").next().unwrap();
                // Examples of the API are data.
                let chinese = without(&without(chinese, "pre"), "textarea");
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

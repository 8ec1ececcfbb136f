//! Samples of the pages of customers.

use super::{HOSTILE, Sampler};
use crate::pages::customers::duplicates::{Duplicates, Pair};
use crate::pages::customers::edit::Edit;
use crate::pages::customers::import::{Done, ImportPage};
use crate::pages::customers::merge::{Choice as Difference, Common, Merge, Side};
use crate::pages::customers::show::{Bought, CustomerPage, Double, Inside, Past, Way as Reach};
use crate::pages::customers::{Customers, Line};
use crate::pages::framed::Section;
use maud::Markup;

impl Sampler {
    /// Their pages, full and empty.
    pub(super) fn customer_pages(&self) -> Vec<(&'static str, Markup)> {
        vec![
            ("customers", self.customers(self.lines()).html()),
            ("customers, empty", self.customers(Vec::new()).html()),
            ("customer", self.customer(true).html()),
            ("customer, empty", self.customer(false).html()),
            (
                "customer's form",
                Edit {
                    frame: self.frame(Section::Customers),
                    heading: HOSTILE.to_owned(),
                    back: "/customers".to_owned(),
                    form: self.form(),
                    masked: true,
                    same: vec![(HOSTILE.to_owned(), "/customers/1".to_owned())],
                }
                .html(),
            ),
            ("duplicates", self.duplicates(true).html()),
            ("duplicates, none", self.duplicates(false).html()),
            ("merge", self.merge().html()),
            ("import", self.import(false).html()),
            ("imported", self.import(true).html()),
        ]
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        let line = |(open, all, level)| Line {
            href: "/customers/1".to_owned(),
            name: HOSTILE.to_owned(),
            company: HOSTILE.to_owned(),
            level,
            reached: "138****5678".to_owned(),
            open,
            all,
        };
        let levels = [
            (0, 0, None),
            (1, 3, Some((1, "Plain".to_owned()))),
            (99, 99, Some((3, "VIP".to_owned()))),
        ];
        levels.map(line).into()
    }

    fn customers(&self, lines: Vec<Line>) -> Customers {
        Customers {
            frame: self.frame(Section::Customers),
            text: HOSTILE.to_owned(),
            levels: vec![("vip".to_owned(), HOSTILE.to_owned(), true)],
            count: 3,
            pairs: 99,
            may_write: true,
            erased: lines.is_empty(),
            lines,
            first: Some("/customers".to_owned()),
            next: Some("/customers?cursor=1".to_owned()),
        }
    }

    fn customer(&self, full: bool) -> CustomerPage {
        let reach = |shown| Reach {
            part: format!("contacts/{}", u8::from(shown)),
            name: HOSTILE.to_owned(),
            role: HOSTILE.to_owned(),
            phone: "138****5678".to_owned(),
            account: HOSTILE.to_owned(),
            full: shown,
        };
        let bought = |order, number: Option<&str>| Bought {
            order,
            text: HOSTILE.to_owned(),
            number: number.map(str::to_owned),
        };
        let some = |count: usize| if full { count } else { 0 };
        CustomerPage {
            frame: self.frame(Section::Customers),
            href: "/customers/1".to_owned(),
            name: HOSTILE.to_owned(),
            company: HOSTILE.to_owned(),
            level: full.then(|| (3, "VIP".to_owned())),
            note: if full { HOSTILE.to_owned() } else { String::new() },
            changed: "09:00".to_owned(),
            may_write: true,
            may_reveal: true,
            contacts: [true, false].map(reach).into_iter().take(some(2)).collect(),
            products: [bought(true, None), bought(false, Some("N-1"))]
                .into_iter()
                .take(some(2))
                .collect(),
            register: "/new?customer=1".to_owned(),
            cases: if full { self.pasts() } else { Vec::new() },
            first: full.then(|| "/customers/1".to_owned()),
            next: full.then(|| "/customers/1?cursor=1".to_owned()),
            channels: vec![(HOSTILE.to_owned(), 3), ("B".to_owned(), 1)],
            ratings: if full { [3, 1, 2, 1] } else { [0; 4] },
            doubles: self
                .lines()
                .into_iter()
                .take(some(1))
                .map(|line| Double {
                    line,
                    percent: 80,
                    why: "Why".to_owned(),
                    merge: "/customers/1/merge/2".to_owned(),
                })
                .collect(),
            merged: if full {
                vec![Inside {
                    name: HOSTILE.to_owned(),
                    note: "Note".to_owned(),
                    part: "/customers/1/part/2".to_owned(),
                }]
            } else {
                Vec::new()
            },
            done: full.then(|| (HOSTILE.to_owned(), Some("/customers/1/part/2".to_owned()))),
            revealed: !full,
            shown: vec!["name".to_owned()],
        }
    }

    fn pasts(&self) -> Vec<Past> {
        let past = |held: bool| Past {
            number: "N-1".to_owned(),
            href: "/cases/N-1".to_owned(),
            title: HOSTILE.to_owned(),
            day: "2026-11-30".to_owned(),
            level: held.then(|| (2, HOSTILE.to_owned())),
            left: held.then(|| self.left(60)),
            stage: HOSTILE.to_owned(),
            holder: if held { HOSTILE.to_owned() } else { String::new() },
        };
        vec![past(true), past(false)]
    }

    fn duplicates(&self, full: bool) -> Duplicates {
        let pairs =
            self.lines().into_iter().zip(self.lines().into_iter().rev()).map(|(one, other)| Pair {
                one,
                other,
                percent: 80,
                why: HOSTILE.to_owned(),
                name: Some("duplicates.name.same"),
                merge: "/customers/1/merge/2".to_owned(),
                apart: "/customers/1/apart/2".to_owned(),
            });
        Duplicates {
            frame: self.frame(Section::Customers),
            pairs: pairs.filter(|_| full).collect(),
            may_write: true,
            done: true,
            next: full.then(|| "/customers/duplicates?cursor=1.1.1".to_owned()),
        }
    }

    fn merge(&self) -> Merge {
        let side = |line: Line| Side {
            line,
            version: 3,
            contacts: vec![HOSTILE.to_owned()],
            products: Vec::new(),
        };
        let [one, other, _] = <[Line; 3]>::try_from(self.lines()).ok().unwrap();
        let choice = |(name, differs, texts): (&'static str, bool, [&str; 2])| Difference {
            name,
            label: "Name".to_owned(),
            texts: texts.map(str::to_owned),
            other: differs,
            differs,
            same: !differs,
        };
        Merge {
            frame: self.frame(Section::Customers),
            sides: [side(one), side(other)],
            traits: [("name", true, [HOSTILE, "B"]), ("note", false, [HOSTILE, ""])]
                .map(choice)
                .into(),
            common: Common::Ways(vec![HOSTILE.to_owned()]),
            whole: [vec![HOSTILE.to_owned()], Vec::new()],
            action: "/customers/1/merge/2".to_owned(),
            exchange: "/customers/2/merge/1".to_owned(),
            apart: "/customers/1/apart/2".to_owned(),
            overtaken: true,
        }
    }

    fn import(&self, done: bool) -> ImportPage {
        let reason = |column: Option<&str>| desk::import::Reason {
            column: column.map(str::to_owned),
            code: "missing".to_owned(),
            message: HOSTILE.to_owned(),
        };
        let bad = desk::import::BadRow {
            place: 0,
            line: 2,
            reasons: vec![reason(None), reason(Some(HOSTILE))],
        };
        let result = desk::CustomersImported {
            made: 1,
            changed: 2,
            same: 3,
            bad: vec![bad; 101],
            unknown: vec![HOSTILE.to_owned()],
        };
        ImportPage {
            frame: self.frame(Section::Customers),
            wrong: (!done).then(|| HOSTILE.to_owned()),
            done: done.then(|| Done {
                file: HOSTILE.to_owned(),
                dry_run: true,
                kept: Some("kept".to_owned()),
                result,
            }),
        }
    }
}

//! Samples of the administration.

use super::super::absence::{Away, Share, Shares};
use super::super::admin::Names;
use super::super::calendars::edit::{Edit, Plan, Typed as TypedDays};
use super::super::calendars::{Calendars, Days};
use super::super::framed::Section;
use super::super::installation::Installation;
use super::super::keys::{Keys, OneKey};
use super::super::log::{Line, Log};
use super::super::people::show::Show;
use super::super::people::{People, Somebody};
use super::super::procedures::draft::{Draft, Flaw, Looked};
use super::super::procedures::retiring::Retiring;
use super::super::procedures::{Procedures, Ruled};
use super::super::steps::Step;
use super::super::teams::Teams;
use super::{HOSTILE, Sampler};
use maud::Markup;

impl Sampler {
    /// Every page of the administration.
    pub(super) fn admin(&self) -> Vec<(&'static str, Markup)> {
        let admin = self.frame(Section::Admin);
        let people =
            || vec![("p".to_owned(), HOSTILE.to_owned()), ("q".to_owned(), "Q".to_owned())];
        let names = || -> Names { [("x".into(), HOSTILE.to_owned())].into() };
        let somebody = |me: bool| Somebody {
            id: if me { "p".to_owned() } else { "q".to_owned() },
            name: HOSTILE.to_owned(),
            roles: HOSTILE.to_owned(),
            department: HOSTILE.to_owned(),
            present: me,
            account: me,
        };
        let persons = People {
            frame: admin.clone(),
            people: vec![somebody(true), somebody(false)],
            count: 2,
            text: HOSTILE.to_owned(),
            roles: names(),
            departments: names(),
            given: Default::default(),
            wrong: Some(HOSTILE.to_owned()),
            invitation: Some((HOSTILE.to_owned(), "/welcome/x".to_owned())),
            left: Some(HOSTILE.to_owned()),
            step: Some(Step::People),
        };
        let ruled = |in_force: bool| Ruled {
            key: HOSTILE.to_owned(),
            name: HOSTILE.to_owned(),
            version: 2,
            calendar: "cn".to_owned(),
            open: 3,
            in_force,
        };
        let procedures = Procedures {
            frame: admin.clone(),
            procedures: vec![ruled(true), ruled(false)],
            done: HOSTILE.to_owned(),
            step: Some(Step::Procedures),
        };
        let retiring = Retiring {
            frame: admin.clone(),
            key: HOSTILE.to_owned(),
            name: HOSTILE.to_owned(),
            version: 2,
            open: 3,
            from: vec![HOSTILE.to_owned()],
        };
        let flaw = |line: Option<u32>, way: &[&str]| Flaw {
            line,
            written: HOSTILE.to_owned(),
            what: "What".to_owned(),
            item: HOSTILE.to_owned(),
            facts: HOSTILE.to_owned(),
            way: way.iter().map(|step| (*step).to_owned()).collect(),
        };
        let draft = |flaws: Vec<Flaw>, changes: Option<Vec<[String; 3]>>| {
            let looked = Looked {
                mark: "mark".to_owned(),
                over: 2,
                names: Some((HOSTILE.to_owned(), HOSTILE.to_owned(), 3)),
                flaws,
                proof: (12, 34),
                changes,
                open: 3,
            };
            let (text, wrong) = (HOSTILE.to_owned(), Some(HOSTILE.to_owned()));
            Draft { frame: admin.clone(), text, wrong, going: None, looked: Some(looked) }.html()
        };
        let days = |always: bool| Days {
            name: HOSTILE.to_owned(),
            hours: if always {
                Vec::new()
            } else {
                vec![("09:00–18:00".to_owned(), vec![HOSTILE.to_owned()])]
            },
            always,
            years: vec![(2026, true, 33), (2027, false, 0)],
        };
        let row = |wrong: bool| TypedDays {
            first: "2026-10-01".to_owned(),
            last: HOSTILE.to_owned(),
            name: HOSTILE.to_owned(),
            works: wrong,
            wrong: wrong.then(|| HOSTILE.to_owned()),
        };
        let moving = |late| desk::Moving { cases: 5, moved: 2, late, ..desk::Moving::default() };
        let edit = |plan: Option<Plan>| {
            Edit {
                frame: admin.clone(),
                name: HOSTILE.to_owned(),
                year: 2026,
                years: vec![(2026, true), (2027, false)],
                seen: 3,
                rows: vec![row(false), row(true)],
                complete: Some(plan.is_none()),
                pasted: HOSTILE.to_owned(),
                wrong: Some(HOSTILE.to_owned()),
                lines: vec![(4, HOSTILE.to_owned())],
                done: plan.is_none(),
                plan,
            }
            .html()
        };
        let plan = |days: Vec<[String; 3]>| Plan {
            toml: HOSTILE.to_owned(),
            days,
            moving: vec![
                (HOSTILE.to_owned(), desk::Moving { beyond: 9, ..moving(1) }),
                ("Other".to_owned(), moving(0)),
            ],
            partial: true,
        };
        let changed = || [(); 3].map(|()| HOSTILE.to_owned());
        let team = desk::Team {
            id: "t".into(),
            name: HOSTILE.to_owned(),
            lead: Some("p".into()),
            members: vec!["p".into()],
        };
        let teams = Teams {
            frame: admin.clone(),
            teams: vec![team],
            people: people(),
            given: Default::default(),
            wrong: Some(HOSTILE.to_owned()),
        };
        let key = OneKey {
            id: "k".to_owned(),
            name: HOSTILE.to_owned(),
            person: HOSTILE.to_owned(),
            scopes: vec!["admin.keys.read"],
            since: "2026-11-27".to_owned(),
        };
        let keys = |all: Vec<OneKey>| Keys {
            frame: admin.clone(),
            made: (!all.is_empty()).then(|| (HOSTILE.to_owned(), "bh_x".to_owned())),
            keys: all,
            people: people(),
            given: Default::default(),
            wrong: Some(HOSTILE.to_owned()),
        };
        let installation = |language| Installation {
            frame: admin.clone(),
            organisation: HOSTILE.to_owned(),
            language,
        };
        vec![
            ("people", persons.html()),
            ("person", self.person(true)),
            ("person, who looks", self.person(false)),
            ("log", self.log(true)),
            ("log, none", self.log(false)),
            ("procedures", procedures.html()),
            ("retiring", retiring.html()),
            ("draft", draft(Vec::new(), Some(vec![[(); 3].map(|()| HOSTILE.to_owned())]))),
            ("draft, new", draft(Vec::new(), None)),
            (
                "draft, going on",
                Draft {
                    frame: admin.clone(),
                    text: String::new(),
                    wrong: None,
                    going: Some(12),
                    looked: None,
                }
                .html(),
            ),
            ("draft, flawed", draft(vec![flaw(Some(3), &[HOSTILE]), flaw(None, &[])], None)),
            (
                "calendars",
                Calendars { frame: admin.clone(), calendars: vec![days(false), days(true)] }.html(),
            ),
            ("calendar", edit(None)),
            ("calendar, to be changed", edit(Some(plan(vec![changed()])))),
            ("calendar, unchanged", edit(Some(plan(Vec::new())))),
            ("teams", teams.html()),
            ("keys", keys(vec![key]).html()),
            ("keys, none", keys(Vec::new()).html()),
            ("installation", installation(None).html()),
            ("installation, said", installation(Some(desk::Language::En)).html()),
        ]
    }
    fn person(&self, other: bool) -> Markup {
        let names = || -> Names { [("x".into(), HOSTILE.to_owned())].into() };
        let shares = || Shares {
            cases: 3,
            shares: vec![Share {
                to: HOSTILE.to_owned(),
                taken: desk::Taken { cases: 2, tasks: 1, parts: 1 },
            }],
            more: true,
        };
        let away = Away {
            action: "/admin/people/q/absence".to_owned(),
            given: Default::default(),
            people: vec![("p".to_owned(), HOSTILE.to_owned())],
            said: other,
            wrong: other.then(|| HOSTILE.to_owned()),
            foreseen: Some(if other { shares() } else { Shares::default() }),
            handed: Some(if other { shares() } else { Shares::default() }),
        };
        Show {
            frame: self.frame(Section::Admin),
            id: HOSTILE.to_owned(),
            name: HOSTILE.to_owned(),
            present: !other,
            account: other,
            me: !other,
            seen: 3,
            given: Default::default(),
            roles: names(),
            departments: names(),
            teams: names(),
            wrong: other.then(|| HOSTILE.to_owned()),
            saved: !other,
            invitation: other.then(|| "/welcome/x".to_owned()),
            held: if other { self.rows() } else { Vec::new() },
            count: 12,
            away,
            leaving: shares(),
        }
        .html()
    }

    fn log(&self, full: bool) -> Markup {
        let line = |href: Option<&str>| Line {
            at: "2026-11-30 09:00".to_owned(),
            who: HOSTILE.to_owned(),
            what: HOSTILE.to_owned(),
            about: HOSTILE.to_owned(),
            href: href.map(str::to_owned),
        };
        Log {
            frame: self.frame(Section::Admin),
            people: vec![("p".to_owned(), HOSTILE.to_owned(), true)],
            kinds: vec![("reveal".to_owned(), HOSTILE.to_owned(), false)],
            lines: if full { vec![line(None), line(Some("/cases/N-1"))] } else { Vec::new() },
            first: full.then(|| "/admin/log".to_owned()),
            next: full.then(|| "/admin/log?before=1".to_owned()),
        }
        .html()
    }
}

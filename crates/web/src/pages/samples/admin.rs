//! Samples of the administration.

use super::super::admin::Names;
use super::super::calendars::{Calendars, Days};
use super::super::framed::Section;
use super::super::installation::Installation;
use super::super::keys::{Keys, OneKey};
use super::super::people::{People, Somebody};
use super::super::procedures::draft::{Draft, Flaw, Looked};
use super::super::procedures::{Procedures, Ruled};
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
            me,
        };
        let persons = People {
            frame: admin.clone(),
            people: vec![somebody(true), somebody(false)],
            roles: names(),
            departments: names(),
            given: Default::default(),
            wrong: Some(HOSTILE.to_owned()),
            invitation: Some((HOSTILE.to_owned(), "/welcome/x".to_owned())),
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
        let special =
            |date, works| engine::calendar::SpecialDay { date, name: HOSTILE.to_owned(), works };
        let days = Days {
            name: HOSTILE.to_owned(),
            procedures: vec![HOSTILE.to_owned()],
            windows: "09:00–18:00".to_owned(),
            special: vec![
                special(jiff::civil::date(2026, 10, 1), false),
                special(jiff::civil::date(2026, 10, 10), true),
            ],
            year: 2026,
            years: vec![(2026, true), (2027, false)],
        };
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
            ("procedures", procedures.html()),
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
            ("calendars", Calendars { frame: admin.clone(), calendars: vec![days] }.html()),
            ("teams", teams.html()),
            ("keys", keys(vec![key]).html()),
            ("keys, none", keys(Vec::new()).html()),
            ("installation", installation(None).html()),
            ("installation, said", installation(Some(desk::Language::En)).html()),
        ]
    }
}

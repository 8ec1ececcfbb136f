//! Samples of a person's own tools.

use super::super::bulk::{Becomes, BulkPage, DeedChoice, Line as Planned, Phase};
use super::super::framed::Section;
use super::super::saved::{Given, Line as Kept, Saves};
use super::{HOSTILE, Sampler};
use maud::Markup;

impl Sampler {
    /// Every page of these tools.
    pub(super) fn tools(&self) -> Vec<(&'static str, Markup)> {
        vec![
            ("views", self.saves(desk::Shelf::Views, true).html()),
            ("views, empty", self.saves(desk::Shelf::Views, false).html()),
            ("templates", self.saves(desk::Shelf::Templates, true).html()),
            ("bulk, choosing", self.bulk(Phase::Choosing, "").html()),
            ("bulk, asked", self.bulk(Phase::Choosing, "merge").html()),
            ("bulk, looked at", self.bulk(Phase::Looked, "move").html()),
            ("bulk, done", self.bulk(Phase::Done, "merge").html()),
            (
                "bulk, empty",
                BulkPage { cases: Vec::new(), ..self.bulk(Phase::Choosing, "") }.html(),
            ),
        ]
    }

    fn saves(&self, shelf: desk::Shelf, full: bool) -> Saves {
        let given = Given {
            name: HOSTILE.to_owned(),
            text: HOSTILE.to_owned(),
            wrong: Some(HOSTILE.to_owned()),
            ..Given::default()
        };
        let line = |(place, shared): (usize, bool)| Kept {
            id: format!("id-{place}"),
            shared,
            changeable: place != 2,
            first: place == 0,
            href: Some("/cases?due=day".to_owned()),
            count: Some(3),
            about: HOSTILE.to_owned(),
            given: given.clone(),
        };
        let lines = [false, false, true].into_iter().enumerate().map(line).collect();
        Saves {
            frame: self.frame(Section::Other),
            shelf,
            lines: if full { lines } else { Vec::new() },
            fresh: full.then_some(given),
        }
    }

    fn bulk(&self, phase: Phase, deed: &str) -> BulkPage {
        let becomes = [
            Becomes::Open,
            Becomes::Fine(HOSTILE.to_owned()),
            Becomes::Same(HOSTILE.to_owned()),
            Becomes::Refused(HOSTILE.to_owned()),
        ];
        let line = |(place, becomes): (usize, Becomes)| Planned {
            number: format!("N-{place}"),
            title: HOSTILE.to_owned(),
            stage: "Stage".to_owned(),
            holder: HOSTILE.to_owned(),
            becomes,
        };
        let deeds = [true, false].map(|chosen| DeedChoice {
            name: HOSTILE.to_owned(),
            href: "/bulk?pick=N-1&deed=x".to_owned(),
            fits: if chosen { 4 } else { 2 },
            chosen,
        });
        BulkPage {
            frame: self.frame(Section::Cases),
            back: "/cases?due=late".to_owned(),
            deeds: deeds.into(),
            form: (deed != "move").then(|| self.form()),
            deed: (!deed.is_empty()).then(|| (deed.to_owned(), "N-1".to_owned())),
            cases: becomes.into_iter().enumerate().map(line).collect(),
            phase,
            undo: if phase == Phase::Done { vec!["N-2".to_owned()] } else { Vec::new() },
        }
    }
}

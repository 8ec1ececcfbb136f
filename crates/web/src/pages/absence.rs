//! What a person's page and one's own account share: when somebody is away, who stands in, and what goes to whom.

use super::framed::role_name;
use super::words::Lang;
use crate::app::App;
use crate::problem::Problem;
use desk::{Absence, Caller, DeskError, HandedOver, Taken, Taker, entry, words};
use engine::key::Key;
use engine::people::Person;
use maud::{Markup, html};
use serde::Deserialize;

/// What was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    /// Local times.
    #[serde(default)]
    pub(crate) from: String,
    #[serde(default)]
    pub(crate) to: String,
    #[serde(default)]
    pub(crate) substitute: String,
    /// `look`: only what would go to whom; `back`: he is there again; else it is said.
    #[serde(default)]
    does: String,
}

/// Somebody who takes over, and how much.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    pub(crate) to: String,
    pub(crate) taken: Taken,
}

/// What goes to whom.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shares {
    pub(crate) cases: usize,
    pub(crate) shares: Vec<Share>,
    pub(crate) more: bool,
}

/// The part of a page.
pub(crate) struct Away {
    /// Where the form is sent.
    pub(crate) action: String,
    pub(crate) given: Given,
    /// Who can stand in: id, and name with roles.
    pub(crate) people: Vec<(String, String)>,
    /// An absence is said that is not over.
    pub(crate) said: bool,
    pub(crate) wrong: Option<String>,
    /// What would go to whom.
    pub(crate) foreseen: Option<Shares>,
    /// What went to whom just now.
    pub(crate) handed: Option<Shares>,
}

impl Shares {
    pub(crate) fn of(app: &App, lang: Lang, handed: &HandedOver) -> Self {
        let people = app.desk().people();
        let name = |taker: &Taker| match taker {
            Taker::Person(id) => {
                people.person(id).map_or_else(|| id.to_string(), |one| one.name.clone())
            }
            Taker::Role { role: Some(role), .. } => {
                let name = role_name(app, lang, role).unwrap_or_else(|| role.to_string());
                lang.fill("away.waits", &[("role", &name)])
            }
            Taker::Role { role: None, .. } => lang.say("away.nobody").to_owned(),
        };
        let shares = handed.takers.iter();
        Self {
            cases: handed.cases,
            shares: shares.map(|(taker, taken)| Share { to: name(taker), taken: *taken }).collect(),
            more: handed.more,
        }
    }

    /// In one sentence.
    pub(crate) fn told(&self, lang: Lang) -> String {
        if self.shares.is_empty() {
            return lang.say("away.handed.none").to_owned();
        }
        let each: Vec<String> =
            self.shares.iter().map(|share| format!("{} {}", share.to, share.told(lang))).collect();
        let values = [("count", &*self.cases.to_string()), ("each", &lang.listed(&each))];
        lang.fill("away.handed", &values)
    }

    /// As a table.
    pub(crate) fn html(&self, lang: Lang) -> Markup {
        html! {
            @if self.shares.is_empty() { p.quiet { (lang.say("away.foreseen.none")) } }
            @else {
                table.plain.shares {
                    thead { tr {
                        @for head in ["away.to", "away.cases", "away.tasks", "away.parts"] { th scope="col" { (lang.say(head)) } }
                    } }
                    tbody { @for share in &self.shares { tr {
                        td { (share.to) }
                        @for count in [share.taken.cases, share.taken.tasks, share.taken.parts] { td.number { (count) } }
                    } } }
                }
                @if self.more { p.quiet { (lang.say("away.more")) } }
            }
        }
    }
}

impl Share {
    fn told(&self, lang: Lang) -> String {
        let Taken { cases, tasks, parts } = self.taken;
        let counts =
            [("away.count.cases", cases), ("away.count.tasks", tasks), ("away.count.parts", parts)];
        let counts = counts.into_iter().filter(|(_, count)| *count > 0);
        let told: Vec<String> =
            counts.map(|(key, count)| lang.fill(key, &[("count", &count.to_string())])).collect();
        lang.listed(&told)
    }
}

impl Away {
    /// The part as things stand.
    pub(crate) fn of(app: &App, lang: Lang, person: &Person, action: String) -> Self {
        let desk = app.desk();
        let now = desk.now();
        let said = person.absent.iter().find(|(_, to)| *to > now);
        let calendar = desk.calendar_of_the_house();
        let local = |at| {
            let local = calendar.as_ref().map(|calendar| calendar.local(at));
            local.map(|at| at.strftime("%Y-%m-%dT%H:%M").to_string()).unwrap_or_default()
        };
        let given = Given {
            from: said.map(|(from, _)| local(*from)).unwrap_or_default(),
            to: said.map(|(_, to)| local(*to)).unwrap_or_default(),
            substitute: person.substitute.as_deref().unwrap_or_default().to_owned(),
            does: String::new(),
        };
        let people = desk.people();
        let others = people.people.iter().filter(|one| one.id != person.id);
        let others = others.map(|one| {
            let roles: Vec<String> =
                one.roles.iter().filter_map(|role| role_name(app, lang, role)).collect();
            let label = if roles.is_empty() {
                one.name.clone()
            } else {
                format!("{} · {}", one.name, lang.listed(&roles))
            };
            (one.id.to_string(), label)
        });
        Self {
            action,
            given,
            people: others.collect(),
            said: said.is_some(),
            wrong: None,
            foreseen: None,
            handed: None,
        }
    }

    /// What would be handed over if he were away now, with this substitute.
    pub(crate) fn foresee(
        app: &App,
        lang: Lang,
        caller: &Caller,
        person: &Key,
        substitute: &str,
    ) -> Result<Shares, Problem> {
        let substitute = Some(substitute).filter(|id| !id.is_empty()).map(Key::from);
        let found = app.desk().foresee_absence(caller, person, substitute.as_ref())?;
        Ok(Shares::of(app, lang, &found))
    }

    /// Does what was sent, and shows the part again.
    pub(crate) fn done(
        app: &App,
        lang: Lang,
        caller: &Caller,
        id: &Key,
        action: String,
        given: Given,
    ) -> Result<Self, Problem> {
        let desk = app.desk();
        let (person, _) = desk.person(id)?;
        if !desk.may_say_absence(caller, id) {
            return Err(DeskError::Forbidden.into());
        }
        let back = |wrong: Option<String>, given: Given| Self {
            wrong,
            given,
            ..Self::of(app, lang, &person, action.clone())
        };
        if given.does == "back" {
            desk.set_absence(caller, id, None, None)?;
            let (person, _) = desk.person(id)?;
            return Ok(Self::of(app, lang, &person, action));
        }
        if given.does == "look" {
            let foreseen = Some(Self::foresee(app, lang, caller, id, &given.substitute)?);
            return Ok(Self { foreseen, ..back(None, given) });
        }
        let calendar = desk.calendar_of_the_house();
        let instant = |text: &str| entry::instant(calendar.as_ref()?, text);
        let (Some(from), Some(to)) = (instant(&given.from), instant(&given.to)) else {
            return Ok(back(Some(lang.say("away.when").to_owned()), given));
        };
        let substitute = Some(given.substitute.as_str()).filter(|id| !id.is_empty()).map(Key::from);
        match desk.set_absence(caller, id, Some(&Absence { from, to, substitute }), None) {
            Ok(handed) => {
                let (person, _) = desk.person(id)?;
                let handed = (!person.present(desk.now())).then(|| Shares::of(app, lang, &handed));
                Ok(Self { handed, ..Self::of(app, lang, &person, action) })
            }
            Err(DeskError::Invalid(_)) => Ok(back(Some(lang.say("away.order").to_owned()), given)),
            Err(error @ DeskError::NotFound { .. }) => {
                Ok(back(Some(words::failure(&error, lang.english)), given))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn html(&self, lang: Lang, csrf: &str) -> Markup {
        let given = &self.given;
        html! {
            @if let Some(handed) = &self.handed { p.notice.fine role="status" { (handed.told(lang)) } }
            @if let Some(wrong) = &self.wrong { div.notice.late role="alert" { p { (wrong) } } }
            p.quiet { (lang.say("away.what")) }
            form.fields #away method="post" action=(self.action) {
                input type="hidden" name="csrf" value=(csrf);
                div.field { label for="away-from" { (lang.say("away.from")) } input type="datetime-local" id="away-from" name="from" value=(given.from); }
                div.field { label for="away-to" { (lang.say("away.until")) } input type="datetime-local" id="away-to" name="to" value=(given.to); }
                div.field {
                    label for="away-substitute" { (lang.say("away.substitute")) }
                    select id="away-substitute" name="substitute" data-find=[(self.people.len() > super::form::FINDABLE).then(|| lang.say("form.find"))] {
                        option value="" { (lang.say("away.substitute.none")) }
                        @for (id, name) in &self.people { option value=(id) selected[given.substitute == *id] { (name) } }
                    }
                }
                div.actions.wide {
                    button.main name="does" value="save" { (lang.say("away.save")) }
                    button name="does" value="look" { (lang.say("away.look")) }
                    @if self.said { button name="does" value="back" { (lang.say("away.back")) } }
                }
            }
            @if let Some(foreseen) = &self.foreseen {
                div #away-foreseen role="status" {
                    h3 { (lang.count("away.foreseen", u64::try_from(foreseen.cases).unwrap_or(0))) }
                    (foreseen.html(lang))
                }
            }
        }
    }
}

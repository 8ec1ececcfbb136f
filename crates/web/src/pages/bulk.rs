//! `GET /bulk`: several cases of a list at once - what can be done with them, and what would become of each.

pub(crate) mod act;
mod becomes;

use super::cases::picked;
use super::form::{ByRule, Control, Form, Item, Maker, Typed, action_form};
use super::framed::{Frame, Section};
use super::icon::icon;
use super::local;
use super::row::case_href;
use super::visit::Visit;
use super::words::Lang;
use crate::answer::encoded;
use crate::app::App;
use crate::bulk::{Bulk, Deed, numbers};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use becomes::{becomes, other_customer, where_is};
use desk::{Seen, without_phones};
use engine::key::Key;
use engine::procedure::{Action, Verb};
use maud::{Markup, html};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The page.
pub(crate) struct BulkPage {
    pub(crate) frame: Frame,
    /// The list from which one came.
    pub(crate) back: String,
    pub(crate) deeds: Vec<DeedChoice>,
    /// What is asked for once for all.
    pub(crate) form: Option<Form>,
    /// The deed, and the case into which others are joined.
    pub(crate) deed: Option<(String, String)>,
    pub(crate) cases: Vec<Line>,
    pub(crate) phase: Phase,
    /// What was done can be taken back: the numbers that were joined.
    pub(crate) undo: Vec<String>,
}

/// How far one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing was looked at yet.
    Choosing,
    /// What would happen is shown.
    Looked,
    /// It was done.
    Done,
}

/// Something that can be done.
pub(crate) struct DeedChoice {
    pub(crate) name: String,
    pub(crate) href: String,
    /// With how many of the cases.
    pub(crate) fits: usize,
    pub(crate) chosen: bool,
}

/// A case, and what becomes of it.
pub(crate) struct Line {
    pub(crate) number: String,
    pub(crate) title: String,
    pub(crate) stage: String,
    pub(crate) holder: String,
    pub(crate) becomes: Becomes,
}

/// What becomes of a case.
pub(crate) enum Becomes {
    /// Not looked at.
    Open,
    /// This will happen, or has.
    Fine(String),
    /// Nothing is to be done.
    Same(String),
    /// It is refused, for this reason.
    Refused(String),
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = uri.query().unwrap_or_default();
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let given = Given::of(Typed(pairs), picked(Some(query)));
    Ok(visit.page(&look(&app, &visit, &given, Phase::Choosing)?.html()))
}

/// What a request says.
struct Given {
    typed: Typed,
    numbers: Vec<String>,
    /// As addresses name it.
    deed: String,
    main: String,
    back: String,
}

impl Given {
    fn of(typed: Typed, numbers: Vec<String>) -> Self {
        let one = |name: &str| typed.one(name).unwrap_or_default().to_owned();
        let (deed, main) = (one("deed"), one("main"));
        let back = local(&one("back")).to_owned();
        let back = if back.starts_with("/cases") { back } else { "/cases".to_owned() };
        Self { deed, main, back, numbers, typed }
    }

    fn deed(&self) -> Option<Deed> {
        Some(match self.deed.as_str() {
            "assign" => Deed::Assign,
            "move" => Deed::Move,
            "merge" => Deed::Merge(self.main.clone()),
            "unmerge" => Deed::Unmerge,
            other => Deed::Act(other.strip_prefix("act.")?.to_owned()),
        })
    }

    /// The cases with which the deed is done: not the one into which the others are joined.
    fn concerned(&self) -> Vec<String> {
        let main = (self.deed == "merge").then_some(&self.main);
        self.numbers.iter().filter(|number| Some(*number) != main).cloned().collect()
    }

    fn href(&self, deed: &str, main: &str) -> String {
        let picks = self.numbers.iter().map(|number| format!("pick={}&", encoded(number)));
        let (picks, back) = (picks.collect::<String>(), encoded(&self.back));
        format!("/bulk?{picks}deed={}&main={}&back={back}", encoded(deed), encoded(main))
    }
}

/// The page as things stand; `Looked` shows what would happen.
fn look(app: &App, visit: &Visit, given: &Given, phase: Phase) -> Result<BulkPage, Problem> {
    let (desk, lang) = (app.desk(), visit.lang);
    let named = match given.numbers.is_empty() {
        true => Vec::new(),
        false => numbers(given.numbers.clone())?,
    };
    let bulk = Bulk::new(desk, visit.caller());
    let seen: Vec<Seen> =
        named.iter().filter_map(|number| desk.case_for(visit.caller(), number).ok()).collect();
    let deed = given.deed();
    let looked = match (&deed, phase) {
        (Some(deed), Phase::Looked) => {
            let giving = |seen: &Seen, action: &Action| given.typed.doing(seen, action, None);
            bulk.look(&given.concerned(), deed, &giving)
        }
        _ => Vec::new(),
    };
    let main = match &deed {
        Some(Deed::Merge(main)) => seen.iter().find(|one| one.case.number == *main),
        _ => None,
    };
    let line = |seen: &Seen| {
        let outcome = looked.iter().find(|one| one.number == seen.case.number);
        let mut becomes = becomes(&bulk, lang, deed.as_ref(), outcome);
        if let (Becomes::Fine(said), Some(main)) = (&mut becomes, &main)
            && other_customer(main, seen)
        {
            *said = lang.listed(&[said.clone(), lang.say("bulk.other_customer").to_owned()]);
        }
        Line { becomes, ..line(&bulk, lang, seen) }
    };
    Ok(BulkPage {
        frame: visit.frame(app, Section::Cases, lang.say("bulk.title"))?,
        back: given.back.clone(),
        deeds: deeds(&bulk, lang, &seen, given),
        form: deed.as_ref().and_then(|deed| form(app, visit, &bulk, &seen, deed, given, phase)),
        deed: deed.as_ref().map(|_| (given.deed.clone(), given.main.clone())),
        cases: seen.iter().map(line).collect(),
        phase,
        undo: Vec::new(),
    })
}

fn line(bulk: &Bulk<'_>, lang: Lang, seen: &Seen) -> Line {
    let title = seen.summary.columns.title.as_deref().map(without_phones);
    let (stage, holder) = where_is(bulk, lang, seen, &seen.case);
    let (number, title) = (seen.case.number.clone(), title.unwrap_or_default());
    Line { number, title, stage, holder, becomes: Becomes::Open }
}

/// What can be done with the cases, what suits most of them first.
fn deeds(bulk: &Bulk<'_>, lang: Lang, seen: &[Seen], given: &Given) -> Vec<DeedChoice> {
    let offered: Vec<Vec<Key>> = seen
        .iter()
        .map(|one| bulk.offers(one).into_iter().map(|offer| offer.action).collect())
        .collect();
    let can = |verb: Verb| {
        let does = |(one, keys): (&Seen, &Vec<Key>)| {
            keys.iter().any(|key| one.procedure.action(key).is_some_and(|action| action.has(verb)))
        };
        seen.iter().zip(&offered).filter(|pair| does(*pair)).count()
    };
    let newest = |one: &&Seen| {
        let newest = bulk.desk.library().newest(&one.procedure.key);
        newest.is_some_and(|(rules, _)| rules.version > one.case.procedure_version)
    };
    let old = seen.iter().filter(newest).count();
    let supervises = bulk.desk.supervises(bulk.caller);
    let first = seen.first().map(|one| one.case.number.clone()).unwrap_or_default();
    let main = if given.main.is_empty() { &first } else { &given.main };
    let general = [
        ("assign", "bulk.assign", can(Verb::Assign)),
        ("move", "bulk.move", if supervises { old } else { 0 }),
        ("merge", "bulk.merge", if seen.len() > 1 { can(Verb::Merge) } else { 0 }),
        ("unmerge", "bulk.unmerge", can(Verb::Unmerge)),
    ];
    let choice = |deed: &str, name: String, fits: usize| DeedChoice {
        name,
        href: given.href(deed, if deed == "merge" { main } else { "" }),
        fits,
        chosen: given.deed == deed,
    };
    let general = general.into_iter().filter(|(_, _, fits)| *fits > 0);
    let mut choices: Vec<DeedChoice> =
        general.map(|(deed, name, fits)| choice(deed, lang.say(name).to_owned(), fits)).collect();
    // Actions of one procedure that every case allows; those that are named above are left out.
    let same = seen.windows(2).all(|two| match two {
        [one, other] => one.procedure.key == other.procedure.key,
        _ => true,
    });
    let named = [Verb::Assign, Verb::Merge, Verb::Unmerge, Verb::Link, Verb::Unlink];
    if let (true, Some(one), Some(keys)) = (same, seen.first(), offered.first()) {
        let all = keys.iter().filter(|key| offered.iter().all(|keys| keys.contains(key)));
        let actions = all.filter_map(|key| one.procedure.action(key));
        let actions = actions.filter(|action| !named.iter().any(|verb| action.has(*verb)));
        choices.extend(actions.map(|action| {
            let name = lang.word(&action.label).to_owned();
            choice(&format!("act.{}", action.key), name, seen.len())
        }));
    }
    choices
}

/// What a deed asks for, once for all: its inputs, and those fields that it cannot do without.
fn form(
    app: &App,
    visit: &Visit,
    bulk: &Bulk<'_>,
    seen: &[Seen],
    deed: &Deed,
    given: &Given,
    phase: Phase,
) -> Option<Form> {
    let concerned = given.concerned();
    let mut fitting = seen.iter().filter(|one| concerned.contains(&one.case.number));
    let (one, (action, offer)) = fitting.find_map(|one| Some((one, bulk.action(one, deed)?)))?;
    let (desk, lang, people) = (app.desk(), visit.lang, &bulk.people);
    let typed = (phase == Phase::Looked).then_some(&given.typed);
    let (rules, calendar) = (&one.procedure, &one.calendar);
    let maker = Maker { desk, lang, rules, calendar, people, typed };
    let mut form = action_form(&maker, one, action, &offer, &visit.caller().who());
    // What one case holds already is no proposal for the others: only fields that one of them lacks are asked for.
    let lacking: BTreeSet<String> = seen
        .iter()
        .filter(|one| concerned.contains(&one.case.number))
        .filter_map(|one| bulk.action(one, deed))
        .flat_map(|(_, offer)| offer.missing)
        .map(|missing| format!("f.{}", missing.field))
        .collect();
    let asked = |item: &Item| match item.name.as_str() {
        // A file belongs to one case.
        _ if matches!(item.control, Control::Files(_)) => false,
        "i.other" | "i.override_guards" => false,
        name => name.starts_with("i.") || lacking.contains(name),
    };
    form.items.retain(asked);
    form.more.retain(asked);
    for item in form.items.iter_mut().filter(|item| item.name.starts_with("f.") && typed.is_none())
    {
        item.values.clear();
    }
    // The rule chooses for each case anew.
    for item in &mut form.items {
        if let Control::People(people) = &mut item.control {
            people.by_rule = people.by_rule.take().map(|_| ByRule::default());
        }
    }
    form.once = Uuid::new_v4().to_string();
    Some(form)
}

impl BulkPage {
    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let content = html! {
            div.split #bulk-page {
                div.bar {
                    h1 { (lang.say("bulk.title")) " " span.count { (self.cases.len()) } }
                    a.button href=(self.back_with_refused()) data-command=(lang.say("bulk.back")) { (lang.say("bulk.back")) }
                }
                @if self.cases.is_empty() { (self.empty()) } @else {
                    @if self.phase == Phase::Done { (self.told()) } @else { (self.choose()) }
                    @match (&self.deed, self.phase) {
                        (Some(_), Phase::Choosing | Phase::Looked) => (self.asked()),
                        _ => (self.table()),
                    }
                }
            }
        };
        frame.page(&content)
    }

    fn choose(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            nav.others aria-label=(lang.say("bulk.deeds")) {
                @for deed in &self.deeds {
                    a.button href=(deed.href) aria-current=[deed.chosen.then_some("true")] data-swap="bulk-page" data-command=(deed.name)
                        data-focus="#bulk-page form :is(input:not([type=hidden]), select, textarea, button)" {
                        (deed.name) @if deed.fits < self.cases.len() { " " span.count { (lang.fill("bulk.fits", &[("fits", &deed.fits.to_string()), ("all", &self.cases.len().to_string())])) } }
                    }
                }
                @if self.deeds.is_empty() { p.quiet { (lang.say("bulk.none")) } }
            }
        }
    }

    /// The form of the deed around the cases: looked at first, then done.
    fn asked(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let empty = Form::default();
        let form = self.form.as_ref().unwrap_or(&empty);
        let (deed, main) = self.deed.as_ref().map_or(("", ""), |(deed, main)| (deed, main));
        let once =
            if form.once.is_empty() { Uuid::new_v4().to_string() } else { form.once.clone() };
        let fine = self.cases.iter().filter(|one| matches!(one.becomes, Becomes::Fine(_))).count();
        html! {
            form.split method="post" action="/bulk" data-form data-within="bulk-page" novalidate {
                input type="hidden" name="csrf" value=(frame.csrf);
                input type="hidden" name="deed" value=(deed);
                input type="hidden" name="back" value=(self.back);
                input type="hidden" name="once" value=(once);
                @if deed != "merge" { input type="hidden" name="main" value=(main); }
                @for one in &self.cases { input type="hidden" name="pick" value=(one.number); }
                @if deed == "merge" {
                    fieldset.card {
                        legend.unseen { (lang.say("bulk.main")) }
                        p.body { (lang.say("bulk.main")) }
                        div.body.choices.mains {
                            @for (place, one) in self.cases.iter().enumerate() {
                                label.choice {
                                    input type="radio" id={ "main-" (place) } name="main" value=(one.number) checked[one.number == main];
                                    span { span.number { (one.number) } span.what { (one.title) } }
                                }
                            }
                        }
                    }
                }
                @if !form.items.is_empty() || !form.more.is_empty() { div.card { div.body { (form.controls(lang)) } } }
                div.actions {
                    @if self.phase == Phase::Looked {
                        button.main name="go" value="do" disabled[fine == 0] data-command=(lang.say("bulk.do")) { @if fine == 0 { (lang.say("bulk.do.none")) } @else { (lang.count("bulk.do.count", u64::try_from(fine).unwrap_or(0))) } }
                        button name="go" value="look" { (lang.say("bulk.look.again")) }
                    } @else {
                        button.main name="go" value="look" data-command=(lang.say("bulk.look")) { (lang.say("bulk.look")) " " kbd aria-hidden="true" { "Ctrl ↵" } }
                    }
                    span.quiet { (lang.say("bulk.look.what")) }
                }
                (self.table())
            }
        }
    }

    fn told(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let count = |fits: fn(&Becomes) -> bool| {
            self.cases.iter().filter(|one| fits(&one.becomes)).count().to_string()
        };
        let done = count(|one| matches!(one, Becomes::Fine(_)));
        let refused = count(|one| matches!(one, Becomes::Refused(_)));
        let class = if refused == "0" { "fine" } else { "near" };
        html! {
            div.notice.(class) role="status" {
                p { (lang.fill("bulk.told", &[("done", &done), ("refused", &refused)])) }
                @if !self.undo.is_empty() {
                    form.undo method="post" action="/bulk" {
                        input type="hidden" name="csrf" value=(frame.csrf);
                        input type="hidden" name="deed" value="unmerge";
                        input type="hidden" name="back" value=(self.back);
                        input type="hidden" name="once" value=(Uuid::new_v4().to_string());
                        input type="hidden" name="i.reason" value=(lang.say("bulk.undo.reason"));
                        @for number in &self.undo { input type="hidden" name="pick" value=(number); }
                        button.small name="go" value="do" data-command=(lang.say("bulk.undo")) { (lang.say("bulk.undo")) }
                    }
                }
            }
        }
    }

    fn table(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            div.cases-frame {
                table.cases.plan {
                    caption.unseen { (lang.say("bulk.cases")) }
                    thead { tr {
                        th.c-number scope="col" { (lang.say("row.number")) }
                        th.c-title scope="col" { (lang.say("row.title")) }
                        th.c-stage scope="col" { (lang.say("row.stage")) }
                        th.c-who scope="col" { (lang.say("row.holder")) }
                        th.c-becomes scope="col" { (lang.say("bulk.becomes")) }
                    } }
                    tbody { @for one in &self.cases {
                        tr data-row {
                            td.c-number { a.number href=(case_href(&one.number)) data-open data-number=(one.number) { (one.number) } }
                            td.c-title title=(one.title) { (one.title) }
                            td.c-stage { (one.stage) }
                            td.c-who { (one.holder) }
                            td.c-becomes { (self.becomes(one)) }
                        }
                    } }
                }
            }
        }
    }

    fn becomes(&self, line: &Line) -> Markup {
        let lang = self.frame.lang;
        let main =
            self.deed.as_ref().is_some_and(|(deed, main)| deed == "merge" && *main == line.number);
        let fine = if self.phase == Phase::Done { "✓ " } else { "→ " };
        html! {
            @match &line.becomes {
                _ if main => span.quiet { (lang.say("bulk.becomes.main")) },
                Becomes::Open => span.quiet { "—" },
                Becomes::Fine(text) => span.ok { (fine) (text) },
                Becomes::Same(text) => span.quiet { "= " (text) },
                Becomes::Refused(text) => span.no { (icon("warn")) " " (text) },
            }
        }
    }

    /// The list, with those still picked with which nothing was done.
    fn back_with_refused(&self) -> String {
        let picked = |one: &&Line| match one.becomes {
            Becomes::Refused(_) => true,
            Becomes::Fine(_) | Becomes::Same(_) | Becomes::Open => self.phase != Phase::Done,
        };
        let picks = self.cases.iter().filter(picked);
        let mut href = self.back.clone();
        for one in picks {
            href.push(if href.contains('?') { '&' } else { '?' });
            href.push_str("pick=");
            href.push_str(&encoded(&one.number));
        }
        href
    }

    fn empty(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            div.card { div.empty {
                p.say { (lang.say("bulk.empty")) }
                p { (lang.say("bulk.empty.what")) }
                a.button href=(self.back) { (lang.say("bulk.back")) }
            } }
        }
    }
}

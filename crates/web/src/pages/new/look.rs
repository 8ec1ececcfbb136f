//! `POST /new/{procedure}/look`: who calls, what is open already, and what would come of the registration. Nothing is written.

use crate::api::procedures::preview;
use crate::app::App;
use crate::pages::case::Beside;
use crate::pages::case::build::beside;
use crate::pages::case::draw::line;
use crate::pages::customers::{Look, customer_href, title};
use crate::pages::form::{Given, Typed, read};
use crate::pages::left::Left;
use crate::pages::row::{customer, holder_name, meaning};
use crate::pages::visit::Visit;
use crate::pages::words::Lang;
use crate::parse;
use crate::problem::{Kind, Problem};
use axum::extract::{Request, State};
use axum::response::Response;
use engine::case::{Holder, holder};
use engine::procedure::{Means, Procedure};
use engine::show;
use maud::{Markup, html};

/// What would come of it.
#[derive(Default)]
pub(crate) struct Foreseen {
    pub(crate) holder: Option<String>,
    /// Fields that the procedure derives: name and value.
    pub(crate) derived: Vec<(String, String)>,
    pub(crate) clocks: Vec<(String, Left)>,
}

/// What is known of the caller.
#[derive(Default)]
pub(crate) struct Known {
    /// A whole number was typed.
    pub(crate) asked: bool,
    /// The customer of the newest case, masked, with his level.
    pub(crate) who: Option<String>,
    /// The records of whoever is reached by the number: name with level, and address.
    pub(crate) records: Vec<(String, String)>,
    pub(crate) cases: Vec<Beside>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    parse::Named(key): parse::Named<String>,
    request: Request,
) -> Result<Response, Problem> {
    let typed = read(&app, request).await?.typed;
    let (rules, _) =
        app.desk().library().in_force(&key).ok_or_else(|| Problem::new(Kind::NotFound))?;
    let lang = visit.lang;
    let (known, foreseen) =
        (known(&app, &visit, &rules, &typed)?, foresee(&app, &visit, &rules, &typed)?);
    Ok(visit.page(&html! { (known.html(lang)) (foreseen.html(lang)) }))
}

/// What a registration would come out as, as far as it is filled in.
pub(crate) fn foresee(
    app: &App,
    visit: &Visit,
    rules: &Procedure,
    typed: &Typed,
) -> Result<Foreseen, Problem> {
    let (desk, lang) = (app.desk(), visit.lang);
    let entered = Given::entered(typed, rules);
    let Some(seen) = preview::foreseen(desk, rules, entered) else {
        return Ok(Foreseen::default());
    };
    let people = desk.people();
    let (rules, calendar, case) = (&seen.procedure, &seen.calendar, &seen.case);
    let held = match holder(rules, case) {
        Holder::Person(key) | Holder::Role(key) => Some(holder_name(lang, rules, &people, &key)),
        Holder::Nobody => None,
    };
    let derived = preview::derived(rules).filter_map(|field| {
        let text = show::value(
            rules,
            calendar,
            &people,
            &field.kind,
            case.value(&field.key)?,
            lang.english,
        );
        Some((lang.word(&field.label).to_owned(), text))
    });
    let mut running: Vec<_> = case
        .clocks
        .iter()
        .filter_map(|one| Some((one, one.due.filter(|_| one.is_live())?)))
        .collect();
    running.sort_by_key(|(_, due)| *due);
    let clocks = running.into_iter().map(|(one, due)| {
        let name = rules
            .clock(&one.clock)
            .map_or_else(|| one.clock.to_string(), |clock| lang.word(&clock.label).to_owned());
        (name, Left::of(lang, calendar, desk.now(), due, None))
    });
    Ok(Foreseen { holder: held, derived: derived.collect(), clocks: clocks.collect() })
}

/// The cases of the number that was typed, as far as whoever takes the call may see them.
pub(crate) fn known(
    app: &App,
    visit: &Visit,
    rules: &Procedure,
    typed: &Typed,
) -> Result<Known, Problem> {
    let phone =
        rules.field_meaning(Means::Phone).and_then(|field| typed.one(&format!("f.{}", field.key)));
    let desk = app.desk();
    let reached = preview::reached(desk, visit.caller(), phone.unwrap_or_default())?;
    let Some(reached) = reached else { return Ok(Known::default()) };
    let look = Look::of(desk, visit);
    let records = reached.customers.iter().map(|kept| {
        let name = title(&kept.customer);
        let level = look.level(&kept.customer).map(|(_, level)| format!("{name} · {level}"));
        (level.unwrap_or(name), customer_href(&kept.key))
    });
    let records = records.collect();
    let mut cases: Vec<Beside> =
        reached.cases.iter().map(|row| beside(app, visit.lang, row)).collect();
    cases.sort_by_key(|one| !one.open);
    let newest = reached.cases.first().map(|row| desk.case_for(visit.caller(), &row.number));
    let newest = newest.transpose()?;
    let who = newest.and_then(|seen| {
        let name = customer(desk, visit.lang, &seen)?;
        let level = meaning(desk, visit.lang, &seen, Means::Level);
        Some(level.map_or_else(|| name.clone(), |level| format!("{name} · {level}")))
    });
    Ok(Known { asked: true, who, records, cases })
}

impl Known {
    pub(crate) fn html(&self, lang: Lang) -> Markup {
        let open = self.cases.iter().filter(|one| one.open).count();
        html! {
            section.card #known aria-labelledby="known-title" aria-live="polite" data-always {
                header { h2 #known-title { (lang.say("new.known")) } }
                @if !self.asked { p.body.quiet { (lang.say("new.known.none")) } }
                @else if self.cases.is_empty() && self.records.is_empty() { p.body.quiet { (lang.say("new.known.new")) } }
                @else {
                    @for (name, href) in &self.records { p.body { a href=(href) target="_blank" rel="noopener" { b { (name) } } } }
                    @if let Some(who) = self.who.as_ref().filter(|_| self.records.is_empty()) { p.body { b { (who) } } }
                    @if open > 0 { p.body.notice.near { (lang.count("new.known.open", u64::try_from(open).unwrap_or(0))) } }
                    ul.beside { @for one in &self.cases { (line(one)) } }
                }
            }
        }
    }
}

impl Foreseen {
    pub(crate) fn html(&self, lang: Lang) -> Markup {
        html! {
            section.card #foreseen aria-labelledby="foreseen-title" data-always {
                header { h2 #foreseen-title { (lang.say("new.foreseen")) } }
                @if self.clocks.is_empty() { p.body.quiet { (lang.say("new.foreseen.none")) } }
                div.clocks {
                    @for (name, left) in &self.clocks {
                        div.clock { div.line { span.name { (name) } (left.html(lang)) } span.when { (left.absolute) } }
                    }
                }
                @if self.holder.is_some() || !self.derived.is_empty() {
                    div.body {
                        @if let Some(holder) = &self.holder { p { (lang.fill("new.foreseen.owner", &[("holder", holder)])) } }
                        dl.facts { @for (name, text) in &self.derived { div { dt { (name) } dd { (text) } } } }
                    }
                }
            }
        }
    }
}

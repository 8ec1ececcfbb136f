//! `POST /new/{procedure}/look`: who calls, what is open already, and what would come of the registration. Nothing is written.

use super::customer::{CUSTOMER, recognised, whole};
use crate::answer::encoded;
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
use desk::{Desk, DeskError, mask_phone};
use engine::case::{Case, Holder, holder};
use engine::decide::missing;
use engine::procedure::{Means, Procedure};
use engine::refusal::Refusal;
use engine::show;
use maud::{Markup, html};
use serde_json::json;

/// Digits from which on numbers are found that begin so.
const BEGINNING: usize = 7;
/// Customers of numbers that begin so who are shown.
const SHOWN: usize = 6;

/// What would come of it.
#[derive(Default)]
pub(crate) struct Foreseen {
    pub(crate) holder: Option<String>,
    /// Fields that the procedure derives: name and value.
    pub(crate) derived: Vec<(String, String)>,
    pub(crate) clocks: Vec<(String, Left)>,
    /// Fields of the form that must still be filled in: name, and the control's id.
    pub(crate) missing: Vec<(String, String)>,
    /// What the procedure says against it as it is filled in.
    pub(crate) unmet: Vec<String>,
}

/// What is known of the caller.
#[derive(Default)]
pub(crate) struct Known {
    /// A whole number was typed.
    pub(crate) asked: bool,
    /// While the number is not whole: the records of whoever is reached by one that begins so, with the number as it is shown.
    pub(crate) begins: Vec<(String, String)>,
    /// The customer of the newest case, masked, with his level.
    pub(crate) who: Option<String>,
    /// The records of whoever is reached by the number: name with level, and address.
    pub(crate) records: Vec<(String, String)>,
    /// The one customer who is reached by it, as far as the form can be filled in with him.
    pub(crate) fill: Option<Fill>,
    pub(crate) cases: Vec<Beside>,
}

/// What a form can be filled in with.
pub(crate) struct Fill {
    /// The form with him in it, for browsers without scripts.
    pub(crate) href: String,
    /// Controls and what they show: whose case it is among them.
    pub(crate) controls: Vec<(String, String)>,
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
    let (typed, lang) = (whole(app.desk(), &rules, &typed)?, visit.lang);
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
    if entered.is_empty() {
        return Ok(Foreseen::default());
    }
    let seen = match desk.foresee(&rules.key, entered) {
        Ok(seen) => seen,
        Err(DeskError::Refused(Refusal::Guard { unmet })) => {
            let unmet = unmet.iter().map(|one| lang.word(&one.say).to_owned()).collect();
            return Ok(Foreseen { unmet, ..Foreseen::default() });
        }
        // A refusal that no field is to blame for is told when it is saved.
        Err(_) => return Ok(Foreseen::default()),
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
        (name, Left::of(lang, calendar, desk.now(), due))
    });
    Ok(Foreseen {
        holder: held,
        derived: derived.collect(),
        clocks: clocks.collect(),
        missing: still_missing(lang, rules, case),
        unmet: Vec::new(),
    })
}

/// What registering asks for and is empty. What the procedure derives nobody fills in.
fn still_missing(lang: Lang, rules: &Procedure, case: &Case) -> Vec<(String, String)> {
    let Some(action) = rules.register_action() else { return Vec::new() };
    let empty = missing(rules, case, action).into_iter();
    let typed =
        empty.filter(|one| rules.field(&one.field).is_some_and(|field| field.derive.is_none()));
    typed.map(|one| (lang.word(&one.label).to_owned(), format!("f-{}", one.field))).collect()
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
    let (desk, digits) = (app.desk(), phone.map(store::phone_digits).unwrap_or_default());
    if !is_whole(&digits) {
        return Ok(Known { begins: beginning(desk, &digits)?, ..Known::default() });
    }
    let reached = preview::reached(desk, visit.caller(), &digits)?;
    let Some(reached) = reached else { return Ok(Known::default()) };
    let look = Look::of(desk, visit);
    let records = reached.customers.iter().map(|kept| {
        let name = title(&kept.customer);
        let level = look.level(&kept.customer).map(|(_, level)| format!("{name} · {level}"));
        (level.unwrap_or(name), customer_href(&kept.key))
    });
    let records = records.collect();
    let fill = match reached.customers.as_slice() {
        [one] if typed.one(CUSTOMER) != Some(&*one.key) => Some(Fill {
            href: format!("/new/{}?customer={}", encoded(&rules.key), encoded(&one.key)),
            controls: recognised(rules, &one.customer, typed)
                .into_iter()
                .chain([(CUSTOMER.to_owned(), one.key.to_string())])
                .collect(),
        }),
        _ => None,
    };
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
    // One that may still go on is not said to be new while others begin so.
    let begins = match cases.is_empty() && reached.customers.is_empty() {
        true => beginning(desk, &digits)?,
        false => Vec::new(),
    };
    Ok(Known { asked: true, begins, who, records, fill, cases })
}

/// Whether nothing more is expected of a number: a mobile one, a service number, one with its area code, or one of the town.
fn is_whole(digits: &str) -> bool {
    let (first, second) = digits.split_at_checked(1).unwrap_or_default();
    match first {
        "1" if second.starts_with(|c: char| ('3'..='9').contains(&c)) => digits.len() >= 11,
        "4" | "8" if second.starts_with("00") => digits.len() >= 10,
        "0" => digits.len() >= 11,
        // The country's code, typed without its sign.
        "8" if second.starts_with("61") => digits.len() >= 13,
        _ => digits.len() >= 8,
    }
}

/// Customers who are reached by a number that begins so.
fn beginning(desk: &Desk, digits: &str) -> Result<Vec<(String, String)>, Problem> {
    let Some(begin) = digits.get(..BEGINNING) else { return Ok(Vec::new()) };
    let page = desk.customers(Some(begin), None, None, SHOWN * 4)?;
    let reached = |kept: &desk::Kept| {
        let mut phones = kept.customer.contacts.iter().map(|one| one.phone.as_str());
        let phone = phones.find(|phone| store::phone_digits(phone).starts_with(digits))?;
        let name = format!("{} · {}", title(&kept.customer), mask_phone(phone));
        Some((name, customer_href(&kept.key)))
    };
    Ok(page.rows.iter().filter_map(reached).take(SHOWN).collect())
}

impl Known {
    pub(crate) fn html(&self, lang: Lang) -> Markup {
        let open = self.cases.iter().filter(|one| one.open).count();
        html! {
            section.card #known aria-labelledby="known-title" aria-live="polite" data-always {
                header { h2 #known-title { (lang.say("new.known")) } }
                @if !self.begins.is_empty() {
                    p.body.quiet { (lang.say("new.known.begins")) }
                    ul.beside { @for (name, href) in &self.begins { li { a href=(href) target="_blank" rel="noopener" { (name) } } } }
                }
                @else if !self.asked { p.body.quiet { (lang.say("new.known.none")) } }
                @else if self.cases.is_empty() && self.records.is_empty() { p.body.quiet { (lang.say("new.known.new")) } }
                @else {
                    @for (name, href) in &self.records { p.body { a href=(href) target="_blank" rel="noopener" { b { (name) } } } }
                    @if let Some(fill) = &self.fill {
                        p.body { a.button.small href=(fill.href) data-fill=(json!(fill.controls).to_string()) data-command=(lang.say("new.fill")) { (lang.say("new.fill")) " " kbd aria-hidden="true" { "Alt ↵" } } }
                    }
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
                @for say in &self.unmet { p.body.notice.near { (say) } }
                @if !self.missing.is_empty() {
                    p.body.missing { (lang.say("new.foreseen.missing")) @for (name, id) in &self.missing { " " a href={ "#" (id) } data-field { (name) } } }
                }
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

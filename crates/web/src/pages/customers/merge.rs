//! `GET /customers/{id}/merge/{other}`: two records side by side, and what their union will say.

pub(crate) mod join;

use super::{Line, Look, customer_href, level_tag};
use crate::answer::{encoded, masked_name};
use crate::app::App;
use crate::pages::framed::{Frame, Section};
use crate::pages::visit::{Visit, see_other};
use crate::pages::words::Lang;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::{Kept, mask_account, mask_phone, without_phones};
use engine::customer::{Contact, Customer, Trait, merge};
use maud::{Markup, html};

/// The page.
pub(crate) struct Merge {
    pub(crate) frame: Frame,
    /// The record that stays, and the one that becomes part of it.
    pub(crate) sides: [Side; 2],
    pub(crate) traits: Vec<Choice>,
    /// What their numbers and accounts have in common.
    pub(crate) common: Common,
    /// How their union is reached, and what it has: each once.
    pub(crate) whole: [Vec<String>; 2],
    /// Where the union is made.
    pub(crate) action: String,
    /// The same with the sides exchanged.
    pub(crate) exchange: String,
    pub(crate) apart: String,
    /// Somebody has changed one of them meanwhile.
    pub(crate) overtaken: bool,
}

/// What the ways to reach two records have in common.
pub(crate) enum Common {
    /// These, masked.
    Ways(Vec<String>),
    /// None; but some numbers have the same last four digits.
    Tails,
    /// Nothing.
    Nothing,
}

impl Common {
    fn of([one, other]: [&Customer; 2]) -> Self {
        let digits = |customer: &Customer| -> Vec<String> {
            customer.phones().map(store::phone_digits).collect()
        };
        let (own, theirs) = (digits(one), digits(other));
        let phones =
            own.iter().filter(|phone| theirs.contains(phone)).map(|phone| mask_phone(phone));
        let accounts = one.accounts().filter(|account| other.accounts().any(|one| one == *account));
        let ways: Vec<String> = phones.chain(accounts.map(mask_account)).collect();
        let tail = |phone: &String| phone.get(phone.len().saturating_sub(4)..).map(str::to_owned);
        let tails: Vec<_> = theirs.iter().filter_map(tail).collect();
        if !ways.is_empty() {
            Self::Ways(ways)
        } else if own.iter().filter_map(tail).any(|one| tails.contains(&one)) {
            Self::Tails
        } else {
            Self::Nothing
        }
    }

    fn told(&self, lang: Lang) -> String {
        match self {
            Self::Ways(ways) => lang.fill("merge.common", &[("ways", &lang.listed(ways))]),
            Self::Tails => lang.say("merge.tails").to_owned(),
            Self::Nothing => lang.say("merge.apart").to_owned(),
        }
    }
}

/// A record.
pub(crate) struct Side {
    pub(crate) line: Line,
    pub(crate) version: u64,
    pub(crate) contacts: Vec<String>,
    pub(crate) products: Vec<String>,
}

/// Something that both say of themselves.
pub(crate) struct Choice {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) texts: [String; 2],
    /// The other's is taken.
    pub(crate) other: bool,
    /// There is a choice.
    pub(crate) differs: bool,
    /// Both say the same.
    pub(crate) same: bool,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named((id, other)): Named<(String, String)>,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk();
    let (main, rest) = (desk.customer_now(&id)?, desk.customer_now(&other)?);
    if main.key == rest.key {
        return Ok(see_other(&customer_href(&main.key)));
    }
    Ok(visit.page(&Merge::of(&app, &visit, &main, &rest, &[], false)?.html()))
}

impl Merge {
    fn of(
        app: &App,
        visit: &Visit,
        main: &Kept,
        other: &Kept,
        take: &[Trait],
        overtaken: bool,
    ) -> Result<Self, Problem> {
        let (look, lang) = (Look::of(app.desk(), visit), visit.lang);
        let pair = [&main.customer, &other.customer];
        let traits = Trait::ALL.into_iter().map(|which| {
            let [own, theirs] = pair.map(|one| one.master.get(which));
            Choice {
                name: which.key(),
                label: lang.say(&format!("customer.{}", which.key())).to_owned(),
                texts: pair.map(|one| shown(&look, one, which)),
                other: !theirs.is_empty() && (own.is_empty() || take.contains(&which)),
                differs: !own.is_empty() && !theirs.is_empty() && own != theirs,
                same: !own.is_empty() && own == theirs,
            }
        });
        let traits = traits.filter(|one| one.texts.iter().any(|text| !text.is_empty())).collect();
        let side = |kept: &Kept| -> Result<Side, Problem> {
            let [contacts, products] = has(&kept.customer);
            Ok(Side { line: look.line(kept)?, version: kept.version, contacts, products })
        };
        let sides = [side(main)?, side(other)?];
        let (by, now) = (&visit.caller().person, app.desk().now());
        let pair = ((&main.key, &main.customer), (&other.key, &other.customer));
        let whole = merge(pair.0, pair.1, take, now, by).map(|(whole, _)| has(&whole));
        let at = |one: &Kept, does: &str, other: &Kept| {
            format!("{}/{does}/{}", customer_href(&one.key), encoded(&other.key))
        };
        Ok(Self {
            frame: visit.frame(app, Section::Customers, lang.say("merge.title"))?,
            sides,
            traits,
            common: Common::of([&main.customer, &other.customer]),
            whole: whole.unwrap_or_default(),
            action: at(main, "merge", other),
            exchange: at(other, "merge", main),
            apart: at(main, "apart", other),
            overtaken,
        })
    }

    pub(crate) fn html(&self) -> Markup {
        let lang = self.frame.lang;
        let [main, other] = &self.sides;
        let [contacts, products] = &self.whole;
        let content = html! {
            div.split #merge {
                div.bar { h1 { (lang.say("merge.title")) } a.button.bare href="/customers/duplicates" { (lang.say("duplicates.title")) } }
                p.quiet { (lang.say("merge.what")) }
                @if self.overtaken { div.notice.near role="alert" { p { (lang.say("merge.overtaken")) } } }
                form.card method="post" action=(self.action) {
                    input type="hidden" name="csrf" value=(self.frame.csrf);
                    input type="hidden" name="seen" value=(main.version);
                    input type="hidden" name="other" value=(other.version);
                    div.sides {
                        div.corner {}
                        (head(lang, main, "merge.stays")) (head(lang, other, "merge.joins"))
                        div.side-head.result { b { (lang.say("merge.result")) } span.quiet { (lang.say("merge.result.what")) } }
                        @for choice in &self.traits { (choice.html(lang)) }
                        h2 { (lang.say("customer.contacts")) span.common { (self.common.told(lang)) } }
                        (all(lang, &main.contacts, "")) (all(lang, &other.contacts, "")) (all(lang, contacts, "result"))
                        h2 { (lang.say("customer.products")) }
                        (all(lang, &main.products, "")) (all(lang, &other.products, "")) (all(lang, products, "result"))
                        h2 { (lang.say("customer.cases")) }
                        div { (main.line.cases(lang)) } div { (other.line.cases(lang)) } div.result data-label=(lang.say("merge.result")) { (lang.say("merge.cases")) }
                    }
                    div.body.actions {
                        button.main type="submit" data-next data-command=(lang.say("merge.do")) { (lang.say("merge.do")) }
                        a.button href=(self.exchange) { (lang.say("merge.exchange")) }
                        button type="submit" form="apart" { (lang.say("duplicates.apart")) }
                        span.quiet { (lang.say("merge.undo")) }
                    }
                }
                form #apart method="post" action=(self.apart) { input type="hidden" name="csrf" value=(self.frame.csrf); }
            }
        };
        self.frame.page(&content)
    }
}

/// What a record says of itself, masked.
fn shown(look: &Look<'_>, customer: &Customer, which: Trait) -> String {
    let text = customer.master.get(which);
    match which {
        Trait::Name => masked_name(text),
        Trait::Level => look.level(customer).map(|(_, name)| name).unwrap_or_default(),
        Trait::Company | Trait::Note => without_phones(text),
    }
}

fn head(lang: Lang, side: &Side, what: &str) -> Markup {
    html! {
        div.side-head {
            span.quiet { (lang.say(what)) }
            div.line { a href=(side.line.href) { b { (side.line.name) } } (level_tag(side.line.level.as_ref())) }
        }
    }
}

fn all(lang: Lang, texts: &[String], class: &str) -> Markup {
    let label = (!class.is_empty()).then(|| lang.say("merge.result"));
    html! {
        div.(class) data-label=[label] {
            @if texts.is_empty() { span.quiet { (lang.say("merge.nothing")) } }
            @else { ul { @for text in texts { li { (text) } } } }
        }
    }
}

/// How a customer is reached, and what it has, masked; the same twice is shown once.
fn has(customer: &Customer) -> [Vec<String>; 2] {
    let contact = |one: &Contact| {
        let parts = [
            masked_name(&one.name),
            one.role.clone(),
            mask_phone(&one.phone),
            mask_account(&one.account),
        ];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    };
    let contacts = customer.shown_contacts().into_iter().map(contact).collect();
    let mut products: Vec<String> = Vec::new();
    for text in customer.products.iter().map(|one| without_phones(&one.text)) {
        if !products.contains(&text) {
            products.push(text);
        }
    }
    [contacts, products]
}

impl Choice {
    fn html(&self, lang: Lang) -> Markup {
        let [own, other] = &self.texts;
        html! {
            // The style shows of the result what is chosen, so that it follows without scripts.
            div.trait {
                h2 #{ "merge-" (self.name) } {
                    (self.label)
                    @if self.same { span.tag { (lang.say("merge.same")) } }
                    @else if self.differs { span.tag.near { (lang.say("merge.differs")) } }
                }
                @for (place, text) in self.texts.iter().enumerate() {
                    @let chosen = (place == 1) == self.other;
                    @if self.differs {
                        label.pick {
                            input type="radio" name={ "take." (self.name) } value=(if place == 1 { "other" } else { "own" }) checked[chosen] aria-describedby={ "merge-" (self.name) };
                            span { (text) }
                        }
                    } @else if text.is_empty() { div.quiet { (lang.say("merge.nothing")) } }
                    @else { div { (text) } }
                }
                div.result data-label=(lang.say("merge.result")) {
                    @if self.differs { span.own { (own) } span.other { (other) } }
                    @else { (if own.is_empty() { other } else { own }) }
                }
            }
        }
    }
}

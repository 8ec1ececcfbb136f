//! `GET /customers/{id}/edit`: the form of a customer. Masked texts that stay as they are leave what they hide as it is.

pub(crate) mod fresh;

use super::{customer_href, title};
use crate::answer::{encoded, masked_name};
use crate::app::App;
use crate::pages::draft::begun;
use crate::pages::form::{Choice, Control, Form, Item, Typed, Wrong};
use crate::pages::framed::{Frame, Section};
use crate::pages::visit::{Visit, see_other};
use crate::pages::words::Lang;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::{Kept, Level, mask_account, mask_phone, without_phones};
use engine::customer::{Contact, Customer, Master, Product};
use maud::{Markup, html};
use uuid::Uuid;

/// The page.
pub(crate) struct Edit {
    pub(crate) frame: Frame,
    pub(crate) heading: String,
    /// Where to go without saving.
    pub(crate) back: String,
    pub(crate) form: Form,
    /// Something in it is masked.
    pub(crate) masked: bool,
    /// Known customers who are reached by the same number or account: name and address.
    pub(crate) same: Vec<(String, String)>,
}

/// What came back.
#[derive(Default)]
pub(super) struct Returned {
    pub(super) typed: Typed,
    pub(super) wrong: Wrong,
    /// Rows of contacts and of products that were sent, in the order in which they were refused.
    pub(super) rows: [Vec<usize>; 2],
    /// Known customers who are reached by the same number or account: sent once more, it is meant.
    pub(super) same: Vec<(String, String)>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let kept = app.desk().customer_now(&id)?;
    if *kept.key != *id {
        return Ok(see_other(&format!("{}/edit", customer_href(&kept.key))));
    }
    Ok(visit.page(&Edit::of(&app, &visit, Some(&kept), None, None)?.html()))
}

/// The name of the draft of a customer's form.
pub(super) fn draft_name(key: Option<&str>) -> String {
    format!("customer {}", key.unwrap_or("new"))
}

/// The name under which a form says that a customer is another one than those with the same number.
pub(super) const SURE: &str = "sure";

/// The parts of a contact and of a product, by the names of their controls.
const CONTACT: [&str; 4] = ["name", "role", "phone", "account"];
const PRODUCT: [&str; 2] = ["kind", "text"];

impl Edit {
    /// The form of a known customer or of a new one, with what came back, else with the draft; `proposed` is a case, and what it says of
    /// its customer.
    pub(super) fn of(
        app: &App,
        visit: &Visit,
        kept: Option<&Kept>,
        proposed: Option<(&str, Customer)>,
        returned: Option<Returned>,
    ) -> Result<Self, Problem> {
        let (desk, lang) = (app.desk(), visit.lang);
        let draft = draft_name(kept.map(|kept| &*kept.key));
        let drafted = match &returned {
            Some(_) => None,
            None => desk.draft(visit.caller(), &draft)?,
        };
        let drafted: Option<Typed> =
            drafted.and_then(|draft| serde_json::from_value(draft).ok()).map(Typed);
        let restored = drafted.is_some();
        let typed = returned.as_ref().map(|returned| &returned.typed).or(drafted.as_ref());
        let (proposed_of, proposed) = proposed.unzip();
        let known = kept.map(|kept| kept.customer.clone()).or(proposed).unwrap_or_default();
        let levels = desk.customer_levels();
        let case = proposed_of.map(|number| ("case".to_owned(), number.to_owned())).or_else(|| {
            let sent = typed.and_then(|typed| typed.one("case"));
            sent.map(|number| ("case".to_owned(), number.to_owned()))
        });
        let anew = match (kept, &case) {
            (Some(kept), _) => format!("{}/edit", customer_href(&kept.key)),
            (None, Some((_, number))) => format!("/customers/new?case={}", encoded(number)),
            (None, None) => "/customers/new".to_owned(),
        };
        let maker = Maker { lang, typed, known: &known, returned: returned.as_ref() };
        let mut form = Form {
            action: kept.map_or("/customers".to_owned(), |kept| customer_href(&kept.key)),
            label: lang.say("customer.save").to_owned(),
            seen: begun(kept.map(|kept| kept.version), drafted.as_ref()),
            items: maker.items(&levels),
            draft: Some(draft),
            restored,
            anew,
            kept: maker.ids().into_iter().chain(case).collect(),
            once: Uuid::new_v4().to_string(),
            ..Form::default()
        };
        let same = returned.as_ref().map(|returned| returned.same.clone()).unwrap_or_default();
        if !same.is_empty() {
            form.kept.push((SURE.to_owned(), "yes".to_owned()));
            lang.say("customer.save.anyway").clone_into(&mut form.label);
        }
        form.wrong = returned.and_then(|returned| returned.wrong.whole);
        let heading = match kept {
            Some(kept) => lang.fill("customer.edit.heading", &[("name", &title(&kept.customer))]),
            None => lang.say("customer.new").to_owned(),
        };
        Ok(Self {
            frame: visit.frame(app, Section::Customers, heading.clone())?,
            heading,
            back: kept.map_or("/customers".to_owned(), |kept| customer_href(&kept.key)),
            form,
            masked: known != Customer::default(),
            same,
        })
    }

    pub(crate) fn html(&self) -> Markup {
        let lang = self.frame.lang;
        let content = html! {
            div.split {
                div.bar { h1 { (self.heading) } a.button.bare href=(self.back) { (lang.say("customer.cancel")) } }
                @if self.masked { p.quiet { (lang.say("customer.edit.what")) } }
                section.card aria-label=(self.heading) { div.body #customer-form { (self.known(lang)) (self.form.html(lang, &self.frame.csrf, "customer-form", None)) } }
            }
        };
        self.frame.page(&content)
    }

    /// Who is known already under the number that is about to be saved.
    fn known(&self, lang: Lang) -> Markup {
        html! {
            @if !self.same.is_empty() {
                div.notice.near role="alert" tabindex="-1" { div {
                    p { (lang.say("customer.same")) }
                    ul { @for (name, href) in &self.same { li { a href=(href) { (name) } } } }
                } }
            }
        }
    }
}

/// What the controls are made of.
struct Maker<'a> {
    lang: Lang,
    typed: Option<&'a Typed>,
    known: &'a Customer,
    returned: Option<&'a Returned>,
}

impl Maker<'_> {
    fn items(&self, levels: &[Level]) -> Vec<Item> {
        let master = &self.known.master;
        let mut options = vec![Choice {
            key: String::new(),
            label: self.lang.say("customer.level.none").to_owned(),
            hint: None,
        }];
        options.extend(levels.iter().map(|level| Choice {
            key: level.key.to_string(),
            label: self.lang.word(&level.label).to_owned(),
            hint: None,
        }));
        let level = master.level.as_deref().unwrap_or_default().to_owned();
        let mut items = vec![
            self.item("name", Control::Line("text"), masked_name(&master.name)),
            self.item("company", Control::Line("text"), master.company.clone()),
            self.item("level", Control::One(options), level),
            self.rows("contacts", &CONTACT, self.known.contacts.len(), &|row, part| {
                self.known.contacts.get(row).map(|one| masked(one, part)).unwrap_or_default()
            }),
            self.rows("products", &PRODUCT, self.known.products.len(), &|row, part| {
                self.known.products.get(row).map(|one| bought(one, part)).unwrap_or_default()
            }),
            self.item("note", Control::Long, without_phones(&master.note)),
        ];
        // A level that was never chosen is chosen as none.
        if let Some(level) = items.iter_mut().find(|item| item.name == "c.level")
            && level.values.is_empty()
        {
            level.values.push(String::new());
        }
        items
    }

    fn item(&self, part: &str, control: Control, known: String) -> Item {
        let name = format!("c.{part}");
        let held = !known.is_empty();
        let values = match self.typed.filter(|typed| typed.has(&name)) {
            Some(typed) => typed.all(&name),
            None => Some(known).filter(|known| !known.is_empty()).into_iter().collect(),
        };
        let wrong = self.wrong(part);
        let label = self.lang.say(&format!("customer.{part}")).to_owned();
        let (hint, example, usual) = (None, None, Vec::new());
        Item { name, label, control, required: false, hint, example, wrong, held, values, usual }
    }

    /// Rows of what was typed, else of what is known, with one more to write into.
    fn rows(
        &self,
        group: &str,
        parts: &[&str],
        known: usize,
        text: &dyn Fn(usize, &str) -> String,
    ) -> Item {
        let sent = self.typed.map(|typed| count(typed, group)).filter(|sent| *sent > 0);
        let cell = |row: usize, part: &&str| {
            let item =
                self.item(&format!("{group}.{row}.{part}"), Control::Line("text"), text(row, part));
            let label = self.lang.say(&format!("customer.{group}.{part}")).to_owned();
            let control = match *part {
                "phone" => Control::Line("tel"),
                "kind" => Control::One(self.kinds()),
                _ => Control::Line("text"),
            };
            Item { label, control, wrong: self.wrong_in(group, row, part), ..item }
        };
        let all = sent.unwrap_or(known + 1);
        let rows = (0..all).map(|row| parts.iter().map(|part| cell(row, part)).collect()).collect();
        Item {
            name: format!("c.{group}"),
            label: self.lang.say(&format!("customer.{group}")).to_owned(),
            control: Control::Rows(rows),
            required: false,
            hint: None,
            example: None,
            wrong: self.wrong(group),
            held: false,
            values: Vec::new(),
            usual: Vec::new(),
        }
    }

    fn kinds(&self) -> Vec<Choice> {
        ["product", "order"]
            .map(|kind| Choice {
                key: kind.to_owned(),
                label: self.lang.say(&format!("customer.{kind}")).to_owned(),
                hint: None,
            })
            .into()
    }

    fn wrong(&self, part: &str) -> Option<String> {
        self.returned.and_then(|returned| returned.wrong.fields.get(part).cloned())
    }

    /// What is wrong in a row of the form; the refusal counts the rows that say something.
    fn wrong_in(&self, group: &str, row: usize, part: &str) -> Option<String> {
        let rows = self.returned.map(|returned| &returned.rows)?;
        let rows = if group == "contacts" { rows.first() } else { rows.last() }?;
        let place = rows.iter().position(|known| *known == row)?;
        self.wrong(&format!("{group}.{place}.{part}"))
    }

    /// Which contacts and products the rows are: what was sent, else those that are known.
    fn ids(&self) -> Vec<(String, String)> {
        let sent = self.typed.map(|typed| {
            let named = typed.0.iter().filter(|(name, _)| name.ends_with(".id"));
            named.cloned().collect::<Vec<_>>()
        });
        sent.filter(|sent| !sent.is_empty()).unwrap_or_else(|| {
            let contacts = self.known.contacts.iter().enumerate();
            let contacts =
                contacts.map(|(row, one)| (format!("c.contacts.{row}.id"), one.id.clone()));
            let products = self.known.products.iter().enumerate();
            let products =
                products.map(|(row, one)| (format!("c.products.{row}.id"), one.id.clone()));
            contacts.chain(products).filter(|(_, id)| !id.is_empty()).collect()
        })
    }
}

fn masked(contact: &Contact, part: &str) -> String {
    match part {
        "name" => masked_name(&contact.name),
        "role" => contact.role.clone(),
        "phone" => mask_phone(&contact.phone),
        _ => mask_account(&contact.account),
    }
}

fn bought(product: &Product, part: &str) -> String {
    match part {
        "kind" => if product.order { "order" } else { "product" }.to_owned(),
        _ => product.text.clone(),
    }
}

/// How many rows of a group were sent.
fn count(typed: &Typed, group: &str) -> usize {
    let row = |name: &str| {
        let rest = name.strip_prefix("c.")?.strip_prefix(group)?.strip_prefix('.')?;
        rest.split_once('.')?.0.parse::<usize>().ok()
    };
    typed
        .0
        .iter()
        .filter_map(|(name, _)| row(name))
        .max()
        .map_or(0, |last| (last + 1).min(2 * engine::customer::MOST))
}

/// The customer that was typed, and the rows of contacts and products that say something.
pub(super) fn given(typed: &Typed) -> (Customer, [Vec<usize>; 2]) {
    let text = |name: &str| {
        typed.all(&format!("c.{name}")).into_iter().next().unwrap_or_default().trim().to_owned()
    };
    let cell = |group: &str, row: usize, part: &str| text(&format!("{group}.{row}.{part}"));
    let (mut contacts, mut products) = (Vec::new(), Vec::new());
    let mut rows = [Vec::new(), Vec::new()];
    let [of_contacts, of_products] = &mut rows;
    for row in 0..count(typed, "contacts") {
        let contact = Contact {
            id: cell("contacts", row, "id"),
            name: cell("contacts", row, "name"),
            role: cell("contacts", row, "role"),
            phone: cell("contacts", row, "phone"),
            account: cell("contacts", row, "account"),
            from: Vec::new(),
        };
        if contact.parts().iter().any(|(_, text)| !text.is_empty()) {
            contacts.push(contact);
            of_contacts.push(row);
        }
    }
    for row in 0..count(typed, "products") {
        let product = Product {
            id: cell("products", row, "id"),
            order: cell("products", row, "kind") == "order",
            text: cell("products", row, "text"),
            from: Vec::new(),
        };
        if !product.text.is_empty() {
            products.push(product);
            of_products.push(row);
        }
    }
    let level = Some(text("level")).filter(|level| !level.is_empty()).map(Into::into);
    let master = Master { name: text("name"), company: text("company"), level, note: text("note") };
    (Customer { master, contacts, products, ..Customer::default() }, rows)
}

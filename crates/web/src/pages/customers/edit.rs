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
    /// Somebody changed the record meanwhile: what stands there now is told beside what was typed, and what was added stands below.
    pub(super) overtaken: bool,
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

/// Groups of rows, with the parts of a row by the names of their controls.
type Group = (&'static str, &'static [&'static str]);
const CONTACTS: Group = ("contacts", &["name", "role", "phone", "account"]);
const PRODUCTS: Group = ("products", &["kind", "text"]);
/// Parts of which most is hidden.
const MASKED: [&str; 3] = ["name", "phone", "account"];

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
            self.single("name", Control::Line("text"), masked_name(&master.name)),
            self.single("company", Control::Line("text"), master.company.clone()),
            self.single("level", Control::One(options), level),
            self.rows(CONTACTS, &|place, part| {
                self.known.contacts.get(place).map(|one| masked(one, part)).unwrap_or_default()
            }),
            self.rows(PRODUCTS, &|place, part| {
                self.known.products.get(place).map(|one| bought(one, part)).unwrap_or_default()
            }),
            self.single("note", Control::Long, without_phones(&master.note)),
        ];
        // A level that was never chosen is chosen as none.
        if let Some(level) = items.iter_mut().find(|item| item.name == "c.level")
            && level.values.is_empty()
        {
            level.values.push(String::new());
        }
        items
    }

    /// What stands once in a record.
    fn single(&self, part: &str, control: Control, known: String) -> Item {
        let item = self.item(part, control, known);
        Item { wrong: self.wrong(part).or(item.wrong), ..item }
    }

    /// What was typed, else what is known. Stars hide what stood there before somebody changed it: sent again they would be kept in its
    /// place, so what stands there now comes back instead.
    fn item(&self, part: &str, control: Control, known: String) -> Item {
        let name = format!("c.{part}");
        let held = !known.is_empty();
        let typed = self.typed.filter(|typed| typed.has(&name));
        let values = match typed.filter(|_| !self.is_stale_mask(part, &known)) {
            Some(typed) => typed.all(&name),
            None => Some(known.clone()).filter(|known| !known.is_empty()).into_iter().collect(),
        };
        let wrong = self.now(&control, &values, &known);
        let label = self.lang.say(&format!("customer.{part}")).to_owned();
        let (hint, example, usual) = (None, None, Vec::new());
        Item { name, label, control, required: false, hint, example, wrong, held, values, usual }
    }

    fn overtaken(&self) -> bool {
        self.returned.is_some_and(|returned| returned.overtaken)
    }

    /// Whether a part that is shown masked came back as the mask of what somebody has changed since.
    fn is_stale_mask(&self, part: &str, known: &str) -> bool {
        let is_masked = MASKED.contains(&part.rsplit('.').next().unwrap_or(part));
        let typed = self.typed.and_then(|typed| typed.one(&format!("c.{part}")));
        let has_stars = |typed: &str| typed.contains('*') && typed.trim() != known;
        self.overtaken() && is_masked && typed.is_some_and(has_stars)
    }

    /// What stands in a record that somebody changed meanwhile, where something else was typed.
    fn now(&self, control: &Control, values: &[String], known: &str) -> Option<String> {
        let typed = values.first().map(|typed| typed.trim().replace("\r\n", "\n"));
        if !self.overtaken() || typed.unwrap_or_default() == known.replace("\r\n", "\n") {
            return None;
        }
        let name = match control {
            Control::One(options) => options.iter().find(|one| one.key == known),
            _ => None,
        };
        let name = name.map_or(known, |one| &*one.label);
        Some(match name {
            "" => self.lang.say("customer.now.nothing").to_owned(),
            name => self.lang.fill("customer.now", &[("value", name)]),
        })
    }

    /// Rows of what was typed, else of what is known, with one more to write into.
    fn rows(&self, (group, parts): Group, text: &dyn Fn(usize, &str) -> String) -> Item {
        let sent = self.sent(group);
        let cell = |row: usize, place: Option<usize>, part: &&str| {
            let control = match *part {
                "phone" => Control::Line("tel"),
                "kind" => Control::One(self.kinds()),
                _ => Control::Line("text"),
            };
            let known = place.map(|place| text(place, part)).unwrap_or_default();
            let item = self.item(&format!("{group}.{row}.{part}"), control, known);
            let label = self.lang.say(&format!("customer.{group}.{part}")).to_owned();
            let is_added = sent > 0 && row >= sent;
            let is_gone = self.overtaken() && place.is_none() && self.sent_id(group, row).is_some();
            let whole = [(is_added, "customer.now.added"), (is_gone, "customer.now.gone")];
            let whole = whole.into_iter().find(|(is, _)| *is && parts.first() == Some(part));
            let whole = whole.map(|(_, say)| self.lang.say(say).to_owned());
            // A row that is new here differs from nothing, and of one that is gone it is said once.
            let differs = item.wrong.filter(|_| place.is_some());
            let wrong = self.wrong_in(group, row, part).or(whole).or(differs);
            // Nobody knows any more what stars hide in a row that is gone: untouched it stays so.
            let is_hidden = is_gone && self.has_stars(group, row, parts);
            let values = if is_hidden { Vec::new() } else { item.values };
            Item { label, wrong, values, ..item }
        };
        let mut places = self.places(group);
        if sent == 0 {
            places.push(None);
        }
        let row = |(row, place)| parts.iter().map(|part| cell(row, place, part)).collect();
        let rows = places.into_iter().enumerate().map(row).collect();
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

    /// How many rows of a group were sent.
    fn sent(&self, group: &str) -> usize {
        self.typed.map_or(0, |typed| count(typed, group))
    }

    /// For each row which of the known contacts or products it is: those that were sent, and behind them what somebody added meanwhile;
    /// without any that were sent, all that are known.
    fn places(&self, group: &str) -> Vec<Option<usize>> {
        let known = self.known_ids(group);
        let sent = self.sent(group);
        if sent == 0 {
            return (0..known.len()).map(Some).collect();
        }
        let of_row = |row: usize| {
            let id = self.sent_id(group, row)?;
            known.iter().position(|known| *known == id)
        };
        let mut places: Vec<Option<usize>> = (0..sent).map(of_row).collect();
        if self.overtaken() {
            let added = (0..known.len()).filter(|place| !places.contains(&Some(*place)));
            let added: Vec<usize> = added.collect();
            places.extend(added.into_iter().map(Some));
        }
        places
    }

    fn sent_id(&self, group: &str, row: usize) -> Option<&str> {
        self.typed?.one(&format!("c.{group}.{row}.id")).filter(|id| !id.is_empty())
    }

    fn has_stars(&self, group: &str, row: usize, parts: &[&str]) -> bool {
        let typed = |part: &&str| self.typed?.one(&format!("c.{group}.{row}.{part}"));
        parts.iter().filter_map(typed).any(|typed| typed.contains('*'))
    }

    fn known_ids(&self, group: &str) -> Vec<&str> {
        match group {
            "contacts" => self.known.contacts.iter().map(|one| &*one.id).collect(),
            _ => self.known.products.iter().map(|one| &*one.id).collect(),
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

    /// Which contacts and products the rows are, for the form to send along. What somebody took away meanwhile keeps the id that was sent.
    fn ids(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for (group, _) in [CONTACTS, PRODUCTS] {
            let known = self.known_ids(group);
            for (row, place) in self.places(group).into_iter().enumerate() {
                let known = place.and_then(|place| known.get(place).copied());
                let id = self.sent_id(group, row).or(known).filter(|id| !id.is_empty());
                all.extend(id.map(|id| (format!("c.{group}.{row}.id"), id.to_owned())));
            }
        }
        all
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
        let text = typed.all(&format!("c.{name}")).into_iter().next().unwrap_or_default();
        text.trim().replace("\r\n", "\n")
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

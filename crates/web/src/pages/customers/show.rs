//! `GET /customers/{id}`: a customer - how he is reached, what he has bought, his cases across channels, how satisfied he is.

mod draw;

use super::{Line, Look, customer_href, title};
use crate::answer::{masked_name, page_link};
use crate::app::App;
use crate::pages::framed::{Frame, Section};
use crate::pages::left::{Left, ago};
use crate::pages::row::{Row, case_href};
use crate::pages::visit::{Asked, Visit, see_other, unread};
use crate::pages::words::Lang;
use crate::parse;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use desk::{Kept, Revealed, mask_account, mask_phone, without_phones};
use engine::calendar::Calendar;
use engine::people::Directory;
use engine::procedure::Meaning;
use serde::Deserialize;
use store::CaseSummary;

/// Cases of a page.
const CASES: usize = 25;

/// What an address asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    cursor: String,
    /// What was just done: `saved`, `merged`, `parted`.
    done: String,
    /// With which other record.
    with: String,
}

/// The page.
pub(crate) struct CustomerPage {
    pub(crate) frame: Frame,
    pub(crate) href: String,
    pub(crate) name: String,
    pub(crate) company: String,
    pub(crate) level: Option<(u8, String)>,
    pub(crate) note: String,
    pub(crate) changed: String,
    pub(crate) may_write: bool,
    pub(crate) may_reveal: bool,
    pub(crate) contacts: Vec<Way>,
    pub(crate) products: Vec<Bought>,
    /// Where a new case of his is taken down.
    pub(crate) register: String,
    pub(crate) cases: Vec<Past>,
    pub(crate) first: Option<String>,
    pub(crate) next: Option<String>,
    /// Channel and how many cases came by it.
    pub(crate) channels: Vec<(String, usize)>,
    /// Satisfied, neutral, dissatisfied, not rated.
    pub(crate) ratings: [usize; 4],
    pub(crate) doubles: Vec<Double>,
    pub(crate) merged: Vec<Inside>,
    /// What was just done, and what undoes it.
    pub(crate) done: Option<(String, Option<String>)>,
    /// The name is shown in full.
    pub(crate) revealed: bool,
    /// Parts that are shown in full, and stay so when another one is.
    pub(crate) shown: Vec<String>,
}

/// A case of his.
pub(crate) struct Past {
    pub(crate) number: String,
    pub(crate) href: String,
    pub(crate) title: String,
    /// The day on which it was registered.
    pub(crate) day: String,
    pub(crate) level: Option<(u8, String)>,
    pub(crate) left: Option<Left>,
    pub(crate) stage: String,
    pub(crate) holder: String,
}

/// A way to reach the customer.
pub(crate) struct Way {
    /// For having it shown.
    pub(crate) part: String,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) phone: String,
    pub(crate) account: String,
    /// It is shown in full.
    pub(crate) full: bool,
}

/// A product or an order.
pub(crate) struct Bought {
    pub(crate) order: bool,
    pub(crate) text: String,
    /// The case that says so, where the record does not.
    pub(crate) number: Option<String>,
}

/// A record that may be the same customer.
pub(crate) struct Double {
    pub(crate) line: Line,
    pub(crate) percent: u8,
    pub(crate) why: String,
    /// Where the two are compared.
    pub(crate) merge: String,
}

/// A record that became part of this one.
pub(crate) struct Inside {
    pub(crate) name: String,
    pub(crate) note: String,
    /// Where it is taken out again.
    pub(crate) part: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    parse::Named(id): parse::Named<String>,
    uri: Uri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let kept = app.desk().customer_now(&id)?;
    if *kept.key != *id {
        return Ok(see_other(&customer_href(&kept.key)));
    }
    let mut page = CustomerPage::of(&app, &visit, &kept, &wanted, Vec::new())?;
    let link = |cursor: &str| page_link(uri.path(), uri.query(), &[("cursor", cursor)]);
    page.first = (!wanted.cursor.is_empty()).then(|| link(""));
    page.next = page.next.as_deref().map(link);
    Ok(visit.page(&page.html()))
}

impl CustomerPage {
    /// The page; `shown` are parts that are shown in full, by what they are asked for.
    pub(super) fn of(
        app: &App,
        visit: &Visit,
        kept: &Kept,
        wanted: &Wanted,
        shown: Vec<(String, Revealed)>,
    ) -> Result<Self, Problem> {
        let (desk, lang, person) = (app.desk(), visit.lang, &visit.signed.person);
        let (customer, href) = (&kept.customer, customer_href(&kept.key));
        let look = Look::of(desk, visit);
        let cursor = Some(wanted.cursor.as_str()).filter(|cursor| !cursor.is_empty());
        let history = desk.customer_history(visit.caller(), &kept.key, cursor, CASES);
        let history = history.map_err(unread)?;
        let people = desk.people();
        let cases =
            history.cases.rows.iter().map(|row| Past::of(app, lang, &people, row)).collect();
        let rated = |meaning| history.ratings.get(&meaning).copied().unwrap_or(0);
        let meanings =
            [Meaning::Satisfied, Meaning::Neutral, Meaning::Dissatisfied, Meaning::Unrated];
        let own = customer.products.iter().map(|one| Bought {
            order: one.order,
            text: without_phones(&one.text),
            number: None,
        });
        let mut products: Vec<Bought> = own.collect();
        for (text, number) in history.products {
            if !products.iter().any(|known| known.text == text) {
                products.push(Bought { order: false, text, number: Some(number) });
            }
        }
        let mut doubles = Vec::new();
        for pair in desk.store().customer_pairs_of(&kept.key)? {
            let other = if pair.one == *kept.key { &pair.other } else { &pair.one };
            let Ok(known) = desk.customer(other) else { continue };
            doubles.push(Double {
                line: look.line(&known)?,
                percent: pair.percent,
                why: lang.say(&format!("duplicates.why.{}", pair.why)).to_owned(),
                merge: format!("{href}/merge/{}", crate::answer::encoded(other)),
            });
        }
        let calendar = desk.calendar_of_the_house();
        let when =
            |at| calendar.as_ref().map(|known| ago(known, desk.now(), at)).unwrap_or_default();
        let mut merged = Vec::new();
        for one in &customer.merged {
            let by =
                people.person(&one.by).map_or_else(|| one.by.to_string(), |by| by.name.clone());
            merged.push(Inside {
                name: desk
                    .customer(&one.id)
                    .map(|inside| title(&inside.customer))
                    .unwrap_or_default(),
                note: format!("{by} · {}", when(one.at)),
                part: format!("{href}/part/{}", crate::answer::encoded(&one.id)),
            });
        }
        let way = |one: &engine::customer::Contact| {
            let full = shown.iter().any(|(_, shown)| match shown {
                Revealed::Contact(shown) => shown.id == one.id,
                Revealed::Name(_) => false,
            });
            let mask = |text: &str, mask: fn(&str) -> String| {
                if full { text.to_owned() } else { mask(text) }
            };
            Way {
                part: format!("contacts/{}", one.id),
                name: mask(&one.name, masked_name),
                role: one.role.clone(),
                phone: mask(&one.phone, mask_phone),
                account: mask(&one.account, mask_account),
                full,
            }
        };
        let revealed = shown.iter().find_map(|(_, shown)| match shown {
            Revealed::Name(name) => Some(name.clone()),
            Revealed::Contact(_) => None,
        });
        let done = match wanted.done.as_str() {
            "saved" | "parted" => {
                Some((lang.say(&format!("customer.done.{}", wanted.done)).to_owned(), None))
            }
            "merged" => {
                let undo = customer.merged.iter().any(|one| *one.id == *wanted.with);
                let undo =
                    undo.then(|| format!("{href}/part/{}", crate::answer::encoded(&wanted.with)));
                Some((lang.say("customer.done.merged").to_owned(), undo))
            }
            _ => None,
        };
        let name = title(customer);
        Ok(Self {
            frame: visit.frame(
                app,
                Section::Customers,
                lang.fill("customer.heading", &[("name", &name)]),
            )?,
            href,
            company: if customer.master.name.is_empty() {
                String::new()
            } else {
                customer.master.company.clone()
            },
            level: look.level(customer),
            note: without_phones(&customer.master.note),
            changed: when(kept.at),
            may_write: desk.may_write_customers(person),
            may_reveal: desk.may_reveal_customers(person),
            contacts: customer.shown_contacts().into_iter().map(way).collect(),
            products,
            register: format!("/new?customer={}", crate::answer::encoded(&kept.key)),
            cases,
            first: None,
            next: history.cases.next,
            channels: history
                .channels
                .into_iter()
                .map(|(label, count)| (lang.word(&label).to_owned(), count))
                .collect(),
            ratings: meanings.map(rated),
            doubles,
            merged,
            done,
            revealed: revealed.is_some(),
            shown: shown.into_iter().map(|(part, _)| part).collect(),
            name: revealed.unwrap_or(name),
        })
    }
}

impl Past {
    fn of(app: &App, lang: Lang, people: &Directory, summary: &CaseSummary) -> Self {
        let row = Row::of_summary(app, lang, people, summary);
        let columns = &summary.columns;
        let rules = app.desk().library().version(&columns.procedure, columns.procedure_version);
        let day = |calendar: &Calendar| {
            calendar.local(columns.registered_at).strftime("%Y-%m-%d").to_string()
        };
        Self {
            href: case_href(&row.number),
            number: row.number,
            title: row.title,
            day: rules.map(|(_, calendar)| day(&calendar)).unwrap_or_default(),
            level: row.level,
            left: row.left,
            stage: row.stage,
            holder: row.holder,
        }
    }
}

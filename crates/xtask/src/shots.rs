//! `xtask shots OUT`: pictures of the main pages, for a desk and a telephone, light and dark, over the data of the demonstration and
//! as many fresh requests again, so that the lists are full. Time stands still, so that two rounds differ only where the pages do.

use crate::crash::server;
use browser::{Browser, Window};
use desk::{Caller, Desk, KeyScope, Options, VirtualClock};
use engine::command::Entered;
use engine::customer::{Contact, Customer, Product};
use engine::people::{Person, Who};
use engine::procedure::{Actor, FieldKind, Means, Procedure};
use engine::value::Value;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use std::fs;
use std::io::{Error, Result, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use store::{Filter, Place, Scope, Sort, Store};
use tokio::net::TcpListener;

/// Fresh requests beside those of the demonstration.
const FRESH: usize = 26;

/// Takes the pictures.
///
/// # Errors
/// There is no Chromium, or a page does not come.
pub(crate) fn run(arguments: &[String], out: &mut dyn Write) -> Result<ExitCode> {
    let folder = arguments
        .first()
        .map(PathBuf::from)
        .ok_or_else(|| failed("shots OUT: where the pictures go"))?;
    fs::create_dir_all(&folder)?;
    let only: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
    let data = tempfile::tempdir()?;
    let house = House::furnish(data.path())?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let taken = runtime.block_on(house.photograph(&folder, &only))?;
    writeln!(out, "{taken} pictures in {}", folder.display())?;
    Ok(ExitCode::SUCCESS)
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::other(error.to_string())
}

/// A desk full of cases, at an instant.
struct House {
    desk: Desk,
    /// Whoever has most to do, of those who register.
    busy: Person,
    /// A customer with a long history, and one who is likely the same.
    customers: [String; 2],
    /// Somebody who administers.
    admin: Person,
}

impl House {
    fn furnish(data: &Path) -> Result<Self> {
        let demo = Command::new(server::program()?)
            .args(["demo", "--no-serve", "--data"])
            .arg(data)
            .output()?;
        if !demo.status.success() {
            return Err(failed(String::from_utf8_lossy(&demo.stderr)));
        }
        let key = fs::read_to_string(data.join("master.key"))?;
        let digits: Vec<u8> =
            key.trim().chars().filter_map(|c| u8::try_from(c.to_digit(16)?).ok()).collect();
        let bytes: Vec<u8> = digits
            .chunks_exact(2)
            .filter_map(|pair| Some(pair.first()? * 16 + pair.get(1)?))
            .collect();
        let key: [u8; 32] = bytes.try_into().map_err(|_| failed("master.key"))?;
        let store = Store::open(Place::at(data), store::Options::new(key)).map_err(failed)?;
        let last = store.changes().borrow().saturating_sub(1);
        let feed = store.feed(&Scope::all(), last, 1).map_err(failed)?;
        let ended = feed.events.last().map_or(Timestamp::UNIX_EPOCH, |event| event.event.at);
        let clock = Arc::new(VirtualClock::at(ended));
        let desk = Desk::open_with(store, clock.clone()).map_err(failed)?;
        fresh(&desk, &clock)?;
        let customers = customers(&desk)?;
        let people = desk.people();
        let work = |person: &&Person| {
            let caller = Caller { person: person.id.clone(), scopes: vec![KeyScope::CasesRead] };
            desk.tally(&caller).map_or(0, |tally| if tally.own > 0 { tally.work() } else { 0 })
        };
        let busy = people
            .people
            .iter()
            .max_by_key(work)
            .cloned()
            .ok_or_else(|| failed("nobody is there"))?;
        let admin = people.people.iter().find(|person| desk.is_administrator(person)).cloned();
        let admin = admin.ok_or_else(|| failed("nobody administers"))?;
        Ok(Self { desk, busy, customers, admin })
    }

    async fn photograph(&self, folder: &Path, only: &[&str]) -> Result<usize> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let config = web::Config { rate: None, ..web::Config::default() };
        let serving =
            tokio::spawn(web::serve(self.desk.clone(), listener, config, std::future::pending()));
        let pages = self.pages()?;
        let places = [
            "people",
            "teams",
            "procedures",
            "calendars",
            "keys",
            "webhooks",
            "installation",
            "log",
        ];
        let place = |place| (place, format!("/admin/{place}"), String::new());
        let mut admin: Vec<(&'static str, String, String)> = places.map(place).into();
        admin.extend(self.governing());
        let mut taken = 0;
        for (device, window) in [("1440", Window::DESK), ("390", Window::PHONE)] {
            let browser = Browser::start(&origin, window).await?;
            browser.go("/sign-in").await?;
            for theme in ["light", "dark"] {
                taken += take(&browser, folder, &format!("{device}-{theme}-sign-in"), theme, only)
                    .await?;
            }
            for (person, pages) in [(&self.busy, &pages), (&self.admin, &admin)] {
                browser.client().delete_all_cookies().await.map_err(failed)?;
                browser.go("/sign-in").await?;
                browser.click(&format!("button[value='{}']", person.id)).await?;
                browser.wait("#work").await?;
                for (name, path, script) in pages {
                    if !only.is_empty() && !only.iter().any(|only| name.contains(only)) {
                        continue;
                    }
                    browser.go(path).await?;
                    if !script.is_empty() {
                        browser.script(script).await?;
                        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
                    }
                    for theme in ["light", "dark"] {
                        let name = format!("{device}-{theme}-{name}");
                        taken += take(&browser, folder, &name, theme, only).await?;
                    }
                }
            }
        }
        serving.abort();
        Ok(taken)
    }

    /// Where calendars and procedures are changed, and customers imported, each with something to look at.
    fn governing(&self) -> Vec<(&'static str, String, String)> {
        let library = self.desk.library();
        let rules = library.all().next();
        let (key, calendar) =
            rules.map(|rules| (rules.key.to_string(), rules.calendar.clone())).unwrap_or_default();
        let year = self.desk.now().to_zoned(jiff::tz::TimeZone::UTC).year();
        let list = format!(
            "document.getElementById('table').value = '{year}-12-01,off,停电检修\\n{year}-12-12,work,补班'; document.querySelector('button[value=list]').click();"
        );
        let flawed = "const text = document.getElementById('text'); text.value = text.value.replace('[numbering]', '[numberings]'); document.querySelector('button[value=check]').click();";
        vec![
            ("calendar", format!("/admin/calendars/{calendar}?year={year}"), list),
            ("draft", format!("/admin/procedures/draft?from={key}"), flawed.to_owned()),
            ("import", "/customers/import".to_owned(), String::new()),
        ]
    }

    /// Name, address, and what is done there before the picture.
    fn pages(&self) -> Result<Vec<(&'static str, String, String)>> {
        let caller = Caller { person: self.busy.id.clone(), scopes: vec![KeyScope::CasesRead] };
        let mine = self.desk.my_work(&caller, 40).map_err(failed)?;
        // The case with the longest story is the best picture.
        let long = mine
            .iter()
            .filter(|todo| todo.next.is_some())
            .max_by_key(|todo| todo.seen.case.version);
        let case =
            long.or(mine.first()).map(|todo| todo.seen.case.number.clone()).unwrap_or_default();
        let procedure =
            mine.first().map(|todo| todo.seen.case.procedure.to_string()).unwrap_or_default();
        let why = "document.querySelector('.clock details')?.setAttribute('open', '')";
        let palette = "document.dispatchEvent(new CustomEvent('palette')); const one = document.querySelector('#palette input'); one.value = '退款'; one.dispatchEvent(new Event('input'));";
        let filled = self.filled(&procedure)?;
        let [main, other] = &self.customers;
        Ok(vec![
            ("work", "/work".to_owned(), String::new()),
            ("cases", "/cases".to_owned(), String::new()),
            ("case", format!("/cases/{case}"), why.to_owned()),
            (
                "case-story",
                format!("/cases/{case}"),
                "document.querySelector('#story').scrollIntoView()".to_owned(),
            ),
            ("new", format!("/new/{procedure}"), filled),
            ("customers", "/customers".to_owned(), String::new()),
            ("customer", format!("/customers/{main}"), String::new()),
            ("customer-edit", format!("/customers/{main}/edit"), String::new()),
            ("duplicates", "/customers/duplicates".to_owned(), String::new()),
            ("merge", format!("/customers/{main}/merge/{other}"), String::new()),
            ("bulk", self.bulk(), String::new()),
            (
                "picked",
                "/cases".to_owned(),
                "for (const one of [...document.querySelectorAll('input[name=pick]')].slice(0, 3)) one.click();".to_owned(),
            ),
            ("views", "/saved/views".to_owned(), String::new()),
            ("templates", "/saved/templates".to_owned(), String::new()),
            ("search", "/search?q=退款".to_owned(), String::new()),
            ("inbox", "/inbox".to_owned(), String::new()),
            ("overview", "/overview".to_owned(), String::new()),
            ("wall", "/wall".to_owned(), String::new()),
            ("reference", "/reference".to_owned(), String::new()),
            ("reference-operation", "/reference/cases_act".to_owned(), String::new()),
            ("palette", "/work".to_owned(), palette.to_owned()),
            ("shortcuts", "/work".to_owned(), "document.getElementById('keys').showModal()".to_owned()),
            ("missing", "/cases/none".to_owned(), String::new()),
        ])
    }

    /// Some of the newest cases, to be reassigned together.
    fn bulk(&self) -> String {
        let found =
            self.desk.store().list(&Scope::all(), &Filter::default(), Sort::Newest, None, 4);
        let rows = found.map(|page| page.rows).unwrap_or_default();
        let picks: String = rows.iter().map(|row| format!("pick={}&", row.number)).collect();
        format!("/bulk?{picks}deed=assign")
    }

    /// Types the telephone number and the choices of an earlier case into the form.
    fn filled(&self, procedure: &str) -> Result<String> {
        let filter = Filter { procedure: Some(procedure.to_owned()), ..Filter::default() };
        let found = self
            .desk
            .store()
            .list(&Scope::all(), &filter, Sort::Newest, None, 1)
            .map_err(failed)?;
        let Some(row) = found.rows.first() else { return Ok(String::new()) };
        let seen = self.desk.case_for_operator(&row.number).map_err(failed)?;
        let fields: serde_json::Map<String, Json> =
            registration(&seen.procedure, &seen.case.fields)
                .into_iter()
                .map(|(key, value)| (key.to_string(), value))
                .collect();
        Ok(format!(
            "const given = {}; const form = document.querySelector('form[data-form]');
             for (const [key, value] of Object.entries(given)) for (const one of form.querySelectorAll(`[name='f.${{key}}']`)) {{
                if (one.type === 'radio' || one.type === 'checkbox') one.checked = [value].flat().map(String).includes(one.value);
                else if (one.type !== 'hidden' && one.type !== 'file') one.value = value; }}
             form.querySelector('input:not([type=hidden])').dispatchEvent(new Event('input', {{ bubbles: true }}));",
            Json::Object(fields)
        ))
    }
}

/// Registers the newest requests of the demonstration once more, some minutes apart.
fn fresh(desk: &Desk, clock: &VirtualClock) -> Result<()> {
    let found = desk
        .store()
        .list(&Scope::all(), &Filter::default(), Sort::Newest, None, 80)
        .map_err(failed)?;
    for (place, row) in found.rows.iter().step_by(3).take(FRESH).enumerate() {
        let seen = desk.case_for_operator(&row.number).map_err(failed)?;
        let Some(by) = registrar(desk, &seen.procedure) else { continue };
        let fields = registration(&seen.procedure, &seen.case.fields);
        let minutes = if place < FRESH / 2 { 47 } else { 9 };
        let next = desk.now().checked_add(SignedDuration::from_mins(minutes)).map_err(failed)?;
        desk.run_until(clock, next).map_err(failed)?;
        // A request that does not stand by itself, such as one that was handed over, is left out.
        if desk.register(&Who::Person(by), &seen.procedure.key, fields, Options::default()).is_err()
        {
            continue;
        }
    }
    let next = desk.now().checked_add(SignedDuration::from_mins(4)).map_err(failed)?;
    desk.run_until(clock, next).map_err(failed)?;
    Ok(())
}

/// Completes the customer with most cases, and adds two who are likely known already.
fn customers(desk: &Desk) -> Result<[String; 2]> {
    desk.take_customers_in().map_err(failed)?;
    let page = desk.customers(None, None, None, 200).map_err(failed)?;
    let cases = |kept: &desk::Kept| {
        let of_customer = Some(kept.key.to_string());
        let filter = Filter { of_customer, ..Filter::default() };
        desk.store().count(&Scope::all(), &filter, 100).unwrap_or(0)
    };
    let known = page.rows.into_iter().max_by_key(cases).ok_or_else(|| failed("no customer"))?;
    let contact = |name: &str, role: &str, phone: &str, account: &str| Contact {
        name: name.to_owned(),
        role: role.to_owned(),
        phone: phone.to_owned(),
        account: account.to_owned(),
        ..Contact::default()
    };
    let product =
        |order, text: &str| Product { order, text: text.to_owned(), ..Product::default() };
    let mut main = known.customer.clone();
    let phone = main.contacts.first().map(|one| one.phone.clone()).unwrap_or_default();
    main.master.company = "宏远机械厂".to_owned();
    main.master.note = "白天在车间，电话不通时先发短信；发票寄财务部。".to_owned();
    main.contacts.push(contact("李静", "采购", "021-00001234", "lijing@example.cn"));
    main.products.extend([product(false, "激光切割机 LC-3015"), product(true, "D20261115-20418")]);
    let put = |key: Option<&str>, customer| {
        desk.put_customer(&Who::System, key, customer, None).map_err(failed)
    };
    put(Some(&known.key), main)?;
    let mut double = Customer::default();
    double.master.name = "李静".to_owned();
    double.master.company = "鸿远机械厂".to_owned();
    double.contacts.extend([contact("", "", &phone, ""), contact("", "", "", "lijing@example.cn")]);
    let other = put(Some("C-2042"), double)?;
    let mut factory = Customer::default();
    factory.master.company = "宏远机械有限公司".to_owned();
    factory.contacts.push(contact("前台", "", "021-00005678", ""));
    put(Some("C-2043"), factory)?;
    Ok([known.key.to_string(), other.key.to_string()])
}

fn registrar(desk: &Desk, rules: &Procedure) -> Option<engine::key::Key> {
    let by = &rules.register_action()?.by;
    let may = |person: &&Person| {
        by.iter().any(|actor| matches!(actor, Actor::Role(role) if person.has(role)))
    };
    desk.people().people.iter().find(may).map(|person| person.id.clone())
}

/// What was entered when a case was registered, without the times.
fn registration(
    rules: &Procedure,
    values: &std::collections::BTreeMap<engine::key::Key, Value>,
) -> Entered {
    let forms = rules.register_action().map(|action| action.forms.clone()).unwrap_or_default();
    let forms = forms.iter().filter_map(|form| rules.form(form));
    let fields = forms.flat_map(|form| &form.fields).filter_map(|entry| rules.field(&entry.field));
    let entered =
        fields.filter(|field| field.derive.is_none() && field.means != Some(Means::ReceivedAt));
    entered
        .filter(|field| {
            !matches!(
                field.kind,
                FieldKind::Time | FieldKind::Auto(_) | FieldKind::Files | FieldKind::Table(_)
            )
        })
        .filter_map(|field| Some((field.key.clone(), plain(values.get(&field.key)?))))
        .collect()
}

fn plain(value: &Value) -> Json {
    match value {
        Value::Bool(truth) => json!(truth),
        Value::Number(number) => json!(number),
        Value::List(items) => items.iter().map(plain).collect(),
        other => json!(other.text()),
    }
}

async fn take(
    browser: &Browser,
    folder: &Path,
    name: &str,
    theme: &str,
    only: &[&str],
) -> Result<usize> {
    if !only.is_empty() && !only.iter().any(|only| name.contains(only)) {
        return Ok(0);
    }
    browser.script(&format!("document.documentElement.dataset.theme = '{theme}'")).await?;
    tokio::time::sleep(std::time::Duration::from_millis(350)).await;
    fs::write(folder.join(format!("{name}.png")), browser.shot().await?)?;
    Ok(1)
}

//! A desk that is served, and a browser before it at which one person after the other works.

use crate::signing::PASSWORD;
use crate::world::World;
use browser::{Browser, Window};
use fantoccini::cookies::Cookie;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use web::Config;

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) browser: Browser,
    pub(crate) origin: String,
    /// The cookies of whoever has signed in here, by person.
    sessions: BTreeMap<String, Vec<Cookie<'static>>>,
    at_work: Option<String>,
    files: tempfile::TempDir,
    serving: JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Stage {
    pub(crate) async fn new(window: Window) -> Self {
        Self::of(World::new(), window).await
    }

    pub(crate) async fn of(world: World, window: Window) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let desk = world.desk.clone();
        let serving = tokio::spawn(async move {
            let config = Config { rate: None, ..Config::default() };
            web::serve(desk, listener, config, std::future::pending()).await.unwrap();
        });
        let browser = Browser::start(&origin, window).await.unwrap();
        let (sessions, files) = (BTreeMap::new(), tempfile::tempdir().unwrap());
        Self { world, browser, origin, sessions, at_work: None, files, serving }
    }

    /// Somebody goes to a page. Where he has no session, or no longer one, he signs in by the form.
    pub(crate) async fn open(&mut self, person: &str, path: &str) {
        if self.at_work.as_deref() != Some(person) {
            self.browser.forget().await.unwrap();
            for cookie in self.sessions.get(person).into_iter().flatten() {
                self.browser.client().add_cookie(cookie.clone()).await.unwrap();
            }
            self.at_work = Some(person.to_owned());
        }
        self.browser.go(path).await.unwrap();
        if self.browser.place().await.unwrap().starts_with("/sign-in") {
            sign_in(&self.world, &self.browser, person).await;
            let arrived = "return location.pathname === arguments[0].split('?')[0];";
            self.browser.until(arrived, vec![json!(path)], path).await.unwrap();
            let cookies = self.browser.client().get_all_cookies().await.unwrap();
            self.sessions.insert(person.to_owned(), cookies);
        }
    }

    /// Somebody at a machine of his own, on a page.
    pub(crate) async fn elsewhere(&self, window: Window, person: &str, path: &str) -> Browser {
        let browser = Browser::start(&self.origin, window).await.unwrap();
        browser.go("/sign-in").await.unwrap();
        sign_in(&self.world, &browser, person).await;
        browser.wait("#work").await.unwrap();
        browser.go(path).await.unwrap();
        browser
    }

    /// Fills one control of a form in, as it is shown: by what its choices say, by the names of its columns.
    pub(crate) async fn give(&self, form: &str, name: &str, value: &Json) {
        match value {
            Json::Array(items) if items.iter().any(Json::is_object) => {
                for (row, cells) in items.iter().enumerate() {
                    for (label, cell) in cells.as_object().unwrap() {
                        let control = self.cell(form, name, row, label).await;
                        self.put(form, &control, cell).await;
                    }
                }
            }
            Json::Array(items) => {
                for item in items {
                    self.put(form, name, item).await;
                }
            }
            one => self.put(form, name, one).await,
        }
    }

    /// The name of a cell of a table; rows that are not there yet are added.
    async fn cell(&self, form: &str, name: &str, row: usize, label: &str) -> String {
        let find = "const [form, name, row, label] = arguments;
            const rows = document.querySelectorAll(`${form} [id='${name.replaceAll('.', '-')}-rows'] .grid-row`);
            if (!rows[row]) return null;
            const named = [...rows[row].querySelectorAll('label[for], legend')].find((one) => one.firstChild.textContent.trim() === label);
            const field = named?.closest('.field')?.querySelector('[name]');
            return field ? field.name : '';";
        let arguments = vec![json!(form), json!(name), json!(row), json!(label)];
        let execute =
            || async { self.browser.client().execute(find, arguments.clone()).await.unwrap() };
        let mut found = execute().await;
        if found.is_null() {
            let add = format!("{form} [data-add-row='{}-rows']", name.replace('.', "-"));
            self.browser.click(&add).await.unwrap();
            found = execute().await;
        }
        let found = found.as_str().unwrap_or_default();
        assert!(!found.is_empty(), "{name} has no column {label} in row {row}");
        found.to_owned()
    }

    async fn put(&self, form: &str, name: &str, value: &Json) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let find = "const [form, name, text] = arguments;
            const all = [...document.querySelectorAll(`${form} [name='${name}']`)].filter((one) => one.type !== 'hidden');
            if (!all.length) return null;
            const folded = all[0].closest('details:not([open])');
            if (folded) folded.querySelector('summary').click();
            const [first] = all;
            if (first.type === 'radio' || first.type === 'checkbox') {
                const one = all.find((one) => one.value === text || one.closest('label').textContent.trim() === text);
                return { kind: one?.checked ? 'chosen' : 'choice', id: one?.id };
            }
            if (first.tagName === 'SELECT') {
                const one = [...first.options].find((one) => one.value === text || one.textContent.trim() === text);
                return { kind: 'list', id: first.id, value: one?.value };
            }
            return { kind: first.type, id: first.id };";
        let arguments = vec![json!(form), json!(name), json!(text)];
        let found = self.browser.client().execute(find, arguments).await.unwrap();
        assert!(!found.is_null(), "the form does not ask for {name}");
        let id = found["id"].as_str().unwrap_or_else(|| panic!("{name} cannot be {text}"));
        let css = format!("[id='{id}']");
        match found["kind"].as_str().unwrap() {
            "chosen" => {}
            "choice" => self.browser.click(&css).await.unwrap(),
            "list" => {
                let value = found["value"].as_str();
                let value = value.unwrap_or_else(|| panic!("{name} cannot be {text}"));
                self.browser.choose(&css, value).await.unwrap();
            }
            "file" => self.browser.attach(&css, &self.file(&text)).await.unwrap(),
            "datetime-local" => self.browser.fill(&css, &local(&text)).await.unwrap(),
            _ => self.browser.fill(&css, &text).await.unwrap(),
        }
    }

    /// A file with nothing but its name in it.
    fn file(&self, name: &str) -> PathBuf {
        let path = self.files.path().join(name);
        std::fs::write(&path, name).unwrap();
        path
    }

    /// Sends the form: by key where the focus is within it, else by its button. What is refused is an error that says why.
    pub(crate) async fn send(&self, form: &str) -> Result<(), String> {
        // What an earlier answer said is told from what this one says.
        let old = "for (const one of document.querySelectorAll('.notice')) one.dataset.old = ''; return true;";
        self.browser.script(old).await.unwrap();
        let within = format!(
            "return Boolean(document.activeElement?.closest({:?}));",
            format!("{form} .fields")
        );
        if self.browser.script(&within).await.unwrap() == true {
            self.browser.press("Ctrl+Enter").await.unwrap();
        } else {
            let button = format!("{form} .actions button[type=submit]");
            self.browser.click(&button).await.unwrap();
        }
        let settled = format!(
            "const back = document.querySelector({:?});
             return Boolean(document.querySelector('#head .notice.fine') || document.querySelector('#conflict .notice:not([data-old])')
                || back && !document.querySelector('form[data-form] button[type=submit]:disabled'));",
            format!("{form} .notice.late:not([data-old])")
        );
        self.browser.until(&settled, Vec::new(), "an answer").await.unwrap();
        let done = "return Boolean(document.querySelector('#head .notice.fine'));";
        match self.browser.script(done).await.unwrap() == true {
            true => Ok(()),
            false => Err(self.browser.text("main").await.unwrap()),
        }
    }
}

/// Fills the form of signing in. Whoever has no password yet gets one.
async fn sign_in(world: &World, browser: &Browser, person: &str) {
    if !world.desk.has_account(&person.into()).unwrap() {
        world.desk.set_password("test", &person.into(), PASSWORD, None).unwrap();
    }
    browser.fill("input[name=name]", person).await.unwrap();
    browser.fill("input[name=password]", PASSWORD).await.unwrap();
    browser.press("Enter").await.unwrap();
}

/// A time as its control takes it: what is an instant is told by the procedures' calendar.
fn local(text: &str) -> String {
    let zone = jiff::tz::Offset::constant(8);
    let time = match text.parse::<Timestamp>() {
        Ok(instant) => zone.to_datetime(instant),
        Err(_) => text.parse::<DateTime>().unwrap(),
    };
    time.strftime("%Y-%m-%dT%H:%M").to_string()
}

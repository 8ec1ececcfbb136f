//! A real Chromium for tests and screenshots: Debian's `chromium` and `chromium-driver`, as somebody would use it, by click and key.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::key::Key;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value as Json, json};
use std::io::{BufRead, BufReader, Error, Read, Result, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use url::{ParseError, Url};

/// How long something that should be there is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Drivers that are started at most until one listens.
const ATTEMPTS: usize = 5;
/// Whether anybody has seen the page yet. Until then the browser drops keys and clicks, as of somebody who still aims at the page before.
const PAINTED: &str = "return performance.getEntriesByName('first-contentful-paint').length > 0;";

/// The checker of accessibility, a script that leaves itself in the page.
const AXE: &str = include_str!("../data/axe.min.js");
/// Runs it and tells in a line each what it finds.
const LOOK: &str = "const [only, done] = arguments;
    const runOnly = only ? { runOnly: { type: 'rule', values: only } } : {};
    const said = (node) => `${node.target.join(' ')} ${node.any[0]?.message ?? node.all[0]?.message ?? node.none[0]?.message ?? ''}`;
    window.axe.run(document, { resultTypes: ['violations'], ...runOnly }).then(
        (all) => done(all.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map(said).join(' | ')}`)),
        (error) => done([String(error)]));";

/// How the window is.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// A telephone with a touch screen rather than a desk.
    pub phone: bool,
    /// Scripts run.
    pub scripts: bool,
    /// What it asks pages to speak, as `Accept-Language` has it.
    pub language: &'static str,
}

impl Window {
    /// A desk.
    pub const DESK: Self =
        Self { width: 1440, height: 900, phone: false, scripts: true, language: "zh-CN,zh" };
    /// A telephone.
    pub const PHONE: Self = Self { width: 390, height: 844, phone: true, ..Self::DESK };
}

/// A browser. It ends when it is dropped.
pub struct Browser {
    driver: Child,
    port: u16,
    client: Client,
    origin: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked to end it ends its browser as well; killed it would leave that behind.
        if let Ok(mut driver) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = driver.set_read_timeout(Some(PATIENCE));
            let _ = driver.write_all(b"GET /shutdown HTTP/1.1\r\nhost: localhost\r\n\r\n");
            let _ = driver.read_to_end(&mut Vec::new());
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::other(error.to_string())
}

impl Browser {
    /// Starts one for the pages of a server such as `http://127.0.0.1:8642`.
    ///
    /// # Errors
    /// There is no `chromedriver`, or it does not start.
    pub async fn start(origin: &str, window: Window) -> Result<Self> {
        // On a busy machine one ended before it listened; the next one did not.
        let mut started = driver();
        for _ in 1..ATTEMPTS {
            started = started.or_else(|_| driver());
        }
        let (driver, port) = started?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(window))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .map_err(failed)?;
        Ok(Self { driver, port, client, origin: origin.to_owned() })
    }

    /// What is not wrapped here.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Goes to a page.
    ///
    /// # Errors
    /// The page cannot be loaded.
    pub async fn go(&self, path: &str) -> Result<()> {
        self.client.goto(&format!("{}{path}", self.origin)).await.map_err(failed)
    }

    /// Whoever is signed in is so no longer.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn forget(&self) -> Result<()> {
        self.client.delete_all_cookies().await.map_err(failed)
    }

    /// The path and query of the page.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn place(&self) -> Result<String> {
        let url = self.client.current_url().await.map_err(failed)?;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        Ok(format!("{}{query}", url.path()))
    }

    /// Waits for something and clicks it.
    ///
    /// # Errors
    /// It does not appear.
    pub async fn click(&self, css: &str) -> Result<()> {
        let begun = Instant::now();
        loop {
            self.painted().await?;
            let found = self.client.find(Locator::Css(css)).await;
            let clicked = match found {
                Ok(element) => self.click_in_sight(element).await,
                Err(error) => Err(error),
            };
            match clicked {
                Ok(()) => return Ok(()),
                Err(error) if begun.elapsed() > PATIENCE => {
                    return Err(failed(format!("{css}: {error}")));
                }
                // Not there yet, or replaced at this moment.
                Err(_) => tokio::time::sleep(Duration::from_millis(80)).await,
            }
        }
    }

    /// Clicks something, where it is covered after it was scrolled to the middle of the window.
    async fn click_in_sight(&self, element: Element) -> std::result::Result<(), CmdError> {
        if element.click().await.is_ok() {
            return Ok(());
        }
        let middle = "arguments[0].scrollIntoView({ block: 'center' });";
        let named = serde_json::to_value(&element)?;
        self.client.execute(middle, vec![named]).await?;
        element.click().await
    }

    /// Writes into a field in place of what is there.
    ///
    /// # Errors
    /// It does not appear.
    pub async fn fill(&self, css: &str, text: &str) -> Result<()> {
        self.wait(css).await?;
        let element = self.client.find(Locator::Css(css)).await.map_err(failed)?;
        // Fields of dates take their parts in an order of their own.
        if element.attr("type").await.map_err(failed)?.as_deref() == Some("datetime-local") {
            let set = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', { bubbles: true }));";
            let element = serde_json::to_value(&element).map_err(failed)?;
            self.client.execute(set, vec![element, json!(text)]).await.map_err(failed)?;
            return Ok(());
        }
        element.clear().await.map_err(failed)?;
        element.send_keys(text).await.map_err(failed)
    }

    /// Chooses from a list, by the value of the choice.
    ///
    /// # Errors
    /// The list does not appear, or has no such choice.
    pub async fn choose(&self, css: &str, value: &str) -> Result<()> {
        self.wait(css).await?;
        let element = self.client.find(Locator::Css(css)).await.map_err(failed)?;
        element.select_by_value(value).await.map_err(failed)
    }

    /// Names a file in a field that takes one.
    ///
    /// # Errors
    /// The field is not there.
    pub async fn attach(&self, css: &str, file: &Path) -> Result<()> {
        let element = self.client.find(Locator::Css(css)).await.map_err(failed)?;
        element.send_keys(&file.display().to_string()).await.map_err(failed)
    }

    /// What axe-core objects to on the page as it stands: each rule with where it is broken. All its rules, or some.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn objections(&self, rules: &[&str]) -> Result<Vec<String>> {
        if self.script("return typeof window.axe;").await? != "object" {
            self.script(AXE).await?;
        }
        let only = if rules.is_empty() { Json::Null } else { json!(rules) };
        let all = self.client.execute_async(LOOK, vec![only]).await.map_err(failed)?;
        let named = all.as_array().into_iter().flatten().filter_map(Json::as_str);
        Ok(named.map(str::to_owned).collect())
    }

    /// Presses keys wherever the focus is. `Enter`, `Escape`, `Tab`, `ArrowDown`, `Ctrl+…` and characters.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn press(&self, keys: &str) -> Result<()> {
        let (control, key) = match keys.strip_prefix("Ctrl+") {
            Some(key) => (true, key),
            None => (false, keys),
        };
        let special = match key {
            "Enter" => Some(Key::Enter),
            "Escape" => Some(Key::Escape),
            "Tab" => Some(Key::Tab),
            "ArrowDown" => Some(Key::Down),
            "ArrowUp" => Some(Key::Up),
            "Space" => Some(Key::Space),
            _ => None,
        };
        let values: Vec<char> = match special {
            Some(special) => vec![special.into()],
            None => key.chars().collect(),
        };
        let mut actions = KeyActions::new("keys".to_owned());
        if control {
            actions = actions.then(KeyAction::Down { value: Key::Control.into() });
        }
        for value in values {
            actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        if control {
            actions = actions.then(KeyAction::Up { value: Key::Control.into() });
        }
        self.painted().await?;
        self.client.perform_actions(actions).await.map_err(failed)
    }

    /// Waits until something is there and can be seen.
    ///
    /// # Errors
    /// It does not appear.
    pub async fn wait(&self, css: &str) -> Result<()> {
        self.painted().await?;
        let seen = "const one = document.querySelector(arguments[0]); return Boolean(one && one.getClientRects().length);";
        self.until(seen, vec![json!(css)], css).await
    }

    /// Waits until the page has been painted.
    async fn painted(&self) -> Result<()> {
        self.until(PAINTED, Vec::new(), "the first paint").await
    }

    /// Waits until the page's text has something.
    ///
    /// # Errors
    /// It does not appear.
    pub async fn read(&self, text: &str) -> Result<()> {
        self.until(
            "return document.body.innerText.includes(arguments[0]);",
            vec![json!(text)],
            text,
        )
        .await
    }

    /// Waits until a script answers with true.
    ///
    /// # Errors
    /// It does not within a while.
    pub async fn until(&self, script: &str, arguments: Vec<Json>, what: &str) -> Result<()> {
        let begun = Instant::now();
        loop {
            match self.client.execute(script, arguments.clone()).await {
                Ok(Json::Bool(true)) => return Ok(()),
                // The page may be changing at this moment.
                Ok(_) | Err(CmdError::Standard(_)) if begun.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(60)).await;
                }
                other => {
                    let shown = self.text("body").await.unwrap_or_default();
                    let place = self.place().await.unwrap_or_default();
                    return Err(failed(format!(
                        "waited in vain for {what} ({other:?}) at {place}:\n{shown}"
                    )));
                }
            }
        }
    }

    /// The text of something, as it is shown.
    ///
    /// # Errors
    /// It is not there.
    pub async fn text(&self, css: &str) -> Result<String> {
        let element = self.client.find(Locator::Css(css)).await.map_err(failed)?;
        element.text().await.map_err(failed)
    }

    /// What a script returns.
    ///
    /// # Errors
    /// It throws.
    pub async fn script(&self, script: &str) -> Result<Json> {
        self.client.execute(script, Vec::new()).await.map_err(failed)
    }

    /// What is seen, as PNG.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn shot(&self) -> Result<Vec<u8>> {
        self.client.screenshot().await.map_err(failed)
    }

    /// What the browser has complained of since it was last asked: scripts that failed, what a policy blocked, what did not load.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        let said = self.client.issue_cmd(Log).await.map_err(failed)?;
        let severe = said.as_array().into_iter().flatten().filter(|one| one["level"] == "SEVERE");
        Ok(severe.map(|one| one["message"].as_str().unwrap_or_default().to_owned()).collect())
    }

    /// Takes the network away, or gives it back.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn offline(&self, gone: bool) -> Result<()> {
        let conditions = json!({ "offline": gone, "latency": 0, "download_throughput": -1, "upload_throughput": -1 });
        self.client.issue_cmd(Network(conditions)).await.map_err(failed).map(drop)
    }
}

/// The driver's command for what the browser has logged.
#[derive(Debug)]
struct Log;

impl WebDriverCompatibleCommand for Log {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> std::result::Result<Url, ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

/// Chromium's own command for the state of the network.
#[derive(Debug)]
struct Network(Json);

impl WebDriverCompatibleCommand for Network {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> std::result::Result<Url, ParseError> {
        base.join(&format!("session/{}/chromium/network_conditions", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "network_conditions": self.0 }).to_string()))
    }
}

fn capabilities(window: Window) -> Map<String, Json> {
    let mut arguments = vec![
        "--headless=new".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--hide-scrollbars".to_owned(),
        // Nothing moves while it is looked at.
        "--force-prefers-reduced-motion".to_owned(),
        "--force-color-profile=srgb".to_owned(),
        format!("--lang={}", window.language.split(',').next().unwrap_or_default()),
        format!("--window-size={},{}", window.width, window.height),
    ];
    if !window.phone {
        arguments.push("--force-device-scale-factor=1".to_owned());
    }
    let mut preferences = Map::new();
    preferences.insert("intl.accept_languages".to_owned(), json!(window.language));
    if !window.scripts {
        let scripts = "profile.managed_default_content_settings.javascript";
        preferences.insert(scripts.to_owned(), json!(2));
    }
    let mut options = json!({ "args": arguments, "prefs": preferences });
    if let (true, Some(options)) = (window.phone, options.as_object_mut()) {
        let metrics = json!({ "width": window.width, "height": window.height, "pixelRatio": 2.0, "touch": true });
        options.insert("mobileEmulation".to_owned(), json!({ "deviceMetrics": metrics }));
    }
    let mut all = Map::new();
    all.insert("goog:chromeOptions".to_owned(), options);
    all.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
    all
}

/// Starts a driver; says on which port it listens.
fn driver() -> Result<(Child, u16)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        // Where no locale is set it cannot read the names of files that are not English.
        .env("LC_ALL", "C.UTF-8")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(format!("chromedriver (Debian: chromium-driver): {error}")))?;
    match port(&mut driver) {
        Ok(port) => Ok((driver, port)),
        Err(error) => {
            // It has ended, or is of no use.
            let _ = driver.kill();
            let _ = driver.wait();
            Err(error)
        }
    }
}

/// The port that the driver says it listens on.
fn port(driver: &mut Child) -> Result<u16> {
    let output = driver.stdout.take().ok_or_else(|| failed("no output"))?;
    let mut lines = BufReader::new(output).lines();
    let said = lines.by_ref().map_while(Result::ok).find_map(|line| {
        line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
    });
    // Whatever it says later is read, so that it never waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    said.ok_or_else(|| failed("chromedriver did not start"))
}

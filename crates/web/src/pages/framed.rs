//! What stands around the pages of whoever has signed in: rail, header line, and what every page can open.

use super::document::{Head, theme_name};
use super::icon::icon;
use super::words::{Lang, counted};
use crate::app::App;
use crate::problem::Problem;
use crate::signed::Signed;
use desk::{Criteria, Tally};
use engine::key::Key;
use jiff::Timestamp;
use maud::{Markup, html};

/// Views that stand in the rail; the page of views has all of them.
const RAIL_VIEWS: usize = 8;
/// Unread notifications that are counted: on every page, and nobody asks how many hundreds there are.
const UNREAD: u8 = 99;

/// The places of the rail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Work,
    New,
    Cases,
    Customers,
    Overview,
    Inbox,
    Admin,
    Other,
}

/// A line of work in the rail.
#[derive(Debug, Clone)]
pub(crate) struct RailQueue {
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) cases: u64,
}

/// A view in the rail.
#[derive(Debug, Clone)]
pub(crate) struct RailView {
    pub(crate) name: String,
    pub(crate) href: String,
    /// How many cases it shows; none where they are not counted.
    pub(crate) cases: Option<u64>,
    pub(crate) here: bool,
}

/// What stands around a page.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) lang: Lang,
    pub(crate) theme: Option<&'static str>,
    pub(crate) csrf: String,
    /// This page's address, to come back to.
    pub(crate) to: String,
    pub(crate) title: String,
    pub(crate) here: Section,
    /// Whoever has signed in, by id.
    pub(crate) person: Key,
    pub(crate) name: String,
    pub(crate) roles: Vec<String>,
    pub(crate) work: u64,
    pub(crate) overdue: u64,
    pub(crate) unread: u64,
    pub(crate) queues: Vec<RailQueue>,
    pub(crate) views: Vec<RailView>,
    pub(crate) admin: bool,
    /// May register cases under some procedure.
    pub(crate) registers: bool,
    /// May share with everybody.
    pub(crate) supervises: bool,
    pub(crate) now: Timestamp,
    /// Place in the feed up to which this page is true.
    pub(crate) sequence: u64,
}

impl Frame {
    pub(crate) fn of(
        app: &App,
        signed: &Signed,
        here: Section,
        title: String,
        to: String,
    ) -> Result<Self, Problem> {
        let desk = app.desk();
        let lang = Lang { english: signed.english };
        // Read first: what is committed while the page is made is told by the stream.
        let sequence = *desk.store().changes().borrow();
        let tally = desk.tally(&signed.caller)?;
        let roles =
            signed.person.roles.iter().filter_map(|role| role_name(app, lang, role)).collect();
        Ok(Self {
            lang,
            theme: theme_name(signed.theme),
            csrf: signed.csrf.clone(),
            title,
            here,
            person: signed.person.id.clone(),
            name: signed.person.name.clone(),
            roles,
            work: tally.work(),
            overdue: tally.overdue,
            unread: desk.store().unread(&signed.caller.person, usize::from(UNREAD) + 1)?,
            queues: queues(app, lang, &tally),
            views: views(app, signed, &to)?,
            registers: super::new::registers(app, &signed.person),
            supervises: desk.is_supervisor(&signed.person),
            admin: desk.is_administrator(&signed.person),
            now: desk.now(),
            sequence,
            to,
        })
    }

    /// The whole document around the content of `main`. A page says with `everything` that any case may change it.
    pub(crate) fn page(&self, content: &Markup) -> Markup {
        let lang = self.lang;
        let title = format!("{} · {}", self.title, lang.say("product.name"));
        let head = Head {
            lang,
            theme: self.theme,
            title: &title,
            csrf: &self.csrf,
            now: self.now,
            sequence: Some(self.sequence),
        };
        head.document(
            "framed",
            &html! {
                a.skip href="#main" { (lang.say("frame.skip")) }
                (self.rail())
                (self.top())
                main #main tabindex="-1" { (content) }
                (self.bottom())
                (palette(lang))
                (keys(lang))
            },
        )
    }

    fn rail(&self) -> Markup {
        let lang = self.lang;
        let item = |section: Section,
                    href: &str,
                    sign: &str,
                    name: &str,
                    count: Option<(u64, bool)>,
                    key: &str| {
            // Places that share no section are not all here at once.
            let here = self.here == section && section != Section::Other;
            let current = here.then_some("page");
            html! {
                a.item href=(href) aria-current=[current] data-command=(name) data-shortcut=(key) {
                    (icon(sign)) span.name { (name) }
                    @if let Some((count, late)) = count.filter(|(count, _)| *count > 0) {
                        span.count.late[late] { (counted(count)) }
                    } @else if !key.is_empty() { kbd aria-hidden="true" { (key) } }
                }
            }
        };
        html! {
            nav.rail #rail aria-label=(lang.say("frame.rail")) data-live data-always {
                a.brand href="/work" { (icon("brand")) span.name { (lang.say("product.name")) } }
                (item(Section::Work, "/work", "work", lang.say("work.title"), Some((self.work, false)), "w"))
                @if self.registers { (item(Section::New, "/new", "new", lang.say("new.title"), None, "n")) }
                p.head { (lang.say("frame.queues")) }
                @for queue in &self.queues {
                    (item(Section::Other, &queue.href, "queue", &queue.name, Some((queue.cases, false)), ""))
                }
                (item(Section::Other, "/cases?due=late", "late", lang.say("frame.overdue"), Some((self.overdue, true)), ""))
                (item(Section::Cases, "/cases", "list", lang.say("cases.title"), None, "l"))
                (item(Section::Customers, "/customers", "person", lang.say("customers.title"), None, ""))
                @if !self.views.is_empty() {
                    p.head { (lang.say("frame.views")) }
                    @for view in &self.views { (self.view(view)) }
                }
                p.head { (lang.say("frame.look")) }
                (item(Section::Overview, "/overview", "chart", lang.say("overview.title"), None, ""))
                (item(Section::Other, "/wall", "wall", lang.say("wall.title"), None, ""))
                @if self.admin { (item(Section::Admin, "/admin/people", "admin", lang.say("frame.admin"), None, "")) }
            }
        }
    }

    fn view(&self, view: &RailView) -> Markup {
        html! {
            a.item href=(view.href) aria-current=[view.here.then_some("page")] data-command=(view.name) {
                (icon("view")) span.name { (view.name) }
                @if let Some(count) = view.cases.filter(|count| *count > 0) { span.count { (counted(count)) } }
            }
        }
    }

    fn top(&self) -> Markup {
        let lang = self.lang;
        let unread = match self.unread > u64::from(UNREAD) {
            true => format!("{UNREAD}+"),
            false => self.unread.to_string(),
        };
        html! {
            header.top {
                form.finder action="/search" role="search" aria-label=(lang.say("frame.search")) {
                    (icon("search"))
                    input type="search" name="q" placeholder=(lang.say("frame.search")) aria-label=(lang.say("frame.search")) autocomplete="off" data-finder;
                    kbd aria-hidden="true" { "Ctrl K" }
                }
                span.state.wide #state data-state="live" role="status" { (lang.say("js.live")) }
                a.button.bare.bell #bell href="/inbox" data-live data-always aria-label=(lang.fill("inbox.unread", &[("count", &unread)])) data-command=(lang.say("inbox.title")) {
                    (icon("bell"))
                    @if self.unread > 0 { span.dot { (unread) } }
                }
                button.bare.wide type="button" data-dialog="keys" aria-label=(lang.say("keys.title")) data-command=(lang.say("keys.title")) data-shortcut="?" { (icon("keys")) }
                (self.menu())
            }
        }
    }

    fn menu(&self) -> Markup {
        let lang = self.lang;
        let initial: String = self.name.chars().take(1).collect();
        let choice = |name: &str, value: &str, text: &str, pressed: bool| {
            let of = lang.say(if name == "theme" { "frame.theme" } else { "frame.language" });
            let command = (!pressed).then(|| format!("{of}: {text}"));
            html! {
                button type="submit" name=(name) value=(value) aria-pressed=(pressed) data-command=[command] { (text) }
            }
        };
        html! {
            details.menu #me data-person=(*self.person) {
                summary aria-label=(lang.say("frame.me")) { span.avatar { (initial) } span.wide { (self.name) } }
                div.sheet {
                    p.head { (self.name) @if !self.roles.is_empty() { " · " (lang.listed(&self.roles)) } }
                    form method="post" action="/preferences" {
                        input type="hidden" name="csrf" value=(self.csrf);
                        input type="hidden" name="to" value=(self.to);
                        p.head { (lang.say("frame.language")) }
                        (choice("language", "zh", "中文", !lang.english)) (choice("language", "en", "English", lang.english))
                    }
                    form method="post" action="/preferences" {
                        input type="hidden" name="csrf" value=(self.csrf);
                        input type="hidden" name="to" value=(self.to);
                        p.head { (lang.say("frame.theme")) }
                        (choice("theme", "", lang.say("frame.theme.auto"), self.theme.is_none()))
                        (choice("theme", "light", lang.say("frame.theme.light"), self.theme == Some("light")))
                        (choice("theme", "dark", lang.say("frame.theme.dark"), self.theme == Some("dark")))
                    }
                    hr;
                    a.narrow href="/customers" { (lang.say("customers.title")) }
                    a href="/saved/views" data-command=(lang.say("views.title")) { (lang.say("views.title")) }
                    a href="/saved/templates" data-command=(lang.say("templates.title")) { (lang.say("templates.title")) }
                    a href="/account" data-command=(lang.say("frame.account")) { (lang.say("frame.account")) }
                    form method="post" action="/sign-out" {
                        input type="hidden" name="csrf" value=(self.csrf);
                        button type="submit" { (lang.say("frame.sign_out")) }
                    }
                }
            }
        }
    }

    fn bottom(&self) -> Markup {
        let lang = self.lang;
        let item = |section: Section, href: &str, sign: &str, name: &str, count: u64| {
            html! {
                a href=(href) aria-current=[(self.here == section).then_some("page")] {
                    (icon(sign)) span { (name) }
                    @if count > 0 { span.count.late { (counted(count)) } }
                }
            }
        };
        html! {
            nav.bottom #bottom aria-label=(lang.say("frame.bottom")) data-live data-always {
                (item(Section::Work, "/work", "work", lang.say("frame.work"), self.work))
                (item(Section::Cases, "/cases", "list", lang.say("cases.title"), 0))
                @if self.registers { (item(Section::New, "/new", "new", lang.say("new.title"), 0)) }
                (item(Section::Overview, "/overview", "chart", lang.say("overview.title"), 0))
            }
        }
    }
}

/// The name of a role, as most procedures have it.
pub(crate) fn role_name(app: &App, lang: Lang, role: &Key) -> Option<String> {
    super::roles::name(&app.desk().library(), lang, role)
}

fn queues(app: &App, lang: Lang, tally: &Tally) -> Vec<RailQueue> {
    let queue = |queue: &desk::Queue| {
        let name = role_name(app, lang, &queue.role)?;
        let encoded = crate::answer::encoded;
        let department =
            queue.department.as_ref().map(|one| format!("&department={}", encoded(one)));
        let href =
            format!("/cases?holder={}{}", encoded(&queue.role), department.unwrap_or_default());
        Some(RailQueue {
            name: lang.fill("frame.queue", &[("role", &name)]),
            href,
            cases: queue.cases,
        })
    };
    tally.queues.iter().filter_map(queue).collect()
}

/// The address of a list.
pub(crate) fn list_href(criteria: &Criteria) -> String {
    let encoded = crate::answer::encoded;
    let pairs: Vec<String> =
        criteria.given().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if pairs.is_empty() { "/cases".to_owned() } else { format!("/cases?{}", pairs.join("&")) }
}

/// The first views, each counted; `to` is the address of the page.
fn views(app: &App, signed: &Signed, to: &str) -> Result<Vec<RailView>, Problem> {
    let here = to.strip_prefix("/cases?").or((to == "/cases").then_some(""));
    let here = here.and_then(|query| serde_urlencoded::from_str::<Criteria>(query).ok());
    let counted = app.desk().counted_views(&signed.caller, RAIL_VIEWS)?;
    let view = |(saved, cases): (desk::Saved, Option<u64>)| {
        let criteria = saved.criteria()?;
        let here = here.as_ref() == Some(criteria);
        Some(RailView { name: saved.name.clone(), href: list_href(criteria), cases, here })
    };
    Ok(counted.into_iter().filter_map(view).collect())
}

fn palette(lang: Lang) -> Markup {
    html! {
        dialog.palette #palette aria-label=(lang.say("palette.title")) {
            div.ask {
                (icon("search"))
                input type="text" role="combobox" aria-expanded="true" aria-controls="palette-hits" aria-autocomplete="list"
                    placeholder=(lang.say("palette.ask")) aria-label=(lang.say("palette.ask")) autocomplete="off" spellcheck="false";
                kbd { "Esc" }
            }
            div.hits #palette-hits role="listbox" aria-label=(lang.say("palette.hits")) {}
        }
    }
}

/// Every shortcut, by what it does.
const KEYS: &[(&str, &str)] = &[
    ("Ctrl K", "keys.palette"),
    ("/", "keys.search"),
    ("?", "keys.help"),
    ("n", "keys.new"),
    ("w", "keys.work"),
    ("l", "keys.cases"),
    ("j k", "keys.move"),
    ("Enter", "keys.open"),
    ("a", "keys.next"),
    ("u", "keys.back"),
    ("r", "keys.contact"),
    ("x", "keys.note"),
    ("t", "keys.template"),
    ("s", "keys.pick"),
    (".", "keys.copy"),
    ("Ctrl Enter", "keys.send"),
    ("Alt Enter", "keys.fill"),
    ("1 – 9", "keys.choose"),
    ("Esc", "keys.close"),
];

fn keys(lang: Lang) -> Markup {
    html! {
        dialog #keys aria-labelledby="keys-title" {
            header {
                h2 #keys-title { (lang.say("keys.title")) }
                button.bare.small type="button" data-close aria-label=(lang.say("frame.close")) { (icon("close")) }
            }
            div.body {
                ul.keys-list {
                    @for (key, does) in KEYS { li { span { (lang.say(does)) } kbd { (key) } } }
                }
                p.quiet { (lang.say("keys.off")) }
            }
        }
    }
}

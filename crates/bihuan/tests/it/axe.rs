//! axe-core over every page of the demonstration and of a first start, with whatever can be open, wrong or empty there: in both
//! languages all its rules. Those about colours once more in the dark, in one of them: words have no colours of their own.

use crate::serving::Serving;
use crate::world::World;
use browser::{Browser, Window};
use desk::{Clock, SystemClock};

const PASSWORD: &str = "correct horse battery";
/// Rules that a theme can break.
const COLOURS: &[&str] = &["color-contrast", "link-in-text-block"];

/// A place and what is done there before it is looked at.
type State<'s> = (&'s str, &'s [Do<'s>]);

enum Do<'s> {
    /// Clicks.
    Click(&'s str),
    /// Presses a key.
    Press(&'s str),
    /// Writes into a field.
    Write(&'s str, &'s str),
    /// Waits until this can be seen.
    See(&'s str),
    /// Opens everything that is folded.
    Unfold,
    /// Takes the connection away.
    Cut,
}
use Do::{Click, Cut, Press, See, Unfold, Write};

/// What a lead sees, who may do most of what there is.
const AT_WORK: &[State<'_>] = &[
    ("/work", &[]),
    ("/work", &[Press("Ctrl+k"), See("#palette [role=option]")]),
    (
        "/work",
        &[
            Press("/"),
            See("#palette[open]"),
            Write("#palette input", "退款"),
            See("#palette a[role=option]"),
        ],
    ),
    (
        "/work",
        &[
            Press("/"),
            See("#palette[open]"),
            Write("#palette input", "qqqq"),
            See("#palette .none:not(:empty)"),
        ],
    ),
    ("/work", &[Press("?"), See("#keys[open]")]),
    ("/work", &[Click("#me summary"), See("#me .sheet")]),
    ("/work", &[Press("j"), Cut, See("#state[data-state=lost]")]),
    ("/cases", &[Press("j")]),
    ("/cases?state=all&sort=newest", &[]),
    ("/cases?procedure=cp&stage=closed&due=late&from=2020-01-01&to=2020-01-02", &[See(".empty")]),
    ("/new", &[]),
    ("/new/cf", &[Unfold]),
    ("/new/as", &[Unfold]),
    ("/new/hl", &[Unfold]),
    ("/new/mc", &[Unfold]),
    ("/new/cp", &[Unfold]),
    ("/new/cp", &[Click("#new-form .actions button"), See("#new-form .wrong"), Unfold]),
    (
        "/new/hl",
        &[
            Write("#new-form input[type=tel]", "13600002087"),
            See("#known .beside"),
            Cut,
            Press("Ctrl+Enter"),
            See("#toast"),
        ],
    ),
    ("/search", &[]),
    ("/search?q=退款", &[]),
    ("/search?q=qqqq", &[]),
    ("/inbox", &[]),
    ("/overview", &[]),
    ("/wall", &[]),
    ("/account", &[]),
    ("/reference", &[]),
    ("/reference", &[Write("[data-filter]", "qqqq"), See("#nothing")]),
    ("/reference/cases_show", &[Unfold]),
    ("/reference/customers_put", &[Unfold]),
    ("/reference/exports_cases", &[Unfold]),
    ("/reference/attachments_upload", &[Unfold]),
    ("/reference/me", &[Click("[data-send]"), See("[data-came] .fine"), Unfold]),
    (
        "/reference/cases_clocks",
        &[Write("#path-number", "none"), Press("Enter"), See("[data-came] .late")],
    ),
    ("/reference/inbox_read", &[Click("[data-send]"), See("[data-really]")]),
    ("/cases/none", &[]),
];

/// What everybody sees who has nothing to do.
const AT_REST: &[State<'_>] = &[("/work", &[See(".empty")]), ("/inbox", &[See(".empty")])];

const IN_CHARGE: &[State<'_>] = &[
    ("/admin/people", &[]),
    ("/admin/people?q=qqqq", &[]),
    ("/admin/people", &[Click("main table tbody a"), See("#away"), Unfold]),
    (
        "/admin/people",
        &[
            Click("main table tbody a"),
            See("#away"),
            Click("form[action$=invitation] button"),
            See("main code"),
        ],
    ),
    ("/admin/log", &[]),
    ("/admin/log?kind=webhook&person=nobody", &[]),
    (
        "/admin/people",
        &[
            Write("input[name=id]", "林"),
            Write("input[name=name]", "林"),
            Press("Enter"),
            See("[role=alert]"),
        ],
    ),
    ("/admin/procedures", &[]),
    ("/admin/procedures/as/retirement", &[]),
    ("/admin/webhooks", &[Unfold]),
    (
        "/admin/webhooks",
        &[
            Write("#hook-name", "ERP"),
            Write("#hook-url", "http://127.0.0.1/"),
            Press("Enter"),
            See("[role=alert]"),
        ],
    ),
    (
        "/admin/webhooks",
        &[
            Write("#hook-name", "ERP"),
            Write("#hook-url", "https://hooks.invalid/"),
            Press("Enter"),
            See("main code"),
            Click("button[value=ping]"),
            See("section[aria-labelledby=latest] table"),
            Unfold,
        ],
    ),
    ("/admin/webhooks", &[See("main table")]),
    (
        "/admin/procedures/draft?from=as",
        &[
            Write("#text", "[procedure]\nkey = \"x\"\ncolour = \"y\""),
            Click("button[value=check]"),
            See("#flaws"),
            Unfold,
        ],
    ),
    ("/admin/calendars", &[]),
    (
        "/admin/calendars/cn?year=2026",
        &[Write("#table", "2026-12-12,work,x"), Click("button[value=list]"), See("#plan")],
    ),
    (
        "/admin/calendars/cn?year=2027",
        &[Write("#table", "2026-12-32,off,x"), Click("button[value=list]"), See("[role=alert]")],
    ),
];

/// Who has not come in yet.
const OUTSIDE: &[State<'_>] = &[
    ("/sign-in", &[]),
    (
        "/sign-in",
        &[
            Write("input[name=name]", "nobody"),
            Write("input[name=password]", "nothing"),
            Press("Enter"),
            See("[role=alert]"),
        ],
    ),
    ("/welcome/none", &[]),
    ("/set-up/none", &[]),
];

/// A browser that looks at one state after the other.
struct Look<'w> {
    browser: Browser,
    found: Vec<String>,
    states: usize,
    what: &'w str,
    /// Themes, each with the rules that are asked; none for all.
    themes: &'static [(&'static str, &'static [&'static str])],
}

const LIGHT: (&str, &[&str]) = ("light", &[]);
const DARK: (&str, &[&str]) = ("dark", COLOURS);

impl<'w> Look<'w> {
    async fn begin(server: &Serving, language: &'static str, what: &'w str) -> Self {
        let window = Window { language, ..Window::DESK };
        let browser = Browser::start(&format!("http://{}", server.address), window).await.unwrap();
        let both = language.starts_with("zh");
        let themes: &[_] = if both { &[LIGHT, DARK] } else { &[LIGHT] };
        Self { browser, found: Vec::new(), states: 0, what, themes }
    }

    async fn all(&mut self, states: &[State<'_>]) {
        for (path, doings) in states {
            self.browser.go(path).await.unwrap();
            for doing in *doings {
                do_it(&self.browser, doing).await.unwrap();
            }
            self.look(path).await;
            if doings.iter().any(|doing| matches!(doing, Cut)) {
                self.browser.offline(false).await.unwrap();
            }
        }
    }

    /// Signs in as one of the demonstration's people.
    async fn enter(&self, person: &str) {
        self.browser.forget().await.unwrap();
        self.browser.go("/sign-in").await.unwrap();
        self.browser.click(&format!("button[value='{person}']")).await.unwrap();
        self.browser.wait("#work").await.unwrap();
    }

    /// Looks at the page as it stands.
    async fn look(&mut self, name: &str) {
        self.states += 1;
        eprintln!("{} {name}", self.what);
        for (theme, rules) in self.themes {
            let dress = format!("document.documentElement.dataset.theme = '{theme}';");
            self.browser.script(&dress).await.unwrap();
            let objections = self.browser.objections(rules).await.unwrap();
            let what = self.what;
            for objection in objections {
                let objection = format!("{what} {theme} {name}: {objection}");
                eprintln!("{objection}");
                self.found.push(objection);
            }
        }
    }
}

async fn do_it(browser: &Browser, doing: &Do<'_>) -> std::io::Result<()> {
    let open = "for (const one of document.querySelectorAll('main details')) one.open = true;";
    match doing {
        Click(css) => browser.click(css).await,
        Press(key) => browser.press(key).await,
        Write(css, text) => browser.fill(css, text).await,
        See(css) => browser.wait(css).await,
        Unfold => browser.script(open).await.map(drop),
        Cut => browser.offline(true).await,
    }
}

/// The demonstration, as one of its people after the other.
async fn demonstration(server: &Serving, language: &'static str) -> (Vec<String>, usize) {
    let mut look = Look::begin(server, language, language).await;
    look.all(OUTSIDE).await;
    for (person, states) in [("qin_wen", IN_CHARGE), ("ren_jie", AT_REST), ("zhou_min", AT_WORK)] {
        look.enter(person).await;
        look.all(states).await;
    }
    cases(&mut look).await;
    (look.found, look.states)
}

/// A case of each procedure with everything unfolded; of those in hand with the form of something else, and with what was refused.
async fn cases(look: &mut Look<'_>) {
    let mut in_hand = Vec::new();
    for procedure in ["cf", "as", "hl", "mc", "cp"] {
        let open = first(look, &format!("/cases?procedure={procedure}")).await;
        let all = format!("/cases?state=all&sort=newest&procedure={procedure}");
        let path = if open.is_some() { open.clone() } else { first(look, &all).await };
        look.all(&[(&path.unwrap(), &[Unfold])]).await;
        let Some(path) = open else { continue };
        let story = format!("{path}?show=audit");
        look.all(&[(&story, &[Click("#others a"), See("#now-do .actions"), Unfold])]).await;
        in_hand.push(path);
    }
    let refused: &[Do<'_>] = &[
        Press("x"),
        See("#now-do textarea"),
        Click("#now-do .actions button"),
        See("#now-do .wrong"),
    ];
    look.all(&[(in_hand.last().unwrap(), refused)]).await;
    // Whoever looks in the other language changes another case.
    if look.themes.len() > 1 {
        in_hand.reverse();
    }
    overtaken(look, &in_hand).await;
}

/// A case that somebody else has open, and that changes while one writes: what is sent then comes back beside what happened.
async fn overtaken(look: &mut Look<'_>, in_hand: &[String]) {
    let (path, form) = asked_for_a_text(look, in_hand).await;
    look.enter("ren_jie").await;
    look.browser.go(&path).await.unwrap();
    look.browser.wait("#present").await.unwrap();
    // The page has told that it is open once its answer is there.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    look.enter("zhou_min").await;
    look.all(&[(&path, &[See("#present .notice, #present p")])]).await;
    look.browser.go(&form).await.unwrap();
    look.browser.fill("#now-do textarea", "草稿 draft").await.unwrap();
    look.browser.script(MEANWHILE).await.unwrap();
    let noted = "return document.body.dataset.meanwhile === '303';";
    look.browser.until(noted, Vec::new(), "a note from elsewhere").await.unwrap();
    look.browser.click("#now-do .actions button").await.unwrap();
    look.browser.wait("#conflict .notice").await.unwrap();
    look.look("overtaken").await;
}

/// The first of the cases on which something may be done that could be overtaken and takes a text, and the address of that form.
async fn asked_for_a_text(look: &Look<'_>, cases: &[String]) -> (String, String) {
    for path in cases {
        look.browser.go(path).await.unwrap();
        let form = look.browser.script(ASKS_FOR_A_TEXT).await.unwrap();
        if let Some(form) = form.as_str() {
            return (path.clone(), form.to_owned());
        }
    }
    panic!("nothing asks for a text on {cases:?}")
}

const ASKS_FOR_A_TEXT: &str = "for (const { href } of document.querySelectorAll('#others a')) {
        const ask = new XMLHttpRequest();
        ask.open('GET', href, false);
        ask.send();
        const form = new DOMParser().parseFromString(ask.responseText, 'text/html').querySelector('#now-do form');
        if (form?.querySelector('input[name=seen]') && form.querySelector('textarea')) return new URL(href).pathname + new URL(href).search;
    }
    return null;";

/// A note is sent from another page.
const MEANWHILE: &str = "(async () => {
    const read = async path => new DOMParser().parseFromString(await (await fetch(path)).text(), 'text/html');
    const links = [...(await read(location.pathname)).querySelectorAll('a[href*=\"?do=\"]')].map(one => one.getAttribute('href'));
    for (const link of new Set(links)) {
        const form = (await read(link)).querySelector('#now-do form');
        const text = form?.querySelector('textarea[name=\"i.text\"]');
        if (!text) continue;
        text.value = '别处写的备注 a note from elsewhere';
        const answer = await fetch(form.getAttribute('action'), { method: 'POST', body: new URLSearchParams([...new FormData(form)]), redirect: 'manual' });
        document.body.dataset.meanwhile = answer.type === 'opaqueredirect' ? '303' : String(answer.status);
        return;
    }
})();";

/// The address of the first case of a list.
async fn first(look: &Look<'_>, list: &str) -> Option<String> {
    look.browser.go(list).await.unwrap();
    let number =
        "return document.querySelector('[data-row] [data-number]')?.dataset.number ?? null;";
    let number = look.browser.script(number).await.unwrap();
    number.as_str().map(|number| format!("/cases/{number}"))
}

/// A first start: its steps, and how one signs in with a second factor afterwards.
async fn first_start(server: &Serving, language: &'static str) -> (Vec<String>, usize) {
    let mut look = Look::begin(server, language, language).await;
    let link = server.set_up.as_ref().unwrap();
    let path = link.find("/set-up/").map(|at| link.split_at(at).1).unwrap();
    let given = [("organisation", "宏远"), ("name", "林晓"), ("id", "lin_xiao")];
    let write = async |look: &Look<'_>, password: &str, again: &str| {
        for (name, text) in given {
            look.browser.fill(&format!("input[name={name}]"), text).await.unwrap();
        }
        look.browser.fill("input[name=password]", password).await.unwrap();
        look.browser.fill("input[name=again]", again).await.unwrap();
        look.browser.press("Enter").await.unwrap();
    };
    look.all(&[(path, &[])]).await;
    write(&look, "short", "other").await;
    look.browser.wait("[role=alert]").await.unwrap();
    look.look("set-up refused").await;
    write(&look, PASSWORD, PASSWORD).await;
    look.browser.wait("main table").await.unwrap();
    look.look("the second step").await;
    look.all(&[
        ("/admin/procedures", &[]),
        ("/work", &[]),
        ("/cases", &[]),
        ("/overview", &[]),
        ("/wall", &[]),
        ("/inbox", &[]),
    ])
    .await;
    let code = "form[action='/account/second-factor'] input[name=code]";
    look.all(&[("/account", &[Write(code, "000000"), Press("Enter"), See("[role=alert]")])]).await;
    look.browser.go("/account").await.unwrap();
    let key = look.browser.text("main code").await.unwrap();
    look.browser.fill(code, &app(&key)).await.unwrap();
    look.browser.press("Enter").await.unwrap();
    look.browser.wait("form[action='/account/second-factor/removal']").await.unwrap();
    look.look("recovery codes").await;
    look.browser.forget().await.unwrap();
    look.browser.go("/sign-in").await.unwrap();
    look.browser.fill("input[name=name]", "lin_xiao").await.unwrap();
    look.browser.fill("input[name=password]", PASSWORD).await.unwrap();
    look.browser.press("Enter").await.unwrap();
    look.browser.wait("input[name=code]").await.unwrap();
    look.look("the code").await;
    look.browser.fill("input[name=code]", "000000").await.unwrap();
    look.browser.press("Enter").await.unwrap();
    look.browser.wait("[role=alert]").await.unwrap();
    look.look("a wrong code").await;
    (look.found, look.states)
}

/// What an app shows now.
fn app(key: &str) -> String {
    let app = totp_rs::Builder::new()
        .with_algorithm(totp_rs::Algorithm::SHA1)
        .with_digits(6)
        .with_secret(totp_rs::Secret::try_from_base32(key).unwrap())
        .build()
        .unwrap();
    app.generate(u64::try_from(SystemClock.now().as_second()).unwrap()).to_string()
}

#[test]
fn axe_finds_nothing_on_any_page_in_either_language_or_theme() {
    let folder = tempfile::tempdir().unwrap();
    let demo = World::in_folder(folder.path());
    let played = demo.run(&["demo", "--no-serve"]);
    assert!(played.fine, "{}", played.err);
    let shown = Serving::quiet(&demo);
    let language = |language: &'static str| {
        let shown = &shown;
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let new = World::new();
                let fresh = Serving::quiet(&new);
                let (mut found, states) = demonstration(shown, language).await;
                let (more, first) = first_start(&fresh, language).await;
                found.extend(more);
                (found, states + first)
            })
        }
    };
    let (mut found, mut states) = (Vec::new(), 0);
    std::thread::scope(|scope| {
        let both = ["zh-CN,zh", "en-GB,en"].map(|one| scope.spawn(language(one)));
        for one in both {
            let (more, looked) = one.join().unwrap();
            found.extend(more);
            states += looked;
        }
    });
    assert!(states > 100, "{states}");
    assert!(found.is_empty(), "{} of {states} states:\n{}", found.len(), found.join("\n"));
}

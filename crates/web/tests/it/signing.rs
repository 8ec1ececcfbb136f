//! Signing in and out, sessions, and what protects them.

use crate::world::{Answer, World};
use axum::body::Body;
use axum::http::{Method, Request};
use desk::{Language, Origin, Preferences};
use engine::key::Key;
use web::{Config, Rate};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A browser: it keeps its cookie and finds the token in the pages that it is shown.
pub(crate) struct Browser<'w> {
    world: &'w World,
    pub(crate) cookie: String,
}

impl<'w> Browser<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        Self { world, cookie: String::new() }
    }

    /// Signed in as somebody who has a password from now on.
    pub(crate) async fn signed_in(world: &'w World, person: &str) -> Self {
        world.desk.set_password("test", &person.into(), PASSWORD, None).unwrap();
        let mut browser = Self::new(world);
        let answer = browser.sign_in(person, PASSWORD).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        browser
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", &self.cookie)
            .header("accept", "text/html,*/*;q=0.8");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.world.send(request.body(Body::from(body)).unwrap()).await;
        if let Some((cookie, _)) = answer.header("set-cookie").split_once(';') {
            self.cookie = cookie.to_owned();
        }
        answer
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], String::new()).await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.send(
            Method::POST,
            path,
            &[("content-type", "application/x-www-form-urlencoded")],
            form.join("&"),
        )
        .await
    }

    pub(crate) async fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        self.post("/sign-in", &[("name", name), ("password", password)]).await
    }

    /// The token in the forms of a page.
    pub(crate) async fn token(&mut self) -> String {
        let page = self.get("/work").await;
        self.token_of(&page.text)
    }

    /// The token in the forms of this page.
    pub(crate) fn token_of(&self, page: &str) -> String {
        let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap();
        token.split('"').next().unwrap().to_owned()
    }
}

pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// An authenticator app that has taken in this key.
pub(crate) fn app_of(key: &str) -> totp_rs::Totp {
    totp_rs::Builder::new()
        .with_algorithm(totp_rs::Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(30)
        .with_secret(totp_rs::Secret::try_from_base32(key).unwrap())
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_session_is_led_to_sign_in_and_back_to_the_page_asked_for() {
    let world = World::new();
    let person = world.someone();
    world.desk.set_password("test", &person.as_str().into(), PASSWORD, None).unwrap();
    let mut browser = Browser::new(&world);
    assert_eq!(browser.get("/").await.header("location"), "/sign-in");
    let form = browser.get("/sign-in?to=%2F%3Fq%3Dx").await;
    assert!(
        form.text.contains("value=\"/?q=x\"") && form.text.contains("lang=\"zh-CN\""),
        "{}",
        form.text
    );
    let entered = browser
        .post("/sign-in", &[("name", &person), ("password", PASSWORD), ("to", "/?q=x")])
        .await;
    assert_eq!((entered.status.as_u16(), entered.header("location")), (303, "/?q=x"));
    let cookie = entered.header("set-cookie");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
    let home = browser.get("/").await;
    assert_eq!(home.status, 200);
    assert_eq!(home.header("cache-control"), "no-store");
    let away = browser
        .post("/sign-in", &[("name", &person), ("password", PASSWORD), ("to", "//evil")])
        .await;
    assert_eq!(away.header("location"), "/");
    // Programs and scripts get a problem instead.
    world
        .send(Request::get("/api/v1/cases").body(Body::empty()).unwrap())
        .await
        .problem(401, "unauthenticated");
    let script = Request::get("/").header("sec-fetch-mode", "cors").body(Body::empty()).unwrap();
    world.send(script).await.problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_of_a_session_is_kept_nowhere_and_a_password_neither() {
    let world = World::new();
    let person: Key = world.someone().as_str().into();
    let mut browser = Browser::signed_in(&world, &person).await;
    let secret = browser.cookie.split_once('=').unwrap().1.to_owned();
    assert!(secret.len() > 64);
    let sessions = world.desk.sessions(&person).unwrap();
    assert_eq!(sessions.len(), 1);
    let kept = format!("{sessions:?} {:?}", world.desk.store().settings("credential").unwrap());
    assert!(kept.contains("$argon2id$v=19$m=19456,t=2,p=1$") && !kept.contains(PASSWORD));
    assert!(secret.split('.').all(|part| !kept.contains(part)));
    assert_eq!(world.desk.session(&format!("{secret}0")).unwrap(), None);
    assert_eq!(world.desk.session("").unwrap(), None);
    assert_eq!(browser.get("/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_takes_what_a_key_takes_and_writes_only_with_its_token() {
    let world = World::new();
    let (key, registered) = world.register(0).await;
    let person = world.keys.iter().find(|(_, known)| **known == key).unwrap().0.clone();
    let path = registered.header("location").to_owned();
    let mut browser = Browser::signed_in(&world, &person).await;
    let token = browser.token().await;
    assert_eq!(browser.get(&path).await.json()["number"], registered.json()["number"]);
    let body = world.new_case(0).await.to_string();
    let json = ("content-type", "application/json");
    let foreign = browser.send(Method::POST, "/api/v1/cases", &[json], body.clone()).await;
    foreign.problem(403, "not-ours");
    let wrong = browser
        .send(Method::POST, "/api/v1/cases", &[json, ("x-csrf-token", "0")], body.clone())
        .await;
    wrong.problem(403, "not-ours");
    let other = [json, ("x-csrf-token", token.as_str()), ("sec-fetch-site", "same-site")];
    browser
        .send(Method::POST, "/api/v1/cases", &other, body.clone())
        .await
        .problem(403, "not-ours");
    let other =
        [json, ("x-csrf-token", token.as_str()), ("origin", "https://evil"), ("host", "desk")];
    browser
        .send(Method::POST, "/api/v1/cases", &other, body.clone())
        .await
        .problem(403, "not-ours");
    let ours = browser
        .send(Method::POST, "/api/v1/cases", &[json, ("x-csrf-token", &token)], body.clone())
        .await;
    assert!(matches!(ours.status.as_u16(), 201 | 422), "{}", ours.text);
    // Another session's token does not do.
    let mut second = Browser::signed_in(&world, &person).await;
    let theirs = second.token().await;
    assert_ne!(theirs, token);
    let refused = browser.post("/sign-out", &[("csrf", &theirs)]).await;
    assert_eq!(refused.status, 303, "the password was set anew, so the first session has ended");
    let refused = second.post("/sign-out", &[("csrf", &token)]).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("<h1>页面已过期</h1>"), "{}", refused.text);
    assert_eq!(second.get("/").await.status, 200);
    let out = second.post("/sign-out", &[("csrf", &theirs)]).await;
    assert_eq!((out.status.as_u16(), out.header("location")), (303, "/sign-in"));
    assert_eq!(second.get("/").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_it_rests_when_it_is_old_and_when_it_is_ended() {
    let world = World::new();
    let person: Key = world.someone().as_str().into();
    let mut browser = Browser::signed_in(&world, &person).await;
    // It lasts while there are requests, twelve hours at most.
    for _ in 0..7 {
        world.wait(100);
        assert_eq!(browser.get("/").await.status, 200);
    }
    world.wait(25);
    assert_eq!(browser.get("/").await.status, 303, "after twelve hours");
    browser.sign_in(&person, PASSWORD).await;
    world.wait(121);
    assert_eq!(browser.get("/").await.status, 303, "after two hours of rest");
    browser.sign_in(&person, PASSWORD).await;
    let mut elsewhere = Browser::new(&world);
    elsewhere.sign_in(&person, PASSWORD).await;
    let sessions = world.desk.sessions(&person).unwrap();
    assert_eq!(sessions.len(), 2);
    for session in &sessions {
        world.desk.end_session(&person, &session.id).unwrap();
    }
    assert_eq!(browser.get("/").await.status, 303);
    assert_eq!(elsewhere.get("/").await.status, 303);
    browser.sign_in(&person, PASSWORD).await;
    world.desk.set_password("test", &person, "another password of mine", None).unwrap();
    assert_eq!(browser.get("/").await.status, 303, "a new password ends all sessions");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_waits_and_learns_nothing() {
    let world = World::new();
    let known = world.someone();
    world.desk.set_password("test", &known.as_str().into(), PASSWORD, None).unwrap();
    let mut browser = Browser::new(&world);
    let unnamed = |answer: &Answer, name: &str| answer.text.replace(name, "");
    for round in 0..5 {
        let wrong = browser.sign_in(&known, "not the password").await;
        let nobody = browser.sign_in("nobody-here", "not the password").await;
        assert_eq!((wrong.status.as_u16(), nobody.status.as_u16()), (422, 422), "{round}");
        assert_eq!(unnamed(&wrong, &known), unnamed(&nobody, "nobody-here"));
    }
    let wait = browser.sign_in(&known, PASSWORD).await;
    let nobody = browser.sign_in("nobody-here", PASSWORD).await;
    assert_eq!((wait.status.as_u16(), wait.header("retry-after")), (429, "30"));
    assert_eq!(unnamed(&wait, &known), unnamed(&nobody, "nobody-here"));
    // Waiting is not held against anybody; the next failure doubles the pause.
    world.wait(1);
    assert_eq!(browser.sign_in(&known, "wrong again, sorry").await.status, 422);
    assert_eq!(browser.sign_in(&known, PASSWORD).await.header("retry-after"), "60");
    world.wait(1);
    assert_eq!(browser.sign_in(&known.to_uppercase(), PASSWORD).await.status, 303);
    assert_eq!(browser.sign_in(&known, "wrong").await.status, 422, "a success starts anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_tries_many_names_waits_and_others_do_not() {
    let world = World::new();
    let person: Key = world.someone().as_str().into();
    world.desk.set_password("test", &person, PASSWORD, None).unwrap();
    let from = |address: &str| Origin { address: address.to_owned(), agent: String::new() };
    for n in 0..50 {
        let tried = world.desk.sign_in(&format!("name{n}"), "x", &from("2001:db8::1")).unwrap();
        assert_eq!(tried, desk::Entry::Wrong);
    }
    let same_network = from("2001:db8:0:0:ffff::9");
    assert!(matches!(
        world.desk.sign_in(&person, PASSWORD, &same_network).unwrap(),
        desk::Entry::Wait(_)
    ));
    assert!(matches!(
        world.desk.sign_in(&person, PASSWORD, &from("192.0.2.1")).unwrap(),
        desk::Entry::In(_)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_https_cookies_and_answers_are_bound_to_it() {
    let config = Config {
        rate: None,
        address: Some("https://desk.example.cn".to_owned()),
        ..Config::default()
    };
    let world = World::with(config);
    let mut browser = Browser::signed_in(&world, &world.someone()).await;
    assert!(browser.cookie.starts_with("__Host-bihuan="));
    let home = browser.get("/").await;
    assert_eq!(
        (home.status.as_u16(), home.header("strict-transport-security")),
        (200, "max-age=31536000")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_forbids_what_no_page_needs() {
    let world = World::new();
    for path in ["/sign-in", "/healthz", "/nothing", "/api/v1/cases"] {
        let answer = world
            .send(Request::get(path).header("accept", "*/*").body(Body::empty()).unwrap())
            .await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'self'") && !policy.contains("unsafe"), "{path}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(answer.header("permissions-policy").contains("camera=()"), "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_demonstration_one_click_signs_in_and_nowhere_else() {
    let world = World::new();
    let person = world.someone();
    let mut browser = Browser::new(&world);
    assert!(!browser.get("/sign-in").await.text.contains("/sign-in/demo"));
    assert_eq!(browser.post("/sign-in/demo", &[("person", &person)]).await.status, 404);
    assert!(world.desk.mark_as_demo("test").is_err(), "people work here already");
    let demo = World::empty();
    demo.desk.mark_as_demo("test").unwrap();
    demo.desk.put_people("test", &world.desk.people().people).unwrap();
    let mut browser = Browser::new(&demo);
    let form = browser.get("/sign-in").await;
    assert!(form.text.contains("/sign-in/demo") && form.text.contains(&person), "{}", form.text);
    let foreign =
        [("sec-fetch-site", "cross-site"), ("content-type", "application/x-www-form-urlencoded")];
    let foreign =
        browser.send(Method::POST, "/sign-in/demo", &foreign, format!("person={person}")).await;
    assert_eq!(foreign.status, 403);
    assert_eq!(browser.post("/sign-in/demo", &[("person", "none")]).await.status, 404);
    assert_eq!(browser.post("/sign-in/demo", &[("person", &person)]).await.status, 303);
    assert_eq!(browser.get("/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_in_the_language_that_the_person_has_chosen() {
    let world = World::new();
    let person: Key = world.someone().as_str().into();
    let mut browser = Browser::signed_in(&world, &person).await;
    let english = [("accept-language", "en")];
    let page = browser.send(Method::GET, "/", &english, String::new()).await;
    assert!(page.text.contains("lang=\"en\"") && page.text.contains("Sign out"), "{}", page.text);
    let token = browser.token().await;
    let chosen = browser
        .post(
            "/preferences",
            &[("csrf", &token), ("language", "zh"), ("theme", "dark"), ("to", "/?a=1")],
        )
        .await;
    assert_eq!((chosen.status.as_u16(), chosen.header("location")), (303, "/?a=1"));
    let page = browser.send(Method::GET, "/", &english, String::new()).await;
    assert!(page.text.contains("lang=\"zh-CN\" data-theme=\"dark\""), "{}", page.text);
    let zh = Some(Language::Zh);
    assert_eq!(
        world.desk.preferences(&person).unwrap(),
        Preferences { language: zh, theme: Some(desk::Theme::Dark) }
    );
    // Also what goes wrong is told in it.
    let refused = browser
        .send(
            Method::POST,
            "/sign-out",
            &[("accept-language", "en"), ("content-type", "application/x-www-form-urlencoded")],
            format!("csrf={token}&more=1"),
        )
        .await;
    assert_eq!(refused.status, 303, "nothing else of the form is read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_a_rate_as_keys_have() {
    let world =
        World::with(Config { rate: Some(Rate { per_second: 1, burst: 2 }), ..Config::default() });
    let mut browser = Browser::signed_in(&world, &world.someone()).await;
    assert_eq!(browser.get("/").await.header("ratelimit"), "\"key\";r=1;t=1");
    assert_eq!(browser.get("/api/v1/procedures").await.status, 200);
    let refused = browser.get("/").await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weak_password_is_not_taken_and_says_why() {
    let world = World::new();
    let person: Key = world.someone().as_str().into();
    let refused = world.desk.set_password("test", &person, "short", None).unwrap_err();
    assert!(desk::words::failure(&refused, true).contains("at least 10 characters"));
    assert!(!world.desk.has_account(&person).unwrap());
    let nobody = world.desk.set_password("test", &"none".into(), PASSWORD, None);
    assert!(matches!(nobody, Err(desk::DeskError::NotFound { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_and_each_code_is_good_once() {
    let world = World::new();
    let person: Key = world.someone().as_str().into();
    let mut browser = Browser::signed_in(&world, &person).await;
    let page = browser.get("/account").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let key = page.text.split("data-copied>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(page.text.contains("<svg role=\"img\""));
    let app = app_of(&key);
    let code = || app.generate(world.desk.now().as_second().try_into().unwrap()).to_string();
    let token = browser.token().await;
    let wrong =
        browser.post("/account/second-factor", &[("csrf", &token), ("code", "000000")]).await;
    assert_eq!(wrong.status, 422);
    let told = wrong.text.split("name=\"code\"").nth(1).unwrap();
    assert!(told.contains("id=\"code-wrong\"") && told.contains("aria-invalid"), "{}", wrong.text);
    let first = code();
    let confirmed =
        browser.post("/account/second-factor", &[("csrf", &token), ("code", &first)]).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    let recovery: Vec<&str> = confirmed
        .text
        .split("<li><code>")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap())
        .collect();
    assert_eq!(recovery.len(), 10);
    let kept = format!("{:?}", world.desk.store().settings("credential").unwrap());
    assert!(recovery.iter().all(|code| !kept.contains(&code.replace('-', ""))));
    // The password alone opens nothing.
    let mut other = Browser::new(&world);
    let half = other.sign_in(&person, PASSWORD).await;
    assert_eq!(half.header("location"), "/sign-in/code?to=");
    assert_eq!(other.get("/").await.status, 303);
    assert_eq!(other.get("/sign-in/code").await.status, 200);
    assert_eq!(other.post("/sign-in/code", &[("code", &first)]).await.status, 422, "used to enrol");
    world.wait(1);
    let second = code();
    let entered = other.post("/sign-in/code", &[("code", &second), ("to", "/?a=1")]).await;
    assert_eq!((entered.status.as_u16(), entered.header("location")), (303, "/?a=1"));
    assert_eq!(other.get("/").await.status, 200);
    let mut third = Browser::new(&world);
    third.sign_in(&person, PASSWORD).await;
    assert_eq!(
        third.post("/sign-in/code", &[("code", &second)]).await.status,
        422,
        "a code is good once"
    );
    assert_eq!(third.post("/sign-in/code", &[("code", recovery[0])]).await.status, 303);
    let mut fourth = Browser::new(&world);
    fourth.sign_in(&person, PASSWORD).await;
    assert_eq!(fourth.post("/sign-in/code", &[("code", recovery[0])]).await.status, 422);
    assert_eq!(world.desk.second_factor(&person).unwrap(), Some(9));
    world.wait(6);
    assert_eq!(
        fourth.post("/sign-in/code", &[("code", recovery[1])]).await.header("location"),
        "/sign-in",
        "too late"
    );
    // Taken off by the password alone.
    let token = browser.token().await;
    let off =
        browser.post("/account/second-factor/removal", &[("csrf", &token), ("old", "wrong")]).await;
    assert_eq!(off.status, 422);
    browser.post("/account/second-factor/removal", &[("csrf", &token), ("old", PASSWORD)]).await;
    assert_eq!(world.desk.second_factor(&person).unwrap(), None);
    let mut fifth = Browser::new(&world);
    assert_eq!(fifth.sign_in(&person, PASSWORD).await.header("location"), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_by_whoever_knows_it_and_ends_the_other_sessions() {
    let world = World::new();
    let person: Key = world.someone().as_str().into();
    let mut browser = Browser::signed_in(&world, &person).await;
    let mut other = Browser::new(&world);
    other.sign_in(&person, PASSWORD).await;
    let token = browser.token().await;
    let given = |old: &'static str| {
        [("old", old), ("password", "quite another one"), ("again", "quite another one")]
    };
    let with = |fields: [(&'static str, &'static str); 3], token: &str| {
        let mut all: Vec<(&str, String)> =
            fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        all.push(("csrf", token.to_owned()));
        all
    };
    let mut change = async |old: &'static str| {
        let fields = with(given(old), &token);
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post("/account/password", &fields).await
    };
    assert_eq!(change("wrong").await.status, 422);
    assert_eq!(change(PASSWORD).await.status, 200);
    assert_eq!(browser.get("/").await.status, 200);
    assert_eq!(other.get("/").await.status, 303);
    world.wait(1);
    other.sign_in(&person, "quite another one").await;
    let list = browser.get("/api/v1/sessions").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    let theirs = world.desk.sessions(&person).unwrap()[0].id.clone();
    let ended = browser.post(&format!("/account/sessions/{theirs}/end"), &[("csrf", &token)]).await;
    assert_eq!(ended.status, 303);
    assert_eq!(other.get("/").await.status, 303);
}

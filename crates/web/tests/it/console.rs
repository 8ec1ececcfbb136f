//! The pages as a browser without scripts sees them: links are followed, forms are sent as they stand.

use crate::signing::Browser;
use crate::world::{Answer, PHONE, World};
use engine::procedure::Verb;
use serde_json::json;

/// A form of a page: where it is sent, and what its controls hold.
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
}

/// The forms of a page, in order.
fn forms(html: &str) -> Vec<Form> {
    let inner = html.split("<form ").skip(1).map(|rest| rest.split("</form>").next().unwrap());
    inner
        .map(|form| Form {
            action: attribute(form, "action").unwrap_or_default(),
            fields: fields(form),
        })
        .collect()
}

fn fields(form: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for tag in form.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').unwrap_or((tag, ""));
        let Some(name) = attribute(tag, "name") else { continue };
        let kind = attribute(tag, "type").unwrap_or_default();
        let unchosen = matches!(kind.as_str(), "radio" | "checkbox") && !tag.contains(" checked");
        if tag.starts_with("input") && !unchosen && kind != "file" {
            fields.push((name, attribute(tag, "value").unwrap_or_default()));
        } else if tag.starts_with("textarea") {
            fields.push((name, plain(text)));
        }
    }
    fields
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split(&format!("{name}=\"")).nth(1)?;
    rest.split('"').next().map(plain)
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

pub(crate) fn form_to(html: &str, part: &str) -> Form {
    let found = forms(html).into_iter().find(|form| form.action.contains(part));
    found.unwrap_or_else(|| panic!("no form to {part} in\n{html}"))
}

pub(crate) async fn send(browser: &mut Browser<'_>, form: &Form, more: &[(&str, &str)]) -> Answer {
    let kept = form.fields.iter().filter(|(name, _)| !more.iter().any(|(known, _)| known == name));
    let pairs: Vec<(&str, &str)> = kept
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain(more.iter().copied())
        .collect();
    browser.post(&form.action, &pairs).await
}

/// Whoever registered a case, the case's number, and somebody else who may write a note there.
pub(crate) async fn case(world: &World) -> (String, String) {
    let (key, registered) = world.register(0).await;
    let person = world.keys.iter().find(|(_, known)| **known == key).unwrap().0.clone();
    (person, registered.json()["number"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_answers_whoever_has_signed_in_and_nobody_else() {
    let world = World::new();
    let (person, number) = case(&world).await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let procedure = world.procedure(0).await["key"].as_str().unwrap().to_owned();
    let case = format!("/cases/{number}");
    let new = format!("/new/{procedure}");
    for path in [
        "/",
        "/work",
        "/cases",
        &case,
        "/new",
        &new,
        "/search?q=E07",
        "/inbox",
        "/overview",
        "/wall",
        "/reference",
        "/reference/cases_show",
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert!(!page.text.contains(PHONE), "{path}");
        let mut stranger = Browser::new(&world);
        let refused = stranger.get(path).await;
        assert_eq!(refused.status, 303, "{path}");
        assert!(refused.header("location").starts_with("/sign-in"), "{path}");
    }
    let missing = browser.get("/cases/none").await;
    assert_eq!(
        (missing.status.as_u16(), missing.header("content-type")),
        (404, "text/html; charset=utf-8")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_tells_every_operation_of_the_document_whole_without_scripts() {
    let world = World::new();
    let (person, _) = case(&world).await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let list = browser.get("/reference").await.text;
    let mut told = 0;
    for (path, item) in web::document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let address = format!("/reference/{id}");
            assert!(list.contains(&format!("href=\"{address}\"")), "{id}");
            let page = browser.get(&address).await;
            assert_eq!(page.status, 200, "{id}");
            let page = plain(&page.text);
            let called = [path.clone(), method.to_uppercase()];
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let parameters = parameters.map(|one| one["name"].as_str().unwrap().to_owned());
            let statuses = operation["responses"].as_object().unwrap().keys().cloned();
            let members = members(&operation["requestBody"]);
            for part in called.into_iter().chain(parameters).chain(statuses).chain(members) {
                assert!(page.contains(&format!(">{part}<")), "{id}: {part}");
            }
            told += 1;
        }
    }
    assert_eq!(told, web::TABLE.len());
    // The filter is a form like every other.
    let found = browser.get("/reference?q=get%20healthz").await.text;
    assert_eq!(found.matches("<li data-operation>").count(), 1);
    assert_eq!(browser.get("/reference/none").await.status, 404);
}

/// The members of a body.
fn members(body: &serde_json::Value) -> Vec<String> {
    let schema = &body["content"]["application/json"]["schema"];
    let named = schema["$ref"].as_str().map(|name| name.trim_start_matches('#'));
    let schema = named.and_then(|name| web::document().pointer(name)).unwrap_or(schema);
    let members = schema["properties"].as_object().into_iter().flat_map(|all| all.keys());
    members.cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn style_and_scripts_are_kept_for_good_under_an_address_of_their_content() {
    let world = World::new();
    let page = Browser::new(&world).get("/sign-in").await;
    let address = attribute(&page.text, "rel=\"stylesheet\" href").unwrap_or_else(|| {
        let rest = page.text.split("/assets/").nth(2).unwrap();
        format!("/assets/{}", rest.split('"').next().unwrap())
    });
    let style = Browser::new(&world).get(&address).await;
    assert_eq!(style.status, 200, "{address}");
    assert!(style.header("cache-control").contains("immutable"));
    let other = Browser::new(&world).get("/assets/000000000000/app.css").await;
    assert_eq!(other.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_opened_and_led_on_by_forms_alone() {
    let world = World::new();
    let body = world.new_case(0).await;
    let (person, _) = case(&world).await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let path = format!("/new/{}", body["procedure"].as_str().unwrap());
    let page = browser.get(&path).await;
    let form = form_to(&page.text, &path);
    // Empty: everything that is missing is said beside its field, and the form comes back.
    let refused = send(&mut browser, &form, &[]).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("class=\"wrong\"") && refused.text.contains("aria-invalid=\"true\"")
    );
    let form = form_to(&refused.text, &path);
    let given: Vec<(String, String)> = body["fields"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| {
            (format!("f.{key}"), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
        .collect();
    let mut given: Vec<(&str, &str)> =
        given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    given.retain(|(_, value)| !value.starts_with('[') && !value.starts_with('{'));
    let opened = send(&mut browser, &form, &given).await;
    assert_eq!(opened.status, 303, "{}", opened.text);
    // Sent twice, it was done once.
    let again = send(&mut browser, &form, &given).await;
    assert_eq!(again.header("location"), opened.header("location"));
    let case = browser.get(opened.header("location")).await;
    assert_eq!(case.status, 200);
    assert!(case.text.contains("now-do"), "the next step is offered");
    assert!(
        browser.get("/work").await.text.contains("data-row")
            || browser.get("/cases").await.text.contains("data-row")
    );
}

/// Of what may be done with a case, the first form that has a control of this name.
pub(crate) async fn form_with(browser: &mut Browser<'_>, number: &str, control: &str) -> Form {
    let page = browser.get(&format!("/cases/{number}")).await;
    let links = page.text.split("href=\"").skip(1);
    let links: Vec<String> = links.map(|rest| plain(rest.split('"').next().unwrap())).collect();
    for link in links.iter().filter(|link| link.contains("?do=")) {
        let shown = browser.get(link.split('#').next().unwrap()).await;
        let form = form_to(&shown.text, "/actions/");
        if form.fields.iter().any(|(name, _)| name == control) {
            return form;
        }
    }
    panic!("nothing asks for {control} in\n{}", page.text)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_overtaken_sees_what_changed_and_keeps_what_was_typed() {
    let world = World::new();
    let (person, number) = case(&world).await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let note = form_with(&mut browser, &number, "i.text").await;
    // A step that changes something, and takes a text.
    let form = form_with(&mut browser, &number, "i.content").await;
    let (first, second) = ("第一位写下的备注", "第二位正在写的变更");
    let done = send(&mut browser, &note, &[("i.text", first)]).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let late = send(&mut browser, &form, &[("i.content", second), ("once", "another")]).await;
    assert_eq!(late.status, 412, "{}", late.text);
    let conflict = late.text.split("id=\"conflict\"").nth(1).unwrap();
    assert!(conflict.contains(first), "what changed is told");
    let kept = form_to(&late.text, "/actions/");
    assert!(
        kept.fields.iter().any(|(name, text)| name == "i.content" && text == second),
        "what was typed is kept"
    );
    let now = send(&mut browser, &kept, &[]).await;
    assert_eq!(now.status, 303, "{}", now.text);
    let story = browser.get(&format!("/cases/{number}")).await.text;
    assert!(story.contains(first) && story.contains(second));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_there_on_another_device_and_gone_once_it_was_sent() {
    let world = World::new();
    let (person, _) = case(&world).await;
    let procedure = world.procedure(0).await["key"].as_str().unwrap().to_owned();
    let path = format!("/new/{procedure}");
    let mut browser = Browser::signed_in(&world, &person).await;
    let page = browser.get(&path).await;
    let form = form_to(&page.text, &path);
    let field = form.fields.iter().find(|(name, _)| name.starts_with("f.")).unwrap().0.clone();
    let token = browser.token_of(&page.text);
    let kept = browser
        .post(&format!("/drafts/new%20{procedure}"), &[("csrf", &token), (&field, "打到一半")])
        .await;
    assert_eq!(kept.status, 204, "{}", kept.text);
    let mut elsewhere = Browser::new(&world);
    elsewhere.sign_in(&person, crate::signing::PASSWORD).await;
    assert!(elsewhere.get(&path).await.text.contains("打到一半"));
    // Drafts are their author's alone.
    let other = world.keys.keys().find(|other| **other != person).unwrap().clone();
    let mut stranger = Browser::signed_in(&world, &other).await;
    assert!(!stranger.get(&path).await.text.contains("打到一半"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_found_by_number_by_telephone_and_by_words() {
    let world = World::new();
    let (person, number) = case(&world).await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let stored = world.desk.case_for_operator(&number).unwrap();
    let phone = stored
        .case
        .fields
        .values()
        .map(|value| value.text().to_owned())
        .find(|text| text.starts_with(PHONE))
        .unwrap();
    let last: String = phone.chars().skip(7).collect();
    // Parts of the number: one letter short, from the date on, the serial of today; the telephone as pages show it.
    let letters: Vec<char> = number.chars().collect();
    let short: String = letters.iter().take(letters.len() - 1).collect();
    let dated = number.trim_start_matches(|c: char| !c.is_ascii_digit()).to_owned();
    let serial: String = letters.iter().skip(letters.len() - 3).collect();
    let shown = desk::mask_phone(&phone);
    let known = [number.as_str(), &short, &dated, &serial, &phone, &last, &shown];
    for text in known.into_iter().chain(["错误代码", "E07"]) {
        let page =
            browser.get(&format!("/search?q={}&part=hits", crate::signing::encoded(text))).await;
        assert!(page.text.contains(&number), "{text}: {}", page.text);
    }
    for text in ["0000****".to_owned() + &last, short.chars().skip(1).collect()] {
        let page =
            browser.get(&format!("/search?q={}&part=hits", crate::signing::encoded(&text))).await;
        assert!(!page.text.contains(&number), "{text}: {}", page.text);
    }
    let key = &world.keys[&*person];
    let listed = world.get(key, &format!("/api/v1/cases?number={short}")).await.json();
    assert_eq!(listed["items"][0]["number"], number.as_str(), "{listed}");
    world.get(key, "/api/v1/cases?number=x").await.problem(400, "bad-query");
    // Where its title does not say why a case was found, the place does.
    let contact = form_with(&mut browser, &number, "i.method").await;
    let said = "客户换过电源线还是一样，可打13900001111";
    assert_eq!(
        send(&mut browser, &contact, &[("i.method", "电话"), ("i.text", said)]).await.status,
        303
    );
    for part in ["", "&part=hits"] {
        let page =
            browser.get(&format!("/search?q={}{part}", crate::signing::encoded("电源线"))).await;
        let why =
            page.text.split("class=\"why\"").nth(1).unwrap_or_else(|| panic!("{}", page.text));
        assert!(why.contains("客户换过<mark>电源线</mark>还是一样，可打139****1111"), "{why}");
    }
    // What colleagues have noted is found as what was said to the customer is.
    let rules = world.desk.case_for_operator(&number).unwrap().procedure;
    let comment = rules.actions.iter().find(|action| action.has(Verb::Comment)).unwrap();
    let page = browser.get(&format!("/cases/{number}?do={}", comment.key)).await.text;
    let note = form_to(&page, &format!("/actions/{}", comment.key));
    let text = [("i.text", "供应商说滤网批次有问题")];
    assert_eq!(send(&mut browser, &note, &text).await.status, 303);
    let page = browser.get(&format!("/search?q={}", crate::signing::encoded("滤网"))).await;
    assert!(
        page.text.contains("内部备注") && page.text.contains("<mark>滤网</mark>"),
        "{}",
        page.text
    );
    let title = stored.summary.columns.title.unwrap();
    let title = title.chars().take(2).collect::<String>();
    let page = browser.get(&format!("/search?q={}", crate::signing::encoded(&title))).await;
    assert!(page.text.contains(&number) && !page.text.contains("class=\"why\""));
    let nothing = browser.get("/search?q=%E4%BB%80%E4%B9%88%E4%B9%9F%E6%B2%A1%E6%9C%89").await;
    assert!(nothing.text.contains("empty"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_uploaded_with_a_form_that_has_no_scripts() {
    let world = World::new();
    let (person, number) = case(&world).await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let page = browser.get(&format!("/cases/{number}")).await;
    let token = browser.token_of(&page.text);
    let parts = |token: &str| {
        let one = |name: &str, text: &str| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
        };
        format!("{}{}--x--\r\n", one("csrf", token), one("i.text", "有附件"))
    };
    let kind = [("content-type", "multipart/form-data; boundary=x")];
    let path = format!("/cases/{number}/actions/none");
    let refused = browser.send(axum::http::Method::POST, &path, &kind, parts("wrong")).await;
    assert_eq!(refused.status, 403);
    // The token is taken; there is no such action.
    let known = browser.send(axum::http::Method::POST, &path, &kind, parts(&token)).await;
    assert_eq!(known.status, 404, "{}", known.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn deadlines_and_the_caller_are_shown_while_the_case_is_taken_down() {
    let world = World::new();
    let (person, number) = case(&world).await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let stored = world.desk.case_for_operator(&number).unwrap();
    let path = format!("/new/{}", stored.procedure.key);
    let token = {
        let page = browser.get(&path).await;
        browser.token_of(&page.text)
    };
    let mut fields = vec![("csrf".to_owned(), token)];
    for (key, value) in &stored.case.fields {
        fields.push((
            format!("f.{key}"),
            json!(value).as_str().map_or_else(|| value.text().to_owned(), str::to_owned),
        ));
    }
    let pairs: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let look = browser.post(&format!("{path}/look"), &pairs).await;
    assert_eq!(look.status, 200, "{}", look.text);
    let (known, foreseen) = look.text.split_once("id=\"foreseen\"").unwrap();
    assert!(known.contains(&number), "the open case of this number: {known}");
    assert!(foreseen.contains("data-due"), "deadlines: {foreseen}");
    let before = world.desk.store().counts(&store::Scope::all(), world.desk.now()).unwrap();
    assert_eq!(before.iter().map(|count| count.cases).sum::<u64>(), 1, "nothing was written");
}

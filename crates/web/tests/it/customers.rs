//! Customers over the API and by forms alone: who may what, and that nothing shows a number in full but where somebody had it shown.

use crate::administering::administrator;
use crate::console::{case, form_to, send};
use crate::signing::{Browser, encoded};
use crate::world::{MASKED, PHONE, World};
use axum::body::Body;
use axum::http::{Method, Request};
use desk::KeyScope;
use engine::people::Person;
use engine::procedure::Power;
use serde_json::{Value as Json, json};
use web::{Right, TABLE};

/// Whether one of somebody's roles may have numbers shown, or administers.
fn writes(world: &World, person: &Person) -> bool {
    let library = world.desk.library();
    library.all().flat_map(|rules| &rules.roles).any(|role| {
        person.has(&role.key)
            && role.may.iter().any(|power| matches!(power, Power::Reveal | Power::Administer))
    })
}

/// Somebody who writes customers and does not administer.
pub(crate) fn writer(world: &World) -> Person {
    let people = world.desk.people();
    let may = |person: &&Person| writes(world, person) && !world.desk.is_administrator(person);
    people.people.iter().find(may).unwrap().clone()
}

pub(crate) fn body(name: &str, phone: u32) -> Json {
    json!({ "name": name, "contacts": [{ "phone": format!("{PHONE}{phone:04}") }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_written_found_merged_and_parted_over_the_api() {
    let world = World::new();
    let person = writer(&world);
    let key = world.keys[&*person.id].clone();
    let level = world.desk.customer_levels()[0].key.to_string();
    let made = world.ask(&key, "post", "/api/v1/customers", &body("王小明", 1), "").await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = made.header("location").to_owned();
    let one = made.json();
    assert_eq!((one["name"].as_str(), one["version"].as_u64()), (Some("王**"), Some(1)));
    assert!(one["contacts"][0]["phone"].as_str().unwrap().starts_with(MASKED));
    // A part is changed over what was seen; what comes back masked stays.
    let note = json!({ "note": "先打手机", "level": level, "contacts": one["contacts"] });
    let changed = world.ask(&key, "patch", &path, &note, made.header("etag")).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(changed.json()["level"]["key"], level.as_str());
    world
        .ask(&key, "patch", &path, &note, made.header("etag"))
        .await
        .problem(412, "version-mismatch");
    let wrong = world.ask(&key, "patch", &path, &json!({ "level": "none" }), "").await;
    assert_eq!(wrong.problem(422, "invalid-fields")["fields"][0]["field"], "level");
    world.ask(&key, "patch", &path, &json!({ "none": 1 }), "").await.problem(422, "invalid-body");
    let more = json!({ "name": "李静", "role": "采购", "account": "li.jing@example.cn" });
    let contact = world.ask(&key, "post", &format!("{path}/contacts"), &more, "").await;
    assert_eq!(contact.status, 201, "{}", contact.text);
    assert_eq!(contact.json()["contacts"][1]["account"], "li***@example.cn");
    // Another one, under a key of the caller's; repeating it changes nothing but the version.
    let other = "/api/v1/customers/C-2";
    for status in [201, 200] {
        let put = world.ask(&key, "put", other, &body("王小民", 1), "").await;
        assert_eq!(put.status, status, "{}", put.text);
    }
    for (query, count) in [
        ("", 2),
        ("?q=%E7%8E%8B%E5%B0%8F", 2),
        (&format!("?q={PHONE}0001"), 2),
        ("?q=%E6%9D%8E%E9%9D%99", 1),
        (&format!("?level={level}"), 1),
        ("?limit=1", 1),
    ] {
        let found = world.get(&key, &format!("/api/v1/customers{query}")).await;
        assert_eq!(
            found.json()["items"].as_array().unwrap().len(),
            count,
            "{query}: {}",
            found.text
        );
    }
    let first = world.get(&key, "/api/v1/customers?limit=1").await.json();
    let second = world.get(&key, first["next"].as_str().unwrap()).await.json();
    assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
    world.get(&key, "/api/v1/customers?cursor=x").await.problem(400, "bad-query");
    let known = world.get(&key, &path).await;
    let same = Request::get(&path)
        .header("authorization", format!("Bearer {key}"))
        .header("if-none-match", known.header("etag"));
    assert_eq!(world.send(same.body(Body::empty()).unwrap()).await.status, 304);
    // They are likely one; merged they are, and parted they are two again.
    let pairs = world.get(&key, "/api/v1/duplicates").await.json();
    assert_eq!(pairs["items"][0]["why"], "phone");
    let merges = format!("{path}/merges");
    let merge = json!({ "other": "C-2", "take": ["name"] });
    world
        .ask(&key, "post", &merges, &json!({ "other": "none" }), "")
        .await
        .problem(404, "not-found");
    let whole = world.ask(&key, "post", &merges, &merge, "").await;
    assert_eq!(whole.status, 201, "{}", whole.text);
    assert_eq!(whole.json()["merged"][0]["id"], "C-2");
    assert_eq!(whole.json()["contacts"].as_array().unwrap().len(), 3);
    assert_eq!(world.get(&key, other).await.json()["merged_into"], one["id"]);
    assert_eq!(world.get(&key, "/api/v1/duplicates").await.json()["items"], json!([]));
    world.ask(&key, "post", &merges, &merge, "").await.problem(422, "unknown-reference");
    let parted = world.ask(&key, "delete", &format!("{merges}/C-2"), &json!({}), "").await;
    assert_eq!(parted.status, 200, "{}", parted.text);
    assert_eq!(parted.json()["customer"]["contacts"], contact.json()["contacts"]);
    world
        .ask(&key, "delete", &format!("{merges}/C-2"), &json!({}), "")
        .await
        .problem(422, "unknown-reference");
    let judged = world.ask(&key, "delete", "/api/v1/duplicates/C-2/none", &json!({}), "").await;
    judged.problem(404, "not-found");
    // One name in full, for whoever may.
    let shown =
        world.ask(&key, "post", &format!("{path}/reveals"), &json!({ "part": "name" }), "").await;
    assert_eq!((shown.status.as_u16(), shown.json()["name"].as_str()), (201, Some("王小明")));
    let wish = json!({ "part": "note" });
    let refused = world.ask(&key, "post", &format!("{path}/reveals"), &wish, "").await;
    assert_eq!(refused.problem(422, "invalid-fields")["fields"][0]["field"], "part");
    assert!(!world.said.lock().unwrap().iter().any(|said| said.contains(PHONE)));
    // Erasing is the administrators'.
    world.ask(&key, "delete", &path, &json!({}), "").await.problem(403, "scope-missing");
    let people = world.desk.people();
    let admin = people.people.iter().find(|person| world.desk.is_administrator(person)).unwrap();
    let rule = desk::ApiKey {
        name: "x".to_owned(),
        person: admin.id.clone(),
        scopes: vec![KeyScope::Admin],
    };
    let admin = world.desk.make_api_key("test", &rule).unwrap();
    let erased = world.ask(&admin, "delete", &path, &json!({}), "").await;
    assert_eq!(erased.status, 200, "{}", erased.text);
    world.get(&key, &path).await.problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_works_with_no_numbers_sees_masks_and_writes_nothing() {
    let world = World::new();
    let person = writer(&world);
    let admin = world.keys[&*person.id].clone();
    for (id, phone) in [("C-1", 1), ("C-2", 1)] {
        let path = format!("/api/v1/customers/{id}");
        let put = world.ask(&admin, "put", &path, &body("王小明", phone), "").await;
        assert_eq!(put.status, 201, "{}", put.text);
    }
    let people = world.desk.people();
    let mut refused = 0;
    for person in people.people.iter().filter(|person| !writes(&world, person)) {
        let key = &world.keys[&*person.id];
        for line in TABLE.iter().filter(|line| line.right == Right::Key(KeyScope::CasesWrite)) {
            let path = line.path.replace("{id}", "C-1").replace("{other}", "C-2");
            let given = match path.rsplit('/').next().unwrap() {
                "contacts" => json!({ "phone": format!("{PHONE}0002") }),
                "merges" => json!({ "other": "C-2" }),
                "reveals" => json!({ "part": "name" }),
                _ => body("李静", 2),
            };
            if path.starts_with("/api/v1/customers") || path.starts_with("/api/v1/duplicates") {
                let answer = world.ask(key, line.method, &path, &given, "").await;
                answer.problem(403, "forbidden");
                refused += 1;
            }
        }
        let shown = world.get(key, "/api/v1/customers/C-1").await;
        assert_eq!(shown.json()["name"], "王**");
    }
    assert!(refused > 0);
    let kept = world.desk.customer("C-1").unwrap();
    assert_eq!((kept.version, kept.customer.contacts.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_holds_only_what_whoever_asks_may_see() {
    let world = World::new();
    let (_, registered) = world.register(0).await;
    let number = registered.json()["number"].as_str().unwrap().to_owned();
    world.desk.take_customers_in().unwrap();
    let kept = world.desk.customers(None, None, None, 1).unwrap().rows.remove(0);
    let path = format!("/api/v1/customers/{}/cases", kept.key);
    let (mut shown, mut hidden) = (0, 0);
    for (id, key) in &world.keys {
        let may = world.get(key, registered.header("location")).await.status == 200;
        let history = world.get(key, &path).await;
        assert_eq!(history.text.contains(&number), may, "{id}: {}", history.text);
        let mut browser = Browser::signed_in(&world, id).await;
        let page = browser.get(&format!("/customers/{}", kept.key)).await;
        assert_eq!(page.text.contains(&number), may, "{id}");
        if may {
            shown += 1
        } else {
            hidden += 1
        }
        if shown > 2 && hidden > 2 {
            break;
        }
    }
    assert!(shown > 0 && hidden > 0, "{shown} {hidden}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_typed_in_changed_compared_merged_and_parted_by_forms_alone() {
    let world = World::new();
    let person = writer(&world);
    let mut browser = Browser::signed_in(&world, &person.id).await;
    let empty = browser.get("/customers").await;
    assert!(
        empty.text.contains("/customers/new") && empty.text.contains("empty"),
        "{}",
        empty.text
    );
    let page = browser.get("/customers/new").await;
    let form = form_to(&page.text, "/customers");
    let phone = format!("{PHONE}0001");
    let refused = send(&mut browser, &form, &[("c.contacts.0.phone", "abc")]).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(
        refused.text.contains("value=\"abc\"")
            && refused.text.matches("class=\"wrong\"").count() == 2
    );
    let form = form_to(&refused.text, "/customers");
    let given = [
        ("c.name", "宏远机械厂"),
        ("c.contacts.0.phone", phone.as_str()),
        ("c.products.0.text", "LC-3015"),
    ];
    let made = send(&mut browser, &form, &given).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let again = send(&mut browser, &form, &given).await;
    assert_eq!(made.header("location"), again.header("location"), "sent twice it is done once");
    let place = made.header("location").split('?').next().unwrap().to_owned();
    let shown = browser.get(made.header("location")).await;
    assert!(shown.text.contains("宏**") && shown.text.contains("LC-3015"), "{}", shown.text);
    // Sent back as it stands, with one thing changed.
    let edit = browser.get(&format!("{place}/edit")).await;
    let form = form_to(&edit.text, &place);
    let saved = send(&mut browser, &form, &[("c.company", "宏远集团")]).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let late = send(&mut browser, &form, &[("c.company", "别的集团")]).await;
    assert_eq!(late.status, 412);
    assert!(late.text.contains("别的集团"), "what was typed is kept");
    let kept = world.desk.customers(None, None, None, 1).unwrap().rows.remove(0);
    assert_eq!(
        (kept.customer.master.name.as_str(), kept.customer.contacts[0].phone.as_str()),
        ("宏远机械厂", phone.as_str())
    );
    assert_eq!(kept.customer.master.company, "宏远集团");

    let page = browser.get("/customers/new").await;
    let form = form_to(&page.text, "/customers");
    assert!(!page.text.contains("带 * 的内容已隐藏"), "nothing is hidden in an empty form");
    let given = [("c.name", "鸿远"), ("c.contacts.0.phone", phone.as_str())];
    let warned = send(&mut browser, &form, &given).await;
    assert_eq!(warned.status, 422, "{}", warned.text);
    assert!(warned.text.contains(&format!("href=\"{place}\"")), "who it is: {}", warned.text);
    assert_eq!(world.desk.customers(None, None, None, 9).unwrap().rows.len(), 1);
    let form = form_to(&warned.text, "/customers");
    let other = send(&mut browser, &form, &[]).await;
    assert_eq!(other.status, 303, "{}", other.text);
    let pairs = browser.get("/customers/duplicates").await;
    let compare = pairs.text.split("href=\"").find(|rest| rest.contains("/merge/")).unwrap();
    let compare = compare.split('"').next().unwrap().to_owned();
    let preview = browser.get(&compare).await;
    let merge = form_to(&preview.text, "/merge/");
    let merged = send(&mut browser, &merge, &[("take.name", "other")]).await;
    assert_eq!(merged.status, 303, "{}", merged.text);
    assert_eq!(world.desk.customers(None, None, None, 9).unwrap().rows.len(), 1);
    let whole = browser.get(merged.header("location")).await;
    let undo = form_to(&whole.text, "/part/");
    let parted = send(&mut browser, &undo, &[]).await;
    assert_eq!(parted.status, 303, "{}", parted.text);
    assert_eq!(world.desk.customers(None, None, None, 9).unwrap().rows.len(), 2);
    assert!(browser.get("/customers/duplicates").await.text.contains("class=\"empty\""));
    // The log says either in one line each, by names and not by keys.
    let mut admin = Browser::signed_in(&world, &administrator(&world)).await;
    let log = admin.get("/admin/log?kind=customer").await.text;
    for (deed, times) in [("客户 · 合并", 1), ("客户 · 拆开合并", 1), ("客户 · 判定为两位", 0)]
    {
        assert_eq!(log.matches(&format!("<td>{deed}</td>")).count(), times, "{deed} {log}");
    }
    let keys = world.desk.customers(None, None, None, 9).unwrap().rows;
    let shown = log.split("<tbody>").nth(1).unwrap();
    assert!(keys.iter().all(|kept| !shown.contains(&format!(">{}<", &*kept.key))), "{shown}");
    // Found from anywhere, masked.
    let found = browser.get(&format!("/search?part=hits&q={}", encoded("宏远"))).await;
    assert!(found.text.contains(&place), "{}", found.text);
    assert!(!world.said.lock().unwrap().iter().any(|said| said.contains(&phone)
        && !said.contains("value=\"abc\"")
        && !said.contains("c.contacts")));
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_shown_in_full_where_somebody_asks_and_nowhere_else() {
    let world = World::new();
    let (person, number) = case(&world).await;
    world.desk.take_customers_in().unwrap();
    let mut browser = Browser::signed_in(&world, &person).await;
    let page = browser.get(&format!("/cases/{number}")).await;
    assert!(!page.text.contains(PHONE));
    let seen = world.desk.case_for_operator(&number).unwrap();
    let phone = seen.procedure.field_meaning(engine::procedure::Means::Phone).unwrap().key.clone();
    let form = form_to(&page.text, "/reveal");
    let shown = send(&mut browser, &form, &[("field", &phone)]).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert!(shown.text.contains(PHONE));
    let record = page.text.split("href=\"").find(|rest| rest.starts_with("/customers/")).unwrap();
    let record = record.split('"').next().unwrap().to_owned();
    let customer = browser.get(&record).await;
    assert!(!customer.text.contains(PHONE) && customer.text.contains(&number), "{}", customer.text);
    let kept = world.desk.customers(None, None, None, 1).unwrap().rows.remove(0);
    let part = format!("contacts/{}", kept.customer.contacts[0].id);
    let form = form_to(&customer.text, "/reveal");
    let shown = send(&mut browser, &form, &[("part", &part)]).await;
    assert!(shown.status == 200 && shown.text.contains(PHONE), "{}", shown.text);
    let reveals = world.desk.store().settings_log(0, 10_000).unwrap();
    let reveals = reveals.iter().filter(|entry| entry.kind == "reveal" && entry.actor == person);
    assert_eq!(reveals.count(), 2);
    assert!(!browser.get(&record).await.text.contains(PHONE), "the next look is masked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_imports_a_file_and_gets_the_refused_rows_back() {
    let world = World::new();
    let people = world.desk.people();
    let admin = people.people.iter().find(|person| world.desk.is_administrator(person)).unwrap();
    let mut browser = Browser::signed_in(&world, &admin.id).await;
    let page = browser.get("/customers/import").await;
    let token = browser.token_of(&page.text);
    let upload = |does: &str, rows: &str| {
        let one = |name: &str, text: &str| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
        };
        let file = format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"客户.csv\"\r\n\r\n{rows}\r\n"
        );
        format!("{}{file}{}--x--\r\n", one("csrf", &token), one("does", does))
    };
    let kind = [("content-type", "multipart/form-data; boundary=x")];
    let rows = format!("姓名,电话\n王小明,{PHONE}0001\n李静,电话\n");
    for (does, count) in [("try", 0), ("take", 1), ("take", 1)] {
        let done =
            browser.send(Method::POST, "/customers/import", &kind, upload(does, &rows)).await;
        assert_eq!(done.status, 200, "{}", done.text);
        assert!(done.text.contains("/customers/import/refused"), "{}", done.text);
        assert_eq!(world.desk.customers(None, None, None, 9).unwrap().rows.len(), count, "{does}");
    }
    let refused = browser.get("/customers/import/refused").await;
    assert!(
        refused.header("content-type").starts_with("text/csv") && refused.text.contains("李静")
    );
    assert!(!refused.text.contains("王小明"), "only what was refused");
    let nothing =
        browser.send(Method::POST, "/customers/import", &kind, upload("take", "a,b\n1,2\n")).await;
    assert!(nothing.status == 422 && nothing.text.contains("role=\"alert\""), "{}", nothing.text);
    // Programs send the same, and are told of each row what became of it.
    let key = |person: &Person| {
        let scopes = vec![KeyScope::CasesWrite, KeyScope::Admin];
        let key = desk::ApiKey { name: "x".to_owned(), person: person.id.clone(), scopes };
        format!("Bearer {}", world.desk.make_api_key("test", &key).unwrap())
    };
    let send = async |key: &str, query: &str, rows: &str| {
        let file = "content-disposition: form-data; name=\"file\"; filename=\"a.csv\"";
        let request = Request::post(format!("/api/v1/imports/customers{query}"))
            .header("authorization", key)
            .header("content-type", "multipart/form-data; boundary=x")
            .body(Body::from(format!("--x\r\n{file}\r\n\r\n{rows}\r\n--x--\r\n")));
        world.send(request.unwrap()).await
    };
    let (trusted, rows) = (
        key(admin),
        format!("姓名,电话,几\n赵敏,{PHONE}0002,1\n李静,电话,2\n王小明,{PHONE}0001,3\n"),
    );
    let wrong = json!([{ "line": 3, "reasons": [{ "column": "电话", "code": "not_a_phone" }] }]);
    for (query, dry, made, count) in
        [("?dry_run=true", true, 1, 1), ("", false, 1, 2), ("", false, 0, 2)]
    {
        let done = send(&trusted, query, &rows).await;
        assert_eq!(done.status, 200, "{}", done.text);
        let mut told = done.json();
        let detail = told["bad"][0]["reasons"][0].as_object_mut().unwrap().remove("detail");
        assert!(detail.unwrap().as_str().is_some_and(|detail| !detail.is_empty()));
        let same = 2 - made;
        let whole = json!({ "dry_run": dry, "made": made, "changed": 0, "same": same, "bad": wrong, "unknown": ["几"] });
        assert_eq!(told, whole);
        assert_eq!(world.desk.customers(None, None, None, 9).unwrap().rows.len(), count, "{query}");
    }
    let nothing = send(&trusted, "", "a,b\n1,2\n").await.problem(422, "unusable-file");
    assert!(nothing["detail"].as_str().unwrap().contains("列名"), "{nothing}");
    send(&key(&writer(&world)), "", &rows).await.problem(403, "scope-missing");
    // Nobody else sees the rows, and nobody else imports.
    let mut other = Browser::signed_in(&world, &writer(&world).id).await;
    assert_eq!(other.get("/customers/import/refused").await.status, 403);
    assert_eq!(other.get("/customers/import").await.status, 403);
    // What was looked at is taken in without choosing the file again.
    let more = format!("姓名,电话\n钱多,{PHONE}0009\n");
    let looked = browser.send(Method::POST, "/customers/import", &kind, upload("try", &more)).await;
    let kept = form_to(&looked.text, "/customers/import");
    let id = kept.fields.iter().find(|(name, _)| name == "kept").unwrap().1.clone();
    let taken = crate::console::send(&mut browser, &kept, &[("kept", &id), ("does", "take")]).await;
    assert_eq!(taken.status, 200, "{}", taken.text);
    let known = world.desk.customers(Some("钱多"), None, None, 9).unwrap().rows;
    assert_eq!(known.len(), 1, "{}", taken.text);
    // All that is wrong with a row is named.
    let wrong = "姓名,电话,客户等级\n李静,电话,没有这一级\n";
    let told = browser.send(Method::POST, "/customers/import", &kind, upload("try", wrong)).await;
    let row = told.text.split("<tbody>").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(row.contains("电话：") && row.contains("客户等级："), "{row}");
}

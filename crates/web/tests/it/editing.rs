//! The form of a customer, when somebody else changes the record meanwhile, and when it is refused.

use crate::console::{Form, form_to, send};
use crate::customers::{body, writer};
use crate::signing::Browser;
use crate::world::{PHONE, World};
use serde_json::{Value as Json, json};

/// The same customer with somebody else to be reached.
fn two_contacts() -> Json {
    let mut given = body("王小明", 1);
    let more = json!({ "name": "李静", "phone": format!("{PHONE}0002") });
    given["contacts"].as_array_mut().unwrap().push(more);
    given
}

/// Somebody who has opened the form of a customer that he made over the API.
struct Editing<'w> {
    key: String,
    path: String,
    place: String,
    made: Json,
    browser: Browser<'w>,
    form: Form,
}

impl<'w> Editing<'w> {
    async fn of(world: &'w World, given: &Json) -> Self {
        let person = writer(world);
        let key = world.keys[&*person.id].clone();
        let made = world.ask(&key, "post", "/api/v1/customers", given, "").await;
        let path = made.header("location").to_owned();
        let place = path.trim_start_matches("/api/v1").to_owned();
        let mut browser = Browser::signed_in(world, &person.id).await;
        let edit = browser.get(&format!("{place}/edit")).await;
        let form = form_to(&edit.text, &place);
        Self { key, path, place, made: made.json(), browser, form }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_overtaken_on_a_customer_sees_what_stands_there_now_and_loses_nobodys_contact() {
    let world = World::new();
    let Editing { key, path, place, mut browser, form, .. } =
        Editing::of(&world, &body("王小明", 1)).await;
    // Meanwhile a colleague changes the company, leaves a note and adds somebody.
    let more = json!({ "name": "李静", "role": "采购", "account": "li.jing@example.cn" });
    world.ask(&key, "post", &format!("{path}/contacts"), &more, "").await;
    let change = json!({ "company": "宏远集团", "note": "先打手机" });
    world.ask(&key, "patch", &path, &change, "").await;

    let typed = [("c.company", "鸿远集团"), ("c.contacts.0.role", "厂长")];
    let late = send(&mut browser, &form, &typed).await;
    assert_eq!(late.status, 412, "{}", late.text);
    for said in ["鸿远集团", "档案里现在是“宏远集团”", "档案里现在是“先打手机”", "别人刚刚添加"]
    {
        assert!(late.text.contains(said), "{said}: {}", late.text);
    }
    assert_eq!(late.text.matches("档案里现在").count(), 3, "the role, too, and nothing else");
    let form = form_to(&late.text, &place);
    let saved = send(&mut browser, &form, &[("c.note", "先打手机")]).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let kept = world.desk.customers(None, None, None, 1).unwrap().rows.remove(0).customer;
    assert_eq!((&*kept.master.company, &*kept.master.note), ("鸿远集团", "先打手机"));
    let contacts: Vec<(&str, &str)> =
        kept.contacts.iter().map(|one| (&*one.name, &*one.role)).collect();
    assert_eq!(contacts, [("", "厂长"), ("李静", "采购")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn stars_are_never_kept_in_place_of_what_somebody_changed_or_took_away_meanwhile() {
    let world = World::new();
    let Editing { key, path, place, made, mut browser, form } =
        Editing::of(&world, &two_contacts()).await;
    // Meanwhile a colleague corrects the name and the first number, and takes the second contact away.
    let first = made["contacts"][0]["id"].as_str().unwrap().to_owned();
    let corrected = format!("{PHONE}0009");
    let change = json!({ "name": "黄小明", "contacts": [{ "id": first, "phone": corrected }] });
    let changed = world.ask(&key, "patch", &path, &change, "").await;
    assert_eq!(changed.status, 200, "{}", changed.text);

    let late = send(&mut browser, &form, &[("c.company", "宏远集团")]).await;
    assert_eq!(late.status, 412, "{}", late.text);
    assert!(late.text.contains("黄**") && !late.text.contains("王**"), "{}", late.text);
    assert_eq!(late.text.matches("这一行已被别人删除").count(), 1, "{}", late.text);
    let saved = send(&mut browser, &form_to(&late.text, &place), &[]).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let kept = world.desk.customers(None, None, None, 1).unwrap().rows.remove(0).customer;
    assert_eq!((&*kept.master.name, &*kept.master.company), ("黄小明", "宏远集团"));
    let phones: Vec<&str> = kept.contacts.iter().map(|one| &*one.phone).collect();
    assert_eq!(phones, [corrected.as_str()]);
    // Over the API as well.
    let stars = json!({ "contacts": [{ "id": first, "phone": "138****0000" }] });
    let refused = world.ask(&key, "patch", &path, &stars, "").await;
    let fields = refused.problem(422, "invalid-fields")["fields"].clone();
    assert_eq!(fields[0]["field"], "contacts.0.phone", "{fields}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_contact_stands_beside_it_and_not_beside_an_emptied_one() {
    let world = World::new();
    let Editing { mut browser, form, .. } = Editing::of(&world, &two_contacts()).await;
    let typed =
        [("c.contacts.0.name", ""), ("c.contacts.0.phone", ""), ("c.contacts.1.phone", "abc")];
    let refused = send(&mut browser, &form, &typed).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert_eq!(refused.text.matches("不是电话号码").count(), 1, "{}", refused.text);
    let (_, rest) = refused.text.split_once("value=\"abc\"").unwrap();
    assert!(rest.contains("不是电话号码"), "{rest}");
}

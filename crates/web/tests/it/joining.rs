//! A real Chromium before the customers: likely duplicates are found, merged and parted by click and key.

use crate::signing::PASSWORD;
use crate::world::{PHONE, World};
use browser::{Browser, Window};
use engine::customer::{Contact, Customer, Master};
use engine::people::Who;
use tokio::net::TcpListener;
use web::Config;

#[tokio::test(flavor = "multi_thread")]
async fn likely_duplicates_are_found_merged_and_parted_by_click_and_key() {
    let world = World::new();
    let (_, registered) = world.register(0).await;
    let number = registered.json()["number"].as_str().unwrap().to_owned();
    world.desk.take_customers_in().unwrap();
    let known = world.desk.customers(None, None, None, 1).unwrap().rows.remove(0);
    let phone = known.customer.contacts[0].phone.clone();
    let double = Customer {
        master: Master {
            name: "王小明".into(), company: "宏远机械厂".into(), ..Master::default()
        },
        contacts: vec![Contact { phone: phone.clone(), ..Contact::default() }],
        ..Customer::default()
    };
    world.desk.put_customer(&Who::System, Some("C-2"), double, None).unwrap();
    let people = world.desk.people();
    let sees = |id: &str| {
        let caller = desk::Caller { person: id.into(), scopes: vec![] };
        world.desk.case_for(&caller, &number).is_ok()
    };
    let person = people
        .people
        .iter()
        .find(|person| {
            world.desk.may_reveal_customers(person)
                && !world.desk.is_administrator(person)
                && sees(&person.id)
        })
        .unwrap();
    world.desk.set_password("test", &person.id, PASSWORD, None).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let config = Config { rate: None, ..Config::default() };
    let serving =
        tokio::spawn(web::serve(world.desk.clone(), listener, config, std::future::pending()));
    let browser = Browser::start(&origin, Window::DESK).await.unwrap();
    browser.go("/sign-in").await.unwrap();
    browser.fill("input[name=name]", &person.id).await.unwrap();
    browser.fill("input[name=password]", PASSWORD).await.unwrap();
    browser.press("Enter").await.unwrap();
    browser.wait("#work").await.unwrap();

    browser.click("#rail a[href='/customers']").await.unwrap();
    browser.wait("#customers table").await.unwrap();
    browser.click("a[href='/customers/duplicates']").await.unwrap();
    browser.wait("#duplicates .pairs li").await.unwrap();
    // By keys alone: the first pair, its next step.
    browser.press("j").await.unwrap();
    browser.press("a").await.unwrap();
    browser.wait("#merge .sides").await.unwrap();
    let preview = browser.text("#merge").await.unwrap();
    assert!(preview.contains("宏远机械厂") && !preview.contains(PHONE), "{preview}");
    browser.click("#merge form.card button.main").await.unwrap();
    browser.wait(".customer .notice.fine").await.unwrap();
    assert_eq!(world.desk.customers(None, None, None, 9).unwrap().rows.len(), 1);
    browser.read(&number).await.unwrap();
    // The number is shown where somebody asks, without loading the page.
    browser.click("#ways [data-reveal]").await.unwrap();
    browser.read(&phone).await.unwrap();

    browser.click(".customer .notice.fine button").await.unwrap();
    browser.until("return new URL(location.href).pathname.startsWith('/customers/') && document.querySelectorAll('.customer .notice.fine button').length === 0 && Boolean(document.querySelector('.customer .notice.fine'));", Vec::new(), "two customers again").await.unwrap();
    let rows = world.desk.customers(None, None, None, 9).unwrap().rows;
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().any(|kept| kept.customer == known.customer), "each as it was");
    browser.go("/customers/duplicates").await.unwrap();
    browser.wait("#duplicates .empty").await.unwrap();
    let phone = Browser::start(&origin, Window::PHONE).await.unwrap();
    phone.go("/sign-in").await.unwrap();
    phone.fill("input[name=name]", &person.id).await.unwrap();
    phone.fill("input[name=password]", PASSWORD).await.unwrap();
    phone.press("Enter").await.unwrap();
    phone.wait("#work").await.unwrap();
    for path in [
        "/customers",
        "/customers/new",
        "/customers/C-2",
        "/customers/C-2/edit",
        "/customers/duplicates",
    ] {
        phone.go(path).await.unwrap();
        phone.wait("main").await.unwrap();
        let wide = phone
            .script("return document.documentElement.scrollWidth > innerWidth;")
            .await
            .unwrap();
        assert_eq!(wide, false, "{path} scrolls sideways");
    }
    serving.abort();
}

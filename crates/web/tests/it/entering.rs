//! The first set-up, invitations and new passwords: links that are valid for a while, and once.

use crate::signing::Browser;
use crate::world::World;

const PASSWORD: &str = "correct horse battery";

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_installation_is_set_up_by_one_link_once() {
    let world = World::empty();
    let old = world.desk.set_up_link().unwrap().unwrap();
    let link = world.desk.set_up_link().unwrap().unwrap();
    let mut browser = Browser::new(&world);
    for ended in [old.as_str(), "none", "0000000000000000.00"] {
        let answer = browser.get(&format!("/set-up/{ended}")).await;
        assert_eq!(answer.status, 404);
        assert!(answer.text.contains("链接已失效"), "{}", answer.text);
    }
    let path = format!("/set-up/{link}");
    assert!(browser.get(&path).await.text.contains("第 1 步"));
    let given = |id: &'static str, password: &'static str, again: &'static str| {
        [
            ("organisation", "宏远服务"),
            ("language", "zh"),
            ("name", "秦文"),
            ("id", id),
            ("password", password),
            ("again", again),
        ]
    };
    for (wrong, said) in [
        (given("qin", PASSWORD, "another"), "两次输入的密码不一样"),
        (given("qin", "short", "short"), "密码至少 10 个字符"),
        (given("秦文", PASSWORD, PASSWORD), "账号由 2 至 40 个"),
    ] {
        let answer = browser.post(&path, &wrong).await;
        assert_eq!(answer.status, 422);
        assert!(
            answer.text.contains(said) && answer.text.contains("value=\"宏远服务\""),
            "{}",
            answer.text
        );
    }
    let done = browser.post(&path, &given("qin", PASSWORD, PASSWORD)).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/admin/people"));
    assert_eq!(world.desk.organisation().unwrap().as_deref(), Some("宏远服务"));
    let people = world.desk.people();
    assert!(world.desk.is_administrator(people.person("qin").unwrap()));
    assert_eq!(
        browser.post(&path, &given("qin2", PASSWORD, PASSWORD)).await.status,
        404,
        "the link has ended"
    );
    assert_eq!(world.desk.set_up_link().unwrap(), None);
    // Signed in at once: people, then procedures.
    let token = browser.token().await;
    let added = browser
        .post(
            "/admin/people",
            &[
                ("csrf", &token),
                ("name", "林晓"),
                ("id", "lin"),
                ("department", ""),
                ("role.agent", "on"),
            ],
        )
        .await;
    assert_eq!(added.status, 200, "{}", added.text);
    let welcome = added
        .text
        .split("data-copied>")
        .nth(1)
        .unwrap()
        .split("</code>")
        .next()
        .unwrap()
        .to_owned();
    let twice = browser
        .post(
            "/admin/people",
            &[("csrf", &token), ("name", "林晓"), ("id", "lin"), ("department", "")],
        )
        .await;
    assert!(twice.status == 422 && twice.text.contains("已有人使用"), "{}", twice.text);
    assert_eq!(browser.get("/admin/procedures").await.status, 200);
    let first = world.desk.published().unwrap()[0].procedure.key.clone();
    let retired =
        browser.post(&format!("/admin/procedures/{first}/retirement"), &[("csrf", &token)]).await;
    assert_eq!(retired.status, 303);
    assert!(world.desk.library().in_force(&first).is_none());
    // And whoever was invited chooses a password and signs in.
    let mut invited = Browser::new(&world);
    let form = invited.get(&welcome).await;
    assert!(form.status == 200 && form.text.contains("林晓"), "{}", form.text);
    let chosen = [("username", "lin"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(
        invited.post(&welcome, &[("password", "short"), ("again", "short")]).await.status,
        422
    );
    assert_eq!(invited.post(&welcome, &chosen).await.header("location"), "/sign-in");
    assert_eq!(invited.post(&welcome, &chosen).await.status, 404);
    assert_eq!(invited.sign_in("lin", PASSWORD).await.status, 303);
    assert_eq!(invited.get("/admin/people").await.status, 403, "no administrator");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_ends_after_seven_days_and_with_the_next_one() {
    let world = World::new();
    let person = world.someone().as_str().into();
    let old = world.desk.invite("test", &person).unwrap();
    let new = world.desk.invite("test", &person).unwrap();
    assert_eq!(world.desk.link(&old).unwrap(), None);
    assert!(world.desk.link(&new).unwrap().is_some());
    world.wait(7 * 24 * 60 - 1);
    assert!(world.desk.link(&new).unwrap().is_some());
    world.wait(1);
    assert_eq!(world.desk.link(&new).unwrap(), None);
    assert!(world.desk.accept(&new, PASSWORD).is_err());
    assert!(world.desk.invite("test", &"nobody".into()).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_use_a_link_at_once_one_gets_through() {
    let world = World::empty();
    let link = world.desk.set_up_link().unwrap().unwrap();
    let tries = (0..4).map(|n| {
        let (desk, link) = (world.desk.clone(), link.clone());
        std::thread::spawn(move || {
            let given = desk::SetUp {
                organisation: "x".to_owned(),
                language: desk::Language::En,
                id: format!("admin{n}"),
                name: "Qin".to_owned(),
                password: PASSWORD.to_owned(),
            };
            desk.set_up(&link, &given).is_ok()
        })
    });
    let tries: Vec<_> = tries.collect();
    let done = tries.into_iter().map(|one| one.join().unwrap()).filter(|done| *done).count();
    assert_eq!(done, 1);
    assert_eq!(world.desk.people().people.len(), 1);
}

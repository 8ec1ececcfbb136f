//! Drafts that are taken up again, and what others did meanwhile.

use crate::console::{Form, case, form_to, form_with, send};
use crate::forms::begun;
use crate::signing::Browser;
use crate::world::World;
use desk::Options;
use engine::command::{Command, Extra};
use engine::key::Key;
use engine::people::Who;
use engine::procedure::Verb;

#[tokio::test(flavor = "multi_thread")]
async fn what_only_adds_to_the_record_is_overtaken_by_nobody() {
    let world = World::new();
    let (person, number) = case(&world).await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let contact = form_with(&mut browser, &number, "i.method").await;
    let note = form_with(&mut browser, &number, "i.text").await;
    for (form, text, once) in
        [(&note, "先写", "a"), (&contact, "再联系", "b"), (&note, "后写", "c")]
    {
        let done = send(&mut browser, form, &[("i.text", text), ("once", once)]).await;
        assert_eq!(done.status, 303, "{text}: {}", done.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_was_emptied_in_a_draft_does_not_come_back_with_what_the_case_says() {
    let world = World::new();
    let (person, number) = begun(&world, "as").await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let path = format!("/cases/{number}?do=edit");
    let page = browser.get(&path).await.text;
    let before = form_to(&page, "/actions/edit").fields;
    let of = |fields: &[(String, String)], name: &str| {
        let named = fields.iter().find(|(known, _)| known == name);
        named.unwrap_or_else(|| panic!("no {name}")).1.clone()
    };
    let (emptied, untouched) = ("f.industry", "f.desc_fact");
    assert!(!of(&before, emptied).is_empty() && !of(&before, untouched).is_empty());
    // The form says which fields the draft has to name where they were emptied.
    let field = page.split("<div class=\"field").find(|one| one.contains("name=\"f.industry\""));
    assert!(field.unwrap().split('>').next().unwrap().contains("data-held"), "{field:?}");
    let token = browser.token_of(&page);
    let draft = format!("/drafts/{}", crate::signing::encoded(&format!("case {number} edit")));
    let kept = browser.post(&draft, &[("csrf", token.as_str()), (emptied, "")]).await;
    assert_eq!(kept.status, 204);
    let page = browser.get(&path).await.text;
    let restored = form_to(&page, "/actions/edit").fields;
    assert_eq!(of(&restored, emptied), "");
    assert_eq!(of(&restored, untouched), of(&before, untouched));
    // It is thrown away as any other.
    send(&mut browser, &form_to(&page, "/removal"), &[]).await;
    let page = browser.get(&path).await.text;
    assert_eq!(form_to(&page, "/actions/edit").fields.len(), before.len());
    assert_eq!(of(&form_to(&page, "/actions/edit").fields, emptied), of(&before, emptied));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_did_since_a_draft_was_begun_is_told_before_it_is_overwritten() {
    const TOLD: &str = "您填写时，这件工单已被更新";
    let world = World::new();
    let (person, number) = begun(&world, "as").await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let path = format!("/cases/{number}?do=edit");
    let page = browser.get(&path).await.text;
    let of = |fields: &[(String, String)], name: &str| {
        fields.iter().find(|(known, _)| known == name).unwrap().1.clone()
    };
    let blank = form_to(&page, "/actions/edit");
    let (seen, fact) = (of(&blank.fields, "seen"), of(&blank.fields, "f.desc_fact"));
    let token = browser.token_of(&page);
    let draft = format!("/drafts/{}", crate::signing::encoded(&format!("case {number} edit")));
    let typed = [
        ("csrf", token.as_str()),
        ("seen", &seen),
        ("f.industry", "草稿里的行业"),
        ("f.desc_fact", &fact),
    ];
    // What he does himself elsewhere is no news to him.
    let noted = |who: &Key, text: &str| {
        let known = world.desk.case_for_operator(&number).unwrap();
        let action = known.procedure.actions.iter().find(|action| action.has(Verb::Comment));
        let extra = Extra { text: Some(text.to_owned()), ..Extra::default() };
        let command = Command::Act {
            case: known.case.id.clone(),
            action: action.unwrap().key.clone(),
            fields: Default::default(),
            extra: Box::new(extra),
        };
        world.desk.submit(&Who::Person(who.clone()), command, Options::default()).is_ok()
    };
    assert!(noted(&person.as_str().into(), "自己的备注"));
    assert_eq!(browser.post(&draft, &typed).await.status, 204);
    assert!(!browser.get(&path).await.text.contains(TOLD));
    let people = world.desk.people().people.clone();
    let others = people.iter().filter(|one| *one.id != *person);
    assert!(others.into_iter().any(|one| noted(&one.id, "同事的备注")));
    let page = browser.get(&path).await.text;
    let told = page.split("id=\"conflict\"").nth(1).unwrap().split("id=\"now-do-place\"").next();
    assert!(told.unwrap().contains(TOLD) && told.unwrap().contains("同事的备注"), "{told:?}");
    let restored = form_to(&page, "/actions/edit");
    assert_eq!(of(&restored.fields, "f.industry"), "草稿里的行业");
    // What was on this machine alone is sent as it was begun: that is told as well, and nothing is lost.
    let stale = [("seen", seen.as_str())];
    let told = send(&mut browser, &restored, &stale).await;
    assert_eq!(told.status, 412, "{}", told.text);
    assert!(told.text.contains(TOLD) && told.text.contains("草稿里的行业"), "{}", told.text);
    // Whoever has read it sends it.
    let saved = send(&mut browser, &form_to(&told.text, "/actions/edit"), &[]).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_another_reason_does_not_hide_what_happened_meanwhile() {
    let world = World::new();
    let (person, number) = begun(&world, "as").await;
    let mut browser = Browser::signed_in(&world, &person).await;
    let page = browser.get(&format!("/cases/{number}?do=edit")).await.text;
    let form = form_to(&page, "/actions/edit");
    let phone = form.fields.iter().find(|(_, text)| text.contains("****")).unwrap().0.clone();
    let seen = form.fields.iter().find(|(name, _)| name == "seen").unwrap().1.clone();
    let theirs = [("f.industry", "另一处改的行业")];
    assert_eq!(send(&mut browser, &form, &theirs).await.status, 303);
    let stars = [(phone.as_str(), "139****0000")];
    let refused = send(&mut browser, &form_with_once(&form), &stars).await;
    let again = form_to(&refused.text, "/actions/edit");
    let kept = again.fields.iter().find(|(name, _)| name == "seen").unwrap();
    assert_eq!((refused.status.as_u16(), &kept.1), (422, &seen), "{}", refused.text);
}

/// The form as another page has it: sending it does something of its own.
fn form_with_once(form: &Form) -> Form {
    let fields = form.fields.iter().map(|(name, text)| match name.as_str() {
        "once" => (name.clone(), format!("{text}-2")),
        _ => (name.clone(), text.clone()),
    });
    Form { action: form.action.clone(), fields: fields.collect() }
}

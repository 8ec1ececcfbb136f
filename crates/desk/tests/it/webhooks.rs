//! Webhooks: whom they tell of what, how often, and when they stop. Nothing is sent here; what is to be sent is looked at.

use crate::world::{World, on_a_server, person, register, world};
use desk::{
    Answered, Caller, Desk, DeskError, KeyScope, Options, Sending, Stopped, Webhook, WebhookParts,
};
use engine::key::Key;
use engine::people::Who;
use engine::procedure::{Means, Power, Procedure, Reach, Role};
use engine::refusal::Refusal;
use jiff::SignedDuration;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{DeliveryState, Scope};
use uuid::Uuid;

const ADDRESS: &str = "https://desk.example.cn";

fn caller(person: &str) -> Caller {
    Caller { person: person.into(), scopes: vec![KeyScope::Admin] }
}

fn made(world: &World, by: &str, events: &[&str]) -> Webhook {
    let parts = WebhookParts {
        name: Some("ERP".to_owned()),
        url: Some("https://erp.example.cn/in".to_owned()),
        events: Some(events.iter().map(|kind| (*kind).to_owned()).collect()),
        ..WebhookParts::default()
    };
    world.desk.make_webhook(&caller(by), parts).unwrap().0
}

/// What is to be sent now, until there is nothing more to look at.
fn due(desk: &Desk, worker: &str) -> Vec<Sending> {
    let mut all = Vec::new();
    loop {
        let round = desk.webhook_round(worker, ADDRESS, &|_| 1_000).unwrap();
        let done = round.sending.is_empty() && !round.more;
        all.extend(round.sending);
        if done {
            return all;
        }
    }
}

fn settle(desk: &Desk, worker: &str, all: &[Sending], answered: &Answered) {
    for sending in all {
        desk.settle_webhook(worker, sending, answered).unwrap();
    }
}

fn bodies(all: &[Sending]) -> Vec<Json> {
    all.iter().map(|sending| serde_json::from_str(&sending.body).unwrap()).collect()
}

fn pass(world: &World, seconds: i64) {
    world.clock.set(world.desk.now().checked_add(SignedDuration::from_secs(seconds)).unwrap());
}

fn state(world: &World, webhook: &Webhook, id: Uuid) -> (DeliveryState, u32, Option<String>) {
    let found = world.desk.webhook_delivery(&webhook.id, id).unwrap();
    (found.state, found.attempts, found.error)
}

const FINE: Answered = Answered::Status(204, None);
const BROKEN: Answered = Answered::Status(500, None);

#[test]
fn a_webhook_is_told_which_event_it_was_and_nothing_personal() {
    let world = world();
    world.register();
    let all = made(&world, "zheng", &[]);
    let some = made(&world, "zheng", &["registered", "stage_entered"]);
    let other = WebhookParts { procedures: Some(vec!["cf".to_owned()]), ..WebhookParts::default() };
    let none = made(&world, "zheng", &[]);
    world.desk.change_webhook(&caller("zheng"), &none.id, other, none.version).unwrap();
    let case = world.register();
    let sent = due(&world.desk, "w");
    // What happened before it was made is nothing to it.
    let events = world.desk.store().events(case.case, 0, 1_000).unwrap();
    let of = |webhook: &Webhook| -> Vec<Json> {
        let own: Vec<Sending> =
            sent.iter().filter(|one| one.webhook == webhook.id).cloned().collect();
        bodies(&own)
    };
    let told: Vec<Json> = of(&all).iter().map(|body| body["type"].clone()).collect();
    let kinds: Vec<Json> = events.iter().map(|event| event.kind.clone().into()).collect();
    assert_eq!(told, kinds);
    assert!(of(&none).is_empty());
    let some = of(&some);
    assert_eq!(some.len(), 1);
    let body = some.first().unwrap();
    assert_eq!(body["type"], "registered");
    assert_eq!(body["data"]["number"], *case.number);
    // The event is where it says.
    let after = body["data"]["event"].as_str().unwrap();
    let after = after.strip_prefix(&format!("{ADDRESS}/api/v1/events?after=")).unwrap();
    let after = after.strip_suffix("&limit=1").unwrap().parse().unwrap();
    let feed = world.desk.store().feed(&Scope::all(), after, 1).unwrap().events;
    let found = feed.first().unwrap();
    assert_eq!((found.number.as_str(), found.event.kind.as_str()), (&*case.number, "registered"));
    assert_eq!(body["data"]["sequence"], found.sequence);
    for sending in &sent {
        for personal in ["宏远", "刘建国", "13912345678", "开不了机", "lin"] {
            assert!(!sending.body.contains(personal), "{}", sending.body);
        }
    }
    let ids: BTreeSet<Uuid> = sent.iter().map(|sending| sending.id).collect();
    assert_eq!(ids.len(), sent.len());
}

#[test]
fn a_webhook_sees_what_its_person_sees_and_stops_when_he_leaves() {
    let world = world();
    let desk = &world.desk;
    // An engineer sees what he works on alone.
    let narrow = made(&world, "wang", &[]);
    let wide = made(&world, "zheng", &["registered"]);
    let case = world.register();
    let sent = due(desk, "w");
    assert!(sent.iter().all(|sending| sending.webhook == wide.id) && sent.len() == 1);
    world.act("lin", &case, "dispatch").unwrap();
    let sent = due(desk, "w");
    assert!(sent.iter().any(|sending| sending.webhook == narrow.id));
    assert_eq!(desk.webhook_stopped(&narrow), None);
    settle(desk, "w", &sent, &BROKEN);
    desk.remove_person(&caller("wang"), &"wang".into()).unwrap();
    let left = desk.webhook(&narrow.id).unwrap();
    assert_eq!(left.stopped, Some(Stopped::PersonLeft));
    pass(&world, 10);
    assert!(due(desk, "w").iter().all(|sending| sending.webhook == wide.id));
    // Whoever comes under his name does not set it going; whoever lets it go on takes his place.
    desk.put_people("test", &[person("wang", "as_eng")]).unwrap();
    assert_eq!(desk.webhook_stopped(&left), Some(Stopped::PersonLeft));
    let go_on = WebhookParts { paused: Some(false), ..WebhookParts::default() };
    let taken = desk.change_webhook(&caller("zhou"), &narrow.id, go_on, left.version).unwrap();
    assert_eq!((desk.webhook_stopped(&taken), &*taken.person), (None, "zhou"));
}

#[test]
fn a_confidential_case_is_told_to_those_who_see_it_and_for_as_long_as_they_do() {
    let world = world();
    let desk = &world.desk;
    let library = desk.library();
    let secret = |rules: &Arc<Procedure>| {
        let field = rules.field_meaning(Means::Accused)?.key.clone();
        let trusted = |role: &&Role| {
            role.reach == Reach::All
                && role.may.contains(&Power::Confidential)
                && !role.may.contains(&Power::Administer)
        };
        let role = rules.roles.iter().find(trusted)?.key.clone();
        Some((rules.key.clone(), field, role))
    };
    let (rules, field, role) = library.all().find_map(secret).unwrap();
    desk.put_people("test", &["ann", "bob"].map(|id| person(id, &role))).unwrap();
    let accused = made(&world, "ann", &["registered"]);
    let trusted = made(&world, "bob", &["registered"]);
    let plain = made(&world, "lin", &["registered"]);
    let fields = [(field, "ann".into())].into();
    desk.register(&Who::System, &rules, fields, Options::default()).unwrap();
    let sent = due(desk, "w");
    let told: Vec<&Key> = sent.iter().map(|sending| &sending.webhook).collect();
    assert_eq!(told, [&trusted.id], "not {} nor {}", accused.id, plain.id);
    settle(desk, "w", &sent, &BROKEN);
    desk.put_people("test", &[person("bob", "as_eng")]).unwrap();
    pass(&world, 10);
    assert!(due(desk, "w").is_empty());
    let (state, _, error) = state(&world, &trusted, sent.first().unwrap().id);
    assert_eq!((state, error.as_deref()), (DeliveryState::Dead, Some("out_of_sight")));
}

#[test]
fn what_fails_is_tried_for_three_days_and_then_lies_dead_until_it_is_sent_again() {
    let world = world();
    let desk = &world.desk;
    let webhook = made(&world, "zheng", &["registered"]);
    world.register();
    let (start, mut tries, mut id) = (desk.now(), Vec::new(), None);
    loop {
        let sent = due(desk, "w");
        for sending in &sent {
            assert_eq!(*id.get_or_insert(sending.id), sending.id, "the same id each time");
            tries.push(desk.now().duration_since(start).as_secs());
        }
        settle(desk, "w", &sent, &BROKEN);
        let next = desk.webhook_round("w", ADDRESS, &|_| 1_000).unwrap().next;
        let Some(next) = next else { break };
        world.clock.set(next);
    }
    let id = id.unwrap();
    assert_eq!(tries.len(), 11, "{tries:?}");
    assert_eq!(tries.last(), Some(&(3 * 86_400)));
    let grow = tries.windows(3).take(8).all(|three| match three {
        [one, two, three] => two - one < three - two,
        _ => false,
    });
    assert!(grow, "{tries:?}");
    assert_eq!(state(&world, &webhook, id), (DeliveryState::Dead, 11, Some("status".to_owned())));
    let dead = desk.webhook_deliveries(&webhook.id, Some(DeliveryState::Dead), None, 9).unwrap();
    assert_eq!(dead.rows.len(), 1);
    pass(&world, 86_400);
    assert!(due(desk, "w").is_empty());
    desk.resend_webhook_delivery(&webhook.id, id).unwrap();
    let sent = due(desk, "w");
    assert_eq!(sent.iter().map(|sending| sending.id).collect::<Vec<_>>(), [id]);
    settle(desk, "w", &sent, &FINE);
    assert_eq!(state(&world, &webhook, id), (DeliveryState::Delivered, 1, None));
    // It is forgotten when nobody can want it any more.
    assert_eq!(desk.tidy().unwrap().deliveries, 0);
    for (days, forgotten) in [(6, 0), (2, 0), (1, 1)] {
        pass(&world, days * 86_400);
        assert_eq!(desk.tidy().unwrap().deliveries, forgotten);
    }
}

#[test]
fn a_worker_that_dies_between_sending_and_recording_sends_the_same_again() {
    let world = world();
    let desk = &world.desk;
    let webhook = made(&world, "zheng", &["registered"]);
    world.register();
    let lost = due(desk, "dead");
    assert_eq!(lost.len(), 1);
    pass(&world, 59);
    assert!(due(desk, "other").is_empty(), "leased");
    pass(&world, 2);
    let again = due(desk, "other");
    assert_eq!((again.len(), again.first().map(|one| one.id)), (1, lost.first().map(|one| one.id)));
    assert!(again.first().unwrap().seconds > lost.first().unwrap().seconds, "signed anew");
    settle(desk, "other", &again, &FINE);
    // Whoever was thought dead reports late: a failure changes nothing.
    settle(desk, "dead", &lost, &BROKEN);
    let (state, attempts, _) = state(&world, &webhook, lost.first().unwrap().id);
    assert_eq!((state, attempts), (DeliveryState::Delivered, 2));
}

#[test]
fn a_receiver_may_ask_for_a_rest_and_may_be_gone_for_good() {
    let world = world();
    let desk = &world.desk;
    let webhook = made(&world, "zheng", &["registered"]);
    world.register();
    let later = desk.now().checked_add(SignedDuration::from_secs(600)).unwrap();
    settle(desk, "w", &due(desk, "w"), &Answered::Status(429, Some(later)));
    // It is left alone altogether, also by what is new.
    world.register();
    pass(&world, 599);
    let round = desk.webhook_round("w", ADDRESS, &|_| 9).unwrap();
    assert!(round.sending.is_empty());
    assert_eq!(round.next, Some(later));
    pass(&world, 1);
    let sent = due(desk, "w");
    assert_eq!(sent.len(), 2);
    let (gone, waits) = (sent.first().unwrap(), sent.last().unwrap());
    desk.settle_webhook("w", gone, &Answered::Status(410, None)).unwrap();
    desk.settle_webhook("w", waits, &Answered::Failed("timeout")).unwrap();
    let stopped = desk.webhook(&webhook.id).unwrap();
    assert_eq!(desk.webhook_stopped(&stopped), Some(Stopped::Gone));
    assert_eq!(state(&world, &webhook, gone.id).0, DeliveryState::Dead);
    pass(&world, 86_400);
    world.register();
    let idle = desk.webhook_round("w", ADDRESS, &|_| 9).unwrap();
    assert!(idle.sending.is_empty() && !idle.any, "nothing is looked for");
    // It goes on where it was: nothing that happened meanwhile is left out.
    let go_on = WebhookParts { paused: Some(false), ..WebhookParts::default() };
    desk.change_webhook(&caller("zheng"), &webhook.id, go_on, stopped.version).unwrap();
    let sent = due(desk, "w");
    assert_eq!((sent.len(), sent.iter().any(|one| one.id == waits.id)), (2, true));
}

#[test]
fn a_new_secret_signs_beside_the_one_before_it_for_a_day_and_nothing_is_written_over_unseen() {
    let world = world();
    let desk = &world.desk;
    let webhook = made(&world, "zheng", &["registered"]);
    let signatures = || {
        desk.ping_webhook(&webhook.id).unwrap();
        let sent = due(desk, "w");
        let one = sent.first().unwrap();
        one.signature.split(' ').count()
    };
    assert_eq!(signatures(), 1);
    let secret = desk.renew_webhook_secret(&caller("zheng"), &webhook.id).unwrap();
    assert!(secret.starts_with("whsec_"));
    assert_eq!(signatures(), 2);
    pass(&world, 86_401);
    assert_eq!(signatures(), 1);
    let rename = || WebhookParts { name: Some("甲".to_owned()), ..WebhookParts::default() };
    let stale = desk.change_webhook(&caller("zheng"), &webhook.id, rename(), webhook.version);
    assert!(matches!(stale, Err(DeskError::Stale { .. })), "{stale:?}");
    let parts = WebhookParts {
        name: Some(String::new()),
        url: Some("https://a.example".to_owned()),
        events: Some(vec!["registered".to_owned(), "nonsense".to_owned()]),
        procedures: Some(vec!["nonsense".to_owned()]),
        paused: None,
    };
    match desk.make_webhook(&caller("zheng"), parts) {
        Err(DeskError::Refused(Refusal::Invalid { fields })) => {
            let names: Vec<Key> = fields.into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, ["name", "events[1]", "procedures[0]"].map(Key::from));
        }
        other => panic!("{other:?}"),
    }
    desk.remove_webhook(&caller("zheng"), &webhook.id).unwrap();
    assert!(desk.webhook_places().unwrap().is_empty() && desk.webhooks().is_empty());
}

#[test]
fn two_nodes_share_the_work_and_send_nothing_twice() {
    let world = on_a_server(true);
    let webhook = made(&world, "zheng", &["registered"]);
    let (here, there) = (world.desk.clone(), world.node(true));
    for _ in 0..20 {
        register(&here);
    }
    let last = *here.store().changes().borrow();
    while *there.store().changes().borrow() < last || there.webhooks().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let take = |desk: &Desk, worker: &str| desk.webhook_round(worker, ADDRESS, &|_| 3).unwrap();
    // Each has taken some before the other is done with any.
    let (first, second) = (take(&here, "here").sending, take(&there, "there").sending);
    assert_eq!((first.len(), second.len()), (3, 3));
    let work = |desk: &Desk, worker: &str, begun: Vec<Sending>| {
        settle(desk, worker, &begun, &FINE);
        let mut mine: Vec<Uuid> = begun.into_iter().map(|sending| sending.id).collect();
        for _ in 0..12 {
            let sent = take(desk, worker).sending;
            settle(desk, worker, &sent, &FINE);
            mine.extend(sent.into_iter().map(|sending| sending.id));
        }
        mine
    };
    let (mine, theirs) = std::thread::scope(|scope| {
        let (mine, theirs) = (
            scope.spawn(|| work(&here, "here", first)),
            scope.spawn(|| work(&there, "there", second)),
        );
        (mine.join().unwrap(), theirs.join().unwrap())
    });
    let all: BTreeSet<Uuid> = mine.iter().chain(&theirs).copied().collect();
    assert_eq!((all.len(), mine.len() + theirs.len()), (20, 20), "{mine:?} {theirs:?}");
    let sent = here.webhook_deliveries(&webhook.id, Some(DeliveryState::Delivered), None, 99);
    assert_eq!(sent.unwrap().rows.len(), 20);
}

//! What nobody needs any more is forgotten, and nothing before its time.

use crate::world::{who, world};
use desk::{Options, Tidied};
use jiff::SignedDuration;
use serde_json::json;
use store::IdempotencyKey;

#[test]
fn what_nobody_needs_any_more_is_forgotten_in_time() {
    let world = world();
    let (desk, start) = (&world.desk, world.desk.now());
    let after = |hours| start.checked_add(SignedDuration::from_hours(hours)).unwrap();
    let key = IdempotencyKey { scope: "lin".into(), key: "call".into(), body_hash: [1; 32] };
    let options = || Options { key: Some(key.clone()), ..Options::default() };
    let register = || desk.register(&who("lin"), "as", world.order(), options()).unwrap();
    let first = register();
    desk.upload(&who("lin"), "a.txt", b"nobody names it".to_vec()).unwrap();
    desk.store().put_ephemeral("draft", "lin", &json!({ "text": "…" }), after(48)).unwrap();

    world.clock.set(after(23));
    assert_eq!(desk.tidy().unwrap(), Tidied::default());
    world.clock.set(after(7 * 24 - 1));
    // The file itself is as old as this test.
    let tidied = desk.tidy().unwrap();
    assert_eq!((tidied.submissions, tidied.expired), (0, 1));
    assert!(register().repeated, "a repetition is answered as before");
    world.clock.set(after(7 * 24 + 1));
    assert_eq!(desk.tidy().unwrap().submissions, 1);
    let again = register();
    assert!(!again.repeated && again.number != first.number);
    assert_eq!(desk.tidy().unwrap().submissions, 0);
}

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

    // The clock is looked at and believed an hour later; what was old then is forgotten at the next time.
    let tidied_at = |hours| {
        world.clock.set(after(hours));
        desk.tidy().unwrap()
    };
    assert_eq!(tidied_at(22), Tidied::default());
    assert_eq!(tidied_at(23), Tidied::default());
    assert_eq!(tidied_at(49), Tidied::default());
    // The file itself is as old as this test.
    let tidied = tidied_at(7 * 24 - 1);
    assert_eq!((tidied.submissions, tidied.expired), (0, 1));
    assert_eq!(tidied_at(7 * 24).submissions, 0);
    assert!(register().repeated, "a repetition is answered as before");
    assert_eq!(tidied_at(7 * 24 + 1).submissions, 0);
    assert_eq!(tidied_at(7 * 24 + 2).submissions, 1);
    let again = register();
    assert!(!again.repeated && again.number != first.number);
    assert_eq!(tidied_at(7 * 24 + 3).submissions, 0);
}

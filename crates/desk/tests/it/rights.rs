//! Who sees what is kept, and gone at once when it is taken away.

use crate::world::{person, world};
use desk::{ApiKey, Caller, DeskError, KeyScope};
use serde_json::json;
use store::{Administer, Change, Scope, api_key_hash};

#[test]
fn rights_that_are_taken_away_are_gone_although_another_setting_cannot_be_read() {
    let world = world();
    let desk = &world.desk;
    let zhou = Caller { person: "zhou".into(), scopes: vec![KeyScope::CasesRead] };
    let all = desk.scope(&zhou);
    assert_eq!(desk.scope(&zhou), all);
    let (name, scopes) = ("test".to_owned(), vec![KeyScope::CasesRead]);
    let key = ApiKey { name, person: "zhou".into(), scopes };
    let secret = desk.make_api_key("test", &key).unwrap();
    assert_eq!(desk.caller(&secret).unwrap().person, "zhou");

    // As a newer program on the same database may write it.
    let of_a_newer_program = Change::Put {
        kind: "webhook".into(),
        key: "new".into(),
        expected: None,
        body: json!({ "to": "be known" }),
        history: false,
    };
    let at = desk.now();
    let changes = vec![of_a_newer_program];
    desk.store().administer(Administer { at, actor: "test".into(), changes }).unwrap();
    let put = desk.put_people("test", &[person("zhou", "as_eng")]);
    assert!(put.is_err(), "what cannot be read is told: {put:?}");
    let own = desk.scope(&zhou);
    assert!(own != all && *own != Scope::nobody(), "{own:?}");

    let taken = Change::Remove { kind: "api-key".into(), key: api_key_hash(&secret) };
    let changes = vec![taken];
    desk.store().administer(Administer { at, actor: "test".into(), changes }).unwrap();
    assert!(matches!(desk.caller(&secret), Err(DeskError::Forbidden)));
}

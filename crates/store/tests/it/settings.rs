//! Settings: versions, history, the log.

use crate::world::{at, numbered, on_each};
use serde_json::{Value, json};
use store::{Administer, Change, Store, StoreError, api_key_hash};

fn change(store: &Store, changes: Vec<Change>) -> Result<Vec<u64>, StoreError> {
    store.administer(Administer { at: at(0), actor: "admin".into(), changes })
}

fn put(kind: &str, key: &str, expected: Option<u64>, body: Value, history: bool) -> Change {
    Change::Put { kind: kind.into(), key: key.into(), expected, body, history }
}

#[test]
fn procedures_keep_every_version() {
    on_each(|store| {
        let versions = change(
            &store,
            vec![
                put("procedure", "repair", Some(0), json!({"v": 1}), true),
                put("calendar", "cn", None, json!({}), true),
            ],
        );
        assert_eq!(versions.unwrap(), [1, 1]);
        assert_eq!(
            change(&store, vec![put("procedure", "repair", Some(1), json!({"v": 2}), true)])
                .unwrap(),
            [2]
        );
        let stale = change(
            &store,
            vec![
                put("calendar", "us", None, json!({}), true),
                put("procedure", "repair", Some(1), json!({}), true),
            ],
        );
        assert!(matches!(stale, Err(StoreError::SettingConflict { expected: 1, found: 2, .. })));
        assert_eq!(store.setting("calendar", "us").unwrap(), None);
        assert_eq!(store.setting("procedure", "repair").unwrap().unwrap().body, json!({"v": 2}));
        assert_eq!(
            store.setting_version("procedure", "repair", 1).unwrap().unwrap().body,
            json!({"v": 1})
        );
        assert_eq!(store.setting_versions("procedure", "repair").unwrap().len(), 2);

        let remove = Change::Remove { kind: "procedure".into(), key: "repair".into() };
        change(&store, vec![remove.clone()]).unwrap();
        assert_eq!(change(&store, vec![remove]), Err(StoreError::NotFound { what: "setting" }));
        assert!(store.settings("procedure").unwrap().is_empty());
        assert!(store.setting_version("procedure", "repair", 2).unwrap().is_some());
        assert_eq!(
            change(&store, vec![put("procedure", "repair", Some(0), json!({"v": 3}), true)])
                .unwrap(),
            [3]
        );
        assert_eq!(
            store
                .settings_log(0, 99)
                .unwrap()
                .into_iter()
                .map(|entry| entry.deed)
                .collect::<Vec<_>>(),
            ["put", "put", "put", "remove", "put"]
        );
    });
}

#[test]
fn the_log_is_read_backwards_by_actor_by_kind_and_by_what_it_is_about() {
    on_each(|store| {
        let note = |kind: &str, key: &str| Change::Note { kind: kind.into(), key: key.into() };
        for (kind, key) in [
            ("reveal", "1a/phone"),
            ("export", "12"),
            ("reveal", "1a/name"),
            ("reveal", "1ab/phone"),
            ("reveal", "1"),
        ] {
            change(&store, vec![note(kind, key)]).unwrap();
        }
        let keys = |entries: Vec<store::LogEntry>| -> Vec<String> {
            entries.into_iter().map(|entry| entry.key).collect()
        };
        let newest = store.newest_log(u64::MAX, "", "", 99).unwrap();
        let actor = newest[0].actor.clone();
        assert_eq!(keys(newest), ["1", "1ab/phone", "1a/name", "12", "1a/phone"]);
        assert_eq!(keys(store.newest_log(4, "", "reveal", 99).unwrap()), ["1a/name", "1a/phone"]);
        assert_eq!(keys(store.newest_log(u64::MAX, &actor, "export", 99).unwrap()), ["12"]);
        assert!(store.newest_log(u64::MAX, "nobody", "", 99).unwrap().is_empty());
        assert_eq!(keys(store.log_about("reveal", "1a", 99).unwrap()), ["1a/name", "1a/phone"]);
        assert_eq!(keys(store.log_about("reveal", "1a", 1).unwrap()), ["1a/name"]);
    });
}

#[test]
fn people_leave_nothing_behind() {
    on_each(|store| {
        let person = |name: &str| json!({"name": {"$p": name}, "team": "north"});
        change(&store, vec![put("person", "wang", None, person("王小明"), false)]).unwrap();
        change(&store, vec![put("person", "wang", None, person("王大明"), false)]).unwrap();
        assert_eq!(store.setting("person", "wang").unwrap().unwrap().body, person("王大明"));
        assert_eq!(store.setting_version("person", "wang", 1).unwrap(), None);
        change(&store, vec![Change::Erase { kind: "person".into(), key: "wang".into() }]).unwrap();
        assert_eq!(store.setting_versions("person", "wang").unwrap(), []);
        assert_eq!(store.sql("SELECT COUNT(*) FROM subject_keys"), "0");
        // A new person of that key never looks like the former one's version.
        assert_eq!(
            change(&store, vec![put("person", "wang", Some(0), person("王"), false)]).unwrap(),
            [3]
        );
    });
}

#[test]
fn an_api_key_is_found_by_its_hash_alone() {
    on_each(|store| {
        let hash = api_key_hash("bh_secret");
        change(
            &store,
            vec![put(
                "api-key",
                &hash,
                None,
                json!({"owner": "wang", "scopes": ["cases:read"]}),
                false,
            )],
        )
        .unwrap();
        assert!(store.setting("api-key", &api_key_hash("bh_secret")).unwrap().is_some());
        assert!(store.setting("api-key", &api_key_hash("bh_secreT")).unwrap().is_none());
    });
}

#[test]
fn a_raised_serial_is_never_drawn_again() {
    on_each(|store| {
        let raise =
            |last| change(&store, vec![Change::RaiseSerial { scope: "AS".into(), last }]).unwrap();
        raise(41);
        raise(7);
        assert_eq!(store.commit(numbered("AS", |_| {})).unwrap().body["number"], "AS-0042");
    });
}

#[test]
fn tampering_with_settings_is_detected() {
    for deed in [
        "UPDATE settings SET body = '{}'",
        "UPDATE settings_log SET actor = 'x'",
        "DELETE FROM settings_log WHERE sequence = 1",
    ] {
        on_each(|store| {
            change(
                &store,
                vec![
                    put("procedure", "repair", None, json!({"v": 1}), true),
                    put("procedure", "repair", None, json!({"v": 2}), true),
                ],
            )
            .unwrap();
            let place = store.place.clone();
            assert_eq!(Store::verify(place.clone(), crate::world::KEY).unwrap().problems, [""; 0]);
            store.sql(deed);
            assert_eq!(
                Store::verify(place, crate::world::KEY).unwrap().problems.len(),
                1,
                "{deed}"
            );
        });
    }
}

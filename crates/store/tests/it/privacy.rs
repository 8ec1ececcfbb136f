//! Personal values: sealed, found, erased, and provable afterwards.

use crate::world::{KEY, after, at, event, fresh, new_id, on_each, put};
use serde_json::json;
use std::fs;
use std::path::Path;
use store::{
    CaseRows, Filter, LATEST, Likeness, NewAttachment, Options, OutboxRow, PhoneMatch, Scope, Sort,
    Store, StoreError,
};

const NAME: &str = "欧阳明月";
const PHONE: &str = "13812345678";
const MAIL: &str = "mingyue@example.com";
const TITLE: &str = "欧阳明月的空调漏水";

fn personal(number: &str) -> CaseRows {
    let mut rows = fresh(number);
    rows.columns.title = Some(TITLE.into());
    rows.events = vec![
        event(
            1,
            "Registered",
            json!({"name": {"$p": NAME}, "phones": [{"$p": PHONE, "of": "customer-7"}], "urgent": true}),
        ),
        event(2, "Noted", json!({"text": {"$p": format!("{NAME}说电话是{PHONE}")}})),
    ];
    rows.snapshot =
        json!({"name": {"$p": NAME}, "phone": {"$p": PHONE, "of": "customer-7"}}).to_string();
    rows.phones = vec![PHONE.into()];
    rows.search = vec!["空调漏水".into()];
    let message = |channel: &str, to: &str| OutboxRow {
        id: new_id(),
        channel: channel.into(),
        to: to.into(),
        kind: "registered".into(),
        body: json!({"greeting": {"$p": format!("{NAME}您好")}}),
        not_before: at(0),
    };
    rows.outbox = vec![message("mail", MAIL), message("inbox", "wang")];
    rows
}

fn attached(store: &Store, text: &str) -> uuid::Uuid {
    let id = new_id();
    let (name, bytes) = (format!("{NAME}.png"), text.as_bytes().to_vec());
    store
        .attach(NewAttachment {
            id,
            name,
            content_type: "image/png".into(),
            by: "wang".into(),
            at: at(0),
            bytes,
        })
        .unwrap();
    id
}

pub(crate) fn assert_not_on_disk(folder: &Path, words: &[&str]) {
    for file in fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if file.is_dir() {
            assert_not_on_disk(&file, words);
            continue;
        }
        let bytes = fs::read(&file).unwrap();
        for word in words {
            let there = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!there, "{word} in {}", file.display());
        }
    }
}

#[test]
fn names_and_phones_come_back_but_are_never_on_the_disk() {
    on_each(|store| {
        let mut rows = personal("A-1");
        rows.attachments = vec![attached(&store, &format!("{NAME} {PHONE} in a picture"))];
        put(&store, &rows);
        assert_eq!(store.events(rows.id, 0, 9).unwrap(), rows.events);
        assert_eq!(store.case(&Scope::all(), rows.id).unwrap().unwrap().snapshot, rows.snapshot);
        let file = store.attachments_of(rows.id).unwrap().remove(0);
        assert_eq!(file.name, Some(format!("{NAME}.png")));
        assert!(store.attachment_content(file.id).unwrap().unwrap().starts_with(NAME.as_bytes()));
        store.put_ephemeral("draft", "wang/1", &json!({"text": NAME}), at(60)).unwrap();

        let words = [NAME, PHONE, MAIL, TITLE, "1234567", "明月"];
        assert_not_on_disk(store.folder.path(), &words);
        store.scrub().unwrap();
        assert_not_on_disk(store.folder.path(), &words);
    });
}

#[test]
fn a_case_is_found_by_its_phone() {
    on_each(|store| {
        let rows = personal("A-1");
        put(&store, &rows);
        let hits = |phone| {
            let filter = Filter { phone: Some(phone), ..Filter::default() };
            store.list(&Scope::all(), &filter, Sort::Newest, None, 9).unwrap().rows.len()
        };
        assert_eq!(hits(PhoneMatch::Whole("+86 138-1234-5678".into())), 1);
        assert_eq!(hits(PhoneMatch::FirstSeven("1381234".into())), 1);
        assert_eq!(hits(PhoneMatch::LastFour("5678".into())), 1);
        assert_eq!(hits(PhoneMatch::LastFour("1381".into())), 0);
        assert_eq!(hits(PhoneMatch::Whole("5678".into())), 0);
        let like = Likeness { phones: vec![PHONE.into()], since: at(-60), ..Likeness::default() };
        assert_eq!(store.candidates(&Scope::all(), &like, 9).unwrap().len(), 1);
        assert!(
            store
                .candidates(&Scope::all(), &Likeness { except: Some(rows.id), ..like.clone() }, 9)
                .unwrap()
                .is_empty()
        );
        assert!(
            store
                .candidates(&Scope::all(), &Likeness { since: at(1), ..like }, 9)
                .unwrap()
                .is_empty()
        );
    });
}

#[test]
fn of_a_frequent_caller_only_the_latest_cases_are_looked_at_where_the_latest_are_asked_for() {
    on_each(|store| {
        let many = usize::try_from(LATEST).unwrap() + 2;
        let rows: Vec<_> = (0..many).map(|n| personal(&format!("A-{n}"))).collect();
        for rows in &rows {
            put(&store, rows);
        }
        let found = |scope: &Scope, phone| {
            let filter = Filter { phone: Some(phone), ..Filter::default() };
            let page = store.list(scope, &filter, Sort::NewestEntry, None, many).unwrap();
            page.rows.into_iter().map(|row| row.number).collect::<Vec<_>>()
        };
        let latest = found(&Scope::all(), PhoneMatch::Latest(PHONE.into()));
        let whole = found(&Scope::all(), PhoneMatch::Whole(PHONE.into()));
        assert_eq!((latest.len(), whole.len()), (many - 2, many));
        assert_eq!(latest, whole[..many - 2], "the oldest two are left out");
        let none = Scope::departments(["nowhere"]);
        assert!(found(&none, PhoneMatch::Latest(PHONE.into())).is_empty());
    });
}

#[test]
fn a_case_that_a_fast_clock_registered_is_found_by_its_phone_whatever_came_before_and_after_it() {
    on_each(|store| {
        let registered = |number: &str, days: i64, open| {
            let mut rows = personal(number);
            rows.columns.registered_at = at(days * 24 * 60);
            rows.columns.open = open;
            put(&store, &rows);
        };
        // Asked before there is anything, and again after each: what was found stays true.
        let found = |days: i64| {
            let since = at(days * 24 * 60);
            let like = Likeness { phones: vec![PHONE.into()], since, ..Likeness::default() };
            let found = store.candidates(&Scope::all(), &like, 9).unwrap();
            found.into_iter().map(|case| case.number).collect::<Vec<_>>()
        };
        assert!(found(0).is_empty());
        registered("A-1", -400, true);
        assert!(found(0).is_empty());
        registered("A-2", 30, true);
        assert_eq!((found(0), found(31)), (vec!["A-2".to_owned()], vec![]));
        registered("A-3", 1, true);
        registered("A-4", 2, false);
        registered("A-5", -7, true);
        assert_eq!(found(0), ["A-2", "A-3"]);
        assert_eq!(found(2), ["A-2"]);
        assert_eq!(found(-8), ["A-2", "A-3", "A-5"]);
    });
}

#[test]
fn erasing_leaves_commitments_that_verify_and_nothing_else() {
    on_each(|store| {
        let mut rows = personal("A-1");
        let file = attached(&store, "a picture");
        rows.attachments = vec![file];
        put(&store, &rows);
        let other = personal("A-2");
        put(&store, &other);
        let report = store.verify_chain(rows.id).unwrap();
        assert_eq!((report.events, report.values, report.erased), (2, 3, 0));

        store.erase(rows.id).unwrap();
        let report = store.verify_chain(rows.id).unwrap();
        assert_eq!((report.events, report.values, report.erased), (2, 0, 3));
        let found = store.case(&Scope::all(), rows.id).unwrap().unwrap();
        assert_eq!(found.summary.columns.title, None);
        let mut opened: serde_json::Value = serde_json::from_str(&found.snapshot).unwrap();
        assert_eq!(opened["name"]["$erased"].as_str().unwrap().len(), 64);
        assert_eq!(opened["phone"]["of"], "customer-7");
        assert_eq!(store.attachment(file).unwrap().unwrap().name, None);
        assert_eq!(store.attachment_content(file).unwrap(), None);
        assert_eq!(store.messages_of(rows.id).unwrap()[0].to, None);
        let filter = Filter { phone: Some(PhoneMatch::Whole(PHONE.into())), ..Filter::default() };
        assert_eq!(
            store.list(&Scope::all(), &filter, Sort::Newest, None, 9).unwrap().rows.len(),
            1
        );
        assert_eq!(store.search(&Scope::all(), "空调", None, 9).unwrap().rows.len(), 1);

        // The other case of the same person is untouched.
        assert_eq!(store.events(other.id, 0, 9).unwrap(), other.events);
        assert_eq!(store.verify_chain(other.id).unwrap().values, 3);

        // The case lives on with what it now knows, and a new text gets a new key.
        let mut next = after(&rows);
        opened["name"] = json!({"$p": NAME});
        next.snapshot = opened.to_string();
        (next.columns.title, next.phones, next.search) = (None, vec![], vec![]);
        put(&store, &next);
        assert_eq!(store.case(&Scope::all(), rows.id).unwrap().unwrap().snapshot, next.snapshot);
        assert_eq!(store.verify_chain(rows.id).unwrap().erased, 3);
    });
}

#[test]
fn erasure_and_its_event_are_one_commit() {
    on_each(|store| {
        let rows = personal("A-1");
        put(&store, &rows);
        let mut erased = after(&rows);
        erased.events = vec![event(3, "Erased", json!({"by": "law"}))];
        erased.snapshot = json!({"name": "gone"}).to_string();
        (erased.erase, erased.columns.title, erased.phones, erased.search) =
            (true, None, vec![], vec![]);
        put(&store, &erased);
        store.scrub().unwrap();
        let report = store.verify_chain(rows.id).unwrap();
        assert_eq!((report.events, report.values, report.erased), (3, 0, 3));
        assert!(
            store
                .candidates(
                    &Scope::all(),
                    &Likeness { phones: vec![PHONE.into()], ..Likeness::default() },
                    9
                )
                .unwrap()
                .is_empty()
        );
    });
}

#[test]
fn equal_texts_of_two_cases_share_neither_reference_nor_commitment() {
    on_each(|store| {
        put(&store, &personal("A-1"));
        put(&store, &personal("A-2"));
        let references = store.sql("SELECT COUNT(*) FROM personal");
        assert_eq!(references, store.sql("SELECT COUNT(DISTINCT ref) FROM personal"));
        let bodies = store.sql("SELECT body FROM snapshots");
        let bodies: Vec<&str> = bodies.lines().collect();
        assert_ne!(bodies[0], bodies[1]);
    });
}

#[test]
fn tampering_is_detected() {
    let deeds = [
        "UPDATE events SET actor = 'somebody' WHERE seq = 1",
        "UPDATE events SET body = REPLACE(body, 'true', 'false')",
        "UPDATE events SET at = at + 1 WHERE seq = 2",
        "DELETE FROM events WHERE seq = 2",
        "DELETE FROM events WHERE seq = 1",
        "UPDATE cases SET head = zeroblob(32)",
        "UPDATE personal SET salt = zeroblob(16)",
        "UPDATE personal SET sealed = zeroblob(60)",
    ];
    for deed in deeds {
        on_each(|store| {
            let rows = personal("A-1");
            put(&store, &rows);
            store.sql(deed);
            let found = store.verify_chain(rows.id);
            assert!(matches!(found, Err(StoreError::Corrupt { .. })), "{deed}: {found:?}");
            assert!(!found.unwrap_err().to_string().contains(NAME));
        });
    }
}

#[test]
fn another_master_key_opens_nothing() {
    on_each(|store| {
        put(&store, &personal("A-1"));
        let mut other = KEY;
        other[0] ^= 1;
        let refused = Store::open(store.place.clone(), Options::new(other)).map(drop);
        assert_eq!(refused, Err(StoreError::WrongKey));
    });
}

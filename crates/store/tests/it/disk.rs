//! What becomes of a store when its disk is full, its files are moved away, or a page of it is damaged.

use crate::world::{KEY, after, at, fresh, new_id, numbered, numbers, put, try_put};
use cluster::{Cluster, Disk, Durable};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use store::{
    FOLDER_ANCHOR, Filter, NewAttachment, Options, OutboxRow, Place, Result, Scope, Sort, Store,
    StoreError, TimerRow,
};

fn attach(store: &Store, bytes: &[u8]) -> Result<uuid::Uuid> {
    let id = new_id();
    let name = "a.png".to_owned();
    let (by, content_type) = ("wang".to_owned(), "image/png".to_owned());
    store.attach(NewAttachment { id, name, content_type, by, at: at(0), bytes: bytes.to_vec() })?;
    Ok(id)
}

/// Registers a case; its number.
fn one(store: &Store) -> Result<String> {
    let write =
        numbered("AS", |rows| rows.snapshot = json!({ "text": "x".repeat(2_000) }).to_string());
    Ok(store.commit(write)?.body["number"].as_str().unwrap().to_owned())
}

/// Writes until it is refused; what was acknowledged, and why no more.
fn until_refused(store: &Store) -> (Vec<String>, StoreError) {
    let mut known = Vec::new();
    for _ in 0..20_000 {
        match one(store) {
            Ok(number) => known.push(number),
            Err(error) => return (known, error),
        }
    }
    panic!("the disk does not get full");
}

fn is_survived(store: &Store, place: &Place, disk: &Disk) {
    let mut known: BTreeSet<String> = BTreeSet::new();
    for _ in 0..2 {
        known.insert(one(store).unwrap());
        disk.fill().unwrap();
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| until_refused(store))).collect();
            for (theirs, why) in all.into_iter().map(|one| one.join().unwrap()) {
                assert_eq!(why, StoreError::DiskFull);
                known.extend(theirs);
            }
        });
        if !place.is_shared() {
            assert_eq!(attach(store, &[7; 100_000]), Err(StoreError::DiskFull));
        }
        assert_eq!(numbers(store).into_iter().collect::<BTreeSet<_>>(), known, "reading goes on");
        disk.make_room().unwrap();
        // At once, and by itself.
        known.insert(one(store).unwrap());
        attach(store, &[7; 100_000]).unwrap();
    }
    assert_eq!(numbers(store).len(), known.len(), "no number twice");
    let found = Store::verify(place.clone(), KEY).unwrap();
    assert_eq!((found.problems, found.files), (vec![], 2));
}

#[test]
fn a_full_disk_refuses_writes_and_loses_nothing() {
    let Some(disk) = Disk::of(16).unwrap() else { return };
    let place = Place::at(&disk.path().join("data"));
    let store = Store::open(place.clone(), Options::new(KEY)).unwrap();
    is_survived(&store, &place, &disk);
    drop(store);
    // Nothing can be opened without room for the log.
    disk.fill().unwrap();
    let refused = Store::open(place.clone(), Options::new(KEY)).map(drop);
    assert_eq!(refused, Err(StoreError::DiskFull));
    disk.make_room().unwrap();
    assert!(Store::open(place, Options::new(KEY)).is_ok());
}

#[test]
fn a_server_whose_disk_is_full_refuses_writes_and_loses_nothing() {
    let Some(disk) = Disk::of(32).unwrap() else { return };
    let (cluster, folder) = (Cluster::start(Durable::No).unwrap(), tempfile::tempdir().unwrap());
    let address = cluster.database_on(&disk).unwrap();
    let place = Place::postgres(&address, folder.path()).unwrap();
    let store = Store::open(place.clone(), Options::new(KEY)).unwrap();
    is_survived(&store, &place, &disk);
}

#[test]
fn a_read_only_disk_is_told_from_other_failures() {
    let Some(disk) = Disk::of(16).unwrap() else { return };
    let place = Place::at(&disk.path().join("data"));
    put(&Store::open(place.clone(), Options::new(KEY)).unwrap(), &fresh("A-1"));
    disk.read_only(true).unwrap();
    let refused = Store::open(place.clone(), Options::new(KEY)).map(drop);
    assert_eq!(refused, Err(StoreError::ReadOnly));
    disk.read_only(false).unwrap();
    assert_eq!(numbers(&Store::open(place, Options::new(KEY)).unwrap()), ["A-1"]);
}

/// Waits until reading says so; the files are looked at a few times a second.
fn soon(what: &str, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn files_that_are_moved_away_are_missed_and_welcome_back() {
    let folder = tempfile::tempdir().unwrap();
    let (data, aside) = (folder.path().join("data"), folder.path().join("aside"));
    let store = Store::open(&data, Options::new(KEY)).unwrap();
    let rows = fresh("A-1");
    put(&store, &rows);
    let reads = |store: &Store| store.case(&Scope::all(), rows.id).map(drop);
    let lost = |how: &dyn Fn(), back: &dyn Fn()| {
        how();
        assert_eq!(try_put(&store, &fresh("B-1")).map(drop), Err(StoreError::Moved));
        soon("reading stops", || reads(&store) == Err(StoreError::Moved));
        back();
        soon("reading goes on", || reads(&store) == Ok(()));
    };
    lost(&|| fs::rename(&data, &aside).unwrap(), &|| fs::rename(&aside, &data).unwrap());
    for name in ["bihuan.db", "bihuan.db-wal", "bihuan.db-shm"] {
        let (file, aside) = (data.join(name), folder.path().join(name));
        lost(&|| fs::rename(&file, &aside).unwrap(), &|| fs::rename(&aside, &file).unwrap());
    }
    // Another file under the name is not the database, whatever it holds.
    let (file, kept) = (data.join("bihuan.db"), folder.path().join("kept"));
    let exchange = || {
        fs::rename(&file, &kept).unwrap();
        fs::copy(&kept, &file).unwrap();
    };
    lost(&exchange, &|| fs::rename(&kept, &file).unwrap());
    put(&store, &after(&rows));
    assert_eq!(numbers(&store), ["A-1"]);
    drop(store);
    assert_eq!(Store::verify(&data, KEY).unwrap().problems, [""; 0]);
}

/// As a mount that is gone, and comes back.
#[test]
fn nothing_is_kept_in_a_folder_of_attachments_that_is_not_the_databases() {
    let (database, folder) = (cluster::Database::new().unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path().join("data");
    let place = Place::postgres(&database.address, &data).unwrap();
    let open = |place: &Place| Store::open(place.clone(), Options::new(KEY));
    let store = open(&place).unwrap();
    let file = attach(&store, b"before").unwrap();
    let (blobs, aside) = (data.join("blobs"), folder.path().join("aside"));
    let anchor = fs::read_to_string(blobs.join(FOLDER_ANCHOR)).unwrap().trim().to_owned();
    let away = StoreError::FilesAway { anchor: Some(anchor.clone()) };
    let is_away = || {
        assert_eq!(attach(&store, b"hidden"), Err(away.clone()));
        assert_eq!(store.attachment_content(file), Err(away.clone()));
        assert_eq!(store.sweep_attachments(at(0)), Err(away.clone()));
        assert_eq!(store.backup(folder.path().join("copy")), Err(away.clone()));
        assert_eq!(store.look_for_files(), Err(away.clone()));
        assert_eq!(open(&place).map(drop), Err(away.clone()));
        put(&store, &fresh(&format!("A-{}", numbers(&store).len())));
    };
    fs::rename(&blobs, &aside).unwrap();
    is_away();
    assert!(!blobs.exists(), "none is made in its place");
    // Somebody else's, whose files nobody must sweep.
    let (other, elsewhere) = (cluster::Database::new().unwrap(), tempfile::tempdir().unwrap());
    drop(open(&Place::postgres(&other.address, elsewhere.path()).unwrap()).unwrap());
    fs::rename(elsewhere.path().join("blobs"), &blobs).unwrap();
    is_away();
    fs::remove_dir_all(&blobs).unwrap();
    fs::rename(&aside, &blobs).unwrap();
    // The same store, at once.
    assert_eq!(store.look_for_files(), Ok(()));
    assert_eq!(store.attachment_content(file).unwrap().as_deref(), Some(&b"before"[..]));
    attach(&store, b"after").unwrap();
    open(&place).unwrap();

    // A new database in the folder of another one.
    let third = cluster::Database::new().unwrap();
    let foreign = Place::postgres(&third.address, &data).unwrap();
    assert_eq!(open(&foreign).map(drop), Err(StoreError::FilesAway { anchor: None }));
    // Attachments that are lost for good, as the message says.
    fs::rename(&blobs, &aside).unwrap();
    fs::create_dir(&blobs).unwrap();
    fs::write(blobs.join(FOLDER_ANCHOR), anchor).unwrap();
    open(&place).unwrap();
    assert_eq!(store.attachment_content(file), Err(StoreError::FileMissing));
}

#[test]
fn an_older_installation_gets_an_anchor_and_a_copy_brings_it_along() {
    let (database, folder) = (cluster::Database::new().unwrap(), tempfile::tempdir().unwrap());
    let place = Place::postgres(&database.address, folder.path()).unwrap();
    let open = |place: &Place| Store::open(place.clone(), Options::new(KEY)).unwrap();
    let file = attach(&open(&place), b"old").unwrap();
    let anchor = folder.path().join("blobs").join(FOLDER_ANCHOR);
    fs::remove_file(&anchor).unwrap();
    Cluster::sql(&database.address, "DELETE FROM facts WHERE name = 'blobs'").unwrap();
    let store = open(&place);
    assert!(anchor.exists());
    let backup = folder.path().join("copy");
    store.backup(&backup).unwrap();
    let (other, elsewhere) = (cluster::Database::new().unwrap(), tempfile::tempdir().unwrap());
    let to = Place::postgres(&other.address, elsewhere.path()).unwrap();
    Store::copy(&Place::at(&backup), &to, KEY, &mut |_, _| {}).unwrap();
    let content = open(&to).attachment_content(file).unwrap();
    assert_eq!(content.as_deref(), Some(&b"old"[..]));
}

/// Everything that a desk asks for, each with its answer.
fn answers(place: &Place) -> Result<BTreeMap<String, Result<String>>> {
    fn told<T: std::fmt::Debug>(answer: &Result<T>) -> Result<String> {
        answer.as_ref().map(|answer| format!("{answer:?}")).map_err(Clone::clone)
    }
    let store = Store::open(place.clone(), Options::new(KEY))?;
    let (scope, all) = (Scope::all(), Filter::default());
    let open = Filter { open: Some(true), ..all.clone() };
    let mut answers = BTreeMap::from([
        ("all".into(), told(&store.list(&scope, &all, Sort::NewestEntry, None, 100))),
        ("open".into(), told(&store.list(&scope, &open, Sort::NextDue, None, 100))),
        ("search".into(), told(&store.search(&scope, "退货", None, 100))),
        ("counts".into(), told(&store.counts(&scope, at(0)))),
        ("feed".into(), told(&store.feed(&scope, 0, 1_000))),
        ("inbox".into(), told(&store.inbox("wang", 0, 1_000))),
        ("due".into(), told(&store.next_due_timer())),
        ("settings".into(), told(&store.settings("thing"))),
    ]);
    for number in (0..CASES).map(|number| format!("A-{number}")) {
        let found = store.case_by_number(&scope, &number);
        answers.insert(number.clone(), told(&found));
        let Ok(Some(case)) = found else { continue };
        let id = case.summary.id;
        answers.insert(format!("{number} events"), told(&store.events(id, 0, 100)));
        answers.insert(format!("{number} timers"), told(&store.timers(id)));
        let files = store.attachments_of(id);
        answers.insert(format!("{number} files"), told(&files));
        for file in files.unwrap_or_default() {
            answers.insert(format!("{number} file"), told(&store.attachment_content(file.id)));
        }
    }
    Ok(answers)
}

const CASES: usize = 12;
const PAGE: u64 = 4_096;

fn furnished(place: &Place) {
    let store = Store::open(place.clone(), Options::new(KEY)).unwrap();
    for number in 0..CASES {
        let mut rows = fresh(&format!("A-{number}"));
        rows.snapshot =
            json!({ "text": { "$p": "客户要求退货退款".repeat(40) }, "n": number }).to_string();
        rows.search = vec!["客户要求退货退款".to_owned()];
        rows.timers = (1..4)
            .map(|step| TimerRow { clock: "respond".into(), generation: 1, step, due: at(60) })
            .collect();
        rows.outbox = vec![OutboxRow {
            id: new_id(),
            channel: "inbox".into(),
            to: "wang".into(),
            kind: "told".into(),
            body: json!({ "text": { "$p": "请处理" } }),
            not_before: at(0),
        }];
        rows.attachments = vec![attach(&store, format!("picture {number}").as_bytes()).unwrap()];
        put(&store, &rows);
        put(&store, &after(&rows));
    }
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copied(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

#[test]
fn a_damaged_page_is_found_and_never_answered_from() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sound");
    furnished(&Place::at(&sound));
    let right = answers(&Place::at(&sound)).unwrap();
    assert!(right.values().all(Result::is_ok) && right.len() > 4 * CASES, "{right:?}");
    let bytes = fs::read(sound.join("bihuan.db")).unwrap();
    let pages = u64::try_from(bytes.len()).unwrap() / PAGE;
    let (mut found, mut refused, mut wrong) = (0, 0, Vec::new());
    let garbage: Vec<u8> = (0..PAGE).map(|n| u8::try_from(n * 37 % 251).unwrap() | 0x80).collect();
    for (page, damage) in
        (0..pages).flat_map(|page| [(page, vec![0; 4_096]), (page, garbage.clone())])
    {
        let data = folder.path().join(format!("page-{page}"));
        copied(&sound, &data);
        let mut file = fs::OpenOptions::new().write(true).open(data.join("bihuan.db")).unwrap();
        file.seek(SeekFrom::Start(page * PAGE)).unwrap();
        file.write_all(&damage).unwrap();
        drop(file);
        let place = Place::at(&data);
        let verified = Store::verify(place.clone(), KEY);
        let is_found = verified.as_ref().map_or(true, |one| !one.problems.is_empty());
        let given = answers(&place);
        let is_refused = given.as_ref().map_or(true, |given| given.values().any(Result::is_err));
        for (what, given) in given.iter().flatten() {
            if given.is_ok() && given != &right[what] {
                wrong.push(format!("page {page}: {what} is answered otherwise"));
            }
        }
        if is_refused && !is_found {
            let why = given.map(|given| given.into_values().find_map(Result::err));
            wrong.push(format!("page {page} is refused and not found: {why:?}"));
        }
        (found, refused) = (found + usize::from(is_found), refused + usize::from(is_refused));
        fs::remove_dir_all(&data).unwrap();
    }
    eprintln!("{pages} pages, each damaged twice: {found} found, {refused} refused");
    assert_eq!(wrong, [""; 0]);
    assert!(found > usize::try_from(pages).unwrap(), "{found} of {pages}");
}

#[test]
fn a_missing_or_damaged_file_of_an_attachment_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::at(folder.path());
    furnished(&place);
    let store = Store::open(place.clone(), Options::new(KEY)).unwrap();
    let files = |number: &str| {
        let case = store.case_by_number(&Scope::all(), number).unwrap().unwrap().summary.id;
        store.attachments_of(case).unwrap().remove(0).id
    };
    let (gone, damaged) = (files("A-3"), files("A-4"));
    for (id, remove) in [(gone, true), (damaged, false)] {
        let content = store.attachment_content(id).unwrap().unwrap();
        let file = file_of(folder.path(), &store, id, &content);
        match remove {
            true => fs::remove_file(file).unwrap(),
            false => {
                let mut bytes = fs::read(&file).unwrap();
                bytes[20] ^= 1;
                fs::write(file, bytes).unwrap();
            }
        }
    }
    assert_eq!(store.attachment_content(gone), Err(StoreError::FileMissing));
    assert!(matches!(store.attachment_content(damaged), Err(StoreError::Corrupt { .. })));
    assert!(store.case_by_number(&Scope::all(), "A-3").unwrap().is_some(), "the case still opens");
    let found = Store::verify(place, KEY).unwrap();
    assert_eq!((found.files, found.problems.len()), (u64::try_from(CASES).unwrap() - 2, 2));
    for (id, number) in [(gone, "A-3"), (damaged, "A-4")] {
        let named =
            |problem: &&String| problem.contains(&id.to_string()) && problem.contains(number);
        assert!(found.problems.iter().any(|problem| named(&problem)), "{:?}", found.problems);
    }
}

/// The file of an attachment: the one without which it cannot be read.
fn file_of(folder: &Path, store: &Store, id: uuid::Uuid, content: &[u8]) -> std::path::PathBuf {
    let all = fs::read_dir(folder.join("blobs")).unwrap().flat_map(|sub| {
        fs::read_dir(sub.unwrap().path()).unwrap().map(|file| file.unwrap().path())
    });
    let is_its = |file: &std::path::PathBuf| {
        let aside = folder.join("aside");
        fs::rename(file, &aside).unwrap();
        let missing = store.attachment_content(id).is_err();
        fs::rename(&aside, file).unwrap();
        missing
    };
    let file = all.into_iter().find(is_its).unwrap();
    assert_eq!(store.attachment_content(id).unwrap().unwrap(), content);
    file
}

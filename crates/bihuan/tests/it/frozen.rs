//! A database of every schema that was ever released lies in `tests/data/frozen`, as the program of that day made it, and each
//! later program must read it. See the README there.

use crate::contents;
use crate::world::World;
use desk::Desk;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use store::{FOLDER_ANCHOR, Filter, Older, Options, Scope, Sort, Store};

const DATABASE: &str = "bihuan.db.gz";
const DUMP: &str = "postgres.sql.gz";
const CONTENTS: &str = "contents.txt";

fn frozen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/frozen")
}

fn pack(bytes: &[u8], to: &Path) {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    fs::write(to, packed.finish().unwrap()).unwrap();
}

fn unpack(file: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(fs::File::open(file).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

/// Copies the attachments of one installation into the folder of another.
fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_files(&entry.path(), &target),
            false => {
                fs::create_dir_all(to).unwrap();
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}

#[test]
fn a_database_of_every_released_schema_is_read_upgraded_and_holds_what_it_held() {
    let (mut schemas, mut newest) = (BTreeSet::new(), 0);
    for folder in fs::read_dir(frozen()).unwrap().map(|entry| entry.unwrap().path()) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let Some(schema) = name.strip_prefix("schema-") else { continue };
        let schema: u32 = schema.parse().unwrap();
        schemas.insert(schema);
        for world in [World::new(), World::on_server()] {
            fs::create_dir_all(world.data()).unwrap();
            fs::copy(folder.join("master.key"), world.data().join("master.key")).unwrap();
            copy_files(&folder.join("blobs"), &world.data().join("blobs"));
            match world.place().is_shared() {
                true => {
                    // The first schemas knew no anchor.
                    if schema > 3 {
                        let anchor = world.data().join("blobs").join(FOLDER_ANCHOR);
                        fs::copy(folder.join(FOLDER_ANCHOR), anchor).unwrap();
                    }
                    cluster::Cluster::load(world.address(), &unpack(&folder.join(DUMP))).unwrap()
                }
                false => fs::write(world.data().join("bihuan.db"), unpack(&folder.join(DATABASE)))
                    .unwrap(),
            }
            newest = Store::schema(&world.place()).unwrap().1;
            is_what_it_was(&world, schema, &fs::read_to_string(folder.join(CONTENTS)).unwrap());
        }
    }
    // The present one is frozen before it is released.
    schemas.insert(newest);
    assert_eq!(schemas, (1..=newest).collect());
}

fn is_what_it_was(world: &World, schema: u32, contents: &str) {
    let key = contents::key(&world.data());
    let (found, newest) = Store::schema(&world.place()).unwrap();
    assert_eq!(found, schema);
    let report = world.json(&["doctor"]);
    let codes: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes.contains(&"upgrade_due"), found < newest, "{report:#}");
    assert!(codes.contains(&"integrity"), "{report:#}");
    assert_eq!(Store::schema(&world.place()).unwrap(), (found, newest), "the doctor only looks");
    assert!(!world.data().join("backups").exists());
    let run = world.run(&["person", "list"]);
    assert!(run.fine && run.out.contains("林晓"), "{}{}", run.out, run.err);
    let store = Store::open(world.place(), Options::new(key)).unwrap();
    let facts = store.facts().unwrap();
    assert_eq!(facts.schema, facts.schema_known);
    let is_older = schema < facts.schema_known;
    assert_eq!(world.data().join("backups").exists(), is_older, "a copy before an upgrade");
    assert_eq!(Store::verify(world.place(), key).unwrap().problems, [""; 0]);
    let desk = Desk::open(store).unwrap();
    is_derived_anew(world, &desk, schema);
    let sweep = desk.sweep().unwrap();
    assert!(sweep.snapshots.is_empty() && sweep.broken.is_empty(), "{sweep:?}");
    drop(desk);
    let present = contents::of(world.place(), key);
    for (was, is) in contents.lines().zip(&present) {
        assert_eq!(was, is);
    }
    // What was frozen before the log of settings was told ends where that begins.
    let rest = &present[contents.lines().count()..];
    assert!(rest.first().is_none_or(|line| line == contents::SETTINGS), "{rest:?}");
    assert_eq!(world.import(&world.fixture("gb18030.csv"), &[])["imported"], 2, "work goes on");
}

/// What the program of that day derived becomes what this one derives, and the doctor says how far that is.
fn is_derived_anew(world: &World, desk: &Desk, schema: u32) {
    let told = || {
        let report = world.json(&["doctor"]);
        let findings = report["findings"].as_array().unwrap().iter();
        let mut older = findings.filter(|one| one["code"] == "old_derived");
        older.next().map(|one| one["facts"].clone())
    };
    let cases = desk.store().facts().unwrap().cases.to_string();
    // From the fourth on a case says by which rules it was derived: by those of today, as long as they have not changed.
    let is_due = schema < 4 || desk.older().unwrap() != Older::default();
    let due = json!({ "count": cases, "done": "0", "cases": cases });
    assert_eq!(told(), is_due.then_some(due));
    let done = desk.rederive(&|| true, &mut |_| {}).unwrap();
    let derived = if is_due { cases } else { "0".to_owned() };
    assert_eq!((done.cases.to_string(), done.failed, done.elsewhere), (derived, 0, false));
    assert_eq!((desk.older().unwrap(), told()), (Older::default(), None));
    let mut expected = BTreeMap::new();
    let all = desk.store().list(&Scope::all(), &Filter::default(), Sort::NewestEntry, None, 9_999);
    for row in all.unwrap().rows {
        for cell in desk.derived_of(row.id).unwrap().rollups {
            *expected.entry((cell.metric, cell.day, cell.dims)).or_insert(0) += cell.add;
        }
    }
    let metrics: BTreeSet<String> = expected.keys().map(|(metric, ..)| metric.clone()).collect();
    let days = ["2020-01-01", "2099-12-31"].map(|day| day.parse().unwrap());
    let cells = |metric: &String| desk.store().rollups(metric, days[0], days[1]).unwrap();
    let found = metrics.iter().flat_map(cells);
    let found: BTreeMap<_, _> =
        found.map(|cell| ((cell.metric, cell.day, cell.dims), cell.add)).collect();
    assert_eq!(found, expected);
}

/// Freezes the schema of this program. Done once, before a release with a new schema; see the README.
#[test]
#[ignore = "makes files of the tree"]
fn freeze_the_present_schema() {
    let world = World::new();
    let requests = frozen().join("requests.jsonl");
    let demo = world.run(&["demo", "--no-serve", "--samples", requests.to_str().unwrap()]);
    assert!(demo.fine, "{}{}", demo.out, demo.err);
    let file = world.path("说明.txt");
    fs::write(&file, "附件").unwrap();
    let pair = format!("附件={}", file.display());
    let forgotten = world.json(&[
        "case",
        "register",
        "cf",
        "反馈渠道=电话",
        "客户姓名=王小明",
        "--file",
        &pair,
    ]);
    assert!(world.run(&["person", "put", "gone", "离职", "--roles", "agent"]).fine);
    assert!(world.run(&["person", "key", "gone"]).fine);

    let key = contents::key(&world.data());
    let store = Store::open(world.place(), Options::new(key)).unwrap();
    let number = forgotten["number"].as_str().unwrap();
    let id = store.case_by_number(&Scope::all(), number).unwrap().unwrap().summary.id;
    store.erase(id).unwrap();
    let schema = store.facts().unwrap().schema;
    drop(store);

    let folder = frozen().join(format!("schema-{schema}"));
    fs::create_dir(&folder).expect("a released schema is never frozen again");
    fs::copy(world.data().join("master.key"), folder.join("master.key")).unwrap();
    let copy = world.path("copy");
    assert!(world.run(&["backup", copy.to_str().unwrap()]).fine);
    pack(&fs::read(copy.join("bihuan.db")).unwrap(), &folder.join(DATABASE));
    copy_files(&copy.join("blobs"), &folder.join("blobs"));
    let server = World::on_server();
    let from = format!("sqlite:{}", world.data().display());
    assert!(server.run(&["migrate", "--from", &from, "--to", server.address()]).fine);
    pack(&cluster::Cluster::dump(server.address()).unwrap(), &folder.join(DUMP));
    let anchor = server.data().join("blobs").join(FOLDER_ANCHOR);
    fs::copy(anchor, folder.join(FOLDER_ANCHOR)).unwrap();
    let lines = contents::of(world.place(), key);
    assert_eq!(contents::of(server.place(), key), lines);
    fs::write(folder.join(CONTENTS), lines.join("\n") + "\n").unwrap();
    for file in [DATABASE, DUMP, CONTENTS] {
        assert!(fs::metadata(folder.join(file)).unwrap().len() < 500 << 10, "{file} is too large");
    }
}

//! The disk is full, read-only or damaged, files are missing, the database is gone: what the program says, and that nothing is lost.

use crate::serving::{Client, Serving};
use crate::world::World;
use cluster::Disk;
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use store::{Place, Store};

/// Asks until it holds.
fn soon(what: &str, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn number(answer: &crate::serving::Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["number"].as_str().unwrap().to_owned()
}

fn is_open(serving: &Serving, client: &Client, number: &str) {
    assert_eq!(
        serving.get(&client.key, &format!("/api/v1/cases/{number}")).status,
        200,
        "{number}"
    );
}

fn wrong(report: &Json) -> Vec<(String, String)> {
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |found: &Json, name: &str| found[name].as_str().unwrap().to_owned();
    findings
        .filter(|found| found["level"] == "wrong")
        .map(|found| (text(found, "code"), text(found, "message")))
        .collect()
}

#[test]
fn a_full_disk_is_said_and_survived() {
    let Some(disk) = Disk::of(32).unwrap() else { return };
    let world = World::in_folder(disk.path());
    let client = Client::of(&world);
    let serving = Serving::quiet(&world);
    let mut known = vec![number(&serving.register(&client, 0).unwrap())];
    let file = serving.upload(&client, b"before");
    assert_eq!(file.status, 201, "{}", file.body);
    disk.fill().unwrap();
    let refused = (1..5_000).find_map(|n| {
        let answer = serving.register(&client, n).unwrap();
        match answer.status {
            201 => known.push(number(&answer)),
            _ => return Some((n, answer)),
        }
        None
    });
    let (n, refused) = refused.expect("the disk gets full");
    refused.is_problem(507, "storage-full", "腾出空间");
    assert!(refused.head.contains("\r\nretry-after: 30"), "{}", refused.head);
    serving.upload(&client, &[b'x'; 100_000]).is_problem(507, "storage-full", "没有保存");
    known.iter().for_each(|number| is_open(&serving, &client, number));
    let path = format!("/api/v1/attachments/{}", file.body["id"].as_str().unwrap());
    assert_eq!(serving.get(&client.key, &path).body, "before");
    let report = world.json(&["doctor"]);
    assert!(wrong(&report).iter().any(|(code, _)| code == "disk_full"), "{report:#}");

    disk.make_room().unwrap();
    // The same server, the same call.
    known.push(number(&serving.register(&client, n).unwrap()));
    assert_eq!(serving.upload(&client, &[b'x'; 100_000]).status, 201);
    drop(serving);
    let serving = Serving::quiet(&world);
    known.iter().for_each(|number| is_open(&serving, &client, number));
    drop(serving);
    assert_eq!(world.cases(), known.len(), "what was refused is not there");

    // Nothing begins without room for the log; it says why.
    disk.fill().unwrap();
    let said = world.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(!said.fine && said.err.contains("腾出空间"), "{}", said.err);
}

#[test]
fn a_read_only_folder_is_said_at_the_start() {
    let Some(disk) = Disk::of(32).unwrap() else { return };
    let world = World::in_folder(disk.path());
    Client::of(&world);
    disk.read_only(true).unwrap();
    for (lang, word) in [("zh", "只读"), ("en", "read-only")] {
        for command in [
            &["serve", "--listen", "127.0.0.1:0"][..],
            &["person", "put", "x", "x", "--roles", "agent"],
        ] {
            let said = world.run(&[&["--lang", lang], command].concat());
            assert!(!said.fine && said.err.contains(word), "{}", said.err);
        }
    }
    let report = world.json(&["doctor"]);
    assert!(
        wrong(&report).iter().any(|(code, text)| code == "cannot_open" && text.contains("只读")),
        "{report:#}"
    );
    disk.read_only(false).unwrap();
    assert!(world.run(&["person", "list"]).fine);
}

#[test]
fn a_disk_that_turns_read_only_under_a_server_is_said() {
    let Some(disk) = Disk::that_may_fail(64).unwrap() else { return };
    let world = World::in_folder(disk.path());
    let client = Client::of(&world);
    let serving = Serving::quiet(&world);
    let known = number(&serving.register(&client, 0).unwrap());
    disk.fail().unwrap();
    serving.register(&client, 1).unwrap().is_problem(503, "read-only", "只读");
    serving.upload(&client, b"after").is_problem(503, "read-only", "请重新提交");
    is_open(&serving, &client, &known);
    assert_eq!(serving.get(&client.key, "/api/v1/cases").status, 200);
}

#[test]
fn files_that_are_moved_away_under_a_server_are_said_and_welcome_back() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::in_folder(folder.path());
    let client = Client::of(&world);
    let serving = Serving::quiet(&world);
    let known = number(&serving.register(&client, 0).unwrap());
    let (data, aside) = (world.data(), folder.path().join("aside"));
    fs::rename(&data, &aside).unwrap();
    serving.register(&client, 1).unwrap().is_problem(503, "database-moved", "放回");
    soon("not ready", || serving.get("", "/readyz").status == 503);
    fs::rename(&aside, &data).unwrap();
    soon("ready", || serving.get("", "/readyz").status == 200);
    let second = number(&serving.register(&client, 1).unwrap());
    [known, second].iter().for_each(|number| is_open(&serving, &client, number));
}

#[test]
fn attachments_whose_mount_is_gone_are_said_and_welcome_back() {
    let world = World::on_server();
    let client = Client::of(&world);
    let serving = Serving::quiet(&world);
    let file = serving.upload(&client, b"before");
    assert_eq!(file.status, 201, "{}", file.body);
    let path = format!("/api/v1/attachments/{}", file.body["id"].as_str().unwrap());
    let (blobs, aside) = (world.data().join("blobs"), world.path("aside"));
    fs::rename(&blobs, &aside).unwrap();
    serving.upload(&client, b"after").is_problem(503, "files-away", "没有保存");
    serving.get(&client.key, &path).is_problem(503, "files-away", "挂载");
    let ready = serving.get("", "/readyz");
    assert_eq!((ready.status, &ready.body["files"]), (503, &false.into()), "{}", ready.body);
    // Cases are worked on meanwhile; a second server does not begin.
    let known = number(&serving.register(&client, 0).unwrap());
    let said = world.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(!said.fine && said.err.contains("anchor"), "{}", said.err);
    assert!(!blobs.exists());
    fs::rename(&aside, &blobs).unwrap();
    assert_eq!(serving.get("", "/readyz").status, 200);
    assert_eq!(serving.get(&client.key, &path).body, "before");
    assert_eq!(serving.upload(&client, b"after").status, 201);
    is_open(&serving, &client, &known);
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
fn damage_is_found_refused_and_told_how_to_mend() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::in_folder(folder.path());
    let client = Client::of(&world);
    let serving = Serving::quiet(&world);
    let known: Vec<String> =
        (0..8).map(|n| number(&serving.register(&client, n).unwrap())).collect();
    drop(serving);
    let backup = folder.path().join("backup");
    assert!(world.run(&["backup", backup.to_str().unwrap()]).fine);
    assert!(world.run(&["person", "list"]).fine, "the log is in the database now");
    let file = world.data().join("bihuan.db");
    let (whole, mut refused) = (fs::read(&file).unwrap(), 0);
    let sound = folder.path().join("sound");
    copied(&world.data(), &sound);
    let pages = whole.len() / 4_096;
    // Pages all over the file; the store's own test damages each one.
    for page in (0..6).map(|n| pages * n / 6 + 1) {
        let mut bytes = whole.clone();
        bytes[page * 4_096..(page + 1) * 4_096].fill(0xa5);
        fs::write(&file, &bytes).unwrap();
        let report = world.json(&["doctor"]);
        let found = wrong(&report);
        let damaged = found.iter().filter(|(_, text)| text.contains("损坏")).count();
        if damaged > 0 {
            refused += 1;
            assert!(found.iter().any(|(_, text)| text.contains("bihuan restore")), "{report:#}");
        }
        let mut command = world.command(&["case", "list", "--all", "--limit", "1000"]);
        let run = crate::world::said(command.output().unwrap());
        assert!(
            run.fine || run.err.contains("损坏") || run.err.contains("bihuan doctor"),
            "{}",
            run.err
        );
    }
    assert!(refused > 0, "no page of {pages} matters");
    // The first page: nothing begins, and what to do is said.
    let mut bytes = whole;
    bytes[..4_096].fill(0);
    fs::write(&file, &bytes).unwrap();
    let said = world.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(!said.fine && said.err.contains("bihuan restore"), "{}", said.err);
    // As it is told: the backup into an empty folder.
    let back = folder.path().join("back");
    fs::create_dir(&back).unwrap();
    fs::copy(world.data().join("master.key"), back.join("master.key")).unwrap();
    let run = world.run(&["restore", backup.to_str().unwrap(), "--to", back.to_str().unwrap()]);
    assert!(run.fine, "{}", run.err);
    let verified = Store::verify(&back, crate::contents::key(&back)).unwrap();
    assert_eq!((verified.cases, verified.problems.len()), (8, 0));
    assert_eq!(known.len(), 8);
}

fn blobs(data: &Path) -> Vec<PathBuf> {
    let sub = fs::read_dir(data.join("blobs")).unwrap().map(|entry| entry.unwrap().path());
    sub.flat_map(|sub| fs::read_dir(sub).unwrap().map(|entry| entry.unwrap().path())).collect()
}

#[test]
fn a_missing_file_costs_only_itself_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::in_folder(folder.path());
    let client = Client::of(&world);
    let text = world.path("说明.txt");
    fs::write(&text, "附件").unwrap();
    let pair = format!("附件={}", text.display());
    let args = ["case", "register", "cf", "反馈渠道=电话", "客户姓名=王小明", "--file", &pair];
    let registered = world.json(&args);
    let case = registered["number"].as_str().unwrap();
    let backup = folder.path().join("backup");
    assert!(world.run(&["backup", backup.to_str().unwrap()]).fine);
    let serving = Serving::quiet(&world);
    for data in [world.data(), backup.clone()] {
        let files = blobs(&data);
        assert_eq!(files.len(), 1);
        fs::remove_file(&files[0]).unwrap();
    }
    is_open(&serving, &client, case);
    let list = serving.get(&client.key, &format!("/api/v1/cases/{case}/attachments"));
    let id = list.body["items"][0]["id"].as_str().unwrap().to_owned();
    let missing = serving.get(&client.key, &format!("/api/v1/attachments/{id}"));
    missing.is_problem(404, "file-missing", "bihuan doctor");
    drop(serving);
    let out = world.path("out.txt");
    let said = world.run(&["case", "attachment", case, &id, "--out", out.to_str().unwrap()]);
    assert!(!said.fine && said.err.contains("blobs"), "{}", said.err);
    let report = world.json(&["doctor"]);
    assert!(
        wrong(&report)
            .iter()
            .any(|(code, text)| code == "damaged" && text.contains(&id) && text.contains(case)),
        "{report:#}"
    );
    let verified = world.json(&["restore", backup.to_str().unwrap(), "--verify"]);
    assert_eq!(verified["sound"], false);
    assert!(verified["problems"][0].as_str().unwrap().contains(&id), "{verified:#}");
    let place = Place::at(&world.data());
    assert_eq!(Store::schema(&place).unwrap().0, Store::schema(&place).unwrap().1);
}

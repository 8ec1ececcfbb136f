//! The life of an installation on a server: every command, moving there and back, backup and restore, and what is said when the
//! server cannot be used.

use crate::contents;
use crate::world::World;
use serde_json::Value as Json;
use std::fs;
use store::{Options, Place, Scope, Store};

fn codes(report: &Json, level: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let wanted = findings.filter(|found| found["level"] == level);
    wanted.map(|found| found["code"].as_str().unwrap().to_owned()).collect()
}

/// Numbers of the cases that hold a word.
fn found(world: &World, word: &str) -> usize {
    world.json(&["case", "search", word]).as_array().unwrap().len()
}

#[test]
fn every_command_works_over_a_server() {
    let world = World::on_server();
    let imported = world.import(&world.fixture("gb18030.csv"), &[]);
    assert_eq!(imported["imported"], 2, "{imported:#}");
    assert!(!world.data().join("bihuan.db").exists(), "nothing is kept in the folder but the key");
    assert!(world.run(&["person", "put", "lin", "林晓", "--roles", "agent"]).fine);
    assert_eq!(world.cases(), 2);
    let number = world.json(&["case", "list"])[0]["number"].as_str().unwrap().to_owned();
    for command in ["show", "events", "explain"] {
        let run = world.run(&["case", command, &number]);
        assert!(run.fine && run.out.contains(char::is_alphanumeric), "{command}: {}", run.err);
    }
    let out = world.path("out.csv");
    assert!(world.run(&["export", "--format", "csv", "--out", out.to_str().unwrap()]).fine);
    assert_eq!(fs::read_to_string(out).unwrap().trim_end().lines().count(), 3);
    assert_eq!(world.run(&["--no-listen", "case", "list"]).out, world.run(&["case", "list"]).out);
}

#[test]
fn the_doctor_looks_at_the_server() {
    let world = World::on_server();
    assert_eq!(codes(&world.json(&["doctor"]), "wrong"), ["no_database"]);
    world.import(&world.fixture("gb18030.csv"), &[]);
    let report = world.json(&["doctor"]);
    let wrong = codes(&report, "wrong");
    // The server of the tests forces nothing to disk.
    assert!(wrong.contains(&"not_durable".to_owned()), "{report:#}");
    let fine = codes(&report, "ok");
    for code in [
        "server_version",
        "sessions",
        "server_clock",
        "connection",
        "blobs_shared",
        "integrity",
        "schema",
    ] {
        assert!(fine.iter().any(|found| found == code), "{code} in {fine:?}");
    }
    let (blobs, aside) = (world.data().join("blobs"), world.path("aside"));
    fs::rename(&blobs, &aside).unwrap();
    let report = world.json(&["doctor"]);
    assert!(codes(&report, "wrong").contains(&"cannot_open".to_owned()), "{report:#}");
    assert!(report.to_string().contains("挂载"), "{report:#}");
    fs::write(&blobs, "in the way").unwrap();
    assert!(codes(&world.json(&["doctor"]), "wrong").contains(&"blobs_unwritable".to_owned()));
}

#[test]
fn a_copy_that_was_broken_off_is_told_in_both_languages() {
    let world = World::on_server();
    world.import(&world.fixture("gb18030.csv"), &[]);
    let broken = "INSERT INTO facts (name, value) VALUES ('unfinished copy', '\\x01')";
    cluster::Cluster::sql(world.address(), broken).unwrap();
    for (lang, words) in [("zh", "中途中断"), ("en", "was broken off")] {
        let run = world.run(&["--lang", lang, "case", "list"]);
        assert!(!run.fine && run.err.contains(words), "{}", run.err);
    }
}

#[test]
fn a_server_that_takes_the_connection_and_says_nothing_is_told_in_time() {
    let world = World::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("postgres://u@{}/d", silent.local_addr().unwrap());
    let since = std::time::Instant::now();
    let run = world.run(&["--database", &address, "doctor"]);
    assert!(!run.fine && run.out.contains("没有应答"), "{}{}", run.out, run.err);
    assert!(since.elapsed().as_secs() < 30, "{:?}", since.elapsed());
}

#[test]
fn a_running_server_is_backed_up_into_a_folder_and_restored_anywhere() {
    let world = World::on_server();
    world.import(&world.fixture("gb18030.csv"), &[]);
    let (copy, back) = (world.path("copy"), world.path("back"));
    let (copy_text, back_text) = (copy.to_str().unwrap(), back.to_str().unwrap());
    // Somebody has it open, as a server would.
    let key = contents::key(&world.data());
    let open = Store::open(world.place(), Options::new(key)).unwrap();
    let made = world.run(&["backup", copy_text]);
    assert!(made.fine && made.out.contains("不含主密钥"), "{}{}", made.out, made.err);
    assert!(!copy.join("master.key").exists());
    let verified = world.json(&["restore", copy_text, "--verify"]);
    assert_eq!((&verified["sound"], &verified["cases"]), (&true.into(), &2.into()), "{verified:#}");

    let occupied = world.run(&["restore", copy_text, "--to", world.address()]);
    assert!(!occupied.fine && occupied.err.contains("已有数据"), "{}", occupied.err);
    assert!(world.run(&["restore", copy_text, "--to", back_text]).fine);
    let other = World::on_server();
    let mut restore = world.command(&["restore", copy_text, "--to", other.address()]);
    let run = crate::world::said(restore.output().unwrap());
    assert!(run.fine && !run.out.contains("master.key"), "{}{}", run.out, run.err);
    drop(open);

    fs::copy(world.data().join("master.key"), back.join("master.key")).unwrap();
    let there = contents::of(world.place(), key);
    assert!(there.len() > 20);
    let restored = Place::postgres(other.address(), &world.data()).unwrap();
    assert_eq!(contents::of(restored, key), there);
    assert_eq!(contents::of(Place::at(&back), key), there);
}

#[test]
fn moving_refuses_what_would_lose_something() {
    let world = World::new();
    world.import(&world.fixture("gb18030.csv"), &[]);
    let from = format!("sqlite:{}", world.data().display());
    let server = World::on_server();
    let migrate = |from: &str, to: &str, more: &[&str]| {
        let mut args = vec!["migrate", "--from", from, "--to", to];
        args.extend(more);
        world.run(&args)
    };
    let key = contents::key(&world.data());
    let open = Store::open(world.data(), Options::new(key)).unwrap();
    let run = migrate(&from, server.address(), &[]);
    assert!(!run.fine && run.err.contains("bihuan serve"), "{}", run.err);
    assert!(Place::postgres(server.address(), &world.data()).unwrap().is_vacant().unwrap());
    drop(open);
    assert!(migrate(&from, server.address(), &[]).fine);
    let run = migrate(&from, server.address(), &[]);
    assert!(!run.fine && run.err.contains("已有数据"), "{}", run.err);
    assert!(!migrate(&from, &from, &[]).fine);

    let back = format!("sqlite:{}", world.path("back").display());
    let open =
        Store::open(Place::postgres(server.address(), &world.data()).unwrap(), Options::new(key))
            .unwrap();
    let run = migrate(server.address(), &back, &[]);
    assert!(!run.fine && run.err.contains("--force"), "{}", run.err);
    assert!(!world.path("back").join("bihuan.db").exists());
    let run = migrate(server.address(), &back, &["--force"]);
    assert!(run.fine, "{}", run.err);
    drop(open);
    assert!(world.path("back/master.key").exists(), "an installation moves with its key");
    fs::write(world.path("back/master.key"), "0".repeat(64)).unwrap();
    fs::remove_file(world.path("back/bihuan.db")).unwrap();
    let run = migrate(server.address(), &back, &[]);
    assert!(!run.fine && run.err.contains("另一个主密钥"), "{}", run.err);
}

#[test]
fn a_case_is_found_after_the_move_and_not_twice() {
    let world = World::new();
    world.import(&world.fixture("gb18030.csv"), &[]);
    let text = world.json(&["case", "list"])[0]["title"].as_str().unwrap_or_default().to_owned();
    let word: String = text.chars().take(2).collect();
    let server = World::on_server();
    let from = format!("sqlite:{}", world.data().display());
    assert!(server.run(&["migrate", "--from", &from, "--to", server.address()]).fine);
    assert_eq!(found(&server, &word), found(&world, &word), "{word}");
    let key = contents::key(&server.data());
    let store = Store::open(server.place(), Options::new(key)).unwrap();
    assert_eq!(
        store
            .list(&Scope::all(), &store::Filter::default(), store::Sort::Newest, None, 9)
            .unwrap()
            .rows
            .len(),
        2
    );
}

#[test]
fn what_is_wrong_with_a_database_is_said_without_its_password() {
    let world = World::new();
    let server = World::on_server();
    let unknown = server.address().replacen("/t_", "/nobody_", 1);
    let with = |option: &str| format!("{}&{option}", server.address());
    let cases = [
        ("postgres://u:geheim@127.0.0.1:1/d".to_owned(), "连接不上", "cannot be reached"),
        (unknown, "没有这个数据库", "no such database"),
        ("postgres://u:geheim@h/d?nonsense=geheim".to_owned(), "地址不对", "is wrong"),
        ("mysql://u:geheim@h/d".to_owned(), "sqlite:文件夹", "sqlite:FOLDER"),
        (with("user=nobody_at_all"), "拒绝登录", "refuses the login"),
    ];
    for (address, zh, en) in &cases {
        for (lang, words) in [("zh", zh), ("en", en)] {
            for command in
                [&["person", "list"][..], &["doctor"], &["serve"], &["backup", "/nowhere/x"]]
            {
                let mut args = vec!["--lang", lang, "--database", address];
                args.extend(command);
                let run = world.run(&args);
                let said = format!("{}{}", run.out, run.err);
                assert!(!run.fine && said.contains(*words), "{address} {command:?}: {said}");
                assert!(!said.contains("geheim"), "{said}");
            }
        }
    }
    let mut help = world.command(&["--help"]);
    let help = help.env("BIHUAN_DATABASE", "postgres://u:geheim@h/d").output().unwrap();
    assert!(!String::from_utf8(help.stdout).unwrap().contains("geheim"));
}

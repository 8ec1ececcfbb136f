//! Files on the command line: into a case and back.

use crate::world::World;
use std::fs;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

#[test]
fn a_file_is_uploaded_into_a_field_listed_and_saved() {
    let world = World::new();
    let picture = world.path("现场照片.png");
    fs::write(&picture, PNG).unwrap();
    let pair = format!("附件={}", picture.display());
    let registered = world.json(&["case", "register", "cf", "反馈渠道=电话", "--file", &pair]);
    let number = registered["number"].as_str().unwrap();
    let files = world.json(&["case", "attachments", number]);
    assert_eq!(
        (&files[0]["name"], &files[0]["content_type"]),
        (&"现场照片.png".into(), &"image/png".into())
    );
    assert!(world.run(&["case", "show", number]).out.contains("附件: 现场照片.png"));
    assert_eq!(world.json(&["case", "search", "现场照片"])[0]["number"], number);

    // A second one joins the first by an action.
    world.run(&["person", "put", "lin", "林晓", "--roles", "agent,cs_lead"]);
    let manual = world.path("说明书.pdf");
    fs::write(&manual, b"%PDF-1.7").unwrap();
    let pair = format!("附件={}", manual.display());
    let done =
        world.run(&["--as", "lin", "case", "do", number, "edit", "理由=补充", "--file", &pair]);
    assert!(
        done.fine && done.out.contains("附件: 现场照片.png、说明书.pdf"),
        "{}{}",
        done.out,
        done.err
    );

    let out = world.path("saved.png");
    let to = out.to_str().unwrap();
    let id = files[0]["id"].as_str().unwrap();
    assert!(world.run(&["case", "attachment", number, id, "--out", to]).fine);
    assert_eq!(fs::read(&out).unwrap(), PNG);
    let again = world.run(&["case", "attachment", number, id, "--out", to]);
    assert!(!again.fine && again.err.contains("已存在"), "{}", again.err);
    let folder = world.path("folder");
    fs::create_dir(&folder).unwrap();
    let to = folder.to_str().unwrap();
    assert!(world.run(&["case", "attachment", number, "说明书.pdf", "--out", to]).fine);
    assert!(folder.join("说明书.pdf").exists());
    let none = world.run(&["case", "attachment", number, "没有.pdf", "--out", to]);
    assert!(!none.fine && none.err.contains("bihuan case attachments"), "{}", none.err);
}

#[test]
fn the_account_of_a_case_hides_names_and_numbers_unless_they_are_asked_for() {
    let world = World::new();
    let said = [
        "客户姓名=王小明",
        "联系方式=13812345678",
        "反馈渠道=电话",
        "具体现象=无法登录，请回电13912345678",
    ];
    let mut line = vec!["case", "register", "cf"];
    line.extend(said);
    let registered = world.json(&line);
    let number = registered["number"].as_str().unwrap();
    for command in ["events", "show"] {
        for json in [vec![], vec!["--json"]] {
            let mut line = json.clone();
            line.extend(["case", command, number]);
            let hidden = world.run(&line).out;
            assert!(hidden.contains("138****5678") && hidden.contains("139****5678"), "{hidden}");
            assert!(!hidden.contains("1234") && !hidden.contains("王小明"), "{hidden}");
            line.push("--reveal");
            let full = world.run(&line).out;
            assert!(
                full.contains("13812345678")
                    && full.contains("13912345678")
                    && full.contains("王小明"),
                "{full}"
            );
        }
    }
    let list = world.run(&["case", "list"]).out;
    assert!(list.contains("139****5678") && !list.contains("13912345678"), "{list}");
}

#[test]
fn a_file_that_cannot_be_taken_in_opens_no_case() {
    let world = World::new();
    let (empty, large) = (world.path("空.txt"), world.path("大.bin"));
    fs::write(&empty, b"").unwrap();
    fs::File::create(&large).unwrap().set_len(30 << 20).unwrap();
    for (file, field, said) in [
        (&empty, "附件", "空的"),
        (&large, "附件", "最大 25 MiB"),
        (&world.path("无.txt"), "附件", "无.txt"),
        (&empty, "客户姓名", "不是附件字段"),
    ] {
        let pair = format!("{field}={}", file.display());
        let refused = world.run(&["case", "register", "cf", "反馈渠道=电话", "--file", &pair]);
        assert!(!refused.fine && refused.err.contains(said), "{}", refused.err);
    }
    let unknown = world.run(&["case", "register", "cf", "反馈渠道=电话", "附件=现场照片.png"]);
    assert!(!unknown.fine && unknown.err.contains("附件：没有这个附件"), "{}", unknown.err);
    assert_eq!(world.cases(), 0);
}

//! The scenarios of the procedures through the whole desk: committed, read back, and driven by the worker.

use crate::mirror::Mirror;
use crate::world::opened;
use desk::{Desk, DeskError, Options, VirtualClock};
use engine::command::{Command, Entered, Extra};
use engine::key::Key;
use engine::people::Who;
use engine::procedure::FieldKind;
use engine::refusal::Refusal;
use engine::sim::Sim;
use jiff::Timestamp;
use scenarios::{Player, Start, builtin, parse, root, run};
use std::sync::Arc;
use store::{Administer, Change, Place};

/// A desk over the database that the suite runs on, and what was last read from it.
struct Real {
    desk: Desk,
    clock: Arc<VirtualClock>,
    mirror: Mirror,
    _folder: tempfile::TempDir,
    _database: Option<cluster::Database>,
}

/// A database with the procedures published, copied for each scenario.
struct Prepared {
    folder: tempfile::TempDir,
    database: Option<cluster::Database>,
}

fn place(folder: &tempfile::TempDir, database: &Option<cluster::Database>) -> Place {
    match database {
        Some(database) => Place::postgres(&database.address, folder.path()).unwrap(),
        None => Place::at(folder.path()),
    }
}

impl Prepared {
    fn new() -> Self {
        let (folder, database) =
            (tempfile::tempdir().unwrap(), cluster::Database::chosen().unwrap());
        let clock = Arc::new(VirtualClock::at(Timestamp::UNIX_EPOCH));
        let desk = opened(&place(&folder, &database), &clock, false);
        desk.install_builtin("test").unwrap();
        Self { folder, database }
    }

    fn begin(&self, start: &Start) -> Real {
        let folder = tempfile::tempdir().unwrap();
        let database = self.database.as_ref().map(|database| database.copy().unwrap());
        if database.is_none() {
            let name = "bihuan.db";
            std::fs::copy(self.folder.path().join(name), folder.path().join(name)).unwrap();
        } else {
            // The copy of the database knows the folder of attachments by its anchor.
            let anchor =
                |of: &tempfile::TempDir| of.path().join("blobs").join(store::FOLDER_ANCHOR);
            std::fs::create_dir(folder.path().join("blobs")).unwrap();
            std::fs::copy(anchor(&self.folder), anchor(&folder)).unwrap();
        }
        let clock = Arc::new(VirtualClock::at(start.now));
        let desk = opened(&place(&folder, &database), &clock, false);
        desk.put_people("test", &start.directory.people).unwrap();
        let mirror = Mirror::new(&desk, start.directory.clone());
        Real { desk, clock, mirror, _folder: folder, _database: database }
    }
}

impl Real {
    /// Uploads the files that are named, and names them by their ids.
    fn uploaded(&self, who: &Who, procedure: &str, mut fields: Entered) -> Entered {
        let (rules, _) = self.seen().library.newest(procedure).unwrap();
        for (key, value) in &mut fields {
            if rules.field(key).is_some_and(|field| field.kind == FieldKind::Files) {
                for name in value.as_array_mut().unwrap() {
                    *name = self.upload(who, name.as_str().unwrap()).into();
                }
            }
        }
        fields
    }

    fn upload(&self, who: &Who, name: &str) -> String {
        self.desk.upload(who, name, name.as_bytes().to_vec()).unwrap().id.to_string()
    }

    fn done(&mut self, outcome: Result<desk::Done, DeskError>) -> Result<Key, Refusal> {
        self.mirror.look(&self.desk);
        match outcome {
            Ok(done) => Ok(done.case.to_string().as_str().into()),
            Err(DeskError::Refused(refusal)) => Err(refusal),
            Err(other) => panic!("{other}"),
        }
    }
}

impl Player for Real {
    fn seen(&self) -> &Sim {
        &self.mirror.seen
    }

    fn register(&mut self, who: Who, procedure: &str, fields: Entered) -> Result<Key, Refusal> {
        let fields = self.uploaded(&who, procedure, fields);
        let outcome = self.desk.register(&who, procedure, fields, Options::default());
        self.done(outcome)
    }

    fn act(
        &mut self,
        who: Who,
        case: &Key,
        action: &str,
        fields: Entered,
        mut extra: Extra,
    ) -> Result<(), Refusal> {
        let procedure = self.seen().cases.get(case).unwrap().procedure.clone();
        let fields = self.uploaded(&who, &procedure, fields);
        extra.file = extra.file.map(|name| self.upload(&who, &name));
        let (case, action, extra) = (case.clone(), action.into(), Box::new(extra));
        let command = Command::Act { case, action, fields, extra };
        let outcome = self.desk.submit(&who, command, Options::default());
        self.done(outcome).map(drop)
    }

    fn advance(&mut self, to: Timestamp, inclusive: bool) {
        self.desk.run_until(&self.clock, to).unwrap();
        if inclusive {
            self.desk.run_due("scenario").unwrap();
        }
        self.mirror.look(&self.desk);
    }

    fn preset_serial(&mut self, scope: String, serial: i64) {
        let changes = vec![Change::RaiseSerial { scope, last: serial }];
        let (at, actor) = (self.desk.now(), "test".to_owned());
        self.desk.store().administer(Administer { at, actor, changes }).unwrap();
    }
}

macro_rules! scenarios {
    ($($test:ident => $folder:literal),* $(,)?) => { $(
        #[test]
        fn $test() {
            let text = std::fs::read_to_string(root().join($folder).join("scenarios.md")).unwrap();
            let prepared = Prepared::new();
            let begin = |start| prepared.begin(&start);
            let failures = run(&parse(&text), $folder, &builtin(), begin).failures;
            assert!(failures.is_empty(), "{} of the rows differ:\n{}", failures.len(), failures.join("\n"));
        }
    )* };
}

scenarios! {
    scenarios_of_s1_feedback_hold_at_the_desk => "cf",
    scenarios_of_s2_after_sales_hold_at_the_desk => "as",
    scenarios_of_s3_hotline_hold_at_the_desk => "hl",
    scenarios_of_s4_multichannel_hold_at_the_desk => "mc",
    scenarios_of_s5_complaints_hold_at_the_desk => "cp",
}

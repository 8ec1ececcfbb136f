//! A case goes on under the newest version of its procedure, over the real store.

use crate::world::{who, world};
use desk::{Caller, DeskError, KeyScope, Options};

fn caller(person: &str) -> Caller {
    Caller { person: person.into(), scopes: vec![KeyScope::CasesWrite] }
}

#[test]
fn a_case_moves_when_somebody_may_and_stays_otherwise() {
    let world = world();
    let case = world.register();
    let source = world.desk.published_version("as", None).unwrap().source;
    world.desk.publish("test", "as", &source).unwrap();
    let seen = || world.desk.case_for_operator(&case.number).unwrap();
    let pinned = seen().case.procedure_version;
    world.act("lin", &case, "comment").unwrap();
    assert_eq!(seen().case.procedure_version, pinned, "a case stays on its version");
    assert!(matches!(world.desk.moving(&caller("lin"), &seen()), Err(DeskError::Forbidden)));
    let command = world.desk.moving(&caller("zhou"), &seen()).unwrap();
    let looked = world.desk.try_submit(&who("zhou"), &command).unwrap();
    assert_eq!((looked.procedure_version, seen().case.procedure_version), (pinned + 1, pinned));
    let done = world.desk.submit(&who("zhou"), command.clone(), Options::default()).unwrap();
    let moved = seen();
    assert_eq!(moved.case.procedure_version, pinned + 1);
    assert_eq!(moved.summary.columns.procedure_version, pinned + 1, "lists know it as well");
    // Again: nothing is left to do.
    let again = world.desk.submit(&who("zhou"), command, Options::default()).unwrap();
    assert!(again.repeated && again.version == done.version);
    let sweep = world.desk.sweep().unwrap();
    assert!(sweep.snapshots.is_empty() && sweep.timers.is_empty() && sweep.broken.is_empty());
}

//! What the proof rests on: cases of the same shape have the same future.

use super::*;
use crate::check::claims::aims;
use crate::check::skeleton::skeleton;
use crate::procedure::read;

/// Skeletons with more states are left out here for their time.
const SMALL: usize = 1_500;

fn procedures() -> Vec<Procedure> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../procedures");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("procedure.toml"))
        .filter(|file| file.exists())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| read("procedure", &std::fs::read_to_string(file).unwrap()).unwrap())
        .collect()
}

/// Follows up a second case of every shape that was reached twice: it leads nowhere where the first did not lead.
fn twins_agree(skeleton: &Procedure, calendar: &Calendar, all: &[&Procedure]) -> usize {
    let place = Place::new(skeleton, calendar, all);
    let kit = telling_empty_apart(&place);
    let mut walk = Walk::new(&place, &kit, SMALL);
    walk.all();
    let mut looked_at = 0;
    if walk.closed {
        for twin in std::mem::take(&mut walk.twins).into_values() {
            let number = twin.number;
            let known = walk.states.len();
            let first = std::mem::take(&mut walk.states[number].next);
            walk.follow(&twin);
            let second = std::mem::replace(&mut walk.states[number].next, first.clone());
            assert_eq!(walk.states.len(), known, "a twin leads to a new state");
            let way: Vec<String> =
                way(&walk.states, number).into_iter().map(|step| step.name).collect();
            assert!(
                second.is_subset(&first),
                "twins at {way:?} differ in where they lead: {:?}",
                second
                    .difference(&first)
                    .map(|next| walk.states[*next].step.name.clone())
                    .collect::<Vec<_>>()
            );
            looked_at += 1;
        }
    }
    looked_at
}

#[test]
fn cases_of_the_same_shape_have_the_same_future() {
    let calendar = Calendar::from_toml(include_str!("../../../../../calendars/cn.toml")).unwrap();
    let procedures = procedures();
    let all: Vec<&Procedure> = procedures.iter().collect();
    let mut looked_at = 0;
    for procedure in &all {
        for aim in aims(procedure) {
            looked_at += twins_agree(&skeleton(procedure, &aim), &calendar, &all);
        }
    }
    assert!(looked_at > 1_000, "{looked_at} twins");
}

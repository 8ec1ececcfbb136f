//! Two servers on one database race for what is due; one of them is killed.

use crate::contents::key;
use crate::world::World;
use desk::{Clock, Desk, Options, SystemClock, VirtualClock, decode_event, entry};
use engine::clocks::TimerStep;
use engine::command::{Command, Entered, Extra};
use engine::event::Event;
use engine::people::{Person, Who};
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Store;
use uuid::Uuid;

/// Each has several timers, more than a thousand together.
const CASES: usize = 256;

/// A server that ends with its test, and listens already.
struct Serving(Child);

impl Serving {
    fn new(world: &World, more: &[&str]) -> Self {
        let mut args = vec!["--json"];
        args.extend(more);
        args.extend(["serve", "--listen", "127.0.0.1:0", "--log", "off"]);
        let mut command = world.command(&args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains('{'), "{line}");
        Self(child)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn desk(world: &World, clock: Arc<dyn Clock>) -> Desk {
    let store = Store::open(world.place(), store::Options::new(key(&world.data()))).unwrap();
    Desk::open_with(store, clock).unwrap()
}

/// Orders that were dispatched three days ago and that nobody has looked at since.
fn neglected(desk: &Desk) -> Vec<Uuid> {
    let person = |id: &str, role: &str| Person {
        id: id.into(),
        name: id.to_owned(),
        roles: vec![role.into()],
        department: None,
        senior: false,
        absent: Vec::new(),
    };
    let people = [("lin", "agent"), ("wang", "as_eng"), ("zhou", "cs_lead")];
    desk.put_people("test", &people.map(|(id, role)| person(id, role))).unwrap();
    let (procedure, calendar) = desk.library().newest("as").unwrap();
    let received = calendar.local(desk.now()).strftime("%Y-%m-%d %H:%M").to_string();
    let pairs = [
        ("来源渠道", "电话"),
        ("受理时间", &received),
        ("客户名称", "宏远机械厂"),
        ("联系人", "刘建国"),
        ("联系电话", "13912345678"),
        ("所属行业", "制造业"),
        ("客户等级", "VIP"),
        ("服务类型", "故障维修"),
        ("问题描述-客户原话", "机器开不了机，等着生产"),
        ("问题描述-客观情况", "屏幕提示E-05,已断电重启一次"),
        ("紧急程度", "高"),
    ];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (fields, _) =
        entry::inputs(&procedure, &calendar, procedure.register_action().unwrap(), &pairs).unwrap();
    let lin = Who::Person("lin".into());
    let one = || {
        let done = desk.register(&lin, "as", fields.clone(), Options::default()).unwrap();
        let command = Command::Act {
            case: done.case.to_string().as_str().into(),
            action: "dispatch".into(),
            fields: Entered::new(),
            extra: Box::new(Extra::default()),
        };
        desk.submit(&lin, command, Options::default()).unwrap();
        done.case
    };
    std::thread::scope(|scope| {
        let eighth = || (0..CASES / 8).map(|_| one()).collect::<Vec<_>>();
        let all: Vec<_> = (0..8).map(|_| scope.spawn(eighth)).collect();
        all.into_iter().flat_map(|one| one.join().unwrap()).collect()
    })
}

#[test]
fn two_servers_do_each_of_a_thousand_steps_once_though_one_is_killed() {
    let world = World::on_server();
    let made = world.run(&["person", "put", "lin", "林晓", "--roles", "agent"]);
    assert!(made.fine, "{}", made.err);
    let now = SystemClock.now();
    let before = now.checked_sub(SignedDuration::from_hours(72)).unwrap();
    let cases = neglected(&desk(&world, Arc::new(VirtualClock::at(before))));
    let here = desk(&world, Arc::new(SystemClock));
    let timers: usize = cases.iter().map(|case| here.store().timers(*case).unwrap().len()).sum();
    assert!(timers >= 1_000, "{timers}");

    // One of them is told of changes, the other one only asks.
    let (mut first, _second) = (Serving::new(&world, &[]), Serving::new(&world, &["--no-listen"]));
    let acted = || *here.store().changes().borrow();
    let begun = acted();
    let since = Instant::now();
    while acted() < begun + 100 {
        assert!(since.elapsed() < Duration::from_secs(60), "nobody begins");
        std::thread::sleep(Duration::from_millis(10));
    }
    first.0.kill().unwrap();
    first.0.wait().unwrap();
    while here.store().next_due_timer().unwrap().is_some_and(|due| due <= now)
        || here.sweep().unwrap().timers != Vec::<Uuid>::new()
    {
        assert!(since.elapsed() < Duration::from_secs(180), "something stays undone");
        std::thread::sleep(Duration::from_millis(200));
    }

    let (mut steps, mut breached) = (BTreeSet::new(), BTreeSet::new());
    for case in &cases {
        for row in here.store().events(*case, 0, 1_000).unwrap() {
            let event = decode_event(&row).unwrap().event;
            if let Event::StepFired { clock, generation, step, due, .. } = event {
                if step == TimerStep::Breach {
                    breached.insert(*case);
                }
                let step = format!("{case} {clock} {generation} {step:?} {due}");
                assert!(steps.insert(step.clone()), "twice: {step}");
            }
        }
    }
    assert!(steps.len() >= 1_000, "{}", steps.len());
    assert_eq!(breached.len(), CASES);
    // The sequence has no gap, whoever wrote.
    let (mut after, mut count) = (0, 0);
    loop {
        let part = here.store().feed(&store::Scope::all(), after, 500).unwrap();
        if part.events.is_empty() {
            break;
        }
        for event in &part.events {
            count += 1;
            assert_eq!(event.sequence, count);
        }
        after = part.upto;
    }
    assert_eq!(here.sweep().unwrap().snapshots, Vec::<Uuid>::new());
}

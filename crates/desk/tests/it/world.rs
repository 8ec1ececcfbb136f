//! A desk with a few people and the order of a customer, over the database that the suite runs on.

use desk::{Desk, DeskError, Done, Options, VirtualClock, entry};
use engine::command::{Command, Entered, Extra};
use engine::people::{Person, Who};
use std::sync::Arc;
use store::{Place, Store};

pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<VirtualClock>,
    place: Place,
    _folder: tempfile::TempDir,
    _database: Option<cluster::Database>,
}

/// Over the database that the suite runs on.
pub(crate) fn world() -> World {
    furnished(cluster::Database::chosen().unwrap(), true)
}

/// Over a server, whatever the suite runs on: what only several nodes can show.
pub(crate) fn on_a_server(listen: bool) -> World {
    furnished(Some(cluster::Database::new().unwrap()), listen)
}

/// What must hold with word from the server and without it.
pub(crate) fn told_or_asking(test: impl Fn(World, bool)) {
    for listen in [true, false] {
        test(on_a_server(listen), listen);
    }
}

fn furnished(database: Option<cluster::Database>, listen: bool) -> World {
    let folder = tempfile::tempdir().unwrap();
    let place = match &database {
        Some(database) => Place::postgres(&database.address, folder.path()).unwrap(),
        None => Place::at(folder.path()),
    };
    let clock = Arc::new(VirtualClock::at("2026-11-16T01:00:00Z".parse().unwrap()));
    let desk = opened(&place, &clock, listen);
    desk.install_builtin("test").unwrap();
    desk.put_people(
        "test",
        &[
            person("lin", "agent"),
            person("wang", "as_eng"),
            person("zhou", "cs_lead"),
            person("zheng", "as_director"),
        ],
    )
    .unwrap();
    World { desk, clock, place, _folder: folder, _database: database }
}

pub(crate) fn opened(place: &Place, clock: &Arc<VirtualClock>, listen: bool) -> Desk {
    let store =
        Store::open(place.clone(), store::Options { listen, ..store::Options::new([7; 32]) });
    Desk::open_with(store.unwrap(), clock.clone()).unwrap()
}

pub(crate) fn person(id: &str, role: &str) -> Person {
    Person {
        id: id.into(),
        name: format!("{id}某"),
        roles: vec![role.into()],
        department: None,
        senior: false,
        absent: Vec::new(),
        substitute: None,
    }
}

pub(crate) fn who(id: &str) -> Who {
    Who::Person(id.into())
}

impl World {
    /// Another node on the same database, by the same clock.
    pub(crate) fn node(&self, listen: bool) -> Desk {
        opened(&self.place, &self.clock, listen)
    }

    /// The fields of an after-sales order, by the names of its form.
    pub(crate) fn order(&self) -> Entered {
        order(&self.desk)
    }

    pub(crate) fn register(&self) -> Done {
        register(&self.desk)
    }

    pub(crate) fn act(&self, person: &str, case: &Done, action: &str) -> Result<Done, DeskError> {
        act(&self.desk, person, case, action)
    }

    pub(crate) fn act_with(
        &self,
        person: &str,
        case: &Done,
        action: &str,
        extra: Extra,
    ) -> Result<Done, DeskError> {
        act_with(&self.desk, person, case, action, extra)
    }
}

/// The fields of an after-sales order, by the names of its form.
pub(crate) fn order(desk: &Desk) -> Entered {
    let pairs = [
        ("来源渠道", "电话"),
        ("受理时间", "2026-11-16 09:00"),
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
    let (procedure, calendar) = desk.library().newest("as").unwrap();
    let pairs: Vec<_> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    entry::inputs(&procedure, &calendar, procedure.register_action().unwrap(), &pairs).unwrap().0
}

pub(crate) fn register(desk: &Desk) -> Done {
    desk.register(&who("lin"), "as", order(desk), Options::default()).unwrap()
}

pub(crate) fn act(desk: &Desk, person: &str, case: &Done, action: &str) -> Result<Done, DeskError> {
    let extra = Extra {
        reason: Some("测试".to_owned()),
        text: Some("说明".to_owned()),
        note: Some("说明".to_owned()),
        ..Extra::default()
    };
    act_with(desk, person, case, action, extra)
}

fn act_with(
    desk: &Desk,
    person: &str,
    case: &Done,
    action: &str,
    extra: Extra,
) -> Result<Done, DeskError> {
    let command = Command::Act {
        case: case.case.to_string().as_str().into(),
        action: action.into(),
        fields: Entered::new(),
        extra: Box::new(extra),
    };
    desk.submit(&who(person), command, Options::default())
}

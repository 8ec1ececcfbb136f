//! A desk in a temporary folder with a few people and the order of a customer.

use desk::{Desk, Options, VirtualClock, entry};
use engine::command::{Command, Entered, Extra};
use engine::people::{Person, Who};
use std::sync::Arc;
use store::Store;

pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<VirtualClock>,
    _folder: tempfile::TempDir,
}

pub(crate) fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(VirtualClock::at("2026-11-16T01:00:00Z".parse().unwrap()));
    let store = Store::open(folder.path(), store::Options::new([7; 32])).unwrap();
    let desk = Desk::open_with(store, clock.clone()).unwrap();
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
    World { desk, clock, _folder: folder }
}

fn person(id: &str, role: &str) -> Person {
    Person {
        id: id.into(),
        name: format!("{id}某"),
        roles: vec![role.into()],
        department: None,
        senior: false,
        absent: Vec::new(),
    }
}

pub(crate) fn who(id: &str) -> Who {
    Who::Person(id.into())
}

impl World {
    /// The fields of an after-sales order, by the names of its form.
    pub(crate) fn order(&self) -> Entered {
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
        let (procedure, calendar) = self.desk.library().newest("as").unwrap();
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        entry::inputs(&procedure, &calendar, procedure.register_action().unwrap(), &pairs)
            .unwrap()
            .0
    }

    pub(crate) fn register(&self) -> desk::Done {
        self.desk.register(&who("lin"), "as", self.order(), Options::default()).unwrap()
    }

    pub(crate) fn act(
        &self,
        person: &str,
        case: &desk::Done,
        action: &str,
    ) -> Result<desk::Done, desk::DeskError> {
        let extra = Extra {
            reason: Some("测试".to_owned()),
            text: Some("说明".to_owned()),
            note: Some("说明".to_owned()),
            ..Extra::default()
        };
        let command = Command::Act {
            case: case.case.to_string().as_str().into(),
            action: action.into(),
            fields: Entered::new(),
            extra: Box::new(extra),
        };
        self.desk.submit(&who(person), command, Options::default())
    }
}

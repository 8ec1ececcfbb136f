//! What a row of a scenario puts into the form of an action.

use super::parse::{split, unquote};
use super::run::{instant, person};
use engine::command::{Entered, Extra, NewTask};
use engine::key::Key;
use engine::procedure::{Action, Field, FieldKind, Procedure, Purpose, Verb};
use engine::sim::Sim;
use serde_json::{Value as Json, json};

/// Fields by their labels, built-in inputs by the names of the format.
pub(crate) fn fill<'p>(
    sim: &Sim,
    procedure: &'p Procedure,
    action: &Action,
    inputs: &[(String, String)],
) -> (Entered, Extra) {
    let (mut fields, mut extra) = (Entered::new(), Extra::default());
    let mut task = NewTask::default();
    for (label, value) in inputs {
        let value = unquote(value);
        if value.is_empty() {
            continue;
        }
        if builtin(sim, procedure, action, label, &value, &mut extra, &mut task) {
            continue;
        }
        let asked = |field: &&Field| action.input.iter().any(|input| input.field == field.key);
        let entered_by_hand = |field: &&Field| !matches!(field.kind, FieldKind::Auto(_));
        let labelled: Vec<&'p Field> =
            procedure.fields.iter().filter(|field| field.label.zh == *label).collect();
        let known_as: Vec<&'p Field> =
            procedure.fields.iter().filter(|field| field.also.contains(label)).collect();
        let best = |fields: Vec<&'p Field>| -> Option<&'p Field> {
            let manual: Vec<&'p Field> =
                fields.iter().copied().filter(|field| entered_by_hand(field)).collect();
            manual
                .iter()
                .copied()
                .find(|field| asked(field))
                .or_else(|| manual.first().copied())
                .or_else(|| fields.first().copied())
        };
        match best(labelled).or_else(|| best(known_as)) {
            Some(field) => {
                fields.insert(field.key.clone(), entered(&field.kind, &value));
            }
            None => {
                fields.insert(label.as_str().into(), json!(value));
            }
        }
    }
    if task != NewTask::default() {
        extra.tasks.push(task);
    }
    // A row that tells nothing of a contact means one that was made.
    if action.has(Verb::Contact) && action.only_adds() && extra.text.is_none() {
        extra.method.get_or_insert_with(|| action.label.zh.clone());
    }
    (fields, extra)
}

fn entered(kind: &FieldKind, value: &str) -> Json {
    match kind {
        FieldKind::Bool => match value {
            "是" => json!(true),
            "否" => json!(false),
            other => json!(other),
        },
        FieldKind::Many(_) | FieldKind::People | FieldKind::Departments | FieldKind::Files => {
            json!(value.split('、').collect::<Vec<_>>())
        }
        FieldKind::Table(columns) => {
            let rows = value
                .split(']')
                .map(|row| row.trim().trim_start_matches('['))
                .filter(|row| !row.is_empty())
                .map(|row| {
                    let cells = split(row, ',').into_iter().filter_map(|cell| {
                        cell.split_once('=')
                            .map(|(label, value)| (label.trim().to_owned(), unquote(value)))
                    });
                    let cells = cells.map(|(label, value)| {
                        let kind = columns
                            .iter()
                            .find(|column| column.label.zh == label)
                            .map(|column| &column.kind);
                        let value = kind.map_or_else(|| json!(value), |kind| entered(kind, &value));
                        (label, value)
                    });
                    Json::Object(cells.collect())
                });
            Json::Array(rows.collect())
        }
        _ => json!(value),
    }
}

fn builtin(
    sim: &Sim,
    procedure: &Procedure,
    action: &Action,
    label: &str,
    value: &str,
    extra: &mut Extra,
    task: &mut NewTask,
) -> bool {
    let does = |verbs: &[Verb]| verbs.iter().any(|verb| action.does.contains(verb));
    let yes = value == "是";
    let text = || Some(value.to_owned());
    let number = || value.trim_start_matches('#').parse().ok();
    let key = |found: Option<Key>| found.or_else(|| Some(value.into()));
    let role = || {
        key(procedure.roles.iter().find(|role| role.label.zh == value).map(|role| role.key.clone()))
    };
    let department = || {
        key(procedure
            .departments
            .iter()
            .find(|one| one.label.zh == value)
            .map(|one| one.key.clone()))
    };
    let other = || {
        value
            .trim_start_matches('#')
            .parse::<usize>()
            .ok()
            .and_then(|number| sim.order.get(number - 1).cloned())
    };
    match label {
        "理由" => extra.reason = text(),
        "强制" => extra.override_guards = yes,
        "责任人" if does(&[Verb::Assign]) => extra.assignee = Some(person(sim, value)),
        "角色" if does(&[Verb::Assign]) => extra.role = role(),
        "部门" if does(&[Verb::Task]) => task.department = department(),
        "部门" if does(&[Verb::Assign]) => extra.department = department(),
        "协办" if does(&[Verb::Assign, Verb::CoOwners]) => {
            extra.co_owners = Some(value.split('、').map(|name| person(sim, name)).collect())
        }
        "方式" if does(&[Verb::Contact]) => extra.method = text(),
        "目的" if does(&[Verb::Contact]) => {
            let known = [
                ("核实", Purpose::Verify),
                ("进度", Purpose::Progress),
                ("结果", Purpose::Result),
                ("回访", Purpose::Visit),
                ("其他", Purpose::Other),
            ];
            extra.purpose = known
                .iter()
                .find(|(name, _)| *name == value)
                .map(|(_, purpose)| purpose.name().to_owned());
        }
        "接通" if does(&[Verb::Contact]) => extra.reached = Some(yes),
        "内容" if does(&[Verb::Change]) => extra.content = text(),
        "内容" if does(&[Verb::Contact, Verb::Comment, Verb::Deescalate]) => extra.text = text(),
        "说明" if does(&[Verb::Progress]) => extra.note = text(),
        "说明" if does(&[Verb::Assign]) => extra.note = text(),
        "节点" if does(&[Verb::Progress]) => extra.node = Some(value.into()),
        "标题" if does(&[Verb::Task]) => task.title = text(),
        "期限" if does(&[Verb::Task]) => task.due = Some(instant(value)),
        "负责人" if does(&[Verb::Task]) => task.owner = Some(person(sim, value)),
        "依赖" if does(&[Verb::Task]) => {
            task.depends_on = value.split('、').filter_map(|number| number.parse().ok()).collect()
        }
        "任务" if does(&[Verb::TaskDone]) => extra.task = number(),
        "结果" if does(&[Verb::TaskDone]) => extra.outcome = text(),
        "意见"
            if does(&[
                Verb::Approve,
                Verb::Reject,
                Verb::File,
                Verb::ExtendDecide,
                Verb::ChangeDecide,
            ]) =>
        {
            extra.opinion = text()
        }
        "新时限" if does(&[Verb::Extend, Verb::Change]) => extra.new_due = Some(instant(value)),
        "同意" if does(&[Verb::ExtendDecide, Verb::ChangeDecide]) => extra.approve = Some(yes),
        "变更" if does(&[Verb::Sign, Verb::ChangeDecide]) => extra.change = number(),
        "签字方式" if does(&[Verb::Sign]) => extra.sign_method = text(),
        "文件" if does(&[Verb::Sign]) => extra.file = text(),
        "哈希" if does(&[Verb::Sign]) => extra.hash = text(),
        "升级" if does(&[Verb::Deescalate]) => {
            extra.escalation = key(procedure
                .escalations
                .iter()
                .find(|one| one.label.zh == value)
                .map(|one| one.key.clone()))
        }
        "字段" if does(&[Verb::ClearOverride]) => {
            extra.field = key(procedure
                .fields
                .iter()
                .find(|field| field.label.zh == value)
                .map(|field| field.key.clone()))
        }
        "主单" | "另一单" if does(&[Verb::Merge, Verb::Link, Verb::Unlink]) => {
            extra.other = other()
        }
        "渠道" if does(&[Verb::Urge]) => extra.channel = text(),
        _ if does(&[Verb::Change, Verb::Transfer])
            && !action.input.iter().any(|input| {
                procedure.field(&input.field).is_some_and(|field| field.label.zh == label)
            }) =>
        {
            let target = action
                .transfer
                .as_ref()
                .and_then(|rule| procedure.links.transfers.iter().find(|one| one.key == *rule))
                .and_then(|rule| sim.library.newest(&rule.to));
            let fields = target.as_ref().map_or(&procedure.fields, |(other, _)| &other.fields);
            match fields.iter().find(|field| field.label.zh == label) {
                Some(field) => {
                    extra.set.insert(field.key.clone(), entered(&field.kind, value));
                }
                None => return false,
            }
        }
        _ => return false,
    }
    true
}

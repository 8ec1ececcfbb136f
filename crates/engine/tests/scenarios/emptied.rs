//! A default is taken by what is not named; what is named and empty was emptied. The built-in 售后 procedure asks for its urgency as it
//! registers, so that one of it which does not is made here.

use super::{builtin, in_memory, parse, root};
use engine::procedure::read;

const STORY: &str = "
## 没有填写的取默认值，清空的保持为空
| at | who | does | why | then |
|---|---|---|---|---|
| 2026-11-16 09:00 | 林晓 | 登记 | S2-F1 neither is named | field 是否技术复杂=否; field 紧急程度=中 |
| 2026-11-16 09:01 | 林晓 | 登记 联系电话=13800000002 客户名称=海天机械厂 是否技术复杂=\" \" | S2-F1 one is emptied | field 是否技术复杂=; field 紧急程度=中 |
| 2026-11-16 09:02 | 林晓 | 登记 联系电话=13800000003 客户名称=三江机械厂 紧急程度=\" \" | G-14 clocks count by it | refused invalid 紧急程度 |
| 2026-11-16 09:03 | 林晓 | 登记 联系电话=13800000003 客户名称=三江机械厂 紧急程度=高 | S2-F1 it may be another | field 紧急程度=高 |
";

const REQUIRED: &str = "
## 必填的不能清空
| at | who | does | why | then |
|---|---|---|---|---|
| 2026-11-16 09:00 | 林晓 | 登记 紧急程度=\" \" | S2-F1 mandatory at registration | refused missing 紧急程度 |
| 2026-11-16 09:01 | 林晓 | 登记 | S2-F1 its default will do | field 紧急程度=中 |
";

fn fails(story: &str, text: &str) -> Vec<String> {
    let folder = "as";
    let procedure = read(folder, text).unwrap();
    let mut procedures = builtin();
    let place = procedures.iter().position(|one| one.label == procedure.label).unwrap();
    procedures[place] = procedure;
    let scenarios = std::fs::read_to_string(root().join(folder).join("scenarios.md")).unwrap();
    let (cast, _) = scenarios.split_once("\n## ").unwrap();
    in_memory(&parse(&format!("{cast}\n{story}")), folder, &procedures).failures
}

#[test]
fn a_default_that_was_emptied_stays_empty_unless_it_is_required_or_counted_by() {
    let text = std::fs::read_to_string(root().join("as/procedure.toml")).unwrap();
    assert_eq!(fails(REQUIRED, &text), Vec::<String>::new());
    let optional = text.replacen(
        "  { field = \"urgency\", need = true },\n",
        "  { field = \"urgency\" },\n",
        1,
    );
    assert_ne!(text, optional);
    assert_eq!(fails(STORY, &optional), Vec::<String>::new());
}

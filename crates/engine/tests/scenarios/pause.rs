//! A procedure may allow pausing (G-08); the built-in ones do not, so one of them is given it here.

use super::{builtin, in_memory, parse, root};
use engine::procedure::read;

const PAUSING: &str = r#"
[[actions]]
key = "stand_still"
label = "暂停计时"
en = "Stand still"
does = ["pause"]
by = ["cs_lead"]

[[actions]]
key = "run_on"
label = "恢复计时"
en = "Run on"
does = ["resume"]
by = ["cs_lead"]
"#;

const STORY: &str = "
## 等待客户补充时，自然小时的时限停下
| at | who | does | why | then |
|---|---|---|---|---|
| 2026-11-16 09:00 | 林晓 | 登记 紧急程度=高 | S2-P01 24 h | due 解决 2026-11-17 09:00 |
| 2026-11-16 10:00 | 周敏 | 暂停计时 | G-08 | paused 解决; due 解决 none; running 响应 |
| 2026-11-17 09:30 | (time) | | G-08 nothing is breached while it stands still | paused 解决 |
| 2026-11-17 12:00 | 周敏 | 恢复计时 | G-08 23 h were left: 11-18 11:00 | running 解决; due 解决 2026-11-18 11:00 |
| 2026-11-18 11:00 | (time) | | G-05 | breached 解决 |

## 工作日的时限按工作时间接着算
| at | who | does | why | then |
|---|---|---|---|---|
| 2026-11-16 09:00 | 林晓 | 登记 紧急程度=中 | S2-P02 Tue, Wed, Thu | due 解决 2026-11-19 18:00 |
| 2026-11-16 10:00 | 周敏 | 暂停计时 | G-08 left: Monday 8 h and three days of 9 h, 35 h | paused 解决 |
| 2026-11-17 10:00 | 周敏 | 恢复计时 | G-08 Tuesday 8 h, Wed, Thu, Fri 9 h each: 35 h at Friday's close, not a day by the wall clock | due 解决 2026-11-20 18:00 |

## 周末里的暂停不多给时间
| at | who | does | why | then |
|---|---|---|---|---|
| 2026-11-20 09:00 | 林晓 | 登记 紧急程度=中 | S2-P02 Mon 23, Tue 24, Wed 25 | due 解决 2026-11-25 18:00 |
| 2026-11-20 18:00 | 周敏 | 暂停计时 | G-08 left: three days, 27 h | paused 解决 |
| 2026-11-23 09:00 | 周敏 | 恢复计时 | G-08 nothing counted in between: Wednesday's close as before | due 解决 2026-11-25 18:00 |
";

#[test]
fn pausing_stops_and_resumes_by_the_measure_of_the_limit() {
    let folder = "as";
    let text = std::fs::read_to_string(root().join(folder).join("procedure.toml")).unwrap();
    let pausable =
        text.replacen("measures = \"resolve\"", "measures = \"resolve\"\npausable = true", 1);
    assert_ne!(text, pausable);
    let procedure = read(folder, &format!("{pausable}{PAUSING}")).unwrap();
    let mut procedures = builtin();
    let place = procedures.iter().position(|one| one.label == procedure.label).unwrap();
    procedures[place] = procedure;
    let scenarios = std::fs::read_to_string(root().join(folder).join("scenarios.md")).unwrap();
    let (cast, _) = scenarios.split_once("\n## ").unwrap();
    let outcome = in_memory(&parse(&format!("{cast}\n{STORY}")), folder, &procedures);
    assert!(outcome.failures.is_empty(), "{}", outcome.failures.join("\n"));
}

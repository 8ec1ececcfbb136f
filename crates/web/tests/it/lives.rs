//! One whole life in each procedure by click and key: the scenario of its table that is written for it, played before a real Chromium.
//! What comes of each step is read back and compared as in every other scenario.

use crate::mirror::Mirror;
use crate::stage::Stage;
use crate::world::{PHONE, World};
use browser::Window;
use engine::command::{Entered, Extra};
use engine::key::Key;
use engine::people::Who;
use engine::refusal::Refusal;
use engine::sim::Sim;
use jiff::Timestamp;
use scenarios::{Player, Start, builtin, parse, root, run};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

/// The scenario that is lived here.
const LIFE: &str = "一生:逐步办到归档";

/// A desk at which everything is done on its pages.
struct OnPages {
    stage: Stage,
    mirror: Mirror,
    /// Who has done something.
    people: BTreeSet<Key>,
}

fn now<T>(future: impl Future<Output = T>) -> T {
    block_in_place(|| Handle::current().block_on(future))
}

impl OnPages {
    fn begin(mut start: Start) -> Self {
        // User names are what one can type everywhere; the order of the cast stays.
        let mut people = start.directory.people.to_vec();
        for (place, person) in people.iter_mut().enumerate() {
            person.id = format!("p{place:02}").as_str().into();
        }
        start.directory.people = people.into();
        let stage = now(Stage::of(World::of_scenario(&start), Window::DESK));
        let mirror = Mirror::new(&stage.world.desk, start.directory);
        Self { stage, mirror, people: BTreeSet::new() }
    }

    fn person(&mut self, who: Who) -> Key {
        let Who::Person(person) = who else { panic!("{who:?} has no page") };
        self.people.insert(person.clone());
        person
    }

    async fn fill(&self, form: &str, fields: Entered, extra: &Extra) {
        for (key, value) in fields {
            self.stage.give(form, &format!("f.{key}"), &value).await;
        }
        let Json::Object(extra) = json!(extra) else { return };
        for (name, value) in extra {
            match (name.as_str(), value) {
                (_, Json::Null) | ("override_guards", Json::Bool(false)) => {}
                ("tasks", Json::Array(tasks)) => {
                    for (row, task) in tasks.iter().enumerate() {
                        let given = task.as_object().unwrap().iter();
                        for (key, value) in given.filter(|(_, value)| value.is_string()) {
                            self.stage.give(form, &format!("i.tasks.{row}.{key}"), value).await;
                        }
                    }
                }
                (_, Json::Object(set)) => {
                    for (key, value) in set {
                        self.stage.give(form, &format!("i.set.{key}"), &value).await;
                    }
                }
                (_, value) => self.stage.give(form, &format!("i.{name}"), &value).await,
            }
        }
    }

    async fn opened(&mut self, person: &str, procedure: &str, fields: Entered) {
        let form = "#new-form form";
        self.stage.open(person, &format!("/new/{procedure}")).await;
        self.fill(form, fields, &Extra::default()).await;
        let sent = self.stage.send(form).await;
        sent.unwrap_or_else(|page| panic!("{person} cannot open a case:\n{page}"));
    }

    async fn done(&mut self, person: &str, number: &str, doing: (&str, Entered, Extra)) {
        let (action, fields, extra) = doing;
        let form = format!("#now-do form[action$='/actions/{action}']");
        self.stage.open(person, &format!("/cases/{number}")).await;
        let browser = &self.stage.browser;
        let shown = format!("return Boolean(document.querySelector({form:?}));");
        if browser.script(&shown).await.unwrap() != true {
            let link = format!("#others a[href*='?do={action}#']");
            let key = format!("return document.querySelector({link:?})?.dataset.shortcut ?? null;");
            match browser.script(&key).await.unwrap().as_str() {
                Some(key) => browser.press(key).await.unwrap(),
                None => {
                    let unfold = format!(
                        "document.querySelector({link:?})?.closest('details:not([open])')?.querySelector('summary').click(); return true;"
                    );
                    browser.script(&unfold).await.unwrap();
                    browser.click(&link).await.unwrap()
                }
            }
        }
        browser.wait(&format!("{form} .actions")).await.unwrap();
        self.fill(&form, fields, &extra).await;
        let sent = self.stage.send(&form).await;
        sent.unwrap_or_else(|page| panic!("{person} cannot do {action}:\n{page}"));
    }
}

impl Player for OnPages {
    fn seen(&self) -> &Sim {
        &self.mirror.seen
    }

    fn register(&mut self, who: Who, procedure: &str, fields: Entered) -> Result<Key, Refusal> {
        let person = self.person(who);
        now(self.opened(&person, procedure, fields));
        self.mirror.look(&self.stage.world.desk);
        Ok(self.mirror.seen.order.last().unwrap().clone())
    }

    fn act(
        &mut self,
        who: Who,
        case: &Key,
        action: &str,
        fields: Entered,
        extra: Extra,
    ) -> Result<(), Refusal> {
        let (person, number) = (self.person(who), self.mirror.seen.cases[case].number.clone());
        now(self.done(&person, &number, (action, fields, extra)));
        self.mirror.look(&self.stage.world.desk);
        Ok(())
    }

    fn advance(&mut self, to: Timestamp, inclusive: bool) {
        let world = &self.stage.world;
        block_in_place(|| {
            world.desk.run_until(&world.clock, to).unwrap();
            if inclusive {
                world.desk.run_due("scenario").unwrap();
            }
        });
        self.mirror.look(&world.desk);
    }

    fn preset_serial(&mut self, scope: String, serial: i64) {
        panic!("{scope} begins at {serial}: no page does that");
    }

    fn end(&mut self) {
        assert!(self.people.len() >= 3, "{:?}", self.people);
        now(filed(&self.stage, &self.mirror.seen));
    }
}

/// The case is filed for everybody, shows nobody's number, and its page fetched nothing from elsewhere.
async fn filed(stage: &Stage, seen: &Sim) {
    let case = seen.cases.values().next().unwrap();
    let key = &stage.world.keys[&**case.registrar.as_ref().unwrap()];
    let path = format!("/api/v1/cases/{}", case.number);
    let told = stage.world.get(key, &path).await.json();
    assert_eq!((&told["life"], &told["version"]), (&json!("archived"), &json!(case.version)));
    stage.browser.read(&case.number).await.unwrap();
    let page = stage.browser.text("body").await.unwrap();
    assert!(!page.contains(PHONE) && !page.contains("13800000001"), "a number is shown whole");
    let foreign = "return performance.getEntriesByType('resource').map((one) => one.name).filter((one) => !one.startsWith(location.origin));";
    assert_eq!(stage.browser.script(foreign).await.unwrap(), json!([]));
}

macro_rules! lives {
    ($($test:ident => $folder:literal),* $(,)?) => { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            let text = std::fs::read_to_string(root().join($folder).join("scenarios.md")).unwrap();
            let life = parse(&text).only(LIFE);
            let failures = run(&life, $folder, &builtin(), OnPages::begin).failures;
            assert!(failures.is_empty(), "{}", failures.join("\n"));
        }
    )* };
}

lives! {
    a_feedback_is_lived_by_click_and_key => "cf",
    an_after_sales_order_is_lived_by_click_and_key => "as",
    a_hotline_call_is_lived_by_click_and_key => "hl",
    a_request_of_many_channels_is_lived_by_click_and_key => "mc",
    a_complaint_is_lived_by_click_and_key => "cp",
}

//! The script of the demonstration: files of `demo/`, part of the program.

use anyhow::{Context, Result, bail};
use desk::{Caller, Content, Criteria, Desk, DeskError};
use engine::calendar::Calendar;
use engine::key::Key;
use engine::people::Person;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;

/// `demo/organisation.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Organisation {
    /// Everybody who works here.
    pub(crate) people: Vec<Person>,
    /// What is kept under a name for everybody.
    #[serde(default)]
    shared: Vec<Shared>,
    /// Fictitious telephone numbers of the requests, whose own are masked.
    phones: BTreeMap<String, String>,
}

/// A view or a template for everybody.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shared {
    /// Id of whoever shares it.
    by: Key,
    name: String,
    view: Option<Criteria>,
    template: Option<String>,
}

impl Organisation {
    /// Takes the people in, and what they share.
    pub(crate) fn move_in(&self, desk: &Desk) -> Result<(), DeskError> {
        desk.put_people("demo", &self.people)?;
        for Shared { by, name, view, template } in &self.shared {
            let content = match (view, template) {
                (Some(view), _) => Content::View(view.clone()),
                (None, text) => Content::Template(text.clone().unwrap_or_default().into()),
            };
            let caller = Caller { person: by.clone(), scopes: Vec::new() };
            desk.keep_saved(&caller, &desk.new_saved_id(), (name, true, content), Some(0))?;
        }
        Ok(())
    }
}

/// `demo/<folder>.toml`: how a request becomes a case of a procedure, and what happens to it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Play {
    /// Folder of the procedure; filled in from the file's name.
    #[serde(skip)]
    pub(crate) folder: String,
    /// Under which name the requests carry the labels of this procedure.
    pub(crate) labels: String,
    /// Field by name = template over the request, e.g. `{customer.level}`, `{labels.urgency}`, `{phone}`.
    fields: BTreeMap<String, String>,
    /// Fields by request, in addition.
    #[serde(default)]
    special: BTreeMap<String, BTreeMap<String, String>>,
    /// Who registers, by name: the first whose channel matches, else the first without one.
    registrars: Vec<Registrar>,
    /// Derived by the procedure, and compared: name of the field = path in the labels.
    #[serde(default)]
    pub(crate) derived: BTreeMap<String, String>,
    /// Role of the assignee by the owner that the labels name; with a slash where the label allows several.
    #[serde(default)]
    pub(crate) owners: BTreeMap<String, String>,
    /// Due instants that are compared: name in the file = names of clocks of which one has it.
    #[serde(default)]
    pub(crate) dues: BTreeMap<String, Vec<String>>,
    /// Further requests that only this procedure gets (the same customer on other channels).
    #[serde(default)]
    extra: Vec<Json>,
    /// Requests that never become a case here.
    #[serde(default)]
    skip: Vec<String>,
    /// What happens.
    lives: Vec<Life>,
}

/// Who registers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registrar {
    name: String,
    #[serde(default)]
    channels: Vec<String>,
}

/// A life.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Life {
    /// What people call it.
    pub(crate) name: String,
    /// Requests that live it; a life without any is that of all others.
    #[serde(default)]
    samples: Vec<String>,
    /// Its steps.
    pub(crate) steps: Vec<Step>,
}

/// A step of a life.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// How long after the step before: `20m`, `3h`, `2d`.
    after: String,
    /// The action by name; empty: time passes.
    #[serde(default)]
    pub(crate) does: String,
    /// Who does it by name, or `customer`; else somebody to whom it is offered.
    #[serde(default)]
    pub(crate) who: Option<String>,
    /// Inputs by name, as templates.
    #[serde(default)]
    pub(crate) with: BTreeMap<String, String>,
    /// Only in this stage.
    #[serde(default)]
    pub(crate) stage: Option<String>,
    /// The refusal that is expected.
    #[serde(default)]
    pub(crate) refused: Option<String>,
}

/// A request. What it is to come out as is taken away before anything is played.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) id: String,
    json: Json,
}

/// Everything the demonstration plays.
pub(crate) struct Script {
    pub(crate) organisation: Organisation,
    pub(crate) samples: Vec<Sample>,
    pub(crate) plays: Vec<Play>,
}

static FILES: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../demo");

impl Script {
    /// Reads the script; the requests from another file when one is given.
    pub(crate) fn load(folder: Option<&Path>, samples: Option<&Path>) -> Result<Self> {
        let text = |name: &str| -> Result<String> {
            match folder {
                Some(folder) => std::fs::read_to_string(folder.join(name))
                    .with_context(|| format!("{}", folder.join(name).display())),
                None => FILES
                    .get_file(name)
                    .and_then(|file| file.contents_utf8())
                    .map(str::to_owned)
                    .with_context(|| format!("demo/{name}")),
            }
        };
        let organisation: Organisation =
            toml::from_str(&text("organisation.toml")?).context("demo/organisation.toml")?;
        let requests = match samples {
            Some(path) => {
                std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?
            }
            None => text("sample_cases.jsonl")?,
        };
        let mut all = Vec::new();
        for line in requests.lines().filter(|line| !line.trim().is_empty()) {
            all.push(Sample::new(serde_json::from_str(line)?, &organisation)?);
        }
        let mut plays = Vec::new();
        for one in desk::builtin() {
            let Ok(text) = text(&format!("{}.toml", one.name)) else { continue };
            let mut play: Play =
                toml::from_str(&text).with_context(|| format!("demo/{}.toml", one.name))?;
            one.name.clone_into(&mut play.folder);
            for extra in &play.extra {
                let mut extra = Sample::new(extra.clone(), &organisation)?;
                extra.only(one.name);
                all.push(extra);
            }
            plays.push(play);
        }
        if plays.is_empty() {
            bail!("demo/: no procedure is played");
        }
        Ok(Self { organisation, samples: all, plays })
    }

    /// An hour before the first request.
    pub(crate) fn begins(&self) -> Timestamp {
        let first = self
            .samples
            .iter()
            .map(|sample| sample.instant("received_at"))
            .min()
            .unwrap_or(Timestamp::UNIX_EPOCH);
        first.checked_sub(SignedDuration::from_hours(1)).unwrap_or(first)
    }

    /// Takes away what each request is to come out as, before anything is played, and returns it for the comparison.
    pub(crate) fn take_expected(&mut self) -> BTreeMap<String, Json> {
        let mut expected = BTreeMap::new();
        for sample in &mut self.samples {
            if let Some(object) = sample.json.as_object_mut() {
                object.remove("outcome");
                expected.insert(sample.id.clone(), object.remove("dues").unwrap_or(Json::Null));
            }
        }
        expected
    }

    /// Who registers a request.
    pub(crate) fn registrar(&self, play: &Play, sample: &Sample) -> Key {
        let channel = sample.text("channel");
        let fits = |registrar: &&Registrar| registrar.channels.contains(&channel);
        let chosen = play
            .registrars
            .iter()
            .find(fits)
            .or_else(|| play.registrars.iter().find(|one| one.channels.is_empty()));
        let person = chosen
            .and_then(|one| self.organisation.people.iter().find(|person| person.name == one.name));
        person.map_or_else(|| "".into(), |person| person.id.clone())
    }
}

impl Play {
    /// Whether a request becomes a case here: it carries labels of the procedure, and is not left out.
    pub(crate) fn applies(&self, sample: &Sample) -> bool {
        let labelled = sample
            .json
            .pointer(&format!("/labels/{}", self.labels))
            .is_some_and(|labels| !labels.is_null());
        labelled
            && sample.json.get("only").is_none_or(|only| *only == *self.folder)
            && !self.skip.contains(&sample.id)
    }

    pub(crate) fn life_of(&self, sample: &str) -> Option<&Life> {
        let own = |life: &&Life| life.samples.iter().any(|id| id == sample);
        self.lives
            .iter()
            .find(own)
            .or_else(|| self.lives.iter().find(|life| life.samples.is_empty()))
    }

    /// The fields of the registration, by name.
    pub(crate) fn fields(&self, sample: &Sample) -> Vec<(String, String)> {
        let special = self.special.get(&sample.id);
        let mut fields: BTreeMap<&String, &String> = self.fields.iter().collect();
        fields.extend(special.into_iter().flatten());
        let filled = fields
            .into_iter()
            .map(|(name, template)| (name.clone(), sample.labelled(&self.labels).filled(template)));
        filled.filter(|(_, value)| !value.is_empty()).collect()
    }
}

impl Step {
    /// When it is done.
    pub(crate) fn due(&self, before: Timestamp) -> Timestamp {
        let unit = self.after.chars().last().unwrap_or('m');
        let amount: i64 = self.after.trim_end_matches(unit).parse().unwrap_or(0);
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            _ => 86_400,
        };
        before.checked_add(SignedDuration::from_secs(amount * seconds)).unwrap_or(before)
    }
}

impl Sample {
    fn new(mut json: Json, organisation: &Organisation) -> Result<Self> {
        let id = json.get("id").and_then(Json::as_str).context("id")?.to_owned();
        let own =
            json.pointer("/customer/phone").and_then(Json::as_str).unwrap_or_default().to_owned();
        let phone = organisation
            .phones
            .get(&id)
            .cloned()
            .or_else(|| (!own.contains('*')).then_some(own))
            .unwrap_or_default();
        if let Some(object) = json.as_object_mut() {
            object.insert("phone".to_owned(), phone.into());
        }
        Ok(Self { id, json })
    }

    fn only(&mut self, folder: &str) {
        if let Some(object) = self.json.as_object_mut() {
            object.insert("only".to_owned(), folder.into());
        }
    }

    /// With the labels of a procedure as `labels`.
    pub(crate) fn labelled(&self, name: &str) -> Self {
        let mut copy = self.clone();
        let labels = self.json.pointer(&format!("/labels/{name}")).cloned().unwrap_or(Json::Null);
        if let Some(object) = copy.json.as_object_mut() {
            object.insert("labels".to_owned(), labels);
        }
        copy
    }

    /// A text of the request by its path.
    pub(crate) fn text(&self, path: &str) -> String {
        let value = self.json.pointer(&format!("/{}", path.replace('.', "/")));
        match value {
            Some(Json::String(text)) => text.clone(),
            Some(Json::Null) | None => String::new(),
            Some(other) => other.to_string(),
        }
    }

    /// A local time of the request.
    pub(crate) fn instant(&self, path: &str) -> Timestamp {
        let calendar = Calendar::builtin("cn");
        let local = self.text(path).parse().ok();
        calendar
            .zip(local)
            .map_or(Timestamp::UNIX_EPOCH, |(calendar, local)| calendar.instant(local))
    }

    /// When it was registered.
    pub(crate) fn registered_at(&self) -> Timestamp {
        self.instant("registered_at")
    }

    /// A template with `{path}` filled in from the request; `{path=value:text,…}` chooses a text by the value. A brace
    /// before a quote is one of JSON, as in the rows of a table, and stays.
    pub(crate) fn filled(&self, template: &str) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            if after.starts_with('"') {
                out.push('{');
                rest = after;
                continue;
            }
            let (inner, tail) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(&match inner.split_once('=') {
                Some((path, choices)) => choose(&self.text(path), choices),
                None => self.text(inner),
            });
            rest = tail;
        }
        out + rest
    }
}

/// `value:text,value:text,*:otherwise`.
fn choose(value: &str, choices: &str) -> String {
    let mut pairs = choices.split(',').filter_map(|pair| pair.split_once(':'));
    pairs
        .find(|(known, _)| *known == value || *known == "*")
        .map(|(_, text)| text.to_owned())
        .unwrap_or_default()
}

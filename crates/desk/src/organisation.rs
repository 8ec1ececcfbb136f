//! People, their roles, and the keys by which programs enter.

use crate::absence::Absence;
use crate::access::may;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::handover::HandedOver;
use crate::secret;
use engine::key::Key;
use engine::people::{Directory, Person, Who};
use engine::procedure::Power;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use store::{Administer, Change, StoreError, api_key_hash};

/// The kind of settings that are people.
pub(crate) const PERSON: &str = "person";
pub(crate) const API_KEY: &str = "api-key";

/// What an API key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum KeyScope {
    /// Reading cases.
    #[serde(rename = "cases:read")]
    CasesRead,
    /// Registering cases and acting on them.
    #[serde(rename = "cases:write")]
    CasesWrite,
    /// Reports.
    #[serde(rename = "reports:read")]
    ReportsRead,
    /// Settings.
    #[serde(rename = "admin")]
    Admin,
}

/// An API key as it is kept: never the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// What people call it.
    pub name: String,
    /// On whose behalf it acts; it never exceeds this person's rights.
    pub person: Key,
    /// What it may do.
    pub scopes: Vec<KeyScope>,
}

/// An API key as those who administer see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// Opaque id; it does not open anything.
    pub id: String,
    /// The key.
    pub key: ApiKey,
    /// When it was made, UTC.
    pub since: Timestamp,
}

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub person: Key,
    /// What the way of entry allows.
    pub scopes: Vec<KeyScope>,
}

impl Caller {
    /// For the core.
    pub fn who(&self) -> Who {
        Who::Person(self.person.clone())
    }

    /// Whether the way of entry allows something; `admin` allows everything.
    pub fn allows(&self, scope: KeyScope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&KeyScope::Admin)
    }
}

impl Desk {
    /// Takes people in, or changes them.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn put_people(&self, actor: &str, people: &[Person]) -> Result<(), DeskError> {
        let changes = people.iter().map(|person| Change::Put {
            kind: PERSON.to_owned(),
            key: person.id.to_string(),
            expected: None,
            body: stored(person),
            history: false,
        });
        self.inner.store.administer(Administer {
            at: self.now(),
            actor: actor.to_owned(),
            changes: changes.collect(),
        })?;
        self.refresh()
    }

    /// Takes somebody new in.
    ///
    /// # Errors
    /// `NameTaken` when somebody has that id; a failure of the store.
    pub fn add_person(&self, actor: &str, person: &Person) -> Result<(), DeskError> {
        let done = self.put_setting(actor, PERSON, &person.id, stored(person), Some(0));
        done.map_err(|error| match error {
            DeskError::Stale { .. } => DeskError::NameTaken,
            error => error,
        })
    }

    /// Changes somebody, over the version that was seen, if one was.
    ///
    /// # Errors
    /// `NotFound` when there is no such person, `Stale`, a failure of the store.
    pub fn change_person(
        &self,
        actor: &str,
        person: &Person,
        seen: Option<u64>,
    ) -> Result<(), DeskError> {
        if self.people().person(&person.id).is_none() {
            return Err(DeskError::NotFound { what: "person" });
        }
        self.put_setting(actor, PERSON, &person.id, stored(person), seen)
    }

    /// Somebody leaves: what he holds is handed over, his sessions end, and nothing of him is kept but his id in what he did. Returns
    /// what was handed over to whom.
    ///
    /// # Errors
    /// `NotFound` when there is no such person; a failure of the store.
    pub fn remove_person(&self, actor: &Caller, id: &Key) -> Result<HandedOver, DeskError> {
        let away = Absence { from: Timestamp::MIN, to: Timestamp::MAX, substitute: None };
        let handed = self.set_absence(actor, id, Some(&away), None)?;
        let erased = [PERSON, "credential", "preferences"]
            .map(|kind| Change::Erase { kind: kind.to_owned(), key: id.to_string() });
        let kept = self.own_saved(id).into_iter().chain(self.webhooks_left(id));
        let changes = erased.into_iter().chain(kept).collect();
        let actor = actor.person.to_string();
        self.inner.store.administer(Administer { at: self.now(), actor, changes })?;
        self.end_sessions(id, None)?;
        self.refresh()?;
        Ok(handed)
    }

    /// A person with the version that he is at.
    ///
    /// # Errors
    /// `NotFound`; a failure of the store.
    pub fn person(&self, id: &str) -> Result<(Person, u64), DeskError> {
        let found = self.inner.store.setting(PERSON, id)?;
        let found = found.ok_or(DeskError::NotFound { what: "person" })?;
        Ok((known(&found.body)?, found.version))
    }

    pub(crate) fn reload_people(&self) -> Result<(), DeskError> {
        let stored = self.inner.store.settings(PERSON)?;
        let people = stored.iter().map(|setting| known(&setting.body));
        let people = people.collect::<Result<Vec<_>, _>>()?.into();
        self.put_directory(Directory { people, load: Default::default() });
        Ok(())
    }

    /// Makes an API key and returns its secret, which is shown this once.
    ///
    /// # Errors
    /// `NotFound` when there is no such person; a failure of the store.
    pub fn make_api_key(&self, actor: &str, key: &ApiKey) -> Result<String, DeskError> {
        if self.people().person(&key.person).is_none() {
            return Err(DeskError::NotFound { what: "person" });
        }
        let secret = format!("bh_{}", secret::fresh()?);
        let body = serde_json::to_value(key).unwrap_or(Json::Null);
        let change = Change::Put {
            kind: API_KEY.to_owned(),
            key: api_key_hash(&secret),
            expected: None,
            body,
            history: false,
        };
        self.inner.store.administer(Administer {
            at: self.now(),
            actor: actor.to_owned(),
            changes: vec![change],
        })?;
        Ok(secret)
    }

    /// The API keys, by name.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn api_keys(&self) -> Result<Vec<KnownKey>, DeskError> {
        let stored = self.inner.store.settings(API_KEY)?.into_iter();
        let known = stored.filter_map(|setting| {
            let key: ApiKey = serde_json::from_value(setting.body).ok()?;
            Some(KnownKey { id: setting.key, key, since: setting.at })
        });
        let mut keys: Vec<KnownKey> = known.collect();
        keys.sort_by(|a, b| (&a.key.name, &a.id).cmp(&(&b.key.name, &b.id)));
        Ok(keys)
    }

    /// Takes an API key back: at once it opens nothing any more.
    ///
    /// # Errors
    /// `NotFound` when there is no such key; a failure of the store.
    pub fn revoke_api_key(&self, actor: &str, id: &str) -> Result<(), DeskError> {
        if self.inner.store.setting(API_KEY, id)?.is_none() {
            return Err(DeskError::NotFound { what: "key" });
        }
        let change = Change::Erase { kind: API_KEY.to_owned(), key: id.to_owned() };
        let changes = vec![change];
        self.inner.store.administer(Administer {
            at: self.now(),
            actor: actor.to_owned(),
            changes,
        })?;
        Ok(())
    }

    /// A person who has signed in, with all that the person may.
    pub fn caller_of(&self, person: &Person) -> Caller {
        let mut scopes = vec![KeyScope::CasesRead, KeyScope::CasesWrite, KeyScope::ReportsRead];
        scopes.extend(Some(KeyScope::Admin).filter(|_| self.is_administrator(person)));
        Caller { person: person.id.clone(), scopes }
    }

    /// Who calls with this secret.
    ///
    /// # Errors
    /// `Forbidden` when the secret is not known or its person has left; a failure of the store.
    pub fn caller(&self, secret: &str) -> Result<Caller, DeskError> {
        let key = self.api_key(api_key_hash(secret))?;
        let people = self.people();
        let person = people.person(&key.person).ok_or(DeskError::Forbidden)?;
        let mut scopes = key.scopes;
        // A key never exceeds its person.
        scopes.retain(|scope| *scope != KeyScope::Admin || self.is_administrator(person));
        Ok(Caller { person: key.person, scopes })
    }

    /// The key with this hash. It is asked for with every request, and read anew once any key has changed.
    fn api_key(&self, hash: String) -> Result<ApiKey, DeskError> {
        // Looked at before it is read: what is read is at least as new.
        let upto = self.keys_changed();
        if let Some((then, key)) = self.inner.keys.get(&hash)
            && then == upto
        {
            return Ok(key);
        }
        let setting = self.inner.store.setting(API_KEY, &hash)?.ok_or(DeskError::Forbidden)?;
        let key: ApiKey = serde_json::from_value(setting.body).map_err(|_| DeskError::Forbidden)?;
        self.inner.keys.insert(hash, (upto, key.clone()));
        Ok(key)
    }

    /// Whether somebody administers the installation, by one of his roles.
    pub fn is_administrator(&self, person: &Person) -> bool {
        may(&self.library(), person, Power::Administer)
    }
}

/// A person as a setting: the name is personal data.
fn stored(person: &Person) -> Json {
    let mut body = serde_json::to_value(person).unwrap_or(Json::Null);
    if let Some(object) = body.as_object_mut() {
        object.insert("name".to_owned(), json!({ "$p": person.name }));
    }
    body
}

fn known(body: &Json) -> Result<Person, DeskError> {
    let mut body = body.clone();
    let name = body.pointer("/name/$p").and_then(Json::as_str).unwrap_or_default().to_owned();
    if let Some(object) = body.as_object_mut() {
        object.insert("name".to_owned(), name.into());
    }
    serde_json::from_value(body)
        .map_err(|_| DeskError::Store(StoreError::Corrupt { what: "a person".to_owned() }))
}

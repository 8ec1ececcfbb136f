//! Links that let somebody in once: to set the installation up, or to choose a password.

use crate::account::{Language, Preferences};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::password;
use crate::secret;
use engine::key::Key;
use engine::people::Person;
use engine::procedure::Power;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Administer, Change};

const LINK: &str = "link";
/// For whom links to set the installation up are kept. No person has this id: it is no key.
const INSTALLATION: &str = "/";
/// How long the link is valid that the first start shows.
pub const SET_UP: SignedDuration = SignedDuration::from_hours(24);
/// How long an invitation is valid.
pub const INVITATION: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Characters of a user name.
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 2..=40;

/// What a link is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Who may choose a password by it; `None`: whoever sets the installation up.
    pub person: Option<Key>,
    /// Until when, UTC.
    pub until: Timestamp,
}

/// What is told of the installation when it is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUp {
    /// Name of the organisation.
    pub organisation: String,
    /// Language of whoever sets it up.
    pub language: Language,
    /// User name of the first administrator.
    pub id: String,
    /// Name of the first administrator.
    pub name: String,
    /// Password.
    pub password: String,
}

impl Desk {
    /// A link to set the installation up, while nobody can sign in; those made before end.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn set_up_link(&self) -> Result<Option<String>, DeskError> {
        if self.has_accounts()? || self.is_demo()? {
            return Ok(None);
        }
        self.make_link(INSTALLATION, None, SET_UP).map(Some)
    }

    /// A link by which a person chooses a password, the first one or a new one; those made before end.
    ///
    /// # Errors
    /// `NotFound` when there is no such person; a failure of the store.
    pub fn invite(&self, actor: &str, person: &Key) -> Result<String, DeskError> {
        if self.people().person(person).is_none() {
            return Err(DeskError::NotFound { what: "person" });
        }
        let note = Change::Note { kind: "invitation".to_owned(), key: person.to_string() };
        let (at, actor) = (self.now(), actor.to_owned());
        self.inner.store.administer(Administer { at, actor, changes: vec![note] })?;
        self.make_link(person, Some(person), INVITATION)
    }

    /// What a link is for, while it is valid.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn link(&self, opener: &str) -> Result<Option<Link>, DeskError> {
        let Some(key) = secret::place_of(opener) else { return Ok(None) };
        let found = self.inner.store.ephemeral(LINK, &key, self.now())?;
        let link: Option<Link> = found.and_then(|body| serde_json::from_value(body).ok());
        let people = self.people();
        Ok(link.filter(|link| match &link.person {
            Some(person) => people.person(person).is_some(),
            None => true,
        }))
    }

    /// Chooses a password by a link, which ends by that.
    ///
    /// # Errors
    /// `NotFound` when the link has ended, `WeakPassword`, a failure of the store.
    pub fn accept(&self, opener: &str, password: &str) -> Result<Key, DeskError> {
        let person = self.link(opener)?.and_then(|link| link.person);
        let person = person.ok_or(DeskError::NotFound { what: "link" })?;
        self.acceptable(&person, password)?;
        self.use_up(opener)?;
        self.set_password(&person, &person, password, None)?;
        Ok(person)
    }

    /// Sets the installation up by a link, which ends by that: the organisation and its first administrator, who holds every role
    /// that administers.
    ///
    /// # Errors
    /// `NotFound` when the link has ended or somebody was faster, `BadName`, `WeakPassword`, a failure of the store.
    pub fn set_up(&self, opener: &str, given: &SetUp) -> Result<Key, DeskError> {
        let missing = DeskError::NotFound { what: "link" };
        if self.link(opener)?.is_none_or(|link| link.person.is_some()) || self.has_accounts()? {
            return Err(missing);
        }
        let id = user_name(&given.id)?;
        password::accept(&given.password, &[&id, &given.name])?;
        let library = self.library();
        let administer = library
            .all()
            .flat_map(|procedure| &procedure.roles)
            .filter(|role| role.may.contains(&Power::Administer));
        let mut roles: Vec<Key> = administer.map(|role| role.key.clone()).collect();
        roles.sort();
        roles.dedup();
        self.use_up(opener)?;
        let person = Person {
            id: id.clone(),
            name: given.name.trim().to_owned(),
            roles,
            department: None,
            senior: false,
            absent: Vec::new(),
            substitute: None,
        };
        self.put_people(&id, &[person])?;
        self.name_organisation(&id, given.organisation.trim())?;
        self.set_language(&id, given.language)?;
        let language = Some(given.language);
        self.set_preferences(&id, Preferences { language, ..Preferences::default() })?;
        self.set_password(&id, &id, &given.password, None)?;
        Ok(id)
    }

    fn make_link(
        &self,
        owner: &str,
        person: Option<&Key>,
        valid: SignedDuration,
    ) -> Result<String, DeskError> {
        let store = &self.inner.store;
        for (key, _) in store.ephemeral_with_prefix(LINK, &secret::prefix_of(owner), self.now())? {
            store.remove_ephemeral(LINK, &key)?;
        }
        let opener = secret::fresh_for(owner)?;
        let until = self.now().checked_add(valid).unwrap_or(Timestamp::MAX);
        let key = secret::place_of(&opener).ok_or(DeskError::Forbidden)?;
        let link = Link { person: person.cloned(), until };
        store.put_ephemeral(LINK, &key, &json!(link), until)?;
        Ok(opener)
    }

    /// Only one of several at once gets through.
    fn use_up(&self, opener: &str) -> Result<(), DeskError> {
        let key = secret::place_of(opener).unwrap_or_default();
        match self.inner.store.remove_ephemeral(LINK, &key)? {
            true => Ok(()),
            false => Err(DeskError::NotFound { what: "link" }),
        }
    }
}

/// A user name as it is kept: small Latin letters, digits, `.`, `_` and `-`. It stands in events for ever, so it should not be a name.
///
/// # Errors
/// `BadName`.
pub fn user_name(text: &str) -> Result<Key, DeskError> {
    let name = text.trim().to_lowercase();
    let fits =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    let begins = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if begins && name.chars().all(fits) && NAME_LENGTH.contains(&name.len()) {
        return Ok(name.as_str().into());
    }
    Err(DeskError::BadName)
}

//! What people keep for themselves and share with everybody: lists of cases (views), and texts (templates).

use crate::access::Seen;
use crate::account::Sealed;
use crate::criteria::Criteria;
use crate::desk::Desk;
use crate::error::{DeskError, stale};
use crate::organisation::Caller;
use crate::work::COUNTED;
use engine::key::Key;
use engine::procedure::Means;
use engine::refusal::{Problem, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::{Arc, PoisonError};
use store::{Administer, Change, Setting, StoreError};

/// Longest name, in characters.
const NAME: u32 = 40;
/// Longest text, in characters.
const TEXT: u32 = 4_000;
/// What one person, and what all together may have of a sort.
const MOST: usize = 60;

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "some dozens are kept, and a box would only hide it")]
pub enum Content {
    /// A list of cases.
    View(Criteria),
    /// A text with `{number}`, `{customer}` and `{agent}` in it.
    Template(Text),
}

/// A text that the store seals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(Sealed);

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Sealed { text })
    }
}

impl Text {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }
}

/// Which sort of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Lists of cases.
    Views,
    /// Texts.
    Templates,
}

/// Something that somebody keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// Opaque id.
    pub id: Key,
    /// The version that it is at.
    #[serde(skip)]
    pub version: u64,
    /// What people call it.
    pub name: String,
    /// Who made it.
    pub owner: Key,
    /// Everybody has it; else only its owner.
    pub shared: bool,
    /// Its place among those that are shared, or among the owner's own.
    pub place: u32,
    /// What it holds.
    pub content: Content,
}

impl Shelf {
    const ALL: [Shelf; 2] = [Shelf::Views, Shelf::Templates];

    /// The shelf of this name: `views` or `templates`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shelf| shelf.name() == name)
    }

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Shelf::Views => "views",
            Shelf::Templates => "templates",
        }
    }

    /// The kind of settings that it is kept in.
    const fn kind(self) -> &'static str {
        match self {
            Shelf::Views => "view",
            Shelf::Templates => "template",
        }
    }

    fn holds(self, saved: &Saved) -> bool {
        matches!(
            (self, &saved.content),
            (Shelf::Views, Content::View(_)) | (Shelf::Templates, Content::Template(_))
        )
    }
}

impl Saved {
    /// The filters of a view.
    pub fn criteria(&self) -> Option<&Criteria> {
        match &self.content {
            Content::View(criteria) => Some(criteria),
            Content::Template(_) => None,
        }
    }

    /// The text of a template.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Template(text) => Some(text.as_str()),
            Content::View(_) => None,
        }
    }

    fn shelf(&self) -> Shelf {
        match self.content {
            Content::View(_) => Shelf::Views,
            Content::Template(_) => Shelf::Templates,
        }
    }

    fn put(&self, expected: Option<u64>) -> Change {
        Change::Put {
            kind: self.shelf().kind().to_owned(),
            key: self.id.to_string(),
            expected,
            body: json!(self),
            history: false,
        }
    }

    fn remove(&self) -> Change {
        Change::Erase { kind: self.shelf().kind().to_owned(), key: self.id.to_string() }
    }
}

impl Desk {
    /// What a caller has on a shelf: his own first, then what is shared, each in its order.
    pub fn saved(&self, caller: &Caller, shelf: Shelf) -> Vec<Saved> {
        let all = self.all_saved();
        let visible = |saved: &&Saved| shelf.holds(saved) && sees(caller, saved);
        let mut found: Vec<Saved> = all.iter().filter(visible).cloned().collect();
        found.sort_by(|a, b| (a.shared, a.place, &a.id).cmp(&(b.shared, b.place, &b.id)));
        found
    }

    /// The caller's views, at most so many, each with how many cases it shows, up to [`COUNTED`]. Views of filed cases as well are not
    /// counted: that would take the longer the more there are.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn counted_views(
        &self,
        caller: &Caller,
        most: usize,
    ) -> Result<Vec<(Saved, Option<u64>)>, DeskError> {
        let views = self.saved(caller, Shelf::Views);
        if views.is_empty() {
            return Ok(Vec::new());
        }
        let scope = self.scope(caller);
        let count = |saved: &Saved| -> Result<Option<u64>, DeskError> {
            let Some(criteria) = saved.criteria().filter(|criteria| criteria.is_open()) else {
                return Ok(None);
            };
            // One whose filters cannot be read any more stays, so that its owner can mend it.
            let Ok(filter) = criteria.filter(self) else { return Ok(None) };
            Ok(Some(self.inner.store.count(&scope, &filter, COUNTED)?))
        };
        views.into_iter().take(most).map(|saved| Ok((saved.clone(), count(&saved)?))).collect()
    }

    /// One of these.
    ///
    /// # Errors
    /// `NotFound`, also for what is somebody else's.
    pub fn saved_one(&self, caller: &Caller, shelf: Shelf, id: &str) -> Result<Saved, DeskError> {
        let found = self.saved(caller, shelf).into_iter().find(|saved| saved.id == *id);
        found.ok_or(DeskError::NotFound { what: "saved" })
    }

    /// An id for something new.
    pub fn new_saved_id(&self) -> Key {
        self.fresh_id().to_string().into()
    }

    /// Keeps something, new or known, over the version that was seen, if one was. Whoever makes it owns it; it comes last in its
    /// order.
    ///
    /// # Errors
    /// `Refused` for a name or text that is empty or too long, or when there are too many; `Forbidden` to share without the power to
    /// (`supervise`), and for what is shared by others; `NotFound` for what is somebody else's; `Stale`; a failure of the store.
    pub fn keep_saved(
        &self,
        caller: &Caller,
        id: &Key,
        (name, shared, content): (&str, bool, Content),
        seen: Option<u64>,
    ) -> Result<(), DeskError> {
        let all = self.all_saved();
        let known = all.iter().find(|saved| saved.id == *id);
        if known.is_some_and(|saved| !sees(caller, saved)) {
            return Err(DeskError::NotFound { what: "saved" });
        }
        let was_shared = known.is_some_and(|saved| saved.shared);
        if (shared || was_shared) && !self.supervises(caller) {
            return Err(DeskError::Forbidden);
        }
        let name = fitting("name", name, NAME)?;
        if let Content::Template(text) = &content {
            fitting("text", text.as_str(), TEXT)?;
        }
        let owner = known.map_or_else(|| caller.person.clone(), |saved| saved.owner.clone());
        let fresh = Saved { id: id.clone(), version: 0, name, owner, shared, place: 0, content };
        let beside: Vec<&Saved> = all.iter().filter(|saved| is_beside(saved, &fresh)).collect();
        let stays = known.filter(|saved| saved.shared == shared).map(|saved| saved.place);
        if stays.is_none() && beside.len() >= MOST {
            let most = u32::try_from(MOST).unwrap_or(u32::MAX);
            return Err(invalid("name", Problem::TooLong(most)));
        }
        let last = beside.iter().map(|saved| saved.place).max().unwrap_or(0);
        let place = stays.unwrap_or(last + 1);
        self.change_saved(caller, vec![Saved { place, ..fresh }.put(seen)])
    }

    /// Gives something up: it is gone, for everybody if it was shared.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for what is shared without the power to share; a failure of the store.
    pub fn discard_saved(&self, caller: &Caller, shelf: Shelf, id: &str) -> Result<(), DeskError> {
        let saved = self.saved_one(caller, shelf, id)?;
        self.may_change(caller, &saved)?;
        self.change_saved(caller, vec![saved.remove()])
    }

    /// Moves something before the one before it.
    ///
    /// # Errors
    /// As [`Desk::discard_saved`].
    pub fn raise_saved(&self, caller: &Caller, shelf: Shelf, id: &str) -> Result<(), DeskError> {
        let saved = self.saved_one(caller, shelf, id)?;
        self.may_change(caller, &saved)?;
        let all = self.saved(caller, shelf);
        let before = all.iter().take_while(|other| other.id != saved.id);
        let Some(other) = before.filter(|other| other.shared == saved.shared).last() else {
            return Ok(());
        };
        let changes = vec![
            Saved { place: other.place, ..saved.clone() }.put(Some(saved.version)),
            Saved { place: saved.place, ..other.clone() }.put(Some(other.version)),
        ];
        self.change_saved(caller, changes)
    }

    /// A text as it reads on a case: number, how the customer is addressed (by what the caller may see of the name), and who writes.
    pub fn filled_in(&self, caller: &Caller, seen: &Seen, text: &str, english: bool) -> String {
        let people = self.people();
        let agent = people.person(&caller.person).map(|person| person.name.clone());
        let means = [Means::Customer, Means::Contact].into_iter();
        let fields = means.filter_map(|means| seen.procedure.field_meaning(means));
        let names = fields.filter_map(|field| seen.masked(&field.key));
        let mut begun = names.filter_map(|name| {
            let shown = name.text().split('*').next().unwrap_or_default().trim().to_owned();
            Some(shown).filter(|shown| !shown.is_empty())
        });
        let customer = match begun.next() {
            Some(name) => crate::words::text("template.customer", english, &[("name", &name)]),
            None => crate::words::text("template.anybody", english, &[]),
        };
        text.replace("{number}", &seen.case.number)
            .replace("{customer}", &customer)
            .replace("{agent}", &agent.unwrap_or_default())
    }

    /// Whether the caller may share with everybody and change what is shared.
    pub fn supervises(&self, caller: &Caller) -> bool {
        let people = self.people();
        let person = people.person(&caller.person);
        person.is_some_and(|person| self.is_supervisor(person))
    }

    /// What goes when a person does: everything that was his alone.
    pub(crate) fn own_saved(&self, person: &Key) -> Vec<Change> {
        let all = self.all_saved();
        let own = all.iter().filter(|saved| saved.owner == *person && !saved.shared);
        own.map(Saved::remove).collect()
    }

    pub(crate) fn reload_saved(&self) -> Result<(), DeskError> {
        let mut all = Vec::new();
        for shelf in Shelf::ALL {
            let stored = self.inner.store.settings(shelf.kind())?.into_iter();
            all.extend(stored.map(known).collect::<Result<Vec<_>, _>>()?);
        }
        *self.inner.saved.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(all);
        Ok(())
    }

    fn all_saved(&self) -> Arc<Vec<Saved>> {
        self.follow();
        Arc::clone(&self.inner.saved.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn may_change(&self, caller: &Caller, saved: &Saved) -> Result<(), DeskError> {
        if saved.shared && !self.supervises(caller) { Err(DeskError::Forbidden) } else { Ok(()) }
    }

    fn change_saved(&self, caller: &Caller, changes: Vec<Change>) -> Result<(), DeskError> {
        let actor = caller.person.to_string();
        let done = Administer { at: self.now(), actor, changes };
        self.inner.store.administer(done).map_err(stale)?;
        self.refresh()
    }
}

/// Whether a kind of settings is one of these.
pub(crate) fn is_saved(kind: &str) -> bool {
    Shelf::ALL.iter().any(|shelf| shelf.kind() == kind)
}

fn sees(caller: &Caller, saved: &Saved) -> bool {
    saved.shared || saved.owner == caller.person
}

/// Whether one stands in the same order as another.
fn is_beside(one: &Saved, other: &Saved) -> bool {
    one.shelf() == other.shelf()
        && one.shared == other.shared
        && (one.shared || one.owner == other.owner)
}

fn fitting(name: &str, text: &str, most: u32) -> Result<String, DeskError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(invalid(name, Problem::TooShort(1)));
    }
    if u32::try_from(text.chars().count()).unwrap_or(u32::MAX) > most {
        return Err(invalid(name, Problem::TooLong(most)));
    }
    Ok(text.to_owned())
}

fn invalid(name: &str, problem: Problem) -> DeskError {
    Refusal::Invalid { fields: vec![(name.into(), problem)] }.into()
}

fn known(setting: Setting) -> Result<Saved, DeskError> {
    let corrupt = |_| StoreError::Corrupt { what: format!("a {}", setting.kind) };
    let saved: Saved = serde_json::from_value(setting.body).map_err(corrupt)?;
    Ok(Saved { version: setting.version, ..saved })
}

//! Personal values: taken out of JSON before it is written, put back when it is read.
//!
//! Every owner (a case, a setting, an attachment) has a random key per subject, wrapped by the master key. A value is kept once per
//! owner, subject and text: encrypted, with a random salt; in its place stand its reference and the commitment SHA-256(salt, text).
//! Reference and value die with the key, and the commitment alone proves nothing about the text.

mod spelled;

pub(crate) use spelled::is_within;

use crate::backend::Conn;
use crate::error::{Result, StoreError};
use crate::hash::{MarkKey, half, hex, sha256, unhex};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde_json::{Map, Value};
use std::collections::HashMap;

crate::sql::queries! {
    KEYS = "SELECT id, subject, wrapped FROM subject_keys WHERE owner = ?1";
    ADD_KEY = "INSERT INTO subject_keys (owner, subject, wrapped) VALUES (?1, ?2, ?3) /*id*/";
    VALUES = "SELECT ref, subject, salt, sealed FROM personal WHERE owner = ?1";
    ADD_VALUE = "INSERT INTO personal (owner, ref, subject, salt, sealed) VALUES (?1, ?2, ?3, ?4, ?5)";
    DROP_VALUES = "DELETE FROM personal WHERE owner = ?1";
    DROP_KEYS = "DELETE FROM subject_keys WHERE owner = ?1";
}

/// Whose key a value is under: a case's id, or a hash that stands for a setting.
pub(crate) type Owner = [u8; 16];
type Reference = [u8; 16];

/// The master key and what is derived from it.
pub(crate) struct Vault {
    wrap: Cipher,
    marks: MarkKey,
    check: [u8; 32],
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::Unavailable {
        what: "no randomness from the operating system".into(),
    })?;
    Ok(bytes)
}

/// ChaCha20-Poly1305 under one key.
#[derive(Clone)]
pub(crate) struct Cipher(LessSafeKey);

impl Cipher {
    pub(crate) fn new(key: &[u8]) -> Result<Self> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, key)
            .map_err(|_| StoreError::corrupt("a key has the wrong length"))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// The nonce, the sealed text and its tag.
    pub(crate) fn encrypt(&self, bound_to: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        let nonce = random::<NONCE_LEN>()?;
        let mut sealed = plain.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(bound_to),
                &mut sealed,
            )
            .map_err(|_| StoreError::invalid("a value is too long to encrypt"))?;
        Ok([&nonce[..], &sealed].concat())
    }

    pub(crate) fn decrypt(&self, bound_to: &[u8], stored: &[u8]) -> Result<Vec<u8>> {
        let broken = || StoreError::corrupt("a sealed value does not decrypt");
        let (nonce, sealed) = stored.split_first_chunk::<NONCE_LEN>().ok_or_else(broken)?;
        let mut plain = sealed.to_vec();
        let length = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(bound_to), &mut plain)
            .map_err(|_| broken())?
            .len();
        plain.truncate(length);
        Ok(plain)
    }
}

impl Vault {
    pub(crate) fn new(master: &[u8; 32]) -> Result<Self> {
        let master = MarkKey::new(master);
        Ok(Self {
            wrap: Cipher::new(&master.of(&[b"bihuan wrap subject keys"]))?,
            marks: MarkKey::new(&master.of(&[b"bihuan marks"])),
            check: master.of(&[b"bihuan key check"]),
        })
    }

    /// Recognises the master key without revealing it.
    pub(crate) fn check(&self) -> [u8; 32] {
        self.check
    }

    /// A keyed mark: equal for equal things, and nothing else can be told from it.
    pub(crate) fn mark(&self, purpose: &str, thing: &[u8]) -> [u8; 16] {
        half(self.marks.of(&[purpose.as_bytes(), thing]))
    }

    /// The cipher for what has no subject: sessions and drafts.
    pub(crate) fn own_cipher(&self) -> &Cipher {
        &self.wrap
    }

    /// Everything kept for one owner, ready to seal and to open.
    pub(crate) fn drawer(&self, conn: &Conn, owner: Owner) -> Result<Drawer> {
        let mut drawer = self.empty_drawer(owner);
        let keys = conn
            .rows(KEYS, &[(&owner).into()], |row| Ok((row.int(0)?, row.text(1)?, row.blob(2)?)))?;
        for (id, name, wrapped) in keys {
            let key = self.wrap.decrypt(&bound(&owner, &name), &wrapped)?;
            drawer.subjects.push(Subject::new(Kept::As(id), name, &key)?);
        }
        if !drawer.subjects.is_empty() {
            let values = conn.rows(VALUES, &[(&owner).into()], |row| {
                let id = row.int(1)?;
                let subject = drawer.subjects.iter().position(|subject| subject.id() == Some(id));
                let subject =
                    subject.ok_or_else(|| StoreError::corrupt("a value without its key"))?;
                Ok((row.bytes(0)?, Held { subject, salt: row.bytes(2)?, sealed: row.blob(3)? }))
            })?;
            drawer.values = values.into_iter().collect();
        }
        Ok(drawer)
    }

    /// A drawer that is known to be empty: that of a new case.
    pub(crate) fn empty_drawer(&self, owner: Owner) -> Drawer {
        Drawer { owner, subjects: Vec::new(), values: HashMap::new(), fresh: Vec::new() }
    }

    /// Deletes every value, salt and key of an owner. What was sealed under them can never be opened again.
    pub(crate) fn destroy(&self, conn: &Conn, owner: Owner) -> Result<()> {
        conn.push(DROP_VALUES, &[(&owner).into()])?;
        conn.push(DROP_KEYS, &[(&owner).into()])?;
        Ok(())
    }

    /// A title as lists read it: straight from the row, with the wrapped key beside it.
    pub(crate) fn open_title(
        &self,
        owner: &Owner,
        wrapped: Option<Vec<u8>>,
        title: Option<Vec<u8>>,
    ) -> Result<Option<String>> {
        let (Some(wrapped), Some(title)) = (wrapped, title) else { return Ok(None) };
        let key = self.wrap.decrypt(&bound(owner, ""), &wrapped)?;
        let plain = Cipher::new(&key)?.decrypt(owner, &title)?;
        String::from_utf8(plain).map(Some).map_err(|_| StoreError::corrupt("a title is not a text"))
    }

    fn new_subject(&self, owner: &Owner, name: &str) -> Result<Subject> {
        let key = random::<32>()?;
        let wrapped = self.wrap.encrypt(&bound(owner, name), &key)?;
        Subject::new(Kept::NotYet(wrapped), name.to_owned(), &key)
    }
}

fn bound(owner: &Owner, name: &str) -> Vec<u8> {
    [owner.as_slice(), name.as_bytes()].concat()
}

#[derive(Clone)]
struct Subject {
    kept: Kept,
    name: String,
    cipher: Cipher,
    key: Vec<u8>,
    /// The key of references, made from the other when something is sealed.
    references: Option<MarkKey>,
}

/// Whether a key is in the database.
#[derive(Clone)]
enum Kept {
    /// It is, under this id.
    As(i64),
    /// It is not; this is what will be written.
    NotYet(Vec<u8>),
}

impl Subject {
    fn new(kept: Kept, name: String, key: &[u8]) -> Result<Self> {
        Ok(Self { kept, name, cipher: Cipher::new(key)?, key: key.to_vec(), references: None })
    }

    fn reference(&mut self, text: &str) -> Reference {
        let key = &self.key;
        let made = || MarkKey::new(&MarkKey::new(key).of(&[b"references"]));
        half(self.references.get_or_insert_with(made).of(&[text.as_bytes()]))
    }

    fn id(&self) -> Option<i64> {
        match self.kept {
            Kept::As(id) => Some(id),
            Kept::NotYet(_) => None,
        }
    }
}

#[derive(Clone)]
struct Held {
    /// Its place among the subjects of the drawer.
    subject: usize,
    salt: [u8; 16],
    sealed: Vec<u8>,
}

/// The personal values of one owner. What is sealed is kept in it until [`Drawer::save`] writes it down.
#[derive(Clone)]
pub(crate) struct Drawer {
    owner: Owner,
    subjects: Vec<Subject>,
    values: HashMap<Reference, Held>,
    /// Values that are not in the database yet, in the order in which they came.
    fresh: Vec<Reference>,
}

fn commitment(salt: &[u8], text: &str) -> String {
    hex(&sha256([salt, text.as_bytes()]))
}

impl Drawer {
    /// How many keys the database held of this owner.
    pub(crate) fn known_keys(&self) -> usize {
        self.subjects.iter().filter(|subject| subject.id().is_some()).count()
    }

    /// Writes down the keys and values that were sealed since the drawer was opened.
    pub(crate) fn save(&mut self, conn: &Conn) -> Result<()> {
        for subject in &mut self.subjects {
            if let Kept::NotYet(wrapped) = &subject.kept {
                let key = [(&self.owner).into(), (&subject.name).into(), wrapped.into()];
                subject.kept = Kept::As(conn.insert(ADD_KEY, &key)?);
            }
        }
        for reference in std::mem::take(&mut self.fresh) {
            let Some(held) = self.values.get(&reference) else { continue };
            let subject = self.subjects.get(held.subject).and_then(Subject::id);
            let params = [
                (&self.owner).into(),
                (&reference).into(),
                subject.into(),
                (&held.salt).into(),
                (&held.sealed).into(),
            ];
            conn.push(ADD_VALUE, &params)?;
        }
        Ok(())
    }

    /// The JSON with every private text replaced by its reference and commitment.
    pub(crate) fn seal(&mut self, vault: &Vault, mut value: Value) -> Result<Value> {
        self.seal_within(vault, &mut value)?;
        Ok(value)
    }

    /// Most of a case is not personal: what is not stays where it is.
    fn seal_within(&mut self, vault: &Vault, value: &mut Value) -> Result<()> {
        let fields = match value {
            Value::Array(items) => {
                return items.iter_mut().try_for_each(|item| self.seal_within(vault, item));
            }
            Value::Object(fields) => fields,
            _ => return Ok(()),
        };
        match fields.get("$p") {
            Some(Value::String(text)) => *value = self.put(vault, text, fields.get("of"))?,
            Some(_) => return Err(StoreError::invalid("a private value that is not a text")),
            // A reference in what was handed in is nobody's: only this function makes them.
            None if fields.contains_key("$ref") => {
                return Err(StoreError::invalid("a reference instead of a private text"));
            }
            None => {
                return fields.values_mut().try_for_each(|field| self.seal_within(vault, field));
            }
        }
        Ok(())
    }

    fn put(&mut self, vault: &Vault, text: &str, of: Option<&Value>) -> Result<Value> {
        let name = match of {
            None => "",
            Some(Value::String(name)) => name.as_str(),
            Some(_) => {
                return Err(StoreError::invalid("the subject of a private text is not a key"));
            }
        };
        let at = self.subject(vault, name)?;
        let subject =
            self.subjects.get_mut(at).ok_or_else(|| StoreError::corrupt("a key went missing"))?;
        let reference = subject.reference(text);
        let salt = match self.values.get(&reference) {
            Some(held) => held.salt,
            None => {
                let salt = random::<16>()?;
                let sealed = subject.cipher.encrypt(&reference, text.as_bytes())?;
                self.values.insert(reference, Held { subject: at, salt, sealed });
                self.fresh.push(reference);
                salt
            }
        };
        let mut stored = Map::new();
        stored.insert("$ref".into(), hex(&reference).into());
        stored.insert("c".into(), commitment(&salt, text).into());
        if !name.is_empty() {
            stored.insert("of".into(), name.into());
        }
        Ok(Value::Object(stored))
    }

    fn subject(&mut self, vault: &Vault, name: &str) -> Result<usize> {
        if let Some(at) = self.subjects.iter().position(|subject| subject.name == name) {
            return Ok(at);
        }
        self.subjects.push(vault.new_subject(&self.owner, name)?);
        Ok(self.subjects.len() - 1)
    }

    /// The JSON with every reference replaced by its text, or by the commitment of a text that was erased.
    pub(crate) fn open(&self, mut stored: Value) -> Result<Value> {
        self.open_within(&mut stored)?;
        Ok(stored)
    }

    /// Most of a case is not personal: what is not stays where it is.
    fn open_within(&self, stored: &mut Value) -> Result<()> {
        let fields = match stored {
            Value::Array(items) => {
                return items.iter_mut().try_for_each(|item| self.open_within(item));
            }
            Value::Object(fields) => fields,
            _ => return Ok(()),
        };
        let (Some(Value::String(reference)), Some(Value::String(commitment))) =
            (fields.get("$ref"), fields.get("c"))
        else {
            return fields.values_mut().try_for_each(|field| self.open_within(field));
        };
        let (name, content) = match self.get(reference)? {
            Some((_, text)) => ("$p", text),
            None => ("$erased", commitment.clone()),
        };
        let mut opened = Map::new();
        opened.insert(name.into(), content.into());
        if let Some(of) = fields.remove("of") {
            opened.insert("of".into(), of);
        }
        *fields = opened;
        Ok(())
    }

    fn get(&self, reference: &str) -> Result<Option<([u8; 16], String)>> {
        let key: Reference = unhex(reference)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| StoreError::corrupt("a reference is malformed"))?;
        let Some(held) = self.values.get(&key) else { return Ok(None) };
        let subject = self
            .subjects
            .get(held.subject)
            .ok_or_else(|| StoreError::corrupt("a value without its key"))?;
        let plain = subject.cipher.decrypt(&key, &held.sealed)?;
        let text = String::from_utf8(plain)
            .map_err(|_| StoreError::corrupt("a sealed value is not a text"))?;
        Ok(Some((held.salt, text)))
    }

    /// Checks every commitment inside stored JSON; counts (present and right, erased).
    pub(crate) fn verify(&self, stored: &Value) -> Result<(u64, u64)> {
        let sum = |all: (u64, u64), one: (u64, u64)| (all.0 + one.0, all.1 + one.1);
        match stored {
            Value::Array(items) => {
                items.iter().try_fold((0, 0), |all, item| Ok(sum(all, self.verify(item)?)))
            }
            Value::Object(fields) => match (fields.get("$ref"), fields.get("c")) {
                (Some(Value::String(reference)), Some(Value::String(stated))) => {
                    match self.get(reference)? {
                        Some((salt, text)) if commitment(&salt, &text) == *stated => Ok((1, 0)),
                        Some(_) => {
                            Err(StoreError::corrupt("a personal value does not fit its commitment"))
                        }
                        None => Ok((0, 1)),
                    }
                }
                _ => {
                    fields.values().try_fold((0, 0), |all, field| Ok(sum(all, self.verify(field)?)))
                }
            },
            _ => Ok((0, 0)),
        }
    }

    /// A title, readable by [`Vault::open_title`] without the drawer.
    pub(crate) fn seal_title(&mut self, vault: &Vault, title: &str) -> Result<Vec<u8>> {
        let at = self.subject(vault, "")?;
        let subject =
            self.subjects.get(at).ok_or_else(|| StoreError::corrupt("a key went missing"))?;
        subject.cipher.encrypt(&self.owner, title.as_bytes())
    }

    /// A single text, as stored JSON.
    pub(crate) fn seal_text(&mut self, vault: &Vault, text: &str) -> Result<String> {
        Ok(self.put(vault, text, None)?.to_string())
    }

    /// A text stored by [`Drawer::seal_text`]; `None` when it was erased.
    pub(crate) fn open_text(&self, stored: &str) -> Result<Option<String>> {
        let Value::Object(fields) = serde_json::from_str(stored)? else {
            return Err(StoreError::corrupt("a sealed text is malformed"));
        };
        let Some(Value::String(reference)) = fields.get("$ref") else {
            return Err(StoreError::corrupt("a sealed text has no reference"));
        };
        Ok(self.get(reference)?.map(|(_, text)| text))
    }
}

//! Files: uploaded first, joined to a case by the facts that name them, seen by whoever sees the case.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::organisation::Caller;
use crate::rows::actor;
use engine::case::Case;
use engine::decide::{Decision, Library};
use engine::event::Event;
use engine::key::Key;
use engine::people::Who;
use engine::procedure::{FieldKind, Procedure};
use engine::refusal::{Problem, Refusal};
use engine::value::Value;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use store::{Attachment, NewAttachment};
use uuid::Uuid;

/// Largest file that is taken in, in bytes.
pub const LARGEST_FILE: usize = 25 << 20;
/// How long an upload waits for a case to name it.
const GRACE: SignedDuration = SignedDuration::from_hours(24);
/// Most characters of a file's name.
const LONGEST_NAME: usize = 200;

/// Files by their ids.
pub(crate) type Files = BTreeMap<Uuid, Attachment>;

impl Desk {
    /// Takes a file in. It belongs to nobody's case until a submission of the same person names its id; what none has named
    /// within 24 hours is forgotten by [`Desk::sweep_uploads`]. Folders in the name are dropped; the content type is found
    /// from the content.
    ///
    /// # Errors
    /// `EmptyFile`; a failure of the store.
    pub fn upload(&self, who: &Who, name: &str, bytes: Vec<u8>) -> Result<Attachment, DeskError> {
        if bytes.is_empty() {
            return Err(DeskError::EmptyFile);
        }
        let attachment = Attachment {
            id: self.fresh_id(),
            case: None,
            name: Some(plain_name(name)),
            content_type: sniffed(&bytes).to_owned(),
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            by: actor(who),
            created_at: self.now(),
        };
        self.inner.store.attach(NewAttachment {
            id: attachment.id,
            name: attachment.name.clone().unwrap_or_default(),
            content_type: attachment.content_type.clone(),
            by: attachment.by.clone(),
            at: attachment.created_at,
            bytes,
        })?;
        Ok(attachment)
    }

    /// A file and its content: that of a case which the caller may see, or an upload of his own.
    ///
    /// # Errors
    /// `NotFound`, also for what the caller may not see and for what was erased; a failure of the store.
    pub fn attachment_for(
        &self,
        caller: &Caller,
        id: Uuid,
    ) -> Result<(Attachment, Vec<u8>), DeskError> {
        let missing = DeskError::NotFound { what: "attachment" };
        let Some(file) = self.inner.store.attachment(id)? else { return Err(missing) };
        let visible = match file.case {
            Some(case) => self.inner.store.case(&self.scope(caller), case)?.is_some(),
            None => file.by == caller.person.to_string(),
        };
        match self.inner.store.attachment_content(id)? {
            Some(content) if visible => Ok((file, content)),
            _ => Err(missing),
        }
    }

    /// Forgets uploads that no case had named within 24 hours at an instant; returns how many files were removed.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn sweep_uploads(&self, at: Timestamp) -> Result<usize, DeskError> {
        let before = at.checked_sub(GRACE).unwrap_or(Timestamp::MIN);
        Ok(self.inner.store.sweep_attachments(before)?)
    }

    /// The files that the touched cases name. One that a fact names for the first time must be an upload of whoever submits,
    /// or belong already to one of the cases that the decision is about.
    pub(crate) fn files(
        &self,
        who: &Who,
        decision: &Decision,
        library: &Library,
    ) -> Result<Files, DeskError> {
        let (mut files, mut wrong) = (Files::new(), Vec::new());
        for (id, recorded) in &decision.events {
            let Some(rules) = rules(library, decision, id) else { continue };
            for (field, text) in named_by_event(&rules, &recorded.event) {
                let file = match text.parse::<Uuid>() {
                    Ok(uuid) => self.inner.store.attachment(uuid)?,
                    Err(_) => None,
                };
                match file.filter(|file| joins(file, who, decision)) {
                    Some(file) => drop(files.insert(file.id, file)),
                    None => wrong.push((field.clone(), Problem::NotUploaded)),
                }
            }
        }
        if !wrong.is_empty() {
            wrong.dedup();
            return Err(Refusal::Invalid { fields: wrong }.into());
        }
        for (id, case) in &decision.cases {
            let Some(rules) = rules(library, decision, id) else { continue };
            for uuid in named_by_case(&rules, case) {
                if !files.contains_key(&uuid)
                    && let Some(file) = self.inner.store.attachment(uuid)?
                {
                    files.insert(uuid, file);
                }
            }
        }
        Ok(files)
    }
}

fn rules(library: &Library, decision: &Decision, case: &Key) -> Option<std::sync::Arc<Procedure>> {
    let case = decision.cases.get(case)?;
    library.version(&case.procedure, case.procedure_version).map(|(procedure, _)| procedure)
}

/// Whether a case may name a file: nobody joins what somebody else has uploaded, or what belongs to another case. Without
/// a person it is the operator of the installation who acts.
fn joins(file: &Attachment, who: &Who, decision: &Decision) -> bool {
    match file.case {
        Some(case) => decision.cases.contains_key(&*case.to_string()),
        None => *who == Who::System || file.by == actor(who),
    }
}

/// Texts that a fact names as files, each with the field or input that does.
fn named_by_event<'e>(rules: &Procedure, event: &'e Event) -> Vec<(Key, &'e str)> {
    let of_field = |(key, value): (&Key, &'e Value)| {
        let mut found = Vec::new();
        if let Some(field) = rules.field(key) {
            named(&field.kind, value, &mut found);
        }
        found.into_iter().map(|text| (key.clone(), text)).collect::<Vec<_>>()
    };
    match event {
        Event::FieldsSet { values, .. } => {
            let set = values.iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
            set.flat_map(of_field).collect()
        }
        Event::ChangeAsked { set, .. } => set.iter().flat_map(of_field).collect(),
        Event::ChangeSigned { file: Some(file), .. } => vec![("file".into(), file.as_str())],
        _ => Vec::new(),
    }
}

/// Files that a case names now: in its fields, in what its changes would set, and the sheets that were signed.
pub(crate) fn named_by_case(rules: &Procedure, case: &Case) -> Vec<Uuid> {
    let mut found = Vec::new();
    let asked = case.changes.iter().flat_map(|change| &change.set);
    for (key, value) in case.fields.iter().chain(asked) {
        if let Some(field) = rules.field(key) {
            named(&field.kind, value, &mut found);
        }
    }
    let signed = case.changes.iter().filter_map(|change| change.signed.as_ref());
    found.extend(signed.filter_map(|(_, file, _)| file.as_deref()));
    let mut ids: Vec<Uuid> = found.into_iter().filter_map(|text| text.parse().ok()).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// Texts of a value that are files, also those in the columns of a table.
fn named<'v>(kind: &FieldKind, value: &'v Value, found: &mut Vec<&'v str>) {
    match (kind, value) {
        (FieldKind::Files, value) => found.extend(value.texts()),
        (FieldKind::Table(columns), Value::List(rows)) => {
            for row in rows {
                let Value::Row { cells } = row else { continue };
                for column in columns {
                    if let Some(cell) = cells.get(&column.key) {
                        named(&column.kind, cell, found);
                    }
                }
            }
        }
        _ => {}
    }
}

/// A name without folders and without characters that cannot be seen, among them those that turn the direction of writing.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let unseen = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let plain: String = last.chars().filter(|c| !unseen(c)).take(LONGEST_NAME).collect();
    if plain.trim().is_empty() { "file".to_owned() } else { plain }
}

/// What the content is; nothing that a browser would run is ever called by its name.
fn sniffed(bytes: &[u8]) -> &'static str {
    let known: [(&[u8], &str); 7] = [
        (b"%PDF-", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"PK\x03\x04", "application/zip"),
        (b"ID3", "audio/mpeg"),
        (b"OggS", "audio/ogg"),
    ];
    if let Some((_, media)) = known.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return media;
    }
    match (bytes.get(..4), bytes.get(4..8), bytes.get(8..12)) {
        (Some(b"RIFF"), _, Some(b"WEBP")) => "image/webp",
        (Some(b"RIFF"), _, Some(b"WAVE")) => "audio/wav",
        (_, Some(b"ftyp"), _) => "video/mp4",
        _ if std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0')) => "text/plain",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_says_what_it_is() {
        assert_eq!(sniffed(b"%PDF-1.7 ..."), "application/pdf");
        assert_eq!(sniffed(b"RIFF\0\0\0\0WEBPVP8 "), "image/webp");
        assert_eq!(sniffed(b"<script>alert(1)</script>"), "text/plain");
        assert_eq!(sniffed("中文".as_bytes()), "text/plain");
        assert_eq!(sniffed(b"\0\x01\x02"), "application/octet-stream");
    }

    #[test]
    fn a_name_loses_its_folders_and_what_cannot_be_seen() {
        assert_eq!(plain_name("../../现场 照片.png"), "现场 照片.png");
        assert_eq!(plain_name("C:\\tmp\\a.pdf"), "a.pdf");
        assert_eq!(plain_name("a\u{202e}gnp.exe\r\n"), "agnp.exe");
        assert_eq!(plain_name(""), "file");
        assert_eq!(plain_name(&"名".repeat(300)).chars().count(), 200);
    }
}

//! Files of cases: from the disk into a case, and back.

use crate::cli::output::Output;
use anyhow::{Context, Result, bail};
use desk::{Desk, LARGEST_FILE, Seen, entry};
use engine::case::Case;
use engine::command::{Entered, Extra};
use engine::people::Who;
use engine::procedure::{Action, FieldKind, Procedure};
use engine::value::Value;
use serde_json::{Value as Json, json};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use store::Attachment;

/// What files are uploaded for.
pub(super) struct Target<'a> {
    pub(super) rules: &'a Procedure,
    pub(super) action: &'a Action,
    /// None for a registration.
    pub(super) case: Option<&'a Case>,
}

/// Uploads the files of `name=path` and names them in the fields and inputs that are about to be submitted.
pub(super) fn upload(
    desk: &Desk,
    who: &Who,
    target: &Target<'_>,
    files: &[(String, String)],
    (fields, extra): (&mut Entered, &mut Extra),
    output: &Output,
) -> Result<()> {
    // Every name and file is looked at before the first one is uploaded.
    let mut found = Vec::new();
    for (name, path) in files {
        let field = entry::field_named(target.rules, name)
            .filter(|field| matches!(field.kind, FieldKind::Files));
        if field.is_none() && !entry::takes_named(target.action, name, "file") {
            bail!("{}", output.text("case.no_file_field", &[("name", name)]));
        }
        found.push((field, Path::new(path), content(Path::new(path), output)?));
    }
    for (field, path, bytes) in found {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let id = desk.upload(who, &name, bytes)?.id.to_string();
        let Some(field) = field else {
            extra.file = Some(id);
            continue;
        };
        let kept = || {
            let value = target.case.and_then(|case| case.value(&field.key));
            json!(value.map(Value::texts).unwrap_or_default())
        };
        if let Json::Array(ids) = fields.entry(field.key.clone()).or_insert_with(kept) {
            ids.push(json!(id));
        }
    }
    Ok(())
}

/// A file that can be taken in.
fn content(path: &Path, output: &Output) -> Result<Vec<u8>> {
    let shown = path.display().to_string();
    let about = fs::metadata(path).with_context(|| shown.clone())?;
    let size = usize::try_from(about.len()).unwrap_or(usize::MAX);
    if size > LARGEST_FILE {
        let limit = (LARGEST_FILE >> 20).to_string();
        bail!("{}", output.text("case.file_too_large", &[("file", &shown), ("limit", &limit)]));
    }
    if about.is_file() && size == 0 {
        bail!("{}", output.text("case.file_empty", &[("file", &shown)]));
    }
    fs::read(path).with_context(|| shown)
}

/// The files of a case, oldest first.
pub(super) fn list(desk: &Desk, seen: &Seen, output: &mut Output) -> Result<()> {
    let files = desk.store().attachments_of(seen.summary.id)?;
    if output.json {
        let files: Vec<Json> = files.iter().map(|file| json!({ "id": file.id, "name": file.name, "content_type": file.content_type, "size": file.size, "created_at": file.created_at })).collect();
        output.value(&json!(files));
        return Ok(());
    }
    if files.is_empty() {
        output.say("case.no_files", &[]);
    }
    for file in files {
        let at = engine::show::time(&seen.calendar, file.created_at);
        let name = shown_name(&file, output);
        output.line(format!("{}  {at}  {:>10}  {name}", file.id, file.size));
    }
    Ok(())
}

fn shown_name(file: &Attachment, output: &Output) -> String {
    file.name.clone().unwrap_or_else(|| output.text("case.file_erased", &[]))
}

/// Saves a file of a case; nothing that is there is overwritten.
pub(super) fn save(
    desk: &Desk,
    seen: &Seen,
    wanted: &str,
    out: &Path,
    output: &mut Output,
) -> Result<()> {
    let files = desk.store().attachments_of(seen.summary.id)?;
    let is =
        |file: &&Attachment| file.id.to_string() == wanted || file.name.as_deref() == Some(wanted);
    let mut named = files.iter().filter(is);
    let (Some(file), None) = (named.next(), named.next()) else {
        let number = &seen.case.number;
        bail!("{}", output.text("case.no_such_file", &[("name", wanted), ("number", number)]));
    };
    let Some(content) = desk.store().attachment_content(file.id)? else {
        bail!("{}", output.text("case.file_erased", &[]));
    };
    let path = if out.is_dir() { out.join(shown_name(file, output)) } else { PathBuf::from(out) };
    let shown = path.display().to_string();
    let mut to = match File::create_new(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{}", output.text("case.file_exists", &[("file", &shown)]))
        }
        other => other.with_context(|| shown.clone())?,
    };
    to.write_all(&content).and_then(|()| to.sync_all()).with_context(|| shown.clone())?;
    if output.json {
        output.value(&json!({ "id": file.id, "name": file.name, "content_type": file.content_type, "size": file.size, "file": path }));
    } else {
        output.say("case.file_saved", &[("file", &shown)]);
    }
    Ok(())
}

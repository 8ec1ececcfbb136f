//! Attachments: uploaded first, taken into a case by a write; the file lies encrypted in the blob folder. An attachment has a key
//! of its own and its file's name is a mark under that key, so erasing one never touches somebody else's equal file.

use crate::backend::{Conn, Row};
use crate::blobs::Blobs;
use crate::error::{Result, StoreError};
use crate::hash::{hex, unhex};
use crate::time::{from_int, int, limit, to_int};
use crate::vault::{Cipher, Vault};
use crate::write::once::AT_ONCE;
use crate::write::queue::Batch;
use jiff::Timestamp;
use uuid::Uuid;

crate::sql::queries! {
    ADD = "INSERT INTO attachments (uuid, mark, name, content_type, size, by_whom, created_at, erased) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)";
    GET = "SELECT attachments.uuid, attachments.mark, cases.uuid, attachments.name, attachments.content_type, attachments.size,
            attachments.by_whom, attachments.created_at, attachments.erased
        FROM attachments LEFT JOIN cases ON cases.id = attachments.case_id WHERE attachments.uuid = ?1";
    OF_CASE = "SELECT attachments.uuid, attachments.mark, cases.uuid, attachments.name, attachments.content_type, attachments.size,
            attachments.by_whom, attachments.created_at, attachments.erased
        FROM attachments JOIN cases ON cases.id = attachments.case_id
        WHERE attachments.case_id = (SELECT id FROM cases WHERE uuid = ?1) ORDER BY attachments.created_at, attachments.uuid";
    ERASABLE = "SELECT uuid FROM attachments WHERE case_id = ?1 AND erased = 0";
    ERASE = "UPDATE attachments SET erased = 1 WHERE uuid = ?1";
    ORPHANS = "SELECT uuid FROM attachments WHERE case_id IS NULL AND created_at < ?1 ORDER BY created_at LIMIT ?2";
    DROP = "DELETE FROM attachments WHERE uuid = ?1 AND case_id IS NULL";
    MARK_IN_USE = "SELECT 1 FROM attachments WHERE mark = ?1 AND erased = 0";
}

/// A file to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttachment {
    /// Identity, a UUIDv7 made by the caller.
    pub id: Uuid,
    /// Name of the file; sealed.
    pub name: String,
    /// Content type, as found from the content.
    pub content_type: String,
    /// Key of who uploaded it.
    pub by: String,
    /// When, UTC.
    pub at: Timestamp,
    /// The content.
    pub bytes: Vec<u8>,
}

/// A kept file without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Identity.
    pub id: Uuid,
    /// The case that took it; `None` for an upload that no write has named yet.
    pub case: Option<Uuid>,
    /// Name of the file; `None` when it was erased, and then the content is gone too.
    pub name: Option<String>,
    /// Content type.
    pub content_type: String,
    /// Size of the content in bytes.
    pub size: u64,
    /// Key of who uploaded it.
    pub by: String,
    /// When, UTC.
    pub created_at: Timestamp,
}

/// The file's name in the blob folder.
fn mark(vault: &Vault, id: Uuid, bytes: &[u8]) -> [u8; 16] {
    vault.mark("attachment", &[id.as_bytes(), bytes].concat())
}

/// Encrypts the content and puts it into the folder; the row follows with [`add`].
pub(crate) fn put_file(
    vault: &Vault,
    blobs: &Blobs,
    new: &NewAttachment,
) -> Result<(String, [u8; 32])> {
    let key = crate::vault::random::<32>()?;
    let name = hex(&mark(vault, new.id, &new.bytes));
    blobs.put(&name, &Cipher::new(&key)?.encrypt(new.id.as_bytes(), &new.bytes)?)?;
    Ok((name, key))
}

/// Adds the row; name and file key are sealed under the attachment's own key.
pub(crate) fn add(
    batch: &mut Batch<'_>,
    new: &NewAttachment,
    mark: &str,
    key: &[u8; 32],
) -> Result<()> {
    let mut drawer = batch.vault.empty_drawer(new.id.into_bytes());
    // One sealed text holds both: without it the file cannot be opened.
    let sealed = drawer.seal_text(batch.vault, &format!("{}{}", hex(key), new.name))?;
    drawer.save(batch.conn)?;
    let mark = unhex(mark).unwrap_or_default();
    let params = [
        (&new.id).into(),
        (&mark).into(),
        (&sealed).into(),
        (&new.content_type).into(),
        int(u64::try_from(new.bytes.len()).unwrap_or(u64::MAX))?.into(),
        (&new.by).into(),
        to_int(new.at)?.into(),
    ];
    batch.conn.push(ADD, &params)
}

struct Found {
    attachment: Attachment,
    mark: String,
    sealed: String,
}

fn read(row: &Row<'_>) -> Result<Found> {
    let case = row.opt_blob(2)?.map(|id| {
        Uuid::from_slice(&id).map_err(|_| StoreError::corrupt("a stored id has the wrong length"))
    });
    let attachment = Attachment {
        id: row.uuid(0)?,
        case: case.transpose()?,
        name: None,
        content_type: row.text(4)?,
        size: row.count(5)?,
        by: row.text(6)?,
        created_at: from_int(row.int(7)?)?,
    };
    Ok(Found { attachment, mark: hex(&row.blob(1)?), sealed: row.text(3)? })
}

/// The attachment with its name, and the key of its file.
fn open(conn: &Conn, vault: &Vault, found: Found) -> Result<(Attachment, String, Option<Vec<u8>>)> {
    let Found { mut attachment, mark, sealed } = found;
    let both = vault.drawer(conn, attachment.id.into_bytes())?.open_text(&sealed)?;
    let (key, name) = match both.as_deref().and_then(|both| both.split_at_checked(64)) {
        Some((key, name)) => (unhex(key), Some(name.to_owned())),
        None => (None, None),
    };
    attachment.name = name;
    Ok((attachment, mark, key))
}

/// One attachment.
pub(crate) fn get(conn: &Conn, vault: &Vault, id: Uuid) -> Result<Option<Attachment>> {
    let found = conn.row(GET, &[(&id).into()], read)?;
    found.map(|found| Ok(open(conn, vault, found)?.0)).transpose()
}

/// The content of an attachment; `None` when there is no such attachment or it was erased.
pub(crate) fn content(
    conn: &Conn,
    vault: &Vault,
    blobs: &Blobs,
    id: Uuid,
) -> Result<Option<Vec<u8>>> {
    let Some(found) = conn.row(GET, &[(&id).into()], read)? else { return Ok(None) };
    let (_, mark, Some(key)) = open(conn, vault, found)? else { return Ok(None) };
    let key: [u8; 32] =
        key.try_into().map_err(|_| StoreError::corrupt("a file key has the wrong length"))?;
    Cipher::new(&key)?.decrypt(id.as_bytes(), &blobs.get(&mark)?).map(Some)
}

/// The attachments of a case, oldest first.
pub(crate) fn of_case(conn: &Conn, vault: &Vault, case: Uuid) -> Result<Vec<Attachment>> {
    let found = conn.rows(OF_CASE, &[(&case).into()], read)?;
    found.into_iter().map(|found| Ok(open(conn, vault, found)?.0)).collect()
}

/// Erases names and keys of all files of a case; the files themselves go with the next sweep.
pub(crate) fn erase_of_case(batch: &Batch<'_>, case: i64) -> Result<()> {
    for id in batch.conn.rows(ERASABLE, &[case.into()], |row| row.uuid(0))? {
        batch.vault.destroy(batch.conn, id.into_bytes())?;
        batch.conn.push(ERASE, &[(&id).into()])?;
    }
    Ok(())
}

/// Forgets some of the uploads made before `before` that no write took.
pub(crate) fn sweep(batch: &Batch<'_>, before: Timestamp) -> Result<usize> {
    let params = [to_int(before)?.into(), limit(AT_ONCE).into()];
    let orphans = batch.conn.rows(ORPHANS, &params, |row| row.uuid(0))?;
    for id in &orphans {
        batch.vault.destroy(batch.conn, id.into_bytes())?;
        batch.conn.push(DROP, &[id.into()])?;
    }
    Ok(orphans.len())
}

/// Whether a file of the folder belongs to an attachment that is not erased.
pub(crate) fn in_use(conn: &Conn, name: &str) -> Result<bool> {
    let mark = unhex(name).unwrap_or_default();
    Ok(conn.row(MARK_IN_USE, &[(&mark).into()], |_| Ok(()))?.is_some())
}

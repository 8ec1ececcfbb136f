//! The procedures that travel with the program, as files.

use include_dir::{Dir, include_dir};

static PROCEDURES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../procedures");

/// A built-in procedure's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    /// Name of its folder.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// All built-in procedures, in the order of their folders' names.
pub fn builtin() -> Vec<Builtin> {
    let mut all: Vec<Builtin> = PROCEDURES
        .dirs()
        .filter_map(|dir| {
            let text = dir.get_file(dir.path().join("procedure.toml"))?.contents_utf8()?;
            Some(Builtin { name: dir.path().file_name()?.to_str()?, text })
        })
        .collect();
    all.sort_by_key(|one| one.name);
    all
}

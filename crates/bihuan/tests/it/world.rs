//! A data folder, and the program run over it.

use cluster::Database;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use store::Place;
use tempfile::TempDir;

/// A data folder with the built-in procedures, and a folder beside it for files.
pub(crate) struct World {
    folder: PathBuf,
    database: Option<Database>,
    _own: Option<TempDir>,
}

/// What a run said, and whether it succeeded.
pub(crate) struct Said {
    pub(crate) fine: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

impl World {
    /// Over the database that the suite runs on.
    pub(crate) fn new() -> Self {
        Self::with(Database::chosen().unwrap())
    }

    /// Over the embedded database, in somebody's folder.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), database: None, _own: None }
    }

    /// One whose database is on a server.
    pub(crate) fn on_server() -> Self {
        Self::with(Some(Database::new().unwrap()))
    }

    fn with(database: Option<Database>) -> Self {
        let own = tempfile::tempdir().unwrap();
        Self { folder: own.path().to_owned(), database, _own: Some(own) }
    }

    /// The address of the database on its server.
    pub(crate) fn address(&self) -> &str {
        &self.database.as_ref().unwrap().address
    }

    /// Where the installation is.
    pub(crate) fn place(&self) -> Place {
        match &self.database {
            Some(database) => Place::postgres(&database.address, &self.data()).unwrap(),
            None => Place::at(&self.data()),
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A fixture, copied, because refused rows are written beside a file.
    pub(crate) fn fixture(&self, name: &str) -> PathBuf {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
        std::fs::copy(from, self.path(name)).unwrap();
        self.path(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bihuan"));
        command.env_remove("BIHUAN_MASTER_KEY").env("BIHUAN_LANG", "zh");
        command.arg("--data").arg(self.data()).args(args);
        match &self.database {
            Some(database) => command.env("BIHUAN_DATABASE", &database.address),
            None => command.env_remove("BIHUAN_DATABASE"),
        };
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Said {
        said(self.command(args).output().unwrap())
    }

    /// With `--json`.
    pub(crate) fn json(&self, args: &[&str]) -> Json {
        let mut with = vec!["--json"];
        with.extend(args);
        self.run(&with).json()
    }

    /// Imports a file into the procedure of the fixtures, answers as JSON.
    pub(crate) fn import(&self, file: &Path, more: &[&str]) -> Json {
        let mut args = vec!["import", file.to_str().unwrap(), "--procedure", "hl"];
        args.extend(more);
        self.json(&args)
    }

    /// How many cases there are.
    pub(crate) fn cases(&self) -> usize {
        self.json(&["case", "list", "--all", "--limit", "100000"]).as_array().unwrap().len()
    }
}

pub(crate) fn said(output: Output) -> Said {
    Said {
        fine: output.status.success(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A table of so many sound rows.
pub(crate) fn many(rows: usize) -> String {
    let head = "来电时间,客户姓名,联系方式,问题描述,渠道,核心诉求,业务名称\n".to_owned();
    (0..rows).fold(head, |text, n| {
        text + &format!("2026/11/16 8:12,王{n},136{n:08},切割机第{n}台今早开机就报错，整条线停着,电话,业务办理,切割机\n")
    })
}

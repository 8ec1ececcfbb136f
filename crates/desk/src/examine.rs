//! What publishing a procedure's text would do, before it is done.

use crate::builtin::builtin;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::publish::PROCEDURE;
use engine::calendar::Calendar;
use engine::check::{Report, check};
use engine::procedure::{Difference, Finding, Procedure, check_together, diff, read, to_json};
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};

/// The built-in procedures, read once.
static BUILTIN: LazyLock<Vec<Procedure>> =
    LazyLock::new(|| builtin().iter().filter_map(|one| read(one.name, one.text).ok()).collect());

/// A procedure's text, looked at: what keeps it from being published, and what it would change.
#[derive(Debug, Clone, Default)]
pub struct Examined {
    /// What cannot be read, or does not fit beside the other procedures; the file of a finding is the name that was given, or the key of
    /// the other procedure that would not fit any more.
    pub findings: Vec<Finding>,
    /// What was proved, and what keeps it from being proved; nothing of it where there are findings.
    pub report: Report,
    /// The procedure, if its text can be read at all.
    pub procedure: Option<Procedure>,
    /// The version in force that it would replace; 0: none is in force.
    pub over: u64,
    /// The version that it would become; 1 for a procedure that is new.
    pub becomes: u64,
    /// Against the newest version that there ever was; nothing for a procedure that is new.
    pub differences: Vec<Difference>,
}

impl Examined {
    /// Nothing keeps it from being published.
    pub fn is_sound(&self) -> bool {
        self.procedure.is_some() && self.findings.is_empty() && self.report.violations.is_empty()
    }
}

/// What was found when a procedure was proved beside others: what does not fit beside them, and the report of the proof.
pub(crate) type Proof = (Vec<Finding>, Report);

impl Desk {
    /// Looks at a procedure's text without publishing it. Takes seconds of one core where there is much to prove.
    ///
    /// # Errors
    /// A failure of the store. What is wrong with the text is part of the answer.
    pub fn examine(&self, name: &str, text: &str) -> Result<Examined, DeskError> {
        let mut examined = Examined::default();
        let procedure = match read(name, text) {
            Ok(procedure) => procedure,
            Err(findings) => return Ok(Examined { findings, ..examined }),
        };
        let calendar = match self.calendar_of(&procedure) {
            Ok(calendar) => calendar,
            Err(DeskError::Invalid(found)) => {
                examined.findings.push(Finding {
                    file: name.to_owned(),
                    line: procedure.origin.line.max(1),
                    code: "unknown_calendar",
                    item: "procedure.calendar".to_owned(),
                    expected: self.calendars()?.into_iter().collect::<Vec<_>>().join(" | "),
                    found,
                });
                return Ok(examined);
            }
            Err(error) => return Err(error),
        };
        (examined.findings, examined.report) =
            Proof::clone(&*self.proved(name, &procedure, &calendar));
        let current = self.inner.store.setting(PROCEDURE, &procedure.key)?;
        examined.over = current.map_or(0, |setting| setting.version);
        let versions = self.inner.store.setting_versions(PROCEDURE, &procedure.key)?;
        examined.becomes = versions.last().map_or(0, |setting| setting.version) + 1;
        if let Some((known, _)) = self.library().newest(&procedure.key) {
            examined.differences = diff(&known, &procedure);
        }
        examined.procedure = Some(procedure);
        Ok(examined)
    }

    /// Proves a procedure beside the others, once for as long as nothing of it changes. Those that are not published yet count as they
    /// travel with the program: they refer to each other. What travels with the program has been proved.
    pub(crate) fn proved(
        &self,
        name: &str,
        procedure: &Procedure,
        calendar: &Calendar,
    ) -> Arc<Proof> {
        let known = |one: &Procedure| Procedure { version: procedure.version, ..one.clone() };
        if BUILTIN.iter().any(|one| one.key == procedure.key && known(one) == *procedure) {
            return Arc::new((Vec::new(), Report { proved: true, ..Report::default() }));
        }
        let library = self.library();
        let published = library.all().map(|one| &**one);
        let coming = BUILTIN.iter().filter(|one| library.newest(&one.key).is_none());
        let mut all: Vec<&Procedure> = published.chain(coming).collect();
        all.retain(|one| one.key != procedure.key);
        // Which version it is going to be changes nothing of what is proved.
        let bare = Procedure { version: 0, ..procedure.clone() };
        let mut inputs = Sha256::new();
        inputs.update(format!("{name}\n{}\n", calendar.to_toml()));
        for one in std::iter::once(&bare).chain(all.iter().copied()) {
            inputs.update(to_json(one).unwrap_or_default());
        }
        let inputs: [u8; 32] = inputs.finalize().into();
        if let Some(proof) = self.inner.proofs.get(&inputs) {
            return proof;
        }
        all.push(procedure);
        let named: Vec<(&str, &Procedure)> = all
            .iter()
            .map(|one| (if one.key == procedure.key { name } else { &*one.key }, *one))
            .collect();
        let findings = check_together(&named);
        let report = match findings.is_empty() {
            true => check(procedure, calendar, &all),
            false => Report::default(),
        };
        let proof = Arc::new((findings, report));
        self.inner.proofs.insert(inputs, Arc::clone(&proof));
        proof
    }
}

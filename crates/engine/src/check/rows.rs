//! Rows of which the first match wins: decision tables, limits of clocks, answers to a survey. They are total, and no
//! row is dead.

use super::findings::Findings;
use super::space::{Coverage, Space};
use crate::procedure::{Condition, FieldKind, Means, Operand, Origin, Procedure, Table};

pub(super) fn look(procedure: &Procedure, findings: &mut Findings) {
    for table in &procedure.tables {
        let rows: Vec<_> = table.rows.iter().map(|row| (&row.when, &row.origin)).collect();
        let item = format!("tables.{}", table.key);
        let origin = &table.origin;
        judge(procedure, &[], &rows, (origin, &item), findings, |operand| {
            optional(procedure, operand)
        });
        derived(procedure, table, findings);
    }
    for clock in &procedure.clocks {
        let rows: Vec<_> = clock.by.iter().map(|row| (&row.when, &row.origin)).collect();
        let item = format!("clocks.{}.by", clock.key);
        if !Space::new(procedure, &[&clock.when], None).can_hold() {
            let detail = "the condition under which it starts can never hold";
            findings.find(
                "never_starts",
                &clock.origin,
                format!("clocks.{}.when", clock.key),
                detail,
            );
            continue;
        }
        judge(procedure, &[&clock.when], &rows, (&clock.origin, &item), findings, |operand| {
            optional(procedure, operand)
        });
    }
    survey(procedure, findings);
}

/// An empty yes-or-no counts as no, an empty list as a list; what is unknown otherwise may leave rows without a match.
fn optional(procedure: &Procedure, operand: &Operand) -> bool {
    match operand {
        Operand::Field(field) => procedure.field(field).is_some_and(|field| {
            matches!(field.kind, FieldKind::Bool | FieldKind::Many(_) | FieldKind::Departments)
        }),
        Operand::Fact(_) => true,
    }
}

fn judge(
    procedure: &Procedure,
    given: &[&Condition],
    rows: &[(&Condition, &Origin)],
    (origin, item): (&Origin, &str),
    findings: &mut Findings,
    optional: impl Fn(&Operand) -> bool,
) {
    let conditions: Vec<&Condition> =
        given.iter().copied().chain(rows.iter().map(|(when, _)| *when)).collect();
    let space = Space::new(procedure, &conditions, None);
    let Some(Coverage { alive, open }) = space.rows(given.len(), optional) else { return };
    for ((_, origin), _) in rows.iter().zip(alive).filter(|(_, alive)| !alive) {
        let detail = "rows before it match whenever this one does, or it can never match";
        findings.find("dead_row", origin, item, detail);
    }
    if let Some(case) = open {
        findings.find("not_total", origin, item, format!("no row for {case}"));
    }
}

/// What a table gives is a value of the field that takes it.
fn derived(procedure: &Procedure, table: &Table, findings: &mut Findings) {
    let item = format!("tables.{}", table.key);
    for field in procedure.fields.iter().filter(|field| field.derive.as_ref() == Some(&table.key)) {
        let Some(axis) = procedure.axis_of(&field.key) else { continue };
        for row in &table.rows {
            let fits = row.value.as_deref().is_some_and(|value| axis.value(value).is_some());
            if !fits {
                let value = row.value.as_deref().unwrap_or("nothing");
                let detail = format!("`{value}` is no value of axis `{}`", axis.key);
                findings.find("unknown_value", &row.origin, item.as_str(), detail);
            }
        }
    }
    for row in &table.rows {
        let unknown = |role: &&crate::key::Key| procedure.role(role).is_none();
        if let Some(role) = row.role.iter().chain(&row.copy).find(unknown) {
            let detail = format!("`{role}` is no role of the procedure");
            findings.find("unknown_role", &row.origin, item.as_str(), detail);
        }
    }
}

/// Every rating that a customer can give is answered.
fn survey(procedure: &Procedure, findings: &mut Findings) {
    let Some(survey) = &procedure.survey else { return };
    let rows: Vec<_> = survey.rules.iter().map(|rule| (&rule.when, &rule.origin)).collect();
    let meant = procedure.field_meaning(Means::Rating).map(|field| &field.key);
    let rating = |operand: &Operand| match operand {
        Operand::Field(field) => *field != survey.rating && Some(field) != meant,
        Operand::Fact(_) => true,
    };
    judge(procedure, &[], &rows, (&survey.origin, "survey.rules"), findings, rating);
}

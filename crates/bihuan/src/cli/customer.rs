//! `bihuan customer`: master data of customers - found, shown, imported, merged and parted.

use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::{Global, import, place};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use desk::import::read;
use desk::{
    CustomerImport, CustomersImported, Desk, Kept, mask_account, mask_name, mask_phone,
    without_phones,
};
use engine::customer::{Contact, Trait};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::{Path, PathBuf};
use store::{Filter, Scope};

#[derive(Args)]
pub(crate) struct CustomerArgs {
    #[command(subcommand)]
    command: CustomerCommand,
}

#[derive(Subcommand)]
enum CustomerCommand {
    /// Customers, newest first
    List {
        /// Words of names, products and orders; a telephone number whole, its first seven or last four digits
        #[arg(long)]
        find: Option<String>,
        /// Key of the level
        #[arg(long)]
        level: Option<String>,
        /// How many at most
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// A customer: how it is reached, what it has bought, how many cases it has
    Show {
        /// Number of the customer
        id: String,
        /// Show names and telephone numbers in full
        #[arg(long)]
        reveal: bool,
    },
    /// Take a CSV or XLSX file of customers in; the same file can be imported again
    Import {
        /// File: CSV (UTF-8, GB18030; comma, semicolon or tab) or XLSX
        file: PathBuf,
        /// Check every row, write nothing
        #[arg(long)]
        dry_run: bool,
        /// Sheet of an XLSX file; the first when absent
        #[arg(long)]
        sheet: Option<String>,
    },
    /// Likely duplicates, the surest first
    Duplicates {
        /// How many at most
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Merge a record into a customer
    Merge {
        /// Number of the customer that stays
        id: String,
        /// Number of the record that becomes part of it
        other: String,
        /// What the other record says better: name, company, level, note
        #[arg(long, value_delimiter = ',')]
        take: Vec<String>,
    },
    /// Part a record from a customer again
    Part {
        /// Number of the customer
        id: String,
        /// Number of the record that is part of it
        other: String,
    },
    /// Erase a customer and the personal values of its closed cases, for good
    Erase {
        /// Number of the customer
        id: String,
    },
}

pub(crate) fn run(global: &Global, args: &CustomerArgs, output: &mut Output) -> Result<bool> {
    let desk = place::open(global)?;
    let who = place::who(global, &desk)?;
    desk.take_customers_in()?;
    match &args.command {
        CustomerCommand::List { find, level, limit } => {
            let page = desk.customers(find.as_deref(), level.as_deref(), None, *limit)?;
            if output.json {
                let all: Vec<Json> = page.rows.iter().map(|kept| told(kept, false)).collect();
                output.value(&json!(all));
                return Ok(true);
            }
            page.rows.iter().for_each(|kept| output.line(line(kept)));
        }
        CustomerCommand::Show { id, reveal } => {
            let kept = desk.customer_now(id)?;
            let cases = cases(&desk, &kept)?;
            let mut told = told(&kept, *reveal);
            if let Some(object) = told.as_object_mut() {
                object.insert("cases".to_owned(), json!(cases));
            }
            if output.json { output.value(&told) } else { show(&kept, *reveal, cases, output) }
        }
        CustomerCommand::Import { file, dry_run, sheet } => {
            let bytes = fs::read(file).with_context(|| format!("{}", file.display()))?;
            let table = read(&bytes, sheet.as_deref())
                .map_err(|why| anyhow::anyhow!("{}", why.told(output.english)))?;
            let (dry_run, english) = (*dry_run, output.english);
            let mut progress = Progress::new(table.rows.len(), output);
            let import = CustomerImport { who: &who, table: &table, dry_run, english };
            let result = desk.import_customers(&import, &mut |done| progress.at(done));
            progress.end();
            let result = result?;
            let rejected = (!result.bad.is_empty() && !dry_run)
                .then(|| import::write_rejected(file, &table, &result.bad, output))
                .transpose()?;
            report(file, dry_run, &result, rejected.as_deref(), output);
            return Ok(result.bad.is_empty());
        }
        CustomerCommand::Duplicates { limit } => {
            let page = desk.customer_pairs(None, *limit)?;
            if output.json {
                let pairs = page.rows.iter().map(|(pair, one, other)| json!({ "one": told(one, false), "other": told(other, false), "percent": pair.percent, "why": pair.why }));
                output.value(&pairs.collect());
                return Ok(true);
            }
            for (pair, one, other) in &page.rows {
                output.line(format!("{} %  {}\n      {}", pair.percent, line(one), line(other)));
            }
        }
        CustomerCommand::Merge { id, other, take } => {
            let take: Vec<Trait> = take
                .iter()
                .map(|name| {
                    serde_json::from_value(json!(name)).with_context(|| format!("--take {name}"))
                })
                .collect::<Result<_>>()?;
            let kept = desk.merge_customers(&who, (id, None), (other, None), &take)?;
            output.say("customer.merged", &[("id", &kept.key), ("other", other)]);
        }
        CustomerCommand::Part { id, other } => {
            desk.part_customers(&who, (id, None), other)?;
            output.say("customer.parted", &[("id", id), ("other", other)]);
        }
        CustomerCommand::Erase { id } => {
            let erased = desk.erase_customer(&who, id)?;
            let (cases, left) = (erased.cases.to_string(), erased.left.to_string());
            output.say("customer.erased", &[("id", id), ("cases", &cases), ("left", &left)]);
        }
    }
    Ok(true)
}

/// How many cases a customer has: in hand, and all.
fn cases(desk: &Desk, kept: &Kept) -> Result<(u64, u64)> {
    let count = |open| {
        let filter = Filter { open, of_customer: Some(kept.key.to_string()), ..Filter::default() };
        desk.store().count(&Scope::all(), &filter, 10_000)
    };
    Ok((count(Some(true))?, count(None)?))
}

fn masked(text: &str, reveal: bool, mask: fn(&str) -> String) -> String {
    if reveal || text.is_empty() { text.to_owned() } else { mask(text) }
}

/// The texts of a contact, masked unless they may be shown.
fn contact(one: &Contact, reveal: bool) -> [String; 4] {
    [
        masked(&one.name, reveal, mask_name),
        one.role.clone(),
        masked(&one.phone, reveal, mask_phone),
        masked(&one.account, reveal, mask_account),
    ]
}

fn told(kept: &Kept, reveal: bool) -> Json {
    let (customer, master) = (&kept.customer, &kept.customer.master);
    let contacts = customer.contacts.iter().map(|one| {
        let [name, role, phone, account] = contact(one, reveal);
        json!({ "id": one.id, "name": name, "role": role, "phone": phone, "account": account })
    });
    let products =
        customer.products.iter().map(|one| json!({ "order": one.order, "text": one.text }));
    let merged: Vec<&str> = customer.merged.iter().map(|one| &*one.id).collect();
    json!({
        "id": kept.key, "version": kept.version, "name": masked(&master.name, reveal, mask_name), "company": master.company,
        "level": master.level, "note": masked(&master.note, reveal, without_phones), "contacts": contacts.collect::<Vec<_>>(),
        "products": products.collect::<Vec<_>>(), "merged": merged,
    })
}

fn line(kept: &Kept) -> String {
    let master = &kept.customer.master;
    let phone = kept.customer.contacts.first().map(|one| masked(&one.phone, false, mask_phone));
    let level = master.level.as_deref().unwrap_or("-");
    let name = masked(&master.name, false, mask_name);
    let parts = [&*kept.key, &name, &master.company, level, &phone.unwrap_or_default()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}

fn show(kept: &Kept, reveal: bool, (open, all): (u64, u64), output: &mut Output) {
    let (customer, master) = (&kept.customer, &kept.customer.master);
    let mut say = |name: &str, text: &str| {
        if !text.is_empty() {
            let label = output.text(&format!("customer.{name}"), &[]);
            output.line(format!("{label}  {text}"));
        }
    };
    say("key", &kept.key);
    say("name", &masked(&master.name, reveal, mask_name));
    say("company", &master.company);
    say("level", master.level.as_deref().unwrap_or_default());
    for one in customer.shown_contacts() {
        let parts = contact(one, reveal);
        say(
            "contact",
            &parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  "),
        );
    }
    for one in &customer.products {
        say(if one.order { "order" } else { "product" }, &one.text);
    }
    say("note", &masked(&master.note, reveal, without_phones));
    output.say("customer.cases", &[("open", &open.to_string()), ("all", &all.to_string())]);
}

fn report(
    file: &Path,
    dry_run: bool,
    result: &CustomersImported,
    rejected: Option<&Path>,
    output: &mut Output,
) {
    if output.json {
        let bad: Vec<Json> = result
            .bad
            .iter()
            .map(|bad| json!({ "line": bad.line, "reasons": bad.told(output.english) }))
            .collect();
        output.value(&json!({
            "file": file, "dry_run": dry_run, "made": result.made, "changed": result.changed, "same": result.same, "bad": bad,
            "unknown": result.unknown, "rejected": rejected,
        }));
        return;
    }
    if !result.unknown.is_empty() {
        output.say("import.left_out", &[("columns", &result.unknown.join("、"))]);
    }
    for bad in &result.bad {
        for message in bad.told(output.english) {
            let line = bad.line.to_string();
            output.say("import.bad_row", &[("line", &line), ("message", &message)]);
        }
    }
    let counts =
        [result.made, result.changed, result.same, result.bad.len()].map(|n| n.to_string());
    let [made, changed, same, bad] = &counts;
    let key = if dry_run { "customer.import_dry" } else { "customer.import_done" };
    output.say(key, &[("made", made), ("changed", changed), ("same", same), ("bad", bad)]);
    if let Some(path) = rejected {
        output.say("import.rejected", &[("file", &path.display().to_string())]);
    }
}

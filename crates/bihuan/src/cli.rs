//! The commands, one file each. Help is written in English here and put into Chinese from `locales/cli.zh.toml`.

mod backup;
mod bench;
mod calendar;
mod case;
mod customer;
mod demo;
mod doctor;
mod export;
mod help;
mod import;
mod log;
mod migrate;
mod output;
mod person;
mod place;
mod procedure;
mod progress;
mod serve;

use clap::{Args, FromArgMatches, Parser, Subcommand};
use output::Output;
use std::path::PathBuf;
use std::process::ExitCode;

/// Bihuan: a desk for customer feedback, service and complaints that forgets no case
#[derive(Parser)]
#[command(name = "bihuan", version, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Args, Clone)]
pub(crate) struct Global {
    /// Folder of the database, attachments and key
    #[arg(long, global = true, env = "BIHUAN_DATA", default_value = "bihuan-data")]
    pub(crate) data: PathBuf,
    /// Database: postgres://USER:PASSWORD@HOST/NAME or sqlite:FOLDER; without it, the data folder's own
    #[arg(
        long,
        global = true,
        env = "BIHUAN_DATABASE",
        hide_env_values = true,
        value_name = "ADDRESS"
    )]
    pub(crate) database: Option<String>,
    /// Ask a database server for changes now and then instead of listening to it
    #[arg(long, global = true, env = "BIHUAN_NO_LISTEN", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) no_listen: bool,
    /// Answer with JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Language: zh or en
    #[arg(long, global = true, env = "BIHUAN_LANG", value_parser = ["zh", "en"])]
    pub(crate) lang: Option<String>,
    /// Act on behalf of this person (id or name)
    #[arg(long = "as", global = true, env = "BIHUAN_AS", value_name = "PERSON")]
    pub(crate) person: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Take the sample requests through every procedure and tell what happened
    Demo(demo::DemoArgs),
    /// Register, read and act on cases
    Case(case::CaseArgs),
    /// Customers: find, show, import, merge and part
    Customer(customer::CustomerArgs),
    /// Open cases from a CSV, XLSX or JSONL file; started again, it goes on where it broke off
    Import(import::ImportArgs),
    /// Write a list of cases to a file; names and telephone numbers are masked
    Export(export::ExportArgs),
    /// Copy the running database and its attachments; the master key is not part of it
    Backup(backup::BackupArgs),
    /// Verify a backup, or copy it into an empty data folder or database
    Restore(backup::RestoreArgs),
    /// Move an installation to another database, everything included
    Migrate(migrate::MigrateArgs),
    /// Whether this installation is sound, and what to do where it is not
    Doctor,
    /// Working calendars and due instants
    Calendar(calendar::CalendarArgs),
    /// Procedures: check, publish, compare
    Procedure(procedure::ProcedureArgs),
    /// People and API keys
    Person(person::PersonArgs),
    /// Serve pages and the API, and let time act on cases
    Serve(serve::ServeArgs),
    /// Measure how fast a desk is at several sizes, beside what the machine does at most
    Bench(bench::BenchArgs),
}

pub(crate) fn run() -> ExitCode {
    let english = help::english();
    let command = help::localised(<Cli as clap::CommandFactory>::command(), english);
    let parsed = command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            help::say(&error, english);
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let mut output = Output::new(cli.global.json, english);
    let result = match &cli.command {
        Command::Demo(args) => demo::run(&cli.global, args, &mut output),
        Command::Case(args) => case::run(&cli.global, args, &mut output),
        Command::Customer(args) => customer::run(&cli.global, args, &mut output),
        Command::Import(args) => import::run(&cli.global, args, &mut output),
        Command::Export(args) => export::run(&cli.global, args, &mut output),
        Command::Backup(args) => backup::backup(&cli.global, args, &mut output),
        Command::Restore(args) => backup::restore(&cli.global, args, &mut output),
        Command::Migrate(args) => migrate::run(&cli.global, args, &mut output),
        Command::Doctor => doctor::run(&cli.global, &mut output),
        Command::Calendar(args) => calendar::run(&cli.global, args, &mut output),
        Command::Procedure(args) => procedure::run(&cli.global, args, &mut output),
        Command::Person(args) => person::run(&cli.global, args, &mut output),
        Command::Serve(args) => serve::run(&cli.global, args, &mut output),
        Command::Bench(args) => bench::run(&cli.global, args, &mut output),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            output.error(&error);
            ExitCode::FAILURE
        }
    }
}

//! `bihuan person`: who works here, and keys for programs.

use crate::cli::output::Output;
use crate::cli::{Global, place};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use desk::{ApiKey, KeyScope};
use engine::people::Person;
use serde_json::json;

#[derive(Args)]
pub(crate) struct PersonArgs {
    #[command(subcommand)]
    command: PersonCommand,
}

#[derive(Subcommand)]
enum PersonCommand {
    /// Everybody, with roles and department
    List,
    /// Take a person in, or change one
    Put {
        /// Opaque id, for example a staff number
        id: String,
        /// Name
        name: String,
        /// Roles, separated by commas
        #[arg(long, value_delimiter = ',')]
        roles: Vec<String>,
        /// Department
        #[arg(long)]
        department: Option<String>,
        /// Experienced: gets preferred customers first
        #[arg(long)]
        senior: bool,
    },
    /// Make a link by which a person chooses a password, the first one or a new one; valid for seven days, once
    Invite {
        /// Id of the person
        id: String,
        /// Where people reach the server, such as https://desk.example.cn
        #[arg(
            long,
            env = "BIHUAN_ADDRESS",
            value_name = "URL",
            default_value = "http://127.0.0.1:8642"
        )]
        address: String,
    },
    /// Make an API key for a person; the secret is shown once
    Key {
        /// Id of the person
        id: String,
        /// What the key is for
        #[arg(long, default_value = "api")]
        name: String,
        /// Scopes: cases:read, cases:write, reports:read, admin
        #[arg(long, value_delimiter = ',', default_value = "cases:read,cases:write")]
        scopes: Vec<String>,
    },
}

pub(crate) fn run(global: &Global, args: &PersonArgs, output: &mut Output) -> Result<bool> {
    let desk = place::open(global)?;
    match &args.command {
        PersonCommand::List => {
            let directory = desk.directory();
            if output.json {
                output.value(&json!(*directory.people));
                return Ok(true);
            }
            for person in directory.people.iter() {
                let roles: Vec<&str> = person.roles.iter().map(|role| &**role).collect();
                output.line(format!(
                    "{}  {}  {}  {}",
                    person.id,
                    person.name,
                    roles.join(","),
                    person.department.as_deref().unwrap_or("-")
                ));
            }
        }
        PersonCommand::Put { id, name, roles, department, senior } => {
            let roles = roles.iter().map(|role| role.as_str().into()).collect();
            let department = department.as_deref().map(Into::into);
            let person = Person {
                id: id.as_str().into(),
                name: name.clone(),
                roles,
                department,
                senior: *senior,
                absent: Vec::new(),
                substitute: None,
            };
            desk.put_people("command line", &[person])?;
            output.say("person.saved", &[("id", id)]);
        }
        PersonCommand::Invite { id, address } => {
            let link = desk.invite("command line", &id.as_str().into())?;
            let link = format!("{}/welcome/{link}", address.trim_end_matches('/'));
            if output.json { output.value(&json!({ "link": link })) } else { output.line(link) }
        }
        PersonCommand::Key { id, name, scopes } => {
            let scopes: Vec<KeyScope> = scopes
                .iter()
                .map(|scope| {
                    serde_json::from_value(json!(scope)).with_context(|| format!("scope {scope}"))
                })
                .collect::<Result<_>>()?;
            let secret = desk.make_api_key(
                "command line",
                &ApiKey { name: name.clone(), person: id.as_str().into(), scopes },
            )?;
            if output.json {
                output.value(&json!({ "secret": secret }))
            } else {
                output.line(secret)
            }
        }
    }
    Ok(true)
}

//! What is measured in the process: the same calls that the API makes.

use super::drive::{Pace, drive};
use super::ground::{Ground, PAGE};
use anyhow::{Result, bail};
use clap::ValueEnum;
use std::time::Duration;
use store::{Filter, Sort};

/// Something that people and programs do with a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Deed {
    /// Register a case, durably, with everything that belongs to it
    Create,
    /// Do an action, durably
    Act,
    /// Read a case by its number
    Load,
    /// Read the first fifty cases in work, what is due first
    List,
    /// Find a word of two characters among all cases, the newest fifty
    Search,
    /// Count every queue
    Count,
}

impl Deed {
    pub(super) const ALL: [Self; 6] =
        [Self::Load, Self::List, Self::Search, Self::Count, Self::Act, Self::Create];

    pub(super) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Whether it waits for the disk.
    pub(super) fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Act)
    }
}

/// Lets clients do something for a while.
pub(super) fn in_process(
    ground: &Ground,
    deed: Deed,
    clients: usize,
    span: Duration,
) -> Result<Pace> {
    let desk = &ground.desk;
    match deed {
        Deed::Create => drive(
            clients,
            span,
            &|client, turn| ground.registration(&mut ground.random(client, turn)),
            &|(one, options)| {
                let done = desk.register(&one.who, &one.procedure, one.fields, options);
                Ok(done.map(drop)?)
            },
        ),
        Deed::Act => drive(
            clients,
            span,
            &|client, turn| {
                let deed = ground.deed(&mut ground.random(client, turn))?;
                Ok((deed.who.clone(), deed.command.clone(), ground.once()))
            },
            &|(who, command, options)| Ok(desk.submit(&who, command, options).map(drop)?),
        ),
        Deed::Load => drive(
            clients,
            span,
            &|client, turn| ground.number(&mut ground.random(client, turn)),
            &|number| Ok(desk.case_for(&ground.caller, number).map(drop)?),
        ),
        Deed::List => drive(clients, span, &|_, _| Ok(()), &|()| {
            let filter = Filter { open: Some(true), ..Filter::default() };
            let scope = desk.scope(&ground.caller);
            let page = desk.store().list(&scope, &filter, Sort::NextDue, None, PAGE)?;
            if page.rows.is_empty() {
                bail!("an empty list");
            }
            Ok(())
        }),
        Deed::Search => drive(
            clients,
            span,
            &|client, turn| {
                let words = &ground.lives.words.searches;
                Ok(ground.random(client, turn).choice(words).cloned().unwrap_or_default())
            },
            &|word| {
                let scope = desk.scope(&ground.caller);
                let page = desk.store().search(&scope, &word, None, PAGE)?;
                if page.rows.is_empty() {
                    bail!("nothing is found for {word}");
                }
                Ok(())
            },
        ),
        Deed::Count => drive(clients, span, &|_, _| Ok(()), &|()| {
            let counts = desk.store().counts(&desk.scope(&ground.caller), desk.now())?;
            if counts.is_empty() {
                bail!("no queue");
            }
            Ok(())
        }),
    }
}

//! `bihuan serve`: the server.

use crate::cli::log::LogArgs;
use crate::cli::output::Output;
use crate::cli::{Global, place};
use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use std::net::SocketAddr;
use web::{Config, Rate};

/// Where the store keeps API keys.
const API_KEYS: &str = "api-key";

#[derive(Args)]
pub(crate) struct ServeArgs {
    /// Address and port to listen on
    #[arg(long, env = "BIHUAN_LISTEN", default_value = "127.0.0.1:8642")]
    listen: SocketAddr,
    /// Requests a second that one API key may make; 0: any number
    #[arg(long, default_value_t = 100, value_name = "NUMBER")]
    rate: u32,
    #[command(flatten)]
    log: LogArgs,
}

pub(crate) fn run(global: &Global, args: &ServeArgs, output: &mut Output) -> Result<bool> {
    args.log.begin();
    let desk = place::open(global)?;
    let has_keys = !desk.store().settings(API_KEYS)?.is_empty();
    let rate = Rate { per_second: args.rate, burst: args.rate.saturating_mul(5) };
    let config = Config { rate: (args.rate > 0).then_some(rate), ..Config::default() };
    let listening = |address: SocketAddr| {
        if output.json {
            output.value(&json!({ "address": format!("http://{address}"), "has_keys": has_keys }));
            return;
        }
        output.say("serve.listening", &[("address", &address.to_string())]);
        if !has_keys {
            output.say("serve.no_key", &[]);
        }
    };
    web::run(desk, args.listen, config, listening).with_context(|| args.listen.to_string())?;
    Ok(true)
}

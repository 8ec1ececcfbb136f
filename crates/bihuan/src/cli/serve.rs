//! `bihuan serve`: the server.

use crate::cli::log::LogArgs;
use crate::cli::output::Output;
use crate::cli::{Global, place};
use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use web::{Config, Rate, WebhookProxy};

/// Where the store keeps API keys.
const API_KEYS: &str = "api-key";

#[derive(Args)]
pub(crate) struct ServeArgs {
    /// Address and port to listen on
    #[arg(long, env = "BIHUAN_LISTEN", default_value = "127.0.0.1:8642")]
    listen: SocketAddr,
    /// Requests a second that one API key or session may make; 0: any number
    #[arg(long, default_value_t = 100, value_name = "NUMBER")]
    rate: u32,
    /// Where people reach it, such as https://desk.example.cn; with https, cookies are bound to encryption
    #[arg(long, env = "BIHUAN_ADDRESS", value_name = "URL", value_parser = address)]
    address: Option<String>,
    /// Address of a proxy whose word on where a request comes from is believed; may be repeated
    #[arg(long = "proxy", env = "BIHUAN_PROXY", value_delimiter = ',', value_name = "IP")]
    proxies: Vec<IpAddr>,
    /// Let webhooks reach this machine and private networks; without it they are refused
    #[arg(long, env = "BIHUAN_WEBHOOK_PRIVATE")]
    webhook_private: bool,
    /// Proxy over which webhooks go out, such as http://proxy.example.cn:3128; it looks names up
    #[arg(long, env = "BIHUAN_WEBHOOK_PROXY", value_name = "URL")]
    webhook_proxy: Option<WebhookProxy>,
    #[command(flatten)]
    log: LogArgs,
}

/// A web address without a path.
fn address(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@'])) {
        true => Ok(text.to_owned()),
        false => Err("https://HOST".to_owned()),
    }
}

pub(crate) fn run(global: &Global, args: &ServeArgs, output: &mut Output) -> Result<bool> {
    args.log.begin();
    let desk = place::open(global)?;
    let has_keys = !desk.store().settings(API_KEYS)?.is_empty();
    let rate = Rate { per_second: args.rate, burst: args.rate.saturating_mul(5) };
    let config = Config {
        rate: (args.rate > 0).then_some(rate),
        address: args.address.clone(),
        webhook_private: args.webhook_private,
        webhook_proxy: args.webhook_proxy.clone(),
        proxies: args.proxies.clone(),
        ..Config::default()
    };
    let (set_up, is_demo) = (desk.set_up_link()?, desk.is_demo()?);
    let listening = |address: SocketAddr| {
        let own = || format!("http://{address}");
        let link =
            |link: &String| format!("{}/set-up/{link}", args.address.clone().unwrap_or_else(own));
        let set_up = set_up.as_ref().map(link);
        if output.json {
            output.value(&json!({ "address": format!("http://{address}"), "has_keys": has_keys, "set_up": set_up }));
            return;
        }
        output.say("serve.listening", &[("address", &address.to_string())]);
        match set_up {
            Some(link) => output.say("serve.set_up", &[("link", &link)]),
            None if is_demo => output.say("serve.demo", &[]),
            None if !has_keys => output.say("serve.no_key", &[]),
            None => {}
        }
    };
    web::run(desk, args.listen, config, listening).with_context(|| args.listen.to_string())?;
    Ok(true)
}

//! Whom a webhook reaches: its address taken apart, and looked up.

use super::place::{Place, place};
use crate::app::Config;
use crate::problem::{Kind, Problem};
use axum::http::Uri;
use engine::refusal::Problem as Wrong;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// How long an address that somebody enters is looked up.
const LOOK_UP: Duration = Duration::from_secs(3);

/// Further names that systems have for this machine.
const THIS_MACHINE: [&str; 4] =
    ["localhost.localdomain", "localhost6.localdomain6", "ip6-localhost", "ip6-loopback"];

/// Whom a webhook reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Receiver {
    pub(super) is_https: bool,
    /// Name or address, without brackets.
    pub(crate) host: String,
    pub(super) port: u16,
    /// Host and port as they were written.
    pub(super) authority: String,
    /// Path and query.
    pub(super) target: String,
}

/// Why nobody is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreached {
    /// Nobody has that name.
    Unknown,
    /// It is not to be reached from here.
    Private,
}

impl Receiver {
    /// An address `http://…` or `https://…` without a user and without a fragment.
    pub(crate) fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok().filter(|_| !url.contains('#'))?;
        let is_https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return None,
        };
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return None;
        }
        let port = match authority.port() {
            Some(port) => Some(port.as_u16()).filter(|port| *port > 0)?,
            None if authority.as_str() != authority.host() => return None,
            None if is_https => 443,
            None => 80,
        };
        let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        Some(Self { is_https, host, port, authority: authority.to_string(), target })
    }

    /// Where to connect to: only addresses that may be reached from here. What is connected to is what was looked at.
    pub(super) async fn addresses(&self, private: bool) -> Result<Vec<SocketAddr>, Unreached> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let found: Vec<SocketAddr> = found.map_err(|_| Unreached::Unknown)?.collect();
        let may = |address: &SocketAddr| may(place(address.ip()), private);
        match found.iter().copied().filter(may).collect::<Vec<_>>() {
            _ if found.is_empty() => Err(Unreached::Unknown),
            none if none.is_empty() => Err(Unreached::Private),
            some => Ok(some),
        }
    }

    /// Whether somebody else may look the name up and connect: what needs no looking up is judged here.
    pub(super) fn may_be_passed_on(&self, private: bool) -> Result<(), Unreached> {
        let host = self.host.trim_end_matches('.').to_ascii_lowercase();
        let last = host.rsplit('.').next().unwrap_or_default();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let place = match host.parse::<IpAddr>() {
            Ok(address) => place(address),
            Err(_) if THIS_MACHINE.contains(&&*host) || last == "localhost" => Place::Private,
            // No name of the internet ends in a number: another way to write an address. What is written in yet other ways may
            // become one elsewhere.
            Err(_) if last.starts_with("0x") || last.chars().all(|c| c.is_ascii_digit()) => {
                Place::Never
            }
            Err(_) if !host.chars().all(is_plain) => Place::Never,
            Err(_) => Place::Public,
        };
        if may(place, private) { Ok(()) } else { Err(Unreached::Private) }
    }

    /// Host and port, the port always.
    pub(super) fn host_and_port(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

fn may(place: Place, private: bool) -> bool {
    match place {
        Place::Public => true,
        Place::Private => private,
        Place::Never => false,
    }
}

/// Looks at an address that somebody enters, so that he hears at once what is wrong with it. That nobody has the name now is no
/// reason to refuse it: each attempt looks anew. Where a proxy looks names up, this does not.
pub(crate) async fn examine(url: &str, config: &Config) -> Result<(), Problem> {
    let refused = |kind| {
        let expected = "https://…".to_owned();
        Problem::new(kind).field("url", Some(Wrong::WrongType { expected }))
    };
    let receiver = Receiver::of(url.trim()).ok_or_else(|| refused(Kind::BadAddress))?;
    let private = config.webhook_private;
    let looked_up = async {
        match &config.webhook_proxy {
            Some(_) => receiver.may_be_passed_on(private),
            None => receiver.addresses(private).await.map(drop),
        }
    };
    match tokio::time::timeout(LOOK_UP, looked_up).await {
        Ok(Err(Unreached::Private)) => Err(refused(Kind::PrivateAddress)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_or_refused() {
        let parts = |url: &str| {
            let one = Receiver::of(url)?;
            Some((one.is_https, one.host, one.port, one.authority, one.target))
        };
        let told = |https, host: &str, port, authority: &str, target: &str| {
            Some((https, host.to_owned(), port, authority.to_owned(), target.to_owned()))
        };
        let plain = parts("https://hooks.example.cn/in?key=1");
        assert_eq!(plain, told(true, "hooks.example.cn", 443, "hooks.example.cn", "/in?key=1"));
        assert_eq!(parts("http://[::1]:8080"), told(false, "::1", 8080, "[::1]:8080", "/"));
        for url in [
            "",
            "hooks",
            "/in",
            "ftp://a/b",
            "file:///etc/passwd",
            "https://",
            "https:///in",
            "http://a:0/",
            "http://user@a/",
            "http://user:word@a/",
            "https://a/#part",
            "http://a:99999/",
            "http://a b/",
        ] {
            assert_eq!(parts(url), None, "{url}");
        }
    }

    fn config(webhook_private: bool) -> Config {
        Config { webhook_private, ..Config::default() }
    }

    #[tokio::test]
    async fn what_needs_no_looking_up_is_refused_also_before_a_proxy() {
        let proxied = |private| Config {
            webhook_proxy: Some("http://proxy.invalid:3128".parse().unwrap()),
            ..config(private)
        };
        let asked = async |url, private| {
            let examined = examine(url, &proxied(private)).await;
            examined.map_err(|problem| problem.kind())
        };
        let refused = Err(Kind::PrivateAddress);
        for url in [
            "http://127.0.0.1/",
            "http://127.0.0.1./",
            "http://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "http://LocalHost:8080/",
            "http://localhost./",
            "http://desk.localhost/",
            "http://localhost.localdomain/",
            "http://192.168.0.1:8080/",
        ] {
            assert_eq!(asked(url, false).await, refused, "{url}");
            assert_eq!(asked(url, true).await, Ok(()), "{url}");
        }
        for url in [
            "http://169.254.169.254/latest",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://127.0x1/",
        ] {
            assert_eq!(asked(url, true).await, refused, "{url}");
        }
        for url in ["http://%6cocalhost/", "http://local$host/", "http://[fe80::1%25lo]/"] {
            assert!(asked(url, true).await.is_err(), "{url}");
        }
        for url in [
            "https://hooks.example.cn/",
            "http://8.8.8.8/",
            "https://a_b.example.cn:8443/",
            "http://3par/",
        ] {
            assert_eq!(asked(url, false).await, Ok(()), "{url}");
        }
    }

    #[tokio::test]
    async fn private_addresses_are_refused_however_they_are_written() {
        for url in [
            "http://127.0.0.1/",
            "http://localhost/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://192.168.0.1:8080/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://017700000001/",
        ] {
            let refused = examine(url, &config(false)).await.map_err(|problem| problem.kind());
            assert_eq!(refused, Err(Kind::PrivateAddress), "{url}");
            assert!(examine(url, &config(true)).await.is_ok(), "{url}");
        }
        for url in ["http://169.254.169.254/latest", "http://[fe80::1]/", "http://0.0.0.0/"] {
            let refused = examine(url, &config(true)).await.map_err(|problem| problem.kind());
            assert_eq!(refused, Err(Kind::PrivateAddress), "{url}");
        }
        let later = examine("https://nobody.invalid/", &config(false)).await;
        assert!(later.is_ok(), "it may be known later");
        let refused = examine("nonsense", &config(true)).await.map_err(|problem| problem.kind());
        assert_eq!(refused, Err(Kind::BadAddress));
    }
}

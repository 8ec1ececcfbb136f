//! Whom a webhook reaches: its address taken apart, and looked up.

use super::place::{Place, place};
use crate::problem::{Kind, Problem};
use axum::http::Uri;
use engine::refusal::Problem as Wrong;
use std::net::SocketAddr;
use std::time::Duration;

/// How long an address that somebody enters is looked up.
const LOOK_UP: Duration = Duration::from_secs(3);

/// Whom a webhook reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Receiver {
    pub(super) is_https: bool,
    /// Name or address, without brackets.
    pub(crate) host: String,
    port: u16,
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
        let may = |address: &SocketAddr| match place(address.ip()) {
            Place::Public => true,
            Place::Private => private,
            Place::Never => false,
        };
        match found.iter().copied().filter(may).collect::<Vec<_>>() {
            _ if found.is_empty() => Err(Unreached::Unknown),
            none if none.is_empty() => Err(Unreached::Private),
            some => Ok(some),
        }
    }
}

/// Looks at an address that somebody enters, so that he hears at once what is wrong with it. That nobody has the name now is no
/// reason to refuse it: each attempt looks anew.
pub(crate) async fn examine(url: &str, private: bool) -> Result<(), Problem> {
    let refused = |kind| {
        let expected = "https://…".to_owned();
        Problem::new(kind).field("url", Some(Wrong::WrongType { expected }))
    };
    let receiver = Receiver::of(url.trim()).ok_or_else(|| refused(Kind::BadAddress))?;
    let found = tokio::time::timeout(LOOK_UP, receiver.addresses(private)).await;
    match found {
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
            let refused = examine(url, false).await.map_err(|problem| problem.kind());
            assert_eq!(refused, Err(Kind::PrivateAddress), "{url}");
            assert!(examine(url, true).await.is_ok(), "{url}");
        }
        for url in ["http://169.254.169.254/latest", "http://[fe80::1]/", "http://0.0.0.0/"] {
            let refused = examine(url, true).await.map_err(|problem| problem.kind());
            assert_eq!(refused, Err(Kind::PrivateAddress), "{url}");
        }
        assert!(examine("https://nobody.invalid/", false).await.is_ok(), "it may be known later");
        let refused = examine("nonsense", true).await.map_err(|problem| problem.kind());
        assert_eq!(refused, Err(Kind::BadAddress));
    }
}

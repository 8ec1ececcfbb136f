//! Where a request comes from: the network address behind the proxies that are trusted, and whether the page that sent it is ours.

use crate::app::App;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use desk::Origin;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

/// Characters that are kept of what a browser says of itself.
const AGENT: usize = 200;

/// For handlers that begin sessions.
pub(crate) struct From(pub(crate) Origin);

impl FromRequestParts<App> for From {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let address = address(&parts.headers, peer, &app.inner.config.proxies);
        let agent = text(&parts.headers, &header::USER_AGENT).unwrap_or_default();
        Ok(Self(Origin {
            address: address.map(|address| address.to_string()).unwrap_or_default(),
            agent: agent.chars().take(AGENT).collect(),
        }))
    }
}

/// The address of whoever asks: that of the connection, unless a trusted proxy holds it; then the last one in `X-Forwarded-For` that
/// is no trusted proxy.
fn address(headers: &HeaderMap, peer: Option<IpAddr>, proxies: &[IpAddr]) -> Option<IpAddr> {
    let peer = peer.map(|peer| peer.to_canonical());
    if !peer.is_some_and(|peer| proxies.contains(&peer)) {
        return peer;
    }
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|one| one.to_str().ok());
    let mut hops: Vec<&str> = forwarded.flat_map(|one| one.split(',')).map(str::trim).collect();
    while let Some(hop) = hops.pop() {
        match hop.parse::<IpAddr>().map(|hop| hop.to_canonical()) {
            Ok(hop) if proxies.contains(&hop) => {}
            Ok(hop) => return Some(hop),
            Err(_) => return peer,
        }
    }
    peer
}

/// Where whoever asks reaches us, for commands that are copied.
pub(crate) fn ours(app: &App, headers: &HeaderMap) -> String {
    let scheme = if app.is_https() { "https" } else { "http" };
    let host = text(headers, &header::HOST).unwrap_or("localhost");
    app.inner.config.address.clone().unwrap_or_else(|| format!("{scheme}://{host}"))
}

/// Whether a write comes from a page of ours, as far as the browser tells. Programs tell nothing and are not held up: they bring no
/// cookies but their own.
pub(crate) fn is_ours(app: &App, headers: &HeaderMap) -> bool {
    if let Some(site) = text(headers, &HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(headers, &header::ORIGIN) else { return true };
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    text(headers, &header::HOST) == Some(host)
        || app.inner.config.address.as_deref() == Some(origin)
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_what_a_trusted_proxy_says_is_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let seen = |peer: &str, forwarded: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", HeaderValue::from_static(forwarded));
            let proxies = [ip("127.0.0.1"), ip("10.0.0.2")];
            address(&headers, Some(ip(peer)), &proxies).map(|address| address.to_string()).unwrap()
        };
        assert_eq!(seen("203.0.113.9", "198.51.100.1"), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(seen("::ffff:127.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2"), "198.51.100.1");
        assert_eq!(seen("127.0.0.1", "nonsense"), "127.0.0.1");
        assert_eq!(address(&HeaderMap::new(), None, &[]), None);
    }
}

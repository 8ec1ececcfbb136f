//! The way out over a proxy, where nothing else leads outside: it looks names up in this program's place.

use super::receiver::Receiver;
use axum::body::Bytes;
use axum::http::{Request, header};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::upgrade::{self, Upgraded};
use hyper_util::rt::TokioIo;
use std::str::FromStr;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The stable name of what went wrong before a receiver was reached.
const FAILED: &str = "proxy";

/// A proxy over which webhooks go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookProxy {
    host: String,
    port: u16,
}

/// `http://HOST:PORT` and nothing more.
impl FromStr for WebhookProxy {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let told = Receiver::of(text).filter(|one| !one.is_https && one.target == "/");
        told.map(|one| Self { host: one.host, port: one.port }).ok_or("http://HOST:PORT")
    }
}

impl WebhookProxy {
    pub(super) async fn connect(&self) -> Result<TcpStream, &'static str> {
        TcpStream::connect((self.host.as_str(), self.port)).await.map_err(|_| FAILED)
    }

    /// A way through to a receiver, which the proxy does not look into.
    pub(super) async fn tunnel(
        &self,
        receiver: &Receiver,
    ) -> Result<TokioIo<Upgraded>, &'static str> {
        let stream = TokioIo::new(self.connect().await?);
        let (mut sender, connection) = http1::handshake(stream).await.map_err(|_| FAILED)?;
        let mut driven = JoinSet::new();
        driven.spawn(connection.with_upgrades());
        let to = receiver.host_and_port();
        let request = Request::connect(&to).header(header::HOST, &to).body(Empty::<Bytes>::new());
        let request = request.map_err(|_| "bad_address")?;
        let answer = sender.send_request(request).await.map_err(|_| FAILED)?;
        if !answer.status().is_success() {
            return Err(FAILED);
        }
        Ok(TokioIo::new(upgrade::on(answer).await.map_err(|_| FAILED)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_host_and_a_port_and_nothing_more() {
        let read = |text: &str| text.parse::<WebhookProxy>().map(|one| (one.host, one.port)).ok();
        let squid = Some(("proxy.example.cn".to_owned(), 3128));
        assert_eq!(read("http://proxy.example.cn:3128"), squid);
        assert_eq!(read("http://proxy.example.cn:3128/"), squid);
        assert_eq!(read("http://[::1]:3128"), Some(("::1".to_owned(), 3128)));
        for text in [
            "",
            "proxy:3128",
            "https://proxy:3128",
            "socks5://proxy:1080",
            "http://proxy:3128/way",
            "http://user:word@proxy:3128",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

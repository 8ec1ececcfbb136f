//! One attempt: one connection to an address that was looked at, or over a proxy, one request, and what was answered. Redirects are not
//! followed.

use super::proxy::WebhookProxy;
use super::receiver::{Receiver, Unreached};
use crate::app::App;
use axum::body::Bytes;
use axum::http::{HeaderMap, Request, header};
use desk::{Answered, Sending};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// How long an attempt may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long the rest of an answer is read, and how much of it: nothing in it is needed.
const REST: Duration = Duration::from_secs(1);
const MOST: usize = 16 << 10;

/// What all attempts share.
pub(super) struct Sender {
    tls: Option<TlsConnector>,
    private: bool,
    proxy: Option<WebhookProxy>,
}

impl Sender {
    /// With the certificates that the system trusts.
    pub(super) fn new(app: &App) -> Self {
        let mut trusted = RootCertStore::empty();
        // Some systems carry a broken one among the many; the others still count.
        trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(crypto::ring::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map(|it| it.with_root_certificates(trusted).with_no_client_auth());
        let tls = config.ok().map(|config| TlsConnector::from(Arc::new(config)));
        let config = &app.inner.config;
        Self { tls, private: config.webhook_private, proxy: config.webhook_proxy.clone() }
    }

    /// Tries to send something.
    pub(super) async fn send(&self, sending: &Sending, now: Timestamp) -> Answered {
        match tokio::time::timeout(PATIENCE, self.attempt(sending, now)).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(why)) => Answered::Failed(why),
            Err(_) => Answered::Failed("timeout"),
        }
    }

    async fn attempt(&self, sending: &Sending, now: Timestamp) -> Result<Answered, &'static str> {
        let receiver = Receiver::of(&sending.url).ok_or("bad_address")?;
        let unreached = |why| match why {
            Unreached::Unknown => "unknown_host",
            Unreached::Private => "private_address",
        };
        let Some(proxy) = &self.proxy else {
            let addresses = receiver.addresses(self.private).await.map_err(unreached)?;
            let stream = connect(&addresses).await?;
            return match receiver.is_https {
                true => self.encrypted(stream, &receiver, sending, now).await,
                false => talk(stream, &receiver, &receiver.target, sending, now).await,
            };
        };
        receiver.may_be_passed_on(self.private).map_err(unreached)?;
        if receiver.is_https {
            let stream = proxy.tunnel(&receiver).await?;
            return self.encrypted(stream, &receiver, sending, now).await;
        }
        let whole = format!("http://{}{}", receiver.authority, receiver.target);
        talk(proxy.connect().await?, &receiver, &whole, sending, now).await
    }

    async fn encrypted(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        receiver: &Receiver,
        sending: &Sending,
        now: Timestamp,
    ) -> Result<Answered, &'static str> {
        let name = ServerName::try_from(receiver.host.clone()).map_err(|_| "encryption")?;
        let tls = self.tls.as_ref().ok_or("encryption")?;
        let stream = tls.connect(name, stream).await.map_err(|_| "encryption")?;
        talk(stream, receiver, &receiver.target, sending, now).await
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, &'static str> {
    for address in addresses {
        if let Ok(stream) = TcpStream::connect(address).await {
            return Ok(stream);
        }
    }
    Err("unreachable")
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    receiver: &Receiver,
    target: &str,
    sending: &Sending,
    now: Timestamp,
) -> Result<Answered, &'static str> {
    let broken = |_| "broken_off";
    let mut builder = http1::Builder::new();
    builder.max_buf_size(MOST);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // It goes when this does, also when that takes too long.
    let mut driven = JoinSet::new();
    driven.spawn(connection);
    let request = Request::post(target)
        .header(header::HOST, &receiver.authority)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, concat!("bihuan/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close")
        .header("webhook-id", sending.id.to_string())
        .header("webhook-timestamp", sending.seconds)
        .header("webhook-signature", &sending.signature)
        .body(Full::new(Bytes::from(sending.body.clone())))
        .map_err(|_| "bad_address")?;
    let answer = sender.send_request(request).await.map_err(broken)?;
    let answered = Answered::Status(answer.status().as_u16(), retry_after(answer.headers(), now));
    drop(tokio::time::timeout(REST, drain(answer.into_body())).await);
    Ok(answered)
}

/// Reads what the receiver still has to say, so that it is not broken off at its last word.
async fn drain(mut body: Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > MOST {
            return;
        }
    }
}

/// When to come again: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse::<u32>() {
        Ok(seconds) => now.checked_add(SignedDuration::from_secs(seconds.into())).ok(),
        Err(_) => rfc2822::parse(text).ok().map(|at| at.timestamp()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn when_to_come_again_is_seconds_or_a_date() {
        let now: Timestamp = "2026-11-30T08:00:00Z".parse().unwrap();
        let at = |text: &'static str| {
            let headers =
                HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static(text))]);
            retry_after(&headers, now).map(|at| at.to_string())
        };
        assert_eq!(at("120").as_deref(), Some("2026-11-30T08:02:00Z"));
        assert_eq!(at("Mon, 30 Nov 2026 09:30:00 GMT").as_deref(), Some("2026-11-30T09:30:00Z"));
        for text in ["", "soon", "-5", "99999999999"] {
            assert_eq!(at(text), None, "{text}");
        }
    }
}

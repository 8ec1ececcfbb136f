//! Where a PostgreSQL server is and how it lets us in: the address, encryption, and what a refusal means.

use crate::error::{NoEntry, Result, StoreError};
use percent_encoding::percent_decode_str;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::error::Error;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A server that does not answer is given up after this; the caller says 503 and the next call tries again.
const CONNECT: Duration = Duration::from_secs(5);
/// What was sent and is not acknowledged by the other machine's network for so long is lost.
const SILENCE: Duration = Duration::from_secs(15);
/// By what the program's sessions are known among those of the server.
pub(super) const NAME: &str = "bihuan";

/// A server and a database on it.
#[derive(Clone)]
pub(crate) struct Server {
    config: Config,
    /// Encrypts, and demands a certificate that fits. Without it nothing is encrypted: a certificate that nobody verifies protects
    /// from nothing, and Debian's servers have one that cannot be verified.
    tls: Option<MakeRustlsConnect>,
}

impl Server {
    /// Reads an address.
    pub(super) fn at(address: &str) -> Result<Self> {
        let (address, authorities) = without_authorities(address);
        let mut config = Config::from_str(&address).map_err(|error| {
            // The words name the option that is at fault, the cause may repeat its value.
            let plain = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            StoreError::invalid(format!("the address of the database: {plain}"))
        })?;
        if config.get_dbname().is_none() {
            return Err(StoreError::invalid("the address of the database names no database"));
        }
        config.connect_timeout(CONNECT).tcp_user_timeout(SILENCE).keepalives_idle(SILENCE);
        config.application_name(NAME);
        if config.get_hosts().len() > 1 {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let tls = match config.get_ssl_mode() {
            SslMode::Require => Some(encryption(authorities)?),
            _ => None,
        };
        Ok(Self { config, tls })
    }

    pub(super) fn database(&self) -> &str {
        self.config.get_dbname().unwrap_or_default()
    }

    /// A connection, driven by the runtime that this is called on, and word of its notifications.
    pub(super) async fn connect(&self) -> Result<(Client, UnboundedReceiver<()>)> {
        let (told, notes) = unbounded_channel();
        let client = match &self.tls {
            Some(tls) => {
                let (client, connection) =
                    self.config.connect(tls.clone()).await.map_err(refused)?;
                tokio::spawn(drive(connection, told));
                client
            }
            None => {
                let (client, connection) = self.config.connect(NoTls).await.map_err(refused)?;
                tokio::spawn(drive(connection, told));
                client
            }
        };
        Ok((client, notes))
    }
}

async fn drive<S, T>(mut connection: Connection<S, T>, told: UnboundedSender<()>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match std::future::poll_fn(|task| connection.poll_message(task)).await {
            Some(Ok(AsyncMessage::Notification(_))) => drop(told.send(())),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break,
        }
    }
}

/// Takes what the driver does not know out of an address: the file of authorities, and the modes that verify, which ours always does.
fn without_authorities(address: &str) -> (String, Option<PathBuf>) {
    let Some((front, options)) = address.split_once('?') else { return (address.to_owned(), None) };
    let mut authorities = None;
    let kept: Vec<&str> = options
        .split('&')
        .filter_map(|option| match option.split_once('=') {
            Some(("sslrootcert", file)) => {
                authorities = Some(PathBuf::from(&*percent_decode_str(file).decode_utf8_lossy()));
                None
            }
            Some(("sslmode", "verify-full" | "verify-ca")) => Some("sslmode=require"),
            _ => Some(option),
        })
        .collect();
    (format!("{front}?{}", kept.join("&")), authorities)
}

fn encryption(authorities: Option<PathBuf>) -> Result<MakeRustlsConnect> {
    let mut trusted = RootCertStore::empty();
    match authorities {
        Some(file) => {
            let unreadable = |_| StoreError::invalid("the file of sslrootcert cannot be read");
            for certificate in CertificateDer::pem_file_iter(&file).map_err(unreadable)? {
                trusted.add(certificate.map_err(unreadable)?).map_err(|_| {
                    StoreError::invalid(
                        "the file of sslrootcert holds no certificate of an authority",
                    )
                })?;
            }
        }
        None => {
            // Some systems carry a broken one among the many; the others still count.
            trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::invalid(error.to_string()))?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// What a failed attempt to connect means. The server's own sentences are left out; they repeat names.
fn refused(error: tokio_postgres::Error) -> StoreError {
    let no_entry = |why| StoreError::NoEntry { why };
    if let Some(told) = error.as_db_error() {
        return match told.code().code() {
            "28P01" | "28000" => no_entry(NoEntry::Login),
            "3D000" => no_entry(NoEntry::Database),
            "42501" => no_entry(NoEntry::Rights),
            "53300" => no_entry(NoEntry::Full),
            _ => error.into(),
        };
    }
    // The driver keeps its kinds to itself and shows them in its words alone.
    let kind = error.to_string();
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    if kind.contains("TLS handshake") {
        let none = cause.contains("does not support TLS");
        return no_entry(if none { NoEntry::Encryption } else { NoEntry::Certificate });
    }
    if kind.contains("authentication") || cause.contains("password") {
        return no_entry(NoEntry::Login);
    }
    StoreError::Unavailable { what: if cause.is_empty() { kind } else { cause } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_never_shows_in_what_is_wrong_with_it() {
        for address in [
            "postgres://u:secret@h/d?sslmode=secret",
            "postgres://u:secret@h:secret/d",
            "postgres://u:secret@h",
            "postgres://u:secret@h/d?sslmode=require&sslrootcert=/secret",
        ] {
            let Err(error) = Server::at(address) else { panic!("{address}") };
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn what_verifies_encrypts() {
        let server = |address| Server::at(address).unwrap();
        assert!(server("postgres://u@h/d?sslmode=verify-full").tls.is_some());
        assert!(server("postgres://u@h/d?sslmode=require&connect_timeout=3").tls.is_some());
        assert!(server("postgres://u@h/d").tls.is_none());
        let (address, file) = without_authorities("postgres://h/d?sslrootcert=%2Fa%20b&port=1");
        assert_eq!((address.as_str(), file), ("postgres://h/d?port=1", Some("/a b".into())));
    }
}

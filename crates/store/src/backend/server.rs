//! Where a PostgreSQL server is and how it lets us in: the address, encryption, and what a refusal means.

use crate::error::{NoEntry, Result, StoreError};
use percent_encoding::percent_decode_str;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::error::Error;
use std::future::Future;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A server that does not let us in within this is given up, also one that takes the connection and says nothing: the next one of the
/// address is tried, and when there is none the caller says 503 and the next call tries again.
pub(super) const CONNECT: Duration = Duration::from_secs(5);
/// What was sent and is not acknowledged by the other machine's network for so long is lost.
const SILENCE: Duration = Duration::from_secs(15);
/// Whether there is a session.
const IS_THERE: &str = "SELECT 1 FROM pg_stat_activity WHERE pid = $1";
/// Anything that a server answers.
const ANYTHING: &str = "SELECT 1";
/// By what the program's sessions are known among those of the server.
pub(super) const NAME: &str = "bihuan";

/// A server and a database on it; or several servers, whichever of them takes writes.
#[derive(Clone)]
pub(crate) struct Server {
    config: Config,
    /// Each server of the address by itself: the driver tries the next one only where connecting fails, and not where nobody speaks.
    hosts: Vec<Config>,
    /// Which of them let us in last. It is asked first, so that one that hangs costs its time only once.
    last: Arc<AtomicUsize>,
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
        let count = config.get_hosts().len().max(config.get_hostaddrs().len()).max(1);
        let hosts = (0..count).map(|n| only(&config, n)).collect();
        Ok(Self { config, hosts, last: Arc::default(), tls })
    }

    pub(super) fn database(&self) -> &str {
        self.config.get_dbname().unwrap_or_default()
    }

    /// A connection to one of the servers, which, driven by the runtime that this is called on, and word of its notifications.
    pub(super) async fn connect(&self) -> Result<(usize, Client, UnboundedReceiver<()>)> {
        let first = self.last.load(Ordering::Relaxed);
        let mut refusal = silent();
        for n in (0..self.hosts.len()).map(|n| (first + n) % self.hosts.len()) {
            let Some(host) = self.hosts.get(n) else { continue };
            match within(Some(CONNECT), self.connect_to(host)).await {
                Some(Ok((client, notes))) => {
                    self.last.store(n, Ordering::Relaxed);
                    return Ok((n, client, notes));
                }
                Some(Err(error)) => refusal = refused(error),
                None => refusal = silent(),
            }
        }
        Err(refusal)
    }

    /// Whether one of the servers still has a session, or, of one that does not list its sessions, answers at all; asked on a connection
    /// of its own. One that has no room for it speaks, and has the session until the connection of that says otherwise.
    pub(super) async fn has(&self, host: usize, session: Option<i32>) -> bool {
        let Some(host) = self.hosts.get(host) else { return false };
        let client = match within(Some(CONNECT), self.connect_to(host)).await {
            Some(Ok((client, _))) => client,
            Some(Err(error)) => return error.as_db_error().is_some(),
            None => return false,
        };
        let asked = async {
            match session {
                Some(session) => client.query(IS_THERE, &[&session]).await,
                None => client.query(ANYTHING, &[]).await,
            }
        };
        let found = within(Some(CONNECT), asked).await;
        found.is_some_and(|found| found.is_ok_and(|rows| !rows.is_empty()))
    }

    async fn connect_to(
        &self,
        host: &Config,
    ) -> Result<(Client, UnboundedReceiver<()>), tokio_postgres::Error> {
        let (told, notes) = unbounded_channel();
        let client = match &self.tls {
            Some(tls) => {
                let (client, connection) = host.connect(tls.clone()).await?;
                tokio::spawn(drive(connection, told));
                client
            }
            None => {
                let (client, connection) = host.connect(NoTls).await?;
                tokio::spawn(drive(connection, told));
                client
            }
        };
        Ok((client, notes))
    }
}

/// One server of an address, with all else that the address says.
fn only(all: &Config, n: usize) -> Config {
    let mut one = Config::new();
    one.ssl_mode(all.get_ssl_mode())
        .ssl_negotiation(all.get_ssl_negotiation())
        .channel_binding(all.get_channel_binding())
        .target_session_attrs(all.get_target_session_attrs())
        .connect_timeout(CONNECT)
        .tcp_user_timeout(SILENCE)
        .keepalives(all.get_keepalives())
        .keepalives_idle(SILENCE)
        .application_name(NAME);
    if let Some(interval) = all.get_keepalives_interval() {
        one.keepalives_interval(interval);
    }
    if let Some(retries) = all.get_keepalives_retries() {
        one.keepalives_retries(retries);
    }
    if let Some(user) = all.get_user() {
        one.user(user);
    }
    if let Some(password) = all.get_password() {
        one.password(password);
    }
    if let Some(database) = all.get_dbname() {
        one.dbname(database);
    }
    if let Some(options) = all.get_options() {
        one.options(options);
    }
    match all.get_hosts().get(n) {
        Some(Host::Tcp(name)) => {
            one.host(name);
        }
        #[cfg(unix)]
        Some(Host::Unix(folder)) => {
            one.host_path(folder);
        }
        None => {}
    }
    if let Some(address) = all.get_hostaddrs().get(n) {
        one.hostaddr(*address);
    }
    // One port is that of all.
    if let Some(port) = all.get_ports().get(n).or(all.get_ports().first()) {
        one.port(*port);
    }
    one
}

/// An answer, unless it takes longer than it may.
pub(super) async fn within<T>(
    most: Option<Duration>,
    answer: impl Future<Output = T>,
) -> Option<T> {
    match most {
        Some(most) => tokio::time::timeout(most, answer).await.ok(),
        None => Some(answer.await),
    }
}

/// What hangs is like what is away.
pub(super) fn silent() -> StoreError {
    StoreError::Unavailable { what: "the server does not answer".into() }
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
    fn each_server_of_an_address_keeps_what_the_address_says() {
        let server =
            Server::at("postgres://u:p@h:1,%2Frun/d?options=-cwork_mem%3D4MB&keepalives=0");
        let hosts = server.unwrap().hosts;
        let told = |one: &Config| (one.get_hosts().to_vec(), one.get_ports().to_vec());
        assert_eq!(told(&hosts[0]), (vec![Host::Tcp("h".into())], vec![1]));
        assert_eq!(told(&hosts[1]), (vec![Host::Unix("/run".into())], vec![5432]));
        for one in &hosts {
            assert_eq!((one.get_user(), one.get_dbname()), (Some("u"), Some("d")));
            assert_eq!(one.get_password(), Some(&b"p"[..]));
            assert_eq!(one.get_options(), Some("-cwork_mem=4MB"));
            assert_eq!(one.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
            assert!(!one.get_keepalives());
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

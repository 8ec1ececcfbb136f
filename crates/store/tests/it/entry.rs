//! How a server lets the program in: with which password, under which certificate.

use crate::world::{KEY, fresh, put};
use cluster::{Cluster, Durable};
use std::net::TcpListener;
use std::path::Path;
use store::{NoEntry, Options, Place, Store, StoreError};

/// Enters from the network only with a password, and encrypted when it can.
const RULES: &[u8] = b"local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn open(address: &str, folder: &Path) -> Result<Store, StoreError> {
    Store::open(Place::postgres(address, folder)?, Options::new(KEY))
}

#[test]
fn a_server_is_entered_encrypted_and_only_with_a_certificate_and_password_that_fit() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = Cluster::start(Durable::No).unwrap();
    let database = server.database().unwrap();
    let name = database.split(['/', '?']).find(|part| part.starts_with("t_")).unwrap();
    Cluster::sql(&database, "CREATE ROLE lin LOGIN PASSWORD 'right'").unwrap();
    Cluster::sql(
        &database,
        &format!("GRANT ALL ON DATABASE {name} TO lin; GRANT ALL ON SCHEMA public TO lin"),
    )
    .unwrap();
    let rules = server.put_file("rules", RULES).unwrap();
    server.listen(port);
    server.set([format!("hba_file={}", rules.display())]);
    // Without encryption first.
    server.kill().unwrap();
    server.up().unwrap();
    let at = |host: &str, password: &str, more: &str| {
        format!("postgres://lin:{password}@{host}:{port}/{name}?connect_timeout=5{more}")
    };
    let trusted = format!("&sslrootcert={}", fixture("authority.pem"));
    let refused = |address: String| match open(&address, folder.path()).map(drop) {
        Err(StoreError::NoEntry { why }) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        refused(at("localhost", "right", &format!("&sslmode=require{trusted}"))),
        NoEntry::Encryption
    );
    assert_eq!(refused(at("127.0.0.1", "wrong", "")), NoEntry::Login);
    let plain = open(&at("127.0.0.1", "right", ""), folder.path()).unwrap();
    let facts = plain.facts().unwrap().server.unwrap();
    assert!(!facts.is_encrypted && facts.is_local);
    drop(plain);

    let files = ["server.pem", "server.key"].map(|name| {
        server.put_file(name, &std::fs::read(fixture(name)).unwrap()).unwrap().display().to_string()
    });
    server.set([
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", files[0]),
        format!("ssl_key_file={}", files[1]),
    ]);
    server.kill().unwrap();
    server.up().unwrap();
    let secure = |mode: &str| format!("&sslmode={mode}{trusted}");
    for mode in ["require", "verify-ca", "verify-full"] {
        let store = open(&at("localhost", "right", &secure(mode)), folder.path()).unwrap();
        assert!(store.facts().unwrap().server.unwrap().is_encrypted, "{mode}");
        put(&store, &fresh(mode));
    }
    assert_eq!(refused(at("localhost", "wrong", &secure("require"))), NoEntry::Login);
    // Made out to another name; signed by somebody whom the system does not know.
    assert_eq!(refused(at("127.0.0.1", "right", &secure("require"))), NoEntry::Certificate);
    assert_eq!(refused(at("localhost", "right", "&sslmode=require")), NoEntry::Certificate);
    let other = at("localhost", "right", &secure("require")).replace(name, "nowhere");
    assert_eq!(refused(other), NoEntry::Database);
}

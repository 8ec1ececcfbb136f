//! The database server.

use super::{Findings, Level};
use jiff::{SignedDuration, Timestamp};
use store::ServerFacts;

/// The oldest version that is tested.
const OLDEST: u32 = 15;
/// Sessions of one node: sixteen that read, one that writes, one that follows, and one to spare.
const NODE: u64 = 19;
/// How far the clocks of node and server may be apart: what one node writes, another acts upon by its own clock.
const APART: SignedDuration = SignedDuration::from_secs(2);

/// What there is to say of a server; `now` by the machine's clock.
pub(super) fn all(server: &ServerFacts, now: Timestamp, findings: &mut Findings) {
    let major = server.version / 10_000;
    let facts = [("version", major.to_string()), ("oldest", OLDEST.to_string())];
    let codes = ("doctor.server_version", "doctor.server_old");
    findings.check(major >= OLDEST, Level::Wrong, codes, &facts);

    let left = server.most_sessions.saturating_sub(server.sessions);
    let facts = [
        ("most", server.most_sessions.to_string()),
        ("used", server.sessions.to_string()),
        ("node", NODE.to_string()),
    ];
    let codes = ("doctor.sessions", "doctor.sessions_few");
    findings.check(left >= NODE, Level::Warning, codes, &facts);

    // What was counted after the server had told its time may have taken long.
    let now = now.checked_sub(server.told.elapsed()).unwrap_or(now);
    let apart = server.now.duration_since(now).abs();
    let facts = [("apart", format!("{:.1} s", apart.as_secs_f64())), ("now", now.to_string())];
    let codes = ("doctor.server_clock", "doctor.server_clock_apart");
    findings.check(apart <= APART, Level::Wrong, codes, &facts);

    let safe = server.is_local || server.is_encrypted;
    let codes = ("doctor.connection", "doctor.connection_plain");
    findings.check(safe, Level::Warning, codes, &[]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn codes(change: impl Fn(&mut ServerFacts)) -> Vec<&'static str> {
        let now = Timestamp::UNIX_EPOCH;
        let mut facts = ServerFacts {
            version: 170_002,
            most_sessions: 97,
            sessions: 10,
            now,
            told: Instant::now(),
            is_local: false,
            is_encrypted: true,
        };
        change(&mut facts);
        let mut findings = Findings::default();
        all(&facts, now, &mut findings);
        findings.0.iter().filter(|one| one.level != Level::Fine).map(|one| one.code).collect()
    }

    #[test]
    fn each_weakness_of_a_server_is_named() {
        assert_eq!(codes(|_| ()), [""; 0]);
        assert_eq!(codes(|facts| facts.version = 140_011), ["doctor.server_old"]);
        assert_eq!(codes(|facts| facts.sessions = 90), ["doctor.sessions_few"]);
        let later = Timestamp::UNIX_EPOCH + SignedDuration::from_millis(2_100);
        assert_eq!(codes(|facts| facts.now = later), ["doctor.server_clock_apart"]);
        let long_ago = |facts: &mut ServerFacts| {
            facts.now -= SignedDuration::from_secs(10);
            facts.told -= Duration::from_secs(10);
        };
        assert_eq!(codes(long_ago), [""; 0], "counting took ten seconds");
        assert_eq!(codes(|facts| facts.is_encrypted = false), ["doctor.connection_plain"]);
        assert_eq!(codes(|facts| (facts.is_local, facts.is_encrypted) = (true, false)), [""; 0]);
    }
}

//! Passwords: what is taken for one, and how it is kept. Nothing but its argon2id hash is.

use crate::error::DeskError;
use crate::secret;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::LazyLock;
use store::StoreError;

/// Memory of one hash, in KiB. With [`PASSES`] and [`LANES`] the first choice of OWASP for argon2id: about 30 ms of one core.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Lanes that are computed independently.
const LANES: u32 = 1;
/// Characters of the shortest password that is taken (NIST SP 800-63B asks for eight).
pub const SHORTEST_PASSWORD: usize = 10;
/// Characters of the longest one: more would only cost time.
const LONGEST: usize = 256;

/// Stands for the password of whoever has none, so that looking costs the same.
static NOBODY: LazyLock<Option<String>> =
    LazyLock::new(|| hash(&secret::fresh().unwrap_or_default()).ok());

/// What is kept of a password: a PHC string with algorithm, parameters, salt and hash.
pub(crate) fn hash(password: &str) -> Result<String, DeskError> {
    let failed = |why: String| StoreError::Unavailable { what: format!("argon2: {why}") };
    let salt = secret::bytes::<16>()?;
    let hash = hasher()
        .and_then(|hasher| hasher.hash_password_with_salt(password.as_bytes(), &salt))
        .map_err(|error| failed(error.to_string()))?;
    Ok(hash.to_string())
}

/// Whether it is the password that was kept; takes as long when none was.
pub(crate) fn is(password: &str, kept: Option<&str>) -> bool {
    let against = kept.or(NOBODY.as_deref());
    let fits = against.zip(hasher().ok()).is_some_and(|(against, hasher)| {
        hasher.verify_password(password.as_bytes(), against).is_ok()
    });
    fits && kept.is_some()
}

/// Refuses what is too short or too easily guessed.
pub(crate) fn accept(password: &str, known: &[&str]) -> Result<(), DeskError> {
    let length = password.chars().count();
    let weak = |why| Err(DeskError::WeakPassword { why });
    if length < SHORTEST_PASSWORD {
        return weak("short");
    }
    if length > LONGEST {
        return weak("long");
    }
    let folded = password.to_lowercase();
    let different: std::collections::BTreeSet<char> = folded.chars().collect();
    let named = known.iter().any(|known| {
        let known = known.to_lowercase();
        known.chars().count() > 3 && folded.contains(&known)
    });
    if different.len() < 5 || named {
        return weak("guessed");
    }
    Ok(())
}

fn hasher() -> Result<Argon2<'static>, argon2::password_hash::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_is_it_and_nothing_of_it_is_kept() {
        let kept = hash("correct horse").unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(is("correct horse", Some(&kept)) && !is("correct hors", Some(&kept)));
        assert!(!is("correct horse", None) && !is("correct horse", Some("broken")));
        assert_ne!(kept, hash("correct horse").unwrap());
    }

    #[test]
    fn what_is_short_or_easily_guessed_is_refused() {
        let why = |password: &str| match accept(password, &["wang_li"]) {
            Err(DeskError::WeakPassword { why }) => why,
            _ => "",
        };
        assert_eq!(why("short"), "short");
        assert_eq!(why(&"长".repeat(300)), "long");
        for guessed in ["aaaaaaaaaaaa", "1212121212", "Wang_Li2026"] {
            assert_eq!(why(guessed), "guessed", "{guessed}");
        }
        assert_eq!(why("马到成功的一天从早饭开始"), "");
        assert_eq!(why("correct horse battery"), "");
    }
}

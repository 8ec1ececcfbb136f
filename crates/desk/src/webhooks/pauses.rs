//! When a delivery that failed is tried again: after growing pauses, for three days.

use jiff::{SignedDuration, Timestamp};

/// How long something is tried before it is given up.
pub(crate) const TRIED_FOR: SignedDuration = SignedDuration::from_hours(72);

/// The pauses after the first attempts, in seconds; the last one repeats.
const PAUSES: [i64; 10] =
    [5, 60, 5 * 60, 30 * 60, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 18 * HOUR, 24 * HOUR];
const HOUR: i64 = 3_600;

/// When to try again what failed at `now`, by the `attempts` made since it was first tried; `None` when three days have passed. A pause is
/// longer by up to a fifth, by `jitter` of 255, so that what failed together does not come back together. A receiver that asks for a
/// longer rest is given it. The last attempt is made when the three days end.
pub(crate) fn next_attempt(
    since: Timestamp,
    now: Timestamp,
    attempts: u32,
    jitter: u8,
    rests_until: Option<Timestamp>,
) -> Option<Timestamp> {
    let end = since.checked_add(TRIED_FOR).unwrap_or(Timestamp::MAX);
    if now >= end {
        return None;
    }
    let place = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let pause = *PAUSES.get(place).or(PAUSES.last())?;
    let longer = SignedDuration::from_millis(pause * 1_000 * i64::from(jitter) / (5 * 255));
    let at = now.checked_add(SignedDuration::from_secs(pause) + longer).unwrap_or(end);
    Some(at.max(rests_until.unwrap_or(at)).min(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    /// The seconds at which something is tried that fails each time at once.
    fn tries(jitter: u8) -> Vec<i64> {
        let (mut tries, mut now) = (vec![0], at(0));
        for attempts in 1.. {
            let Some(next) = next_attempt(at(0), now, attempts, jitter, None) else { break };
            tries.push(next.duration_since(at(0)).as_secs());
            now = next;
        }
        tries
    }

    #[test]
    fn pauses_grow_for_three_days_and_end_with_a_last_attempt() {
        let plain = tries(0);
        assert_eq!(plain, [0, 5, 65, 365, 2_165, 9_365, 27_365, 63_365, 113_765, 178_565, 259_200]);
        for jitter in [1, 100, 255] {
            let tries = tries(jitter);
            assert_eq!(tries.last(), Some(&TRIED_FOR.as_secs()), "{jitter}");
            let pauses: Vec<i64> = tries.windows(2).map(|two| two[1] - two[0]).collect();
            let grow = pauses[..pauses.len() - 1].windows(2).all(|two| two[0] <= two[1]);
            assert!(grow && pauses[1] <= 72, "{jitter}: {pauses:?}");
        }
        assert_ne!(tries(10), tries(200));
    }

    #[test]
    fn a_receivers_wish_is_granted_within_the_three_days() {
        let wish = |until| next_attempt(at(0), at(10), 1, 0, Some(at(until)));
        assert_eq!(wish(3), Some(at(15)), "never sooner than the pause");
        assert_eq!(wish(900), Some(at(900)));
        assert_eq!(wish(1_000_000), Some(at(TRIED_FOR.as_secs())));
        assert_eq!(next_attempt(at(0), at(TRIED_FOR.as_secs()), 4, 0, Some(at(300_000))), None);
    }
}

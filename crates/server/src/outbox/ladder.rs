//! When a try in vain is followed by the next.

/// Waits between tries.
pub type Ladder = &'static [u64];

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// A merchant's system that is down over a long weekend still gets everything: eleven tries within three days.
pub const WEBHOOK: Ladder =
    &[5 * SECOND, 30 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// WeChat hears of a payment up to a minute after it, and wants to hear of goods within two days.
pub const SHIPPING: Ladder = &[
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    12 * HOUR,
    18 * HOUR,
];

/// How long to wait after this many tries in vain; `None` when they are over. Up to a tenth is added, which
/// follows from `seed` alone: letters that failed together do not all come back together.
#[must_use]
pub fn wait_ms(ladder: Ladder, tries: u32, seed: &str) -> Option<u64> {
    let at = usize::try_from(tries.checked_sub(1)?).ok()?;
    let step = *ladder.get(at)?;
    // FNV-1a: spread, not secrecy.
    let spread = seed
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    Some(step + step / 1000 * ((spread >> 32) % 101))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_come_ever_more_slowly_and_end_after_three_days() {
        let waits: Vec<u64> = (1..).map_while(|tries| wait_ms(WEBHOOK, tries, "evt_1")).collect();
        assert_eq!(waits.len(), WEBHOOK.len());
        assert!(waits.is_sorted());
        assert!((72 * HOUR..84 * HOUR).contains(&waits.iter().sum()));
        assert_eq!(wait_ms(WEBHOOK, 0, "evt_1"), None, "nothing was tried");
        let total: u64 = SHIPPING.iter().sum();
        assert!(SHIPPING.is_sorted() && (40 * HOUR..48 * HOUR).contains(&total), "{total}");
    }

    #[test]
    fn what_failed_together_is_spread_over_a_tenth_and_each_the_same_way_every_time() {
        let waits: Vec<u64> = (0..200).filter_map(|number| wait_ms(WEBHOOK, 4, &format!("evt_{number}"))).collect();
        let (least, most) = (waits.iter().min().copied(), waits.iter().max().copied());
        assert!(least >= Some(30 * MINUTE) && most <= Some(33 * MINUTE), "{least:?} {most:?}");
        assert!(waits.iter().collect::<std::collections::BTreeSet<_>>().len() > 50);
        assert_eq!(wait_ms(WEBHOOK, 4, "evt_7"), Some(waits[7]));
    }
}

//! How often a caller may ask. Token buckets in memory that never grows: every key has one of a fixed
//! number of slots, picked by a hash that outsiders cannot foresee. Two keys may share a slot, and then
//! share its tokens; with as many slots as there are, that is rare, and no crowd of keys can push
//! another key's bucket out.

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

/// Slots of one kind of bucket: half a mebibyte.
const SLOTS: usize = 1 << 16;

const MINUTE_US: u64 = 60_000_000;

/// What each kind of caller may ask for in a minute. All of it may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// One address: everything but `/orders/verify` and notifications. Many payers may share one.
    pub address: NonZeroU32,
    /// One payer: the same, after the login.
    pub caller: NonZeroU32,
    /// One order: `/orders/verify`.
    pub order: NonZeroU32,
}

impl Default for Rates {
    fn default() -> Self {
        const fn rate(per_minute: u32) -> NonZeroU32 {
            NonZeroU32::new(per_minute).expect("not zero")
        }
        Self { address: rate(600), caller: rate(120), order: rate(240) }
    }
}

/// The buckets of a server.
#[derive(Debug)]
pub struct Limits {
    /// By address.
    pub addresses: Buckets<Network>,
    /// By openid.
    pub callers: Buckets<str>,
    /// By whoever asks and the order asked about: nobody can use up another one's looks.
    pub orders: Buckets<(Option<String>, String)>,
}

impl Limits {
    /// Full buckets.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        Self {
            addresses: Buckets::new(rates.address),
            callers: Buckets::new(rates.caller),
            orders: Buckets::new(rates.order),
        }
    }
}

/// One subscriber's part of the address space: an IPv4 address, or the 64 bits of an IPv6 network,
/// within which whoever has it can change addresses at will.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(u64);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            // No network of subscribers begins with 32 zero bits.
            IpAddr::V4(v4) => Self(u64::from(v4.to_bits())),
            IpAddr::V6(v6) => Self((v6.to_bits() >> 64) as u64),
        }
    }
}

/// Token buckets for keys of one kind. A slot holds the time at which its bucket is full again, in
/// microseconds; each request puts it off by what one token takes to come back.
pub struct Buckets<K: ?Sized> {
    slots: Box<[AtomicU64]>,
    hash: RandomState,
    token_us: u64,
    full_us: u64,
    keys: std::marker::PhantomData<fn(&K)>,
}

/// No token is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Until there is one, in milliseconds.
    pub ms: u64,
}

impl<K: Hash + ?Sized> Buckets<K> {
    /// Full ones.
    #[must_use]
    pub fn new(per_minute: NonZeroU32) -> Self {
        let token_us = (MINUTE_US / u64::from(per_minute.get())).max(1);
        Self {
            slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            hash: RandomState::new(),
            token_us,
            full_us: token_us * u64::from(per_minute.get()),
            keys: std::marker::PhantomData,
        }
    }

    /// Takes a token out of the key's bucket at `now_ms`.
    ///
    /// # Errors
    /// When none is left.
    pub fn take(&self, key: &K, now_ms: u64) -> Result<(), Wait> {
        let now = now_ms.saturating_mul(1000);
        let taken = self.slot(key).fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            let next = self.begin(full_at, now) + self.token_us;
            (next <= now.saturating_add(self.full_us)).then_some(next)
        });
        taken.map(|_| ()).map_err(|full_at| {
            let over = self.begin(full_at, now).saturating_add(self.token_us).saturating_sub(now + self.full_us);
            Wait { ms: over.div_ceil(1000) }
        })
    }

    /// What [`Buckets::take`] would answer.
    ///
    /// # Errors
    /// When no token is left.
    pub fn peek(&self, key: &K, now_ms: u64) -> Result<(), Wait> {
        let now = now_ms.saturating_mul(1000);
        let next = self.begin(self.slot(key).load(Ordering::Relaxed), now) + self.token_us;
        match next.saturating_sub(now.saturating_add(self.full_us)) {
            0 => Ok(()),
            over => Err(Wait { ms: over.div_ceil(1000) }),
        }
    }

    fn slot(&self, key: &K) -> &AtomicU64 {
        &self.slots[usize::try_from(self.hash.hash_one(key) % SLOTS as u64).unwrap_or(0)]
    }

    /// From when on the bucket fills. One that would be full only in the far future was written before
    /// the clock was put back, and begins anew.
    fn begin(&self, full_at: u64, now: u64) -> u64 {
        if full_at > now.saturating_add(self.full_us) { now } else { full_at.max(now) }
    }
}

impl<K: ?Sized> fmt::Debug for Buckets<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buckets(a token every {} µs)", self.token_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    fn buckets(per_minute: u32) -> Buckets<str> {
        Buckets::new(NonZeroU32::new(per_minute).expect("not zero"))
    }

    #[test]
    fn m13_a_minutes_worth_may_come_at_once_and_comes_back_one_by_one() {
        let buckets = buckets(3);
        for _ in 0..3 {
            assert_eq!(buckets.take("payer", NOW), Ok(()));
        }
        assert_eq!(buckets.take("payer", NOW), Err(Wait { ms: 20_000 }));
        assert_eq!(buckets.take("payer", NOW + 5_000), Err(Wait { ms: 15_000 }), "asking does not put it off");
        assert_eq!(buckets.take("payer", NOW + 20_000), Ok(()));
        assert_eq!(buckets.take("payer", NOW + 20_000), Err(Wait { ms: 20_000 }));
        for _ in 0..3 {
            assert_eq!(buckets.take("payer", NOW + 600_000), Ok(()), "a full bucket does not overflow");
        }
        assert!(buckets.take("payer", NOW + 600_000).is_err());
    }

    #[test]
    fn a_clock_that_is_put_back_locks_nobody_out() {
        let buckets = buckets(1);
        assert_eq!(buckets.take("payer", NOW), Ok(()));
        assert_eq!(buckets.take("payer", NOW - 3_600_000), Ok(()));
        assert!(buckets.take("payer", NOW - 3_600_000).is_err());
    }

    #[test]
    fn a_crowd_of_keys_neither_grows_the_memory_nor_frees_the_one_who_is_limited() {
        let buckets = buckets(1);
        assert_eq!(buckets.take("payer", NOW), Ok(()));
        for number in 0..200_000 {
            let _ = buckets.take(&format!("stranger {number}"), NOW);
        }
        assert!(buckets.take("payer", NOW).is_err());
        assert_eq!(buckets.slots.len(), SLOTS);
    }

    #[test]
    fn whoever_has_an_ipv6_network_is_one_caller() {
        let network = |text: &str| Network::from(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.7"));
        assert_ne!(network("192.0.2.7"), network("192.0.2.8"));
    }
}

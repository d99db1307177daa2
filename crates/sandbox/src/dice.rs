//! Ids and nonces: random, or the same in every run with the same seed.
//!
//! What a request gets depends on the seed, on the request, and on how often the same request came
//! before; never on what else is under way. So two requests at the same time, or a notification in the
//! background, change nothing about each other's answers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;

/// So many different requests are told apart; a flood of others does not fill the memory.
const REMEMBERED: usize = 100_000;

/// Where dice come from. Never makes keys.
pub(crate) struct Cup {
    seed: [u8; 32],
    seen: Mutex<HashMap<[u8; 32], u64>>,
}

impl Cup {
    /// Seeded by the caller, or by the system; `life` counts the starts with the same books.
    pub(crate) fn new(seed: Option<u64>, life: u64) -> Result<Self, Unspecified> {
        let mut bytes = [0; 32];
        match seed {
            Some(seed) => {
                bytes[..8].copy_from_slice(&seed.to_be_bytes());
                bytes[8..16].copy_from_slice(&life.to_be_bytes());
            }
            None => rand::fill(&mut bytes)?,
        }
        Ok(Self { seed: bytes, seen: Mutex::default() })
    }

    /// Dice for something named by `parts`, other ones each time it happens.
    pub(crate) fn dice(&self, parts: &[&[u8]]) -> Dice {
        let name = hash(&self.seed, parts);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED {
            seen.clear();
        }
        let times = seen.entry(name).or_default();
        *times += 1;
        Dice::new(hash(&name, &[&times.to_be_bytes()]))
    }

    /// Dice for something that happens once: the same whenever they are asked for.
    pub(crate) fn fixed(&self, parts: &[&[u8]]) -> Dice {
        Dice::new(hash(&self.seed, parts))
    }
}

/// A source of bytes that depends on its seed and on how often it was asked.
pub(crate) struct Dice {
    seed: [u8; 32],
    rolls: AtomicU64,
}

impl Dice {
    fn new(seed: [u8; 32]) -> Self {
        Self { seed, rolls: AtomicU64::new(0) }
    }

    /// Dice that take nothing away from these.
    pub(crate) fn child(&self, parts: &[&[u8]]) -> Self {
        Self::new(hash(&self.seed, parts))
    }

    fn roll(&self) -> [u8; 32] {
        hash(&self.seed, &[&self.rolls.fetch_add(1, Ordering::Relaxed).to_be_bytes()])
    }

    /// Up to 32 characters of `alphabet`.
    pub(crate) fn text(&self, length: usize, alphabet: &[u8]) -> String {
        self.roll().iter().take(length).map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect()
    }

    /// Up to 32 digits.
    pub(crate) fn digits(&self, length: usize) -> String {
        self.text(length, b"0123456789")
    }

    /// Up to 32 lower-case hex digits.
    pub(crate) fn hex(&self, length: usize) -> String {
        self.text(length, b"0123456789abcdef")
    }

    /// Up to 32 letters and digits.
    pub(crate) fn letters(&self, length: usize) -> String {
        self.text(length, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    }

    /// A number from 0 to `limit` - 1; 0 when `limit` is 0.
    pub(crate) fn below(&self, limit: usize) -> usize {
        let roll = self.roll();
        let number = usize::from(u16::from_be_bytes([roll[0], roll[1]]));
        number.checked_rem(limit).unwrap_or(0)
    }

    /// Whether something of this probability happens.
    pub(crate) fn happens(&self, probability: f64) -> bool {
        let roll = self.roll();
        f64::from(u32::from_be_bytes([roll[0], roll[1], roll[2], roll[3]])) < probability * f64::from(u32::MAX)
            || probability >= 1.0
    }
}

/// Each part with its length, so that no two lists of parts are alike.
fn hash(seed: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(seed);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::Cup;

    #[test]
    fn a_request_gets_the_same_whatever_came_between() {
        let quiet = Cup::new(Some(7), 0).expect("seeded");
        let busy = Cup::new(Some(7), 0).expect("seeded");
        let first = quiet.dice(&[b"POST", b"/a"]).hex(20);
        let second = quiet.dice(&[b"POST", b"/a"]).hex(20);
        assert_ne!(first, second, "the same request again is another one");
        assert_eq!(busy.dice(&[b"POST", b"/a"]).hex(20), first);
        busy.dice(&[b"GET", b"/b"]);
        assert_eq!(busy.dice(&[b"POST", b"/a"]).hex(20), second);
    }

    #[test]
    fn another_life_or_seed_is_another_world() {
        let draw = |seed, life| Cup::new(Some(seed), life).expect("seeded").dice(&[b"x"]).hex(20);
        assert_eq!(draw(1, 0), draw(1, 0));
        assert_ne!(draw(1, 0), draw(2, 0));
        assert_ne!(draw(1, 0), draw(1, 1));
    }

    #[test]
    fn probabilities_are_kept_roughly_and_at_their_ends_exactly() {
        let dice = Cup::new(Some(7), 0).expect("seeded").dice(&[b"p"]);
        let hits = |p| (0..400).filter(|_| dice.happens(p)).count();
        assert_eq!((hits(0.0), hits(1.0)), (0, 400));
        assert!((60..140).contains(&hits(0.25)));
    }
}

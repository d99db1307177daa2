//! Ids and nonces: random, or the same in every run with the same seed.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;

/// A source of bytes that depends on its seed and on how often it was asked. Never makes keys.
pub(crate) struct Dice(Mutex<State>);

struct State {
    seed: [u8; 32],
    rolls: u64,
}

impl Dice {
    /// Seeded by the caller, or by the system.
    pub(crate) fn new(seed: Option<u64>) -> Result<Self, Unspecified> {
        let mut bytes = [0; 32];
        match seed {
            Some(seed) => bytes[..8].copy_from_slice(&seed.to_be_bytes()),
            None => rand::fill(&mut bytes)?,
        }
        Ok(Self(Mutex::new(State { seed: bytes, rolls: 0 })))
    }

    fn roll(&self) -> [u8; 32] {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.rolls += 1;
        let input = [state.seed.as_slice(), &state.rolls.to_be_bytes()].concat();
        let mut out = [0; 32];
        out.copy_from_slice(digest(&SHA256, &input).as_ref());
        out
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
}

//! The client core of wx-checkout: a checkout for WeChat mini programs in which an order keeps at
//! most one payment, no screen calls money that moved "failed", and a killed app loses nothing.
//!
//! - [`machine`] is the checkout itself: pure, one table of (state, event).
//! - [`wire`] is the JSON it shares with the companion server, [`domain`] the words both are said in.
//! - `wasm` (on wasm32 only) is the border to JavaScript, and holds no decision.
//!
//! The client never signs: no cryptography is among this crate's dependencies.

pub mod domain;
pub mod json;
pub mod machine;
#[cfg(target_arch = "wasm32")]
mod wasm;
pub mod wire;

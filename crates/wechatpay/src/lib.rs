//! WeChat Pay's protocol, as the merchant's server speaks it, and nothing else: no network, no clock,
//! no randomness. Times and nonces are arguments, so every result can be tested against a published
//! vector and every decision can be replayed.
//!
//! - [`v3`]: signing requests and the parameters of wx.requestPayment, verifying what WeChat sends,
//!   opening notifications, and the messages' types.
//! - [`v2`]: the older protocol whole: XML with a keyed digest, orders, refunds and notifications.
//! - [`codes`]: what to do about a refusal, for the program and, in Chinese and English, for the merchant.
//! - [`trade`]: what both speak of: payments, refunds, and the merchant's numbers.
//! - [`Secret`]: a value that no log and no error shows.

pub mod codes;
pub mod trade;
pub mod v2;
pub mod v3;

mod beijing;
mod secret;

pub use secret::Secret;

//! WeChat Pay's protocol, as the merchant's server speaks it, and nothing else: no network, no clock,
//! no randomness. Times and nonces are arguments, so every result can be tested against a published
//! vector and every decision can be replayed.
//!
//! - [`v3`]: signing requests and the parameters of wx.requestPayment, verifying what WeChat sends,
//!   opening notifications, the messages' types, and what to do about an error.
//! - [`v2`]: the older signature and the encrypted part of the older refund notification.
//! - [`trade`]: what both speak of: payments, refunds, and the merchant's numbers.
//! - [`Secret`]: a value that no log and no error shows.

pub mod trade;
pub mod v2;
pub mod v3;

mod secret;

pub use secret::Secret;

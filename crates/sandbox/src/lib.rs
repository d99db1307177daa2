//! WeChat's side of a mini program payment, offline: login, the v3 gateway, the payer's sheet and the
//! notifications. As unforgiving as the real gateway, so that what passes here is not refused there.
//!
//! ```text
//! wx-checkout-sandbox serve --dir DIR --port 0 --deliver https://pay.example.com=http://127.0.0.1:8790
//! ```
//!
//! | address | stands for |
//! |---|---|
//! | `GET /sns/jscode2session` | WeChat's login |
//! | `POST /v3/pay/transactions/jsapi`, query, close | WeChat Pay's gateway |
//! | `POST /_sandbox/login`, `POST /_sandbox/pay` | the payer's phone |
//! | `POST /_sandbox/clock`, `GET /_sandbox/events` | the person who watches |
//!
//! What the merchant signs is rebuilt here from the documentation, not by the code that signed it.

mod book;
mod clock;
mod control;
mod courier;
mod crypto;
mod dice;
mod dir;
mod events;
mod gateway;
mod identity;
mod login;
mod routes;
mod sandbox;
mod serve;
mod shuffle;
mod time;

pub use courier::{BadRoute, RETRY_SECONDS, Route};
pub use dir::DirError;
pub use identity::{Identity, User};
pub use serve::{Bound, Options, StartError, bind};

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
//! | `POST /cgi-bin/stable_token`, `POST /wxa/sec/order/...` | WeChat's shipping desk, and the token that it asks for |
//! | `/v3/...` | WeChat Pay's gateway: payments of merchants and service providers, refunds, certificates, bills |
//! | `/pay/...`, `/secapi/pay/refund` | its older API, v2 |
//! | `POST /_sandbox/login`, `POST /_sandbox/pay` | the payer's phone |
//! | `/_sandbox/clock`, `/_sandbox/faults`, `/_sandbox/keys`, `/_sandbox/notify` | fate |
//! | `GET /_sandbox/`, `/_sandbox/events`, `/_sandbox/orders` | the person who watches |
//!
//! What the merchant signs is rebuilt here from the documentation, not by the code that signed it.

mod book;
mod clock;
mod connections;
mod control;
mod courier;
mod crypto;
mod diagnosis;
mod dice;
mod dir;
mod events;
mod faults;
mod gateway;
mod head;
mod identity;
mod keyring;
mod login;
mod refunds;
mod routes;
mod sandbox;
mod serve;
mod shipping;
mod shuffle;
mod text;
mod time;
mod v2;
mod watched;

pub use book::StoreError;
pub use courier::{BadRoute, RETRY_SECONDS, Route};
pub use dir::DirError;
pub use identity::{App, Identity, Merchant, PlatformCertificate, User, VerifiesBy};
pub use serve::{Bound, Options, StartError, bind};

//! The payer's phone and the person who watches: `/_sandbox/...`. Not part of WeChat, and not signed.

mod body;
mod clock;
mod events;
mod login;
mod pay;

pub(crate) use clock::clock;
pub(crate) use events::events;
pub(crate) use login::login;
pub(crate) use pay::pay;

//! The payer's phone and the person who watches: `/_sandbox/...`. Not part of WeChat, and not signed.

mod body;
mod clock;
mod door;
mod events;
mod faults;
mod keys;
mod login;
mod notify;
mod orders;
mod page;
mod pay;
mod sheet;

pub(crate) use clock::clock;
pub(crate) use door::{is_control, no_such_call, refuse, refuse_other_origins};
pub(crate) use events::events;
pub(crate) use faults::{add as add_fault, clear as clear_faults, clear_one as clear_fault, list as list_faults};
pub(crate) use keys::keys;
pub(crate) use login::login;
pub(crate) use notify::notify;
pub(crate) use orders::orders;
pub(crate) use page::{page, to_page};
pub(crate) use pay::pay;

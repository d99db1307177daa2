//! The companion server of wx-checkout: it holds the order, signs, and asks WeChat before it says
//! anything about money.
//!
//! - [`ledger`] is what is known of an order, pure; [`store`] keeps it.
//! - [`gateway`] and [`login`] talk to WeChat; nothing unverified gets past them.
//! - [`checkout`] puts these together; [`routes`] show it to the client, [`jobs`] run unasked.
//! - [`admin`] is the operator's port.
//! - [`bills`] compares the books with WeChat's, day by day.
//! - [`outbox`] tells the merchant's own system what the books say.
//! - [`limits`] says how often one may ask.
//! - [`metrics`] are numbers for whoever watches over it.
//! - [`doctor`] looks at a configuration before a customer does.
//! - [`config`] and [`serve`] start it; [`command`] is the command line.

pub mod admin;
pub mod bills;
pub mod catalogue;
pub mod checkout;
pub mod clock;
pub mod command;
pub mod config;
pub mod doctor;
pub mod gateway;
pub mod jobs;
pub mod ledger;
pub mod limits;
pub mod listen;
pub mod log;
pub mod login;
pub mod looks;
pub mod metrics;
pub mod order_token;
pub mod outbox;
pub mod problem;
pub mod random;
pub mod routes;
pub mod serve;
pub mod session;
pub mod stopping;
pub mod store;

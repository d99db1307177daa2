//! The TypeScript that pages see is generated from the Rust that makes it.

use ts_rs::{Config, TS};

use crate::domain::{Fen, Millis, OrderId};
use crate::machine::messages::Text;
use crate::machine::trace::{Taken, TraceLine};
use crate::machine::view;
use crate::wire;

/// Where the npm package keeps them.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/js-glue/src/core-types.ts");

fn declaration<T: TS>(config: &Config) -> String {
    let docs = T::docs().unwrap_or_default();
    format!("{docs}export {}\n", T::decl(config))
}

fn generated() -> String {
    let config = Config::default();
    let mut text = String::from(
        "// Generated from Rust; do not edit. Write it anew with\n\
         //   WX_CHECKOUT_BLESS=1 cargo test -p wx-checkout --lib types\n",
    );
    macro_rules! add {
        ($($type:ty),* $(,)?) => { $( text.push('\n'); text.push_str(&declaration::<$type>(&config)); )* };
    }
    add!(
        Fen,
        Millis,
        OrderId,
        Text,
        wire::Line,
        wire::Basket,
        wire::CreateRequest,
        wire::PaymentParams,
        wire::RefundState,
        wire::Retry,
        wire::ProblemCode,
        view::View,
        view::Phase,
        view::Action,
        view::Outcome,
        view::OrderView,
        view::ReceiptView,
        view::FaultView,
        view::FaultCode,
        view::ClientCode,
        view::StorageHealth,
        view::WatchedView,
        view::Refusal,
        view::RefusalCode,
        TraceLine,
        Taken,
    );
    text
}

#[test]
fn the_packages_types_are_current() {
    let now = generated();
    if std::env::var_os("WX_CHECKOUT_BLESS").is_some() {
        std::fs::write(FILE, &now).expect("js-glue/src is writable");
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(kept == now, "{FILE} is not current: run the command in its first lines");
}

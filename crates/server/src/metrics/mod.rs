//! What an operator would be woken for, as numbers for Prometheus. Labels have few values, all of them
//! known here or in the routes; none is an order, a payer or a merchant.
//!
//! Counters and histograms belong to whatever they measure: [`Meters`] to the checkout and its routes,
//! others to the gateway and to the store. What the books say is asked of the database at most so often
//! that it costs next to nothing.

mod books;
mod meters;

use std::borrow::Cow;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::checkout::Checkout;
pub use meters::{Meters, Outcome, Round};

/// Names and values.
pub type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];

/// What [`render`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds, from a fast database to a slow WeChat.
const BUCKETS: [f64; 12] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// How long something takes.
#[must_use]
pub fn seconds() -> Histogram {
    Histogram::new(BUCKETS)
}

/// Everything that is measured, in the text format of OpenMetrics. Answers also when the database does
/// not: `wx_checkout_database_up` is 0 then, and what the books say is missing.
pub async fn render(checkout: &Checkout) -> String {
    let mut registry = Registry::with_prefix("wx_checkout");
    let build = Family::<Labels<1>, Gauge>::default();
    build.get_or_create(&[("version", env!("CARGO_PKG_VERSION").into())]).set(1);
    registry.register("build_info", "The version that runs", build);
    checkout.meters.register(&mut registry);
    checkout.gateway.meter().register(&mut registry);
    let resting = Gauge::<i64>::default();
    resting.set(checkout.gateway.resting());
    registry.register(
        "gateway_circuits_resting",
        "Merchants for whom nothing is sent to WeChat Pay, because it asked to slow down",
        resting,
    );
    checkout.store.meter().register(&mut registry);
    books::register(checkout, &mut registry).await;
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _ = encode(&mut text, &registry);
    text
}

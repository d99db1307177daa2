//! What the program says: one JSON object a line, unless a terminal reads it. Nothing secret and nothing
//! personal stands in any event of ours, at any level; the libraries' own details do hold such things
//! (addresses, headers), and stay out whatever `RUST_LOG` says.

use std::io::IsTerminal as _;

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Every request has a line at this level: at night one wants to see them, and they are one each.
const USUAL: &str = "info";

/// Begins, on stderr, with what `RUST_LOG` chooses.
pub fn start() {
    let chosen = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(USUAL));
    if std::io::stderr().is_terminal() {
        let people = fmt::layer().with_writer(std::io::stderr);
        tracing_subscriber::registry().with(chosen).with(filter_fn(is_ours)).with(people).init();
    } else {
        json(chosen, std::io::stderr).init();
    }
}

/// One JSON object a line. What is said while a request is handled has its id in `span.requestId`.
pub fn json<W>(chosen: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = fmt::layer().json().with_writer(writer);
    tracing_subscriber::registry().with(chosen).with(filter_fn(is_ours)).with(lines)
}

/// Of the libraries, warnings are enough.
fn is_ours(event: &Metadata<'_>) -> bool {
    event.target().starts_with("wx_checkout") || *event.level() <= Level::WARN
}

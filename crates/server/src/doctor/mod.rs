//! Looks at a configuration before the first customer does: files, keys, WeChat, the callback URL, the
//! database. It changes nothing: no order is made, no file written, no layout brought up to date; it
//! may run beside the server.

mod books;
mod certificate;
mod checks;
mod credentials;
mod machine;
mod network;
mod report;
mod settings;

use std::path::Path;
use std::time::Duration;

pub use checks::{Area, Check};
pub use report::{Finding, Report, Status};

use crate::clock::Clock;
use crate::config::Examined;
use crate::gateway::http_client_builder;

/// All of it together takes at most so long; each question has less.
const AT_MOST: Duration = Duration::from_secs(13);

/// What the doctor asks with.
#[derive(Clone, Debug)]
pub struct Instruments {
    /// Its answers tell what certificate the other end has.
    pub http: reqwest::Client,
    /// The machine's.
    pub clock: Clock,
}

impl Instruments {
    /// This machine's.
    ///
    /// # Errors
    /// When the TLS library cannot be set up.
    pub fn new() -> Result<Self, reqwest::Error> {
        Ok(Self { http: http_client_builder().tls_info(true).build()?, clock: Clock::system() })
    }
}

/// Looks at everything that a configuration's file leads to.
pub async fn examine(file: &Path, instruments: &Instruments) -> Report {
    let mut examined = Examined::of(file);
    let accounts = std::mem::take(&mut examined.accounts);
    let mut findings = settings::check(&examined, &instruments.clock);
    let looked = books::look(&examined);
    let asked = network::ask(&examined, accounts, instruments);
    let asked = async { tokio::time::timeout(AT_MOST, asked).await.unwrap_or_default() };
    let (books, asked) = tokio::join!(looked, asked);
    machine::check(&examined, &mut findings);
    books::check(&examined, &books, &mut findings);
    machine::own_certificate(&examined, instruments.clock.now_seconds(), &mut findings);
    network::check(&examined, instruments, &books, asked, &mut findings);
    Report::of(findings)
}

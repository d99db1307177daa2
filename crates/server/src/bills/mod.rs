//! The daily comparison with WeChat's trade bill. Its lines go into the books as facts, through the same
//! `apply` as notifications and answers, and never close anything: what a bill does not have proves
//! nothing. What differs is named in the day's report.
//!
//! A day is Beijing's, and its bill is asked for from 10:00 of the next day on. Which days are to be
//! compared, and how far each has come, is in the database: a server that stops goes on where it was,
//! and of several servers one has a day at a time. A day that was compared is not compared again, unless
//! the operator asks for it.

mod compare;
mod day;
mod file;
mod report;
mod round;
mod run;

pub(crate) use compare::{Compared, Mended, compare, orphan, payment_of};
pub use day::{BadDay, Day};
pub use file::{File, Lines, Unreadable};
pub use report::{About, Account, BillOf, Counts, DayReport, DayState, Difference, Listed, What};
pub use round::{round, run};
pub use run::{Asked, Begun, BillError, Ended, Run, Step, compare_day};

use crate::checkout::Checkout;
use crate::gateway::Seller;
use crate::store::StoreError;

/// Whether bills are compared unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bills {
    /// Every day, of every merchant that has keys of version 3 here.
    EveryDay,
    /// When the operator asks.
    WhenAsked,
}

/// Everybody whose bills can be had with the keys that are here: former merchants too.
#[must_use]
pub fn accounts(checkout: &Checkout) -> Vec<Account> {
    let partner = match &checkout.merchant.seller {
        Seller::V3(payee) => payee.sub_mchid().map(|sub| (payee.mchid(), sub)),
        Seller::V2 { .. } => None,
    };
    let account = |mchid: &str| Account {
        mchid: mchid.to_owned(),
        sub_mchid: partner.filter(|(provider, _)| *provider == mchid).map(|(_, sub)| sub.to_owned()),
    };
    checkout.gateway.billed().map(account).collect()
}

/// A day's report: how far it has come, what was counted, how many differences were found.
///
/// # Errors
/// When the store fails.
pub async fn report(checkout: &Checkout, bill: &BillOf) -> Result<Option<DayReport>, StoreError> {
    checkout.store.day_report(bill).await
}

/// The differences of a day, those that still stand first.
///
/// # Errors
/// When the store fails.
pub async fn differences(checkout: &Checkout, bill: &BillOf, skip: u32, limit: u32) -> Result<Vec<Listed>, StoreError> {
    checkout.store.differences(bill, skip, limit).await
}

/// The reports of all accounts, the newest day first; with `before`, of the days before it.
///
/// # Errors
/// When the store fails.
pub async fn reports(checkout: &Checkout, before: Option<Day>, limit: u32) -> Result<Vec<DayReport>, StoreError> {
    let before = before.unwrap_or_else(|| Day::of(checkout.clock.now_ms()).next());
    checkout.store.day_reports(before, limit).await
}

/// Whether an order number has the form that this server gives its numbers: 32 hex digits.
pub(crate) fn is_our_form(out_trade_no: &str) -> bool {
    out_trade_no.len() == 32 && out_trade_no.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

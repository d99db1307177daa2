//! One day's comparison, from asking for the bill to its last line.

use std::time::Duration;

use super::file::{File, Lines, Unreadable};
use super::report::{BillOf, DayReport};
use super::{Day, accounts};
use crate::checkout::{Checkout, tell};
use crate::gateway::{BillSaid, CallError};
use crate::store::{DayBegun, DayStep, Fed, Lease, StoreError};

/// How long a day is held; every batch of lines makes it as long again. Above what a file may take.
const HOLD: Duration = Duration::from_secs(420);

/// Lines of one transaction.
const BATCH: usize = 100;

/// That a day has no bill is the last word about it: it is taken from so long after 10:00 on only, so that
/// a bill that is late is not taken for none.
const SURE_AFTER_MS: u64 = 60 * 60 * 1000;

/// WeChat keeps bills for three months.
pub(super) const KEPT_DAYS: u32 = 90;

/// What becomes of the day.
const AS_IT_WAS: &str =
    "the day is as it was: an open one is tried again by itself, or when you ask for it where [bills] enabled = false";

/// Why a day was not compared. No line was lost: it is open, or was never begun.
#[derive(Debug, thiserror::Error)]
pub enum BillError {
    /// Its bill cannot be there yet.
    #[error("the bill of {day} can be had from 10:00 of the next day on, Beijing's time")]
    NotYet {
        /// Which.
        day: Day,
    },
    /// WeChat does not have it any more.
    #[error("WeChat Pay keeps bills for three months: the one of {day} is gone; compare it on the merchant platform")]
    TooOld {
        /// Which.
        day: Day,
    },
    /// Nobody's keys here.
    #[error("no keys of API v3 are configured for merchant {mchid}: its bills cannot be asked for")]
    NoSuchAccount {
        /// Whose.
        mchid: String,
    },
    /// At this moment.
    #[error("the bill of {day} is being compared at this moment: ask for its report")]
    UnderWay {
        /// Which.
        day: Day,
    },
    /// WeChat.
    #[error("{0}; {AS_IT_WAS}")]
    Call(#[from] CallError),
    /// Not there yet.
    #[error("WeChat Pay is still making the bill; {AS_IT_WAS}")]
    Creating,
    /// Not there, and it is early.
    #[error(
        "WeChat Pay says that there is no bill of this day; it has to be asked again after 11:00, to be sure; {AS_IT_WAS}"
    )]
    NoneSoFar,
    /// Not there, though it should be.
    #[error(
        "WeChat Pay says that there is no bill of this day, and the books have payments of it; \
         {AS_IT_WAS}"
    )]
    Missing,
    /// What came is not believed.
    #[error("{0}; nothing of it was taken; {AS_IT_WAS}")]
    Unreadable(#[from] Unreadable),
    /// The books.
    #[error("{0}; {AS_IT_WAS}")]
    Store(#[from] StoreError),
}

impl BillError {
    /// Whether somebody should hear of it at once: what comes and is not believed is not an answer that
    /// is merely late.
    #[must_use]
    pub const fn is_alarming(&self) -> bool {
        matches!(self, Self::Unreadable(_) | Self::Missing | Self::Call(CallError::NoKeys { .. }))
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nobody: an open day is gone on with, and one that has ended is left alone.
    ByItself,
    /// The operator: whatever became of the day, it is compared once more from its first line.
    Again,
}

/// How a comparison ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every line is in the books.
    Compared,
    /// There is no bill, and the books have no payment of the day.
    NoBill,
    /// Somebody else had ended it before, or has taken it over.
    Elsewhere,
    /// The server is being stopped: the next one goes on from there.
    Left,
}

/// Compares a day's bill, or goes on with it; answers its report.
///
/// # Errors
/// When it could not be compared; each says why, and what happens next.
pub async fn compare_day(checkout: &Checkout, bill: &BillOf, asked: Asked) -> Result<DayReport, BillError> {
    let BillOf { account, day } = bill;
    if !accounts(checkout).contains(account) {
        return Err(BillError::NoSuchAccount { mchid: account.mchid.clone() });
    }
    let now_ms = checkout.clock.now_ms();
    if now_ms < day.ready_ms() {
        return Err(BillError::NotYet { day: *day });
    }
    if *day < Day::of(now_ms).back(KEPT_DAYS) {
        return Err(BillError::TooOld { day: *day });
    }
    let held = checkout.hold_bill(bill, HOLD).await?.ok_or(BillError::UnderWay { day: *day })?;
    let done = settle(checkout, bill, asked, held.lease()).await;
    held.release().await;
    let ended = done?;
    let report = checkout.store.day_report(bill).await?.ok_or(BillError::UnderWay { day: *day })?;
    if ended == Ended::Compared {
        say(bill, &report);
    }
    Ok(report)
}

/// With the day held.
async fn settle(checkout: &Checkout, bill: &BillOf, asked: Asked, lease: Lease) -> Result<Ended, BillError> {
    match Run::begin(checkout, bill, lease, asked).await? {
        Begun::Run(mut run) => loop {
            if checkout.stopping.has_begun() {
                return Ok(Ended::Left);
            }
            match run.step().await? {
                Step::More => {}
                Step::Ended(ended) => return Ok(ended),
            }
        },
        Begun::Ended(ended) => Ok(ended),
    }
}

/// What a day begins with.
pub enum Begun<'a> {
    /// Lines.
    Run(Box<Run<'a>>),
    /// None.
    Ended(Ended),
}

/// What a step comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Lines went in, and there may be more.
    More,
    /// There are none.
    Ended(Ended),
}

/// A bill on its way into the books. Dropped at any point, it goes on from there.
pub struct Run<'a> {
    checkout: &'a Checkout,
    bill: &'a BillOf,
    lease: Lease,
    asked_ms: u64,
    lines: Lines,
}

impl<'a> Run<'a> {
    /// Asks for the bill and reads it to its end, before any of it counts. What was compared before stays
    /// until then, whoever asks.
    ///
    /// # Errors
    /// When there is none that can be believed.
    pub async fn begin(
        checkout: &'a Checkout,
        bill: &'a BillOf,
        lease: Lease,
        asked: Asked,
    ) -> Result<Begun<'a>, BillError> {
        let reopened = async |now_ms| -> Result<bool, StoreError> {
            Ok(asked == Asked::ByItself || checkout.store.reopen_day(bill, lease, now_ms).await?)
        };
        let asked_ms = checkout.clock.now_ms();
        let answer = match checkout.gateway.bill(bill).await? {
            BillSaid::Ready(answer) => answer,
            BillSaid::Creating => return Err(BillError::Creating),
            BillSaid::None if checkout.store.has_trade_on(bill).await? => return Err(BillError::Missing),
            BillSaid::None if asked_ms < bill.day.ready_ms() + SURE_AFTER_MS => return Err(BillError::NoneSoFar),
            BillSaid::None => {
                if !reopened(asked_ms).await? {
                    return Ok(Begun::Ended(Ended::Elsewhere));
                }
                let ended = checkout.store.step_day(bill, lease, DayStep::NoBill, asked_ms).await?;
                return Ok(Begun::Ended(if ended { Ended::NoBill } else { Ended::Elsewhere }));
            }
        };
        let packed = checkout.gateway.bill_file(bill, &answer).await?;
        let digest = answer.hash_value.to_ascii_lowercase();
        // A large one takes a second, which others should not wait for.
        let file = tokio::task::spawn_blocking(move || File::check(packed, &answer));
        let file = file.await.map_err(|_| StoreError::Stopped)??;
        if !reopened(asked_ms).await? {
            return Ok(Begun::Ended(Ended::Elsewhere));
        }
        match checkout.store.begin_day(bill, lease, &digest).await? {
            DayBegun::At(first) => {
                let lines = file.lines_from(first);
                Ok(Begun::Run(Box::new(Self { checkout, bill, lease, asked_ms, lines })))
            }
            DayBegun::Ended | DayBegun::Overtaken => Ok(Begun::Ended(Ended::Elsewhere)),
        }
    }

    /// The next lines, in one transaction; after the last ones, what is missing there.
    ///
    /// # Errors
    /// When the store fails: what was in stays in.
    pub async fn step(&mut self) -> Result<Step, BillError> {
        let Self { checkout, bill, lease, asked_ms, lines } = self;
        let batch = lines.take(BATCH)?;
        if batch.is_empty() {
            let ended = checkout.store.step_day(bill, *lease, DayStep::Compared, *asked_ms).await?;
            return Ok(Step::Ended(if ended { Ended::Compared } else { Ended::Elsewhere }));
        }
        match checkout.store.feed_lines(bill, *lease, batch, HOLD, *asked_ms).await? {
            Fed::Taken(learnt) => {
                for news in learnt {
                    tell(news.order.as_ref(), &news.actions);
                }
                Ok(Step::More)
            }
            Fed::Overtaken => Ok(Step::Ended(Ended::Elsewhere)),
        }
    }
}

fn say(bill: &BillOf, report: &DayReport) {
    let (mchid, day) = (bill.account.mchid.as_str(), bill.day.to_string());
    let DayReport { counts, differences, standing, .. } = report;
    let (lines, ours) = (counts.lines, counts.ours);
    if *differences == 0 && counts.unlisted == 0 {
        tracing::info!(mchid, day, lines, ours, "a day's bill was compared: it says what the books say");
    } else {
        tracing::error!(
            mchid,
            day,
            lines,
            ours,
            differences,
            standing,
            unlisted = counts.unlisted,
            "ALERT: a day's bill and the books differ: look at the day's report"
        );
    }
}

//! Comparing unasked: which days are to be compared, and when each is tried.

use std::time::Duration;

use tracing::Instrument as _;

use super::run::KEPT_DAYS;
use super::{Account, Asked, BillError, BillOf, Bills, Day, DayReport, DayState, accounts, compare_day};
use crate::checkout::Checkout;
use crate::metrics::Round;
use crate::store::{DayStep, StoreError};

/// Between two looks at what is due.
const ROUND: Duration = Duration::from_secs(60);

/// Why a day is given up that nobody ever asked for.
const GONE: &str = "nobody asked for its bill in the three months that WeChat Pay keeps it";

/// Days of one round.
const AT_A_TIME: u32 = 1000;

/// What follows one try after another, until it is the last one's turn again and again.
const LADDER_MS: [u64; 5] = [600_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000];

/// So often a bill may be late before somebody should hear of it.
const PATIENCE: u32 = 4;

/// Goes round until the task is dropped.
pub async fn run(checkout: &Checkout) {
    if checkout.bills == Bills::WhenAsked {
        tracing::warn!("[bills] enabled = false: a difference between WeChat's books and these is found by nobody");
        return;
    }
    for mchid in checkout.gateway.unbilled() {
        tracing::warn!(
            mchid,
            "bills of this merchant are not compared: it has keys of API v2 alone, whose bills nothing proves; give it keys of v3"
        );
    }
    checkout.meters.went_round(Round::Bills, checkout.clock.now_ms());
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = checkout.stopping.begun() => return,
            _ = rounds.tick() => {}
        }
        match round(checkout).instrument(tracing::info_span!("round", what = "comparing bills")).await {
            Ok(_) => checkout.meters.went_round(Round::Bills, checkout.clock.now_ms()),
            Err(error) => tracing::error!(cause = %error, "bills could not be seen to; the next round tries again"),
        }
    }
}

/// Plans the days whose bills can be had by now, and compares those that are due; answers how many
/// there were.
///
/// # Errors
/// When the store fails.
pub async fn round(checkout: &Checkout) -> Result<usize, StoreError> {
    let accounts = accounts(checkout);
    for account in &accounts {
        plan(checkout, account).await?;
    }
    let mut due = checkout.store.due_days(checkout.clock.now_ms(), AT_A_TIME).await?;
    // Those of merchants whose keys were taken away are left as they are.
    due.retain(|bill| accounts.contains(&bill.account));
    let count = due.len();
    for bill in due {
        if checkout.stopping.has_begun() {
            break;
        }
        if let Err(error) = compare_day(checkout, &bill, Asked::ByItself).await {
            put_off(checkout, &bill, error).await?;
        }
    }
    Ok(count)
}

/// Writes down every day since the account's first order that is not known: whichever days were compared
/// by hand before, none is left out. Those that WeChat keeps no bill of are given up, and somebody hears of it.
async fn plan(checkout: &Checkout, account: &Account) -> Result<(), StoreError> {
    let Some(first_ms) = checkout.store.first_order_ms(account).await? else { return Ok(()) };
    let now_ms = checkout.clock.now_ms();
    let (last, kept) = (Day::last_ready(now_ms), Day::of(now_ms).back(KEPT_DAYS));
    let known = checkout.store.known_days(account).await?;
    let days = std::iter::successors(Some(Day::of(first_ms)), |day| Some(day.next())).take_while(|day| *day <= last);
    let (days, gone): (Vec<Day>, Vec<Day>) =
        days.filter(|day| known.binary_search(day).is_err()).partition(|day| *day >= kept);
    if let (Some(first), Some(last)) = (gone.first(), gone.last()) {
        checkout.store.give_up_days(account, &gone, GONE, now_ms).await?;
        let (mchid, count) = (account.mchid.as_str(), gone.len());
        let (first, last) = (first.to_string(), last.to_string());
        tracing::error!(
            mchid,
            first,
            last,
            count,
            "ALERT: days were not compared in three months: compare them by hand"
        );
    }
    if days.is_empty() { Ok(()) } else { checkout.store.plan_days(account, &days, now_ms).await }
}

async fn put_off(checkout: &Checkout, bill: &BillOf, error: BillError) -> Result<(), StoreError> {
    let (mchid, day) = (bill.account.mchid.as_str(), bill.day.to_string());
    let step = match &error {
        // Another server is at it.
        BillError::UnderWay { .. } | BillError::NotYet { .. } => return Ok(()),
        BillError::TooOld { .. } => {
            tracing::error!(mchid, day, "ALERT: a bill was not had in three months: compare the day by hand");
            DayStep::GiveUp
        }
        error => {
            let tries = match checkout.store.day_report(bill).await? {
                Some(DayReport { state: DayState::Open { tries, .. }, .. }) => tries,
                _ => return Ok(()),
            };
            if error.is_alarming() || tries >= PATIENCE {
                tracing::error!(cause = %error, mchid, day, tries, "ALERT: a day's bill could not be compared");
            } else {
                tracing::warn!(cause = %error, mchid, day, tries, "a day's bill could not be compared yet");
            }
            let next_ms = checkout.clock.now_ms().saturating_add(ladder(tries));
            DayStep::PutOff { next_ms, problem: error.to_string() }
        }
    };
    let Some(held) = checkout.hold_bill(bill, ROUND).await? else { return Ok(()) };
    checkout.store.step_day(bill, held.lease(), step, checkout.clock.now_ms()).await?;
    held.release().await;
    Ok(())
}

fn ladder(tries: u32) -> u64 {
    let at = usize::try_from(tries).unwrap_or(usize::MAX);
    LADDER_MS[at.min(LADDER_MS.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_come_ever_more_slowly_and_four_times_a_day_at_last() {
        assert_eq!((ladder(0), ladder(1)), (600_000, 1_800_000));
        assert!((0..100).all(|tries| ladder(tries) <= ladder(tries + 1)));
        assert_eq!(ladder(u32::MAX), 6 * 3_600_000);
    }
}

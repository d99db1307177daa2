//! What happens without being asked: looking after orders that no notification came for, closing
//! those whose time is over, seeing refunds through, comparing bills ([`crate::bills`]), and renewing
//! platform certificates.

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument as _;

use crate::bills;
use crate::checkout::Checkout;
use crate::ledger::Order;
use crate::metrics::Round;
use crate::store::{PutOff, StoreError};

/// WeChat keeps an expired order NOTPAY until it is closed, and a payment may be on its way: the job
/// waits at least 5 minutes past `time_expire`.
pub const CLOSE_AFTER_MS: u64 = 5 * 60 * 1000;

/// Between two rounds.
const ROUND: Duration = Duration::from_secs(10);

/// Between two looks at whether certificates have to be renewed.
const CERTIFICATES: Duration = Duration::from_secs(5);

/// Orders of one round.
const BATCH: u32 = 50;

/// Refunds that are taken at a time.
const AT_A_TIME: u32 = 8;

/// For how long: more than as many calls of WeChat's take at most, so that no two servers are at one.
const TAKEN_MS: u64 = 180_000;

/// For one order: less than its care is held for, so that no two servers are at it.
const AT_MOST: Duration = Duration::from_secs(50);

/// Goes round until the task is dropped: with orders, refunds, bills and certificates, none waiting for another.
pub async fn run(checkout: Arc<Checkout>) {
    // What never went well since the start shows as what went well at the start, and then no more.
    for round in [Round::Orders, Round::Refunds] {
        checkout.meters.went_round(round, checkout.clock.now_ms());
    }
    let orders = round_after_round(&checkout, || round(&checkout), Round::Orders, "looking after open orders");
    let refunds = round_after_round(&checkout, || refunds(&checkout), Round::Refunds, "seeing refunds through");
    let bills = bills::run(&checkout);
    tokio::join!(orders, refunds, bills, certificates(&checkout));
}

/// Platform certificates: soon after something came that is signed with one that is not known here.
async fn certificates(checkout: &Checkout) {
    let mut rounds = tokio::time::interval(CERTIFICATES);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = checkout.stopping.begun() => return,
            _ = rounds.tick() => {}
        }
        checkout.gateway.renew_certificates().await;
    }
}

async fn round_after_round<F: Future<Output = Result<usize, StoreError>>>(
    checkout: &Checkout,
    go: impl Fn() -> F,
    round: Round,
    what: &str,
) {
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = checkout.stopping.begun() => return,
            _ = rounds.tick() => {}
        }
        match go().instrument(tracing::info_span!("round", what)).await {
            Ok(_) => checkout.meters.went_round(round, checkout.clock.now_ms()),
            Err(error) => tracing::error!(cause = %error, what, "a round failed; the next one tries again"),
        }
    }
}

/// One round over the orders that are due; answers how many there were.
///
/// # Errors
/// When the store fails.
pub async fn round(checkout: &Checkout) -> Result<usize, StoreError> {
    let orders = checkout.store.due(checkout.clock.now_ms(), BATCH).await?;
    let count = orders.len();
    for order in orders {
        if checkout.stopping.has_begun() {
            break;
        }
        let id = order.terms.id.clone();
        if let Err(error) = look_after(checkout, order).await {
            // The others have their turn all the same.
            tracing::error!(cause = %error, order = id.as_str(), "an order could not be looked after; it is due again");
        }
    }
    Ok(count)
}

/// One step of each refund that is due; answers how many there were.
///
/// # Errors
/// When the store fails.
pub async fn refunds(checkout: &Checkout) -> Result<usize, StoreError> {
    let mut count = 0;
    while !checkout.stopping.has_begun() {
        let due = checkout.store.due_refunds(checkout.clock.now_ms(), TAKEN_MS, AT_A_TIME).await?;
        if due.is_empty() {
            break;
        }
        count += due.len();
        for refund in due {
            let (order, number) = (refund.order.terms.id.clone(), refund.out_refund_no.clone());
            if checkout.stopping.has_begun() {
                // Whoever is there next need not wait for what was taken and not begun.
                let now = PutOff { next_ms: checkout.clock.now_ms(), tries: refund.tries };
                checkout.store.put_off(&order, &number, now).await?;
                continue;
            }
            if let Err(error) = checkout.see_through(refund).await {
                // The others have their turn all the same.
                tracing::error!(cause = %error, order = order.as_str(), number, "a refund could not be seen to; it is due again");
            }
        }
    }
    Ok(count)
}

/// One order, unless another server of this database is at it.
async fn look_after(checkout: &Checkout, order: Order) -> Result<(), StoreError> {
    let Some(held) = checkout.hold_care(&order.terms.id).await? else { return Ok(()) };
    let done = tokio::time::timeout(AT_MOST, settle(checkout, order)).await;
    held.release().await;
    // What was given up is due again.
    done.unwrap_or(Ok(()))
}

async fn settle(checkout: &Checkout, order: Order) -> Result<(), StoreError> {
    let overdue = checkout.clock.now_ms() >= order.terms.payable_until_ms.saturating_add(CLOSE_AFTER_MS);
    let view =
        if overdue || order.book.close_asked { checkout.close(order).await? } else { checkout.view(order).await? };
    tracing::debug!(order = view.order.terms.id.as_str(), state = ?view.state, "looked after");
    Ok(())
}

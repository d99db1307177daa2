//! Making an order, and handing out the parameters that open the payment sheet.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::tz::Offset;
use wechatpay::Secret;
use wechatpay::v3::Advice;
use wx_checkout::domain::{Fen, IdempotencyKey, OrderId};
use wx_checkout::wire::{CreateAnswer, CreateRequest, ListedOrderRef, OrderState, PaymentParams, ProblemCode, Retry};

use super::look::{View, warn_about};
use super::offer::{Wanted, agreed, price_changed, same};
use super::{About, Checkout, Merchant};
use crate::catalogue::Quote;
use crate::gateway::{CallError, NOT_TAKEN, OrderDraft};
use crate::ledger::{Book, Order, Sale, Terms};
use crate::problem::Refusal;
use crate::random;
use crate::store::{Change, Changed, Lease, Opened, SameLines};

/// WeChat takes no prepay whose `time_expire` is less than a minute ahead.
const LAST_PREPAY_MS: u64 = 60 * 1000;

/// What a payer wants to buy.
struct Wish {
    openid: Secret<String>,
    key: IdempotencyKey,
    sale: Sale,
    payer_ip: IpAddr,
}

impl Checkout {
    /// `POST /payments/create`: the order under the key, made now or before.
    ///
    /// # Errors
    /// When no order was made, or its parameters cannot be had; each says what became of the order.
    pub async fn create(
        &self,
        openid: Secret<String>,
        key: IdempotencyKey,
        request: CreateRequest,
        payer_ip: IpAddr,
    ) -> Result<CreateAnswer, Refusal> {
        let CreateRequest { basket, expected_amount, separate } = request;
        let rule = if separate { SameLines::BuyAgain } else { SameLines::Refuse };
        let wanted = self.wanted(&openid, &basket, rule)?;
        // The key comes before the price and a token's expiry: what was agreed stays agreed.
        let order = match self.store.by_key(&openid, &key).await? {
            Some(order) => bound(order, &wanted, expected_amount)?,
            None => self.open(Wish { openid, key, sale: wanted.sale(), payer_ip }, &wanted, expected_amount).await?,
        };
        self.parameters(order).await
    }

    /// A new order in the books, if nothing stands in its way.
    async fn open(&self, wish: Wish, wanted: &Wanted, expected: Fen) -> Result<Order, Refusal> {
        if let Some(order) = self.made_before(&wish.openid, wanted, expected).await? {
            return Ok(order);
        }
        let now_ms = self.clock.now_ms();
        let quote = self.quote(wanted, now_ms)?;
        if quote.amount != expected {
            return Err(price_changed(quote.amount, expected));
        }
        let payer = wish.openid.clone();
        let order = self.draw_up(wish, &quote, now_ms)?;
        match self.store.open(order, wanted.rule()).await? {
            Opened::Made(order) => {
                tracing::info!(order = order.terms.id.as_str(), amount = order.terms.amount.get(), "an order was made");
                Ok(order)
            }
            // The same create, a moment faster.
            Opened::Bound(order) => bound(order, wanted, expected),
            Opened::InTheWay(order) => match wanted {
                Wanted::Lines(..) => {
                    let state = order.state(now_ms);
                    let detail = "the payer has an order with the same lines that is not finished: look at it, or send separate: true if the payer wants a second one";
                    Err(no_order(ProblemCode::OpenOrder, detail)
                        .naming(ListedOrderRef { order_id: order.terms.id, state }))
                }
                Wanted::Signed(signed) => agreed(order, &payer, signed, expected),
            },
        }
    }

    /// The order and its attempt, as they will be written down.
    fn draw_up(&self, wish: Wish, quote: &Quote, now_ms: u64) -> Result<Order, Refusal> {
        let Wish { openid, key, sale, payer_ip } = wish;
        let Merchant { seller, payable_ms, late_payment, .. } = &self.merchant;
        let id = random::hex::<10>().map_err(|error| Refusal::internal(&error))?;
        let id = OrderId::try_from(format!("wx{id}")).map_err(|error| Refusal::internal(&error))?;
        // WeChat reads whole seconds.
        let payable_until_ms = (now_ms + payable_ms) / 1000 * 1000;
        let draft = OrderDraft {
            description: quote.description.clone(),
            out_trade_no: random::hex::<16>().map_err(|error| Refusal::internal(&error))?,
            time_expire: beijing(payable_until_ms)?,
            notify_url: self.merchant.notify_url(&seller.api(), About::Payment),
            total: quote.amount.get(),
            openid: openid.clone(),
            payer_ip,
        };
        let attempt = self.gateway.draw_up(seller, draft).map_err(|error| Refusal::internal(&error))?;
        let terms = Terms {
            id,
            openid,
            key,
            sale,
            amount: quote.amount,
            created_ms: now_ms,
            payable_until_ms,
            late_payment: *late_payment,
        };
        Ok(Order { terms, attempt, book: Book::default() })
    }

    /// The answer for an order: with parameters only when it is payable, now and according to WeChat.
    async fn parameters(&self, order: Order) -> Result<CreateAnswer, Refusal> {
        let Some(held) = self.hold_prepay(&order.terms.id).await? else { return Err(under_way()) };
        let answer = self.parameters_held(order, held.lease()).await;
        held.release().await;
        answer
    }

    async fn parameters_held(&self, order: Order, lease: Lease) -> Result<CreateAnswer, Refusal> {
        // Read again under the hold: whoever held it before may have handed out parameters.
        let order = self.store.by_id(&order.terms.id).await?.ok_or_else(super::no_such_order)?;
        let order = if order.book.parameters_left { self.asked(order).await? } else { order };
        let now_ms = self.clock.now_ms();
        let state = order.state(now_ms);
        let too_late = now_ms + LAST_PREPAY_MS >= order.terms.payable_until_ms;
        if state != OrderState::Payable || too_late {
            return self.answer(order, now_ms, None);
        }
        match self.gateway.prepay(&order.attempt).await {
            Err(CallError::Resting { wait_ms }) => Err(unavailable(Retry::Later).retry(Retry::Later, wait_ms)),
            Ok(prepay_id) => self.hand_out(order, &prepay_id, lease).await,
            Err(CallError::Refused { advice: Advice::Query, .. }) => self.moved_on(order).await,
            Err(CallError::Refused { advice: Advice::Never, status, code }) => self.refused(order, status, &code).await,
            Err(CallError::Refused { advice: Advice::RetrySame | Advice::RetryLater, .. }) => {
                Err(unavailable(Retry::Later))
            }
            Err(error) => {
                warn_about(&order.terms.id, &error);
                Err(unavailable(Retry::Same))
            }
        }
    }

    /// The order after WeChat was asked; a sheet may be open for it, so the books alone do not do.
    async fn asked(&self, order: Order) -> Result<Order, Refusal> {
        let View { order, state, .. } = self.view(order).await?;
        if state == OrderState::Unknown && order.is_unresolved() {
            return Err(unavailable(Retry::Later));
        }
        Ok(order)
    }

    /// Notes that parameters leave, and lets them.
    async fn hand_out(&self, order: Order, prepay_id: &Secret<String>, lease: Lease) -> Result<CreateAnswer, Refusal> {
        let now_ms = self.clock.now_ms();
        let order = match self.store.change(&order.terms.id, Change::HandOut { now_ms, lease }).await? {
            Changed::Done(order) => order,
            // Closed or paid meanwhile: the prepay_id is dropped here, and nobody can use it.
            Changed::NotNow(order) => return self.answer(order, now_ms, None),
            // This server was too slow, and another one has handed out parameters or will.
            Changed::Overtaken => return Err(under_way()),
        };
        let nonce = random::hex::<16>().map_err(|error| Refusal::internal(&error))?;
        let signed = self
            .gateway
            .client_params(&order.attempt, prepay_id.expose(), &nonce)
            .map_err(|error| Refusal::internal(&error))?;
        let payment = PaymentParams {
            time_stamp: signed.time_stamp,
            nonce_str: signed.nonce_str,
            package: signed.package,
            sign_type: signed.sign_type,
            pay_sign: signed.pay_sign,
        };
        self.answer(order, now_ms, Some(payment))
    }

    /// WeChat says that the number is paid, used or closed: what it is, a query says.
    async fn moved_on(&self, order: Order) -> Result<CreateAnswer, Refusal> {
        let order = self.asked(order).await?;
        let now_ms = self.clock.now_ms();
        if order.state(now_ms) == OrderState::Payable {
            return Err(unavailable(Retry::Later));
        }
        self.answer(order, now_ms, None)
    }

    /// A definite refusal ends an order that nobody can pay, and frees its key.
    async fn refused(&self, order: Order, status: u16, code: &str) -> Result<CreateAnswer, Refusal> {
        let id = &order.terms.id;
        tracing::error!(order = id.as_str(), status, code, "WeChat Pay refused an order");
        let Changed::Done(_) = self.store.change(id, Change::Refuse).await? else {
            return Err(unavailable(Retry::Later));
        };
        let configuration = ["SIGNERROR", "NOAUTH", "APPIDMCHIDNOTMATCH", "MCHNOTEXISTS", "ACCOUNTERROR"];
        if code == NOT_TAKEN || configuration.contains(&code.replace('_', "").as_str()) {
            return Err(no_order(
                ProblemCode::GatewayMisconfigured,
                format!("WeChat Pay refuses the merchant's configuration ({code}): the operator must act"),
            ));
        }
        Err(no_order(ProblemCode::PaymentRefused, "WeChat Pay refused the order for good: start a new purchase"))
    }

    fn answer(&self, order: Order, now_ms: u64, payment: Option<PaymentParams>) -> Result<CreateAnswer, Refusal> {
        let status_token = self.tokens.status(&order.terms.id).map_err(|error| Refusal::internal(&error))?;
        let state = order.state(now_ms);
        let left = order.terms.payable_until_ms.saturating_sub(now_ms);
        Ok(CreateAnswer {
            payable_for_ms: if state == OrderState::Payable { left } else { 0 },
            // In its last minute an order is still payable by an open sheet, and opens no new one.
            state: if payment.is_none() && state == OrderState::Payable { OrderState::Closing } else { state },
            amount: order.terms.amount,
            order_id: order.terms.id,
            status_token,
            payment,
        })
    }
}

/// The order that a key is bound to, if it is the one that is asked for.
fn bound(order: Order, wanted: &Wanted, expected: Fen) -> Result<Order, Refusal> {
    if same(&order.terms.sale, order.terms.amount, wanted, expected) { Ok(order) } else { Err(key_reused()) }
}

/// RFC 3339 in Beijing's time, as WeChat writes it.
fn beijing(ms: u64) -> Result<String, Refusal> {
    let time = Timestamp::from_millisecond(i64::try_from(ms).unwrap_or(i64::MAX))
        .map_err(|error| Refusal::internal(&error))?;
    Ok(time.display_with_offset(Offset::constant(8)).to_string())
}

pub(super) fn no_order(code: ProblemCode, why: impl std::fmt::Display) -> Refusal {
    Refusal::new(code, format!("No order was made and no money moved: {why}."))
}

fn key_reused() -> Refusal {
    Refusal::new(
        ProblemCode::IdempotencyKeyReused,
        "The key belongs to another basket or amount. Nothing was changed; a new purchase needs a new key.",
    )
}

fn under_way() -> Refusal {
    Refusal::new(
        ProblemCode::InProgress,
        "The same create is under way. It decides; repeat this one in a moment, under the same key.",
    )
    .retry(Retry::Same, 500)
}

fn unavailable(retry: Retry) -> Refusal {
    Refusal::new(
        ProblemCode::GatewayUnavailable,
        "WeChat Pay could not be reached, or its answer could not be believed. The order is kept under this key and no \
         parameters left for it now; repeat the request with the same key.",
    )
    .retry(retry, 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_wechat_writes_them() {
        assert_eq!(beijing(1_700_000_000_000).expect("in range"), "2023-11-15T06:13:20+08:00");
    }
}

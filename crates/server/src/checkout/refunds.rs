//! Sending money back: deciding it, and seeing it through.

use wechatpay::trade::{BadNumber, OutRefundNo};
use wechatpay::v3::Advice;
use wx_checkout::domain::{Fen, OrderId};

use super::look::warn_about;
use super::{About, Checkout, tell};
use crate::gateway::{CallError, RefundAnswer, RefundDraft};
use crate::ledger::{Fact, Of, Order, Plan, Planned, Refund, RefundRefusal, RefundSeen, Stage, Why};
use crate::store::{Decided, DueRefund, PutOff, StoreError};

/// WeChat takes this much of a reason, in bytes.
const REASON_BYTES: usize = 80;

/// What follows one try after another, until it is the last one's turn again and again.
const LADDER_MS: [u64; 8] = [15_000, 30_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000, 7_200_000];

/// After what only somebody at the merchant can change: an empty balance, a refusal.
const SLOWLY_MS: u64 = 1_800_000;

/// A payment, or a refund, that WeChat does not know yet: it says so for a while after it was made.
const TRANSIENT_TRIES: u32 = 5;

/// A refund that is to be made.
#[derive(Clone, Debug)]
pub struct RefundOrder {
    /// The refund's number, chosen by whoever asks: asked again under it, it is the same refund.
    pub out_refund_no: String,
    /// Which of the order's payments.
    pub of: Of,
    /// How much goes back.
    pub amount: Fen,
    /// What the payer reads about it; may be empty.
    pub reason: String,
}

/// Why no refund was decided. Nothing was written, and no money moves.
#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    /// There is no such order.
    #[error("there is no such order; no money moves; check the order's id")]
    UnknownOrder,
    /// The number.
    #[error("{0}; no money moves")]
    BadNumber(#[from] BadNumber),
    /// The number is one that the server gives itself.
    #[error("numbers that begin with dup- and late- are the server's own; no money moves; choose another")]
    ReservedNumber,
    /// The reason.
    #[error(
        "a reason has at most 80 bytes (26 Chinese characters), no emoji and no control characters; no money moves"
    )]
    BadReason,
    /// What the books say, or WeChat's own limits.
    #[error("{0}; no money moves")]
    Refused(#[from] RefundRefusal),
    /// The books could not be asked, or written.
    #[error("{0}; whether the refund was written down, asking again under the same number says")]
    Store(#[from] StoreError),
}

/// What a try came to.
enum Outcome {
    /// WeChat said how far it has come.
    Told(RefundSeen),
    /// WeChat refused it, and has no such refund.
    Refused,
    /// Nothing; the next try is due in this many milliseconds at least.
    Nothing { after_ms: u64 },
}

impl RefundOrder {
    /// What can be said without the books.
    pub(super) fn check(&self) -> Result<(), RefundError> {
        OutRefundNo::new(&self.out_refund_no)?;
        if self.out_refund_no.starts_with("dup-") || self.out_refund_no.starts_with("late-") {
            return Err(RefundError::ReservedNumber);
        }
        let readable = |c: char| !c.is_control() && c.len_utf8() <= 3;
        if self.reason.len() > REASON_BYTES || !self.reason.chars().all(readable) {
            return Err(RefundError::BadReason);
        }
        Ok(())
    }
}

impl Checkout {
    /// Decides that money of an order goes back. It is on disk when this answers, and the server sees it
    /// through: what becomes of it is in the order's books.
    ///
    /// # Errors
    /// When it must not go back, or not now; each says why and what to do.
    pub async fn refund(&self, id: &OrderId, order: RefundOrder) -> Result<Planned, RefundError> {
        order.check()?;
        let RefundOrder { out_refund_no, of, amount, reason } = order;
        let known = self.store.by_id(id).await?.ok_or(RefundError::UnknownOrder)?;
        if known.is_unresolved() {
            // The payment may be there without anybody having told.
            self.view(known).await?;
        }
        let plan = Plan { out_refund_no, of, amount, reason };
        match self.store.plan_refund(id, plan, self.clock.now_ms()).await? {
            Decided::Planned(planned) => {
                tracing::info!(order = id.as_str(), amount = amount.get(), ?planned, "a refund was decided");
                Ok(planned)
            }
            Decided::Refused(refusal) => Err(refusal.into()),
        }
    }

    /// The next step of one refund: asking for it, or asking about it.
    ///
    /// # Errors
    /// When the store fails; it is due again then.
    pub(crate) async fn see_through(&self, due: DueRefund) -> Result<(), StoreError> {
        let DueRefund { order, out_refund_no, request, tries } = due;
        let id = &order.terms.id;
        let Some(refund) = order.book.refunds.get(&out_refund_no) else { return Ok(()) };
        let Ok(number) = OutRefundNo::new(&out_refund_no) else {
            // Only somebody else's can be malformed, and then WeChat cannot be asked either.
            return self.book_refund(&order, refused(&out_refund_no, self.clock.now_ms())).await;
        };
        let asked_ms = self.clock.now_ms();
        let outcome = match refund.stage {
            Stage::Due => self.ask_for(&order, refund, &number, request, tries).await?,
            Stage::Rumoured | Stage::Processing => self.ask_about(&order, refund, &number, tries).await,
            Stage::Refused | Stage::Abnormal | Stage::Closed | Stage::Success => return Ok(()),
        };
        let now_ms = self.clock.now_ms();
        let mut tries = tries.saturating_add(1);
        let after_ms = match outcome {
            Outcome::Told(seen) => {
                let same = seen.stage == refund.stage;
                tries = if same { tries } else { 0 };
                self.book_refund(&order, Fact::Refund(RefundSeen { at_ms: asked_ms, ..seen })).await?;
                0
            }
            Outcome::Refused => return self.book_refund(&order, refused(&out_refund_no, asked_ms)).await,
            Outcome::Nothing { after_ms } => after_ms,
        };
        let next_ms = now_ms.saturating_add(after_ms.max(ladder(tries)));
        self.store.put_off(id, &out_refund_no, PutOff { next_ms, tries }).await
    }

    /// Asks for a refund with the bytes that are written down for it.
    async fn ask_for(
        &self,
        order: &Order,
        refund: &Refund,
        number: &OutRefundNo,
        request: Option<Vec<u8>>,
        tries: u32,
    ) -> Result<Outcome, StoreError> {
        let (id, attempt) = (&order.terms.id, &order.attempt);
        let total = order.taken(&refund.transaction_id).unwrap_or(0);
        if order.held(&refund.transaction_id) > total {
            // More would go back than came: somebody sent it back elsewhere since this was decided.
            tracing::error!(order = id.as_str(), refund = number.as_str(), "ALERT: a refund is not needed any more");
            return Ok(self.unless_known(order, number, tries).await);
        }
        let body = match request {
            Some(body) => body,
            None => {
                let draft = RefundDraft {
                    number,
                    transaction_id: &refund.transaction_id,
                    refund: refund.amount,
                    total,
                    reason: &refund.reason,
                    notify_url: &self.merchant.notify_url(&attempt.api, About::Refund),
                };
                match self.gateway.refund_body(attempt, &draft) {
                    // On disk before it goes out: every repeat is the same to WeChat.
                    Ok(body) => self.store.keep_request(id, number.as_str(), body).await?,
                    Err(error) => {
                        tracing::error!(cause = %error, order = id.as_str(), "ALERT: a refund could not be written");
                        return Ok(Outcome::Nothing { after_ms: SLOWLY_MS });
                    }
                }
            }
        };
        let (code, advice) = match self.gateway.refund(attempt, number, &body).await {
            Ok(answer) => return Ok(about(refund, answer)),
            Err(CallError::Refused { code, advice, .. }) => (code, advice),
            Err(error) => {
                warn_about(id, &error);
                return Ok(Outcome::Nothing { after_ms: 0 });
            }
        };
        let code = code.replace('_', "");
        tracing::warn!(order = id.as_str(), refund = number.as_str(), code, "WeChat Pay refused a refund");
        Ok(match advice {
            _ if code == "NOTENOUGH" => {
                if self.alerts.is_due(&format!("balance {}", number.as_str()), self.clock.now_ms()) {
                    tracing::error!(
                        order = id.as_str(),
                        refund = number.as_str(),
                        "ALERT: the merchant's balance is too low for a refund: top it up; the refund is tried again by itself"
                    );
                }
                Outcome::Nothing { after_ms: SLOWLY_MS }
            }
            Advice::RetrySame | Advice::RetryLater => Outcome::Nothing { after_ms: 0 },
            Advice::Query => self.ask_about(order, refund, number, tries).await,
            // It says so of a payment that was made a moment ago.
            Advice::Never
                if matches!(code.as_str(), "RESOURCENOTEXISTS" | "ORDERNOTEXIST") && tries < TRANSIENT_TRIES =>
            {
                Outcome::Nothing { after_ms: 0 }
            }
            Advice::Never => {
                if self.alerts.is_due(&format!("refused {}", number.as_str()), self.clock.now_ms()) {
                    tracing::error!(
                        order = id.as_str(),
                        refund = number.as_str(),
                        code,
                        "ALERT: WeChat Pay refuses a refund: look at the merchant platform"
                    );
                }
                // What the operator asked for, the operator can ask for again; what must go back is tried
                // until it is gone.
                if refund.why == Why::Operator {
                    self.unless_known(order, number, TRANSIENT_TRIES).await
                } else {
                    Outcome::Nothing { after_ms: SLOWLY_MS }
                }
            }
        })
    }

    /// Asks about a refund that WeChat should know.
    async fn ask_about(&self, order: &Order, refund: &Refund, number: &OutRefundNo, tries: u32) -> Outcome {
        match self.gateway.query_refund(&order.attempt, number).await {
            Ok(RefundAnswer::Told(answer)) => about(refund, answer),
            Ok(RefundAnswer::Absent) if refund.stage == Stage::Rumoured && tries >= TRANSIENT_TRIES => Outcome::Refused,
            Ok(RefundAnswer::Absent) => Outcome::Nothing { after_ms: 0 },
            Err(error) => {
                warn_about(&order.terms.id, &error);
                Outcome::Nothing { after_ms: 0 }
            }
        }
    }

    /// A refund that will not be asked for again, unless WeChat has it from an earlier try.
    async fn unless_known(&self, order: &Order, number: &OutRefundNo, tries: u32) -> Outcome {
        match self.gateway.query_refund(&order.attempt, number).await {
            Ok(RefundAnswer::Told(answer)) => match RefundSeen::of(answer, 0) {
                Some(seen) => Outcome::Told(seen),
                None => Outcome::Nothing { after_ms: SLOWLY_MS },
            },
            Ok(RefundAnswer::Absent) if tries >= TRANSIENT_TRIES => Outcome::Refused,
            Ok(RefundAnswer::Absent) => Outcome::Nothing { after_ms: 0 },
            Err(error) => {
                warn_about(&order.terms.id, &error);
                Outcome::Nothing { after_ms: 0 }
            }
        }
    }

    async fn book_refund(&self, order: &Order, fact: Fact) -> Result<(), StoreError> {
        let recorded = self.store.record(&order.terms.id, vec![fact], self.clock.now_ms()).await?;
        tell(Some(&order.terms.id), &recorded.actions);
        Ok(())
    }
}

fn refused(out_refund_no: &str, at_ms: u64) -> Fact {
    Fact::RefundRefused { out_refund_no: out_refund_no.to_owned(), at_ms }
}

/// What an answer says; a word that nobody knows says nothing.
fn about(refund: &Refund, answer: wechatpay::trade::Refund) -> Outcome {
    match RefundSeen::of(answer, 0) {
        Some(seen) => Outcome::Told(seen),
        None if refund.stage == Stage::Due => Outcome::Nothing { after_ms: LADDER_MS[2] },
        None => Outcome::Nothing { after_ms: 0 },
    }
}

/// How long to wait after this many tries.
fn ladder(tries: u32) -> u64 {
    let at = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    LADDER_MS[at.min(LADDER_MS.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_come_ever_more_slowly_and_never_end() {
        assert_eq!((ladder(0), ladder(1), ladder(2)), (15_000, 15_000, 30_000));
        assert!((1..100).all(|tries| ladder(tries) <= ladder(tries + 1)));
        assert_eq!(ladder(u32::MAX), 7_200_000);
    }
}

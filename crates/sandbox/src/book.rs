//! What WeChat remembers: login codes and orders.

use std::collections::BTreeMap;

use serde_json::Value;

/// A login code works once, within five minutes.
pub(crate) const CODE_MS: u64 = 5 * 60 * 1000;
/// A prepay id opens the sheet for two hours, whatever `time_expire` says. (v3 documentation 4012525182)
pub(crate) const PREPAY_MS: u64 = 2 * 60 * 60 * 1000;
/// An unpaid order closes by itself after seven days, and only then.
const ABANDONED_MS: u64 = 7 * 24 * 60 * 60 * 1000;

/// Everything, in memory.
#[derive(Default)]
pub(crate) struct Book {
    codes: BTreeMap<String, Code>,
    orders: BTreeMap<String, Order>,
    prepays: BTreeMap<String, Prepay>,
}

impl Book {
    pub(crate) fn add_code(&mut self, code: String, openid: String, now_ms: u64) {
        // Codes long dead are forgotten, so that a flood of logins does not fill the memory.
        self.codes.retain(|_, code| now_ms.saturating_sub(code.made_ms) < 12 * CODE_MS);
        self.codes.insert(code, Code { openid, made_ms: now_ms, used: Used::NotYet });
    }

    /// Uses a code up.
    pub(crate) fn use_code(&mut self, code: &str, now_ms: u64) -> Result<String, CodeError> {
        let code = self.codes.get_mut(code).ok_or(CodeError::Unknown)?;
        if let Used::Once = code.used {
            return Err(CodeError::Used);
        }
        if now_ms.saturating_sub(code.made_ms) > CODE_MS {
            return Err(CodeError::Unknown);
        }
        code.used = Used::Once;
        Ok(code.openid.clone())
    }

    /// The order under the merchant's number, as it stands now.
    pub(crate) fn order(&mut self, out_trade_no: &str, now_ms: u64) -> Option<&mut Order> {
        self.orders.get_mut(out_trade_no).map(|order| order.settled(now_ms))
    }

    /// The order that was paid under WeChat's number.
    pub(crate) fn order_by_transaction(&self, transaction_id: &str) -> Option<&Order> {
        self.orders.values().find(|order| match &order.state {
            OrderState::Paid(payment) => payment.transaction_id == transaction_id,
            OrderState::NotPaid | OrderState::Closed => false,
        })
    }

    /// The order that `prepay_id` was made for, as it stands now, and whether the id still opens the sheet.
    pub(crate) fn order_by_prepay(&mut self, prepay_id: &str, now_ms: u64) -> Option<(&mut Order, PrepayAge)> {
        let prepay = self.prepays.get(prepay_id)?;
        let fresh = now_ms.saturating_sub(prepay.made_ms) < PREPAY_MS;
        let age = if fresh { PrepayAge::Fresh } else { PrepayAge::Expired };
        let order = self.orders.get_mut(&prepay.out_trade_no)?;
        Some((order.settled(now_ms), age))
    }

    /// Keeps a new order; one that is there already stays.
    pub(crate) fn add_order(&mut self, order: Order) {
        self.orders.entry(order.form.out_trade_no.clone()).or_insert(order);
    }

    /// Makes `prepay_id` open the sheet for an order. Earlier ids go on doing so until they expire.
    pub(crate) fn add_prepay(&mut self, prepay_id: String, out_trade_no: String, now_ms: u64) {
        self.prepays.insert(prepay_id, Prepay { out_trade_no, made_ms: now_ms });
    }
}

struct Prepay {
    out_trade_no: String,
    made_ms: u64,
}

/// Whether a prepay id opens the sheet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PrepayAge {
    /// It does.
    Fresh,
    /// It is two hours old.
    Expired,
}

struct Code {
    openid: String,
    made_ms: u64,
    used: Used,
}

enum Used {
    NotYet,
    Once,
}

/// Why a code is not taken.
pub(crate) enum CodeError {
    /// Never made, or too old.
    Unknown,
    /// Works once.
    Used,
}

/// What a merchant ordered.
#[derive(Clone)]
pub(crate) struct Form {
    pub(crate) appid: String,
    pub(crate) mchid: String,
    pub(crate) out_trade_no: String,
    pub(crate) attach: Option<String>,
    pub(crate) notify_url: String,
    pub(crate) total: u64,
    pub(crate) openid: String,
    /// When the payer's time is up; after seven days when the merchant says nothing.
    pub(crate) time_expire_ms: Option<u64>,
}

/// An order at WeChat.
pub(crate) struct Order {
    pub(crate) form: Form,
    /// The request as it was posted: a repetition must say the same.
    pub(crate) posted: Value,
    made_ms: u64,
    pub(crate) state: OrderState,
}

/// What became of an order.
#[derive(Clone)]
pub(crate) enum OrderState {
    /// NOTPAY.
    NotPaid,
    /// SUCCESS.
    Paid(Payment),
    /// CLOSED.
    Closed,
}

/// Money that moved.
#[derive(Clone)]
pub(crate) struct Payment {
    pub(crate) transaction_id: String,
    pub(crate) at_ms: u64,
}

impl Order {
    pub(crate) fn new(form: Form, posted: Value, now_ms: u64) -> Self {
        Self { form, posted, made_ms: now_ms, state: OrderState::NotPaid }
    }

    /// Whether the payer's time is up. The order stays NOTPAY all the same, until it is closed.
    pub(crate) fn has_lapsed(&self, now_ms: u64) -> bool {
        now_ms >= self.form.time_expire_ms.unwrap_or(self.made_ms.saturating_add(ABANDONED_MS))
    }

    /// Takes one payment, while the order is unpaid and open.
    pub(crate) fn pay(&mut self, payment: Payment) -> Result<(), Settled> {
        match self.state {
            OrderState::NotPaid => {
                self.state = OrderState::Paid(payment);
                Ok(())
            }
            OrderState::Paid(_) | OrderState::Closed => Err(Settled),
        }
    }

    fn settled(&mut self, now_ms: u64) -> &mut Self {
        if matches!(self.state, OrderState::NotPaid) && now_ms.saturating_sub(self.made_ms) > ABANDONED_MS {
            self.state = OrderState::Closed;
        }
        self
    }
}

/// Two sheets can be open for one order; who comes second finds it settled.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settled;

#[cfg(test)]
mod tests {
    use super::{Form, Order, OrderState, Payment, Settled};

    fn order() -> Order {
        let form = Form {
            appid: "wx1".into(),
            mchid: "1".into(),
            out_trade_no: "T-00000001".into(),
            attach: None,
            notify_url: "https://pay.example.com/n".into(),
            total: 1,
            openid: "o1".into(),
            time_expire_ms: None,
        };
        Order::new(form, serde_json::Value::Null, 0)
    }

    fn payment(number: &str) -> Payment {
        Payment { transaction_id: number.into(), at_ms: 1 }
    }

    #[test]
    fn of_two_sheets_that_were_open_one_pays() {
        let mut order = order();
        assert_eq!(order.pay(payment("1")), Ok(()));
        assert_eq!(order.pay(payment("2")), Err(Settled));
        assert!(matches!(order.state, OrderState::Paid(Payment { transaction_id, .. }) if transaction_id == "1"));
    }

    #[test]
    fn an_order_that_was_closed_under_an_open_sheet_takes_nothing() {
        let mut order = order();
        order.state = OrderState::Closed;
        assert_eq!(order.pay(payment("1")), Err(Settled));
    }
}

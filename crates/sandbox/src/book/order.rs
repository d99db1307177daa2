//! An order, from the prepay to the refund.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An unpaid order closes by itself after seven days, and only then.
const ABANDONED_MS: u64 = 7 * 24 * 60 * 60 * 1000;

/// What a merchant ordered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Form {
    pub(crate) payee: Payee,
    pub(crate) api: Api,
    /// The mini program that the payer pays in.
    pub(crate) appid: String,
    /// The payer, in that mini program.
    pub(crate) openid: String,
    pub(crate) out_trade_no: String,
    pub(crate) description: String,
    pub(crate) attach: Option<String>,
    pub(crate) notify_url: String,
    pub(crate) total: u64,
    /// When the payer's time is up; after seven days when the merchant says nothing.
    pub(crate) time_expire_ms: Option<u64>,
}

/// Who asked for the payment, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Payee {
    Direct { mchid: String },
    Partner(Partner),
}

/// A service provider's sub-merchant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Partner {
    pub(crate) sp_mchid: String,
    pub(crate) sp_appid: String,
    pub(crate) sub_mchid: String,
    pub(crate) sub_appid: Option<String>,
}

impl Payee {
    /// The merchant whose key signs.
    pub(crate) fn mchid(&self) -> &str {
        match self {
            Self::Direct { mchid } => mchid,
            Self::Partner(partner) => &partner.sp_mchid,
        }
    }

    /// Whose numbers must not repeat.
    pub(crate) fn owner(&self) -> Owner {
        match self {
            Self::Direct { mchid } => Owner::direct(mchid),
            Self::Partner(partner) => Owner::partner(&partner.sp_mchid, &partner.sub_mchid),
        }
    }
}

/// Within whose books a number is looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Owner(String);

impl Owner {
    pub(crate) fn direct(mchid: &str) -> Self {
        Self(mchid.to_owned())
    }

    pub(crate) fn partner(sp_mchid: &str, sub_mchid: &str) -> Self {
        Self(format!("{sp_mchid}/{sub_mchid}"))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The merchant whose key signs.
    pub(crate) fn mchid(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    pub(crate) fn is_partner(&self) -> bool {
        self.0.contains('/')
    }
}

/// Which API an order was made with: its notifications and its sheet speak the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Api {
    V3,
    V2(SignType),
}

/// v2's digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SignType {
    #[serde(rename = "MD5")]
    Md5,
    #[serde(rename = "HMAC-SHA256")]
    HmacSha256,
}

impl SignType {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::HmacSha256 => "HMAC-SHA256",
        }
    }
}

/// An order at WeChat.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) form: Form,
    /// The request as it was posted: a repetition must say the same.
    pub(crate) posted: Value,
    pub(crate) made_ms: u64,
    state: OrderState,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderState {
    /// NOTPAY.
    NotPaid,
    /// SUCCESS.
    Paid(Payment),
    /// REFUND: paid, and at least one refund was asked for.
    Refunding(Payment),
    /// CLOSED.
    Closed,
}

/// Money that moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub(crate) transaction_id: String,
    pub(crate) at_ms: u64,
    /// What of the total a coupon of WeChat's paid. The merchant gets the total all the same.
    #[serde(default)]
    pub(crate) coupon: u64,
}

impl Order {
    pub(crate) fn new(form: Form, posted: Value, now_ms: u64) -> Self {
        Self { form, posted, made_ms: now_ms, state: OrderState::NotPaid }
    }

    /// How it stands now.
    pub(crate) fn state(&self, now_ms: u64) -> &OrderState {
        match self.state {
            OrderState::NotPaid if self.is_abandoned(now_ms) => &OrderState::Closed,
            _ => &self.state,
        }
    }

    fn is_abandoned(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.made_ms) > ABANDONED_MS
    }

    /// Closed for good, if it has closed by itself: the clock may go back, and a closed order never opens again.
    pub(crate) fn settled(&self, now_ms: u64) -> Option<Self> {
        let has_closed = self.state == OrderState::NotPaid && self.is_abandoned(now_ms);
        has_closed.then(|| Self { state: OrderState::Closed, ..self.clone() })
    }

    /// The payment, if there was one.
    pub(crate) fn payment(&self) -> Option<&Payment> {
        match &self.state {
            OrderState::Paid(payment) | OrderState::Refunding(payment) => Some(payment),
            OrderState::NotPaid | OrderState::Closed => None,
        }
    }

    /// Whether the payer's time is up. The order stays NOTPAY all the same, until it is closed.
    pub(crate) fn has_lapsed(&self, now_ms: u64) -> bool {
        now_ms >= self.form.time_expire_ms.unwrap_or(self.made_ms.saturating_add(ABANDONED_MS))
    }

    /// Takes one payment, while the order is unpaid and open.
    pub(crate) fn pay(&mut self, payment: Payment, now_ms: u64) -> Result<(), Settled> {
        match self.state(now_ms) {
            OrderState::NotPaid => {
                self.state = OrderState::Paid(payment);
                Ok(())
            }
            OrderState::Paid(_) | OrderState::Refunding(_) | OrderState::Closed => Err(Settled),
        }
    }

    /// Closes it, unless money moved.
    pub(crate) fn close(&mut self) -> Result<(), Settled> {
        match self.state {
            OrderState::NotPaid | OrderState::Closed => {
                self.state = OrderState::Closed;
                Ok(())
            }
            OrderState::Paid(_) | OrderState::Refunding(_) => Err(Settled),
        }
    }

    /// A refund was accepted.
    pub(crate) fn refunding(&mut self) {
        if let OrderState::Paid(payment) = &self.state {
            self.state = OrderState::Refunding(payment.clone());
        }
    }
}

/// Two sheets can be open for one order; who comes second finds it settled.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settled;

#[cfg(test)]
mod tests {
    use super::{Api, Form, Order, OrderState, Payee, Payment, Settled};

    fn order() -> Order {
        let form = Form {
            payee: Payee::Direct { mchid: "1".into() },
            api: Api::V3,
            appid: "wx1".into(),
            openid: "o1".into(),
            out_trade_no: "T-00000001".into(),
            description: "tea".into(),
            attach: None,
            notify_url: "https://pay.example.com/n".into(),
            total: 1,
            time_expire_ms: None,
        };
        Order::new(form, serde_json::Value::Null, 0)
    }

    fn payment(number: &str) -> Payment {
        Payment { transaction_id: number.into(), at_ms: 1, coupon: 0 }
    }

    #[test]
    fn of_two_sheets_that_were_open_one_pays() {
        let mut order = order();
        assert_eq!(order.pay(payment("1"), 1), Ok(()));
        assert_eq!(order.pay(payment("2"), 1), Err(Settled));
        assert_eq!(order.payment().map(|payment| payment.transaction_id.as_str()), Some("1"));
    }

    #[test]
    fn an_order_that_was_closed_under_an_open_sheet_takes_nothing() {
        let mut order = order();
        assert_eq!(order.close(), Ok(()));
        assert_eq!(order.pay(payment("1"), 1), Err(Settled));
    }

    #[test]
    fn a_refund_leaves_the_payment_in_the_order() {
        let mut order = order();
        order.pay(payment("1"), 1).expect("unpaid");
        order.refunding();
        assert!(matches!(order.state(1), OrderState::Refunding(_)));
        assert_eq!(order.close(), Err(Settled));
        assert_eq!(order.pay(payment("2"), 1), Err(Settled));
        assert!(order.payment().is_some());
    }
}

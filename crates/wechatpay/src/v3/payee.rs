//! Who receives the money: a merchant by itself, or a sub-merchant through its service provider. The
//! two modes differ in paths, in the names of fields and in nothing else.

use serde::Serialize;

use crate::Secret;
use crate::trade::{OutRefundNo, Payer, Transaction};

use super::types::{
    CloseRequest, PartnerCloseRequest, PartnerPayer, PartnerPrepayRequest, PrepayAmount, PrepayRequest, RefundNotice,
};

/// Who receives the money. (v3 documentation 4012525182 for the direct merchant; the partner's pages
/// are its mirror)
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payee {
    /// A merchant that signs for itself.
    Direct {
        /// The mini program, bound to `mchid`.
        appid: String,
        /// The merchant.
        mchid: String,
    },
    /// A sub-merchant, for whom a service provider signs.
    Partner {
        /// The service provider's mini program or account.
        sp_appid: String,
        /// The service provider, whose key signs.
        sp_mchid: String,
        /// The sub-merchant.
        sub_mchid: String,
        /// The sub-merchant's mini program; without one, payers pay in the service provider's.
        sub_appid: Option<String>,
    },
}

/// What a payment is asked for with, apart from who receives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What the payer reads in the payment sheet, at most 127 characters.
    pub description: String,
    /// The merchant's number, 6 to 32 of `0-9A-Za-z_-|*`, never used twice.
    pub out_trade_no: String,
    /// RFC 3339, at least a minute ahead; settable on the first post only.
    pub time_expire: Option<String>,
    /// HTTPS, a public host, a path, no query; at most 255 characters.
    pub notify_url: String,
    /// Fen, at least 1.
    pub total: u32,
    /// The payer's openid in [`Payee::appid`].
    pub openid: Secret<String>,
}

/// The body of a request for a payment.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Prepay {
    /// A direct merchant's.
    Direct(PrepayRequest),
    /// A service provider's.
    Partner(PartnerPrepayRequest),
}

/// The body of a request to close an order.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Close {
    /// A direct merchant's.
    Direct(CloseRequest),
    /// A service provider's.
    Partner(PartnerCloseRequest),
}

impl Payee {
    /// Where refunds are asked for, in both modes.
    pub const REFUND_PATH: &'static str = "/v3/refund/domestic/refunds";

    /// Finds what WeChat would refuse on every call.
    ///
    /// # Errors
    /// When a number is not one, or the sub-merchant is the service provider itself.
    pub fn check(&self) -> Result<(), BadPayee> {
        let plain = |text: &str| (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        let (numbers, same) = match self {
            Self::Direct { appid, mchid } => (vec![appid, mchid], false),
            Self::Partner { sp_appid, sp_mchid, sub_mchid, sub_appid } => {
                ([sp_appid, sp_mchid, sub_mchid].into_iter().chain(sub_appid).collect(), sp_mchid == sub_mchid)
            }
        };
        if !numbers.into_iter().all(|text| plain(text)) {
            return Err(BadPayee::Malformed);
        }
        if same { Err(BadPayee::OwnSubMerchant) } else { Ok(()) }
    }

    /// The mini program that payers pay in: their openid and wx.requestPayment's appId belong to it.
    #[must_use]
    pub fn appid(&self) -> &str {
        match self {
            Self::Direct { appid, .. } | Self::Partner { sub_appid: Some(appid), .. } => appid,
            Self::Partner { sp_appid, sub_appid: None, .. } => sp_appid,
        }
    }

    /// The merchant whose key signs.
    #[must_use]
    pub fn mchid(&self) -> &str {
        match self {
            Self::Direct { mchid, .. } => mchid,
            Self::Partner { sp_mchid, .. } => sp_mchid,
        }
    }

    /// The sub-merchant, in partner mode.
    #[must_use]
    pub fn sub_mchid(&self) -> Option<&str> {
        match self {
            Self::Direct { .. } => None,
            Self::Partner { sub_mchid, .. } => Some(sub_mchid),
        }
    }

    /// Where a payment is asked for.
    #[must_use]
    pub const fn prepay_path(&self) -> &'static str {
        match self {
            Self::Direct { .. } => "/v3/pay/transactions/jsapi",
            Self::Partner { .. } => "/v3/pay/partner/transactions/jsapi",
        }
    }

    /// The body that asks for a payment.
    #[must_use]
    pub fn prepay(&self, order: Order) -> Prepay {
        let Order { description, out_trade_no, time_expire, notify_url, total, openid } = order;
        let amount = PrepayAmount { total, currency: "CNY".to_owned() };
        match self.clone() {
            Self::Direct { appid, mchid } => Prepay::Direct(PrepayRequest {
                appid,
                mchid,
                description,
                out_trade_no,
                time_expire,
                notify_url,
                amount,
                payer: Payer { openid },
            }),
            Self::Partner { sp_appid, sp_mchid, sub_mchid, sub_appid } => {
                let payer = match sub_appid {
                    Some(_) => PartnerPayer::OfSubMerchant(openid),
                    None => PartnerPayer::OfServiceProvider(openid),
                };
                Prepay::Partner(PartnerPrepayRequest {
                    sp_appid,
                    sp_mchid,
                    sub_appid,
                    sub_mchid,
                    description,
                    out_trade_no,
                    time_expire,
                    notify_url,
                    amount,
                    payer,
                })
            }
        }
    }

    /// Where an order is asked about by the merchant's number, which is case-sensitive: the only way
    /// to ask about an order that is not paid.
    #[must_use]
    pub fn query_path(&self, out_trade_no: &str) -> String {
        format!("{}/out-trade-no/{}?{}", self.transactions(), encode(out_trade_no), self.as_query())
    }

    /// Where a paid order is asked about by WeChat's number.
    #[must_use]
    pub fn query_payment_path(&self, transaction_id: &str) -> String {
        format!("{}/id/{}?{}", self.transactions(), encode(transaction_id), self.as_query())
    }

    /// Where an order is closed. The answer, 204, says nothing about whether it was paid before.
    #[must_use]
    pub fn close_path(&self, out_trade_no: &str) -> String {
        format!("{}/out-trade-no/{}/close", self.transactions(), encode(out_trade_no))
    }

    /// The body that closes an order.
    #[must_use]
    pub fn close(&self) -> Close {
        match self.clone() {
            Self::Direct { mchid, .. } => Close::Direct(CloseRequest { mchid }),
            Self::Partner { sp_mchid, sub_mchid, .. } => Close::Partner(PartnerCloseRequest { sp_mchid, sub_mchid }),
        }
    }

    /// Where a refund is asked about.
    #[must_use]
    pub fn refund_query_path(&self, out_refund_no: &OutRefundNo) -> String {
        let path = format!("{}/{}", Self::REFUND_PATH, encode(out_refund_no.as_str()));
        match self.sub_mchid() {
            Some(sub_mchid) => format!("{path}?sub_mchid={}", encode(sub_mchid)),
            None => path,
        }
    }

    /// Whether an order that WeChat tells of was asked for by this payee and is paid to it.
    #[must_use]
    pub fn fits(&self, transaction: &Transaction) -> bool {
        self.appid() == transaction.appid
            && self.mchid() == transaction.mchid
            && self.sub_mchid() == transaction.sub_mchid.as_deref()
    }

    /// Whether a refund that WeChat tells of was asked for by this payee and taken from it.
    #[must_use]
    pub fn fits_refund(&self, notice: &RefundNotice) -> bool {
        self.mchid() == notice.mchid && self.sub_mchid() == notice.sub_mchid.as_deref()
    }

    const fn transactions(&self) -> &'static str {
        match self {
            Self::Direct { .. } => "/v3/pay/transactions",
            Self::Partner { .. } => "/v3/pay/partner/transactions",
        }
    }

    fn as_query(&self) -> String {
        match self {
            Self::Direct { mchid, .. } => format!("mchid={}", encode(mchid)),
            Self::Partner { sp_mchid, sub_mchid, .. } => {
                format!("sp_mchid={}&sub_mchid={}", encode(sp_mchid), encode(sub_mchid))
            }
        }
    }
}

/// A payee that WeChat would not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPayee {
    /// An appid or a merchant number that is none.
    #[error("appids and merchant numbers are 1 to 32 ASCII letters and digits, as the merchant platform shows them")]
    Malformed,
    /// WeChat's code 268443705.
    #[error("sub_mchid is the service provider's own number: it must be the sub-merchant's")]
    OwnSubMerchant,
}

/// Percent-encodes what is not unreserved in RFC 3986. A number may hold `|`, which no URL may, and
/// the signature covers the path as it goes over the wire: both must come from here.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

//! The bytes that are written down before they go to WeChat.

use std::net::IpAddr;

use wechatpay::Secret;
use wechatpay::trade::{OutRefundNo, OutTradeNo, PaymentRef, RefundAmount};
use wechatpay::v2::{ApiV2Key, RefundOrder, UnifiedOrder};
use wechatpay::v3::types::RefundRequest;
use wechatpay::v3::{Order, Payee};

use super::{CallError, Gateway, v2};
use crate::ledger::{Api, Attempt};

/// What a payment is asked for with.
#[derive(Clone, Debug)]
pub struct OrderDraft {
    /// What the payer reads in the payment sheet.
    pub description: String,
    /// The number at WeChat.
    pub out_trade_no: String,
    /// RFC 3339 in Beijing's time.
    pub time_expire: String,
    /// Where WeChat tells of payments.
    pub notify_url: String,
    /// Fen.
    pub total: u32,
    /// The payer.
    pub openid: Secret<String>,
    /// Where the payer's request came from; version 2 wants to know.
    pub payer_ip: IpAddr,
}

/// What a refund is asked for with.
#[derive(Clone, Debug)]
pub struct RefundDraft<'a> {
    /// The refund's number.
    pub number: &'a OutRefundNo,
    /// WeChat's number of the payment.
    pub transaction_id: &'a str,
    /// Fen that go back.
    pub refund: u32,
    /// Fen that were paid.
    pub total: u32,
    /// What the payer reads about it.
    pub reason: &'a str,
    /// Where WeChat tells of its end.
    pub notify_url: &'a str,
}

/// Whom new orders are made for, and in which version.
#[derive(Clone, Debug)]
pub enum Seller {
    /// Version 3: a merchant by itself, or through its service provider.
    V3(Payee),
    /// Version 2.
    V2 {
        /// The mini program.
        appid: String,
        /// The merchant.
        mchid: String,
    },
}

impl Seller {
    /// The mini program that payers pay in.
    #[must_use]
    pub fn appid(&self) -> &str {
        match self {
            Self::V3(payee) => payee.appid(),
            Self::V2 { appid, .. } => appid,
        }
    }

    /// The merchant whose keys sign.
    #[must_use]
    pub fn mchid(&self) -> &str {
        match self {
            Self::V3(payee) => payee.mchid(),
            Self::V2 { mchid, .. } => mchid,
        }
    }

    /// How WeChat is spoken to about its orders.
    #[must_use]
    pub fn api(&self) -> Api {
        match self {
            Self::V3(payee) => match payee.sub_mchid() {
                Some(sub_mchid) => Api::Partner { sub_mchid: sub_mchid.to_owned() },
                None => Api::V3,
            },
            Self::V2 { .. } => Api::V2,
        }
    }
}

impl Gateway {
    /// A new attempt, with the body that asks for its payment: what goes out once goes out again in
    /// the same bytes, in version 2 with the same signature.
    ///
    /// # Errors
    /// When the body cannot be written or signed.
    pub fn draw_up(&self, seller: &Seller, draft: OrderDraft) -> Result<Attempt, CallError> {
        let OrderDraft { description, out_trade_no, time_expire, notify_url, total, openid, payer_ip } = draft;
        let time_expire = Some(time_expire);
        let number = out_trade_no.clone();
        let request = match seller {
            Seller::V3(payee) => {
                let order = Order { description, out_trade_no, time_expire, notify_url, total, openid };
                serde_json::to_vec(&payee.prepay(order)).map_err(|_| CallError::NotSigned)?
            }
            Seller::V2 { appid, mchid } => {
                let order = UnifiedOrder {
                    body: description,
                    out_trade_no: OutTradeNo::new(&out_trade_no).map_err(|_| CallError::NotSigned)?,
                    total_fee: total,
                    spbill_create_ip: payer_ip,
                    notify_url,
                    time_expire,
                    openid,
                };
                v2::merchant(appid, mchid, self.v2_key(mchid)?)?.unified_order(&order, &v2::nonce()?)?
            }
        };
        Ok(Attempt {
            out_trade_no: number,
            mchid: seller.mchid().to_owned(),
            appid: seller.appid().to_owned(),
            api: seller.api(),
            request: Secret::new(request),
        })
    }

    /// The body that asks for a refund of a payment of `attempt`.
    ///
    /// # Errors
    /// When it cannot be written or signed.
    pub fn refund_body(&self, attempt: &Attempt, draft: &RefundDraft<'_>) -> Result<Vec<u8>, CallError> {
        let RefundDraft { number, transaction_id, refund, total, reason, notify_url } = *draft;
        let payment = PaymentRef::TransactionId(transaction_id.to_owned());
        let amount = RefundAmount::cny(refund, total).map_err(|_| CallError::NotSigned)?;
        let reason = (!reason.is_empty()).then(|| reason.to_owned());
        match &attempt.api {
            Api::V3 | Api::Partner { .. } => {
                let request = RefundRequest {
                    sub_mchid: attempt.api.sub_mchid().map(str::to_owned),
                    payment,
                    out_refund_no: number.clone(),
                    reason,
                    notify_url: Some(notify_url.to_owned()),
                    amount,
                };
                serde_json::to_vec(&request).map_err(|_| CallError::NotSigned)
            }
            Api::V2 => {
                let order = RefundOrder {
                    payment,
                    out_refund_no: number.clone(),
                    amount,
                    reason,
                    notify_url: Some(notify_url.to_owned()),
                };
                Ok(v2::merchant(&attempt.appid, &attempt.mchid, self.v2_key(&attempt.mchid)?)?
                    .refund(&order, &v2::nonce()?)?)
            }
        }
    }

    fn v2_key(&self, mchid: &str) -> Result<&ApiV2Key, CallError> {
        let keys = self.accounts.get(mchid).and_then(|account| account.v2.as_ref());
        keys.map(|keys| &keys.key).ok_or_else(|| CallError::NoKeys { mchid: mchid.to_owned() })
    }
}

//! Asking for a payment, and closing an order.

use serde::{Deserialize, Serialize};

use crate::Secret;
use crate::secret::exposed;
use crate::trade::Payer;

/// `POST /v3/pay/transactions/jsapi`. (v3 documentation 4012525182 and its neighbours)
#[derive(Clone, Debug, Serialize)]
pub struct PrepayRequest {
    /// The mini program, bound to `mchid`.
    pub appid: String,
    /// The merchant.
    pub mchid: String,
    /// What the payer reads in the payment sheet, at most 127 characters.
    pub description: String,
    /// The merchant's number, 6 to 32 of `0-9A-Za-z_-|*`, never used twice.
    pub out_trade_no: String,
    /// RFC 3339, at least a minute ahead; settable on the first post only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_expire: Option<String>,
    /// HTTPS, a public host, a path, no query; at most 255 characters.
    pub notify_url: String,
    /// What is charged.
    pub amount: PrepayAmount,
    /// Who is charged.
    pub payer: Payer,
}

/// `POST /v3/pay/partner/transactions/jsapi`: a service provider asks for a payment to one of its
/// sub-merchants.
#[derive(Clone, Debug, Serialize)]
pub struct PartnerPrepayRequest {
    /// The service provider's mini program or account, bound to `sp_mchid`.
    pub sp_appid: String,
    /// The service provider, whose key signs.
    pub sp_mchid: String,
    /// The sub-merchant's mini program, bound to `sub_mchid`, if that is where the payer pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_appid: Option<String>,
    /// The sub-merchant, who receives the money; never the service provider's own number.
    pub sub_mchid: String,
    /// As in [`PrepayRequest`].
    pub description: String,
    /// As in [`PrepayRequest`]; unique per service provider.
    pub out_trade_no: String,
    /// As in [`PrepayRequest`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_expire: Option<String>,
    /// As in [`PrepayRequest`].
    pub notify_url: String,
    /// What is charged.
    pub amount: PrepayAmount,
    /// Who is charged.
    pub payer: PartnerPayer,
}

/// The payer of a [`PartnerPrepayRequest`]: whose openid it is decides which mini program can pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum PartnerPayer {
    /// The openid belongs to `sp_appid`.
    #[serde(rename = "sp_openid", serialize_with = "exposed")]
    OfServiceProvider(Secret<String>),
    /// The openid belongs to `sub_appid`, which must be sent.
    #[serde(rename = "sub_openid", serialize_with = "exposed")]
    OfSubMerchant(Secret<String>),
}

/// The amount of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrepayAmount {
    /// Fen, at least 1.
    pub total: u32,
    /// `CNY`.
    pub currency: String,
}

/// The answer to a [`PrepayRequest`] or a [`PartnerPrepayRequest`].
#[derive(Clone, Debug, Deserialize)]
pub struct PrepayAnswer {
    /// Good for two hours, whatever `time_expire` says.
    pub prepay_id: Secret<String>,
}

/// `POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close`, answered with a signed 204.
#[derive(Clone, Debug, Serialize)]
pub struct CloseRequest {
    /// The merchant that created the order.
    pub mchid: String,
}

/// `POST /v3/pay/partner/transactions/out-trade-no/{out_trade_no}/close`.
#[derive(Clone, Debug, Serialize)]
pub struct PartnerCloseRequest {
    /// The service provider that created the order.
    pub sp_mchid: String,
    /// For whom.
    pub sub_mchid: String,
}

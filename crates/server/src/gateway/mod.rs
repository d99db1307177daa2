//! WeChat Pay over HTTP: signs what goes out, believes nothing that does not verify.
//!
//! An attempt is spoken of with the keys of the merchant that it was made for and in the version of the
//! protocol that it was made in, whatever new orders are made with.

mod bill;
mod circuit;
mod draft;
mod hosts;
mod line;
mod meter;
mod notified;
mod v2;
mod v3;

use std::collections::BTreeMap;
use std::fmt;

use reqwest::Url;
use wechatpay::Secret;
use wechatpay::trade::{ClientParams, OutRefundNo, Refund, Transaction};
use wechatpay::v2::{ApiV2Key, SignatureError};
use wechatpay::v3::{Advice, VerifyError};

use crate::clock::Clock;
use crate::ledger::{Api, Attempt};
use line::Line;
use v2::V2;
use v3::V3;

pub use bill::BillSaid;
pub use draft::{OrderDraft, RefundDraft, Seller};
pub use line::{http_client, http_client_builder};
pub use meter::GatewayMeter;
pub use notified::{Heard, Unheard};
pub use v3::{Keys as V3Keys, Listed};

/// WeChat Pay, as the merchants of this server reach it.
pub struct Gateway {
    accounts: BTreeMap<String, Account>,
    meter: GatewayMeter,
    clock: Clock,
}

/// What a merchant's number gives access to: the keys of one version or of both.
#[derive(Default)]
pub struct Keys {
    /// Version 3.
    pub v3: Option<V3Keys>,
    /// Version 2.
    pub v2: Option<V2Keys>,
}

/// A merchant's keys in version 2.
pub struct V2Keys {
    /// Signs and verifies.
    pub key: ApiV2Key,
    /// Shows the merchant's API certificate, without which WeChat refunds nothing in version 2.
    pub certified_http: reqwest::Client,
}

struct Account {
    line: Line,
    v3: Option<V3Keys>,
    v2: Option<V2Account>,
}

struct V2Account {
    key: ApiV2Key,
    certified_line: Line,
}

/// What WeChat says of an order number.
#[derive(Debug)]
pub enum Seen {
    /// It knows the number.
    Transaction(Box<Transaction>),
    /// It does not know the number.
    Absent,
}

/// What WeChat says of a refund's number.
#[derive(Debug)]
pub enum RefundAnswer {
    /// It knows the number.
    Told(Refund),
    /// It does not know the number. Right after a payment it says so of refunds that it has.
    Absent,
}

/// Stands for WeChat's word when a request of version 2 was not even read.
pub const NOT_TAKEN: &str = "NOT_TAKEN";

/// Why a call has no answer to go by. None of these says anything about money.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// WeChat answered, and refused.
    #[error("WeChat Pay refused with HTTP {status} {code}")]
    Refused {
        /// HTTP's.
        status: u16,
        /// WeChat's word, letters, digits and `_` only.
        code: String,
        /// What to do about it.
        advice: Advice,
    },
    /// No host answered in time.
    #[error("no host of WeChat Pay answered in time")]
    Unreachable,
    /// WeChat asked to slow down a moment ago: nothing was sent.
    #[error("WeChat Pay asked to slow down: nothing is sent for another {wait_ms} ms")]
    Resting {
        /// When it is worth another try, milliseconds from now.
        wait_ms: u64,
    },
    /// An answer that does not verify: as good as none, or worse.
    #[error("an answer does not verify as WeChat Pay's: {0}")]
    Forged(#[from] VerifyError),
    /// The same, in version 2.
    #[error("an answer does not verify as WeChat Pay's: {0}")]
    ForgedV2(SignatureError),
    /// A verified answer that makes no sense.
    #[error("an answer of WeChat Pay is not what its documentation describes")]
    Nonsense,
    /// The request could not be written or signed.
    #[error("the request could not be signed; nothing was sent")]
    NotSigned,
    /// The merchant that the order was made for is not configured, or not for this version.
    #[error(
        "the keys of merchant {mchid} for the API that this order was made with are not configured: keep them in the \
         configuration until its orders are settled; nothing was sent"
    )]
    NoKeys {
        /// Whose.
        mchid: String,
    },
}

impl Gateway {
    /// `hosts` in the order in which they are tried; `keys` by merchant number.
    #[must_use]
    pub fn new(http: &reqwest::Client, hosts: &[Url], keys: BTreeMap<String, Keys>, clock: Clock) -> Self {
        let meter = GatewayMeter::default();
        let line = |http: &reqwest::Client| Line::new(http.clone(), hosts.to_vec(), meter.clone(), clock.clone());
        let accounts = keys.into_iter().map(|(mchid, Keys { v3, v2 })| {
            let v2 = v2.map(|V2Keys { key, certified_http }| V2Account { key, certified_line: line(&certified_http) });
            (mchid, Account { line: line(http), v3, v2 })
        });
        Self { accounts: accounts.collect(), meter, clock }
    }

    /// What WeChat answers, counted.
    #[must_use]
    pub const fn meter(&self) -> &GatewayMeter {
        &self.meter
    }

    /// For how many merchants nothing is sent, because WeChat asked to slow down.
    #[must_use]
    pub fn resting(&self) -> i64 {
        let now_ms = self.clock.now_ms();
        let resting = self.accounts.values().filter(|account| account.line.is_resting(now_ms));
        i64::try_from(resting.count()).unwrap_or(i64::MAX)
    }

    /// Asks for a prepay_id with the attempt's own bytes.
    ///
    /// # Errors
    /// When there is no answer to go by.
    pub async fn prepay(&self, attempt: &Attempt) -> Result<Secret<String>, CallError> {
        match self.speak(attempt)? {
            (line, Version::V3(v3)) => v3.prepay(line, attempt).await,
            (line, Version::V2(v2, _)) => v2.prepay(line, attempt).await,
        }
    }

    /// The parameters that wx.requestPayment takes for a prepay_id of the attempt.
    ///
    /// # Errors
    /// When they cannot be signed.
    pub fn client_params(&self, attempt: &Attempt, prepay_id: &str, nonce: &str) -> Result<ClientParams, CallError> {
        let now = self.clock.now_seconds();
        match self.speak(attempt)?.1 {
            Version::V3(v3) => {
                v3.keys.signer.pay_sign(&attempt.appid, prepay_id, now, nonce).map_err(|_| CallError::NotSigned)
            }
            Version::V2(v2, _) => v2.pay_sign(prepay_id, now, nonce),
        }
    }

    /// Asks what became of an attempt. The answer is about this attempt, or it is nonsense; only a
    /// payment is passed on whatever it says, because money must not be dropped for a misfit.
    ///
    /// # Errors
    /// When there is no answer to go by.
    pub async fn query(&self, attempt: &Attempt) -> Result<Seen, CallError> {
        match self.speak(attempt)? {
            (line, Version::V3(v3)) => v3.query(line, attempt).await,
            (line, Version::V2(v2, _)) => v2.query(line, attempt).await,
        }
    }

    /// Asks to close an attempt. Whatever comes back, only a query says whether it is closed.
    ///
    /// # Errors
    /// When WeChat refused or did not answer.
    pub async fn close(&self, attempt: &Attempt) -> Result<(), CallError> {
        match self.speak(attempt)? {
            (line, Version::V3(v3)) => v3.close(line, attempt).await,
            (line, Version::V2(v2, _)) => v2.close(line, attempt).await,
        }
    }

    /// Asks for a refund with the bytes that [`Gateway::refund_body`] made for it. The answer is
    /// acceptance, and about this refund, or it is nonsense.
    ///
    /// # Errors
    /// When there is no answer to go by.
    pub async fn refund(&self, attempt: &Attempt, number: &OutRefundNo, body: &[u8]) -> Result<Refund, CallError> {
        let refund = match self.speak(attempt)? {
            (line, Version::V3(v3)) => v3.refund(line, body).await?,
            (_, Version::V2(v2, certified_line)) => v2.refund(certified_line, body).await?,
        };
        about(attempt, number, refund)
    }

    /// Asks what became of a refund of the attempt.
    ///
    /// # Errors
    /// When there is no answer to go by.
    pub async fn query_refund(&self, attempt: &Attempt, number: &OutRefundNo) -> Result<RefundAnswer, CallError> {
        let answer = match self.speak(attempt)? {
            (line, Version::V3(v3)) => v3.query_refund(line, attempt, number).await?,
            (line, Version::V2(v2, _)) => v2.query_refund(line, number).await?,
        };
        match answer {
            RefundAnswer::Told(refund) => about(attempt, number, refund).map(RefundAnswer::Told),
            RefundAnswer::Absent => Ok(RefundAnswer::Absent),
        }
    }

    /// Asks for the platform certificates of a merchant; `None` when it has no keys of version 3 here.
    ///
    /// # Errors
    /// When there is no answer to go by.
    pub async fn certificates(&self, mchid: &str) -> Result<Option<Listed>, CallError> {
        let Some(account) = self.accounts.get(mchid) else { return Ok(None) };
        let Some(keys) = &account.v3 else { return Ok(None) };
        V3 { keys, clock: &self.clock }.certificates(&account.line).await.map(Some)
    }

    /// How WeChat is reached about an attempt.
    fn speak(&self, attempt: &Attempt) -> Result<(&Line, Version<'_>), CallError> {
        let no_keys = || CallError::NoKeys { mchid: attempt.mchid.clone() };
        let account = self.accounts.get(&attempt.mchid).ok_or_else(no_keys)?;
        let version = match attempt.api {
            Api::V3 | Api::Partner { .. } => {
                Version::V3(V3 { keys: account.v3.as_ref().ok_or_else(no_keys)?, clock: &self.clock })
            }
            Api::V2 => {
                let V2Account { key, certified_line } = account.v2.as_ref().ok_or_else(no_keys)?;
                Version::V2(V2::new(attempt, key)?, certified_line)
            }
        };
        Ok((&account.line, version))
    }
}

enum Version<'a> {
    V3(V3<'a>),
    V2(V2, &'a Line),
}

fn about(attempt: &Attempt, number: &OutRefundNo, refund: Refund) -> Result<Refund, CallError> {
    let same = refund.is_numbered(number) && refund.out_trade_no == attempt.out_trade_no;
    if same { Ok(refund) } else { Err(CallError::Nonsense) }
}

/// WeChat's word as it may stand in a log.
fn word(code: &str) -> String {
    code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect()
}

fn asks_to_slow_down(code: &str) -> bool {
    matches!(code.replace('_', "").as_str(), "FREQUENCYLIMITED" | "FREQUENCYLIMITEXCEED" | "RATELIMITEXCEEDED")
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gateway")
    }
}

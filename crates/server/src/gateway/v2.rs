//! The calls of version 2.

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderValue};
use wechatpay::Secret;
use wechatpay::trade::{ClientParams, OutRefundNo, OutTradeNo, PaymentRef, Refund};
use wechatpay::v2::{
    AnswerError, ApiV2Key, CLOSE_ORDER_PATH, Merchant, ORDER_QUERY_PATH, REFUND_PATH, REFUND_QUERY_PATH, RequestError,
    SignType, UNIFIED_ORDER_PATH,
};
use wechatpay::v3::{Advice, advice};

use super::line::{ANSWER, Incoming, Line, Outgoing, Speech};
use super::meter;
use super::{CallError, RefundAnswer, Seen};
use crate::ledger::Attempt;
use crate::random;

/// Requests and wx.requestPayment's parameters are signed with this digest, always: the two must be
/// the same for an order, also for one that was made before the server's last start.
const SIGN_TYPE: SignType = SignType::HmacSha256;

/// Version 2 with one merchant's key.
pub(super) struct V2 {
    merchant: Merchant,
}

/// An answer, and what the layers that all answers have say about it.
pub(super) struct Answer {
    status: u16,
    body: Vec<u8>,
    verdict: Result<(), AnswerError>,
}

/// The merchant in version 2.
///
/// # Errors
/// When the key cannot be one.
pub(super) fn merchant(appid: &str, mchid: &str, key: &ApiV2Key) -> Result<Merchant, CallError> {
    Merchant::new(appid, mchid, key.clone(), SIGN_TYPE).map_err(|_| CallError::NotSigned)
}

/// A nonce for a request.
///
/// # Errors
/// When there is no randomness.
pub(super) fn nonce() -> Result<String, CallError> {
    random::hex::<16>().map_err(|_| CallError::NotSigned)
}

impl Speech for V2 {
    type Answer = Answer;
    const API: &'static str = "v2";

    fn headers(&self, _: &Outgoing<'_>) -> Result<HeaderMap, CallError> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("text/xml; charset=utf-8"));
        Ok(headers)
    }

    fn hear(&self, incoming: Incoming) -> Answer {
        let Incoming { status, body, .. } = incoming;
        // Reading it as the answer to a close looks at the layers alone.
        let verdict = self.merchant.read_close_order(&body);
        Answer { status, body, verdict }
    }

    fn advice(answer: &Answer) -> Option<Advice> {
        answer.refusal().map(|(_, _, advice)| advice)
    }

    fn outcome(answer: &Answer) -> &'static str {
        match (&answer.verdict, answer.refusal()) {
            (Err(AnswerError::NotTaken { .. }), _) => super::NOT_TAKEN,
            (_, Some((status, code, _))) => meter::code(status, &code),
            (Ok(()), None) => meter::OK,
            (Err(_), None) => meter::NOT_VERIFIED,
        }
    }

    fn is_slow(answer: &Answer) -> bool {
        answer.status == 429 || answer.refusal().is_some_and(|(_, code, _)| super::asks_to_slow_down(&code))
    }
}

impl V2 {
    pub(super) fn new(attempt: &Attempt, key: &ApiV2Key) -> Result<Self, CallError> {
        Ok(Self { merchant: merchant(&attempt.appid, &attempt.mchid, key)? })
    }

    /// See [`super::Gateway::prepay`].
    pub(super) async fn prepay(&self, line: &Line, attempt: &Attempt) -> Result<Secret<String>, CallError> {
        let answer = self.post(line, UNIFIED_ORDER_PATH, attempt.request.expose()).await?.believed()?;
        Ok(self.merchant.read_unified_order(&answer.body)?)
    }

    /// See [`super::Gateway::client_params`].
    pub(super) fn pay_sign(&self, prepay_id: &str, now: u64, nonce: &str) -> Result<ClientParams, CallError> {
        Ok(self.merchant.pay_sign(prepay_id, now, nonce)?)
    }

    /// See [`super::Gateway::query`].
    pub(super) async fn query(&self, line: &Line, attempt: &Attempt) -> Result<Seen, CallError> {
        let number = PaymentRef::OutTradeNo(attempt.out_trade_no.clone());
        let body = self.merchant.order_query(&number, &nonce()?)?;
        let answer = self.post(line, ORDER_QUERY_PATH, &body).await?;
        if answer.is_missing("ORDERNOTEXIST") {
            return Ok(Seen::Absent);
        }
        let transaction = self.merchant.read_order_query(&answer.believed()?.body)?;
        if transaction.out_trade_no == attempt.out_trade_no || transaction.payment().is_some() {
            Ok(Seen::Transaction(Box::new(transaction)))
        } else {
            Err(CallError::Nonsense)
        }
    }

    /// See [`super::Gateway::close`].
    pub(super) async fn close(&self, line: &Line, attempt: &Attempt) -> Result<(), CallError> {
        let number = OutTradeNo::new(&attempt.out_trade_no).map_err(|_| CallError::NotSigned)?;
        let body = self.merchant.close_order(&number, &nonce()?)?;
        self.post(line, CLOSE_ORDER_PATH, &body).await?.believed().map(|_| ())
    }

    /// See [`super::Gateway::refund`]. `line` shows the merchant's certificate.
    pub(super) async fn refund(&self, line: &Line, body: &[u8]) -> Result<Refund, CallError> {
        let answer = self.post(line, REFUND_PATH, body).await?.believed()?;
        Ok(self.merchant.read_refund(&answer.body)?)
    }

    /// See [`super::Gateway::query_refund`].
    pub(super) async fn query_refund(&self, line: &Line, number: &OutRefundNo) -> Result<RefundAnswer, CallError> {
        let body = self.merchant.refund_query(number, &nonce()?)?;
        let answer = self.post(line, REFUND_QUERY_PATH, &body).await?;
        if answer.is_missing("REFUNDNOTEXIST") {
            return Ok(RefundAnswer::Absent);
        }
        let refunds = self.merchant.read_refund_query(&answer.believed()?.body)?;
        let asked_about = refunds.into_iter().find(|refund| refund.is_numbered(number));
        asked_about.map(RefundAnswer::Told).ok_or(CallError::Nonsense)
    }

    async fn post(&self, line: &Line, path: &str, body: &[u8]) -> Result<Answer, CallError> {
        line.call(self, &Outgoing { method: Method::POST, path, body, bounds: ANSWER }).await
    }
}

impl Answer {
    /// Status, code and advice, if this is a refusal: WeChat's, or of something on the way.
    fn refusal(&self) -> Option<(u16, String, Advice)> {
        let code = match &self.verdict {
            Err(AnswerError::Refused(refusal)) => refusal.code.clone(),
            // Not signed, and so only a hint: the signature, the merchant number or the form is wrong.
            Err(AnswerError::NotTaken { .. }) => super::NOT_TAKEN.to_owned(),
            _ if self.status != 200 => String::new(),
            _ => return None,
        };
        let advice = advice(self.status, &code, 0);
        Some((self.status, code, advice))
    }

    /// A refusal that is signed says so.
    fn is_missing(&self, code: &str) -> bool {
        matches!(&self.verdict, Err(AnswerError::Refused(refusal)) if refusal.code.replace('_', "") == code)
    }

    /// A success, which is signed, or the reason why there is none.
    fn believed(self) -> Result<Self, CallError> {
        if let Some((status, code, advice)) = self.refusal() {
            return Err(CallError::Refused { status, code, advice });
        }
        match self.verdict {
            Ok(()) => Ok(self),
            Err(error) => Err(error.into()),
        }
    }
}

impl From<AnswerError> for CallError {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::Signature(error) => Self::ForgedV2(error),
            AnswerError::Refused(refusal) => {
                let advice = advice(200, &refusal.code, 0);
                Self::Refused { status: 200, code: refusal.code, advice }
            }
            AnswerError::NotTaken { .. }
            | AnswerError::Xml(_)
            | AnswerError::OtherMerchant
            | AnswerError::Incomplete(_) => Self::Nonsense,
        }
    }
}

impl From<RequestError> for CallError {
    fn from(_: RequestError) -> Self {
        Self::NotSigned
    }
}

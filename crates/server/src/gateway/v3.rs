//! The calls of version 3, for a merchant itself and for a service provider.

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use wechatpay::Secret;
use wechatpay::trade::{OutRefundNo, Refund, Transaction};
use wechatpay::v3::notification::ApiV3Key;
use wechatpay::v3::types::{ErrorBody, PrepayAnswer};
use wechatpay::v3::{
    Advice, CERTIFICATES_PATH, CertificatesError, MerchantSigner, Payee, SignedHeaders, Verifiers, VerifyError, advice,
    listed_certificates, numeric_code,
};

use super::line::{ANSWER, Incoming, Line, Outgoing, Speech};
use super::meter;
use super::trust::Trust;
use super::{CallError, RefundAnswer, Seen};
use crate::clock::Clock;
use crate::ledger::Attempt;
use crate::random;

/// What a merchant signs with, and what WeChat's side is checked with.
pub struct Keys {
    /// Signs requests, and wx.requestPayment's parameters: the same key that asks for the prepay.
    pub signer: MerchantSigner,
    /// Opens notifications.
    pub api_v3_key: ApiV3Key,
    /// Checks answers and notifications: by the public key, by platform certificates, or by both.
    pub verifiers: Verifiers,
}

/// The same, with certificates that are renewed.
pub(super) struct Account {
    pub(super) signer: MerchantSigner,
    pub(super) api_v3_key: ApiV3Key,
    pub(super) trust: Trust,
}

impl From<Keys> for Account {
    fn from(Keys { signer, api_v3_key, verifiers }: Keys) -> Self {
        Self { signer, api_v3_key, trust: Trust::new(verifiers) }
    }
}

/// What WeChat lists under `/v3/certificates`.
#[derive(Debug)]
pub enum Listed {
    /// Nothing: this merchant knows WeChat Pay by its public key.
    None,
    /// Certificates, which the APIv3 key opens.
    Opened,
    /// Certificates, which the APIv3 key does not open.
    NotOpened,
}

/// Version 3 with one merchant's keys.
pub(super) struct V3<'a> {
    pub(super) keys: &'a Account,
    pub(super) clock: &'a Clock,
}

/// An answer with what is known of its origin.
pub(super) struct Answer {
    status: u16,
    request_id: String,
    body: Vec<u8>,
    proof: Result<(), VerifyError>,
}

impl Speech for V3<'_> {
    type Answer = Answer;
    const API: &'static str = "v3";

    fn headers(&self, out: &Outgoing<'_>) -> Result<HeaderMap, CallError> {
        let nonce = random::hex::<16>().map_err(|_| CallError::NotSigned)?;
        let authorization = self
            .keys
            .signer
            .authorization(out.method.as_str(), out.path, self.clock.now_seconds(), &nonce, out.body)
            .map_err(|_| CallError::NotSigned)?;
        let value = |text: &str| HeaderValue::from_str(text).map_err(|_| CallError::NotSigned);
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static("application/json"));
        headers.insert("authorization", value(&authorization)?);
        // Which key the answer is to be signed with.
        let verifiers = self.keys.trust.verifiers();
        if let Some(serial) = verifiers.serial_to_ask_for(self.clock.now_seconds()) {
            headers.insert(HeaderName::from_static("wechatpay-serial"), value(serial)?);
        }
        if out.method == Method::POST {
            headers.insert("content-type", HeaderValue::from_static("application/json"));
        }
        Ok(headers)
    }

    fn hear(&self, incoming: Incoming) -> Answer {
        let proof = SignedHeaders::read(|name| incoming.header(name))
            .and_then(|signed| self.keys.trust.verify(signed, &incoming.body, self.clock.now_seconds()));
        let request_id = incoming.header("request-id").unwrap_or_default().to_owned();
        Answer { status: incoming.status, request_id, body: incoming.body, proof }
    }

    fn advice(answer: &Answer) -> Option<Advice> {
        (!answer.is_success()).then(|| answer.advice())
    }

    fn outcome(answer: &Answer) -> &'static str {
        match answer.proof {
            Err(VerifyError::BadSignature | VerifyError::Stale { .. }) => meter::NOT_VERIFIED,
            Err(_) if answer.is_success() => meter::NOT_VERIFIED,
            _ if answer.is_success() => meter::OK,
            _ => meter::code(answer.status, &answer.error().code),
        }
    }

    fn is_slow(answer: &Answer) -> bool {
        answer.status == 429 || super::asks_to_slow_down(&answer.error().code)
    }
}

impl V3<'_> {
    /// See [`super::Gateway::prepay`].
    pub(super) async fn prepay(&self, line: &Line, attempt: &Attempt) -> Result<Secret<String>, CallError> {
        let body = attempt.request.expose();
        let answer = self.post(line, payee(attempt).prepay_path(), body).await?.believed()?;
        let prepay: PrepayAnswer = serde_json::from_slice(&answer.body).map_err(|_| CallError::Nonsense)?;
        Ok(prepay.prepay_id)
    }

    /// See [`super::Gateway::query`].
    pub(super) async fn query(&self, line: &Line, attempt: &Attempt) -> Result<Seen, CallError> {
        let payee = payee(attempt);
        let answer = self.get(line, &payee.query_path(&attempt.out_trade_no)).await?;
        if answer.is_missing("ORDERNOTEXIST") {
            // It can end an order, so it has to be WeChat's word.
            answer.proof?;
            return Ok(Seen::Absent);
        }
        let answer = answer.believed()?;
        let transaction: Transaction = serde_json::from_slice(&answer.body).map_err(|_| CallError::Nonsense)?;
        let same = transaction.out_trade_no == attempt.out_trade_no && payee.fits(&transaction);
        if same || transaction.payment().is_some() {
            Ok(Seen::Transaction(Box::new(transaction)))
        } else {
            Err(CallError::Nonsense)
        }
    }

    /// See [`super::Gateway::close`].
    pub(super) async fn close(&self, line: &Line, attempt: &Attempt) -> Result<(), CallError> {
        let payee = payee(attempt);
        let body = serde_json::to_vec(&payee.close()).map_err(|_| CallError::Nonsense)?;
        self.post(line, &payee.close_path(&attempt.out_trade_no), &body).await?.believed().map(|_| ())
    }

    /// See [`super::Gateway::refund`].
    pub(super) async fn refund(&self, line: &Line, body: &[u8]) -> Result<Refund, CallError> {
        self.post(line, Payee::REFUND_PATH, body).await?.read()
    }

    /// See [`super::Gateway::query_refund`].
    pub(super) async fn query_refund(
        &self,
        line: &Line,
        attempt: &Attempt,
        number: &OutRefundNo,
    ) -> Result<RefundAnswer, CallError> {
        let answer = self.get(line, &payee(attempt).refund_query_path(number)).await?;
        if answer.is_missing("RESOURCENOTEXISTS") {
            answer.proof?;
            return Ok(RefundAnswer::Absent);
        }
        let answer = answer.believed()?;
        serde_json::from_slice(&answer.body).map(RefundAnswer::Told).map_err(|_| CallError::Nonsense)
    }

    /// See [`super::Gateway::certificates`].
    pub(super) async fn certificates(&self, line: &Line) -> Result<Listed, CallError> {
        let answer = self.get(line, CERTIFICATES_PATH).await?;
        if answer.is_missing("RESOURCENOTEXISTS") {
            return Ok(Listed::None);
        }
        let answer = answer.believed()?;
        match listed_certificates(&answer.body, &self.keys.api_v3_key) {
            Ok(_) => Ok(Listed::Opened),
            Err(CertificatesError::NotOpened(_)) => Ok(Listed::NotOpened),
            Err(_) => Err(CallError::Nonsense),
        }
    }

    pub(super) async fn get(&self, line: &Line, path: &str) -> Result<Answer, CallError> {
        line.call(self, &Outgoing { method: Method::GET, path, body: b"", bounds: ANSWER }).await
    }

    async fn post(&self, line: &Line, path: &str, body: &[u8]) -> Result<Answer, CallError> {
        line.call(self, &Outgoing { method: Method::POST, path, body, bounds: ANSWER }).await
    }
}

/// Whom an attempt was made for. In partner mode its mini program stands where the service provider's
/// does: which of the two it is, matters to the prepay alone, and that was written long ago.
fn payee(attempt: &Attempt) -> Payee {
    let (appid, mchid) = (attempt.appid.clone(), attempt.mchid.clone());
    match attempt.api.sub_mchid() {
        Some(sub_mchid) => {
            Payee::Partner { sp_appid: appid, sp_mchid: mchid, sub_mchid: sub_mchid.to_owned(), sub_appid: None }
        }
        None => Payee::Direct { appid, mchid },
    }
}

impl Answer {
    const fn is_success(&self) -> bool {
        matches!(self.status, 200 | 204)
    }

    fn is_missing(&self, code: &str) -> bool {
        self.status == 404 && self.error().code.replace('_', "") == code
    }

    /// A success that verifies, or the reason why there is none. A refusal may come without a proof
    /// (from a proxy on the way, say), for it is never taken for a statement about money; one whose
    /// proof is wrong was tampered with.
    fn believed(self) -> Result<Self, CallError> {
        if !self.is_success() {
            if let Err(error @ (VerifyError::BadSignature | VerifyError::Stale { .. })) = self.proof {
                return Err(error.into());
            }
            let code = super::word(&self.error().code);
            return Err(CallError::Refused { status: self.status, advice: self.advice(), code });
        }
        self.proof?;
        Ok(self)
    }

    /// The word of a refusal; empty for a success.
    pub(super) fn said_code(&self) -> String {
        if self.is_success() { String::new() } else { super::word(&self.error().code) }
    }

    /// Whether WeChat itself said it, refusals included.
    pub(super) fn proven(self) -> Result<(), CallError> {
        Ok(self.proof?)
    }

    /// What a success that verifies says.
    pub(super) fn read<T: DeserializeOwned>(self) -> Result<T, CallError> {
        serde_json::from_slice(&self.believed()?.body).map_err(|_| CallError::Nonsense)
    }

    fn error(&self) -> ErrorBody {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    fn advice(&self) -> Advice {
        advice(self.status, &self.error().code, numeric_code(&self.request_id))
    }
}

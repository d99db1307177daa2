//! WeChat Pay over HTTP: signs what goes out, believes nothing that does not verify.

use std::fmt;
use std::time::Duration;

use reqwest::{Method, Response, Url};
use wechatpay::Secret;
use wechatpay::v3::types::{CloseRequest, ErrorBody, PrepayAnswer, Transaction};
use wechatpay::v3::{Advice, MerchantSigner, SignedHeaders, Verifiers, VerifyError, advice, numeric_code};

use crate::clock::Clock;
use crate::ledger::Attempt;
use crate::random;

/// WeChat's answers are small; a larger one is not one.
const ANSWER_BYTES: usize = 64 * 1024;
/// One try at one host.
const TRY: Duration = Duration::from_secs(4);
/// A call with all its tries: below the 15 s that a client waits.
const CALL: Duration = Duration::from_secs(9);
/// A 500 is tried again with the same bytes, this often in all.
const TRIES: usize = 2;

/// WeChat Pay, as one merchant reaches it.
pub struct Gateway {
    http: reqwest::Client,
    hosts: Vec<Url>,
    signer: MerchantSigner,
    verifiers: Verifiers,
    public_key_id: String,
    clock: Clock,
}

/// What WeChat says of an order number.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one lives at a time, from the answer to the books")]
pub enum Seen {
    /// It knows the number.
    Transaction(Transaction),
    /// It does not know the number.
    Absent,
}

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
    /// An answer that does not verify: as good as none, or worse.
    #[error("an answer does not verify as WeChat Pay's: {0}")]
    Forged(#[from] VerifyError),
    /// A verified answer that makes no sense.
    #[error("an answer of WeChat Pay is not what its documentation describes")]
    Nonsense,
    /// The request could not be signed.
    #[error("the request could not be signed; nothing was sent")]
    NotSigned,
}

/// An answer with what is known of its origin.
struct Answer {
    status: u16,
    request_id: String,
    body: Vec<u8>,
    proof: Result<(), VerifyError>,
}

impl Gateway {
    /// `hosts` in the order in which they are tried.
    #[must_use]
    pub const fn new(
        http: reqwest::Client,
        hosts: Vec<Url>,
        signer: MerchantSigner,
        verifiers: Verifiers,
        public_key_id: String,
        clock: Clock,
    ) -> Self {
        Self { http, hosts, signer, verifiers, public_key_id, clock }
    }

    /// What notifications are checked with.
    #[must_use]
    pub const fn verifiers(&self) -> &Verifiers {
        &self.verifiers
    }

    /// What signs wx.requestPayment's parameters: the same key that asks for the prepay.
    #[must_use]
    pub const fn signer(&self) -> &MerchantSigner {
        &self.signer
    }

    /// Asks for a prepay_id with the attempt's own bytes.
    ///
    /// # Errors
    /// When there is no answer to go by.
    pub async fn prepay(&self, attempt: &Attempt) -> Result<Secret<String>, CallError> {
        let body = attempt.request.expose();
        let answer = self.call(Method::POST, "/v3/pay/transactions/jsapi", body).await?.believed()?;
        let prepay: PrepayAnswer = serde_json::from_slice(&answer.body).map_err(|_| CallError::Nonsense)?;
        Ok(prepay.prepay_id)
    }

    /// Asks what became of an attempt. The answer is about this attempt, or it is nonsense; only a
    /// payment is passed on whatever it says, because money must not be dropped for a misfit.
    ///
    /// # Errors
    /// When there is no answer to go by.
    pub async fn query(&self, attempt: &Attempt) -> Result<Seen, CallError> {
        let path = format!("/v3/pay/transactions/out-trade-no/{}?mchid={}", attempt.out_trade_no, attempt.mchid);
        let answer = self.call(Method::GET, &path, b"").await?;
        if answer.status == 404 && answer.error().code.replace('_', "") == "ORDERNOTEXIST" {
            // It can end an order, so it has to be WeChat's word.
            answer.proof?;
            return Ok(Seen::Absent);
        }
        let answer = answer.believed()?;
        let transaction: Transaction = serde_json::from_slice(&answer.body).map_err(|_| CallError::Nonsense)?;
        let same = transaction.out_trade_no == attempt.out_trade_no
            && transaction.mchid == attempt.mchid
            && transaction.appid == attempt.appid;
        if same || transaction.payment().is_some() {
            Ok(Seen::Transaction(transaction))
        } else {
            Err(CallError::Nonsense)
        }
    }

    /// Asks to close an attempt. Whatever comes back, only a query says whether it is closed.
    ///
    /// # Errors
    /// When WeChat refused or did not answer.
    pub async fn close(&self, attempt: &Attempt) -> Result<(), CallError> {
        let path = format!("/v3/pay/transactions/out-trade-no/{}/close", attempt.out_trade_no);
        let body =
            serde_json::to_vec(&CloseRequest { mchid: attempt.mchid.clone() }).map_err(|_| CallError::Nonsense)?;
        self.call(Method::POST, &path, &body).await?.believed().map(|_| ())
    }

    /// Sends the same bytes until there is an answer worth having, within the call's deadline.
    async fn call(&self, method: Method, path: &str, body: &[u8]) -> Result<Answer, CallError> {
        tokio::time::timeout(CALL, async {
            let mut answer = self.once(&method, path, body).await?;
            for _ in 1..TRIES {
                if answer.advice() != Advice::RetrySame {
                    break;
                }
                answer = self.once(&method, path, body).await?;
            }
            Ok(answer)
        })
        .await
        .unwrap_or(Err(CallError::Unreachable))
    }

    /// The first host that answers. Only the network's failure leads to the next one.
    async fn once(&self, method: &Method, path: &str, body: &[u8]) -> Result<Answer, CallError> {
        for host in &self.hosts {
            match self.send(host, method, path, body).await? {
                Some(answer) => return Ok(answer),
                None => tracing::warn!(host = host.host_str(), "a host of WeChat Pay did not answer"),
            }
        }
        Err(CallError::Unreachable)
    }

    /// `None` when the network failed.
    async fn send(&self, host: &Url, method: &Method, path: &str, body: &[u8]) -> Result<Option<Answer>, CallError> {
        let nonce = random::hex::<16>().map_err(|_| CallError::NotSigned)?;
        let authorization = self
            .signer
            .authorization(method.as_str(), path, self.clock.now_seconds(), &nonce, body)
            .map_err(|_| CallError::NotSigned)?;
        let url = host.join(path).map_err(|_| CallError::NotSigned)?;
        let mut request = self
            .http
            .request(method.clone(), url)
            .timeout(TRY)
            .header("Accept", "application/json")
            .header("Authorization", authorization)
            // Which key the answer is to be signed with.
            .header("Wechatpay-Serial", &self.public_key_id);
        if method == Method::POST {
            request = request.header("Content-Type", "application/json").body(body.to_vec());
        }
        // The error is dropped: it quotes the address, and all that matters is that nobody answered.
        let Ok(response) = request.send().await else { return Ok(None) };
        self.read(response).await
    }

    async fn read(&self, mut response: Response) -> Result<Option<Answer>, CallError> {
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= ANSWER_BYTES => body.extend_from_slice(&chunk),
                Ok(Some(_)) => return Err(CallError::Nonsense),
                Ok(None) => break,
                Err(_) => return Ok(None),
            }
        }
        let header = |name: &'static str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let proof = SignedHeaders::read(header)
            .and_then(|signed| self.verifiers.verify(signed, &body, self.clock.now_seconds()));
        let request_id = header("request-id").unwrap_or_default().to_owned();
        Ok(Some(Answer { status: response.status().as_u16(), request_id, body, proof }))
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gateway")
    }
}

impl Answer {
    /// A success that verifies, or the reason why there is none. A refusal may come without a proof
    /// (from a proxy on the way, say), for it is never taken for a statement about money; one whose
    /// proof is wrong was tampered with.
    fn believed(self) -> Result<Self, CallError> {
        if !matches!(self.status, 200 | 204) {
            if let Err(error @ (VerifyError::BadSignature | VerifyError::Stale { .. })) = self.proof {
                return Err(error.into());
            }
            let code: String =
                self.error().code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
            return Err(CallError::Refused { status: self.status, advice: self.advice(), code });
        }
        self.proof?;
        Ok(self)
    }

    fn error(&self) -> ErrorBody {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    fn advice(&self) -> Advice {
        if matches!(self.status, 200 | 204) {
            return Advice::Never;
        }
        advice(self.status, &self.error().code, numeric_code(&self.request_id))
    }
}

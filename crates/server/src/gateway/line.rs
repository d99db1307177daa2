//! The line to WeChat: hosts, deadlines, repeats and the circuit, whatever is said over it.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Identity, Method, Response, Url};
use tokio::time::Instant;
use wechatpay::v3::Advice;

use super::CallError;
use super::circuit::Circuit;
use super::hosts::Hosts;
use super::meter::{GatewayMeter, RESTING, UNREACHABLE};
use crate::clock::Clock;

/// What an answer may take.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// Of its body; a larger one is not an answer.
    bytes: usize,
    /// For one try at one host.
    one_try: Duration,
    /// For a call with all its tries.
    all: Duration,
}

/// WeChat's answers are small. Two calls fit into the 14 s that a client's request has.
pub(super) const ANSWER: Bounds =
    Bounds { bytes: 64 * 1024, one_try: Duration::from_secs(4), all: Duration::from_millis(6_500) };

/// A file: a bill of a hundred thousand lines has some 5 MB, compressed. Nobody waits for it.
pub(super) const FILE: Bounds =
    Bounds { bytes: 64 << 20, one_try: Duration::from_secs(120), all: Duration::from_secs(300) };

/// A 500 is tried again with the same bytes, this often in all.
const TRIES: usize = 2;

/// How WeChat is reached: as anybody, or as the merchant that has this certificate.
///
/// # Errors
/// When the TLS library cannot be set up.
pub fn http_client(certificate: Option<Identity>) -> Result<reqwest::Client, reqwest::Error> {
    let client = http_client_builder();
    match certificate {
        Some(identity) => client.identity(identity).build(),
        None => client.build(),
    }
}

/// The same, for whoever adds something.
pub fn http_client_builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("wx-checkout-server/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(2))
        // A signed request goes to the host it was meant for, and nowhere else.
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
}

/// WeChat's hosts, as one merchant reaches them.
pub(super) struct Line {
    http: reqwest::Client,
    hosts: Hosts,
    circuit: Circuit,
    meter: GatewayMeter,
    clock: Clock,
}

/// What goes out. A repeat has the same bytes.
pub(super) struct Outgoing<'a> {
    pub(super) method: Method,
    /// With its query.
    pub(super) path: &'a str,
    pub(super) body: &'a [u8],
    /// What the answer may take.
    pub(super) bounds: Bounds,
}

/// What came in, as it came.
pub(super) struct Incoming {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Incoming {
    /// A header by its lower-case name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A version of WeChat's protocol.
pub(super) trait Speech {
    /// What is made of an answer.
    type Answer;

    /// As metrics call it.
    const API: &'static str;

    /// The headers of one try; signed anew each time, for a signature has a time.
    fn headers(&self, out: &Outgoing<'_>) -> Result<HeaderMap, CallError>;

    /// Reads an answer.
    fn hear(&self, incoming: Incoming) -> Self::Answer;

    /// What to do after an answer; `None` when it is a success.
    fn advice(answer: &Self::Answer) -> Option<Advice>;

    /// What it comes to, in a word that metrics may have as a label.
    fn outcome(answer: &Self::Answer) -> &'static str;

    /// Whether it asks to slow down.
    fn is_slow(answer: &Self::Answer) -> bool;
}

impl Line {
    pub(super) fn new(http: reqwest::Client, hosts: Vec<Url>, meter: GatewayMeter, clock: Clock) -> Self {
        Self { http, hosts: Hosts::new(hosts), circuit: Circuit::default(), meter, clock }
    }

    /// Whether nothing is sent at `now_ms`.
    pub(super) fn is_resting(&self, now_ms: u64) -> bool {
        self.circuit.is_resting(now_ms)
    }

    /// Sends the same bytes until there is an answer worth having, within the call's deadline.
    pub(super) async fn call<S: Speech>(&self, speech: &S, out: &Outgoing<'_>) -> Result<S::Answer, CallError> {
        tokio::time::timeout(out.bounds.all, async {
            let mut answer = self.once(speech, out).await?;
            for _ in 1..TRIES {
                if S::advice(&answer) != Some(Advice::RetrySame) {
                    break;
                }
                answer = self.once(speech, out).await?;
            }
            Ok(answer)
        })
        .await
        .unwrap_or(Err(CallError::Unreachable))
    }

    /// The first host that answers. Only the network's failure leads to the next one.
    async fn once<S: Speech>(&self, speech: &S, out: &Outgoing<'_>) -> Result<S::Answer, CallError> {
        let asked_ms = self.clock.now_ms();
        self.circuit.admit(asked_ms).map_err(|wait_ms| {
            self.meter.answered(S::API, out.path, RESTING);
            CallError::Resting { wait_ms }
        })?;
        let began = Instant::now();
        let answer = self.heard_anywhere(speech, out, asked_ms).await;
        self.meter.took(S::API, out.path, began.elapsed());
        self.meter.answered(S::API, out.path, answer.as_ref().map_or(UNREACHABLE, S::outcome));
        answer
    }

    async fn heard_anywhere<S: Speech>(
        &self,
        speech: &S,
        out: &Outgoing<'_>,
        asked_ms: u64,
    ) -> Result<S::Answer, CallError> {
        for (at, host) in self.hosts.in_order(asked_ms) {
            let Some(incoming) = self.send(host, speech.headers(out)?, out).await? else {
                tracing::warn!(host = host.host_str(), "a host of WeChat Pay did not answer");
                continue;
            };
            let now_ms = self.clock.now_ms();
            self.hosts.answered(at, now_ms);
            let answer = speech.hear(incoming);
            if S::is_slow(&answer) {
                tracing::warn!("WeChat Pay asks to slow down: nothing is sent for a while");
                self.circuit.slowed(asked_ms, now_ms);
            } else {
                self.circuit.flowed(asked_ms);
            }
            return Ok(answer);
        }
        Err(CallError::Unreachable)
    }

    /// `None` when the network failed.
    async fn send(&self, host: &Url, headers: HeaderMap, out: &Outgoing<'_>) -> Result<Option<Incoming>, CallError> {
        let url = host.join(out.path).map_err(|_| CallError::NotSigned)?;
        let mut request = self.http.request(out.method.clone(), url).timeout(out.bounds.one_try).headers(headers);
        if out.method == Method::POST {
            request = request.body(out.body.to_vec());
        }
        // The error is dropped: it quotes the address, and all that matters is that nobody answered.
        let Ok(response) = request.send().await else { return Ok(None) };
        read(response, out.bounds.bytes).await
    }
}

async fn read(mut response: Response, most: usize) -> Result<Option<Incoming>, CallError> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= most => body.extend_from_slice(&chunk),
            Ok(Some(_)) => return Err(CallError::Nonsense),
            Ok(None) => break,
            Err(_) => return Ok(None),
        }
    }
    let status = response.status().as_u16();
    Ok(Some(Incoming { status, headers: std::mem::take(response.headers_mut()), body }))
}

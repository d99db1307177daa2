//! A merchant that follows every rule, and lets a test break one.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wechatpay::v3::{ClientParams, MerchantSigner, PlatformCertificate, SignedHeaders, Verifiers, numeric_code};
use wx_checkout_sandbox::{Identity, Options, Route, bind};

pub(crate) const NONCE: &str = "593BEC0C930BF1AFEB40B4A08C8FB242";
pub(crate) const PREPAY: &str = "/v3/pay/transactions/jsapi";
pub(crate) const REFUNDS: &str = "/v3/refund/domestic/refunds";

/// A running sandbox and the merchant that it knows.
pub(crate) struct Merchant {
    pub(crate) identity: Identity,
    pub(crate) signer: MerchantSigner,
    pub(crate) verifiers: Verifiers,
    pub(crate) http: Client,
    /// How far the sandbox's clock was moved, in seconds.
    ahead: u64,
    frozen: Option<u64>,
    dir: Arc<TempDir>,
}

/// Keys take a moment to make: made once, copied for every test.
fn template() -> &'static TempDir {
    static TEMPLATE: OnceLock<TempDir> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let dir = TempDir::new().expect("a temporary directory");
        let path = dir.path().to_owned();
        let made = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(bind(Options { dir: path, port: 0, seed: Some(1), routes: vec![], store: None })).map(drop)
        });
        made.join().expect("no panic").expect("a sandbox");
        dir
    })
}

impl Merchant {
    pub(crate) async fn start() -> Self {
        Self::start_with(vec![]).await
    }

    pub(crate) async fn start_with(routes: Vec<Route>) -> Self {
        Self::start_in(&Self::new_dir(), routes, None).await
    }

    /// A directory with keys in it.
    pub(crate) fn new_dir() -> Arc<TempDir> {
        let dir = TempDir::new().expect("a temporary directory");
        for file in fs::read_dir(template().path()).expect("readable") {
            let file = file.expect("readable");
            fs::copy(file.path(), dir.path().join(file.file_name())).expect("copies");
        }
        Arc::new(dir)
    }

    pub(crate) async fn start_in(dir: &Arc<TempDir>, routes: Vec<Route>, store: Option<PathBuf>) -> Self {
        Self::start_until(dir, routes, store, core::future::pending()).await
    }

    /// Until `stop` resolves: then another sandbox may have the store.
    pub(crate) async fn start_until(
        dir: &Arc<TempDir>,
        routes: Vec<Route>,
        store: Option<PathBuf>,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let options = Options { dir: dir.path().to_owned(), port: 0, seed: Some(7), routes, store };
        let bound = bind(options).await.expect("starts");
        tokio::spawn(bound.serve(stop));
        let read = |name: &str| fs::read(dir.path().join(name)).expect("written by the sandbox");
        let identity: Identity = serde_json::from_slice(&read("sandbox.json")).expect("JSON");
        let key = read("merchant_key.pem");
        let signer = MerchantSigner::new(&identity.mchid, &identity.merchant_serial, &key).expect("a key");
        let verifiers = Verifiers::new()
            .with_public_key(&identity.public_key_id, &read("wechatpay_public_key.pem"))
            .expect("a key");
        let http = Client::builder().no_proxy().build().expect("a client");
        Self { identity, signer, verifiers, http, ahead: 0, frozen: None, dir: Arc::clone(dir) }
    }

    /// The other merchant of the same sandbox, which knows WeChat Pay by its certificates.
    pub(crate) fn second(&self) -> Self {
        let second = self.identity.merchants[1].clone();
        let read = |name: &str| fs::read(self.dir.path().join(name)).expect("written by the sandbox");
        let signer =
            MerchantSigner::new(&second.mchid, &second.merchant_serial, &read(&second.key_file)).expect("a key");
        let certificates = second
            .platform_certificates
            .iter()
            .map(|certificate| PlatformCertificate::from_pem(&read(&certificate.file)).expect("a certificate"));
        let verifiers = certificates.fold(Verifiers::new(), Verifiers::with_certificate);
        let identity = Identity {
            mchid: second.mchid,
            merchant_serial: second.merchant_serial,
            api_v3_key: second.api_v3_key,
            api_v2_key: second.api_v2_key,
            ..self.identity.clone()
        };
        Self {
            identity,
            signer,
            verifiers,
            http: self.http.clone(),
            ahead: self.ahead,
            frozen: self.frozen,
            dir: Arc::clone(&self.dir),
        }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn openid(&self) -> &str {
        &self.identity.users[0].openid
    }

    /// The sandbox's time, in seconds.
    pub(crate) fn now(&self) -> u64 {
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        self.frozen.unwrap_or(machine) + self.ahead
    }

    /// The sandbox's clock was this far ahead already.
    pub(crate) fn jump(&mut self, seconds: u64) {
        self.ahead += seconds;
    }

    /// The sandbox's clock was reset.
    pub(crate) fn at_the_machines_time(self) -> Self {
        Self { ahead: 0, frozen: None, ..self }
    }

    /// Lives at a time at which the sandbox's clock was frozen.
    pub(crate) fn set_now(&mut self, seconds: u64) {
        self.frozen = Some(seconds);
    }

    /// A prepay that the gateway takes.
    pub(crate) fn order(&self, out_trade_no: &str) -> Value {
        json!({
            "appid": self.identity.appid, "mchid": self.identity.mchid, "description": "西湖龙井 50g",
            "out_trade_no": out_trade_no, "notify_url": "https://pay.example.com/notify/v3/payment",
            "amount": { "total": 6800, "currency": "CNY" }, "payer": { "openid": self.openid() },
        })
    }

    pub(crate) fn get(&self, target: &str) -> Draft {
        self.draft(Method::GET, target, "")
    }

    pub(crate) fn post(&self, target: &str, body: &Value) -> Draft {
        self.draft(Method::POST, target, body.to_string())
    }

    /// A request with every header that is needed, signed just now.
    pub(crate) fn draft(&self, method: Method, target: &str, body: impl AsRef<[u8]>) -> Draft {
        let body = body.as_ref().to_vec();
        let signed = self.signer.authorization(method.as_str(), target, self.now(), NONCE, &body);
        let mut headers = vec![
            ("accept", "application/json".to_owned()),
            ("user-agent", "strict-test/1".to_owned()),
            ("authorization", signed.expect("signs")),
        ];
        if method == Method::POST {
            headers.push(("content-type", "application/json".to_owned()));
        }
        Draft { method, target: target.to_owned(), headers, body }
    }

    /// Sends, and verifies the signature of whatever comes back.
    pub(crate) async fn send(&self, draft: Draft) -> Reply {
        let answer = self.send_unverified(draft).await.expect("an answer");
        let status = answer.status();
        let headers = answer.headers().clone();
        let raw = answer.bytes().await.expect("a body");
        let header = |name: &'static str| headers.get(name).and_then(|value| value.to_str().ok());
        let signed = SignedHeaders::read(header).expect("signed");
        assert_eq!(self.verifiers.verify(signed, &raw, self.now()), Ok(()));
        let numeric = numeric_code(header("request-id").expect("a Request-ID"));
        let body = if raw.is_empty() { Value::Null } else { serde_json::from_slice(&raw).expect("JSON") };
        let raw = String::from_utf8(raw.to_vec()).expect("UTF-8");
        Reply { status, body, raw, numeric }
    }

    /// Sends, and believes nothing.
    pub(crate) async fn send_unverified(&self, draft: Draft) -> reqwest::Result<reqwest::Response> {
        let Draft { method, target, headers, body } = draft;
        let mut request = self.http.request(method, format!("{}{target}", self.identity.base_url)).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.send().await
    }

    /// Sends exactly the headers of the draft, which an HTTP client would add to; gives the whole answer.
    pub(crate) async fn send_bare(&self, draft: Draft) -> String {
        let Draft { method, target, headers, body } = draft;
        let address = self.identity.base_url.trim_start_matches("http://");
        let mut request = format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("content-length: {}\r\n\r\n", body.len());
        let mut stream = TcpStream::connect(address).await.expect("connects");
        stream.write_all(&[request.as_bytes(), &body].concat()).await.expect("sends");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        answer
    }

    pub(crate) async fn query(&self, out_trade_no: &str) -> Reply {
        let mchid = &self.identity.mchid;
        self.send(self.get(&format!("/v3/pay/transactions/out-trade-no/{out_trade_no}?mchid={mchid}"))).await
    }

    pub(crate) async fn close(&self, out_trade_no: &str) -> Reply {
        let target = format!("/v3/pay/transactions/out-trade-no/{out_trade_no}/close");
        self.send(self.post(&target, &json!({ "mchid": self.identity.mchid }))).await
    }

    /// A prepay id for a new order.
    pub(crate) async fn prepay(&self, out_trade_no: &str) -> String {
        let reply = self.send(self.post(PREPAY, &self.order(out_trade_no))).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.raw);
        reply.body["prepay_id"].as_str().expect("a prepay_id").to_owned()
    }

    pub(crate) fn sheet(&self, prepay_id: &str) -> Value {
        let params: ClientParams =
            self.signer.pay_sign(&self.identity.appid, prepay_id, self.now(), NONCE).expect("signs");
        let mut sheet = serde_json::to_value(params).expect("JSON");
        sheet["openid"] = self.openid().into();
        sheet
    }

    /// Opens the sheet; gives the phone's errMsg.
    pub(crate) async fn pay(&self, sheet: &Value) -> String {
        let answer = self.control("pay", sheet).await;
        answer["errMsg"].as_str().unwrap_or_else(|| panic!("no errMsg: {answer}")).to_owned()
    }

    /// Pays an order and gives WeChat's number of the payment.
    pub(crate) async fn pay_for(&self, out_trade_no: &str) -> String {
        let prepay_id = self.prepay(out_trade_no).await;
        assert_eq!(self.pay(&self.sheet(&prepay_id)).await, "requestPayment:ok");
        let paid = self.query(out_trade_no).await;
        paid.body["transaction_id"].as_str().expect("paid").to_owned()
    }

    pub(crate) async fn control(&self, call: &str, body: &Value) -> Value {
        let url = format!("{}/_sandbox/{call}", self.identity.base_url);
        let answer = self.http.post(url).body(body.to_string()).send().await.expect("an answer");
        serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
    }

    /// A refund as the gateway takes it, with a notification.
    pub(crate) fn refund(&self, out_trade_no: &str, out_refund_no: &str, fen: u64) -> Value {
        json!({
            "out_trade_no": out_trade_no, "out_refund_no": out_refund_no, "reason": "不想要了",
            "notify_url": "https://pay.example.com/notify/v3/refund",
            "amount": { "refund": fen, "total": 6800, "currency": "CNY" },
        })
    }

    pub(crate) async fn ask_refund(&self, out_trade_no: &str, out_refund_no: &str, fen: u64) -> Reply {
        self.send(self.post(REFUNDS, &self.refund(out_trade_no, out_refund_no, fen))).await
    }

    pub(crate) async fn query_refund(&self, out_refund_no: &str) -> Reply {
        self.send(self.get(&format!("{REFUNDS}/{out_refund_no}"))).await
    }

    /// Arranges a fault.
    pub(crate) async fn fault(&self, rule: Value) {
        let answer = self.control("faults", &rule).await;
        assert!(answer["id"].is_u64(), "{answer}");
    }

    pub(crate) async fn advance(&mut self, seconds: u64) {
        self.control("clock", &json!({ "advanceMs": seconds * 1000 })).await;
        self.ahead += seconds;
    }

    pub(crate) async fn events(&self) -> Vec<Value> {
        let url = format!("{}/_sandbox/events", self.identity.base_url);
        let answer = self.http.get(url).send().await.expect("an answer");
        serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("a list")
    }

    /// Waits until an event's text contains `part`.
    pub(crate) async fn event(&self, part: &str) -> Value {
        let found = async {
            loop {
                let is_it = |event: &Value| event["what"].as_str().is_some_and(|what| what.contains(part));
                if let Some(event) = self.events().await.into_iter().find(is_it) {
                    return event;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), found).await.unwrap_or_else(|_| panic!("no event says {part:?}"))
    }
}

/// A request that a test may still spoil.
pub(crate) struct Draft {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Draft {
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(header, _)| *header != name);
        self
    }

    pub(crate) fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        let mut draft = self.without(name);
        draft.headers.push((name, value.into()));
        draft
    }

    pub(crate) fn authorization(&self) -> &str {
        self.headers.iter().find(|(name, _)| *name == "authorization").map_or("", |(_, value)| value)
    }
}

/// An answer whose signature verified.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(crate) raw: String,
    pub(crate) numeric: u64,
}

impl Reply {
    /// Asserts a refusal by status and code, and that its message says something.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> &Self {
        assert_eq!((self.status.as_u16(), self.body["code"].as_str()), (status, Some(code)), "{}", self.raw);
        assert!(self.body["message"].as_str().is_some_and(|message| message.len() > 10), "{}", self.raw);
        self
    }
}

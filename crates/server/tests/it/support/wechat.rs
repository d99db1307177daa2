//! WeChat's side for these tests: its own keys, real HTTP, and faults on demand. It checks what the
//! server signs, and knows nothing of the server's code.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{API_V3_KEY, APPID, Arc, MCHID, PUBLIC_KEY_ID, Time};

/// What goes wrong with the next call whose path contains a word.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Refuses with this status and code.
    Refuse(u16, &'static str),
    /// Does the work, then says 500 SYSTEM_ERROR.
    DoneThen500,
    /// Does the work, then leaves the signature out.
    Unsigned,
    /// Does the work, then signs as the probes do.
    Probe,
    /// Says nothing until it is let go, then goes on as usual.
    Hold(Arc<Notify>),
    /// Says 202.
    Accepted,
}

/// One order at WeChat.
#[derive(Clone, Debug)]
pub struct Trade {
    pub request: Vec<u8>,
    pub state: &'static str,
    pub twist: Value,
}

pub struct Wechat {
    key: Arc<KeyPair>,
    merchant_public: Vec<u8>,
    time: Time,
    serial: AtomicU64,
    pub trades: Mutex<BTreeMap<String, Trade>>,
    pub faults: Mutex<VecDeque<(&'static str, Fault)>>,
    /// Every call that came in: `METHOD path` and the body.
    pub calls: Mutex<Vec<(String, Vec<u8>)>>,
    pub arrived: Notify,
}

pub fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

pub fn private_pem(key: &KeyPair) -> String {
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(key).expect("encodes");
    pem("PRIVATE KEY", der.as_ref())
}

pub fn public_pem(key: &KeyPair) -> String {
    let der = AsDer::<PublicKeyX509Der<'_>>::as_der(key.public_key()).expect("encodes");
    pem("PUBLIC KEY", der.as_ref())
}

impl Wechat {
    pub fn new(key: Arc<KeyPair>, merchant: &KeyPair, time: Time) -> Self {
        Self {
            key,
            merchant_public: merchant.public_key().as_ref().to_vec(),
            time,
            serial: AtomicU64::new(1),
            trades: Mutex::default(),
            faults: Mutex::default(),
            calls: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    pub fn public_pem(&self) -> String {
        public_pem(&self.key)
    }

    pub fn fail_next(&self, path: &'static str, fault: Fault) {
        self.faults.lock().expect("lock").push_back((path, fault));
    }

    /// How many calls contained `word` in method or path.
    pub fn count(&self, word: &str) -> usize {
        self.calls.lock().expect("lock").iter().filter(|(line, _)| line.contains(word)).count()
    }

    /// The bodies of the calls that contained `word`.
    pub fn bodies(&self, word: &str) -> Vec<Vec<u8>> {
        let calls = self.calls.lock().expect("lock");
        calls.iter().filter(|(line, _)| line.contains(word)).map(|(_, body)| body.clone()).collect()
    }

    /// The only order's number.
    pub fn number(&self) -> String {
        let trades = self.trades.lock().expect("lock");
        assert_eq!(trades.len(), 1, "these tests ask for the only order");
        trades.keys().next().expect("one").clone()
    }

    /// The payer pays, or whatever else.
    pub fn set(&self, number: &str, state: &'static str) {
        self.trades.lock().expect("lock").get_mut(number).expect("a trade").state = state;
    }

    /// Fields of the trade that are stated differently from what they are.
    pub fn twist(&self, number: &str, twist: Value) {
        self.trades.lock().expect("lock").get_mut(number).expect("a trade").twist = twist;
    }

    pub fn transaction(&self, number: &str) -> Value {
        let trade = self.trades.lock().expect("lock").get(number).expect("a trade").clone();
        let request: Value = serde_json::from_slice(&trade.request).expect("it was read before");
        let mut told = json!({
            "appid": APPID, "mchid": MCHID, "out_trade_no": number, "trade_state": trade.state,
            "trade_state_desc": "something", "a_new_field": {"nobody": "knows"},
            "amount": {"total": request["amount"]["total"], "payer_total": 1, "currency": "CNY", "payer_currency": "CNY"},
        });
        if matches!(trade.state, "SUCCESS" | "REFUND") {
            told["transaction_id"] = json!(format!("4200{number}"));
            told["success_time"] = json!("2026-01-02T03:04:05+08:00");
            told["payer"] = request["payer"].clone();
        }
        merge(&mut told, &trade.twist);
        told
    }

    /// A notification, as headers and body.
    pub fn notification(&self, transaction: &Value) -> (HeaderMap, Vec<u8>) {
        let key = UnboundKey::new(&AES_256_GCM, API_V3_KEY.as_bytes()).expect("32 bytes");
        let mut text = transaction.to_string().into_bytes();
        let nonce = "abcdefghijkl";
        LessSafeKey::new(key)
            .seal_in_place_append_tag(
                Nonce::try_assume_unique_for_key(nonce.as_bytes()).expect("12 bytes"),
                Aad::from(b"transaction"),
                &mut text,
            )
            .expect("seals");
        let body = json!({
            "id": format!("event-{}", self.serial.fetch_add(1, Ordering::Relaxed)),
            "create_time": "2026-01-02T03:04:05+08:00", "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功",
            "resource": {"original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "ciphertext": STANDARD.encode(text),
                "associated_data": "transaction", "nonce": nonce},
        });
        let body = body.to_string().into_bytes();
        (self.sign(&body), body)
    }

    /// The headers that sign `body` now.
    pub fn sign(&self, body: &[u8]) -> HeaderMap {
        let (timestamp, nonce) = (self.time.seconds().to_string(), "wechatnonce");
        let mut message = format!("{timestamp}\n{nonce}\n").into_bytes();
        message.extend_from_slice(body);
        message.push(b'\n');
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &message, &mut signature).expect("signs");
        let mut headers = HeaderMap::new();
        headers.insert("Wechatpay-Timestamp", timestamp.parse().expect("ascii"));
        headers.insert("Wechatpay-Nonce", nonce.parse().expect("ascii"));
        headers.insert("Wechatpay-Signature", STANDARD.encode(signature).parse().expect("ascii"));
        headers.insert("Wechatpay-Serial", PUBLIC_KEY_ID.parse().expect("ascii"));
        headers
    }

    /// Whether the merchant signed this.
    pub fn merchant_signed(&self, message: &str, signature: &str) -> bool {
        let signature = STANDARD.decode(signature).expect("base64");
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.merchant_public)
            .verify(message.as_bytes(), &signature)
            .is_ok()
    }

    fn fault(&self, path: &str) -> Option<Fault> {
        let mut faults = self.faults.lock().expect("lock");
        let at = faults.iter().position(|(word, _)| path.contains(word))?;
        faults.remove(at).map(|(_, fault)| fault)
    }

    fn work(&self, method: &Method, path: &str, body: &[u8]) -> (u16, Value) {
        if path == "/v3/pay/transactions/jsapi" {
            return self.prepay(body);
        }
        let rest = path.strip_prefix("/v3/pay/transactions/out-trade-no/").expect("a path of v3");
        let (number, close) = match rest.strip_suffix("/close") {
            Some(number) => (number, true),
            None => (rest, false),
        };
        assert_eq!(close, method == Method::POST);
        let state = self.trades.lock().expect("lock").get(number).map(|trade| trade.state);
        match (close, state) {
            (false, None) => (404, json!({"code": "ORDER_NOT_EXIST", "message": "订单不存在"})),
            (false, Some(_)) => (200, self.transaction(number)),
            (true, Some("SUCCESS" | "REFUND")) => (400, json!({"code": "ORDER_PAID", "message": "订单已支付"})),
            (true, Some(_)) => {
                self.set(number, "CLOSED");
                (204, Value::Null)
            }
            (true, None) => (204, Value::Null),
        }
    }

    fn prepay(&self, body: &[u8]) -> (u16, Value) {
        let request: Value = serde_json::from_slice(body).expect("the server writes JSON");
        let number = request["out_trade_no"].as_str().expect("a number").to_owned();
        let mut trades = self.trades.lock().expect("lock");
        let trade =
            trades.entry(number).or_insert_with(|| Trade { request: body.to_vec(), state: "NOTPAY", twist: json!({}) });
        match trade.state {
            _ if trade.request != body => (400, json!({"code": "INVALID_REQUEST", "message": "重入参数不一致"})),
            "NOTPAY" => (
                200,
                json!({"prepay_id": format!("wx2611220946031{:020}", self.serial.fetch_add(1, Ordering::Relaxed))}),
            ),
            "CLOSED" => (400, json!({"code": "ORDER_CLOSED", "message": "订单已关闭"})),
            _ => (403, json!({"code": "OUT_TRADE_NO_USED", "message": "商户订单号重复"})),
        }
    }

    fn authorized(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> bool {
        let header = headers["authorization"].to_str().expect("ascii");
        let field = |name: &str| {
            let (_, rest) = header.split_once(&format!("{name}=\"")).expect("the field is there");
            rest.split('"').next().expect("it ends").to_owned()
        };
        let path = uri.path_and_query().expect("a path");
        let body = std::str::from_utf8(body).expect("UTF-8");
        let message = format!("{method}\n{path}\n{}\n{}\n{body}\n", field("timestamp"), field("nonce_str"));
        let fresh = field("timestamp").parse::<u64>().expect("seconds").abs_diff(self.time.seconds()) < 300;
        fresh
            && field("mchid") == MCHID
            && headers["wechatpay-serial"] == PUBLIC_KEY_ID
            && self.merchant_signed(&message, &field("signature"))
    }
}

fn merge(told: &mut Value, twist: &Value) {
    for (name, value) in twist.as_object().into_iter().flatten() {
        if value.is_object() && told[name].is_object() {
            merge(&mut told[name], value);
        } else {
            told[name] = value.clone();
        }
    }
}

/// Every call of v3.
pub async fn v3(
    State(wechat): State<Arc<Wechat>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    wechat.calls.lock().expect("lock").push((format!("{method} {uri}"), body.to_vec()));
    wechat.arrived.notify_waiters();
    let fault = wechat.fault(uri.path());
    let (mut status, mut answer) = match &fault {
        Some(Fault::Refuse(status, code)) => (*status, json!({"code": code, "message": "no"})),
        Some(Fault::Accepted) => (202, json!({"code": "USER_PAYING", "message": "wait"})),
        Some(Fault::Hold(gate)) => {
            gate.notified().await;
            wechat.work(&method, uri.path(), &body)
        }
        _ if !wechat.authorized(&method, &uri, &headers, &body) => {
            (401, json!({"code": "SIGN_ERROR", "message": "no"}))
        }
        _ => wechat.work(&method, uri.path(), &body),
    };
    if matches!(fault, Some(Fault::DoneThen500)) {
        (status, answer) = (500, json!({"code": "SYSTEM_ERROR", "message": "later"}));
    }
    let bytes = if answer.is_null() { vec![] } else { answer.to_string().into_bytes() };
    let mut signed = wechat.sign(&bytes);
    match fault {
        Some(Fault::Unsigned) => signed.clear(),
        Some(Fault::Probe) => {
            let probe = format!("WECHATPAY/SIGNTEST/{}", signed["wechatpay-signature"].to_str().expect("ascii"));
            signed.insert("wechatpay-signature", probe.parse().expect("ascii"));
        }
        _ => {}
    }
    (StatusCode::from_u16(status).expect("a status"), signed, bytes).into_response()
}

/// code2session: the code `code-OPENID` is good for OPENID, any number is an errcode.
pub async fn login(Query(query): Query<BTreeMap<String, String>>) -> Response {
    let answer = match query["js_code"].strip_prefix("code-") {
        Some(openid) => json!({"openid": openid, "session_key": "c2Vzc2lvbl9rZXk="}),
        None => json!({"errcode": query["js_code"].parse::<i64>().unwrap_or(40029), "errmsg": "no"}),
    };
    assert_eq!((query["appid"].as_str(), query["grant_type"].as_str()), (APPID, "authorization_code"));
    ([("content-type", "text/plain")], answer.to_string()).into_response()
}

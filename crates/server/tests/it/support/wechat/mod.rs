//! WeChat's side for these tests: its own keys, real HTTP, and faults on demand. It is written from
//! the documentation, checks what the server signs and sends, and knows nothing of the server's code.

pub mod bill;
mod book;
mod check;
mod sheet;
pub mod shipping;
mod v2;
mod v3;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{APPID, Arc, Time};
pub use book::{Refund, Trade};

/// What goes wrong with the next call whose path contains a word.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Refuses with this status and code; in version 2 with HTTP 200 and the code.
    Refuse(u16, &'static str),
    /// Does the work, then says SYSTEM_ERROR.
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

/// An answer before it is signed: the HTTP status and what is said.
pub type Said = Result<(u16, Value), (u16, &'static str)>;

pub struct Wechat {
    /// Signs under [`super::PUBLIC_KEY_ID`].
    key: Arc<KeyPair>,
    /// Signs under the platform certificate's serial.
    platform: Arc<KeyPair>,
    merchant_public: Vec<u8>,
    time: Time,
    serial: AtomicU64,
    pub trades: Mutex<BTreeMap<String, Trade>>,
    pub refunds: Mutex<BTreeMap<String, Refund>>,
    /// Fields of refunds that are stated differently from what they are.
    pub refund_twist: Mutex<Value>,
    /// What refunds can be paid from, in fen; no limit when it is missing.
    pub balance: Mutex<Option<u64>>,
    /// By day.
    pub bills: Mutex<BTreeMap<String, bill::Bill>>,
    pub faults: Mutex<VecDeque<(&'static str, Fault)>>,
    /// Every call that came in: `METHOD path` and the body.
    pub calls: Mutex<Vec<(String, Vec<u8>)>>,
    pub arrived: Notify,
    pub shipping: Mutex<shipping::Desk>,
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

/// A certificate of `key` with this serial number, in hex.
pub fn certificate_pem(key: &KeyPair, serial: &str) -> String {
    let key = rcgen::KeyPair::from_pem(&private_pem(key)).expect("a key");
    let mut parameters = rcgen::CertificateParams::new(vec![]).expect("no names");
    parameters.serial_number = Some(hex::decode(serial).expect("hex").into());
    parameters.self_signed(&key).expect("a certificate").pem()
}

impl Wechat {
    pub fn new(key: Arc<KeyPair>, platform: Arc<KeyPair>, merchant: &KeyPair, time: Time) -> Self {
        Self {
            key,
            platform,
            merchant_public: merchant.public_key().as_ref().to_vec(),
            time,
            serial: AtomicU64::new(1),
            trades: Mutex::default(),
            refunds: Mutex::default(),
            refund_twist: Mutex::new(json!({})),
            balance: Mutex::default(),
            bills: Mutex::default(),
            faults: Mutex::default(),
            calls: Mutex::default(),
            arrived: Notify::new(),
            shipping: Mutex::default(),
        }
    }

    pub fn public_pem(&self) -> String {
        public_pem(&self.key)
    }

    pub fn platform_pem(&self) -> String {
        certificate_pem(&self.platform, super::PLATFORM_SERIAL)
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

    /// Whether the merchant signed this.
    pub fn merchant_signed(&self, message: &str, signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.merchant_public)
            .verify(message.as_bytes(), &signature)
            .is_ok()
    }

    fn next(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }

    fn fault(&self, path: &str) -> Option<Fault> {
        let mut faults = self.faults.lock().expect("lock");
        let at = faults.iter().position(|(word, _)| path.contains(word))?;
        faults.remove(at).map(|(_, fault)| fault)
    }
}

/// Every call of either version.
pub async fn gateway(
    State(wechat): State<Arc<Wechat>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    wechat.calls.lock().expect("lock").push((format!("{method} {uri}"), body.to_vec()));
    wechat.arrived.notify_waiters();
    let fault = wechat.fault(uri.path());
    if let Some(Fault::Hold(gate)) = &fault {
        gate.notified().await;
    }
    if uri.path().starts_with("/v3/") {
        wechat.v3(&method, &uri, &headers, &body, fault)
    } else {
        wechat.v2(&method, uri.path(), &headers, &body, fault)
    }
}

/// code2session: the code `code-OPENID` is good for OPENID, any number is an errcode.
pub async fn login(Query(query): Query<BTreeMap<String, String>>) -> Response {
    let answer = match query["js_code"].strip_prefix("code-") {
        Some(openid) => json!({"openid": openid, "session_key": "c2Vzc2lvbl9rZXk="}),
        None => json!({"errcode": query["js_code"].parse::<i64>().unwrap_or(40029), "errmsg": "no"}),
    };
    let known = [APPID, super::SUB_APPID].contains(&query["appid"].as_str());
    assert!(known && query["grant_type"] == "authorization_code");
    ([("content-type", "text/plain")], answer.to_string()).into_response()
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

fn status(number: u16) -> StatusCode {
    StatusCode::from_u16(number).expect("a status")
}

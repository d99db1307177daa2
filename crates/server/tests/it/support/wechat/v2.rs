//! Version 2: XML with a keyed digest.

use std::collections::BTreeMap;

use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::hmac;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use serde_json::json;

use super::super::{API_V2_KEY, APPID, MCHID};
use super::{Fault, Refund, Trade, Wechat, status};

type Fields = BTreeMap<String, String>;

/// Refused within five minutes of the order's creation.
const TOO_YOUNG: u64 = 5 * 60_000;

/// Signs with HMAC-SHA256, or with MD5 for `sign_type` MD5.
pub fn sign(fields: &Fields, md5: bool) -> String {
    let mut message = String::new();
    for (name, value) in fields.iter().filter(|(name, value)| !value.is_empty() && *name != "sign") {
        message.push_str(&format!("{name}={value}&"));
    }
    message.push_str(&format!("key={API_V2_KEY}"));
    if md5 {
        return hex::encode_upper(Md5::digest(message));
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, API_V2_KEY.as_bytes());
    hex::encode_upper(hmac::sign(&key, message.as_bytes()))
}

/// One flat level of XML with CDATA, as WeChat writes it.
pub fn write(fields: &Fields) -> String {
    let fields: String = fields.iter().map(|(name, value)| format!("<{name}><![CDATA[{value}]]></{name}>\n")).collect();
    format!("<xml>\n{fields}</xml>")
}

fn read(body: &[u8]) -> Option<Fields> {
    let text = std::str::from_utf8(body).ok()?;
    if text.contains("<!DOCTYPE") {
        return None;
    }
    let mut rest = text.trim().strip_prefix("<xml>")?.strip_suffix("</xml>")?;
    let mut fields = Fields::new();
    while let Some((_, opened)) = rest.split_once('<') {
        let (name, valued) = opened.split_once('>')?;
        let (value, after) = valued.split_once(&format!("</{name}>"))?;
        let value = value.strip_prefix("<![CDATA[").and_then(|value| value.strip_suffix("]]>")).unwrap_or(value);
        let value = value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        fields.insert(name.to_owned(), value);
        rest = after;
    }
    Some(fields)
}

fn fields<const N: usize>(list: [(&str, &str); N]) -> Fields {
    list.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Wechat {
    pub(super) fn v2(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
        fault: Option<Fault>,
    ) -> Response {
        if let Some(Fault::Refuse(number @ (429 | 502 | 503), _)) = fault {
            return (status(number), "busy").into_response();
        }
        let xml = headers.get("content-type").is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.contains("xml")));
        let request = read(body).filter(|_| xml && method == Method::POST);
        let Some(request) = request else { return not_taken("XML_FORMAT_ERROR") };
        let md5 = request.get("sign_type").is_none_or(|kind| kind == "MD5");
        let signed = request.get("sign").is_some_and(|given| *given == sign(&request, md5));
        let ours = request.get("appid").is_some_and(|appid| appid == APPID)
            && request.get("mch_id").is_some_and(|mchid| mchid == MCHID)
            && request.get("nonce_str").is_some_and(|nonce| (1..=32).contains(&nonce.len()));
        if !signed || !ours {
            return not_taken("SIGNERROR");
        }
        let mut said = match &fault {
            Some(Fault::Refuse(_, code)) => Err(*code),
            Some(Fault::Accepted) => Err("USERPAYING"),
            _ => self.work_v2(path, &request, body),
        };
        if matches!(fault, Some(Fault::DoneThen500)) {
            said = Err("SYSTEMERROR");
        }
        let mut answer = fields([
            ("return_code", "SUCCESS"),
            ("return_msg", "OK"),
            ("appid", APPID),
            ("mch_id", MCHID),
            ("nonce_str", "wechatnonce"),
            ("a_new_field", "nobody knows"),
        ]);
        match said {
            Ok(more) => {
                answer.insert("result_code".to_owned(), "SUCCESS".to_owned());
                answer.extend(more);
            }
            Err(code) => answer.extend(fields([("result_code", "FAIL"), ("err_code", code), ("err_code_des", "说明")])),
        }
        let mut signature = sign(&answer, md5);
        if matches!(fault, Some(Fault::Probe)) {
            signature = signature.chars().rev().collect();
        }
        if !matches!(fault, Some(Fault::Unsigned)) {
            answer.insert("sign".to_owned(), signature);
        }
        (status(200), write(&answer)).into_response()
    }

    fn work_v2(&self, path: &str, request: &Fields, body: &[u8]) -> Result<Fields, &'static str> {
        let get = |name: &str| request.get(name).map(String::as_str).unwrap_or_default();
        // "201 order number duplicated" and its like have no underscores in this version.
        let old = |(_, code): (u16, &'static str)| match code {
            "OUT_TRADE_NO_USED" => "ORDERPAID",
            "ORDER_CLOSED" => "ORDERCLOSED",
            "ORDER_PAID" => "ORDERPAID",
            "RESOURCE_NOT_EXISTS" => "INVALID_TRANSACTIONID",
            "NOT_ENOUGH" => "NOTENOUGH",
            "SYSTEM_ERROR_TOO_YOUNG" => "SYSTEMERROR",
            code => code,
        };
        match path {
            "/pay/unifiedorder" => {
                let needed =
                    ["body", "out_trade_no", "total_fee", "spbill_create_ip", "notify_url", "trade_type", "openid"];
                let total: u64 = get("total_fee").parse().map_err(|_| "PARAM_ERROR")?;
                let time = get("time_expire");
                if needed.iter().any(|name| get(name).is_empty())
                    || get("trade_type") != "JSAPI"
                    || !(6..=32).contains(&get("out_trade_no").len())
                    || get("spbill_create_ip").parse::<std::net::IpAddr>().is_err()
                    || time.len() != 14
                {
                    return Err("PARAM_ERROR");
                }
                let part = |from: usize, to: usize| &time[from..to];
                let expires = format!(
                    "{}-{}-{}T{}:{}:{}+08:00",
                    part(0, 4),
                    part(4, 6),
                    part(6, 8),
                    part(8, 10),
                    part(10, 12),
                    part(12, 14)
                );
                let trade = Trade {
                    request: body.to_vec(),
                    state: "NOTPAY",
                    twist: json!({}),
                    appid: APPID.to_owned(),
                    mchid: MCHID.to_owned(),
                    sub_mchid: None,
                    sub_appid: false,
                    openid: get("openid").to_owned(),
                    total,
                    created_ms: self.time.ms(),
                    expires_ms: super::v3::milliseconds(&expires).ok_or("PARAM_ERROR")?,
                    prepays: vec![],
                };
                let id = self.prepay_for(get("out_trade_no"), trade).map_err(old)?;
                Ok(fields([("prepay_id", &id), ("trade_type", "JSAPI")]))
            }
            "/pay/orderquery" => {
                let known = self.trades.lock().expect("lock").contains_key(get("out_trade_no"));
                if known { Ok(self.told_v2(get("out_trade_no"))) } else { Err("ORDERNOTEXIST") }
            }
            "/pay/closeorder" => self.close_order(get("out_trade_no"), TOO_YOUNG).map_err(old).map(|_| Fields::new()),
            "/secapi/pay/refund" => {
                let number = |name: &str| get(name).parse::<u64>().map_err(|_| "PARAM_ERROR");
                let refund = Refund {
                    out_trade_no: String::new(),
                    transaction_id: get("transaction_id").to_owned(),
                    amount: number("refund_fee")?,
                    state: "PROCESSING",
                    asked_ms: self.time.ms(),
                    reason: get("refund_desc").to_owned(),
                    notify_url: get("notify_url").to_owned(),
                };
                self.refund_for(get("out_refund_no"), refund, number("total_fee")?).map_err(old)?;
                Ok(self.told_refund_v2(get("out_refund_no"), "").expect("just taken"))
            }
            "/pay/refundquery" => {
                let mut told = self.told_refund_v2(get("out_refund_no"), "_0").ok_or("REFUNDNOTEXIST")?;
                told.insert("refund_count".to_owned(), "1".to_owned());
                Ok(told)
            }
            _ => Err("NOT_FOUND"),
        }
    }

    /// An order as version 2 tells of it.
    fn told_v2(&self, number: &str) -> Fields {
        let told = self.transaction(number);
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        let mut answer = fields([("trade_state_desc", "something"), ("out_trade_no", &text("out_trade_no"))]);
        answer.insert("trade_state".to_owned(), text("trade_state"));
        if matches!(text("trade_state").as_str(), "SUCCESS" | "REFUND") {
            answer.extend(fields([("time_end", "20260102030405"), ("cash_fee", "1"), ("trade_type", "JSAPI")]));
            answer.insert("transaction_id".to_owned(), text("transaction_id"));
            answer.insert("total_fee".to_owned(), told["amount"]["total"].to_string());
            answer.insert("openid".to_owned(), told["payer"]["openid"].as_str().unwrap_or_default().to_owned());
        }
        answer
    }

    fn told_refund_v2(&self, out_refund_no: &str, suffix: &str) -> Option<Fields> {
        let told = self.told_refund(out_refund_no, true)?;
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        let state = match text("refund_status").as_str() {
            "CLOSED" => "REFUNDCLOSE".to_owned(),
            "ABNORMAL" => "CHANGE".to_owned(),
            state => state.to_owned(),
        };
        let mut answer = Fields::new();
        for name in ["transaction_id", "out_trade_no"] {
            answer.insert(name.to_owned(), text(name));
        }
        answer.insert("total_fee".to_owned(), told["amount"]["total"].to_string());
        for name in ["out_refund_no", "refund_id"] {
            answer.insert(format!("{name}{suffix}"), text(name));
        }
        answer.insert(format!("refund_fee{suffix}"), told["amount"]["refund"].to_string());
        if suffix == "_0" {
            answer.insert("refund_status_0".to_owned(), state);
        }
        Some(answer)
    }

    /// A payment notification of version 2; `sign_type` may be left out, whatever the digest is.
    pub fn notification_v2(&self, number: &str, md5: bool, sign_type: Option<&str>) -> Vec<u8> {
        let mut told = self.told_v2(number);
        told.remove("trade_state");
        told.extend(fields([
            ("return_code", "SUCCESS"),
            ("result_code", "SUCCESS"),
            ("appid", APPID),
            ("mch_id", MCHID),
            ("nonce_str", "wechatnonce"),
            ("bank_type", "OTHERS"),
        ]));
        if let Some(sign_type) = sign_type {
            told.insert("sign_type".to_owned(), sign_type.to_owned());
        }
        told.insert("sign".to_owned(), sign(&told, md5));
        write(&told).into_bytes()
    }

    /// A refund notification of version 2, encrypted under `key`.
    pub fn refund_notification_v2(&self, out_refund_no: &str, key: &str) -> Vec<u8> {
        let told = self.told_refund(out_refund_no, true).expect("a refund");
        let mut inner = self.told_refund_v2(out_refund_no, "").expect("a refund");
        inner.insert("refund_status".to_owned(), told["refund_status"].as_str().expect("a state").to_owned());
        inner.insert("success_time".to_owned(), "2026-01-03 03:04:05".to_owned());
        let mut text = write(&inner).replace("<xml>", "<root>").replace("</xml>", "</root>").into_bytes();
        let aes = UnboundCipherKey::new(&AES_256, hex::encode(Md5::digest(key)).as_bytes()).expect("32 bytes");
        PaddedBlockEncryptingKey::ecb_pkcs7(aes)
            .and_then(|key| key.less_safe_encrypt(&mut text, EncryptionContext::None))
            .expect("encrypts");
        let outer = fields([
            ("return_code", "SUCCESS"),
            ("appid", APPID),
            ("mch_id", MCHID),
            ("nonce_str", "wechatnonce"),
            ("req_info", &STANDARD.encode(text)),
        ]);
        write(&outer).into_bytes()
    }
}

/// Not signed: WeChat did not get as far as the order.
fn not_taken(why: &str) -> Response {
    (status(200), write(&fields([("return_code", "FAIL"), ("return_msg", why)]))).into_response()
}

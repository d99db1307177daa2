//! Version 3: JSON, signed both ways.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::{API_V3_KEY, APPID, MCHID, PLATFORM_SERIAL, PUBLIC_KEY_ID, SERIAL, SUB_APPID, SUB_MCHID};
use super::{Fault, Refund, Said, Trade, Wechat, check, merge, status};

/// RFC 3339 in Beijing's time as milliseconds since 1970.
pub(super) fn milliseconds(time: &str) -> Option<u64> {
    let seconds = time.strip_suffix("+08:00").map(|_| time.parse::<jiff::Timestamp>().ok())??.as_millisecond();
    u64::try_from(seconds).ok()
}

impl Wechat {
    pub(super) fn v3(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
        fault: Option<Fault>,
    ) -> Response {
        if uri.path() == "/v3/billdownload/file" && matches!(fault, None | Some(Fault::Hold(_))) {
            return match self.authorized(method, uri, headers, body) {
                Ok(()) => self.give_bill(uri.query()),
                Err((number, _)) => status(number).into_response(),
            };
        }
        let mut said = match &fault {
            Some(Fault::Refuse(status, code)) => Err((*status, *code)),
            Some(Fault::Accepted) => Err((202, "USER_PAYING")),
            _ => self.authorized(method, uri, headers, body).and_then(|()| self.work(method, uri, body)),
        };
        if matches!(fault, Some(Fault::DoneThen500)) {
            said = Err((500, "SYSTEM_ERROR"));
        }
        let (number, answer) = match said {
            Ok(said) => said,
            Err((number, code)) => (number, json!({"code": code, "message": "说明", "detail": {"issue": "no"}})),
        };
        let bytes = if answer.is_null() { vec![] } else { answer.to_string().into_bytes() };
        let serial = headers.get("wechatpay-serial").and_then(|serial| serial.to_str().ok()).unwrap_or(PLATFORM_SERIAL);
        let mut signed = self.sign_as(serial, &bytes);
        match fault {
            Some(Fault::Unsigned) => signed.clear(),
            Some(Fault::Probe) => {
                let probe = format!("WECHATPAY/SIGNTEST/{}", signed["wechatpay-signature"].to_str().expect("ascii"));
                signed.insert("wechatpay-signature", probe.parse().expect("ascii"));
            }
            _ => {}
        }
        (status(number), signed, bytes).into_response()
    }

    /// The first three of the checks: headers, the grammar of Authorization, and the signature.
    fn authorized(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(), (u16, &'static str)> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let json = |name| header(name).is_some_and(|kind| kind.starts_with("application/json"));
        if !json("accept")
            || header("user-agent").is_none_or(str::is_empty)
            || (method == Method::POST && !json("content-type"))
        {
            return Err((400, "INVALID_REQUEST"));
        }
        if ![None, Some(PUBLIC_KEY_ID), Some(PLATFORM_SERIAL)].contains(&header("wechatpay-serial")) {
            return Err((404, "RESOURCE_NOT_EXISTS"));
        }
        let refused = Err((401, "SIGN_ERROR"));
        let Some(fields) = header("authorization").and_then(|text| text.strip_prefix("WECHATPAY2-SHA256-RSA2048 "))
        else {
            return refused;
        };
        let fields: Vec<(&str, &str)> = fields
            .split(',')
            .filter_map(|field| field.split_once('='))
            .filter_map(|(name, value)| Some((name, value.strip_prefix('"')?.strip_suffix('"')?)))
            .collect();
        let field = |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let named = ["mchid", "nonce_str", "timestamp", "serial_no", "signature"].map(field);
        let [Some(mchid), Some(nonce), Some(timestamp), Some(serial), Some(signature)] = named else { return refused };
        let fresh = timestamp.parse::<u64>().is_ok_and(|sent| sent.abs_diff(self.time.seconds()) <= 300);
        let Ok(body) = std::str::from_utf8(body) else { return refused };
        let path = uri.path_and_query().expect("a path");
        let message = format!("{method}\n{path}\n{timestamp}\n{nonce}\n{body}\n");
        if fields.len() == 5
            && (mchid, serial) == (MCHID, SERIAL)
            && (1..=32).contains(&nonce.len())
            && fresh
            && self.merchant_signed(&message, signature)
        {
            Ok(())
        } else {
            refused
        }
    }

    fn work(&self, method: &Method, uri: &Uri, body: &[u8]) -> Said {
        const REFUNDS: &str = "/v3/refund/domestic/refunds";
        let (path, query) = (uri.path(), uri.query());
        match (method.as_str(), path) {
            ("POST", "/v3/pay/transactions/jsapi") => return self.prepay(body),
            ("POST", "/v3/pay/partner/transactions/jsapi") => return self.partner_prepay(body),
            ("POST", REFUNDS) => return self.refund(body),
            ("GET", "/v3/bill/tradebill") => return self.tell_bill(query),
            _ => {}
        }
        if let Some(number) = path.strip_prefix(REFUNDS).and_then(|rest| rest.strip_prefix('/')) {
            let allowed = [None, Some(format!("sub_mchid={SUB_MCHID}"))].contains(&query.map(str::to_owned));
            if method != Method::GET || !allowed {
                return Err((400, "PARAM_ERROR"));
            }
            return self.told_refund(number, false).map_or(Err((404, "RESOURCE_NOT_EXISTS")), |told| Ok((200, told)));
        }
        let direct = path.strip_prefix("/v3/pay/transactions/out-trade-no/").map(|rest| (rest, false));
        let partner = || path.strip_prefix("/v3/pay/partner/transactions/out-trade-no/").map(|rest| (rest, true));
        let Some((rest, partner)) = direct.or_else(partner) else { return Err((404, "NOT_FOUND")) };
        match (method.as_str(), rest.strip_suffix("/close")) {
            ("POST", Some(number)) => {
                let fields = if partner { check::PARTNER_CLOSE } else { check::CLOSE };
                let request = check::read(body, fields).ok_or((400, "PARAM_ERROR"))?;
                self.is_ours(&request)?;
                self.owned(number, partner)?;
                self.close_order(number, 0)
            }
            ("GET", None) => {
                let expected =
                    if partner { format!("sp_mchid={MCHID}&sub_mchid={SUB_MCHID}") } else { format!("mchid={MCHID}") };
                if query != Some(&expected) {
                    return Err((400, "PARAM_ERROR"));
                }
                self.owned(rest, partner)?;
                let known = self.trades.lock().expect("lock").contains_key(rest);
                if known { Ok((200, self.transaction(rest))) } else { Err((404, "ORDER_NOT_EXIST")) }
            }
            _ => Err((404, "NOT_FOUND")),
        }
    }

    /// An order is asked about in the mode that it was made in.
    fn owned(&self, number: &str, partner: bool) -> Result<(), (u16, &'static str)> {
        let trades = self.trades.lock().expect("lock");
        let fits = trades.get(number).is_none_or(|trade| trade.sub_mchid.is_some() == partner);
        if fits { Ok(()) } else { Err((403, "NO_AUTH")) }
    }

    /// The header's merchant is the body's.
    fn is_ours(&self, request: &Value) -> Result<(), (u16, &'static str)> {
        let mchid = request.get("sp_mchid").or(request.get("mchid"));
        let sub = request.get("sub_mchid").is_none_or(|sub| sub == SUB_MCHID);
        if mchid.is_some_and(|mchid| mchid == MCHID) && sub { Ok(()) } else { Err((400, "PARAM_ERROR")) }
    }

    fn prepay(&self, body: &[u8]) -> Said {
        let request = check::read(body, check::PREPAY).ok_or((400, "PARAM_ERROR"))?;
        self.is_ours(&request)?;
        if request["appid"] != APPID {
            return Err((400, "APPID_MCHID_NOT_MATCH"));
        }
        self.asked(body, &request, &request["appid"], &request["payer"]["openid"])
    }

    fn partner_prepay(&self, body: &[u8]) -> Said {
        let request = check::read(body, check::PARTNER_PREPAY).ok_or((400, "PARAM_ERROR"))?;
        self.is_ours(&request)?;
        let payer = &request["payer"];
        // The payer belongs to the mini program that is named: to one of the two, not to both.
        match (request.get("sub_appid"), payer.get("sp_openid"), payer.get("sub_openid")) {
            (None, Some(openid), None) => self.asked(body, &request, &request["sp_appid"], openid),
            (Some(appid), None, Some(openid)) if appid == SUB_APPID => self.asked(body, &request, appid, openid),
            _ => Err((400, "PARAM_ERROR")),
        }
    }

    fn asked(&self, body: &[u8], request: &Value, appid: &Value, openid: &Value) -> Said {
        let text = |value: &Value| value.as_str().expect("checked").to_owned();
        let now = self.time.ms();
        let expires_ms = request["time_expire"].as_str().and_then(milliseconds).unwrap_or(now + 7 * 86_400_000);
        let trade = Trade {
            request: body.to_vec(),
            state: "NOTPAY",
            twist: json!({}),
            appid: text(appid),
            mchid: MCHID.to_owned(),
            sub_mchid: request.get("sub_mchid").map(text),
            sub_appid: request.get("sub_appid").is_some(),
            openid: text(openid),
            total: request["amount"]["total"].as_u64().expect("checked"),
            created_ms: now,
            expires_ms,
            prepays: vec![],
        };
        self.prepay_for(&text(&request["out_trade_no"]), trade).map(|id| (200, json!({"prepay_id": id})))
    }

    fn refund(&self, body: &[u8]) -> Said {
        let request = check::read(body, check::REFUND).ok_or((400, "PARAM_ERROR"))?;
        let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
        // By one number or the other.
        if request.get("transaction_id").is_some() == request.get("out_trade_no").is_some() {
            return Err((400, "PARAM_ERROR"));
        }
        let refund = Refund {
            out_trade_no: String::new(),
            transaction_id: text("transaction_id"),
            amount: request["amount"]["refund"].as_u64().expect("checked"),
            state: "PROCESSING",
            asked_ms: self.time.ms(),
            reason: text("reason"),
            notify_url: text("notify_url"),
        };
        let (number, _) =
            self.refund_for(&text("out_refund_no"), refund, request["amount"]["total"].as_u64().expect("checked"))?;
        Ok((number, self.told_refund(&text("out_refund_no"), false).expect("just taken")))
    }

    /// An order as it is told of.
    pub fn transaction(&self, number: &str) -> Value {
        let trade = self.trades.lock().expect("lock").get(number).expect("a trade").clone();
        let mut told = json!({
            "out_trade_no": number, "trade_state": trade.state, "trade_state_desc": "something",
            "a_new_field": {"nobody": "knows"}, "amount": Self::amounts(&trade),
        });
        let mut payer = json!({"openid": trade.openid});
        match &trade.sub_mchid {
            None => merge(&mut told, &json!({"appid": trade.appid, "mchid": trade.mchid})),
            Some(sub_mchid) => {
                merge(&mut told, &json!({"sp_appid": APPID, "sp_mchid": trade.mchid, "sub_mchid": sub_mchid}));
                payer = json!({"sp_openid": trade.openid});
                if trade.sub_appid {
                    told["sub_appid"] = json!(trade.appid);
                    payer = json!({"sp_openid": "oOfTheServiceProvider", "sub_openid": trade.openid});
                }
            }
        }
        if matches!(trade.state, "SUCCESS" | "REFUND") {
            told["transaction_id"] = json!(trade.transaction_id(number));
            told["success_time"] = json!("2026-01-02T03:04:05+08:00");
            told["payer"] = payer;
        }
        merge(&mut told, &trade.twist);
        told
    }

    /// A refund as it is told of: an answer calls its state `status`, a notification `refund_status`.
    pub fn told_refund(&self, out_refund_no: &str, notified: bool) -> Option<Value> {
        let refund = self.refunds.lock().expect("lock").get(out_refund_no)?.clone();
        let trade = self.trades.lock().expect("lock").get(&refund.out_trade_no)?.clone();
        let total = trade.twist["amount"]["total"].as_u64().unwrap_or(trade.total);
        let mut told = json!({
            "refund_id": format!("5030{out_refund_no}"), "out_refund_no": out_refund_no, "a_new_field": 1,
            "transaction_id": refund.transaction_id, "out_trade_no": refund.out_trade_no,
            "user_received_account": "招商银行信用卡0403",
        });
        told[if notified { "refund_status" } else { "status" }] = json!(refund.state);
        if refund.state == "SUCCESS" {
            told["success_time"] = json!("2026-01-03T03:04:05+08:00");
        }
        told["amount"] = json!({"total": total, "refund": refund.amount, "payer_total": 1, "payer_refund": 1});
        if notified {
            match trade.sub_mchid {
                None => told["mchid"] = json!(trade.mchid),
                Some(sub) => merge(&mut told, &json!({"sp_mchid": trade.mchid, "sub_mchid": sub})),
            }
        } else {
            told["amount"]["currency"] = json!("CNY");
        }
        merge(&mut told, &self.refund_twist.lock().expect("lock"));
        Some(told)
    }

    /// A payment notification, as headers and body.
    pub fn notification(&self, transaction: &Value) -> (HeaderMap, Vec<u8>) {
        self.sealed("TRANSACTION.SUCCESS", "transaction", transaction)
    }

    /// A refund notification, as headers and body.
    pub fn refund_notification(&self, out_refund_no: &str) -> (HeaderMap, Vec<u8>) {
        let told = self.told_refund(out_refund_no, true).expect("a refund");
        let event = format!("REFUND.{}", told["refund_status"].as_str().expect("a state"));
        self.sealed(&event, "refund", &told)
    }

    /// Any notification, encrypted and signed.
    pub fn sealed(&self, event: &str, kind: &str, resource: &Value) -> (HeaderMap, Vec<u8>) {
        let key = UnboundKey::new(&AES_256_GCM, API_V3_KEY.as_bytes()).expect("32 bytes");
        let mut text = resource.to_string().into_bytes();
        let nonce = "abcdefghijkl";
        LessSafeKey::new(key)
            .seal_in_place_append_tag(
                Nonce::try_assume_unique_for_key(nonce.as_bytes()).expect("12 bytes"),
                Aad::from(kind.as_bytes()),
                &mut text,
            )
            .expect("seals");
        let body = json!({
            "id": format!("event-{}", self.next()), "create_time": "2026-01-02T03:04:05+08:00",
            "resource_type": "encrypt-resource", "event_type": event, "summary": "支付成功",
            "resource": {"original_type": kind, "algorithm": "AEAD_AES_256_GCM", "ciphertext": STANDARD.encode(text),
                "associated_data": kind, "nonce": nonce},
        });
        let body = body.to_string().into_bytes();
        (self.sign(&body), body)
    }

    /// The headers that sign `body` now, by the public key.
    pub fn sign(&self, body: &[u8]) -> HeaderMap {
        self.sign_as(PUBLIC_KEY_ID, body)
    }

    /// The same, by the key of this serial.
    pub fn sign_as(&self, serial: &str, body: &[u8]) -> HeaderMap {
        let key = if serial == PLATFORM_SERIAL { &self.platform } else { &self.key };
        let (timestamp, nonce) = (self.time.seconds().to_string(), "wechatnonce");
        let mut message = format!("{timestamp}\n{nonce}\n").into_bytes();
        message.extend_from_slice(body);
        message.push(b'\n');
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &message, &mut signature).expect("signs");
        let mut headers = HeaderMap::new();
        headers.insert("Wechatpay-Timestamp", timestamp.parse().expect("ascii"));
        headers.insert("Wechatpay-Nonce", nonce.parse().expect("ascii"));
        headers.insert("Wechatpay-Signature", STANDARD.encode(signature).parse().expect("ascii"));
        headers.insert("Wechatpay-Serial", serial.parse().expect("ascii"));
        headers
    }
}

//! WeChat's shipping desk: the mini program's access token, and what is uploaded under it.

use std::collections::{BTreeMap, VecDeque};

use axum::Json;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::Wechat;
use crate::support::{APP_SECRET, APPID, Arc};

/// What goes wrong with the next call of this name.
#[derive(Clone, Copy)]
pub enum Mishap {
    /// Refuses with this `errcode`.
    Refuse(i64),
    /// Does the work, then answers nothing that can be read.
    DoneThenLost,
}

#[derive(Default)]
pub struct Desk {
    /// How many tokens were made; the last one counts.
    pub tokens: u64,
    /// When the last one was made, milliseconds since 1970.
    made_ms: u64,
    /// Uploads that were taken, by WeChat's number of the payment.
    pub taken: BTreeMap<String, Vec<Value>>,
    pub mishaps: VecDeque<(&'static str, Mishap)>,
    /// Every call that came in, and what it said.
    pub calls: Vec<(String, Value)>,
}

impl Desk {
    pub fn count(&self, call: &str) -> usize {
        self.calls.iter().filter(|(name, _)| name == call).count()
    }

    fn mishap(&mut self, call: &str) -> Option<Mishap> {
        let at = self.mishaps.iter().position(|(name, _)| *name == call)?;
        self.mishaps.remove(at).map(|(_, mishap)| mishap)
    }

    fn token(&self) -> String {
        format!("access-token-{}", self.tokens)
    }
}

pub async fn stable_token(State(wechat): State<Arc<Wechat>>, Json(asked): Json<Value>) -> Json<Value> {
    let now_ms = wechat.time.ms();
    let mut desk = wechat.shipping.lock().expect("lock");
    desk.calls.push(("stable_token".to_owned(), asked.clone()));
    if let Some(Mishap::Refuse(code)) = desk.mishap("stable_token") {
        return refused(code);
    }
    assert_eq!(asked["grant_type"], "client_credential");
    assert_eq!((&asked["appid"], &asked["secret"]), (&json!(APPID), &json!(APP_SECRET)));
    // The same one until five minutes before its end.
    if desk.tokens == 0 || now_ms >= desk.made_ms + 6_900_000 {
        desk.tokens += 1;
        desk.made_ms = now_ms;
    }
    let left = (desk.made_ms + 7_200_000 - now_ms) / 1000;
    Json(json!({"access_token": desk.token(), "expires_in": left}))
}

pub async fn call(
    State(wechat): State<Arc<Wechat>>,
    Path(call): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    Json(asked): Json<Value>,
) -> Json<Value> {
    let now_ms = wechat.time.ms();
    let mut desk = wechat.shipping.lock().expect("lock");
    desk.calls.push((call.clone(), asked.clone()));
    let mishap = desk.mishap(&call);
    if let Some(Mishap::Refuse(code)) = mishap {
        if code == 40001 {
            // Somebody had a new one made by force: the old one has ended.
            desk.tokens += 1;
            desk.made_ms = now_ms;
        }
        return refused(code);
    }
    if query.get("access_token") != Some(&desk.token()) || now_ms >= desk.made_ms + 7_200_000 {
        return refused(40001);
    }
    let answer = match call.as_str() {
        "get_order" => state(&wechat, &mut desk, &asked),
        "upload_shipping_info" => upload(&wechat, &mut desk, &asked),
        other => panic!("there is no {other}"),
    };
    match mishap {
        Some(Mishap::DoneThenLost) => Json(json!("lost")),
        _ => answer,
    }
}

fn refused(code: i64) -> Json<Value> {
    Json(json!({"errcode": code, "errmsg": "refused, hint: [a] rid: b"}))
}

fn transaction(wechat: &Wechat, id: &str) -> Option<Value> {
    let trades = wechat.trades.lock().expect("lock");
    let numbers: Vec<String> = trades.keys().cloned().collect();
    drop(trades);
    numbers.iter().map(|number| wechat.transaction(number)).find(|transaction| transaction["transaction_id"] == id)
}

fn state(wechat: &Wechat, desk: &mut Desk, asked: &Value) -> Json<Value> {
    let id = asked["transaction_id"].as_str().expect("a number");
    let Some(transaction) = transaction(wechat, id) else { return refused(10_060_001) };
    let state = match (transaction["trade_state"].as_str(), desk.taken.contains_key(id)) {
        (Some("REFUND"), _) => 5,
        (_, true) => 2,
        (_, false) => 1,
    };
    Json(json!({"errcode": 0, "errmsg": "ok", "order": {"transaction_id": id, "order_state": state}}))
}

fn upload(wechat: &Wechat, desk: &mut Desk, asked: &Value) -> Json<Value> {
    let id = asked["order_key"]["transaction_id"].as_str().expect("a number").to_owned();
    assert_eq!((&asked["order_key"]["order_number_type"], &asked["delivery_mode"]), (&json!(2), &json!(1)));
    let Some(transaction) = transaction(wechat, &id) else { return refused(10_060_001) };
    if asked["payer"]["openid"] != transaction["payer"]["openid"] {
        return refused(10_060_031);
    }
    let time = asked["upload_time"].as_str().expect("a time");
    assert!(time.len() == 29 && time.ends_with("+08:00"), "{time}");
    assert_eq!(asked["shipping_list"].as_array().map(Vec::len), Some(1));
    match asked["shipping_list"][0]["item_desc"].as_str().map(|text| text.chars().count()) {
        None | Some(0) => return refused(10_060_008),
        Some(121..) => return refused(10_060_009),
        Some(_) => {}
    }
    let uploads = desk.taken.entry(id).or_default();
    if uploads.len() >= 2 {
        return refused(10_060_003);
    }
    uploads.push(asked.clone());
    Json(json!({"errcode": 0, "errmsg": "ok"}))
}

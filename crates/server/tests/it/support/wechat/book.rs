//! What WeChat knows, whichever version it was told in.

use serde_json::{Value, json};

use super::{Said, Wechat};

const MINUTE: u64 = 60_000;
const PREPAY_LIVES: u64 = 120 * MINUTE;

/// One order at WeChat.
#[derive(Clone, Debug)]
pub struct Trade {
    /// The bytes that asked for it: re-entry must not differ in one of them.
    pub request: Vec<u8>,
    pub state: &'static str,
    pub twist: Value,
    pub appid: String,
    pub mchid: String,
    pub sub_mchid: Option<String>,
    /// Whether the sub-merchant's mini program was named.
    pub sub_appid: bool,
    pub openid: String,
    pub total: u64,
    pub created_ms: u64,
    pub expires_ms: u64,
    /// The prepay_ids given out, and when.
    pub prepays: Vec<(String, u64)>,
}

/// One refund at WeChat.
#[derive(Clone, Debug)]
pub struct Refund {
    pub out_trade_no: String,
    pub transaction_id: String,
    pub amount: u64,
    pub state: &'static str,
    pub asked_ms: u64,
    pub reason: String,
    pub notify_url: String,
}

impl Trade {
    pub fn transaction_id(&self, number: &str) -> String {
        let twisted = self.twist["transaction_id"].as_str().map(str::to_owned);
        twisted.unwrap_or_else(|| format!("4200{number}"))
    }
}

impl Wechat {
    /// A prepay_id for an order, new or asked for again; the re-entry matrix of the documentation.
    pub(super) fn prepay_for(&self, number: &str, asked: Trade) -> Result<String, (u16, &'static str)> {
        let now = self.time.ms();
        let mut trades = self.trades.lock().expect("lock");
        if !trades.contains_key(number) && asked.expires_ms < now + MINUTE {
            return Err((400, "PARAM_ERROR"));
        }
        let trade = trades.entry(number.to_owned()).or_insert_with(|| asked.clone());
        match trade.state {
            _ if trade.request != asked.request => Err((400, "INVALID_REQUEST")),
            "NOTPAY" if trade.expires_ms <= now => Err((400, "INVALID_REQUEST")),
            "NOTPAY" => {
                let prepay_id = format!("wx2611220946031{:020}", self.next());
                trade.prepays.push((prepay_id.clone(), now));
                Ok(prepay_id)
            }
            "CLOSED" => Err((400, "ORDER_CLOSED")),
            _ => Err((403, "OUT_TRADE_NO_USED")),
        }
    }

    /// The order that a prepay_id can still be paid for.
    pub(super) fn payable(&self, prepay_id: &str) -> Result<String, &'static str> {
        let now = self.time.ms();
        let trades = self.trades.lock().expect("lock");
        let found = trades.iter().find_map(|(number, trade)| {
            let (_, given) = trade.prepays.iter().find(|(id, _)| id == prepay_id)?;
            Some((number.clone(), trade.clone(), *given))
        });
        let (number, trade, given) = found.ok_or("no such prepay_id")?;
        match trade.state {
            _ if now >= given + PREPAY_LIVES => Err("the prepay_id is older than two hours"),
            _ if now >= trade.expires_ms => Err("time_expire has passed"),
            "NOTPAY" => Ok(number),
            _ => Err("the order is paid or closed"),
        }
    }

    /// Closes an order; version 2 refuses that in its first five minutes.
    pub(super) fn close_order(&self, number: &str, too_young_ms: u64) -> Said {
        let now = self.time.ms();
        let mut trades = self.trades.lock().expect("lock");
        match trades.get_mut(number) {
            Some(trade) if matches!(trade.state, "SUCCESS" | "REFUND") => Err((400, "ORDER_PAID")),
            Some(trade) if now < trade.created_ms + too_young_ms => Err((400, "SYSTEM_ERROR_TOO_YOUNG")),
            Some(trade) => {
                trade.state = "CLOSED";
                Ok((204, Value::Null))
            }
            None => Ok((204, Value::Null)),
        }
    }

    /// Takes a refund: the same number is the same refund, and no more goes back than came.
    pub(super) fn refund_for(&self, out_refund_no: &str, asked: Refund, total: u64) -> Said {
        let trades = self.trades.lock().expect("lock");
        let found = trades.iter().find(|(number, trade)| {
            let paid = matches!(trade.state, "SUCCESS" | "REFUND");
            paid && (trade.transaction_id(number) == asked.transaction_id || self.second(number, &asked.transaction_id))
        });
        let Some((number, trade)) = found.map(|(number, trade)| (number.clone(), trade.clone())) else {
            return Err((404, "RESOURCE_NOT_EXISTS"));
        };
        drop(trades);
        let taken = trade.twist["amount"]["total"].as_u64().unwrap_or(trade.total);
        let mut refunds = self.refunds.lock().expect("lock");
        if let Some(known) = refunds.get(out_refund_no) {
            let same = known.transaction_id == asked.transaction_id
                && known.amount == asked.amount
                && known.reason == asked.reason
                && known.notify_url == asked.notify_url;
            return if same { Ok((200, Value::Null)) } else { Err((400, "INVALID_REQUEST")) };
        }
        let others: Vec<&Refund> =
            refunds.values().filter(|refund| refund.transaction_id == asked.transaction_id).collect();
        let sum: u64 = others.iter().filter(|refund| refund.state != "CLOSED").map(|refund| refund.amount).sum();
        let last = others.iter().map(|refund| refund.asked_ms).max();
        let mut balance = self.balance.lock().expect("lock");
        if total != taken || asked.amount == 0 || sum + asked.amount > total {
            return Err((400, "INVALID_REQUEST"));
        }
        if others.len() >= 50 {
            return Err((403, "RULE_LIMIT"));
        }
        if last.is_some_and(|last| asked.asked_ms < last + MINUTE) {
            return Err((429, "FREQUENCY_LIMITED"));
        }
        if balance.is_some_and(|balance| balance < asked.amount) {
            return Err((403, "NOT_ENOUGH"));
        }
        if let Some(balance) = balance.as_mut() {
            *balance -= asked.amount;
        }
        refunds.insert(out_refund_no.to_owned(), Refund { out_trade_no: number.clone(), ..asked });
        drop(refunds);
        self.set(&number, "REFUND");
        Ok((200, Value::Null))
    }

    /// Whether a second payment of this order was told of.
    fn second(&self, number: &str, transaction_id: &str) -> bool {
        transaction_id.starts_with("second-") && transaction_id.ends_with(&number[..8])
    }

    /// How a refund ends.
    pub fn end_refund(&self, out_refund_no: &str, state: &'static str) {
        self.refunds.lock().expect("lock").get_mut(out_refund_no).expect("a refund").state = state;
    }

    /// A refund that was made on the merchant platform.
    pub fn refund_elsewhere(&self, out_refund_no: &str, number: &str, amount: u64) {
        let transaction_id = self.trades.lock().expect("lock")[number].transaction_id(number);
        let refund = Refund {
            out_trade_no: number.to_owned(),
            transaction_id,
            amount,
            state: "SUCCESS",
            asked_ms: self.time.ms(),
            reason: String::new(),
            notify_url: String::new(),
        };
        self.refunds.lock().expect("lock").insert(out_refund_no.to_owned(), refund);
        self.set(number, "REFUND");
    }

    /// What is the same in an order's facts of either version.
    pub(super) fn amounts(trade: &Trade) -> Value {
        // What the payer gave is lower where a coupon was used: comparing it would be a mistake.
        json!({"total": trade.total, "payer_total": 1, "currency": "CNY", "payer_currency": "CNY"})
    }
}

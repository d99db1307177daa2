//! Orders as lines that somebody reads.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::Value;

use super::client::text;

/// Beijing's time, as WeChat counts days.
pub(super) fn time(ms: &Value) -> String {
    let known = ms.as_i64().filter(|ms| *ms > 0).and_then(|ms| Timestamp::from_millisecond(ms).ok());
    known.map_or_else(
        || "-".to_owned(),
        |at| Offset::constant(8).to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// Yuan, without floating point.
pub(super) fn yuan(fen: &Value) -> String {
    let fen = fen.as_u64().unwrap_or(0);
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// Orders in a table.
pub(super) fn list(orders: &[Value]) -> String {
    let mut lines =
        vec![format!("{:<36} {:<9} {:>12} {:<19} {}", "ORDER", "STATE", "YUAN", "MADE (Beijing)", "OUT_TRADE_NO")];
    lines.extend(orders.iter().map(|order| {
        format!(
            "{:<36} {:<9} {:>12} {:<19} {}",
            text(&order["orderId"]),
            state(order),
            yuan(&order["amount"]),
            time(&order["createdMs"]),
            text(&order["outTradeNo"])
        )
    }));
    lines.join("\n")
}

/// As the books say it, and that it is frozen.
pub(super) fn state(order: &Value) -> &str {
    if order["frozen"] == true && order["state"] == "unknown" { "frozen" } else { text(&order["state"]) }
}

/// An order with everything that is known of it.
pub(super) fn detail(detail: &Value) -> String {
    let order = &detail["summary"];
    let mut lines = vec![
        format!("order          {}", text(&order["orderId"])),
        format!("state          {}", state(order)),
        format!("amount         {} yuan, {} refunded", yuan(&order["amount"]), yuan(&order["refunded"])),
        format!("out_trade_no   {}", text(&order["outTradeNo"])),
        format!("payer          {}", text(&detail["payer"])),
        format!("merchant       {} {} {}", text(&detail["mchid"]), text(&detail["subMchid"]), text(&detail["api"])),
        format!("made           {}", time(&order["createdMs"])),
        format!("payable until  {}", time(&detail["payableUntilMs"])),
    ];
    if let Some(name) = order["merchantOrderId"].as_str() {
        lines.push(format!("merchant order {name}"));
    }
    for payment in items(&detail["payments"]) {
        let why = payment["misfit"].as_str().map_or_else(String::new, |misfit| format!(" ({misfit})"));
        lines.push(format!(
            "payment        {} {}{why}: {} yuan, {} left",
            text(&payment["transactionId"]),
            text(&payment["role"]),
            yuan(&payment["total"]),
            yuan(&payment["left"])
        ));
    }
    for refund in items(&detail["refunds"]) {
        lines.push(format!(
            "refund         {} {} ({}): {} yuan of {}",
            text(&refund["outRefundNo"]),
            text(&refund["stage"]),
            text(&refund["why"]),
            yuan(&refund["amount"]),
            text(&refund["transactionId"])
        ));
    }
    lines.push("what happened (Beijing's time)".to_owned());
    lines.extend(items(&detail["facts"]).iter().map(fact));
    lines.join("\n")
}

fn fact(fact: &Value) -> String {
    let again = match fact["times"].as_u64() {
        Some(times) if times > 1 => format!("  ({times} times, last {})", time(&fact["lastMs"])),
        _ => String::new(),
    };
    let amount = match fact["amount"].as_u64() {
        Some(fen) if fen > 0 => format!(" {} yuan", yuan(&fact["amount"])),
        _ => String::new(),
    };
    let line = format!(
        "  {}  {:<17} {} {}{amount}{again}",
        time(&fact["atMs"]),
        text(&fact["source"]),
        text(&fact["what"]),
        text(&fact["subject"])
    );
    line.trim_end().to_owned()
}

pub(super) fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_beijings_and_amounts_are_exact() {
        assert_eq!(time(&json!(1_790_000_000_000_u64)), "2026-09-21 22:13:20");
        assert_eq!((time(&json!(0)).as_str(), time(&Value::Null).as_str()), ("-", "-"));
        assert_eq!((yuan(&json!(6800)).as_str(), yuan(&json!(1)).as_str()), ("68.00", "0.01"));
    }
}

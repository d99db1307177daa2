//! What a call of v2 may have beside what it must have, with the documented lengths and words. (v2 documentation:
//! unifiedorder, refund)

use serde_json::Value;

use super::orders::text_of;
use super::{Asked, Refusal, refuse};
use crate::time;

/// Of a unified order.
pub(super) fn check_order(asked: &Asked<'_>) -> Result<(), Refusal> {
    for (name, most) in [("device_info", 32), ("detail", 6000), ("goods_tag", 32), ("product_id", 32)] {
        optional(asked, name, most)?;
    }
    one_of(asked, "fee_type", &["CNY"])?;
    one_of(asked, "limit_pay", &["no_credit"])?;
    one_of(asked, "receipt", &["Y"])?;
    one_of(asked, "profit_sharing", &["Y", "N"])?;
    if optional(asked, "time_start", 14)?.is_some_and(|given| time::parse_compact(&given).is_none()) {
        return Err(refuse(
            "PARAM_ERROR",
            "time_start must be yyyyMMddHHmmss in Beijing's time",
            "time_start 应为 yyyyMMddHHmmss（北京时间）",
        ));
    }
    let is_object = |given: String| serde_json::from_str::<Value>(&given).is_ok_and(|scene| scene.is_object());
    if optional(asked, "scene_info", 256)?.is_some_and(|given| !is_object(given)) {
        return Err(refuse("PARAM_ERROR", "scene_info must be a JSON object", "scene_info 应为 JSON 对象"));
    }
    Ok(())
}

/// Of a refund.
pub(super) fn check_refund(asked: &Asked<'_>) -> Result<(), Refusal> {
    one_of(asked, "refund_fee_type", &["CNY"])?;
    one_of(asked, "refund_account", &["REFUND_SOURCE_UNSETTLED_FUNDS", "REFUND_SOURCE_RECHARGE_FUNDS"])
}

/// v2 is here for a merchant by itself: what names a sub-merchant was meant for a service provider's API.
pub(super) fn check_direct(asked: &Asked<'_>) -> Result<(), Refusal> {
    match ["sub_mch_id", "sub_appid", "sub_openid"].into_iter().find(|name| !asked.get(name).is_empty()) {
        Some(name) => Err(refuse(
            "PARAM_ERROR",
            format!("{name} is a service provider's: v2 is here for a merchant by itself"),
            format!("{name} 是服务商接口的参数：这里的 v2 只支持普通商户"),
        )),
        None => Ok(()),
    }
}

fn optional(asked: &Asked<'_>, name: &str, most: usize) -> Result<Option<String>, Refusal> {
    if asked.get(name).is_empty() { Ok(None) } else { text_of(asked, name, 1..=most).map(Some) }
}

fn one_of(asked: &Asked<'_>, name: &str, words: &[&str]) -> Result<(), Refusal> {
    let given = asked.get(name);
    if given.is_empty() || words.contains(&given) {
        return Ok(());
    }
    let words = words.join(" / ");
    Err(refuse("PARAM_ERROR", format!("{name} must be {words}"), format!("{name} 应为 {words}")))
}

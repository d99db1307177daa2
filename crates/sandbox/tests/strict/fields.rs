//! Every field of a prepay, and what its body may be at all.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::merchant::{Merchant, PREPAY, REFUNDS};

/// Sets the field at a dotted path.
fn set(order: &mut Value, path: &str, value: Value) {
    let mut at = order;
    for name in path.split('.') {
        at = &mut at[name];
    }
    *at = value;
}

fn remove(order: &mut Value, path: &str) {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = parent.split('.').filter(|name| !name.is_empty()).fold(order, |at, name| &mut at[name]);
    parent.as_object_mut().expect("an object").remove(name);
}

/// `detail.field` is a JSON pointer.
fn pointer(path: &str) -> String {
    format!("/{}", path.replace('.', "/"))
}

#[tokio::test]
async fn a_required_field_that_is_missing() {
    let merchant = Merchant::start().await;
    for path in [
        "appid",
        "mchid",
        "description",
        "out_trade_no",
        "notify_url",
        "amount",
        "amount.total",
        "payer",
        "payer.openid",
    ] {
        let mut order = merchant.order("T-00000001");
        remove(&mut order, path);
        let reply = merchant.send(merchant.post(PREPAY, &order)).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.body["detail"]["field"], pointer(path), "{}", reply.raw);
        assert_eq!(reply.body["detail"]["location"], "body");
        assert_eq!(reply.body["detail"]["value"], "", "nothing was there");
        let numeric = if path.starts_with("payer") { 268_501_013 } else { 268_435_461 };
        assert_eq!(reply.numeric, numeric, "{path}: a missing openid has a number of its own");
    }
}

#[tokio::test]
async fn a_field_out_of_its_type_length_or_characters() {
    let merchant = Merchant::start().await;
    let long = |length| Value::from("x".repeat(length));
    let spoilt = [
        ("description", json!("")),
        ("description", long(128)),
        ("description", json!(7)),
        ("out_trade_no", json!("T-001")),
        ("out_trade_no", long(33)),
        ("out_trade_no", json!("T 0000001")),
        ("out_trade_no", json!("T.0000001")),
        ("out_trade_no", json!("订单0000001")),
        ("out_trade_no", json!(1_234_567)),
        ("attach", long(129)),
        ("goods_tag", long(33)),
        ("time_expire", json!("tomorrow")),
        ("time_expire", json!("2030-01-01 10:00:00")),
        ("time_expire", json!("2020-01-01T10:00:00+08:00")),
        ("support_fapiao", json!("true")),
        ("notify_url", json!("http://pay.example.com/notify")),
        ("notify_url", json!("https://pay.example.com/notify?order=1")),
        ("notify_url", json!("https://pay.example.com")),
        ("notify_url", json!("https://127.0.0.1/notify")),
        ("notify_url", json!("https://localhost/notify")),
        ("notify_url", json!(format!("https://pay.example.com/{}", "n".repeat(232)))),
        ("amount", json!(6800)),
        ("amount.total", json!(0)),
        ("amount.total", json!(-1)),
        ("amount.total", json!(68.5)),
        ("amount.total", json!(6800.0)),
        ("amount.total", json!("6800")),
        ("amount.currency", json!("USD")),
        ("payer", json!("o1")),
        ("payer.openid", json!("")),
        ("payer.openid", long(129)),
        ("detail", json!([])),
        ("settle_info", json!(true)),
    ];
    for (path, value) in spoilt {
        let mut order = merchant.order("T-00000001");
        set(&mut order, path, value.clone());
        let reply = merchant.send(merchant.post(PREPAY, &order)).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.body["detail"]["field"], pointer(path), "{value}: {}", reply.raw);
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert_eq!(reply.body["detail"]["value"], shown, "what was sent comes back");
    }
    merchant.query("T-00000001").await.refused(404, "ORDER_NOT_EXIST");
}

#[tokio::test]
async fn a_field_at_its_limits_passes() {
    let merchant = Merchant::start().await;
    let mut order = merchant.order("T-|*_9");
    for (path, value) in [
        ("description", json!("茶".repeat(127))),
        ("attach", json!("x".repeat(128))),
        ("goods_tag", json!("x".repeat(32))),
        ("time_expire", json!("2099-01-01T10:00:00+08:00")),
        ("support_fapiao", json!(false)),
        ("amount.total", json!(1)),
        (
            "detail",
            json!({ "cost_price": 1, "invoice_id": "1", "goods_detail": [
            { "merchant_goods_id": "a", "goods_name": "茶", "quantity": 1, "unit_price": 1 },
        ] }),
        ),
        ("scene_info", json!({ "payer_client_ip": "127.0.0.1", "device_id": "1", "store_info": { "id": "1" } })),
        ("settle_info", json!({ "profit_sharing": false })),
    ] {
        set(&mut order, path, value);
    }
    let reply = merchant.send(merchant.post(PREPAY, &order)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.raw);
}

#[tokio::test]
async fn what_a_nested_object_requires() {
    let merchant = Merchant::start().await;
    for (path, value, field) in [
        ("scene_info", json!({}), "/scene_info/payer_client_ip"),
        ("scene_info", json!({ "payer_client_ip": "999.1.1.1" }), "/scene_info/payer_client_ip"),
        ("scene_info", json!({ "payer_client_ip": "here" }), "/scene_info/payer_client_ip"),
        ("scene_info", json!({ "payer_client_ip": "::1", "store_info": {} }), "/scene_info/store_info/id"),
        (
            "detail",
            json!({ "goods_detail": [{ "merchant_goods_id": "a", "quantity": 1 }] }),
            "/detail/goods_detail/0/unit_price",
        ),
        ("settle_info", json!({ "profit_sharing": 1 }), "/settle_info/profit_sharing"),
    ] {
        let mut order = merchant.order("T-00000001");
        set(&mut order, path, value);
        let reply = merchant.send(merchant.post(PREPAY, &order)).await;
        assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["field"], field);
    }
}

#[tokio::test]
async fn a_field_that_the_call_does_not_define() {
    let merchant = Merchant::start().await;
    for path in ["trade_type", "amount.payer_total", "payer.name", "detail.x", "scene_info.h5_info", "settle_info.x"] {
        let mut order = merchant.order("T-00000001");
        order["detail"] = json!({});
        order["scene_info"] = json!({ "payer_client_ip": "127.0.0.1" });
        order["settle_info"] = json!({});
        set(&mut order, path, json!("1"));
        let reply = merchant.send(merchant.post(PREPAY, &order)).await;
        assert_eq!(reply.refused(400, "PARAM_ERROR").numeric, 270_924_358);
        assert_eq!(reply.body["detail"]["field"], pointer(path));
    }
    let close = json!({ "mchid": merchant.identity.mchid, "appid": merchant.identity.appid });
    let draft = merchant.post("/v3/pay/transactions/out-trade-no/T-00000001/close", &close);
    assert_eq!(merchant.send(draft).await.refused(400, "PARAM_ERROR").numeric, 270_924_358);
    let mchid = &merchant.identity.mchid;
    let draft = merchant.get(&format!("/v3/pay/transactions/out-trade-no/T-00000001?mchid={mchid}&appid=1"));
    assert_eq!(merchant.send(draft).await.refused(400, "PARAM_ERROR").numeric, 270_924_358);
}

#[tokio::test]
async fn null_is_not_a_value() {
    let merchant = Merchant::start().await;
    for path in ["attach", "amount.currency", "payer.openid"] {
        let mut order = merchant.order("T-00000001");
        set(&mut order, path, Value::Null);
        let reply = merchant.send(merchant.post(PREPAY, &order)).await;
        assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["field"], pointer(path));
        assert!(reply.raw.contains("is null"), "{}", reply.raw);
    }
}

#[tokio::test]
async fn a_character_of_four_bytes_also_when_it_is_escaped() {
    let merchant = Merchant::start().await;
    let plain = merchant.order("T-00000001").to_string();
    for tea in ["茶🍵", "茶\\ud83c\\udf75"] {
        let body = plain.replacen("西湖龙井", tea, 1);
        let reply = merchant.send(merchant.draft(Method::POST, PREPAY, body)).await;
        assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["field"], "/description");
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_object_in_utf_8() {
    let merchant = Merchant::start().await;
    let order = merchant.order("T-00000001").to_string();
    let mut latin = order.clone().into_bytes();
    let at = latin.iter().position(|byte| *byte > 0x7f).expect("Chinese");
    latin[at] = 0xff;
    let marked = [b"\xef\xbb\xbf".as_slice(), order.as_bytes()].concat();
    let twice = format!("{order}{order}").into_bytes();
    for body in [latin, marked, twice, b"".to_vec(), b"[]".to_vec(), b"{".to_vec(), vec![b'['; 60_000]] {
        merchant.send(merchant.draft(Method::POST, PREPAY, body)).await.refused(400, "INVALID_REQUEST");
    }
    let huge = format!("{order}{}", " ".repeat(70_000));
    merchant.send(merchant.draft(Method::POST, PREPAY, huge)).await.refused(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn an_appid_that_is_not_bound_and_an_openid_of_elsewhere() {
    let merchant = Merchant::start().await;
    let mut order = merchant.order("T-00000001");
    order["appid"] = "wx0000000000000001".into();
    let reply = merchant.send(merchant.post(PREPAY, &order)).await;
    assert_eq!(reply.refused(400, "APPID_MCHID_NOT_MATCH").numeric, 268_445_527);

    let mut order = merchant.order("T-00000001");
    order["payer"]["openid"] = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".into();
    let reply = merchant.send(merchant.post(PREPAY, &order)).await;
    assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["field"], "/payer/openid");
    merchant.query("T-00000001").await.refused(404, "ORDER_NOT_EXIST");
}

/// A value of the wrong kind is illegal, one of the right kind beyond its limits is out of range.
#[tokio::test]
async fn out_of_range_is_another_number_than_illegal() {
    let merchant = Merchant::start().await;
    for (path, value, numeric) in [
        ("description", json!("x".repeat(128)), 268_435_464),
        ("out_trade_no", json!("T-001"), 268_435_464),
        ("amount.total", json!(0), 268_435_464),
        ("amount.total", json!(-1), 268_435_464),
        ("amount.total", json!(100_000_000_001_u64), 268_435_464),
        ("time_expire", json!("2020-01-01T10:00:00+08:00"), 268_435_464),
        ("amount.total", json!(68.5), 268_435_461),
        ("amount.total", json!("6800"), 268_435_461),
        ("description", json!(7), 268_435_461),
        ("out_trade_no", json!("T 0000001"), 268_435_461),
        ("amount.currency", json!("USD"), 268_435_461),
    ] {
        let mut order = merchant.order("T-00000001");
        set(&mut order, path, value.clone());
        let reply = merchant.send(merchant.post(PREPAY, &order)).await;
        assert_eq!(reply.refused(400, "PARAM_ERROR").numeric, numeric, "{path} {value}");
    }
}

#[tokio::test]
async fn a_name_that_comes_twice() {
    let merchant = Merchant::start().await;
    let order = merchant.order("T-00000001").to_string();
    for (body, field) in [
        (order.replacen('{', "{\"description\":\"茶\",", 1), "/description"),
        (order.replacen("\"total\":6800", "\"total\":6800,\"total\":1", 1), "/amount/total"),
        (order.replacen("\"total\":6800", "\"total\":6800,\"t\\u006ftal\":6800", 1), "/amount/total"),
    ] {
        let reply = merchant.send(merchant.draft(Method::POST, PREPAY, &body)).await;
        assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["field"], field, "{body}");
        assert!(reply.raw.contains("twice"), "{}", reply.raw);
    }
    merchant.query("T-00000001").await.refused(404, "ORDER_NOT_EXIST");
}

#[tokio::test]
async fn a_post_has_no_query_and_a_query_no_name_twice() {
    let merchant = Merchant::start().await;
    let target = format!("{PREPAY}?mchid={}", merchant.identity.mchid);
    let reply = merchant.send(merchant.post(&target, &merchant.order("T-00000001"))).await;
    assert_eq!(reply.refused(400, "PARAM_ERROR").numeric, 270_924_358);
    assert_eq!((&reply.body["detail"]["field"], &reply.body["detail"]["location"]), (&json!("mchid"), &json!("query")));
    merchant.query("T-00000001").await.refused(404, "ORDER_NOT_EXIST");

    let mchid = &merchant.identity.mchid;
    let twice = format!("/v3/pay/transactions/out-trade-no/T-00000001?mchid={mchid}&mchid={mchid}");
    let reply = merchant.send(merchant.get(&twice)).await;
    assert_eq!(reply.refused(400, "PARAM_ERROR").numeric, 268_435_461);
    assert!(reply.raw.contains("comes twice"), "{}", reply.raw);
}

#[tokio::test]
async fn a_content_type_that_only_begins_like_json() {
    let merchant = Merchant::start().await;
    let with = |kind: &str| merchant.post(PREPAY, &merchant.order("T-00000001")).with("content-type", kind);
    for kind in ["application/jsonx", "application/json-seq", "application/x-www-form-urlencoded", "text/plain", "json"]
    {
        merchant.send(with(kind)).await.refused(400, "INVALID_REQUEST");
    }
    for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"] {
        assert_eq!(merchant.send(with(kind)).await.status, StatusCode::OK, "{kind}");
    }
}

/// Numbers of addresses that nobody can reach from outside, however they are written.
#[tokio::test]
async fn a_notify_url_that_wechat_could_not_reach() {
    let merchant = Merchant::start().await;
    for host in [
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "2130706433",
        "0x7f000001",
        "127.1",
        "[::1]",
        "[fd00::1]",
        "[fe80::1]",
        "[::ffff:127.0.0.1]",
        "localhost.",
        "shop.internal",
    ] {
        let mut order = merchant.order("T-00000001");
        order["notify_url"] = format!("https://{host}/notify").into();
        let reply = merchant.send(merchant.post(PREPAY, &order)).await;
        assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["field"], "/notify_url", "{host}");
    }
    let mut wish = merchant.refund("T-00000001", "R-1", 1);
    wish["notify_url"] = "https://100.64.0.1/notify".into();
    let reply = merchant.send(merchant.post(REFUNDS, &wish)).await;
    assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["field"], "/notify_url");
}

/// A parser would repair them: what counts is what was sent.
#[tokio::test]
async fn a_notify_url_that_only_a_lenient_parser_reads() {
    let merchant = Merchant::start().await;
    let long = format!("https://{}.example.com/n", "a".repeat(64));
    for url in [
        "https://pay.example.com/n ",
        " https://pay.example.com/n",
        "https://pay.example.com/a b",
        "https://pay.example.com/a\tb",
        "https://shop.example.com\\@127.0.0.1/n",
        "https:\\\\pay.example.com/n",
        "https:///pay.example.com/n",
        "https://@pay.example.com/n",
        "https://pay.example.com:/n",
        "https://shop..example.com/n",
        "https://.example.com/n",
        "https://-a.com/n",
        "https://a-.com/n",
        "https://a_b.example.com/n",
        long.as_str(),
        "https://茶.example.com/n",
        "https://pay.example.com/茶",
        "https://pay.example.com/a/../b",
        "https://pay.example.com/a/%2e%2E/b",
        "https://pay.example.com/./n",
        "https://pay.example.com/a|b",
        "https://pay.example.com/[a]",
        "https://pay.example.com/%zz",
        "https://pay.example.com/a%2",
    ] {
        let mut order = merchant.order("T-00000001");
        order["notify_url"] = url.into();
        let reply = merchant.send(merchant.post(PREPAY, &order)).await;
        assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["field"], "/notify_url", "{url}");
    }
    for (number, url) in [
        ("T-00000002", "https://Pay.Example.com:443/n"),
        ("T-00000003", "https://pay.example.com:8443/%E8%8C%B6"),
        ("T-00000004", "https://xn--9kq.example.com/n"),
    ] {
        let mut order = merchant.order(number);
        order["notify_url"] = url.into();
        let reply = merchant.send(merchant.post(PREPAY, &order)).await;
        assert_eq!(reply.status, StatusCode::OK, "{url}: {}", reply.raw);
    }
}

/// A number that a parser would write otherwise, and the second of two fields.
#[tokio::test]
async fn what_was_sent_comes_back_as_it_was_written() {
    let merchant = Merchant::start().await;
    let order = merchant.order("T-00000001").to_string();
    let with_total = |written: &str| order.replacen("\"total\":6800", &format!("\"total\": {written}"), 1);
    for (body, field, value) in [
        (with_total("1e2"), "/amount/total", "1e2"),
        (with_total("99999999999999999999"), "/amount/total", "99999999999999999999"),
        (with_total("6800.0"), "/amount/total", "6800.0"),
        (with_total("-0"), "/amount/total", "-0"),
        (with_total("[ 1 ]"), "/amount/total", "[ 1 ]"),
        (order.replacen("\"total\":6800", "\"total\":6800,\"total\":1", 1), "/amount/total", "1"),
        (order.replacen('{', "{\"attach\":\"a\",\"attach\":\"\\u8336\",", 1), "/attach", "茶"),
        (order.replacen('{', "{\"attach\": null,", 1), "/attach", "null"),
        (order.replacen('{', "{\"colour\": 1e2,", 1), "/colour", "1e2"),
    ] {
        let reply = merchant.send(merchant.draft(Method::POST, PREPAY, &body)).await;
        let detail = &reply.refused(400, "PARAM_ERROR").body["detail"];
        assert_eq!((&detail["field"], &detail["value"]), (&json!(field), &json!(value)), "{body}");
    }
}

#[tokio::test]
async fn a_control_character() {
    let merchant = Merchant::start().await;
    for (path, value) in [
        ("description", json!("\u{0}")),
        ("description", json!("茶\u{1b}[1m")),
        ("attach", json!("a\u{7f}")),
        ("attach", json!("a\u{85}")),
    ] {
        let mut order = merchant.order("T-00000001");
        order[path] = value;
        let reply = merchant.send(merchant.post(PREPAY, &order)).await;
        assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["field"], pointer(path));
    }
    let mut order = merchant.order("T-00000001");
    order["attach"] = json!("two\r\n\tlines");
    assert_eq!(merchant.send(merchant.post(PREPAY, &order)).await.status, StatusCode::OK);
}

//! M3: versions and modes by configuration, and orders that keep what they were made with.

use axum::http::StatusCode;
use serde_json::{Value, json};
use wx_checkout_server::jobs;

use crate::support::{
    API_V2_KEY, APPID, Fault, MCHID, PAYER, PLATFORM_SERIAL, SUB_APPID, SUB_MCHID, World, assert_problem, tea, text,
};

const V2: &str =
    "api = \"v2\"\napi_v2_key = \"v2key0123456789v2key0123456789v2\"\ncertificate_file = \"merchant_cert.pem\"\n";
const ACKNOWLEDGED: &str =
    "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>";
const MINUTE: u64 = 60_000;

/// A server whose new orders are made in version 2.
async fn v2_world() -> World {
    let mut world = World::new().await;
    world.reconfigure("serial = ", &format!("{V2}serial = ")).await;
    world
}

/// A server of a service provider; `more` is the rest of the section.
async fn partner_world(more: &str) -> World {
    let mut world = World::new().await;
    let section = format!("[merchant.partner]\nsub_mchid = \"{SUB_MCHID}\"\n{more}\n[wechatpay]");
    world.reconfigure("[wechatpay]", &section).await;
    world
}

async fn notify_v2(world: &World, route: &str, body: Vec<u8>) -> (StatusCode, String) {
    let reply = world.notify_at(&format!("/notify/v2/{route}"), (Default::default(), body)).await;
    (reply.status, String::from_utf8(reply.body).expect("UTF-8"))
}

#[tokio::test]
async fn v2_whole_purchase_refund_and_all() {
    let world = v2_world().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    assert_eq!(order["payment"]["signType"], "HMAC-SHA256");
    world.wechat.pay(APPID, &order["payment"]).expect("the sheet opens and is paid");
    let number = world.wechat.number();
    let sent = String::from_utf8(world.wechat.bodies("/pay/unifiedorder")[0].clone()).expect("UTF-8");
    assert!(sent.contains("https://pay.example.com/notify/v2/payment"), "{sent}");

    let (status, body) = notify_v2(&world, "payment", world.wechat.notification_v2(&number, false, None)).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, ACKNOWLEDGED));
    let view = world.verify(&token, &order).await;
    assert_eq!((&view["state"], &view["paidAt"]), (&json!("paid"), &json!("2026-01-02T03:04:05+08:00")));

    // A second payment goes back, through the door that asks for the merchant's certificate.
    world.wechat.twist(&number, json!({"transaction_id": format!("second-{}", &number[..8])}));
    notify_v2(&world, "payment", world.wechat.notification_v2(&number, true, Some("MD5"))).await;
    world.wechat.twist(&number, json!({}));
    jobs::refunds(&world.checkout).await.expect("a round");
    assert_eq!(world.wechat.count("/secapi/pay/refund"), 1);
    let refund = format!("dup-second-{}", &number[..8]);
    world.wechat.end_refund(&refund, "SUCCESS");

    // The notification proves nothing, so WeChat is asked; that it asks at once is all that it does.
    let hint = world.wechat.refund_notification_v2(&refund, API_V2_KEY);
    assert_eq!(notify_v2(&world, "refund", hint).await, (StatusCode::OK, ACKNOWLEDGED.to_owned()));
    assert_eq!(world.number("SELECT count(*) FROM outbox WHERE action = 'refunded'").await, 0);
    assert_eq!(jobs::refunds(&world.checkout).await.expect("a round"), 1);
    assert_eq!(world.wechat.count("/pay/refundquery"), 1);
    assert_eq!(world.number("SELECT count(*) FROM outbox WHERE action = 'refunded'").await, 1);
}

#[tokio::test]
async fn v2_a_refund_made_elsewhere_counts_after_wechat_was_asked() {
    let world = v2_world().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.wechat.pay(APPID, &order["payment"]).expect("paid");
    world.verify(&token, &order).await;
    world.wechat.refund_elsewhere("elsewhere", &world.wechat.number(), 300);
    notify_v2(&world, "refund", world.wechat.refund_notification_v2("elsewhere", API_V2_KEY)).await;
    assert_eq!(world.verify(&token, &order).await["refundedAmount"], 0, "a rumour moves no money");
    jobs::refunds(&world.checkout).await.expect("a round");
    let view = world.verify(&token, &order).await;
    assert_eq!((&view["refund"], &view["refundedAmount"]), (&json!("refunded"), &json!(300)));
}

#[tokio::test]
async fn v2_a_rumour_of_a_refund_that_nobody_made_ends() {
    let world = v2_world().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.wechat.pay(APPID, &order["payment"]).expect("paid");
    world.verify(&token, &order).await;
    world.wechat.refund_elsewhere("never", &world.wechat.number(), 300);
    let hint = world.wechat.refund_notification_v2("never", API_V2_KEY);
    world.wechat.refunds.lock().expect("lock").clear();
    notify_v2(&world, "refund", hint).await;
    for _ in 0..8 {
        jobs::refunds(&world.checkout).await.expect("a round");
        world.time.forward(60 * MINUTE);
    }
    assert_eq!(world.number("SELECT count(*) FROM refunds WHERE next_ms IS NOT NULL").await, 0);
    assert_eq!(world.wechat.count("/secapi/pay/refund"), 0, "nothing is asked for that nobody decided");
}

#[tokio::test]
async fn m8_v2_what_does_not_verify_gets_fail_and_changes_nothing() {
    let world = v2_world().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.wechat.pay(APPID, &order["payment"]).expect("paid");
    let number = world.wechat.number();
    let good = String::from_utf8(world.wechat.notification_v2(&number, false, None)).expect("UTF-8");
    world.wechat.refund_elsewhere("elsewhere", &number, 300);
    let forgeries = [
        good.replace("<![CDATA[6800]]>", "<![CDATA[1]]>"),
        good.replace("SUCCESS", "FAIL"),
        good.replace(MCHID, "1900000002"),
        good.replace("<xml>", "<!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><xml>"),
        good.replace("sign>", "sing>"),
        "<xml></xml>".to_owned(),
        String::new(),
        "x".repeat(70_000),
    ];
    for (at, forgery) in forgeries.into_iter().enumerate() {
        let (status, body) = notify_v2(&world, "payment", forgery.into_bytes()).await;
        assert!(status.is_client_error() && body.contains("<![CDATA[FAIL]]>"), "forgery {at}: {status} {body}");
    }
    let other_key = world.wechat.refund_notification_v2("elsewhere", "another-key-another-key-another-");
    let (status, body) = notify_v2(&world, "refund", other_key).await;
    assert!(status.is_client_error() && body.contains("<![CDATA[FAIL]]>"), "{status} {body}");
    assert_eq!(world.number("SELECT count(*) FROM notifications").await, 0);
    // With and without sign_type, in either digest, it is the same payment.
    for (md5, sign_type) in [(true, None), (true, Some("MD5")), (false, None), (false, Some("HMAC-SHA256"))] {
        let (status, body) = notify_v2(&world, "payment", world.wechat.notification_v2(&number, md5, sign_type)).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, ACKNOWLEDGED));
    }
    assert_eq!(world.number("SELECT count(*) FROM payments").await, 1);
    assert_eq!(world.number("SELECT count(*) FROM outbox WHERE action = 'paid'").await, 1);
}

#[tokio::test]
async fn m6_v2_closing_is_refused_for_five_minutes_and_goes_on_by_itself() {
    let world = v2_world().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let close = json!({"orderId": order["orderId"]});
    assert_eq!(world.post("/orders/close", &token, &close).await.json["state"], "closing");
    world.time.forward(6 * MINUTE);
    assert_eq!(jobs::round(&world.checkout).await.expect("a round"), 1);
    assert_eq!(world.verify(&token, &order).await["state"], "closed");
}

#[tokio::test]
async fn m5_v2_what_cannot_be_asked_is_unknown() {
    let world = v2_world().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.wechat.set(&world.wechat.number(), "SUCCESS");
    let faults = [
        Fault::Unsigned,
        Fault::Probe,
        Fault::Refuse(200, "SYSTEMERROR"),
        Fault::Refuse(503, ""),
        Fault::Refuse(429, ""),
    ];
    for fault in faults {
        // A SYSTEMERROR is repeated at once, and then it is an answer like any other.
        for _ in 0..2 {
            world.wechat.fail_next("/pay/orderquery", fault.clone());
        }
        assert_eq!(world.verify(&token, &order).await["state"], "unknown", "{fault:?}");
        world.wechat.faults.lock().expect("lock").clear();
        world.time.forward(3_000);
    }
    assert_eq!(world.verify(&token, &order).await["state"], "paid");
}

#[tokio::test]
async fn m5_v2_a_verdict_about_another_order_is_nonsense() {
    let world = v2_world().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    world.wechat.set(&number, "CLOSED");
    world.wechat.twist(&number, json!({"out_trade_no": "another-order"}));
    assert_eq!(world.verify(&token, &order).await["state"], "unknown");
    world.wechat.twist(&number, json!({}));
    assert_eq!(world.verify(&token, &order).await["state"], "closed");
}

#[tokio::test]
async fn m3_v2_repeats_send_the_same_bytes_and_a_refusal_frees_the_key() {
    let world = v2_world().await;
    let token = world.login(PAYER).await;
    world.wechat.fail_next("/pay/unifiedorder", Fault::Unsigned);
    assert_problem(&world.create(&token, "key-1", &tea()).await, 503, "gateway_unavailable");
    world.wechat.fail_next("/pay/unifiedorder", Fault::DoneThen500);
    world.buy(&token, "key-1").await;
    let bodies = world.wechat.bodies("/pay/unifiedorder");
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| *body == bodies[0]), "a repeat differs");

    let other = json!({"items": [{"sku": "sample-5g", "quantity": 1}], "expectedAmount": 1});
    world.wechat.fail_next("/pay/unifiedorder", Fault::Refuse(200, "NOAUTH"));
    assert_problem(&world.create(&token, "key-2", &other).await, 502, "gateway_misconfigured");
    world.wechat.fail_next("/pay/unifiedorder", Fault::Refuse(200, "PARAM_ERROR"));
    assert_problem(&world.create(&token, "key-2", &other).await, 422, "payment_refused");
}

#[tokio::test]
async fn m3_a_wrong_v2_key_is_the_operators_to_correct() {
    let mut world = v2_world().await;
    let token = world.login(PAYER).await;
    world.reconfigure(API_V2_KEY, "another0key0another0key0another0").await;
    assert_problem(&world.create(&token, "key-1", &tea()).await, 502, "gateway_misconfigured");
}

#[tokio::test]
async fn m3_an_order_keeps_its_version_when_new_ones_are_made_in_another() {
    let mut world = World::new().await;
    let token = world.login(PAYER).await;
    let old = world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    world.reconfigure("serial = ", &format!("{V2}serial = ")).await;
    // Asked about, renewed, paid, told of and refunded in the version that it was made in.
    assert_eq!(world.verify(&token, &old).await["state"], "payable");
    let again = world.buy(&token, "key-1").await;
    assert_eq!(again["payment"]["signType"], "RSA");
    world.wechat.pay(APPID, &again["payment"]).expect("paid");
    assert_eq!(world.notify_of(&number).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.verify(&token, &old).await["state"], "paid");
    assert_eq!(world.wechat.count("/pay/unifiedorder"), 0);
    world.post("/orders/acknowledge", &token, &json!({"orderId": old["orderId"]})).await;
    let new = world.buy(&token, "key-2").await;
    assert_eq!(new["payment"]["signType"], "HMAC-SHA256");
    // And back again.
    world.reconfigure("api = \"v2\"\n", "").await;
    assert_eq!(world.verify(&token, &new).await["state"], "payable");
    assert_eq!(world.wechat.count("/pay/orderquery"), 1);
}

#[tokio::test]
async fn m3_an_order_keeps_its_merchant_when_new_ones_are_made_for_another() {
    let mut world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    let key = "0123456789abcdef0123456789ABCDEF";
    world.reconfigure(&format!("mchid = \"{MCHID}\""), "mchid = \"1900000555\"").await;
    assert_eq!(world.verify(&token, &order).await["state"], "unknown", "nobody has its keys: nothing is said");
    let former = format!(
        "[[former_merchants]]\nmchid = \"{MCHID}\"\nserial = \"7132D72A03E93CDDF8C03BBD1F37EEDF\"\n\
         private_key_file = \"merchant_key.pem\"\napi_v3_key = \"{key}\"\npublic_key_id = \"PUB_KEY_ID_0119000000012026\"\n\
         public_key_file = \"wechatpay_public_key.pem\"\n\n[wechatpay]"
    );
    world.reconfigure("[wechatpay]", &former).await;
    world
        .reconfigure(
            "api_v3_key = \"0123456789abcdef0123456789ABCDEF\"\n\n[[former",
            "api_v3_key = \"another0123456789another01234560\"\n\n[[former",
        )
        .await;
    assert_eq!(world.verify(&token, &order).await["state"], "payable");
    world.wechat.set(&number, "SUCCESS");
    // Encrypted for the merchant that it was made for.
    assert_eq!(world.notify_of(&number).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.verify(&token, &order).await["state"], "paid");
}

#[tokio::test]
async fn partner_mode_names_both_and_is_held_to_both() {
    for (more, appid) in [("", APPID), (&*format!("sub_appid = \"{SUB_APPID}\""), SUB_APPID)] {
        let world = partner_world(more).await;
        let token = world.login(PAYER).await;
        let order = world.buy(&token, "key-1").await;
        assert_eq!(world.wechat.count("/v3/pay/partner/transactions/jsapi"), 1);
        world.wechat.pay(appid, &order["payment"]).expect("the sheet opens for the payer's mini program");
        let number = world.wechat.number();
        assert_eq!(world.notify_of(&number).await.status, StatusCode::NO_CONTENT);
        assert_eq!(world.verify(&token, &order).await["state"], "paid");

        // A second payment goes back from the merchant behind.
        world.wechat.twist(&number, json!({"transaction_id": format!("second-{}", &number[..8])}));
        world.notify_of(&number).await;
        world.wechat.twist(&number, json!({}));
        jobs::refunds(&world.checkout).await.expect("a round");
        let sent: Value = serde_json::from_slice(&world.wechat.bodies("POST /v3/refund")[0]).expect("JSON");
        assert_eq!(sent["sub_mchid"], SUB_MCHID);
        world.wechat.end_refund(&format!("dup-second-{}", &number[..8]), "SUCCESS");
        world.time.forward(60 * MINUTE);
        jobs::refunds(&world.checkout).await.expect("a round");
        assert_eq!(world.wechat.count(&format!("?sub_mchid={SUB_MCHID}")), 1);
        assert_eq!(world.number("SELECT count(*) FROM outbox WHERE action = 'refunded'").await, 1);
    }
}

#[tokio::test]
async fn partner_mode_queries_and_closes_as_a_partner() {
    let world = partner_world("").await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let closed = world.post("/orders/close", &token, &json!({"orderId": order["orderId"]})).await;
    assert_eq!(closed.json["state"], "closed");
    assert_eq!(world.wechat.count("/v3/pay/partner/transactions/out-trade-no/"), 3);
}

#[tokio::test]
async fn m8_partner_mode_freezes_what_another_merchant_received() {
    let world = partner_world("").await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    world.wechat.twist(&number, json!({"sub_mchid": "1900000888"}));
    assert_eq!(world.notify_of(&number).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.verify(&token, &order).await["state"], "unknown");
    assert_eq!(world.number("SELECT count(*) FROM unmatched_payments WHERE misfit = 'mchid'").await, 1);
}

#[tokio::test]
async fn platform_certificates_and_the_public_key_verify_side_by_side() {
    let mut world = World::new().await;
    std::fs::write(world.directory.path().join("platform_cert.pem"), world.wechat.platform_pem()).expect("written");
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    let old = |world: &World| {
        let (_, body) = world.wechat.notification(&world.wechat.transaction(&number));
        (world.wechat.sign_as(PLATFORM_SERIAL, &body), body)
    };
    world.wechat.set(&number, "SUCCESS");
    assert_eq!(world.notify(old(&world)).await.status, StatusCode::UNAUTHORIZED, "nobody said that it is WeChat's");

    // Both, as while a merchant moves from one to the other.
    let both = "platform_certificate_files = [\"platform_cert.pem\"]\npublic_key_id";
    world.reconfigure("public_key_id", both).await;
    assert_eq!(world.notify(old(&world)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.notify_of(&number).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.verify(&token, &order).await["state"], "paid");

    // The certificate alone, as before: answers come under it, too.
    let public = "public_key_id = \"PUB_KEY_ID_0119000000012026\"\npublic_key_file = \"wechatpay_public_key.pem\"\n";
    world.reconfigure(public, "").await;
    let token = world.login("oSomebodyElse").await;
    let other = world.buy(&token, "key-1").await;
    assert_eq!(world.verify(&token, &other).await["state"], "payable");
    assert_eq!(world.notify_of(&number).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn m4_a_prepay_that_expired_is_renewed_on_the_same_number_with_the_same_bytes() {
    let mut world = World::new().await;
    world.reconfigure("[wechatpay]", "[orders]\npayable_minutes = 600\n\n[wechatpay]").await;
    let token = world.login(PAYER).await;
    let first = world.buy(&token, "key-1").await;
    world.time.forward(121 * MINUTE);
    let token = world.login(PAYER).await;
    assert_eq!(world.wechat.pay(APPID, &first["payment"]), Err("timeStamp is not seconds of now"));
    let renewed = world.buy(&token, "key-1").await;
    assert_eq!(renewed["orderId"], first["orderId"]);
    assert_ne!(text(&renewed["payment"]["package"]), text(&first["payment"]["package"]));
    let bodies = world.wechat.bodies("/jsapi");
    assert_eq!((bodies.len(), &bodies[0]), (2, &bodies[1]));
    world.wechat.pay(APPID, &renewed["payment"]).expect("the renewed sheet is paid");

    // Past the final deadline nothing is renewed.
    let other = json!({"items": [{"sku": "sample-5g", "quantity": 1}], "expectedAmount": 1});
    world.create(&token, "key-2", &other).await;
    world.time.forward(600 * MINUTE);
    let token = world.login(PAYER).await;
    let late = world.create(&token, "key-2", &other).await;
    assert_eq!((&late.json["state"], &late.json["payment"]), (&json!("closing"), &Value::Null));
    assert_eq!(world.wechat.count("/jsapi"), 3);
}

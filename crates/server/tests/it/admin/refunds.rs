//! M10: what the operator sends back.

use serde_json::{Value, json};
use wx_checkout_server::jobs;

use super::Office;
use crate::support::assert_problem;

const REFUNDS: &str = "POST /v3/refund/domestic/refunds";

#[tokio::test]
async fn m10_the_operators_refund_is_made_once_however_often_it_is_asked_for() {
    let office = Office::paid().await;
    let reply = office.refund("refund-1", 6800).await;
    assert_eq!((reply.status.as_u16(), &reply.json["planned"]), (200, &json!("now")), "{}", reply.json);
    let again = office.refund("refund-1", 6800).await;
    assert_eq!((again.status.as_u16(), &again.json["planned"]), (200, &json!("before")));
    jobs::refunds(&office.world.checkout).await.expect("a round");
    assert_eq!(office.refund("refund-1", 6800).await.json["planned"], "before", "on its way, too");
    jobs::refunds(&office.world.checkout).await.expect("a round");
    assert_eq!(office.world.wechat.count(REFUNDS), 1);
    assert_eq!(office.world.number("SELECT count(*) FROM refunds").await, 1);
}

#[tokio::test]
async fn m10_concurrent_refunds_never_exceed_what_came() {
    let office = Office::paid().await;
    let numbers: Vec<String> = (0..6).map(|n| format!("refund-{n}")).collect();
    let (one, two, three) = tokio::join!(
        office.refund(&numbers[0], 5000),
        office.refund(&numbers[1], 5000),
        office.refund(&numbers[2], 5000)
    );
    let taken = [&one, &two, &three].iter().filter(|reply| reply.status.as_u16() == 200).count();
    assert_eq!(taken, 1, "{} {} {}", one.json, two.json, three.json);
    let over = [one, two, three].into_iter().find(|reply| reply.status.as_u16() != 200).expect("one");
    assert_problem(&over, 409, "over_refund");
    assert_eq!((&over.json["left"], &over.json["money"]), (&json!(1800), &json!("untouched")));
    assert_eq!(office.world.number("SELECT CAST(sum(amount) AS BIGINT) FROM refunds").await, 5000);
}

#[tokio::test]
async fn a_preview_says_what_a_refund_comes_to_and_writes_nothing() {
    let office = Office::paid().await;
    let facts = office.facts().await;
    let reply = office.preview(json!({})).await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.json);
    assert_eq!(
        (&reply.json["amount"], &reply.json["left"], &reply.json["total"]),
        (&json!(6800), &json!(6800), &json!(6800))
    );
    assert_eq!((&reply.json["planned"], &reply.json["transactionId"]), (&json!("now"), &json!(office.transaction())));
    let number = reply.json["outRefundNo"].as_str().expect("a number").to_owned();
    assert_eq!(office.world.number("SELECT count(*) FROM refunds").await, 0);
    assert_eq!(office.facts().await, facts);

    assert_eq!(office.refund(&number, 800).await.status.as_u16(), 200, "the number it made up is one that is taken");
    let reply = office.preview(json!({"amount": 800, "outRefundNo": number})).await;
    assert_eq!(
        (&reply.json["planned"], &reply.json["left"]),
        (&json!("before"), &json!(6800)),
        "left is said without this refund"
    );
    assert_eq!(
        office.preview(json!({"outRefundNo": number})).await.json["amount"],
        800,
        "asked again, the rest is what it was"
    );
    office.world.time.forward(61_000);
    assert_eq!(office.preview(json!({})).await.json["amount"], 6000, "all that is left");
}

#[tokio::test]
async fn an_unresolved_order_is_asked_about_before_its_refund() {
    let office = Office::open().await;
    office.world.wechat.set(&office.number, "SUCCESS");
    assert_eq!(office.preview(json!({})).await.json["amount"], 6800, "no notification came");
    assert_eq!(office.refund("refund-1", 6800).await.status.as_u16(), 200);
}

#[tokio::test]
async fn m10_a_frozen_payment_goes_back_by_its_own_number() {
    let office = Office::frozen().await;
    let kept = office.refund("refund-1", 1).await;
    assert_problem(&kept, 422, "nothing_received");
    let path = format!("/admin/api/orders/{}/refunds", office.id());
    let body =
        json!({"outRefundNo": "refund-1", "transactionId": office.transaction(), "amount": 1, "reason": "金额不符"});
    let reply = office.post(&path, body).await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.json);
    jobs::refunds(&office.world.checkout).await.expect("a round");
    let sent: Value = serde_json::from_slice(&office.world.wechat.bodies(REFUNDS)[0]).expect("JSON");
    assert_eq!((&sent["transaction_id"], &sent["amount"]["refund"]), (&json!(office.transaction()), &json!(1)));
    assert_eq!(office.read("/admin/api/frozen").await["payments"][0]["left"], 0);
    // Once the money is back, nobody has to look at it.
    office.world.wechat.end_refund("refund-1", "SUCCESS");
    assert_eq!(office.world.notify_of_refund("refund-1").await.status.as_u16(), 204);
    assert_eq!(office.read("/admin/api/frozen").await["payments"], json!([]));
    assert_eq!(office.read("/admin/api/overview").await["frozenPayments"], 0);
}

#[tokio::test]
async fn m10_a_refund_that_stopped_is_listed_until_a_later_one_made_it_good() {
    let office = Office::paid().await;
    let stopped = async || {
        let listed = office.read("/admin/api/orders?state=stopped").await["orders"].as_array().map_or(0, Vec::len);
        (office.read("/admin/api/overview").await["stoppedRefunds"].clone(), listed)
    };
    assert_eq!(stopped().await, (json!(0), 0));
    // Made good by two smaller ones, and not by the first of them.
    for (number, amount, state, wanted) in
        [("refund-1", 6800, "CLOSED", 1), ("refund-2", 6000, "SUCCESS", 1), ("refund-3", 800, "SUCCESS", 0)]
    {
        assert_eq!(office.refund(number, amount).await.status.as_u16(), 200);
        jobs::refunds(&office.world.checkout).await.expect("a round");
        office.world.wechat.end_refund(number, state);
        assert_eq!(office.world.notify_of_refund(number).await.status.as_u16(), 204);
        assert_eq!(stopped().await, (json!(wanted), wanted), "{number}");
        office.world.time.forward(61_000);
    }
}

#[tokio::test]
async fn each_refund_that_must_not_be_says_why_and_that_no_money_moves() {
    let office = Office::paid().await;
    let long = "很".repeat(27);
    let cases = [
        (json!({"outRefundNo": "r", "amount": 6801}), 409, "over_refund"),
        (json!({"outRefundNo": "r", "amount": 1, "transactionId": "none"}), 422, "nothing_received"),
        (json!({"outRefundNo": "dup-1", "amount": 1}), 422, "bad_refund_number"),
        (json!({"outRefundNo": "a b", "amount": 1}), 422, "bad_refund_number"),
        (json!({"outRefundNo": "", "amount": 1}), 422, "bad_refund_number"),
        (json!({"outRefundNo": "r", "amount": 1, "reason": long}), 422, "bad_reason"),
        (json!({"outRefundNo": "r", "amount": 1, "reason": "抱歉😀"}), 422, "bad_reason"),
        (json!({"outRefundNo": "r", "amount": 0}), 400, "malformed_request"),
        (json!({"outRefundNo": "r", "amount": 1.5}), 400, "malformed_request"),
        (json!({"outRefundNo": "r"}), 400, "malformed_request"),
        (json!({"outRefundNo": "r", "amount": 1, "yuan": 1}), 400, "malformed_request"),
    ];
    let path = format!("/admin/api/orders/{}/refunds", office.id());
    for (body, status, code) in cases {
        let reply = office.post(&path, body.clone()).await;
        assert_problem(&reply, status, code);
        assert_eq!(reply.json["money"], "untouched", "{body}");
        if code != "malformed_request" {
            assert_problem(&office.preview(body).await, status, code);
        }
    }
    assert_problem(
        &office.post("/admin/api/orders/none/refunds", json!({"outRefundNo": "r", "amount": 1})).await,
        404,
        "order_not_found",
    );
    assert_eq!(office.world.number("SELECT count(*) FROM refunds").await, 0);

    assert_eq!(office.refund("r", 1).await.status.as_u16(), 200);
    let soon = office.refund("s", 1).await;
    assert_problem(&soon, 409, "too_soon");
    assert!(soon.json["retryAfterMs"].as_u64().is_some_and(|ms| ms > 0 && ms <= 60_000));
    assert_problem(&office.refund("r", 2).await, 409, "refund_number_taken");
    office.world.time.forward(366 * 24 * 3_600_000);
    assert_problem(&office.refund("t", 1).await, 422, "too_old");
}

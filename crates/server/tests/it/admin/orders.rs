//! Orders as the operator finds them.

use axum::http::StatusCode;
use serde_json::{Value, json};
use wx_checkout_server::jobs;

use super::Office;
use crate::order_tokens;
use crate::support::{Fault, PAYER, assert_problem, text};

fn ids(page: &Value) -> Vec<String> {
    page["orders"].as_array().expect("a list").iter().map(|order| text(&order["orderId"])).collect()
}

#[tokio::test]
async fn an_order_is_found_by_each_of_its_numbers() {
    let office = Office::paid().await;
    assert_eq!(office.refund("refund-1", 100).await.status.as_u16(), 200);
    for word in [office.id(), office.number.clone(), office.transaction(), "refund-1".to_owned()] {
        let page = office.read(&format!("/admin/api/orders?find={word}")).await;
        assert_eq!(ids(&page), [office.id()], "{word}");
    }
    assert_eq!(ids(&office.read("/admin/api/orders?find=nothing").await), Vec::<String>::new());
}

#[tokio::test]
async fn an_order_of_the_merchants_is_found_by_the_merchants_name() {
    let mut office = Office::open().await;
    let key = order_tokens::KEY;
    office.world.reconfigure("[session]", &format!("[order_tokens]\nkeys = [\"{key}\"]\n\n[session]")).await;
    office.desk = office.world.desk();
    let token = office.world.login(PAYER).await;
    let made =
        order_tokens::create(&office.world, &token, "key-7", &order_tokens::order(&office.world, "TEA-7")).await.json;
    let page = office.read("/admin/api/orders?find=TEA-7").await;
    assert_eq!(ids(&page), [text(&made["orderId"])]);
    assert_eq!(page["orders"][0]["merchantOrderId"], "TEA-7");
}

#[tokio::test]
async fn lists_go_by_state_and_page_by_page() {
    let office = Office::paid().await;
    let token = office.world.login("oPayerTwo0000000000000000002").await;
    for key in ["a", "b", "c"] {
        office.world.time.forward(1_000);
        let body = json!({"items": [{"sku": "sample-5g", "quantity": 1}], "expectedAmount": 1, "separate": true});
        assert_eq!(office.world.create(&token, key, &body).await.status.as_u16(), 200);
    }
    let all = office.read("/admin/api/orders").await;
    assert_eq!(ids(&all).len(), 4);
    assert_eq!(ids(&all)[3], office.id(), "newest first");
    assert_eq!(all["next"], Value::Null);
    assert_eq!(ids(&office.read("/admin/api/orders?state=paid").await), [office.id()]);
    assert_eq!(ids(&office.read("/admin/api/orders?state=unresolved").await), ids(&all)[..3]);
    assert!(ids(&office.read("/admin/api/orders?state=closed").await).is_empty());

    let (mut seen, mut path) = (vec![], "/admin/api/orders?limit=2".to_owned());
    loop {
        let page = office.read(&path).await;
        seen.extend(ids(&page));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/admin/api/orders?limit=2&after={next}");
    }
    assert_eq!(seen, ids(&all), "every order once, in the order of the whole list");
}

#[tokio::test]
async fn the_facts_of_an_order_stand_in_the_order_of_time() {
    let office = Office::open().await;
    office.world.time.forward(60_000);
    jobs::round(&office.world.checkout).await.expect("a round");
    office.world.wechat.set(&office.number, "SUCCESS");
    office.world.notify_of(&office.number).await;
    office.world.notify_of(&office.number).await;
    assert_eq!(office.refund("refund-1", 6800).await.status.as_u16(), 200);
    jobs::refunds(&office.world.checkout).await.expect("a round");
    office.world.wechat.end_refund("refund-1", "SUCCESS");
    office.world.notify_of_refund("refund-1").await;

    let detail = office.detail().await;
    let facts: Vec<(String, String)> = detail["facts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|fact| (text(&fact["what"]), text(&fact["source"])))
        .collect();
    let story = [
        ("created", "payer"),
        ("parameters_left", "payer"),
        ("notpay", "wechat"),
        ("success", "notify/v3/payment"),
        ("refund_decided", "operator"),
        ("refund_request_written", "server"),
        ("refund_processing", "wechat"),
        ("refund_success", "notify/v3/refund"),
    ];
    assert_eq!(facts, story.map(|(what, source)| (what.to_owned(), source.to_owned())));
    assert_eq!(detail["facts"][3]["times"], 2, "the same notification again is the same fact");
    assert_eq!(detail["facts"][3]["subject"], office.transaction().as_str());
    assert_eq!(detail["facts"][4]["amount"], 6800);
    assert_eq!((&detail["summary"]["state"], &detail["summary"]["refunded"]), (&json!("paid"), &json!(6800)));
    assert_eq!(detail["refunds"][0]["stage"], "success");
    assert_eq!(detail["payments"][0]["left"], 0);
}

#[tokio::test]
async fn no_openid_and_no_secret_is_shown() {
    let office = Office::paid().await;
    let detail = office.detail().await.to_string();
    let prepay = office.order["payment"]["package"].as_str().expect("a package");
    for secret in [PAYER, prepay, office.order["payment"]["paySign"].as_str().expect("signed"), "key-1"] {
        assert!(!detail.contains(secret), "{secret} is in {detail}");
    }
}

#[tokio::test]
async fn looks_that_say_the_same_are_one_fact_however_many_they_are() {
    let office = Office::open().await;
    let look = format!("/admin/api/orders/{}/look", office.id());
    let before = office.facts().await.len();
    for _ in 0..5 {
        office.world.time.forward(60_000);
        jobs::round(&office.world.checkout).await.expect("a round");
    }
    let detail = office.detail().await;
    assert_eq!(detail["facts"].as_array().expect("a list").len(), before + 1);
    // Somebody who looks by turns with others cannot fill the disk either.
    for _ in 0..150 {
        assert_eq!(office.post(&look, Value::Null).await.status.as_u16(), 200);
    }
    assert!(office.facts().await.len() <= 204, "{}", office.facts().await.len());
    let last = office.detail().await["facts"].clone();
    let times: u64 =
        last.as_array().expect("a list").iter().map(|fact| fact["times"].as_u64().expect("a number")).sum();
    assert_eq!(times, 2 + 5 + 300, "none is lost");
}

#[tokio::test]
async fn a_look_asks_wechat_now_and_says_whether_it_answered() {
    let office = Office::open().await;
    office.world.wechat.set(&office.number, "SUCCESS");
    let look = format!("/admin/api/orders/{}/look", office.id());
    let reply = office.post(&look, Value::Null).await;
    assert_eq!(
        (&reply.json["asked"], &reply.json["order"]["summary"]["state"]),
        (&json!(true), &json!("paid")),
        "{}",
        reply.json
    );
    assert_eq!(office.facts().await[2..], ["look_asked", "success"]);

    let silent = Office::open().await;
    for _ in 0..2 {
        silent.world.wechat.fail_next("out-trade-no", Fault::Unsigned);
    }
    let reply = silent.post(&format!("/admin/api/orders/{}/look", silent.id()), Value::Null).await;
    assert_eq!((&reply.json["asked"], &reply.json["order"]["summary"]["state"]), (&json!(false), &json!("payable")));
}

#[tokio::test]
async fn closing_asks_wechat_and_a_paid_order_stays_paid() {
    let office = Office::open().await;
    let close = format!("/admin/api/orders/{}/close", office.id());
    let reply = office.post(&close, Value::Null).await;
    assert_eq!((reply.status.as_u16(), &reply.json["summary"]["state"]), (200, &json!("closed")), "{}", reply.json);
    assert_eq!(office.facts().await[2..], ["close_asked", "close_decided", "notpay", "closed"]);

    let office = Office::paid().await;
    let before = office.facts().await;
    let reply = office.post(&format!("/admin/api/orders/{}/close", office.id()), Value::Null).await;
    assert_eq!(reply.json["summary"]["state"], "paid");
    assert_eq!(office.facts().await, before, "nothing was done, so nothing is written");
}

#[tokio::test]
async fn frozen_payments_say_why_and_whose_they_are() {
    let office = Office::frozen().await;
    // And one that no order knows.
    let mut stranger = office.world.wechat.transaction(&office.number);
    stranger["out_trade_no"] = json!("stranger-0001");
    stranger["transaction_id"] = json!("4200000000stranger");
    office.world.time.forward(1_000);
    office.world.notify(office.world.wechat.notification(&stranger)).await;
    let page = office.read("/admin/api/frozen").await;
    let payments = page["payments"].as_array().expect("a list");
    assert_eq!(payments.len(), 2, "{page}");
    assert_eq!(payments[0]["misfit"], "order");
    assert_eq!(payments[0]["orderId"], Value::Null);
    assert_eq!(payments[0]["left"], 0, "the server does not know how it was made");
    assert_eq!(payments[1]["misfit"], "amount");
    assert_eq!(payments[1]["orderId"], office.order["orderId"]);
    assert_eq!((&payments[1]["total"], &payments[1]["left"]), (&json!(1), &json!(1)));
    assert!(payments[1]["seenMs"].as_u64().is_some_and(|ms| ms > 0));
    assert_eq!(ids(&office.read("/admin/api/orders?state=frozen").await), [office.id()]);
    assert!(office.facts().await.contains(&"frozen".to_owned()));
}

#[tokio::test]
async fn a_payment_that_was_told_of_wrongly_first_is_shown_once() {
    let office = Office::frozen().await;
    office.world.wechat.twist(&office.number, json!({}));
    assert_eq!(office.world.notify_of(&office.number).await.status, StatusCode::NO_CONTENT);
    let detail = office.detail().await;
    let roles: Vec<_> = detail["payments"].as_array().expect("a list").iter().map(|one| &one["role"]).collect();
    assert_eq!((roles, &detail["summary"]["frozen"]), (vec![&json!("kept")], &json!(false)), "{detail}");
    assert_eq!(office.read("/admin/api/frozen").await["payments"], json!([]));
    assert_eq!(office.read("/admin/api/overview").await["frozenPayments"], 0);
}

#[tokio::test]
async fn a_frozen_payment_that_was_settled_elsewhere_wants_nobody_any_more() {
    let office = Office::frozen().await;
    let path = format!("/admin/api/frozen/{}/settle", office.transaction());
    for why in ["", " ", &"x".repeat(201)] {
        assert_problem(&office.post(&path, json!({ "why": why })).await, 400, "malformed_request");
    }
    let nobodys = office.post("/admin/api/frozen/4200000000nobodys/settle", json!({"why": "x"})).await;
    assert_problem(&nobodys, 404, "payment_not_found");
    assert_eq!(office.read("/admin/api/overview").await["frozenPayments"], 1);

    let reply = office.post(&path, json!({"why": "refunded on the merchant platform"})).await;
    assert_eq!((reply.status, &reply.json), (StatusCode::OK, &json!({"now": true})));
    assert_eq!(office.post(&path, json!({"why": "again"})).await.json, json!({"now": false}));
    assert_eq!(office.read("/admin/api/overview").await["frozenPayments"], 0);
    assert_eq!(office.read("/admin/api/frozen").await["payments"], json!([]));
    assert_eq!(office.world.checkout.store.tally(office.world.time.ms()).await.expect("counted").frozen, 0);
    let facts = office.facts().await;
    assert_eq!(facts.iter().filter(|fact| *fact == "settled").count(), 1, "{facts:?}");
    // What is known of the money stays: the order is neither paid nor unpaid.
    assert_eq!(office.detail().await["summary"]["frozen"], true);
}

#[tokio::test]
async fn the_overview_counts_what_is_there() {
    let office = Office::paid().await;
    let token = office.world.login("oPayerTwo0000000000000000002").await;
    office.world.buy(&token, "key-2").await;
    let overview = office.read("/admin/api/overview").await;
    assert_eq!(overview["orders"], json!({"all": 2, "unresolved": 1, "paid": 1, "closed": 0, "frozen": 0}));
    assert!(overview["oldestUnresolvedMs"].as_u64().is_some());
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_and_says_so() {
    let office = Office::open().await;
    for path in [
        "?state=lost",
        "?limit=0",
        "?limit=201",
        "?after=x",
        "?find=",
        "?what=1",
        "?limit=-1",
        "?find=x&limit=0",
        "?find=x&after=",
    ] {
        assert_problem(&office.get(&format!("/admin/api/orders{path}")).await, 400, "malformed_request");
    }
    for path in ["/admin/api/orders/none", "/admin/api/orders/%00", "/admin/api/orders/%E8%AE%A2"] {
        assert_problem(&office.get(path).await, 404, "order_not_found");
    }
    assert_problem(&office.post("/admin/api/orders/none/close", Value::Null).await, 404, "order_not_found");
    assert_problem(&office.post("/admin/api/overview", Value::Null).await, 405, "method_not_allowed");
}

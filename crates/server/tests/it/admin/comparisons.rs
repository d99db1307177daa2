//! M12: comparisons with WeChat's bill, as the operator asks for them and reads them.

use serde_json::{Value, json};

use super::Office;
use crate::bills::Shop;
use crate::openapi::assert_answer;
use crate::support::assert_problem;

/// A shop whose day has one payment that nobody told of; the operator is there on the next morning.
async fn office() -> (Office, String) {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    let day = shop.day.to_string();
    shop.world.wechat.bill(&day, vec![shop.world.wechat.paid_line(&sold.number)]);
    shop.morning_after();
    let Shop { world, .. } = shop;
    let (desk, number) = (world.desk(), world.wechat.number());
    (Office { world, desk, order: Value::Null, number }, day)
}

#[tokio::test]
async fn m12_the_operator_compares_a_day_and_reads_what_differed() {
    let (office, day) = office().await;
    let document = office.read("/admin/api/openapi.json").await;
    let reply = office.post("/admin/api/comparisons", json!({})).await;
    assert_answer(&document, "/admin/api/comparisons", "post", reply.status.as_u16(), &reply.json);
    assert_eq!((&reply.json["day"], &reply.json["ended"]), (&json!(day), &json!(true)), "the last day that can be had");
    assert_eq!(
        (&reply.json["reports"][0]["state"], &reply.json["reports"][0]["differences"]),
        (&json!("compared"), &json!(1))
    );
    assert_eq!(reply.json["reports"][0]["standing"], 0, "the books took the bill's word");

    let one = office.read(&format!("/admin/api/comparisons/{day}")).await;
    assert_answer(&document, "/admin/api/comparisons/{day}", "get", 200, &one);
    let difference = &one["reports"][0]["differences"][0];
    assert_eq!((&difference["about"], &difference["mended"]), (&json!("payment"), &json!(true)), "{difference}");
    let list = office.read("/admin/api/comparisons").await;
    assert_answer(&document, "/admin/api/comparisons", "get", 200, &list);
    assert_eq!(list["reports"][0]["day"], day.as_str());
    assert_eq!(office.read("/admin/api/overview").await["lastComparison"]["day"], day.as_str());

    let order = office.read(&format!("/admin/api/orders?find={}", office.number)).await;
    let id = order["orders"][0]["orderId"].as_str().expect("an id").to_owned();
    let detail = office.read(&format!("/admin/api/orders/{id}")).await;
    let last = detail["facts"].as_array().expect("a list").last().expect("one").clone();
    assert_eq!((&last["what"], &last["source"]), (&json!("success"), &json!("bill")), "the order says who told of it");
}

#[tokio::test]
async fn m12_a_day_that_cannot_be_compared_says_why() {
    let (office, day) = office().await;
    let ask = async |day: &str| office.post("/admin/api/comparisons", json!({"day": day})).await;
    assert_problem(&ask("2999-01-01").await, 422, "bill_not_yet");
    assert_problem(&ask("2001-01-01").await, 422, "bill_too_old");
    for bad in ["", "yesterday", "2026-02-30", "2026-1-1"] {
        assert_problem(&ask(bad).await, 400, "malformed_request");
    }
    assert_problem(&office.get("/admin/api/comparisons/yesterday").await, 400, "malformed_request");
    assert_problem(&office.get("/admin/api/comparisons?before=x").await, 400, "malformed_request");
    assert_eq!(office.read("/admin/api/comparisons/2001-01-01").await, json!({"reports": []}));
    for _ in 0..4 {
        office.world.wechat.fail_next("tradebill", crate::support::Fault::Refuse(500, "SYSTEM_ERROR"));
    }
    let reply = ask(&day).await;
    assert_eq!(reply.status.as_u16(), 200);
    assert!(
        reply.json["problems"][0]["detail"].as_str().is_some_and(|detail| detail.contains("tried again by itself")),
        "{}",
        reply.json
    );
}

#[tokio::test]
async fn m12_a_list_is_no_request_for_a_comparison() {
    let office = Office::open().await;
    let reply = office.post("/admin/api/comparisons", serde_json::json!([null])).await;
    crate::support::assert_problem(&reply, 400, "malformed_request");
}

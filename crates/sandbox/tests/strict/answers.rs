//! What the gateway sends: signed throughout, in no order that could be relied on.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::json;

use crate::merchant::Merchant;

// `Merchant::send` verifies the signature of every answer, refusals included.

#[tokio::test]
async fn an_empty_answer_is_signed_too() {
    let merchant = Merchant::start().await;
    merchant.prepay("T-00000001").await;
    let reply = merchant.close("T-00000001").await;
    assert_eq!((reply.status, reply.raw.as_str()), (StatusCode::NO_CONTENT, ""));
}

#[tokio::test]
async fn keys_come_in_varying_order_with_fields_that_nobody_announced() {
    let merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    let mut first_keys = BTreeSet::new();
    for _ in 0..30 {
        let reply = merchant.query("T-00000001").await;
        first_keys.insert(reply.raw.split('"').nth(1).expect("a key").to_owned());
        let unknown =
            reply.body.as_object().expect("an object").keys().filter(|key| key.starts_with("unannounced")).count();
        assert_eq!(unknown, 1, "{}", reply.raw);
    }
    assert!(first_keys.len() > 3, "{first_keys:?}");
}

#[tokio::test]
async fn the_same_seed_and_requests_give_the_same_ids() {
    let ids = || async {
        let merchant = Merchant::start().await;
        let prepay_id = merchant.prepay("T-00000001").await;
        // The rest of the id is the time.
        prepay_id[16..].to_owned()
    };
    assert_eq!(ids().await, ids().await);
}

/// Same directory, seed, time and requests: the same bytes, signatures included, whatever else goes on.
#[tokio::test]
async fn the_same_seed_and_requests_give_the_same_answers_byte_for_byte() {
    let dir = Merchant::new_dir();
    let mut runs = Vec::new();
    for busy in [false, true] {
        let mut merchant = Merchant::start_in(&dir, vec![], None).await;
        merchant.control("clock", &json!({ "setMs": 1_893_427_200_000_u64, "frozen": true })).await;
        merchant.set_now(1_893_427_200);
        let mut answers = Vec::new();
        for number in ["T-00000001", "T-00000002"] {
            if busy {
                // Other requests, and notifications in the background.
                merchant.pay_for(&format!("{number}-x")).await;
                merchant.query("T-99999999").await;
            }
            let prepay_id = merchant.prepay(number).await;
            merchant.pay(&merchant.sheet(&prepay_id)).await;
            let draft =
                merchant.get(&format!("/v3/pay/transactions/out-trade-no/{number}?mchid={}", merchant.identity.mchid));
            let answer = merchant.send_unverified(draft).await.expect("an answer");
            let mut headers = answer.headers().clone();
            headers.remove("date");
            answers.push((prepay_id, format!("{headers:?}"), answer.text().await.expect("a body")));
        }
        runs.push(answers);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn a_request_id_ends_with_the_numeric_code() {
    let merchant = Merchant::start().await;
    assert_eq!(merchant.query("T-99999999").await.numeric, 268_512_771);
    merchant.prepay("T-00000001").await;
    assert_eq!(merchant.query("T-00000001").await.numeric, 0);

    let request_id = async |target: &str| {
        let answer = merchant.send_unverified(merchant.get(target)).await.expect("an answer");
        (answer.status(), answer.headers()["request-id"].to_str().expect("text").to_owned())
    };
    let paid = format!("/v3/pay/transactions/out-trade-no/T-00000001?mchid={}", merchant.identity.mchid);
    let (status, id) = request_id(&paid).await;
    assert!(status == StatusCode::OK && id.ends_with("-0"), "{id}");
    let (status, id) = request_id("/v3/refund/domestic/refunds/R-1").await;
    assert!(status == StatusCode::NOT_FOUND && !id.contains('-'), "no number is known, and 0 is success's: {id}");
}

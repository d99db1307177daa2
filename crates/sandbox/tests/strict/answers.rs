//! What the gateway sends: signed throughout, in no order that could be relied on.

use std::collections::BTreeSet;

use reqwest::StatusCode;

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

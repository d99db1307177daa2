//! M11: dead letters in the operator's hands.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::Office;
use crate::openapi::assert_answer;
use crate::support::receiver::Answer;
use crate::support::{Reply, assert_problem};
use crate::webhooks::Shop;
use crate::webhooks_operated::stopped;

/// The shop's operator; the order is not looked at.
async fn office(shop: Shop) -> (Office, Arc<crate::support::receiver::Receiver>) {
    let Shop { world, receiver } = shop;
    let (desk, number) = (world.desk(), world.wechat.number());
    let page = Office { world, desk, order: json!({}), number };
    let orders = page.read("/admin/api/orders").await;
    (Office { order: json!({"orderId": orders["orders"][0]["orderId"]}), ..page }, receiver)
}

async fn replay(office: &Office, letter: &str) -> Reply {
    office.post(&format!("/admin/api/letters/{letter}/replay"), Value::Null).await
}

async fn skip(office: &Office, letter: &str, why: &str) -> Reply {
    office.post(&format!("/admin/api/letters/{letter}/skip"), json!({"why": why})).await
}

#[tokio::test]
async fn m11_a_dead_letter_is_listed_replayed_and_written_down() {
    let (shop, first, second) = stopped().await;
    let (office, receiver) = office(shop).await;
    let page = office.read("/admin/api/letters").await;
    let document = office.read("/admin/api/openapi.json").await;
    assert_answer(&document, "/admin/api/letters", "get", 200, &page);
    assert_eq!(page["letters"].as_array().expect("a list").len(), 1);
    assert_eq!((&page["letters"][0]["id"], &page["letters"][0]["behind"]), (&json!(first), &json!(1)));
    assert_eq!((&page["letters"][0]["last"]["status"], &page["letters"][0]["state"]), (&json!(410), &json!("dead")));
    assert_eq!(office.read("/admin/api/overview").await["webhooks"]["dead"], 1);

    assert_problem(&replay(&office, &second).await, 409, "letter_behind");
    assert_problem(&replay(&office, "evt_none").await, 404, "letter_not_found");
    let reply = replay(&office, &first).await;
    assert_answer(&document, "/admin/api/letters/{letterId}/replay", "post", reply.status.as_u16(), &reply.json);
    assert_eq!(reply.json["outcome"], "due");
    office.world.checkout.outbox.round().await.expect("a round");
    assert_eq!(receiver.got().len(), 3);
    let detail = office.detail().await;
    assert_answer(&document, "/admin/api/orders/{orderId}", "get", 200, &detail);
    assert_eq!(detail["letters"][0]["state"], "delivered");
    assert!(office.facts().await.contains(&"replay_asked".to_owned()));

    assert_eq!(replay(&office, &first).await.json["outcome"], "sent_again");
    receiver.answer_next([Answer::Status(500)]);
    assert_problem(&replay(&office, &first).await, 502, "letter_not_taken");
}

/// Before the request's own time is over, of which nobody would know what became of the letter.
#[tokio::test]
async fn m11_a_replay_that_takes_longer_than_a_request_may_is_told_so() {
    let (mut shop, first, _) = stopped().await;
    shop.world.checkout.outbox.replay(&first).await.expect("asked");
    shop.round().await;
    shop.world.reconfigure("timeout_seconds = 1\n", "timeout_seconds = 60\n").await;
    let (office, receiver) = office(shop).await;
    let gate = Arc::new(Semaphore::new(0));
    receiver.answer_next([Answer::Held(Arc::clone(&gate))]);
    let before = receiver.got().len();
    let arrived = async {
        receiver.until(|got| got.len() > before).await;
        tokio::time::pause();
    };
    let (reply, ()) = tokio::join!(replay(&office, &first), arrived);
    tokio::time::resume();
    assert_problem(&reply, 409, "letter_being_sent");
}

#[tokio::test]
async fn m11_a_skip_wants_a_reason_and_keeps_it() {
    let (shop, first, second) = stopped().await;
    let (office, receiver) = office(shop).await;
    for why in ["", "  ", &"x".repeat(201), "\0"] {
        assert_problem(&skip(&office, &first, why).await, 400, "malformed_request");
    }
    assert_problem(&skip(&office, &second, "told by telephone").await, 409, "letter_behind");
    assert_problem(&skip(&office, "evt_none", "x").await, 404, "letter_not_found");
    assert_eq!(skip(&office, &first, "told by telephone").await.json, json!({"skipped": true}));
    assert_problem(&skip(&office, &first, "again").await, 409, "letter_done");
    assert_eq!(office.detail().await["letters"][0]["skippedWhy"], "told by telephone");
    assert!(office.facts().await.contains(&"skip_asked".to_owned()));
    office.world.checkout.outbox.round().await.expect("a round");
    assert_eq!(receiver.got()[1].id(), second);
}

#[tokio::test]
async fn m11_all_are_replayed_by_one_word() {
    let (shop, _, _) = stopped().await;
    let (office, _) = office(shop).await;
    let reply = office.post("/admin/api/replays", json!({"channel": "webhook"})).await;
    assert_eq!(reply.json, json!({"streams": 1}));
    assert_problem(&office.post("/admin/api/replays", json!({"channel": "pigeon"})).await, 400, "malformed_request");
    assert_problem(&office.get("/admin/api/letters?channel=pigeon").await, 400, "malformed_request");
    assert_problem(&office.get("/admin/api/letters?after=-1").await, 400, "malformed_request");
}

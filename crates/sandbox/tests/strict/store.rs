//! What outlives the process with `--store`.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use reqwest::StatusCode;
use tokio::sync::oneshot;
use wx_checkout_sandbox::{Options, Route, StartError, StoreError, bind};

use crate::merchant::Merchant;
use crate::receiver::Receiver;

/// One life of a sandbox after the other, with the same directory and store.
struct Lives {
    dir: std::sync::Arc<tempfile::TempDir>,
}

struct Life {
    merchant: Merchant,
    stop: oneshot::Sender<()>,
}

impl Lives {
    fn new() -> Self {
        Self { dir: Merchant::new_dir() }
    }

    fn store(&self) -> PathBuf {
        self.dir.path().join("store.jsonl")
    }

    async fn start(&self, routes: Vec<Route>) -> Life {
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        // The life before lets the file go a moment after it was told to.
        self.is_free().await;
        let merchant = Merchant::start_until(&self.dir, routes, Some(self.store()), stopped).await;
        Life { merchant, stop }
    }

    async fn is_free(&self) {
        while matches!(self.try_bind().await, Some(StartError::Store(StoreError::Taken { .. }))) {
            // The other life ends on this thread.
            tokio::time::sleep(core::time::Duration::from_millis(5)).await;
        }
    }

    async fn try_bind(&self) -> Option<StartError> {
        let options = Options {
            dir: self.dir.path().to_owned(),
            port: 0,
            seed: Some(7),
            routes: vec![],
            store: Some(self.store()),
        };
        bind(options).await.err()
    }
}

impl Life {
    fn end(self) {
        self.stop.send(()).expect("it runs");
    }
}

#[tokio::test]
async fn orders_refunds_and_the_clock_outlive_the_process() {
    let lives = Lives::new();
    let mut first = lives.start(vec![]).await;
    first.merchant.pay_for("T-00000001").await;
    let open = first.merchant.prepay("T-00000002").await;
    first.merchant.close("T-00000003").await;
    first.merchant.prepay("T-00000004").await;
    first.merchant.close("T-00000004").await;
    first.merchant.ask_refund("T-00000001", "R-1", 100).await;
    first.merchant.advance(600).await;
    first.end();

    let mut second = lives.start(vec![]).await;
    second.merchant.jump(600);
    let merchant = &second.merchant;
    for (number, state) in [("T-00000001", "REFUND"), ("T-00000002", "NOTPAY"), ("T-00000004", "CLOSED")] {
        assert_eq!(merchant.query(number).await.body["trade_state"], state, "{number}");
    }
    assert_eq!(merchant.query_refund("R-1").await.body["status"], "SUCCESS", "time went on");
    assert_eq!(merchant.pay(&merchant.sheet(&open)).await, "requestPayment:ok", "the prepay_id, too");
    second.end();

    let mut third = lives.start(vec![]).await;
    third.merchant.jump(600);
    assert_eq!(third.merchant.query("T-00000002").await.body["trade_state"], "SUCCESS");
    let again = third.merchant.send(third.merchant.post(crate::merchant::PREPAY, &third.merchant.order("T-00000004")));
    again.await.refused(400, "ORDER_CLOSED");
}

#[tokio::test]
async fn what_a_merchant_is_answered_by_outlives_the_process() {
    let lives = Lives::new();
    let serial = async |life: &Life| {
        let second = life.merchant.second();
        let prepay = second.post(crate::merchant::PREPAY, &second.order("T-00000001"));
        let answer = second.send_unverified(prepay).await.expect("an answer");
        answer.headers()["wechatpay-serial"].to_str().expect("text").to_owned()
    };
    let first = lives.start(vec![]).await;
    let public_key_id = first.merchant.identity.public_key_id.clone();
    assert_ne!(serial(&first).await, public_key_id);
    first.merchant.control("keys", &serde_json::json!({ "publicKeyPermille": 1000 })).await;
    assert_eq!(serial(&first).await, public_key_id);
    first.end();
    let second = lives.start(vec![]).await;
    assert_eq!(serial(&second).await, public_key_id);
}

#[tokio::test]
async fn another_life_makes_other_ids() {
    let lives = Lives::new();
    let first = lives.start(vec![]).await;
    let before = first.merchant.prepay("T-00000001").await;
    first.end();
    let second = lives.start(vec![]).await;
    let after = second.merchant.prepay("T-00000001").await;
    assert_ne!(before[16..], after[16..], "the same seed and request, and the old prepay_id still counts");
}

#[tokio::test]
async fn a_notification_that_was_owed_is_delivered_by_the_next_life() {
    let lives = Lives::new();
    let first = lives.start(vec![]).await;
    first.merchant.pay_for("T-00000001").await;
    first.merchant.event("try 1: lost: nothing says where").await;
    first.end();

    let mut receiver = Receiver::start(vec![]).await;
    let mut second = lives.start(vec![receiver.route.clone()]).await;
    assert!(receiver.received.try_recv().is_err(), "not before its time");
    second.merchant.advance(15).await;
    receiver.next().await;
    second.merchant.event("notification acknowledged with 204 on try 2").await;
    second.end();

    let mut third = lives.start(vec![receiver.route.clone()]).await;
    third.merchant.jump(15);
    third.merchant.advance(86_400).await;
    third.merchant.query("T-00000001").await;
    assert!(receiver.received.try_recv().is_err(), "acknowledged once and for all");
}

#[tokio::test]
async fn a_line_that_was_cut_off_is_dropped_and_a_damaged_one_is_named() {
    let lives = Lives::new();
    let first = lives.start(vec![]).await;
    first.merchant.pay_for("T-00000001").await;
    first.end();
    let second = lives.start(vec![]).await;
    second.end();
    lives.is_free().await;
    let mut file = fs::OpenOptions::new().append(true).open(lives.store()).expect("written");
    file.write_all(b"{\"order\":{\"form\"").expect("writable");
    drop(file);
    let third = lives.start(vec![]).await;
    assert_eq!(third.merchant.query("T-00000001").await.body["trade_state"], "SUCCESS");
    third.end();
    lives.is_free().await;
    let text = fs::read_to_string(lives.store()).expect("written");
    fs::write(lives.store(), format!("nonsense\n{text}")).expect("writable");
    let error = lives.try_bind().await.expect("damaged");
    assert!(matches!(error, StartError::Store(StoreError::Damaged { line: 1, .. })), "{error}");
}

#[tokio::test]
async fn a_store_of_another_directory_is_refused() {
    let lives = Lives::new();
    let first = lives.start(vec![]).await;
    first.merchant.prepay("T-00000001").await;
    first.end();
    lives.is_free().await;
    let before = fs::read_to_string(lives.store()).expect("written");
    // The same seed gives other keys and the same numbers.
    let other = tempfile::TempDir::new().expect("a temporary directory");
    let with = |dir: PathBuf, store| Options { dir, port: 0, seed: Some(1), routes: vec![], store };
    bind(with(other.path().to_owned(), None)).await.map(drop).expect("makes keys");
    let new = other.path().join("new");
    for dir in [other.path().to_owned(), new.clone()] {
        let error = bind(with(dir, Some(lives.store()))).await.err().expect("another merchant's");
        assert!(matches!(error, StartError::Store(StoreError::OtherMerchants { .. })), "{error}");
        assert!(error.to_string().contains("--dir"), "{error}");
    }
    assert!(!new.exists(), "nothing was made");
    assert_eq!(fs::read_to_string(lives.store()).expect("there"), before, "nothing was written");

    // One of before does not say whose it is, and is taken.
    let old: String =
        before.lines().filter(|line| !line.contains("merchants")).map(|line| format!("{line}\n")).collect();
    assert_ne!(old, before);
    fs::write(lives.store(), old).expect("writable");
    let second = lives.start(vec![]).await;
    assert_eq!(second.merchant.query("T-00000001").await.body["trade_state"], "NOTPAY");
    second.end();
    lives.is_free().await;
    assert!(fs::read_to_string(lives.store()).expect("written").contains("merchants"), "from now on it says so");
}

#[tokio::test]
async fn one_store_has_one_sandbox() {
    let lives = Lives::new();
    let first = lives.start(vec![]).await;
    first.merchant.prepay("T-00000001").await;
    let error = lives.try_bind().await.expect("taken");
    assert!(matches!(error, StartError::Store(StoreError::Taken { .. })), "{error}");
    assert_eq!(first.merchant.prepay("T-00000002").await.len(), 36);
}

#[tokio::test]
async fn without_a_store_a_restart_forgets() {
    let dir = Merchant::new_dir();
    Merchant::start_in(&dir, vec![], None).await.pay_for("T-00000001").await;
    let second = Merchant::start_in(&dir, vec![], None).await;
    second.query("T-00000001").await.refused(404, "ORDER_NOT_EXIST");
    let reply = second.send(second.post(crate::merchant::PREPAY, &second.order("T-00000001"))).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_device_is_no_store() {
    let lives = Lives::new();
    let store = Some(PathBuf::from("/dev/zero"));
    let options = Options { dir: lives.dir.path().to_owned(), port: 0, seed: Some(7), routes: vec![], store };
    let error = bind(options).await.err().expect("it would be read for ever");
    assert!(matches!(error, StartError::Store(StoreError::Unusable { .. })), "{error}");
    assert!(error.to_string().contains("--store"), "{error}");
}

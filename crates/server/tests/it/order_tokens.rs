//! Orders that the merchant's backend signed.

use std::path::Path;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{Fault, PAYER, Reply, World, assert_problem, text};

pub const KEY: &str = "8899aabbccddeeff00112233445566778899aabbccddeeff0011223344556677";

async fn shop() -> World {
    let mut world = World::new().await;
    world.reconfigure("[session]", &format!("[order_tokens]\nkeys = [\"{KEY}\"]\n\n[session]")).await;
    world
}

pub fn order(world: &World, name: &str) -> Value {
    json!({"merchantOrderId": name, "openid": PAYER, "amount": 12_345, "currency": "CNY", "description": "西湖龙井 50g",
           "expiresAtMs": world.time.ms() + 60_000})
}

fn sign(order: &Value) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &hex::decode(KEY).expect("hex"));
    let signed = format!("m1.{}", URL_SAFE_NO_PAD.encode(order.to_string()));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes())))
}

pub async fn create(world: &World, session: &str, key: &str, order: &Value) -> Reply {
    world.create(session, key, &json!({"orderToken": sign(order), "expectedAmount": 12_345})).await
}

#[tokio::test]
async fn m1_an_order_token_is_one_order_under_any_key() {
    let world = shop().await;
    let session = world.login(PAYER).await;
    let wanted = order(&world, "T-1");
    let first = create(&world, &session, "key-1", &wanted).await;
    assert_eq!((&first.json["state"], &first.json["amount"]), (&json!("payable"), &json!(12_345)), "{}", first.json);
    let sent: Value = serde_json::from_slice(&world.wechat.bodies("/jsapi")[0]).expect("JSON");
    assert_eq!((&sent["description"], &sent["amount"]["total"]), (&json!("西湖龙井 50g"), &json!(12_345)));
    // Signed again, with another expiry and under another key: the same sale.
    let mut later = wanted.clone();
    later["expiresAtMs"] = json!(world.time.ms() + 120_000);
    let second = create(&world, &session, "key-2", &later).await;
    assert_eq!(second.json["orderId"], first.json["orderId"]);
    assert_eq!(world.number("SELECT count(*) FROM orders").await, 1);
    let other = create(&world, &session, "key-3", &order(&world, "T-2")).await;
    assert_ne!(other.json["orderId"], first.json["orderId"], "another sale");
}

#[tokio::test]
async fn m1_a_paid_merchant_order_stays_paid_under_any_key() {
    let world = shop().await;
    let session = world.login(PAYER).await;
    let wanted = order(&world, "T-1");
    let first = create(&world, &session, "key-1", &wanted).await;
    world.wechat.set(&world.wechat.number(), "SUCCESS");
    world.verify(&session, &first.json).await;
    let acknowledged = json!({"orderId": first.json["orderId"]});
    world.post("/orders/acknowledge", &session, &acknowledged).await;
    let second = create(&world, &session, "key-2", &wanted).await;
    assert_eq!((&second.json["state"], &second.json["payment"]), (&json!("paid"), &Value::Null));
    assert_eq!(second.json["orderId"], first.json["orderId"]);
}

#[tokio::test]
async fn m1_another_payer_or_amount_for_a_merchant_order_is_refused() {
    let world = shop().await;
    let session = world.login(PAYER).await;
    create(&world, &session, "key-1", &order(&world, "T-1")).await;

    let mut dearer = order(&world, "T-1");
    dearer["amount"] = json!(99_999);
    let body = json!({"orderToken": sign(&dearer), "expectedAmount": 99_999});
    assert_problem(&world.create(&session, "key-2", &body).await, 422, "invalid_order_token");

    let somebody = world.login("oSomebodyElse").await;
    let refused = create(&world, &somebody, "key-1", &order(&world, "T-1")).await;
    assert_problem(&refused, 422, "invalid_order_token");
    let mut theirs = order(&world, "T-1");
    theirs["openid"] = json!("oSomebodyElse");
    assert_problem(&create(&world, &somebody, "key-1", &theirs).await, 422, "invalid_order_token");
    assert_eq!(world.number("SELECT count(*) FROM orders").await, 1);
}

#[tokio::test]
async fn m1_a_token_of_another_payer_makes_no_order_and_leaves_the_merchants_order_free() {
    let world = shop().await;
    let somebody = world.login("oSomebodyElse").await;
    let refused = create(&world, &somebody, "key-1", &order(&world, "T-2")).await;
    assert_problem(&refused, 422, "invalid_order_token");
    assert_eq!(world.number("SELECT count(*) FROM orders").await, 0);
    let payer = world.login(PAYER).await;
    let made = create(&world, &payer, "key-1", &order(&world, "T-2")).await;
    assert_eq!(made.json["state"], "payable", "{}", made.json);
}

#[tokio::test]
async fn m1_concurrent_creates_of_a_merchant_order_make_one() {
    let world = shop().await;
    let session = world.login(PAYER).await;
    let wanted = order(&world, "T-1");
    let (a, b, c) = tokio::join!(
        create(&world, &session, "key-1", &wanted),
        create(&world, &session, "key-2", &wanted),
        create(&world, &session, "key-3", &wanted)
    );
    for reply in [&a, &b, &c] {
        assert!(reply.status.is_success() || reply.json["code"] == "in_progress", "{}", reply.json);
    }
    assert_eq!(world.number("SELECT count(*) FROM orders").await, 1);
}

#[tokio::test]
async fn m2_an_expired_token_makes_no_order_and_finds_the_one_that_was_made() {
    let world = shop().await;
    let session = world.login(PAYER).await;
    let wanted = order(&world, "T-1");
    let unused = order(&world, "T-2");
    let first = create(&world, &session, "key-1", &wanted).await;
    world.time.forward(61_000);
    for key in ["key-1", "key-2"] {
        let again = create(&world, &session, key, &wanted).await;
        assert_eq!(again.json["orderId"], first.json["orderId"], "what was agreed stays agreed: {}", again.json);
    }
    let refused = create(&world, &session, "key-3", &unused).await;
    assert_problem(&refused, 422, "invalid_order_token");
    assert!(text(&refused.json["detail"]).contains("expired"));
    assert_eq!(world.number("SELECT count(*) FROM orders").await, 1);
}

#[tokio::test]
async fn m2_another_order_under_the_key_is_refused() {
    let world = shop().await;
    let session = world.login(PAYER).await;
    create(&world, &session, "key-1", &order(&world, "T-1")).await;
    assert_problem(&create(&world, &session, "key-1", &order(&world, "T-2")).await, 422, "idempotency_key_reused");
    assert_problem(&world.create(&session, "key-1", &crate::support::tea()).await, 422, "idempotency_key_reused");
    world.buy(&session, "key-2").await;
    assert_problem(&create(&world, &session, "key-2", &order(&world, "T-2")).await, 422, "idempotency_key_reused");
}

#[tokio::test]
async fn what_the_payer_saw_is_compared_with_what_was_signed() {
    let world = shop().await;
    let session = world.login(PAYER).await;
    let body = json!({"orderToken": sign(&order(&world, "T-1")), "expectedAmount": 12_344});
    assert_problem(&world.create(&session, "key-1", &body).await, 409, "price_changed");
    assert_eq!(world.number("SELECT count(*) FROM orders").await, 0);
}

#[tokio::test]
async fn m2_a_definite_refusal_of_wechat_frees_the_merchants_name() {
    let world = shop().await;
    let session = world.login(PAYER).await;
    let wanted = order(&world, "T-1");
    world.wechat.fail_next("/jsapi", Fault::Refuse(400, "PARAM_ERROR"));
    assert_problem(&create(&world, &session, "key-1", &wanted).await, 422, "payment_refused");
    let second = create(&world, &session, "key-2", &wanted).await;
    assert_eq!(second.json["state"], "payable", "{}", second.json);
}

#[tokio::test]
async fn a_shop_without_a_catalogue_sells_what_its_backend_signed() {
    let mut world = shop().await;
    let file = world.directory.path().join("server.toml");
    let config = std::fs::read_to_string(&file).expect("readable");
    let (without, _) = config.split_once("[[catalogue]]").expect("it lists articles");
    std::fs::write(&file, without).expect("written");
    world.restart().await;
    let session = world.login(PAYER).await;
    assert_problem(&world.create(&session, "key-1", &crate::support::tea()).await, 422, "unknown_sku");
    assert_eq!(create(&world, &session, "key-1", &order(&world, "T-1")).await.json["state"], "payable");
}

#[tokio::test]
async fn a_catalogue_may_be_a_file_of_its_own() {
    let mut world = World::new().await;
    let file = world.directory.path().join("server.toml");
    let config = std::fs::read_to_string(&file).expect("readable");
    let (without, articles) = config.split_once("[[catalogue]]").expect("it lists articles");
    let articles = format!("[[catalogue]]{articles}").replace("price = 6800", "price = 7000");
    std::fs::write(world.directory.path().join("prices.toml"), articles).expect("written");
    std::fs::write(&file, format!("catalogue_file = \"prices.toml\"\n{without}")).expect("written");
    world.restart().await;
    let session = world.login(PAYER).await;
    assert_problem(&world.create(&session, "key-1", &crate::support::tea()).await, 409, "price_changed");
    let body = json!({"items": [{"sku": "longjing-50g", "quantity": 1}], "expectedAmount": 7000});
    assert_eq!(world.create(&session, "key-1", &body).await.json["amount"], 7000);
}

/// The first block of docs/integration.md in this language that signs an order.
fn example(language: &str) -> String {
    let docs =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/integration.md")).expect("there");
    let fence = format!("```{language}\n");
    let mut blocks = docs.split(&fence).skip(1).filter_map(|rest| rest.split_once("```"));
    let (block, _) = blocks.find(|(block, _)| block.contains("ORDER_TOKEN_KEY")).expect("an example");
    block.to_owned()
}

/// Runs the example; `None` where there is no such interpreter.
async fn run(interpreter: &str, file: &Path) -> Option<String> {
    let mut command = Command::new(interpreter);
    command.arg(file).args(["T-example", PAYER]).env("ORDER_TOKEN_KEY", KEY);
    let output = match command.output().await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        output => output.expect("runs"),
    };
    assert!(output.status.success(), "{interpreter}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned())
}

#[tokio::test]
async fn the_documented_examples_sign_what_the_server_takes() {
    let mut ran = 0;
    for (language, interpreter, extension) in [("js", "node", "js"), ("python", "python3", "py"), ("php", "php", "php")]
    {
        let world = shop().await;
        let file = world.directory.path().join(format!("example.{extension}"));
        std::fs::write(&file, example(language)).expect("written");
        let Some(token) = run(interpreter, &file).await else {
            println!("{language}: no {interpreter} here, so its example was not run");
            continue;
        };
        let session = world.login(PAYER).await;
        let reply = world.create(&session, "key-1", &json!({"orderToken": token, "expectedAmount": 12_345})).await;
        assert_eq!(reply.json["state"], "payable", "{language}: {}", reply.json);
        let sent: Value = serde_json::from_slice(&world.wechat.bodies("/jsapi")[0]).expect("JSON");
        assert_eq!(sent["description"], "西湖龙井 50g，手工炒制", "{language}");
        ran += 1;
    }
    assert!(ran > 0, "none of node, python3 and php is here");
}

//! The operator's port.

mod access;
mod comparisons;
mod description;
mod letters;
mod orders;
mod refunds;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{ADMIN_TOKEN, PAYER, Reply, World, call, text};

/// A world with the operator in it, and one order.
pub struct Office {
    pub world: World,
    pub desk: Router,
    pub order: Value,
    pub number: String,
}

impl Office {
    /// One order, not paid yet.
    pub async fn open() -> Self {
        let world = World::new().await;
        let token = world.login(PAYER).await;
        let order = world.buy(&token, "key-1").await;
        let (number, desk) = (world.wechat.number(), world.desk());
        Self { world, desk, order, number }
    }

    /// One order, paid and told of.
    pub async fn paid() -> Self {
        let office = Self::open().await;
        office.world.wechat.set(&office.number, "SUCCESS");
        assert_eq!(office.world.notify_of(&office.number).await.status, StatusCode::NO_CONTENT);
        office
    }

    /// One order with a payment of another amount.
    pub async fn frozen() -> Self {
        let office = Self::open().await;
        office.world.wechat.set(&office.number, "SUCCESS");
        office.world.wechat.twist(
            &office.number,
            json!({"amount": {"total": 1, "payer_total": 1, "currency": "CNY", "payer_currency": "CNY"}}),
        );
        assert_eq!(office.world.notify_of(&office.number).await.status, StatusCode::NO_CONTENT);
        office
    }

    pub fn id(&self) -> String {
        text(&self.order["orderId"])
    }

    pub fn transaction(&self) -> String {
        text(&self.world.wechat.transaction(&self.number)["transaction_id"])
    }

    pub async fn get(&self, path: &str) -> Reply {
        let request = Request::get(path).header("host", "127.0.0.1:8791");
        let request = request.header("authorization", format!("Bearer {ADMIN_TOKEN}"));
        call(&self.desk, request.body(Body::empty()).expect("a request")).await
    }

    /// What a path answers, which has to be 200.
    pub async fn read(&self, path: &str) -> Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.json);
        reply.json
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        let request = Request::post(path).header("host", "127.0.0.1:8791").header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {ADMIN_TOKEN}"));
        call(&self.desk, request.body(body.to_string().into()).expect("a request")).await
    }

    /// The order as the operator sees it.
    pub async fn detail(&self) -> Value {
        self.read(&format!("/admin/api/orders/{}", self.id())).await
    }

    /// What happened to it, a word each.
    pub async fn facts(&self) -> Vec<String> {
        let detail = self.detail().await;
        detail["facts"].as_array().expect("a list").iter().map(|fact| text(&fact["what"])).collect()
    }

    pub async fn refund(&self, number: &str, amount: u32) -> Reply {
        let body = json!({"outRefundNo": number, "amount": amount, "reason": "缺货"});
        self.post(&format!("/admin/api/orders/{}/refunds", self.id()), body).await
    }

    pub async fn preview(&self, body: Value) -> Reply {
        self.post(&format!("/admin/api/orders/{}/refunds/preview", self.id()), body).await
    }
}

//! What a phone sends: wx.login, wx.request and wx.requestPayment, by hand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::World;

/// A payer who is logged in.
pub(crate) struct Phone<'a> {
    world: &'a World,
    pub(crate) openid: String,
    pub(crate) token: String,
}

/// An answer of the server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body
    }
}

impl<'a> Phone<'a> {
    pub(crate) async fn log_in(world: &'a World) -> Self {
        let code = world.control("login", &json!({})).await["code"].clone();
        let phone = Self { world, openid: String::new(), token: String::new() };
        let session = phone.send(Method::POST, "/auth/exchange", Some(json!({ "credential": code })), &[]).await.ok();
        let text = |name: &str| session[name].as_str().expect("a text").to_owned();
        Self { world, openid: text("userOpenId"), token: text("token") }
    }

    /// The same payer in another life of the server.
    pub(crate) fn again(world: &'a World, openid: String, token: String) -> Self {
        Self { world, openid, token }
    }

    /// Buys one packet of tea for 68.00 yuan.
    pub(crate) async fn create(&self, key: &str) -> Answer {
        self.create_expecting(key, 6800).await
    }

    pub(crate) async fn create_expecting(&self, key: &str, fen: u32) -> Answer {
        let basket = json!({ "items": [{ "sku": "longjing-50g", "quantity": 1 }], "expectedAmount": fen });
        self.send(Method::POST, "/payments/create", Some(basket), &[("Idempotency-Key", key)]).await
    }

    pub(crate) async fn verify(&self, order_id: &Value) -> Value {
        let order_id = order_id.as_str().expect("an order id");
        self.send(Method::GET, &format!("/orders/verify?transactionId={order_id}"), None, &[]).await.ok()
    }

    /// The server's books on this payer.
    pub(crate) async fn orders(&self) -> Vec<Value> {
        let list = self.send(Method::GET, "/orders", None, &[]).await.ok();
        list["orders"].as_array().expect("a list").clone()
    }

    /// wx.requestPayment: gives the errMsg.
    pub(crate) async fn pay(&self, payment: &Value) -> String {
        let answer = self.world.control("pay", &sheet(payment, &self.openid)).await;
        answer["errMsg"].as_str().expect("an errMsg").to_owned()
    }

    async fn send(&self, method: Method, target: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.world.http.request(method, format!("{}{target}", self.world.server.base_url));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let body = answer.bytes().await.expect("a body");
        Answer { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }
}

/// What the sandbox's sheet takes: the parameters, and who holds the phone.
pub(crate) fn sheet(payment: &Value, openid: &str) -> Value {
    let mut sheet = payment.clone();
    sheet["openid"] = openid.into();
    sheet
}

/// The payment with one bit of its signature turned.
pub(crate) fn with_flipped_signature(payment: &Value) -> Value {
    let mut signature = STANDARD.decode(payment["paySign"].as_str().expect("signed")).expect("base64");
    signature[100] ^= 1;
    let mut payment = payment.clone();
    payment["paySign"] = STANDARD.encode(signature).into();
    payment
}

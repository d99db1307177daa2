//! A server under test: the real router, a real database, and WeChat's side over real HTTP.

#[allow(dead_code)] // Shared with the tests in store/, which use the rest.
pub mod database;
pub mod process;
pub mod receiver;
pub mod wechat;

use std::path::Path;
pub use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rsa::{KeyPair, KeySize};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::get;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use wx_checkout_server::checkout::Checkout;
use wx_checkout_server::clock::Clock;
use wx_checkout_server::config::Config;
use wx_checkout_server::gateway::http_client;
use wx_checkout_server::{routes, serve};

use database::Database;
pub use wechat::{Fault, Wechat};

pub const MCHID: &str = "1900000001";
pub const APPID: &str = "wx0123456789abcdef";
pub const APP_SECRET: &str = "app5ecret0123456789abcdef01234567";
pub const API_V3_KEY: &str = "0123456789abcdef0123456789ABCDEF";
pub const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0119000000012026";
pub const API_V2_KEY: &str = "v2key0123456789v2key0123456789v2";
pub const SERIAL: &str = "7132D72A03E93CDDF8C03BBD1F37EEDF";
pub const PLATFORM_SERIAL: &str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
pub const NEXT_PLATFORM_SERIAL: &str = "6168A0AFFEC197EF26FCD92B92168B8343A2C9F2";
pub const SUB_MCHID: &str = "1900000109";
pub const SUB_APPID: &str = "wxfedcba9876543210";
pub const SESSION_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
pub const ADMIN_TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978";
pub const PAYER: &str = "oPayerOne0000000000000000001";

/// The merchant's key and WeChat's two: made once per run, because making them takes longer than a test.
static KEYS: LazyLock<[Arc<KeyPair>; 3]> = LazyLock::new(|| {
    let key = || Arc::new(KeyPair::generate(KeySize::Rsa2048).expect("a key"));
    [key(), key(), key()]
});

/// Time that tests can move forward, and stop.
#[derive(Clone, Default)]
pub struct Time {
    moved: Arc<AtomicU64>,
    /// 0 while it runs.
    stopped: Arc<AtomicU64>,
}

impl Time {
    pub fn ms(&self) -> u64 {
        let now = match self.stopped.load(Ordering::Relaxed) {
            0 => SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis(),
            stopped => stopped.into(),
        };
        u64::try_from(now).expect("fits") + self.moved.load(Ordering::Relaxed)
    }

    /// From now on it moves by [`Time::forward`] only, however long a test takes.
    pub fn stop(&self) {
        let now = self.ms() - self.moved.load(Ordering::Relaxed);
        self.stopped.store(now, Ordering::Relaxed);
    }

    pub fn seconds(&self) -> u64 {
        self.ms() / 1000
    }

    pub fn forward(&self, ms: u64) {
        self.moved.fetch_add(ms, Ordering::Relaxed);
    }
}

pub struct World {
    pub wechat: Arc<Wechat>,
    pub checkout: Arc<Checkout>,
    pub time: Time,
    pub router: Router,
    pub database: Database,
    pub directory: tempfile::TempDir,
}

/// An answer: status, headers, the body, and the body as JSON (null when it is none).
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub json: Value,
}

/// Writes the keys and a server.toml as an operator would.
pub fn write_config(directory: &Path, database: &str, wechat_url: &str, merchant: &KeyPair, wechat_public_pem: &str) {
    std::fs::write(directory.join("merchant_key.pem"), wechat::private_pem(merchant)).expect("written");
    std::fs::write(directory.join("merchant_cert.pem"), wechat::certificate_pem(merchant, SERIAL)).expect("written");
    std::fs::write(directory.join("wechatpay_public_key.pem"), wechat_public_pem).expect("written");
    let toml = format!(
        r#"listen = "127.0.0.1:0"
database = "{database}"
notify_base_url = "https://pay.example.com"

[session]
keys = ["{SESSION_KEY}"]
lifetime_minutes = 120

[merchant]
mchid = "{MCHID}"
appid = "{APPID}"
app_secret = "{APP_SECRET}"
serial = "{SERIAL}"
private_key_file = "merchant_key.pem"
api_v3_key = "{API_V3_KEY}"

[wechatpay]
api_base_urls = ["{wechat_url}"]
login_base_url = "{wechat_url}"
public_key_id = "{PUBLIC_KEY_ID}"
public_key_file = "wechatpay_public_key.pem"

[admin]
listen = '127.0.0.1:0'
token = "{ADMIN_TOKEN}"

[[catalogue]]
sku = "longjing-50g"
name = "西湖龙井 50g"
price = 6800

[[catalogue]]
sku = "sample-5g"
name = "试饮装 5g"
price = 1
"#
    );
    std::fs::write(directory.join("server.toml"), toml).expect("written");
}

impl World {
    pub async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let time = Time::default();
        let [merchant, wechat, platform] = KEYS.clone();
        let wechat = Arc::new(Wechat::new(wechat, platform, &merchant, time.clone()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let side = Router::new()
            .route("/sns/jscode2session", get(wechat::login))
            .route("/cgi-bin/stable_token", axum::routing::post(wechat::shipping::stable_token))
            .route("/wxa/sec/order/{call}", axum::routing::post(wechat::shipping::call))
            .fallback(wechat::gateway)
            .with_state(Arc::clone(&wechat));
        tokio::spawn(async move { axum::serve(listener, side).await });
        let database = Database::new(directory.path()).await;
        write_config(directory.path(), &database.setting(), &url, &merchant, &wechat.public_pem());
        let (checkout, router) = Self::server(directory.path(), &time, Duration::ZERO).await;
        Self { wechat, checkout, time, router, database, directory }
    }

    async fn server(directory: &Path, time: &Time, apart: Duration) -> (Arc<Checkout>, Router) {
        let config = Config::read(&directory.join("server.toml")).expect("a good configuration");
        let store = config.database.open().await.expect("opens");
        let front = serve::front(&config);
        let read = time.clone();
        let checkout = Arc::new(serve::assemble(
            config,
            store,
            http_client(None).expect("a client"),
            Clock::new(move || read.ms()),
            apart,
        ));
        checkout.outbox.open().await.expect("open");
        (Arc::clone(&checkout), routes::router(checkout, front))
    }

    /// The server is started again on what is on disk.
    pub async fn restart(&mut self) {
        self.spread_out(Duration::ZERO).await;
    }

    /// The server is started again, and begins its looks this far apart.
    pub async fn spread_out(&mut self, apart: Duration) {
        (self.checkout, self.router) = Self::server(self.directory.path(), &self.time, apart).await;
    }

    /// Another server on the same database, with everything else in common too.
    pub async fn beside(&self, apart: Duration) -> (Arc<Checkout>, Router) {
        Self::server(self.directory.path(), &self.time, apart).await
    }

    /// Rewrites the configuration and starts again.
    pub async fn reconfigure(&mut self, from: &str, to: &str) {
        let file = self.directory.path().join("server.toml");
        let text = std::fs::read_to_string(&file).expect("readable");
        assert!(text.contains(from), "{from:?} is not in the configuration");
        std::fs::write(&file, text.replace(from, to)).expect("written");
        self.restart().await;
    }

    pub async fn call(&self, request: Request<Body>) -> Reply {
        call(&self.router, request).await
    }

    pub async fn post(&self, path: &str, token: &str, body: &Value) -> Reply {
        self.call(post(path, token).body(body.to_string().into()).expect("a request")).await
    }

    pub async fn get(&self, path: &str, token: &str) -> Reply {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        self.call(request.body(Body::empty()).expect("a request")).await
    }

    /// A session of `openid`.
    pub async fn login(&self, openid: &str) -> String {
        let reply = self.post("/auth/exchange", "", &json!({"credential": format!("code-{openid}")})).await;
        assert_eq!((reply.status, &reply.json["userOpenId"]), (StatusCode::OK, &json!(openid)), "{}", reply.json);
        text(&reply.json["token"])
    }

    pub async fn create(&self, token: &str, key: &str, body: &Value) -> Reply {
        self.call(create_request(token, key, body)).await
    }

    /// An order of one longjing under `key`, parameters handed out.
    pub async fn buy(&self, token: &str, key: &str) -> Value {
        let reply = self.create(token, key, &tea()).await;
        assert_eq!((reply.status, &reply.json["state"]), (StatusCode::OK, &json!("payable")), "{}", reply.json);
        reply.json
    }

    pub async fn verify(&self, token: &str, order: &Value) -> Value {
        let reply = self.get(&format!("/orders/verify?transactionId={}", text(&order["orderId"])), token).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.json);
        reply.json
    }

    pub async fn notify(&self, notification: (HeaderMap, Vec<u8>)) -> Reply {
        self.notify_at("/notify/v3/payment", notification).await
    }

    pub async fn notify_at(&self, path: &str, (headers, body): (HeaderMap, Vec<u8>)) -> Reply {
        let mut request = Request::post(path).body(Body::from(body)).expect("a request");
        request.headers_mut().extend(headers);
        self.call(request).await
    }

    /// WeChat tells of the refund as it is.
    pub async fn notify_of_refund(&self, out_refund_no: &str) -> Reply {
        self.notify_at("/notify/v3/refund", self.wechat.refund_notification(out_refund_no)).await
    }

    /// WeChat tells of the trade as it is.
    pub async fn notify_of(&self, number: &str) -> Reply {
        self.notify(self.wechat.notification(&self.wechat.transaction(number))).await
    }

    /// The operator's port, as it is after a start.
    pub fn desk(&self) -> Router {
        let config = Config::read(&self.directory.path().join("server.toml")).expect("a good configuration");
        wx_checkout_server::admin::router(Arc::clone(&self.checkout), &config.admin.expect("it is configured"))
    }

    /// A number out of the database.
    pub async fn number(&self, query: &'static str) -> i64 {
        self.database.number(query).await
    }
}

pub async fn call(router: &Router, request: Request<Body>) -> Reply {
    let response = router.clone().oneshot(request).await.expect("infallible");
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
    Reply { status, headers, json: serde_json::from_slice(&body).unwrap_or(Value::Null), body: body.to_vec() }
}

pub fn create_request(token: &str, key: &str, body: &Value) -> Request<Body> {
    let request = post("/payments/create", token).header("idempotency-key", key);
    request.body(body.to_string().into()).expect("a request")
}

pub fn post(path: &str, token: &str) -> axum::http::request::Builder {
    Request::post(path).header("content-type", "application/json").header("authorization", format!("Bearer {token}"))
}

pub fn tea() -> Value {
    json!({"items": [{"sku": "longjing-50g", "quantity": 1}], "expectedAmount": 6800})
}

pub fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

/// The reply is this problem, whole.
pub fn assert_problem(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status.as_u16(), reply.json["code"].as_str()), (status, Some(code)), "{}", reply.json);
    assert_eq!(reply.headers["content-type"], "application/problem+json");
    assert_eq!(reply.json["type"], format!("urn:wx-checkout:{code}"));
    assert_eq!(reply.json["status"], status);
    assert_eq!(reply.json["requestId"], reply.headers["x-request-id"].to_str().expect("ascii"));
    assert!(reply.json["detail"].as_str().is_some_and(|detail| detail.len() > 20));
}

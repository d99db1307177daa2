//! A merchant that is ready to go live: WeChat's hosts, the callback URL and the mini program's login
//! over HTTPS under their real names, books that a purchase went through, files that are private.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use wx_checkout_server::clock::Clock;
use wx_checkout_server::config::Transport;
use wx_checkout_server::doctor::{Instruments, Report, Status, examine};
use wx_checkout_server::gateway::http_client_builder;
use wx_checkout_server::listen::{self, Patience};

use crate::support::{API_V2_KEY, APP_SECRET, APPID, Arc, PAYER, World, wechat};

pub const GOOD_SECRET: &str = "5ec4e7aa5ec4e7aa5ec4e7aa5ec4e7aa";
const API: &str = "api.mch.weixin.qq.com";
const LOGIN: &str = "api.weixin.qq.com";
const CALLBACK: &str = "pay.example.com";

pub struct Clinic {
    pub world: World,
    pub file: PathBuf,
    pub instruments: Instruments,
    trusted: Trusted,
    addresses: BTreeMap<&'static str, SocketAddr>,
}

/// What the machine under test trusts.
pub struct Trusted {
    pub certificate: String,
    pub key: String,
}

impl Trusted {
    /// For longer than anybody lives.
    fn lasting() -> Self {
        Self::with(|_| ())
    }

    pub fn for_days(days: i64) -> Self {
        Self::with(|parameters| ending_in(days, parameters))
    }

    fn with(change: impl FnOnce(&mut rcgen::CertificateParams)) -> Self {
        let names = [API, LOGIN, CALLBACK].map(str::to_owned);
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut parameters = rcgen::CertificateParams::new(names).expect("names");
        change(&mut parameters);
        let certificate = parameters.self_signed(&key).expect("a certificate").pem();
        Self { certificate, key: key.serialize_pem() }
    }

    fn transport(&self) -> Transport {
        let chain = vec![CertificateDer::from_pem_slice(self.certificate.as_bytes()).expect("PEM")];
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("PEM");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a pair");
        Transport::Tls(Arc::new(config))
    }
}

/// A certificate of `key` with this serial number, in hex, that ends so many days from now.
pub fn certificate_for_days(days: i64, key: &rcgen::KeyPair, serial: &str) -> String {
    let mut parameters = rcgen::CertificateParams::new(vec![]).expect("no names");
    parameters.serial_number = Some(hex::decode(serial).expect("hex").into());
    ending_in(days, &mut parameters);
    parameters.self_signed(key).expect("a certificate").pem()
}

fn ending_in(days: i64, parameters: &mut rcgen::CertificateParams) {
    let end = jiff::Timestamp::now().as_second() + days * 86_400;
    let end = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::from_second(end).expect("a time"));
    let (month, day) = (u8::try_from(end.month()).expect("fits"), u8::try_from(end.day()).expect("fits"));
    parameters.not_after = rcgen::date_time_ymd(end.year().into(), month, day);
}

async fn over_https(router: Router, trusted: &Trusted) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (address, transport) = (listener.local_addr().expect("bound"), trusted.transport());
    tokio::spawn(async move {
        listen::serve(listener, &transport, router, Patience::default(), std::future::pending()).await;
    });
    address
}

/// code2session, which looks at app id and secret before the code.
async fn login(Query(query): Query<BTreeMap<String, String>>) -> Response {
    let errcode = match (query["appid"].as_str(), query["secret"].as_str()) {
        (APPID, GOOD_SECRET) => 40029,
        (APPID, _) => 40125,
        _ => 40013,
    };
    ([("content-type", "text/plain")], json!({"errcode": errcode, "errmsg": "no"}).to_string()).into_response()
}

impl Clinic {
    pub async fn new() -> Self {
        let world = World::new().await;
        world.wechat.lists_certificates.store(true, Ordering::Relaxed);
        let token = world.login(PAYER).await;
        world.buy(&token, "key-1").await;
        let number = world.wechat.number();
        world.wechat.set(&number, "SUCCESS");
        assert_eq!(world.notify_of(&number).await.status, StatusCode::NO_CONTENT);
        let file = world.directory.path().join("server.toml");
        let text = std::fs::read_to_string(&file).expect("readable");
        let urls: Vec<String> = text.lines().filter(|line| line.contains("base_url")).map(str::to_owned).collect();
        let text = text
            .replace(&urls[1], &format!("api_base_urls = [\"https://{API}\"]"))
            .replace(&urls[2], &format!("login_base_url = \"https://{LOGIN}\""))
            .replace(APP_SECRET, GOOD_SECRET)
            .replace(
                "serial = ",
                &format!("certificate_file = \"merchant_cert.pem\"\napi_v2_key = \"{API_V2_KEY}\"\nserial = "),
            )
            .replace(
                "[session]",
                "[shipping]\nupload = true\nlogistics = \"pickup\"\nitem_desc = \"茶叶\"\n\n[session]",
            );
        std::fs::write(&file, text).expect("written");
        for entry in std::fs::read_dir(world.directory.path()).expect("a directory") {
            let path = entry.expect("an entry").path();
            std::fs::set_permissions(path, Permissions::from_mode(0o600)).expect("changed");
        }
        let trusted = Trusted::lasting();
        let side = Router::new().fallback(wechat::gateway).with_state(Arc::clone(&world.wechat));
        let addresses = BTreeMap::from([
            (API, over_https(side, &trusted).await),
            (LOGIN, over_https(Router::new().route("/sns/jscode2session", get(login)), &trusted).await),
            (CALLBACK, over_https(world.router.clone(), &trusted).await),
        ]);
        let instruments = instruments(&trusted, &addresses, 0);
        Self { world, file, instruments, trusted, addresses }
    }

    /// The configuration, changed.
    pub fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(&self.file).expect("readable");
        assert!(text.contains(from), "{from:?} is not in the configuration");
        std::fs::write(&self.file, text.replacen(from, to, 1)).expect("written");
    }

    /// A file beside it.
    pub fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.world.directory.path().join(name);
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(path, Permissions::from_mode(0o600)).expect("changed");
    }

    /// The machine's clock is this many seconds ahead.
    pub fn clock_ahead(&mut self, seconds: u64) {
        self.instruments = instruments(&self.trusted, &self.addresses, seconds);
    }

    /// Something else answers under the callback's name.
    pub async fn callback(&mut self, router: Router, trusted: Option<Trusted>) {
        let known = trusted.as_ref().unwrap_or(&self.trusted);
        let address = over_https(router, known).await;
        self.addresses.insert(CALLBACK, address);
        if let Some(trusted) = trusted {
            self.trust(trusted);
        }
        self.clock_ahead(0);
    }

    /// Nobody listens where this name leads.
    pub fn unplug(&mut self, name: &'static str) {
        self.lead(name, ([127, 0, 0, 1], 9).into());
    }

    /// This name leads there.
    pub fn lead(&mut self, name: &'static str, address: SocketAddr) {
        assert!(self.addresses.insert(name, address).is_some(), "{name} is not known");
        self.clock_ahead(0);
    }

    fn trust(&mut self, also: Trusted) {
        self.trusted.certificate.push_str(&also.certificate);
    }

    pub async fn visit(&self) -> Report {
        examine(&self.file, &self.instruments).await
    }
}

fn instruments(trusted: &Trusted, addresses: &BTreeMap<&'static str, SocketAddr>, ahead: u64) -> Instruments {
    let roots = reqwest::Certificate::from_pem_bundle(trusted.certificate.as_bytes()).expect("PEM");
    let client = http_client_builder().tls_info(true).tls_certs_only(roots);
    let client = addresses.iter().fold(client, |client, (name, address)| client.resolve(name, *address));
    let system = Clock::system();
    let clock = Clock::new(move || system.now_ms() + ahead * 1000);
    Instruments { http: client.build().expect("a client"), clock }
}

/// What is not as it should be, by the check's id.
pub fn not_passed(report: &Report) -> Vec<(&'static str, Status)> {
    let wrong = report.findings.iter().filter(|finding| finding.status != Status::Pass);
    wrong.map(|finding| (finding.check.id(), finding.status)).collect()
}

/// Text and JSON say the same, and neither says a secret.
pub fn assert_said_twice(report: &Report, secrets: &[&str]) {
    let (text, json) = (report.text(), report.json());
    let checks = json["checks"].as_array().expect("a list");
    assert_eq!(checks.len(), report.findings.len());
    for check in checks {
        let field = |name: &str| check[name].as_str().expect("a text");
        let word = if check["status"] == "fail" { "FAIL" } else { field("status") };
        let line = format!("  {word}  {:<22} {}", field("id"), field("what"));
        assert!(text.lines().any(|said| said == line), "{line:?} is not in: {text}");
        assert_eq!(field("fix").is_empty(), check["status"] == "pass", "{check}");
        assert!(field("fix").is_empty() || text.contains(&format!("-> {}\n", field("fix"))), "{check}");
    }
    for id in json["notLookedAt"].as_array().expect("a list") {
        let id = id.as_str().expect("an id");
        assert!(text.contains(id) && !checks.iter().any(|check| check["id"] == id), "{id}");
    }
    let worst = match report.exit_code() {
        0 => "pass",
        1 => "warn",
        _ => "fail",
    };
    assert_eq!(json["status"], Value::from(worst));
    for secret in secrets {
        assert!(!text.contains(secret) && !json.to_string().contains(secret), "a secret is shown: {text}");
    }
}

/// Everything in the directory, with its bytes and its time.
pub fn inventory(clinic: &Clinic) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
    let entries = std::fs::read_dir(clinic.world.directory.path()).expect("a directory");
    let of = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let time = std::fs::metadata(&path).expect("there").modified().expect("a time");
        (path.clone(), (std::fs::read(&path).expect("readable"), time))
    };
    // In the file of SQLite's locks a reader stands as well.
    entries.map(of).filter(|(path, _)| !path.ends_with("wx-checkout.db-shm")).collect()
}

//! The doctor finds a wrong configuration before the first customer does, names what is wrong and
//! nothing else, and changes nothing.

mod clinic;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use aws_lc_rs::rsa::{KeyPair, KeySize};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::process::Command;
use wx_checkout_server::doctor::{Check, Status};
use wx_checkout_server::doctor::{Report, Status::Fail, Status::Warn};

use crate::support::wechat::{certificate_pem, private_pem, public_pem};
use crate::support::{ADMIN_TOKEN, API_V2_KEY, API_V3_KEY, Fault, PAYER, SERIAL, SESSION_KEY};
use clinic::{Clinic, GOOD_SECRET, Trusted, assert_said_twice, certificate_for_days, inventory, not_passed};

const SECRETS: [&str; 6] = [ADMIN_TOKEN, GOOD_SECRET, API_V3_KEY, API_V2_KEY, SESSION_KEY, PAYER];

/// What the report says is wrong, after it was held to its two forms.
fn wrong(report: &Report) -> Vec<(&'static str, Status)> {
    assert_said_twice(report, &SECRETS);
    let wrong = not_passed(report);
    let worst = wrong.iter().map(|(_, status)| *status).max();
    assert_eq!(report.exit_code(), worst.map_or(0, |worst| if worst == Fail { 2 } else { 1 }), "{}", report.text());
    wrong
}

#[tokio::test]
async fn a_good_configuration_passes_every_check_and_nothing_is_changed() {
    let clinic = Clinic::new().await;
    let before = inventory(&clinic);
    let report = clinic.visit().await;
    assert_eq!((wrong(&report), report.not_looked_at.clone()), (vec![], vec![]), "{}", report.text());
    assert_eq!(report.findings.len(), Check::ALL.len());
    assert!(inventory(&clinic) == before, "a file was changed");
    assert_eq!(clinic.world.wechat.trades.lock().expect("lock").len(), 1, "an order was made");

    // As the operator reads it; only what differs from run to run is written in a common form.
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let clock = report.text().lines().find(|line| line.contains("the clock is")).expect("a line").to_owned();
    let database = clinic.world.database.setting();
    let said = report
        .text()
        .replace(&today, "TODAY")
        .replace(&clock, "  pass  clock                  the clock is 0 s ahead of WeChat's")
        .replace(&database, "wx-checkout.db");
    if database.starts_with('/') {
        assert_eq!(said, include_str!("good.txt"), "as it is now:\n{said}");
    }
}

#[tokio::test]
async fn it_runs_beside_the_server_and_before_there_is_a_database() {
    let mut clinic = Clinic::new().await;
    clinic.edit(&clinic.world.database.setting(), "not-made-yet.db");
    let report = clinic.visit().await;
    // Nothing proves the binding before the first order.
    assert_eq!(wrong(&report), [("appid.bound", Warn)], "{}", report.text());
    assert!(!clinic.world.directory.path().join("not-made-yet.db").exists(), "a database was made");
    clinic.clock_ahead(100);
    assert!(wrong(&clinic.visit().await).contains(&("clock", Warn)));
}

/// One break of the configuration's text, and what follows from it.
struct Break {
    from: &'static str,
    to: &'static str,
    follows: &'static [(&'static str, Status)],
}

const BREAKS: &[Break] = &[
    Break { from: "mchid = \"1900000001\"", to: "mchid = \"19-1\"", follows: &[("mchid", Fail)] },
    Break { from: "[[catalogue]]", to: "catalogue = [", follows: &[("configuration", Fail)] },
    Break { from: "price = 6800", to: "price = 0", follows: &[("catalogue", Fail)] },
    Break { from: "sku = \"sample-5g\"", to: "sku = \"longjing-50g\"", follows: &[("catalogue", Fail)] },
    Break { from: SESSION_KEY, to: "abcd", follows: &[("session.keys", Fail)] },
    Break { from: "lifetime_minutes = 120", to: "lifetime_minutes = 0", follows: &[("configuration", Fail)] },
    Break { from: "lifetime_minutes = 120", to: "lifetime = 120", follows: &[("configuration", Fail)] },
    Break {
        from: "[shipping]\nupload = true\nlogistics = \"pickup\"\nitem_desc = \"茶叶\"",
        to: "",
        follows: &[("shipping", Warn)],
    },
    Break {
        from: "[shipping]",
        to: "[order_tokens]\nkeys = [\"short\"]\n[shipping]",
        follows: &[("order_tokens", Fail)],
    },
    Break {
        from: "[shipping]",
        to: "[webhook]\nurl = \"http://shop.example.com/hook\"\nsecrets = [\"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\"]\n[shipping]",
        follows: &[("webhook", Fail)],
    },
    Break {
        from: "[shipping]",
        to: "[webhook]\nurl = \"https://shop.example.com/hook\"\nsecrets = [\"short\"]\n[shipping]",
        follows: &[("webhook", Fail)],
    },
    Break { from: "logistics = \"pickup\"", to: "logistics = \"pigeon\"", follows: &[("shipping", Fail)] },
    Break { from: "[shipping]", to: "[bills]\nenabled = false\n[shipping]", follows: &[("bills", Warn)] },
    Break { from: ADMIN_TOKEN, to: "password", follows: &[("admin", Fail)] },
    Break { from: "listen = '127.0.0.1:0'", to: "listen = '0.0.0.0:0'", follows: &[("admin", Fail)] },
    Break { from: "127.0.0.1:0", to: "0.0.0.0:0", follows: &[("exposure", Fail)] },
    Break { from: "https://pay.example.com", to: "http://pay.example.com", follows: &[("notify_url", Fail)] },
    Break { from: "https://pay.example.com", to: "https://10.0.0.1", follows: &[("notify_url", Fail)] },
    Break { from: API_V3_KEY, to: "short", follows: &[("api_v3_key", Fail)] },
    Break { from: API_V3_KEY, to: "another0another0another0another0", follows: &[("api_v3_key.opens", Fail)] },
    Break { from: API_V2_KEY, to: "short", follows: &[("api_v2_key", Fail)] },
    Break { from: API_V2_KEY, to: "another0another0another0another0", follows: &[("credentials.v2", Fail)] },
    Break { from: "\"merchant_key.pem", to: "\"none.pem", follows: &[("private_key", Fail)] },
    Break { from: "\"merchant_key.pem", to: "\"server.toml", follows: &[("private_key", Fail), ("certificate", Fail)] },
    Break { from: "\"merchant_cert.pem", to: "\"server.toml", follows: &[("certificate", Fail)] },
    Break {
        from: "serial = \"7132",
        to: "serial = \"7133",
        follows: &[("certificate.serial", Fail), ("credentials.v3", Fail)],
    },
    Break { from: "\"wechatpay_public_key.pem", to: "\"server.toml", follows: &[("wechatpay.public_key", Fail)] },
    Break { from: "PUB_KEY_ID_", to: "PUBKEYID", follows: &[("wechatpay.public_key", Fail), ("credentials.v3", Fail)] },
    Break { from: GOOD_SECRET, to: "5ec4e7aa5ec4e7aa5ec4e7aa5ec4e7ab", follows: &[("login", Fail)] },
    Break {
        from: "wx0123456789abcdef",
        to: "wx0123456789abcdee",
        follows: &[("credentials.v2", Fail), ("login", Fail), ("appid.bound", Warn)],
    },
    Break {
        from: "[\"https://api.mch.weixin.qq.com\"]",
        to: "[\"ftp://api.mch.weixin.qq.com\"]",
        follows: &[("gateway.hosts", Fail)],
    },
    Break { from: "database = \"", to: "database = \"mysql://u:p@h/", follows: &[("database", Fail)] },
];

#[tokio::test]
async fn a_broken_setting_is_named_with_what_follows_from_it_and_nothing_else() {
    let clinic = Clinic::new().await;
    let good = std::fs::read_to_string(&clinic.file).expect("readable");
    let mut surprises = vec![];
    for Break { from, to, follows } in BREAKS {
        clinic.put("server.toml", good.as_bytes());
        clinic.edit(from, to);
        let report = clinic.visit().await;
        let found = wrong(&report);
        if found != *follows {
            surprises.push(format!("{from} -> {to}: {found:?}\n{}", report.text()));
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

#[tokio::test]
async fn all_mistakes_are_named_at_once() {
    let clinic = Clinic::new().await;
    clinic.edit("lifetime_minutes = 120", "lifetime = 120");
    clinic.edit("price = 6800", "price = 0");
    clinic.edit(API_V3_KEY, "short");
    clinic.edit("\"merchant_key.pem", "\"none.pem");
    clinic.edit("https://pay.example.com", "https://pay.example.com/?a=b");
    clinic.edit("[shipping]", "[shiping]\na = 1\n[limit]\nb = 1\n[shipping]");
    let report = clinic.visit().await;
    let expected = [
        ("private_key", Fail),
        ("api_v3_key", Fail),
        ("notify_url", Fail),
        ("configuration", Fail),
        ("catalogue", Fail),
    ];
    assert_eq!(wrong(&report), expected, "{}", report.text());
    for named in ["lifetime", "shiping", "limit", "longjing-50g", "none.pem"] {
        assert!(report.text().contains(named), "{named} is not in {}", report.text());
    }
}

#[tokio::test]
async fn keys_and_certificates_that_do_not_belong_together_are_named() {
    let clinic = Clinic::new().await;
    let other = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let file = |name: &str| std::fs::read(clinic.world.directory.path().join(name)).expect("readable");
    let (key, certificate, public) =
        (file("merchant_key.pem"), file("merchant_cert.pem"), file("wechatpay_public_key.pem"));

    clinic.put("wechatpay_public_key.pem", public_pem(&other));
    assert_eq!(wrong(&clinic.visit().await), [("wechatpay.signature", Fail)]);
    clinic.put("wechatpay_public_key.pem", public);

    // Elliptic: not what WeChat Pay signs with.
    clinic.put("merchant_key.pem", rcgen::KeyPair::generate().expect("a key").serialize_pem());
    assert!(wrong(&clinic.visit().await).contains(&("private_key", Fail)));

    // In version 3 alone the certificate is not shown to WeChat; that it is another one is seen all the same.
    clinic.edit("api_v2_key", "# api_v2_key");
    clinic.put("merchant_key.pem", private_pem(&other));
    assert_eq!(wrong(&clinic.visit().await), [("certificate.key", Fail), ("credentials.v3", Fail)]);
    clinic.put("merchant_key.pem", &key);

    let pair = rcgen::KeyPair::from_pem(std::str::from_utf8(&key).expect("PEM")).expect("a key");
    let ending = |days| certificate_for_days(days, &pair, SERIAL);
    clinic.put("merchant_cert.pem", ending(10));
    assert_eq!(wrong(&clinic.visit().await), [("certificate", Warn)]);
    clinic.put("merchant_cert.pem", ending(-10));
    assert_eq!(wrong(&clinic.visit().await), [("certificate", Fail)]);
    clinic.put("merchant_cert.pem", &certificate);

    clinic.put("platform.pem", ending(10));
    clinic.edit("public_key_id = ", "platform_certificate_files = [\"platform.pem\"]\npublic_key_id = ");
    assert_eq!(wrong(&clinic.visit().await), [("wechatpay.certificates", Warn)]);
    clinic.put("platform.pem", certificate_pem(&other, SERIAL));
    assert_eq!(wrong(&clinic.visit().await), []);
    clinic.edit("certificate_file = ", "# certificate_file = ");
    assert_eq!(wrong(&clinic.visit().await), [("certificate", Warn)]);
}

#[tokio::test]
async fn without_a_list_of_certificates_the_books_prove_the_key() {
    let clinic = Clinic::new().await;
    let list = || clinic.world.wechat.fail_next("/v3/certificates", Fault::Refuse(404, "RESOURCE_NOT_EXISTS"));
    list();
    let report = clinic.visit().await;
    assert_eq!(wrong(&report), []);
    assert!(report.text().contains("it opens the newest notification in the books"), "{}", report.text());
    clinic.edit(API_V3_KEY, "another0another0another0another0");
    list();
    assert_eq!(wrong(&clinic.visit().await), [("api_v3_key.opens", Warn)]);
    clinic.edit(&clinic.world.database.setting(), "not-made-yet.db");
    list();
    assert_eq!(wrong(&clinic.visit().await), [("api_v3_key.opens", Warn), ("appid.bound", Warn)]);
}

#[tokio::test]
async fn a_wrong_clock_is_named_and_what_follows_from_it() {
    let mut clinic = Clinic::new().await;
    clinic.clock_ahead(100);
    assert_eq!(wrong(&clinic.visit().await), [("clock", Warn)]);
    clinic.clock_ahead(400);
    assert_eq!(wrong(&clinic.visit().await), [("wechatpay.signature", Fail), ("clock", Fail)]);
}

#[tokio::test]
async fn hosts_that_say_nothing_are_waited_for_less_than_15_seconds() {
    let mut clinic = Clinic::new().await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = silent.local_addr().expect("bound");
    for name in ["api.mch.weixin.qq.com", "api.weixin.qq.com", "pay.example.com"] {
        clinic.lead(name, address);
    }
    let report = tokio::time::timeout(std::time::Duration::from_secs(15), clinic.visit()).await.expect("it ends");
    let expected = [("callback.answers", Warn), ("gateway.hosts", Fail), ("gateway.login", Fail)];
    assert_eq!(wrong(&report), expected, "{}", report.text());
    assert!(report.text().contains("did not answer in time"), "{}", report.text());
}

#[tokio::test]
async fn hosts_that_cannot_be_reached_are_named() {
    let mut clinic = Clinic::new().await;
    clinic.unplug("api.mch.weixin.qq.com");
    clinic.unplug("api.weixin.qq.com");
    clinic.unplug("pay.example.com");
    let report = clinic.visit().await;
    let expected = [("callback.answers", Warn), ("gateway.hosts", Fail), ("gateway.login", Fail)];
    assert_eq!(wrong(&report), expected, "{}", report.text());
}

#[tokio::test]
async fn a_callback_url_that_leads_elsewhere_is_named() {
    let mut clinic = Clinic::new().await;
    for (router, status) in [
        (Router::new(), Fail),
        (Router::new().route("/healthz", get(|| async { "ok\n" })), Fail),
        (Router::new().fallback(|| async { StatusCode::BAD_GATEWAY }), Warn),
    ] {
        clinic.callback(router, None).await;
        assert_eq!(wrong(&clinic.visit().await), [("callback.answers", status)]);
    }
    // The server itself, behind a proxy that lets no POST through.
    let gets_only = clinic.world.router.clone().layer(axum::middleware::from_fn(
        |request: axum::extract::Request, next: axum::middleware::Next| async move {
            if request.method() == "POST" { Err(StatusCode::FORBIDDEN) } else { Ok(next.run(request).await) }
        },
    ));
    clinic.callback(gets_only, None).await;
    assert_eq!(wrong(&clinic.visit().await), [("callback.answers", Fail)]);

    let router = clinic.world.router.clone();
    clinic.callback(router.clone(), Some(Trusted::for_days(10))).await;
    assert_eq!(wrong(&clinic.visit().await), [("https.callback", Warn)]);
    clinic.callback(router, Some(Trusted::for_days(-10))).await;
    assert_eq!(wrong(&clinic.visit().await), [("https.callback", Fail)]);
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_named() {
    let clinic = Clinic::new().await;
    clinic.world.database.execute("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'x', TRUE, '', 0)").await;
    let without_proofs = [("appid.bound", Warn)];
    let found = wrong(&clinic.visit().await);
    assert!(found.contains(&("database.layout", Fail)) && found.len() == 2, "{found:?}");
    assert!(without_proofs.iter().all(|follows| found.contains(follows)), "{found:?}");

    clinic.put("books.db", "this is no database, but a text that is longer than a header");
    clinic.edit(&clinic.world.database.setting(), "books.db");
    let found = wrong(&clinic.visit().await);
    assert!(found.contains(&("database", Fail)), "{found:?}");
    clinic.edit("books.db", "no/such/directory/books.db");
    assert!(wrong(&clinic.visit().await).contains(&("database", Fail)));
}

#[tokio::test]
async fn files_that_others_can_read_are_named() {
    let clinic = Clinic::new().await;
    let key = clinic.world.directory.path().join("merchant_key.pem");
    std::fs::set_permissions(&key, Permissions::from_mode(0o640)).expect("changed");
    let report = clinic.visit().await;
    assert_eq!(wrong(&report), [("files", Warn)]);
    assert!(report.text().contains("merchant_key.pem (merchant.private_key_file) can be read by others (mode 640)"));
}

#[tokio::test]
async fn the_program_says_so_in_text_and_in_json_and_by_its_exit_code() {
    let clinic = Clinic::new().await;
    clinic.edit("price = 6800", "price = 0");
    // WeChat's names lead nowhere from here: this is about the form alone.
    clinic.edit("[\"https://api.mch.weixin.qq.com\"]", "[\"http://127.0.0.1:9\"]");
    clinic.edit("\"https://api.weixin.qq.com\"", "\"http://127.0.0.1:9\"");
    clinic.edit("https://pay.example.com", "https://nowhere.invalid");
    let program = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wx-checkout-server"));
        command.args(["doctor", "--config"]).arg(&clinic.file).args(more);
        command
    };
    let text = program(&[]).output().await.expect("runs");
    let json = program(&["--json"]).output().await.expect("runs");
    assert_eq!((text.status.code(), json.status.code()), (Some(2), Some(2)));
    let text = String::from_utf8(text.stdout).expect("UTF-8");
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(json["status"], "fail");
    for check in json["checks"].as_array().expect("a list") {
        let id = check["id"].as_str().expect("an id");
        let word = if check["status"] == "fail" { "FAIL" } else { check["status"].as_str().expect("a word") };
        assert!(text.contains(&format!("  {word}  {id} ")), "{id} is not in {text}");
    }
    let usage = Command::new(env!("CARGO_BIN_EXE_wx-checkout-server")).arg("doctor").output().await.expect("runs");
    assert_eq!(usage.status.code(), Some(2));
    assert_eq!(String::from_utf8(usage.stderr).expect("UTF-8").lines().count(), 1);
}

#[test]
fn the_documentation_has_a_row_for_each_check_and_a_step_of_going_live() {
    let operations = include_str!("../../../../../docs/operations.md");
    let integration = include_str!("../../../../../docs/integration.md");
    for check in Check::ALL {
        let row = format!("| `{}` | {} |", check.id(), check.looks_at());
        assert!(operations.contains(&row), "docs/operations.md has no row {row}");
        assert!(
            integration.contains(&format!("`{}`", check.id())),
            "docs/integration.md has no step for {}",
            check.id()
        );
    }
    let rows = operations.lines().filter(|line| line.starts_with("| ") && line.matches('|').count() == 4);
    let of_doctor = rows.filter(|line| Check::ALL.iter().any(|check| line.contains(&format!("| `{}` |", check.id()))));
    assert_eq!(of_doctor.count(), Check::ALL.len(), "a row stands there for a check that is not there");
}

//! The program itself: one line when it listens, one line when it cannot, and a quiet end.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Output, Stdio};

use aws_lc_rs::rsa::{KeyPair, KeySize};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::support::wechat::public_pem;
use crate::support::{ADMIN_TOKEN, API_V3_KEY, APP_SECRET, Arc, Fault, PAYER, SESSION_KEY, World, tea, write_config};

fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    write_config(directory.path(), "wx-checkout.db", "http://127.0.0.1:9", &key, &public_pem(&key));
    directory
}

fn server(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wx-checkout-server"));
    command.args(["serve", "--config"]).arg(directory.join("server.toml")).kill_on_drop(true);
    command
}

/// It did not start: exit code 2, one line on stderr, nothing on stdout, no database. Answers the line.
fn refused(output: &Output, directory: &Path) -> String {
    let line = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert_eq!((line.lines().count(), output.stdout.len()), (1, 0), "{line}");
    assert!(!directory.join("wx-checkout.db").exists(), "a database was made");
    for secret in [APP_SECRET, API_V3_KEY, SESSION_KEY, ADMIN_TOKEN] {
        assert!(!line.contains(secret), "the line quotes a secret");
    }
    line
}

#[tokio::test]
async fn it_says_where_it_listens_answers_and_ends_on_sigterm() {
    let directory = directory();
    let mut child = server(directory.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let line = lines.next_line().await.expect("readable").expect("a line");
    let url = line.strip_prefix("wx-checkout-server listening on ").expect("the line that scripts wait for");
    let answer = reqwest::get(format!("{url}/healthz")).await.expect("answers");
    assert_eq!(answer.status().as_u16(), 200);
    let id = child.id().expect("running").to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.expect("kill").success());
    assert_eq!(child.wait().await.expect("ends").code(), Some(0));
    let page = lines.next_line().await.expect("readable").expect("the operator's");
    assert!(page.contains("operator's page on http://127.0.0.1:"), "{page}");
    assert_eq!(lines.next_line().await.expect("readable"), None, "a line for each port");
}

#[tokio::test]
async fn what_was_taken_before_sigterm_is_finished() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let gate = Arc::new(tokio::sync::Notify::new());
    world.wechat.fail_next("/jsapi", Fault::Hold(Arc::clone(&gate)));
    let mut child =
        server(world.directory.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let line = lines.next_line().await.expect("readable").expect("a line");
    let url = line.rsplit(' ').next().expect("an address").to_owned();

    let arrived = world.wechat.arrived.notified();
    let create = tokio::spawn(
        reqwest::Client::new()
            .post(format!("{url}/payments/create"))
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", "key-1")
            .body(tea().to_string())
            .send(),
    );
    arrived.await;
    let id = child.id().expect("running").to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.expect("kill").success());
    let mut log = BufReader::new(child.stderr.take().expect("piped")).lines();
    while !log.next_line().await.expect("readable").expect("it says that it stops").contains("stopping") {}
    gate.notify_one();
    let answer = create.await.expect("joined").expect("answered");
    assert_eq!(answer.status().as_u16(), 200);
    assert!(answer.text().await.expect("a body").contains("paySign"));
    assert_eq!(child.wait().await.expect("ends").code(), Some(0));
}

#[tokio::test]
async fn plain_http_for_others_needs_a_proxy_in_front() {
    let directory = directory();
    let output = server(directory.path()).args(["--listen", "0.0.0.0:0"]).output().await.expect("runs");
    assert!(refused(&output, directory.path()).contains("behind_proxy"));
    let file = directory.path().join("server.toml");
    let text = std::fs::read_to_string(&file).expect("readable");
    std::fs::write(&file, format!("behind_proxy = true\n{text}")).expect("written");
    let mut child = server(directory.path())
        .args(["--listen", "0.0.0.0:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    assert!(lines.next_line().await.expect("readable").expect("a line").contains("0.0.0.0"));
    child.kill().await.expect("ends");
}

#[tokio::test]
async fn the_operators_port_is_one_of_its_own_and_not_there_unless_it_is_configured() {
    let directory = directory();
    let start = || {
        let mut command = server(directory.path());
        command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts")
    };
    let mut child = start();
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut line = async || lines.next_line().await.expect("readable");
    let main = line().await.expect("a line").rsplit(' ').next().expect("an address").to_owned();
    let page = line().await.expect("another").rsplit(' ').next().expect("an address").to_owned();
    let at = page.strip_suffix("/admin/").expect("the page").to_owned();
    assert_ne!(at, main);
    let asked = |url: String| reqwest::Client::builder().no_proxy().build().expect("a client").get(url).send();
    assert_eq!(asked(page).await.expect("answered").status().as_u16(), 200);
    assert_eq!(asked(format!("{main}/admin/")).await.expect("answered").status().as_u16(), 404);
    let file = directory.path().join("server.toml");
    let output = Command::new(env!("CARGO_BIN_EXE_wx-checkout-server"))
        .args(["orders", "--at", &at, "--config"])
        .arg(&file)
        .output()
        .await
        .expect("runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "no such orders\n", "{output:?}");
    child.kill().await.expect("ends");

    let text = std::fs::read_to_string(&file).expect("readable");
    let without = text.replace(&format!("[admin]\nlisten = '127.0.0.1:0'\ntoken = \"{ADMIN_TOKEN}\"\n"), "");
    assert_ne!(text, without);
    std::fs::write(&file, without).expect("written");
    let mut child = start();
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    assert!(lines.next_line().await.expect("readable").is_some_and(|line| line.contains("listening on")));
    let id = child.id().expect("running").to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.expect("kill").success());
    assert_eq!(lines.next_line().await.expect("readable"), None, "there is one port");
    assert_eq!(child.wait().await.expect("ends").code(), Some(0));
    let output = server(directory.path()).args(["--admin-listen", "127.0.0.1:0"]).output().await.expect("runs");
    assert_eq!(output.status.code(), Some(2), "a port without a token");
}

#[tokio::test]
async fn a_taken_port_is_one_line_and_leaves_nothing() {
    let directory = directory();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    let output = server(directory.path()).args(["--listen", &address]).output().await.expect("runs");
    let line = refused(&output, directory.path());
    assert!(line.contains(&address) && line.contains("--listen"), "{line}");
}

#[tokio::test]
async fn each_bad_setting_is_one_line_that_names_it() {
    let table = [
        ("mchid = \"1900000001\"\n", "", "mchid"),
        ("mchid = \"1900000001\"", "mchid = \"19-1\"", "merchant.mchid"),
        ("lifetime_minutes = 120", "lifetime_minutes = 0", "session.lifetime_minutes"),
        ("lifetime_minutes = 120", "lifetime_minutes = \"long\"", "lifetime_minutes"),
        ("lifetime_minutes = 120", "lifetime = 120", "lifetime"),
        ("[session]", "[session", "line 5"),
        (SESSION_KEY, "abcd", "session.keys"),
        (API_V3_KEY, "short", "merchant.api_v3_key"),
        ("merchant_key.pem", "nothing.pem", "merchant.private_key_file"),
        ("\"merchant_key.pem", "\"server.toml", "merchant.private_key_file"),
        ("\"wechatpay_public_key.pem", "\"merchant_key.pem", "wechatpay.public_key_file"),
        ("https://pay.example.com", "http://pay.example.com", "notify_base_url"),
        ("https://pay.example.com", "https://10.0.0.1", "notify_base_url"),
        ("api_base_urls = [\"http://127.0.0.1:9\"]", "api_base_urls = []", "wechatpay.api_base_urls"),
        (
            "api_base_urls = [\"http://127.0.0.1:9\"]",
            "api_base_urls = [\"http://example.com\"]",
            "wechatpay.api_base_urls",
        ),
        ("price = 1\n", "price = 0\n", "sample-5g"),
        ("serial = ", "api = \"v4\"\nserial = ", "api"),
        ("serial = ", "api = \"v2\"\nserial = ", "merchant.api_v2_key"),
        ("serial = ", "api_v2_key = \"v2key0123456789v2key0123456789v2\"\nserial = ", "merchant.certificate_file"),
        (
            "serial = ",
            "api_v2_key = \"short\"\ncertificate_file = \"merchant_cert.pem\"\nserial = ",
            "merchant.api_v2_key",
        ),
        (
            "serial = ",
            "api_v2_key = \"v2key0123456789v2key0123456789v2\"\ncertificate_file = \"server.toml\"\nserial = ",
            "merchant.certificate_file",
        ),
        ("serial = ", "# serial = ", "merchant.serial"),
        ("public_key_id = ", "# public_key_id = ", "wechatpay.public_key_id"),
        (
            "public_key_id = ",
            "platform_certificate_files = [\"merchant_key.pem\"]\npublic_key_id = ",
            "platform_certificate_files",
        ),
        ("[wechatpay]", "[merchant.partner]\nsub_mchid = \"1900000001\"\n[wechatpay]", "merchant.partner.sub_mchid"),
        ("[wechatpay]", "[orders]\npayable_minutes = 4\n[wechatpay]", "orders.payable_minutes"),
        ("[wechatpay]", "[orders]\nlate_payment = \"keep\"\n[wechatpay]", "late_payment"),
        ("[wechatpay]", "[[former_merchants]]\nmchid = \"1900000002\"\n[wechatpay]", "former_merchants"),
        (
            "[wechatpay]",
            "[[former_merchants]]\nmchid = \"1900000002\"\napi_v3_key = \"0123456789abcdef0123456789ABCDEF\"\n[wechatpay]",
            "former_merchants.serial",
        ),
        ("sku = \"sample-5g\"", "sku = \"longjing-50g\"", "longjing-50g"),
        ("listen = \"127.0.0.1:0\"", "listen = \"0.0.0.0:0\"", "behind_proxy"),
        ("listen = \"127.0.0.1:0\"", "listen = \"here\"", "listen"),
        ("[session]", "[order_tokens]\nkeys = []\n[session]", "order_tokens.keys"),
        ("[session]", "[order_tokens]\nkeys = [\"short\"]\n[session]", "order_tokens.keys"),
        ("notify_base_url", "catalogue_file = \"prices.toml\"\nnotify_base_url", "catalogue_file"),
        ("[[catalogue]]", "[[articles]]", "articles"),
        ("[session]", "[limits]\nper_address = 0\n[session]", "limits.per_address"),
        ("[session]", "[limits]\nper_hour = 1\n[session]", "per_hour"),
        ("[session]", "[tls]\ncertificate_file = \"none.pem\"\nkey_file = \"k\"\n[session]", "tls.certificate_file"),
        (
            "[session]",
            "[tls]\ncertificate_file = \"merchant_key.pem\"\nkey_file = \"merchant_key.pem\"\n[session]",
            "tls.certificate_file",
        ),
        ("[session]", "[webhook]\nurl = \"http://shop.example.com/\"\nsecrets = []\n[session]", "webhook.url"),
        ("[session]", "[webhook]\nurl = \"https://shop.example.com/\"\nsecrets = []\n[session]", "webhook.secrets"),
        ("[session]", "[webhook]\nurl = \"https://shop.example.com/\"\n[session]", "secrets"),
        (
            "[session]",
            "[webhook]\nurl = \"https://shop.example.com/\"\nsecrets = []\ntimeout_seconds = 0\n[session]",
            "webhook.timeout_seconds",
        ),
        ("[session]", "[shipping]\nupload = true\nitem_desc = \"t\"\n[session]", "shipping.logistics"),
        (
            "[session]",
            "[shipping]\nupload = false\nlogistics = \"express\"\n[session]",
            "shipping.logistics: a courier's parcel has a number",
        ),
        ("[session]", "[shipping]\nupload = true\nlogistics = \"virtual\"\n[session]", "shipping.item_desc"),
        (
            "[session]",
            "[shipping]\nupload = true\nlogistics = \"virtual\"\nitem_desc = \"\"\n[session]",
            "shipping.item_desc",
        ),
        (ADMIN_TOKEN, "secret", "admin.token"),
        (ADMIN_TOKEN, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "admin.token"),
        ("[admin]\nlisten = '127.0.0.1:0'", "[admin]\nlisten = \"0.0.0.0:0\"", "admin.listen"),
        ("[admin]\nlisten = '127.0.0.1:0'", "[admin]\nlisten = \"here\"", "admin.listen"),
        ("[admin]\n", "[admin]\nformer_token = \"old\"\n", "admin.former_token"),
        ("[admin]\n", "[admin]\nhosts = [\"https://desk.example.com\"]\n", "admin.hosts"),
        ("[admin]\n", "[admin]\nport = 1\n", "port"),
        ("wx-checkout.db", "mysql://u:p@h/d", "database"),
        ("wx-checkout.db", "postgres://u:p@h", "database"),
    ];
    for (from, to, named) in table {
        let directory = directory();
        let file = directory.path().join("server.toml");
        let text = std::fs::read_to_string(&file).expect("readable");
        assert!(text.contains(from), "{from:?}");
        std::fs::write(&file, text.replace(from, to)).expect("written");
        let output = server(directory.path()).output().await.expect("runs");
        let line = refused(&output, directory.path());
        assert!(line.contains("server.toml") && line.contains(named), "{named} is not in: {line}");
    }
}

#[tokio::test]
async fn a_missing_file_or_an_unusable_database_is_one_line() {
    let directory = directory();
    let output = server(&directory.path().join("nowhere")).output().await.expect("runs");
    assert!(refused(&output, directory.path()).contains("--config"));

    let file = directory.path().join("server.toml");
    let text = std::fs::read_to_string(&file).expect("readable");
    std::fs::write(&file, text.replace("wx-checkout.db", "no/such/directory/wx.db")).expect("written");
    let output = server(directory.path()).output().await.expect("runs");
    let line = String::from_utf8(output.stderr).expect("UTF-8");
    let last = line.lines().last().expect("a line");
    assert_eq!(output.status.code(), Some(2));
    assert!(last.contains("database:"), "{line}");
}

#[tokio::test]
async fn a_postgresql_that_is_not_there_is_one_line_without_the_password() {
    let directory = directory();
    let file = directory.path().join("server.toml");
    let text = std::fs::read_to_string(&file).expect("readable");
    // Nobody listens on the discard port.
    let address = "postgres://shop:s3cret-of-the-database@127.0.0.1:9/books";
    std::fs::write(&file, text.replace("wx-checkout.db", address)).expect("written");
    let output = server(directory.path()).env("RUST_LOG", "trace").output().await.expect("runs");
    let log = String::from_utf8(output.stderr).expect("UTF-8");
    let last = log.lines().last().expect("a line");
    assert_eq!(output.status.code(), Some(2));
    assert!(last.contains("database: PostgreSQL database books at 127.0.0.1:9"), "{last}");
    assert!(!log.contains("s3cret-of-the-database"), "the password is shown, at the loudest log level: {log}");
}

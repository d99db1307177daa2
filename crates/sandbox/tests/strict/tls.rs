//! The same port speaks TLS, under WeChat's own names, for SDKs that have the address written in them.

use std::fs;
use std::path::Path;

use reqwest::{Certificate, Client, StatusCode};
use serde_json::json;
use wechatpay::trade::{OutRefundNo, PaymentRef, RefundAmount};
use wechatpay::v2::{ApiV2Key, Merchant as Signer, REFUND_PATH, RefundOrder, SignType};

use crate::merchant::{Merchant, NONCE, PREPAY};

const HOST: &str = "api.mch.weixin.qq.com";

/// A client for whom WeChat's host is this machine, and who trusts the sandbox's authority.
fn client(merchant: &Merchant, host: &str, ca: Option<&Path>) -> Client {
    let address = merchant.identity.base_url.trim_start_matches("http://").parse().expect("an address");
    let mut builder = Client::builder().no_proxy().resolve(host, address);
    if let Some(ca) = ca {
        let ca = Certificate::from_pem(&fs::read(ca).expect("made")).expect("a certificate");
        builder = builder.tls_certs_only([ca]);
    }
    builder.build().expect("a client")
}

fn port(merchant: &Merchant) -> String {
    merchant.identity.base_url.rsplit(':').next().expect("a port").to_owned()
}

#[tokio::test]
async fn wechats_own_names_are_served_over_tls_on_the_same_port() {
    let mut merchant = Merchant::start().await;
    merchant.query("T-00000001").await.refused(404, "ORDER_NOT_EXIST");
    merchant.http = client(&merchant, HOST, Some(&merchant.dir().join("ca.pem")));
    merchant.identity.base_url = format!("https://{HOST}:{}", port(&merchant));
    merchant.pay_for("T-00000001").await;
    let day = jiff::Timestamp::from_second(i64::try_from(merchant.now() + 8 * 3600).expect("fits")).expect("a time");

    // An address that is given out begins as the one that was asked.
    merchant.advance(2 * 86_400).await;
    let target = format!("/v3/bill/tradebill?bill_date={}", day.strftime("%Y-%m-%d"));
    let bill = merchant.send(merchant.get(&target)).await;
    let url = bill.body["download_url"].as_str().unwrap_or_else(|| panic!("{}", bill.raw));
    let target = url.strip_prefix(&merchant.identity.base_url).unwrap_or_else(|| panic!("{url}"));
    let file = merchant.send_unverified(merchant.get(target)).await.expect("an answer");
    assert_eq!(file.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_client_that_does_not_trust_it_is_told_in_an_event_why() {
    let merchant = Merchant::start().await;
    let port = port(&merchant);
    let stranger = client(&merchant, HOST, None);
    stranger.get(format!("https://{HOST}:{port}{PREPAY}")).send().await.expect_err("not trusted");
    let event = merchant.event("a connection").await;
    assert!(event["rule"].as_str().is_some_and(|rule| rule.contains("trust ca.pem")), "{event}");
    // Its authority vouches for these names, and no others.
    let elsewhere = client(&merchant, "bank.example.com", Some(&merchant.dir().join("ca.pem")));
    elsewhere.get(format!("https://bank.example.com:{port}/")).send().await.expect_err("not its name");
}

#[tokio::test]
async fn its_certificates_stay_and_the_authoritys_key_is_nowhere() {
    let dir = Merchant::new_dir();
    let read = |name: &str| fs::read(dir.path().join(name)).expect("made");
    let before = [read("ca.pem"), read("tls_cert.pem"), read("tls_key.pem")];
    let merchant = Merchant::start_in(&dir, vec![], None).await;
    assert_eq!([read("ca.pem"), read("tls_cert.pem"), read("tls_key.pem")], before);
    let of_tls = fs::read_dir(merchant.dir()).expect("readable").filter(|file| {
        let name = file.as_ref().expect("readable").file_name().into_string().expect("UTF-8");
        name.starts_with("ca") || name.starts_with("tls")
    });
    assert_eq!(of_tls.count(), 3, "no key of the authority");
    assert_eq!(merchant.control("clock", &json!({})).await["frozen"], false);
}

/// As at the real gateway: the one call of v2 that wants more than a signature.
#[tokio::test]
async fn a_refund_of_v2_takes_the_merchants_own_certificate() {
    let merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    let read = |name: &str| fs::read(merchant.dir().join(name)).expect("made");
    let wish = RefundOrder {
        payment: PaymentRef::OutTradeNo("T-00000001".into()),
        out_refund_no: OutRefundNo::new("R-1").expect("a number"),
        amount: RefundAmount::cny(100, 6800).expect("an amount"),
        reason: None,
        notify_url: None,
    };
    let key = ApiV2Key::new(merchant.identity.api_v2_key.clone());
    let signer =
        Signer::new(&merchant.identity.appid, &merchant.identity.mchid, key, SignType::Md5).expect("a merchant");
    let url = format!("https://localhost:{}{REFUND_PATH}", port(&merchant));
    for (shown, taken) in [
        (None, false),
        (Some(["merchant2_cert.pem", "merchant2_key.pem"]), false),
        (Some(["merchant_cert.pem", "merchant_key.pem"]), true),
    ] {
        let ca = Certificate::from_pem(&read("ca.pem")).expect("a certificate");
        let mut builder = Client::builder().no_proxy().tls_certs_only([ca]);
        if let Some(files) = shown {
            let pem = files.map(read).concat();
            builder = builder.identity(reqwest::Identity::from_pem(&pem).expect("an identity"));
        }
        let request =
            builder.build().expect("a client").post(&url).body(signer.refund(&wish, NONCE).expect("sendable"));
        let answer = request.send().await.expect("an answer").text().await.expect("a body");
        assert_eq!(signer.read_refund(answer.as_bytes()).is_ok(), taken, "{shown:?}: {answer}");
        assert_eq!(answer.contains("CERT_ERROR"), !taken, "{answer}");
    }
}

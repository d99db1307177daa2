//! The two modes: a merchant by itself, and a sub-merchant through its service provider.

use serde_json::{Value, json};
use wechatpay::Secret;
use wechatpay::trade::OutRefundNo;
use wechatpay::v3::types::Transaction;
use wechatpay::v3::{BadPayee, Order, Payee};

fn direct() -> Payee {
    Payee::Direct { appid: "wxdirect".into(), mchid: "1900000001".into() }
}

fn partner(sub_appid: Option<&str>) -> Payee {
    Payee::Partner {
        sp_appid: "wxprovider".into(),
        sp_mchid: "1900000100".into(),
        sub_mchid: "1900000109".into(),
        sub_appid: sub_appid.map(str::to_owned),
    }
}

fn order() -> Order {
    Order {
        description: "龙井 50g".into(),
        out_trade_no: "T-000001".into(),
        time_expire: Some("2026-01-01T12:00:00+08:00".into()),
        notify_url: "https://pay.example.com/notify/v3/payment".into(),
        total: 6800,
        openid: Secret::new("o-1".into()),
    }
}

fn body(payee: &Payee) -> String {
    serde_json::to_string(&payee.prepay(order())).expect("JSON")
}

#[test]
fn a_direct_merchant_asks_in_its_own_name() {
    let payee = direct();
    assert_eq!(payee.prepay_path(), "/v3/pay/transactions/jsapi");
    assert_eq!(
        body(&payee),
        r#"{"appid":"wxdirect","mchid":"1900000001","description":"龙井 50g","out_trade_no":"T-000001","time_expire":"2026-01-01T12:00:00+08:00","notify_url":"https://pay.example.com/notify/v3/payment","amount":{"total":6800,"currency":"CNY"},"payer":{"openid":"o-1"}}"#
    );
    assert_eq!((payee.appid(), payee.mchid(), payee.sub_mchid()), ("wxdirect", "1900000001", None));
}

#[test]
fn a_partner_asks_for_its_sub_merchant_in_its_own_mini_program() {
    let payee = partner(None);
    assert_eq!(payee.prepay_path(), "/v3/pay/partner/transactions/jsapi");
    assert_eq!(
        body(&payee),
        r#"{"sp_appid":"wxprovider","sp_mchid":"1900000100","sub_mchid":"1900000109","description":"龙井 50g","out_trade_no":"T-000001","time_expire":"2026-01-01T12:00:00+08:00","notify_url":"https://pay.example.com/notify/v3/payment","amount":{"total":6800,"currency":"CNY"},"payer":{"sp_openid":"o-1"}}"#
    );
    assert_eq!((payee.appid(), payee.mchid(), payee.sub_mchid()), ("wxprovider", "1900000100", Some("1900000109")));
}

#[test]
fn a_partner_asks_for_its_sub_merchant_in_the_sub_merchants_mini_program() {
    let payee = partner(Some("wxsub"));
    let body: Value = serde_json::from_str(&body(&payee)).expect("JSON");
    assert_eq!(body["sub_appid"], "wxsub");
    assert_eq!(body["payer"], json!({"sub_openid": "o-1"}));
    assert_eq!(payee.appid(), "wxsub", "its openid, its wx.requestPayment");
}

#[test]
fn queries_and_closes_name_whom_they_are_for() {
    let refund = OutRefundNo::new("a|b@c*d").expect("a number");
    let payee = direct();
    assert_eq!(payee.query_path("T-1|2"), "/v3/pay/transactions/out-trade-no/T-1%7C2?mchid=1900000001");
    assert_eq!(payee.query_payment_path("42"), "/v3/pay/transactions/id/42?mchid=1900000001");
    assert_eq!(payee.close_path("T-000001"), "/v3/pay/transactions/out-trade-no/T-000001/close");
    assert_eq!(serde_json::to_string(&payee.close()).expect("JSON"), r#"{"mchid":"1900000001"}"#);
    assert_eq!(payee.refund_query_path(&refund), "/v3/refund/domestic/refunds/a%7Cb%40c%2Ad");

    let payee = partner(None);
    let query = "sp_mchid=1900000100&sub_mchid=1900000109";
    assert_eq!(payee.query_path("T-000001"), format!("/v3/pay/partner/transactions/out-trade-no/T-000001?{query}"));
    assert_eq!(payee.query_payment_path("42"), format!("/v3/pay/partner/transactions/id/42?{query}"));
    assert_eq!(payee.close_path("T-000001"), "/v3/pay/partner/transactions/out-trade-no/T-000001/close");
    assert_eq!(
        serde_json::to_string(&payee.close()).expect("JSON"),
        r#"{"sp_mchid":"1900000100","sub_mchid":"1900000109"}"#
    );
    assert_eq!(payee.refund_query_path(&refund), "/v3/refund/domestic/refunds/a%7Cb%40c%2Ad?sub_mchid=1900000109");
}

/// A paid order of a partner, as WeChat states it.
fn paid(sub_appid: &Value, payer: &Value) -> Value {
    let mut value = json!({
        "sp_appid": "wxprovider", "sp_mchid": "1900000100", "sub_mchid": "1900000109", "out_trade_no": "T-000001",
        "trade_state": "SUCCESS", "transaction_id": "42", "success_time": "2026-01-01T10:00:00+08:00",
        "payer": payer, "amount": {"total": 6800, "payer_total": 6800, "currency": "CNY"},
    });
    if !sub_appid.is_null() {
        value["sub_appid"] = sub_appid.clone();
    }
    value
}

fn read(value: Value) -> Transaction {
    serde_json::from_value(value).expect("reads")
}

fn openid(transaction: &Transaction) -> &str {
    transaction.payment().expect("paid").payer.openid.expose()
}

#[test]
fn a_partners_order_is_read_and_fits_the_payee_that_asked() {
    let both = json!({"sp_openid": "o-provider", "sub_openid": "o-sub"});
    let transaction = read(paid(&Value::Null, &json!({"sp_openid": "o-provider"})));
    assert!(partner(None).fits(&transaction));
    assert!(!partner(Some("wxsub")).fits(&transaction), "another mini program");
    assert!(!direct().fits(&transaction));
    assert_eq!(openid(&transaction), "o-provider");

    let transaction = read(paid(&"wxsub".into(), &both));
    assert!(partner(Some("wxsub")).fits(&transaction));
    assert_eq!(openid(&transaction), "o-sub", "the openid of the mini program that was paid in");

    let transaction = read(paid(&"".into(), &json!({"sp_openid": "o-provider", "sub_openid": ""})));
    assert!(partner(None).fits(&transaction), "what was not sent may come back empty");
    assert_eq!(openid(&transaction), "o-provider");
}

#[test]
fn another_sub_merchants_order_does_not_fit() {
    let mut value = paid(&Value::Null, &json!({"sp_openid": "o"}));
    value["sub_mchid"] = "1900000110".into();
    assert!(!partner(None).fits(&read(value)));
}

#[test]
fn a_payment_that_names_the_payer_by_the_other_openid_is_kept_all_the_same() {
    let transaction = read(paid(&"wxsub".into(), &json!({"sp_openid": "o-provider"})));
    assert_eq!(openid(&transaction), "o-provider");
    let nobody = serde_json::from_value::<Transaction>(paid(&Value::Null, &json!({})));
    assert!(nobody.expect_err("nobody paid").to_string().contains("openid"));
}

#[test]
fn an_unpaid_order_of_a_partner_is_read() {
    let transaction = read(json!({
        "sp_appid": "wxprovider", "sp_mchid": "1900000100", "sub_mchid": "1900000109", "out_trade_no": "T-000001",
        "trade_state": "NOTPAY", "payer": {},
    }));
    assert!(partner(None).fits(&transaction));
    assert!(transaction.payment().is_none());
}

#[test]
fn a_payee_that_wechat_would_not_know_is_found_at_once() {
    for good in [direct(), partner(None), partner(Some("wxsub"))] {
        assert_eq!(good.check(), Ok(()));
    }
    let Payee::Partner { sp_appid, sp_mchid, sub_appid, .. } = partner(None) else { panic!("a partner") };
    let own = Payee::Partner { sub_mchid: sp_mchid.clone(), sp_appid, sp_mchid, sub_appid };
    assert_eq!(own.check(), Err(BadPayee::OwnSubMerchant));
    assert_eq!(partner(Some("")).check(), Err(BadPayee::Malformed));
    let long = Payee::Direct { appid: "wx1".into(), mchid: "1".repeat(33) };
    assert_eq!(long.check(), Err(BadPayee::Malformed));
}

#[test]
fn no_openid_shows_in_debug() {
    for payee in [direct(), partner(None), partner(Some("wxsub"))] {
        let text = format!("{:?} {:?}", order(), payee.prepay(order()));
        assert!(!text.contains("o-1"), "{text}");
    }
}

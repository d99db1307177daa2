//! Tests of the border, in Node and in a browser: a host in JavaScript that keeps its word, over phones
//! that do not. What phones do to the host itself is the package's matter, and tested there.

use js_sys::{Array, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::CheckoutCore;
use super::host::Host;

/// A phone and a server that do as they should; tests replace what shall go wrong.
const GOOD_HOST: &str = r#"({
  log: [], stored: '', aside: undefined, views: [],
  now() { return Date.now() },
  login() { this.log.push('login'); return Promise.resolve('code') },
  request(method, path, token, key, body) {
    this.log.push(method + ' ' + path.split('?')[0]);
    const answer = {
      '/auth/exchange': { token: 's1.t', expiresInMs: 7200000, userOpenId: 'o' },
      '/orders': { orders: [] },
      '/payments/create': { orderId: 'ord-1', state: 'payable', amount: 6800, statusToken: 'o1.t', payableForMs: 600000,
        payment: { timeStamp: '1', nonceStr: 'n', package: 'prepay_id=p', signType: 'RSA', paySign: 's' } },
      '/orders/verify': { orderId: 'ord-1', isValid: true, state: 'paid', amount: 6800, evidence: { source: 'wechat', ageMs: 0 },
        retryAfterMs: 0, wechatTransactionId: '42', paidAt: '2026-01-01T00:00:00+08:00' },
      '/orders/acknowledge': null,
    }[path.split('?')[0]];
    return Promise.resolve(answer ? '200 ' + JSON.stringify(answer) : '204 ');
  },
  requestPayment(params) { this.params = params; this.log.push('pay'); return Promise.resolve('requestPayment:fail cancel') },
  save(text) { this.stored = text; return Promise.resolve() },
  preserve() { this.aside = this.stored; return Promise.resolve() },
  sleep(ms) { return new Promise(resolve => setTimeout(resolve, Math.min(ms, 20))) },
  changed(view) { const shown = JSON.parse(view); this.views.push(shown.phase); this.last = shown },
})"#;

const TEA: &str = r#"{"key":"k","draft":{"items":[{"sku":"longjing-50g","quantity":1}],"expectedAmount":6800}}"#;

/// The good host, with these methods put in place of its own.
fn host(replaced: &str) -> JsValue {
    js_sys::eval(&format!("Object.assign({GOOD_HOST}, {replaced})")).expect("the host is good JavaScript")
}

fn property(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

fn restored(host: &JsValue) -> CheckoutCore {
    let core = CheckoutCore::new(host.clone().unchecked_into::<Host>());
    let stored = property(host, "stored").as_string().expect("text");
    assert_eq!(core.tell("restore", &stored), "", "the first restore is taken");
    core
}

/// A field of a view or a refusal, as text.
fn field(json: &str, path: &str) -> String {
    let mut value = js_sys::JSON::parse(json).expect("it is JSON");
    for name in path.split('.') {
        value = property(&value, name);
    }
    value.as_string().or_else(|| value.as_f64().map(|number| number.to_string())).unwrap_or_default()
}

fn phase(core: &CheckoutCore) -> String {
    field(&core.view(), "phase")
}

async fn turn() {
    let turn = js_sys::eval("new Promise(resolve => setTimeout(resolve, 1))").expect("good JavaScript");
    JsFuture::from(turn.unchecked_into::<js_sys::Promise>()).await.expect("a timer does not fail");
}

async fn wait_for(core: &CheckoutCore, name: &str) {
    while phase(core) != name {
        turn().await;
    }
}

/// Waits until the view has an outcome.
async fn outcome(core: &CheckoutCore) -> String {
    loop {
        let outcome = field(&core.view(), "outcome");
        if !outcome.is_empty() {
            return outcome;
        }
        turn().await;
    }
}

fn strings(array: &JsValue) -> Vec<String> {
    array.clone().unchecked_into::<Array>().iter().filter_map(|item| item.as_string()).collect()
}

#[wasm_bindgen_test]
async fn a_purchase_goes_through_the_border() {
    let host = host("{}");
    let core = restored(&host);
    assert_eq!(core.tell("start", TEA), "");
    assert_eq!(outcome(&core).await, "paid", "the sheet said cancel, the server said paid");
    let view = core.view();
    assert_eq!(field(&view, "order.orderId"), "ord-1");
    assert_eq!(field(&view, "receipt.wechatTransactionId"), "42");
    assert_eq!(field(&view, "order.amount"), "6800");
    assert_eq!(field(&property(&host, "params").as_string().expect("JSON"), "package"), "prepay_id=p");
    let phases = strings(&property(&host, "views"));
    for phase in ["recording", "signingIn", "creatingOrder", "saving", "paying", "confirming", "paid"] {
        assert!(phases.iter().any(|shown| shown == phase), "{phase} was not shown: {phases:?}");
    }
    assert_eq!(core.tell("acknowledge", r#""ord-1""#), "");
    assert_eq!(phase(&core), "idle");
    let trace = strings(&core.trace());
    assert!(trace.iter().any(|line| line.contains("Paid")), "{trace:?}");
}

#[wasm_bindgen_test]
async fn a_killed_app_resumes_from_what_was_stored() {
    let first = host("{ requestPayment() { return new Promise(() => {}) } }");
    let core = restored(&first);
    assert_eq!(core.tell("start", TEA), "");
    wait_for(&core, "paying").await;
    let second = host("{}");
    Reflect::set(&second, &"stored".into(), &property(&first, "stored")).expect("a plain object");
    drop(core);
    let core = restored(&second);
    assert_eq!(outcome(&core).await, "paid");
    assert!(!strings(&property(&second, "log")).contains(&"pay".into()), "no second sheet");
}

#[wasm_bindgen_test]
async fn a_phone_that_fails_ends_in_a_typed_fault() {
    let failing = [
        "{ login() { return Promise.reject({}) } }",
        "{ login() { return Promise.resolve(7) } }",
        "{ request() { return Promise.reject() } }",
        "{ request() { return Promise.resolve(undefined) } }",
        "{ request() { return Promise.resolve('x 7') } }",
        "{ request() { return Promise.resolve('200') } }",
        "{ request() { return Promise.resolve('200 ' + '['.repeat(100000)) } }",
        "{ save() { return Promise.reject() }, request() { return Promise.reject() } }",
        "{ save() { return new Promise(() => {}) }, login() { return Promise.resolve() } }",
    ];
    for replaced in failing {
        let core = restored(&host(replaced));
        assert_eq!(core.tell("start", TEA), "", "{replaced}");
        assert_eq!(outcome(&core).await, "failed", "{replaced}");
        let code = field(&core.view(), "fault.code");
        assert!(["login_failed", "unreachable"].contains(&code.as_str()), "{replaced}: {code}");
    }
}

#[wasm_bindgen_test]
async fn a_sheet_that_fails_is_a_hint_like_any_other() {
    let core = restored(&host("{ requestPayment() { return Promise.reject('banned') } }"));
    assert_eq!(core.tell("start", TEA), "");
    assert_eq!(outcome(&core).await, "paid");
}

/// Some phones take longer over a write than the machine waits; the write lands all the same.
#[wasm_bindgen_test]
async fn a_write_that_lands_late_does_not_stay_on_top_of_a_newer_one() {
    let host = host(
        "{ writes: 0, late: 0, save(text) {
            this.writes += 1;
            if (this.writes !== 1) { this.stored = text; return Promise.resolve() }
            return new Promise(resolve => setTimeout(() => { this.stored = text; this.late += 1; resolve() }, 150));
        } }",
    );
    let core = restored(&host);
    assert_eq!(core.tell("start", TEA), "");
    assert_eq!(outcome(&core).await, "paid");
    while property(&host, "late").as_f64() != Some(1.0) {
        turn().await;
    }
    for _ in 0..5 {
        turn().await;
    }
    let stored = property(&host, "stored").as_string().expect("text");
    assert!(stored.contains("Paid"), "the first write is on top: {stored}");
}

#[wasm_bindgen_test]
async fn what_cannot_be_used_is_put_aside_and_a_purchase_works() {
    for stored in ["garbage", r#"{"version":99}"#, "[]"] {
        let host = host(&format!("{{ stored: '{stored}' }}"));
        let core = restored(&host);
        assert_eq!(property(&host, "aside").as_string().as_deref(), Some(stored));
        assert_eq!(core.tell("start", TEA), "");
        assert_eq!(outcome(&core).await, "paid");
    }
}

#[wasm_bindgen_test]
fn every_mistake_in_a_draft_is_named_by_its_field() {
    let core = restored(&host("{}"));
    let many = format!("{{\"items\":[{}1]}}", r#"{"sku":"a","quantity":1},"#.repeat(50));
    let mistakes = [
        ("null", "draft:"),
        ("7", "draft:"),
        ("\"text\"", "draft:"),
        ("[]", "draft:"),
        ("{}", "items:"),
        (r#"{"items":7,"expectedAmount":1}"#, "items:"),
        (r#"{"items":[],"expectedAmount":1}"#, "items:"),
        (r#"{"items":[7],"expectedAmount":1}"#, "items[0]:"),
        (r#"{"items":[{"sku":"a","quantity":1}]}"#, "expectedAmount:"),
        (r#"{"items":[{"sku":"a","quantity":1}],"expectedAmount":0}"#, "expectedAmount:"),
        (r#"{"items":[{"sku":"a","quantity":1}],"expectedAmount":-1}"#, "expectedAmount:"),
        (r#"{"items":[{"sku":"a","quantity":1}],"expectedAmount":0.5}"#, "expectedAmount:"),
        (r#"{"items":[{"sku":"a","quantity":1}],"expectedAmount":"1"}"#, "expectedAmount:"),
        (r#"{"items":[{"sku":"a","quantity":1}],"expectedAmount":4294967296}"#, "expectedAmount:"),
        (r#"{"items":[{"sku":"a","quantity":0}],"expectedAmount":1}"#, "items[0].quantity:"),
        (r#"{"items":[{"sku":"a","quantity":null}],"expectedAmount":1}"#, "items[0].quantity:"),
        (r#"{"items":[{"sku":"","quantity":1}],"expectedAmount":1}"#, "items[0].sku:"),
        (r#"{"items":[{"quantity":1}],"expectedAmount":1}"#, "items[0].sku:"),
        (r#"{"items":[{"sku":"a","quantity":1,"price":1}],"expectedAmount":1}"#, "items[0].price:"),
        (r#"{"items":[{"sku":"a","quantity":1}],"orderToken":"t","expectedAmount":1}"#, "items:"),
        (r#"{"orderToken":7,"expectedAmount":1}"#, "orderToken:"),
        (r#"{"orderToken":"","expectedAmount":1}"#, "orderToken:"),
        (r#"{"orderToken":"t","expectedAmount":1,"separate":"yes"}"#, "separate:"),
        (r#"{"items":[{"sku":"a","quantity":1}],"expectedAmount":1,"amount":1}"#, "draft.amount:"),
        (many.as_str(), "items:"),
    ];
    for (mistake, named) in mistakes {
        let refusal = core.tell("start", &format!(r#"{{"key":"k","draft":{mistake}}}"#));
        assert_eq!(field(&refusal, "code"), "bad_draft", "{mistake}");
        assert!(field(&refusal, "detail").starts_with(named), "{mistake}: {}", field(&refusal, "detail"));
        assert!(!field(&refusal, "message.zh").is_empty());
    }
    for (name, about) in
        [("payAgain", "\"x\""), ("acknowledge", "7"), ("nonsense", ""), ("start", "{"), ("start", "{}")]
    {
        assert_eq!(field(&core.tell(name, about), "code"), "bad_draft", "{name}");
    }
    assert_eq!(core.tell("start", TEA), "", "the machine stays usable");
}

#[wasm_bindgen_test]
async fn a_second_purchase_meanwhile_is_refused_with_the_order_that_is_open() {
    let core = restored(&host("{ requestPayment() { return new Promise(() => {}) } }"));
    assert_eq!(core.tell("start", TEA), "");
    wait_for(&core, "paying").await;
    let refusal = core.tell("start", TEA);
    assert_eq!((field(&refusal, "code"), field(&refusal, "orderId")), ("order_open".into(), "ord-1".into()));
}

//! Tests of the border, in Node and in a browser: a host in JavaScript, kind or hostile.

use js_sys::{Array, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::CheckoutCore;
use super::host::{Host, property};

/// A phone and a server that do as they should; tests replace what shall go wrong.
const GOOD_HOST: &str = r#"({
  log: [], stored: null, views: [],
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
    return Promise.resolve({ status: answer ? 200 : 204, body: answer ? JSON.stringify(answer) : '' });
  },
  requestPayment(params) { this.params = params; this.log.push('pay'); return Promise.resolve({ errMsg: 'requestPayment:fail cancel' }) },
  save(text) { this.stored = text; return Promise.resolve() },
  forget() { this.stored = null; return Promise.resolve() },
  sleep(ms) { return new Promise(resolve => setTimeout(resolve, Math.min(ms, 20))) },
  changed(view) { this.views.push(view.phase); this.last = view },
})"#;

/// The good host, with these methods put in place of its own.
fn host(replaced: &str) -> JsValue {
    js_sys::eval(&format!("Object.assign({GOOD_HOST}, {replaced})")).expect("the host is good JavaScript")
}

fn draft(text: &str) -> JsValue {
    js_sys::eval(&format!("({text})")).expect("the draft is good JavaScript")
}

fn random() -> JsValue {
    js_sys::eval("new Uint8Array(16).fill(7)").expect("good JavaScript")
}

fn tea() -> JsValue {
    draft("{ items: [{ sku: 'longjing-50g', quantity: 1 }], expectedAmount: 6800 }")
}

fn restored(host: &JsValue) -> CheckoutCore {
    let core = CheckoutCore::new(host.clone().unchecked_into::<Host>());
    core.restore(&property(host, "stored")).expect("the first restore is taken");
    core
}

/// Waits until the view has an outcome.
async fn outcome(core: &CheckoutCore) -> String {
    loop {
        if let Some(outcome) = property(&core.view(), "outcome").as_string() {
            return outcome;
        }
        let turn = js_sys::eval("new Promise(resolve => setTimeout(resolve, 1))").expect("good JavaScript");
        JsFuture::from(turn.unchecked_into::<js_sys::Promise>()).await.expect("a timer does not fail");
    }
}

fn text(value: &JsValue, path: &str) -> String {
    let mut value = value.clone();
    for name in path.split('.') {
        value = property(&value, name);
    }
    value.as_string().unwrap_or_else(|| format!("{value:?}"))
}

#[wasm_bindgen_test]
async fn a_purchase_goes_through_the_border() {
    let host = host("{}");
    let core = restored(&host);
    core.start(&tea(), &random()).expect("nothing is open");
    assert_eq!(outcome(&core).await, "paid", "the sheet said cancel, the server said paid");
    let view = core.view();
    assert_eq!(text(&view, "order.orderId"), "ord-1");
    assert_eq!(text(&view, "receipt.wechatTransactionId"), "42");
    assert_eq!(property(&property(&view, "order"), "amount").as_f64(), Some(6800.0));
    assert_eq!(text(&property(&host, "params"), "package"), "prepay_id=p");
    let phases: Vec<_> = property(&host, "views").unchecked_into::<Array>().iter().map(|p| p.as_string()).collect();
    let phases: Vec<_> = phases.iter().flatten().map(String::as_str).collect();
    for phase in ["recording", "signingIn", "creatingOrder", "saving", "paying", "confirming", "paid"] {
        assert!(phases.contains(&phase), "{phase} was not shown: {phases:?}");
    }
    core.acknowledge(Some("ord-1".into())).expect("its outcome waits");
    assert_eq!(text(&core.view(), "phase"), "idle");
    let trace: Vec<_> = core.trace().unchecked_into::<Array>().iter().filter_map(|line| line.as_string()).collect();
    assert!(trace.iter().any(|line| line.contains("Paid")), "{trace:?}");
}

#[wasm_bindgen_test]
async fn a_killed_app_resumes_from_what_was_stored() {
    let first = host("{ requestPayment() { return new Promise(() => {}) } }");
    let core = restored(&first);
    core.start(&tea(), &random()).expect("nothing is open");
    while text(&core.view(), "phase") != "paying" {
        let turn = js_sys::eval("Promise.resolve()").expect("good JavaScript");
        JsFuture::from(turn.unchecked_into::<js_sys::Promise>()).await.expect("resolves");
    }
    let second = host("{}");
    Reflect::set(&second, &"stored".into(), &property(&first, "stored")).expect("a plain object");
    drop(core);
    let core = restored(&second);
    assert_eq!(outcome(&core).await, "paid");
    let log = property(&second, "log").unchecked_into::<Array>();
    assert!(!log.iter().any(|line| line.as_string().as_deref() == Some("pay")), "no second sheet");
}

#[wasm_bindgen_test]
async fn a_hostile_host_ends_in_a_typed_fault() {
    let hostile = [
        "{ login() { throw new Error('no') } }",
        "{ login() { return undefined } }",
        "{ request() { throw new Error('no') } }",
        "{ request() { return Promise.resolve(undefined) } }",
        "{ request() { return Promise.resolve({ status: 'x', body: 7 }) } }",
        "{ login() { return Promise.reject({}) } }",
        "{ save() { throw new Error('full') }, request() { return Promise.reject() } }",
        "{ save() { return new Promise(() => {}) }, login() { return 7 } }",
        "{ stored: undefined, changed() { throw new Error('page') }, login() { return null } }",
    ];
    for replaced in hostile {
        let core = restored(&host(replaced));
        core.start(&tea(), &random()).unwrap_or_else(|_| panic!("{replaced}: nothing is open"));
        assert_eq!(outcome(&core).await, "failed", "{replaced}");
        let code = text(&core.view(), "fault.code");
        assert!(["login_failed", "unreachable"].contains(&code.as_str()), "{replaced}: {code}");
    }
}

#[wasm_bindgen_test]
fn a_host_without_randomness_still_names_each_purchase_anew() {
    let keys: Vec<String> = (0..2)
        .map(|_| {
            let host = host("{ login() { return new Promise(() => {}) } }");
            let core = restored(&host);
            core.start(&tea(), &JsValue::UNDEFINED).expect("nothing is open");
            text(&host, "stored")
        })
        .collect();
    assert_ne!(keys[0], keys[1]);
}

#[wasm_bindgen_test]
async fn a_sheet_that_throws_is_a_hint_like_any_other() {
    let core = restored(&host("{ requestPayment() { throw new Error('banned') } }"));
    core.start(&tea(), &random()).expect("nothing is open");
    assert_eq!(outcome(&core).await, "paid");
}

#[wasm_bindgen_test]
async fn every_mistake_in_a_draft_is_named_by_its_field() {
    let core = restored(&host("{}"));
    let mistakes = [
        ("undefined", "draft:"),
        ("7", "draft:"),
        ("{}", "items:"),
        ("{ items: 7, expectedAmount: 1 }", "items:"),
        ("{ items: [], expectedAmount: 1 }", "items:"),
        ("{ items: [{ sku: 'a', quantity: 1 }] }", "expectedAmount:"),
        ("{ items: [{ sku: 'a', quantity: 1 }], expectedAmount: -1 }", "expectedAmount:"),
        ("{ items: [{ sku: 'a', quantity: 1 }], expectedAmount: 0.5 }", "expectedAmount:"),
        ("{ items: [{ sku: 'a', quantity: 1 }], expectedAmount: '1' }", "expectedAmount:"),
        ("{ items: [{ sku: 'a', quantity: 1 }], expectedAmount: 4294967296 }", "expectedAmount:"),
        ("{ items: [{ sku: 'a', quantity: 0 }], expectedAmount: 1 }", "items[].quantity:"),
        ("{ items: [{ sku: 'a', quantity: NaN }], expectedAmount: 1 }", "items[0].quantity:"),
        ("{ items: [{ sku: '', quantity: 1 }], expectedAmount: 1 }", "items[].sku:"),
        ("{ items: [{ sku: 'a', quantity: 1, price: 1 }], expectedAmount: 1 }", "items[0].price:"),
        ("{ items: [{ sku: 'a', quantity: 1 }], orderToken: 't', expectedAmount: 1 }", "items:"),
        ("{ items: new Array(100000).fill({ sku: 'a', quantity: 1 }), expectedAmount: 1 }", "items:"),
        ("{ items: [{ sku: 'a', quantity: 1 }], expectedAmount: 1, amount: 1 }", "draft.amount:"),
    ];
    for (mistake, field) in mistakes {
        let refusal = core.start(&draft(mistake), &random()).expect_err(mistake);
        assert_eq!(text(&refusal, "code"), "bad_draft", "{mistake}");
        assert!(text(&refusal, "detail").starts_with(field), "{mistake}: {}", text(&refusal, "detail"));
        assert!(!text(&refusal, "message.zh").is_empty());
    }
    core.start(&tea(), &random()).expect("the machine stays usable");
}

#[wasm_bindgen_test]
async fn a_second_purchase_meanwhile_is_refused_with_the_order_that_is_open() {
    let core = restored(&host("{ requestPayment() { return new Promise(() => {}) } }"));
    core.start(&tea(), &random()).expect("nothing is open");
    while text(&core.view(), "phase") != "paying" {
        let turn = js_sys::eval("Promise.resolve()").expect("good JavaScript");
        JsFuture::from(turn.unchecked_into::<js_sys::Promise>()).await.expect("resolves");
    }
    let refusal = core.start(&tea(), &random()).expect_err("an order is open");
    assert_eq!((text(&refusal, "code").as_str(), text(&refusal, "orderId").as_str()), ("order_open", "ord-1"));
}

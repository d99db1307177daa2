//! What the JavaScript side does for the machine. It keeps its word: no function of it throws, and each
//! that can take time returns a promise, which is rejected where the phone failed. The package's shims
//! see to that, whatever the phone does.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The host of a checkout: thin shims over `wx`.
    #[wasm_bindgen(typescript_type = "Host")]
    pub type Host;

    /// The clock, in milliseconds.
    #[wasm_bindgen(method)]
    pub fn now(this: &Host) -> f64;

    /// A fresh code of wx.login.
    #[wasm_bindgen(method)]
    pub fn login(this: &Host) -> Promise;

    /// `STATUS BODY` for any HTTP answer; a rejection where there was none. What is empty is not sent.
    #[wasm_bindgen(method)]
    pub fn request(this: &Host, method: &str, path: &str, token: &str, key: &str, body: &str) -> Promise;

    /// The `errMsg` of wx.requestPayment, whatever it was; `params` is JSON.
    #[wasm_bindgen(method, js_name = requestPayment)]
    pub fn request_payment(this: &Host, params: &str) -> Promise;

    /// Writes the snapshot; removes it where it is empty.
    #[wasm_bindgen(method)]
    pub fn save(this: &Host, snapshot: &str) -> Promise;

    /// Puts what the storage held at launch in a place of its own.
    #[wasm_bindgen(method)]
    pub fn preserve(this: &Host) -> Promise;

    /// Resolves after so many milliseconds.
    #[wasm_bindgen(method)]
    pub fn sleep(this: &Host, ms: f64) -> Promise;

    /// Shows the page a new view, in JSON.
    #[wasm_bindgen(method)]
    pub fn changed(this: &Host, view: &str);
}

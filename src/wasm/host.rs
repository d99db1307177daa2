//! What the JavaScript side does for the machine. Whatever a host function does (throw, reject,
//! return nothing), it becomes an answer.

use js_sys::{Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use super::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// The host of a checkout: thin shims over `wx`.
    #[wasm_bindgen(typescript_type = "Host")]
    pub type Host;

    /// The clock, in milliseconds.
    #[wasm_bindgen(method)]
    pub fn now(this: &Host) -> f64;

    /// 16 random bytes.
    #[wasm_bindgen(method, catch)]
    pub fn entropy(this: &Host) -> Result<JsValue, JsValue>;

    /// A fresh code of wx.login.
    #[wasm_bindgen(method, catch)]
    pub fn login(this: &Host) -> Result<JsValue, JsValue>;

    /// `{status, body}` for any HTTP answer; a rejection where there was none.
    #[wasm_bindgen(method, catch)]
    pub fn request(
        this: &Host,
        method: &str,
        path: &str,
        token: Option<String>,
        idempotency_key: Option<String>,
        body: Option<String>,
    ) -> Result<JsValue, JsValue>;

    /// `{errMsg}` of wx.requestPayment, whatever it was.
    #[wasm_bindgen(method, catch, js_name = requestPayment)]
    pub fn request_payment(this: &Host, params: &JsValue) -> Result<JsValue, JsValue>;

    /// The snapshot, or null.
    #[wasm_bindgen(method, catch)]
    pub fn load(this: &Host) -> Result<JsValue, JsValue>;

    /// Writes the snapshot.
    #[wasm_bindgen(method, catch)]
    pub fn save(this: &Host, snapshot: &str) -> Result<JsValue, JsValue>;

    /// Removes the snapshot.
    #[wasm_bindgen(method, catch)]
    pub fn forget(this: &Host) -> Result<JsValue, JsValue>;

    /// Resolves after so many milliseconds.
    #[wasm_bindgen(method, catch)]
    pub fn sleep(this: &Host, ms: f64) -> Result<JsValue, JsValue>;

    /// Shows the page a new view.
    #[wasm_bindgen(method, catch)]
    pub fn changed(this: &Host, view: &JsValue) -> Result<JsValue, JsValue>;
}

/// Waits for what a host function returned.
pub async fn settled(returned: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(promise(returned)).await
}

/// What a host function returned, as a promise: a thrown error is a rejection, a plain value an answer.
pub fn promise(returned: Result<JsValue, JsValue>) -> Promise {
    match returned {
        Ok(value) => Promise::resolve(&value),
        Err(thrown) => Promise::reject(&thrown),
    }
}

/// A property, or undefined.
pub fn property(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// The key of a purchase must not be that of another. A host without randomness gets what is left:
/// the clock and the engine's own generator, which differ from payer to payer and from tap to tap.
pub async fn entropy(host: &Host) -> [u8; 16] {
    let mut bytes = [0; 16];
    if let Ok(given) = settled(host.entropy()).await {
        let given = Uint8Array::new(&given);
        if given.length() >= 16 {
            given.subarray(0, 16).copy_to(&mut bytes);
        }
    }
    if bytes == [0; 16] {
        let clock = host.now().max(0.0) as u64;
        bytes[..8].copy_from_slice(&clock.to_le_bytes());
        for byte in &mut bytes[6..] {
            *byte = (js_sys::Math::random() * 256.0) as u8;
        }
    }
    bytes
}

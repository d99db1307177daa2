//! What the JavaScript side does for the machine. Whatever a host function does (throw, reject,
//! return nothing), it becomes an answer.

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::json::Json;

#[wasm_bindgen]
extern "C" {
    /// The host of a checkout: thin shims over `wx`.
    #[wasm_bindgen(typescript_type = "Host")]
    pub type Host;

    /// The clock, in milliseconds.
    #[wasm_bindgen(method)]
    pub fn now(this: &Host) -> f64;

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

/// What a host function returned, as a promise: a thrown error is a rejection, a plain value an answer.
pub fn promise(returned: Result<JsValue, JsValue>) -> Promise {
    match returned {
        Ok(value) => Promise::resolve(&value),
        Err(thrown) => Promise::reject(&thrown),
    }
}

/// JSON text as a value, by the engine's own parser.
pub fn parsed(text: &str) -> Option<Json> {
    js_sys::JSON::parse(text).ok().map(|value| json(&value))
}

/// What the engine's parser made, taken over. By hand: a serde reader would bring the printing of
/// floating point numbers along, for messages that nobody sees.
fn json(value: &JsValue) -> Json {
    if let Some(text) = value.as_string() {
        Json::Text(text)
    } else if let Some(number) = value.as_f64() {
        // Beyond 2^53 a number of JavaScript is not the one that was written.
        let is_whole = (0.0..=9_007_199_254_740_991.0).contains(&number) && number.fract() == 0.0;
        if is_whole { Json::Number(number as u64) } else { Json::OtherNumber }
    } else if let Some(value) = value.as_bool() {
        Json::Bool(value)
    } else if let Some(list) = value.dyn_ref::<Array>() {
        Json::List(list.iter().map(|item| json(&item)).collect())
    } else if value.is_object() {
        let keys = Object::keys(value.unchecked_ref::<Object>());
        Json::Object(
            keys.iter().filter_map(|key| Some((key.as_string()?, json(&property(value, &key.as_string()?))))).collect(),
        )
    } else {
        Json::Null
    }
}

/// A property, or undefined.
pub fn property(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// The key of a purchase must not be that of another. A host without randomness gets what is left:
/// the clock and the engine's own generator, which differ from payer to payer and from tap to tap.
pub fn entropy(host: &Host, given: &JsValue) -> [u8; 16] {
    let mut bytes = [0; 16];
    if given.is_object() {
        let given = Uint8Array::new(given);
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

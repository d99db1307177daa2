//! Reading a draft as a page wrote it, so that every mistake is named by its field.

use js_sys::{Array, Object};
use wasm_bindgen::{JsCast, JsValue};

use super::host::property;
use crate::domain::Fen;
use crate::json::decimal;
use crate::machine::event::{Draft, Separate};
use crate::wire::{Basket, Line, MAX_LINES};

/// Reads `{items | orderToken, expectedAmount, separate?}`.
///
/// # Errors
/// `field: what it must be`.
pub fn read(value: &JsValue) -> Result<Draft, String> {
    fields(value, "draft", &["items", "orderToken", "expectedAmount", "separate"])?;
    let items = property(value, "items");
    let order_token = property(value, "orderToken");
    let basket = match (items.is_undefined(), order_token.is_undefined()) {
        (false, true) => Basket::Items(lines(&items)?),
        (true, false) => Basket::OrderToken(order_token.as_string().ok_or("orderToken: text")?),
        _ => return Err("items: give either items or orderToken".into()),
    };
    let amount = whole(&property(value, "expectedAmount")).and_then(Fen::new);
    let amount = amount.ok_or("expectedAmount: a whole number of fen, at least 1")?;
    let separate = property(value, "separate");
    let separate = match (separate.is_undefined(), separate.as_bool()) {
        (true, _) | (_, Some(false)) => Separate::No,
        (_, Some(true)) => Separate::BuyAgain,
        _ => return Err("separate: true or false".into()),
    };
    Draft::new(basket, amount, separate).map_err(|bad| bad.rule().into())
}

fn lines(items: &JsValue) -> Result<Vec<Line>, String> {
    let items: &Array = items.dyn_ref().ok_or("items: a list")?;
    if items.length() as usize > MAX_LINES {
        return Err("items: at most 50 lines".into());
    }
    let mut lines = Vec::new();
    for at in 0..items.length() {
        let item = items.get(at);
        let name = ["items[", &decimal(u64::from(at)), "]"].concat();
        fields(&item, &name, &["sku", "quantity"])?;
        let sku = property(&item, "sku").as_string().ok_or_else(|| [&name, ".sku: text"].concat())?;
        let quantity = whole(&property(&item, "quantity"));
        let quantity = quantity.ok_or_else(|| [&name, ".quantity: a whole number from 1 to 999"].concat())?;
        lines.push(Line { sku, quantity });
    }
    Ok(lines)
}

/// An object with no field but these: a typing mistake must not become another order.
fn fields(value: &JsValue, name: &str, known: &[&str]) -> Result<(), String> {
    // By its kind, not by its class: a page may live in another realm than this package.
    if !value.is_object() {
        return Err([name, ": an object"].concat());
    }
    for key in Object::keys(value.unchecked_ref::<Object>()).iter() {
        let key = key.as_string().unwrap_or_default();
        if !known.contains(&key.as_str()) {
            return Err([name, ".", &key, ": no such field"].concat());
        }
    }
    Ok(())
}

fn whole(value: &JsValue) -> Option<u32> {
    let number = value.as_f64()?;
    (number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number)).then_some(number as u32)
}

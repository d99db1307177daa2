//! Commands as a page gives them: a name, and JSON about it.
//!
//! | name | about |
//! |---|---|
//! | `restore` | the text that the storage held; empty for nothing |
//! | `restoreUnread` | - : the storage did not give it |
//! | `start` | `{"key": 1 to 64 printable characters, never used before, "draft": {items or orderToken, expectedAmount, separate?}}` |
//! | `payAgain` | the revision of the view that was tapped |
//! | `acknowledge` | the order's id; `null` for a purchase that failed |
//! | `checkAgain`, `sheetClosed`, `abandon`, `setAside`, `shown`, `hidden` | - |

use crate::domain::{Fen, IdempotencyKey, OrderId};
use crate::json::{Json, Read, decimal};
use crate::machine::Stored;
use crate::machine::event::{Acknowledged, BadDraft, Command, Draft, Separate};
use crate::wire::{Basket, Line, MAX_LINES};

/// Reads a command.
///
/// # Errors
/// `field: what it must be`.
pub fn read(name: &str, about: &str) -> Result<Command, String> {
    if name == "restore" {
        return Ok(Command::Restore(match about {
            "" => Stored::Missing,
            text => Json::from_text(text).map_or(Stored::NoJson, Stored::Found),
        }));
    }
    let about = Json::from_text(about).unwrap_or(Json::Null);
    Ok(match name {
        "restoreUnread" => Command::Restore(Stored::Unreadable),
        "start" => Command::Start {
            draft: draft(about.member("draft"))?,
            key: IdempotencyKey::read(about.member("key")).ok_or("key: 1 to 64 printable characters")?,
        },
        "payAgain" => Command::PayAgain { revision: u32::read(&about).ok_or("revision: a number")? },
        "acknowledge" => Command::Acknowledge(match about {
            Json::Null => Acknowledged::Failure,
            about => Acknowledged::Order(OrderId::read(&about).ok_or("orderId: the name of an order")?),
        }),
        "checkAgain" => Command::CheckAgain,
        "sheetClosed" => Command::SheetClosed,
        "abandon" => Command::Abandon,
        "setAside" => Command::SetAside,
        "shown" => Command::Shown,
        "hidden" => Command::Hidden,
        _ => return Err([name, ": no such command"].concat()),
    })
}

fn draft(value: &Json) -> Result<Draft, String> {
    fields(value, "draft", &["items", "orderToken", "expectedAmount", "separate"])?;
    let basket = match (value.member("items"), value.member("orderToken")) {
        (Json::Null, Json::Null) => return Err("items: give either items or orderToken".into()),
        (items, Json::Null) => Basket::Items(lines(items)?),
        (Json::Null, token) => Basket::OrderToken(token.text().ok_or("orderToken: text")?.into()),
        _ => return Err("items: give either items or orderToken".into()),
    };
    let amount = value.field::<Fen>("expectedAmount");
    let amount = amount.ok_or("expectedAmount: a whole number of fen, at least 1")?;
    let separate = match value.member("separate") {
        Json::Null if !value.has("separate") => Separate::No,
        Json::Bool(false) => Separate::No,
        Json::Bool(true) => Separate::BuyAgain,
        _ => return Err("separate: true or false".into()),
    };
    Draft::new(basket, amount, separate).map_err(BadDraft::rule)
}

fn lines(items: &Json) -> Result<Vec<Line>, String> {
    let Json::List(items) = items else { return Err("items: a list".into()) };
    if items.len() > MAX_LINES {
        return Err("items: at most 50 lines".into());
    }
    let mut lines = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let name = ["items[", &decimal(at as u64), "]"].concat();
        fields(item, &name, &["sku", "quantity"])?;
        let sku = item.member("sku").text().ok_or_else(|| [&name, ".sku: text"].concat())?.into();
        let quantity = item.field("quantity");
        let quantity = quantity.ok_or_else(|| [&name, ".quantity: a whole number from 1 to 999"].concat())?;
        lines.push(Line { sku, quantity });
    }
    Ok(lines)
}

/// An object with no field but these: a typing mistake must not become another order.
fn fields(value: &Json, name: &str, known: &[&str]) -> Result<(), String> {
    let Json::Object(fields) = value else { return Err([name, ": an object"].concat()) };
    match fields.iter().find(|(field, _)| !known.contains(&field.as_str())) {
        Some((stranger, _)) => Err([name, ".", stranger, ": no such field"].concat()),
        None => Ok(()),
    }
}

//! JSON whose keys come in an order of no meaning: who verifies a re-encoded body is found out.

use serde_json::{Map, Value};

use crate::dice::Dice;

/// Writes `value` with every object's keys in random order.
pub(crate) fn to_text(value: &Value, dice: &Dice) -> String {
    let mut text = String::new();
    write(value, dice, &mut text);
    text
}

/// A field that no documentation names: clients must pass over it.
pub(crate) fn add_unknown_field(object: &mut Map<String, Value>, dice: &Dice) {
    let name = format!("unannounced_{}", dice.hex(6));
    object.insert(name, serde_json::json!({ "note": "新增字段，应忽略", "list": [1, false] }));
}

fn write(value: &Value, dice: &Dice, text: &mut String) {
    match value {
        Value::Object(object) => {
            let mut fields: Vec<_> = object.iter().collect();
            for last in (1..fields.len()).rev() {
                fields.swap(last, dice.below(last + 1));
            }
            write_list(fields, text, ('{', '}'), |(name, value), text| {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(value, dice, text);
            });
        }
        Value::Array(items) => {
            write_list(items.iter().collect(), text, ('[', ']'), |item, text| write(item, dice, text))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

fn write_list<T>(items: Vec<T>, text: &mut String, (open, close): (char, char), write: impl Fn(T, &mut String)) {
    text.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write(item, text);
    }
    text.push(close);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::to_text;
    use crate::dice::{Cup, Dice};

    fn dice() -> Dice {
        Cup::new(Some(7), 0).expect("seeded").dice(&[])
    }

    #[test]
    fn the_order_varies_and_the_meaning_does_not() {
        let dice = dice();
        let value = json!({"a": [1, {"x": "\"支\n", "y": null}], "b": true, "c": {}, "d": 1.5});
        let texts: BTreeSet<_> = (0..40).map(|_| to_text(&value, &dice)).collect();
        assert!(texts.len() > 5, "{texts:?}");
        for text in &texts {
            assert_eq!(serde_json::from_str::<Value>(text).expect("JSON"), value);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_text() {
        let text = || to_text(&json!({"a": 1, "b": 2, "c": 3, "d": 4}), &dice());
        assert_eq!(text(), text());
    }
}

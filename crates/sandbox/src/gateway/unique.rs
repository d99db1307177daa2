//! JSON in which no object has a name twice: parsers disagree about which of two counts, and with money
//! that is one opinion too many.

use core::cell::RefCell;
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::fields::join;

/// Why a text is not taken.
pub(super) enum Fault {
    NotJson,
    /// The JSON pointer to the second one.
    Twice(String),
}

pub(super) fn parse(text: &str) -> Result<Value, Fault> {
    let twice = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = At { pointer: String::new(), twice: &twice }.deserialize(&mut reader);
    let value = value.and_then(|value| reader.end().map(|()| value));
    value.map_err(|_| twice.into_inner().map_or(Fault::NotJson, Fault::Twice))
}

/// Reads the value at `pointer`.
struct At<'a> {
    pointer: String,
    twice: &'a RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, given: bool) -> Result<Value, E> {
        Ok(given.into())
    }

    fn visit_u64<E>(self, given: u64) -> Result<Value, E> {
        Ok(given.into())
    }

    fn visit_i64<E>(self, given: i64) -> Result<Value, E> {
        Ok(given.into())
    }

    fn visit_f64<E>(self, given: f64) -> Result<Value, E> {
        Ok(Number::from_f64(given).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, given: &str) -> Result<Value, E> {
        Ok(given.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        let at = |n: usize| At { pointer: join(&self.pointer, &n.to_string()), twice: self.twice };
        while let Some(item) = items.next_element_seed(at(list.len()))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let pointer = join(&self.pointer, &name);
            let value = fields.next_value_seed(At { pointer: pointer.clone(), twice: self.twice })?;
            if object.insert(name, value).is_some() {
                self.twice.borrow_mut().get_or_insert(pointer);
                return Err(A::Error::custom("a name comes twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{Fault, parse};

    #[test]
    fn a_name_that_comes_twice_is_pointed_at() {
        for (text, pointer) in [
            (r#"{"a":1,"a":1}"#, "/a"),
            (r#"{"a":{"b":[{},{"c":1,"d":2,"c":3}]}}"#, "/a/b/1/c"),
            (r#"{"a/b":{"x":1,"\u0078":2}}"#, "/a~1b/x"),
        ] {
            assert!(matches!(parse(text), Err(Fault::Twice(at)) if at == pointer), "{text}");
        }
        assert!(parse(r#"{"a":{"b":1},"b":{"a":1}}"#).is_ok(), "each object has names of its own");
    }

    proptest! {
        #[test]
        fn everything_else_reads_as_it_does_elsewhere(text in "[\\[\\]{}:,\"ab0-9.eE+\\-ntrufalse\\\\]{0,40}") {
            let there = serde_json::from_str::<Value>(&text).ok();
            match parse(&text) {
                Ok(here) => prop_assert_eq!(Some(here), there),
                Err(Fault::NotJson) => prop_assert_eq!(there, None),
                Err(Fault::Twice(_)) => {}
            }
        }
    }
}

//! Strict reading of a JSON body: what is not defined, not of its type or not in its range is refused
//! with the path to it.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::refusal::{OUT_OF_RANGE, Refusal};
use super::unique;
use crate::text::{Text, text};

/// Parses a body: UTF-8 of at most three bytes a character, one object, no name twice, no null anywhere.
pub(crate) fn parse(body: &[u8]) -> Result<Value, Refusal> {
    let whole = core::str::from_utf8(body)
        .map_err(|_| Refusal::request(text("the body is not UTF-8", "请求体不是 UTF-8 编码")))?;
    let value = unique::parse(whole).map_err(|fault| match fault {
        unique::Fault::NotJson => Refusal::request(text("the body is not one JSON value", "请求体不是一个合法的 JSON")),
        unique::Fault::Twice(pointer) => Refusal::field(
            &pointer,
            text("comes twice: which one counts, nobody can tell", "出现了两次，无法判断以哪个为准"),
        ),
    })?;
    if !value.is_object() {
        return Err(Refusal::request(text("the body must be a JSON object", "请求体必须是 JSON 对象")));
    }
    check_values(&value, "")?;
    Ok(value)
}

fn check_values(value: &Value, path: &str) -> Result<(), Refusal> {
    match value {
        Value::Null => {
            let rule = text("is null: leave the field out instead", "为 null：没有值就不要传该字段");
            Err(Refusal::field(path, rule))
        }
        Value::String(text) => check_characters(text, path),
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(at, item)| check_values(item, &format!("{path}/{at}")))
        }
        Value::Object(object) => object.iter().try_for_each(|(name, value)| {
            let path = join(path, name);
            check_characters(name, &path)?;
            check_values(value, &path)
        }),
        Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn check_characters(given: &str, path: &str) -> Result<(), Refusal> {
    if given.chars().any(|c| c.len_utf8() > 3) {
        return Err(Refusal::field(
            path,
            text(
                "has a character of four UTF-8 bytes, such as an emoji: only one to three are taken",
                "含有 4 字节的 UTF-8 字符（如表情）：只支持 1 到 3 字节",
            ),
        ));
    }
    if given.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        return Err(Refusal::field(path, text("has a control character", "含有控制字符")));
    }
    Ok(())
}

/// A JSON pointer, one step further. (RFC 6901)
pub(super) fn join(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Reads the fields of one object and remembers which were asked for.
pub(crate) struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: String,
    defined: BTreeSet<&'static str>,
}

impl<'a> Fields<'a> {
    /// The fields of a parsed body.
    pub(crate) fn of(body: &'a Value) -> Result<Self, Refusal> {
        Self::within(body, String::new())
            .ok_or_else(|| Refusal::request(text("the body must be a JSON object", "请求体必须是 JSON 对象")))
    }

    fn within(value: &'a Value, path: String) -> Option<Self> {
        value.as_object().map(|object| Self { object, path, defined: BTreeSet::new() })
    }

    /// Refuses every field that was not asked for.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        match self.object.keys().find(|name| !self.defined.contains(name.as_str())) {
            Some(name) => Err(Refusal::extra_field(&join(&self.path, name), "body")),
            None => Ok(()),
        }
    }

    /// A text whose length in characters is in `length`.
    pub(crate) fn optional_text(
        &mut self,
        name: &'static str,
        length: RangeInclusive<usize>,
    ) -> Result<Option<&'a str>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let given = value.as_str().ok_or_else(|| self.bad(name, text("must be a text", "应为字符串")))?;
        if !length.contains(&given.chars().count()) {
            let (least, most) = (length.start(), length.end());
            let rule =
                text(format!("must have {least} to {most} characters"), format!("长度应为 {least} 到 {most} 个字符"));
            return Err(self.bad(name, rule).with_numeric(OUT_OF_RANGE));
        }
        Ok(Some(given))
    }

    /// A text that must be there.
    pub(crate) fn text(&mut self, name: &'static str, length: RangeInclusive<usize>) -> Result<&'a str, Refusal> {
        let text = self.optional_text(name, length)?;
        text.ok_or_else(|| self.missing(name))
    }

    /// A whole number in JSON's own sense: neither `1.0` nor `"1"`.
    pub(crate) fn optional_integer(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.as_u64().filter(|number| range.contains(number)).ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            let rule = format!("must be a whole number from {least} to {most}");
            let refusal = self.bad(name, text(rule, format!("应为 {least} 到 {most} 的整数，不带引号和小数点")));
            // A whole number, and another one than may be.
            if value.is_u64() || value.is_i64() { refusal.with_numeric(OUT_OF_RANGE) } else { refusal }
        })?;
        Ok(Some(number))
    }

    /// A whole number that must be there.
    pub(crate) fn integer(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Result<u64, Refusal> {
        let number = self.optional_integer(name, range)?;
        number.ok_or_else(|| self.missing(name))
    }

    /// True or false.
    pub(crate) fn optional_flag(&mut self, name: &'static str) -> Result<(), Refusal> {
        match self.get(name) {
            Some(value) if !value.is_boolean() => {
                Err(self.bad(name, text("must be true or false", "应为 true 或 false")))
            }
            _ => Ok(()),
        }
    }

    /// An object.
    pub(crate) fn optional_object(&mut self, name: &'static str) -> Result<Option<Self>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let inner = Self::within(value, join(&self.path, name));
        inner.map(Some).ok_or_else(|| self.bad(name, text("must be an object", "应为对象")))
    }

    /// An object that must be there.
    pub(crate) fn object(&mut self, name: &'static str) -> Result<Self, Refusal> {
        let inner = self.optional_object(name)?;
        inner.ok_or_else(|| self.missing(name))
    }

    /// A list of objects; empty when it is missing.
    pub(crate) fn objects(&mut self, name: &'static str) -> Result<Vec<Self>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or_else(|| self.bad(name, text("must be a list", "应为数组")))?;
        let path = join(&self.path, name);
        let item = |(at, value)| {
            let path = format!("{path}/{at}");
            Self::within(value, path.clone())
                .ok_or_else(|| Refusal::field(&path, text("must be an object", "应为对象")))
        };
        items.iter().enumerate().map(item).collect()
    }

    /// A refusal about one of these fields.
    pub(crate) fn bad(&self, name: &str, rule: Text) -> Refusal {
        Refusal::field(&join(&self.path, name), rule)
    }

    pub(super) fn missing(&self, name: &str) -> Refusal {
        self.bad(name, text("is required", "必填"))
    }

    fn get(&mut self, name: &'static str) -> Option<&'a Value> {
        self.defined.insert(name);
        self.object.get(name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;

    proptest! {
        #[test]
        fn nothing_received_makes_the_reader_panic(body in any::<Vec<u8>>(), text in "[\\[\\]{}:,\"nul0-9\\\\ud]{0,60}") {
            for body in [body.as_slice(), text.as_bytes()] {
                if let Ok(value) = parse(body) {
                    prop_assert!(value.is_object());
                }
            }
        }
    }
}

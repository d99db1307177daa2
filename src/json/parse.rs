//! JSON text parsed to a [`Json`].
//!
//! By hand, since a parser that can also read floating point numbers is a tenth of the phone's module,
//! and nothing here has any. A property test holds it to `serde_json`.

use super::Json;

/// How deep lists and objects may lie in each other. What the wire and the snapshot hold is less than
/// ten deep; a phone's stack is small.
const DEEPEST: u8 = 32;

impl Json {
    /// Parses text; `None` for what is not JSON, for what lies too deep, and for an object that gives a
    /// field twice.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let mut parser = Parser { text, at: 0 };
        let value = parser.value(DEEPEST)?;
        parser.blank();
        (parser.at == text.len()).then_some(value)
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn value(&mut self, depth: u8) -> Option<Json> {
        self.blank();
        match self.peek()? {
            b'{' => self.object(depth.checked_sub(1)?),
            b'[' => self.list(depth.checked_sub(1)?),
            b'"' => self.string().map(Json::Text),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: u8) -> Option<Json> {
        let mut fields: Vec<(String, Json)> = Vec::new();
        self.at += 1;
        let mut next = self.first(b'}')?;
        while next {
            self.blank();
            let name = self.string()?;
            self.blank();
            self.expect(b':')?;
            let value = self.value(depth)?;
            if fields.iter().any(|(known, _)| *known == name) {
                return None;
            }
            fields.push((name, value));
            next = self.another(b'}')?;
        }
        Some(Json::Object(fields))
    }

    fn list(&mut self, depth: u8) -> Option<Json> {
        let mut items = Vec::new();
        self.at += 1;
        let mut next = self.first(b']')?;
        while next {
            items.push(self.value(depth)?);
            next = self.another(b']')?;
        }
        Some(Json::List(items))
    }

    /// Whether anything comes before the closing bracket.
    fn first(&mut self, bracket: u8) -> Option<bool> {
        self.blank();
        let is_empty = self.peek()? == bracket;
        if is_empty {
            self.at += 1;
        }
        Some(!is_empty)
    }

    /// Whether a comma or the closing bracket comes.
    fn another(&mut self, bracket: u8) -> Option<bool> {
        self.blank();
        let found = self.peek()?;
        self.at += 1;
        if found == bracket { Some(false) } else { (found == b',').then_some(true) }
    }

    fn string(&mut self) -> Option<String> {
        self.expect(b'"')?;
        let mut out = String::new();
        loop {
            // Everything up to the next sign that means something is taken over as it is.
            let start = self.at;
            while !matches!(self.peek()?, b'"' | b'\\' | 0..=0x1f) {
                self.at += 1;
            }
            out.push_str(&self.text[start..self.at]);
            self.at += 1;
            match self.text.as_bytes()[self.at - 1] {
                b'"' => return Some(out),
                b'\\' => out.push(self.escaped()?),
                _ => return None,
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        self.at += 1;
        Some(match self.text.as_bytes().get(self.at - 1)? {
            b'u' => {
                let unit = self.unit()?;
                if !(0xd800..0xdc00).contains(&unit) {
                    return Some(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                let before = self.at;
                // A high surrogate means something with a low one behind it only.
                let low = self.text[self.at..].starts_with("\\u").then(|| {
                    self.at += 2;
                    self.unit()
                });
                match low {
                    Some(low) => match low? {
                        low @ 0xdc00..0xe000 => char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00))?,
                        _ => {
                            self.at = before;
                            char::REPLACEMENT_CHARACTER
                        }
                    },
                    None => char::REPLACEMENT_CHARACTER,
                }
            }
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            same @ (b'"' | b'\\' | b'/') => char::from(*same),
            _ => return None,
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + char::from(self.peek()?).to_digit(16)?;
            self.at += 1;
        }
        Some(unit)
    }

    /// Whole numbers from zero up are read; any other is one, and no more is known of it.
    fn number(&mut self) -> Option<Json> {
        let start = self.at;
        if self.peek()? == b'-' {
            self.at += 1;
        }
        let leading = self.peek()?;
        let whole = self.digits()?;
        if leading == b'0' && whole > 1 {
            return None;
        }
        let mut plain = self.at;
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        if self.at > plain {
            plain = start;
        }
        Some(self.text[start..plain].parse().map_or(Json::OtherNumber, Json::Number))
    }

    fn digits(&mut self) -> Option<usize> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        (self.at > start).then_some(self.at - start)
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        let found = self.text[self.at..].starts_with(word);
        self.at += word.len();
        found.then_some(value)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        let found = self.peek()? == byte;
        self.at += 1;
        found.then_some(())
    }

    fn blank(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// What `serde_json` makes of the same text.
    fn taken_over(value: &Value) -> Json {
        match value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => number.as_u64().map_or(Json::OtherNumber, Json::Number),
            Value::String(text) => Json::Text(text.clone()),
            Value::Array(items) => Json::List(items.iter().map(taken_over).collect()),
            Value::Object(fields) => {
                Json::Object(fields.iter().map(|(name, value)| (name.clone(), taken_over(value))).collect())
            }
        }
    }

    /// Fields in the order of their names, as `serde_json` keeps them.
    fn sorted(json: Json) -> Json {
        match json {
            Json::List(items) => Json::List(items.into_iter().map(sorted).collect()),
            Json::Object(fields) => {
                let mut fields: Vec<_> = fields.into_iter().map(|(name, value)| (name, sorted(value))).collect();
                fields.sort_by(|(one, _), (other, _)| one.cmp(other));
                Json::Object(fields)
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::OtherNumber | Json::Text(_) => json,
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
            "[\\x00-\\x1f\"\\\\/茶🍵]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(".{0,4}", inner, 0..6).prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_is_read_as_serde_json_reads_it(value in any_json(), pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            prop_assert_eq!(Json::from_text(&text.expect("it is JSON")), Some(taken_over(&value)));
        }

        /// One sign changed, put in or left out: mostly no JSON any more.
        #[test]
        fn what_is_not_json_is_refused_as_serde_json_refuses_it(value in any_json(), at: prop::sample::Index, put in "[ -~]?", left_out in 0usize..2) {
            let mut signs: Vec<char> = value.to_string().chars().collect();
            let at = at.index(signs.len());
            signs.splice(at..(at + left_out).min(signs.len()), put.chars());
            let text: String = signs.into_iter().collect();
            match serde_json::from_str::<Value>(&text) {
                // serde_json keeps the last of two fields of one name, and refuses numbers beyond its floats.
                Ok(expected) => if let Some(read) = Json::from_text(&text) {
                    prop_assert_eq!(sorted(read), sorted(taken_over(&expected)));
                },
                Err(error) if error.to_string().contains("number out of range") => {}
                Err(_) => prop_assert_eq!(Json::from_text(&text), None, "{}", text),
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,64}") {
            let _ = Json::from_text(&text);
        }
    }

    #[test]
    fn a_lone_surrogate_becomes_a_replacement_character() {
        let cases = [
            (r#""\ud800""#, "\u{fffd}"),
            (r#""\udc00x""#, "\u{fffd}x"),
            (r#""\ud800\ud83c\udf75""#, "\u{fffd}\u{1f375}"),
            (r#""\ud83c\udf75""#, "\u{1f375}"),
            (r#""\ud800\n""#, "\u{fffd}\n"),
        ];
        for (text, expected) in cases {
            assert_eq!(Json::from_text(text), Some(Json::Text(expected.into())), "{text}");
        }
    }

    #[test]
    fn what_lies_too_deep_is_refused_before_the_stack_ends() {
        assert!(Json::from_text(&format!("{}{}", "[".repeat(32), "]".repeat(32))).is_some());
        assert_eq!(Json::from_text(&"[".repeat(1_000_000)), None);
        assert_eq!(Json::from_text(&"{\"a\":".repeat(1_000_000)), None);
    }

    #[test]
    fn a_field_given_twice_is_malformed() {
        assert_eq!(Json::from_text(r#"{"a":1,"a":1}"#), None);
    }
}

//! What stands at a place of a JSON text, as it was written: reading changes `1e2` into `100.0`, and loses the
//! first of two fields with one name.

/// The value at `pointer`, with a text's quotes and escapes taken away. Of two fields with one name it is the second.
pub(super) fn at(text: &str, pointer: &str) -> Option<String> {
    let mut reader = Reader { text, at: 0 };
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        reader = reader.step(&step)?;
    }
    let value = reader.value()?;
    Some(if value.starts_with('"') { serde_json::from_str(value).ok()? } else { value.to_owned() })
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        self.at += rest.iter().position(|b| !b" \t\r\n".contains(b))?;
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    /// Where the field or item `step` of the object or list begins that comes next.
    fn step(mut self, step: &str) -> Option<Self> {
        let is_object = self.peek()? == b'{';
        self.take(if is_object { b'{' } else { b'[' })?;
        let mut found = None;
        for count in 0_usize.. {
            let name = if is_object {
                let Some(name) = self.string().and_then(|name| serde_json::from_str::<String>(name).ok()) else {
                    break;
                };
                self.take(b':')?;
                name
            } else {
                count.to_string()
            };
            if name == step {
                found = Some(self);
            }
            // What follows the second of two need not be JSON any more.
            if self.value().is_none() || self.take(b',').is_none() {
                break;
            }
        }
        found
    }

    fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let begin = self.at - 1;
        let mut is_escaped = false;
        let length = self.text.as_bytes().get(self.at..)?.iter().position(|b| {
            let ends = *b == b'"' && !is_escaped;
            is_escaped = *b == b'\\' && !is_escaped;
            ends
        })?;
        self.at += length + 1;
        self.text.get(begin..self.at)
    }

    fn value(&mut self) -> Option<&'a str> {
        match self.peek()? {
            b'"' => self.string(),
            b'{' | b'[' => {
                let begin = self.at;
                let mut depth = 0_usize;
                loop {
                    match self.peek()? {
                        b'"' => {
                            self.string()?;
                            continue;
                        }
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => depth -= 1,
                        _ => {}
                    }
                    self.at += 1;
                    if depth == 0 {
                        return self.text.get(begin..self.at);
                    }
                }
            }
            _ => {
                let rest = self.text.get(self.at..)?;
                let length = rest.find([',', '}', ']', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
                self.at += length;
                rest.get(..length)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::at;

    #[test]
    fn a_value_comes_out_as_it_was_written() {
        let text = r#" { "a" : { "b/c" : [ 1e2, "x\"\u8336" , {"d" : [ ] } ] }, "e":99999999999999999999,"e":"two" }"#;
        for (pointer, value) in [
            ("/a/b~1c/0", Some("1e2")),
            ("/a/b~1c/1", Some("x\"茶")),
            ("/a/b~1c/2", Some(r#"{"d" : [ ] }"#)),
            ("/a/b~1c/2/d", Some("[ ]")),
            ("/e", Some("two")),
            ("/a/b~1c/3", None),
            ("/f", None),
            ("/e/f", None),
        ] {
            assert_eq!(at(text, pointer).as_deref(), value, "{pointer}");
        }
        assert_eq!(at(r#"{"a":1,"a":2"#, "/a").as_deref(), Some("2"), "cut off behind it");
    }

    proptest! {
        #[test]
        fn nothing_received_makes_the_reader_panic(text in "[\\[\\]{}:,\"ab0-9e\\\\ 茶]{0,60}") {
            for pointer in ["", "/a", "/0/a", "/a/b/1"] {
                let _ = at(&text, pointer);
            }
        }
    }
}

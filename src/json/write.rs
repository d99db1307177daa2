//! Types written as JSON text.

use std::sync::Arc;

use super::Json;

/// A type that has a JSON form. Writing cannot fail: there is nothing here but text and whole numbers.
pub trait Write {
    /// Writes it.
    fn write(&self, out: &mut Writer);
}

/// JSON text as it grows.
#[derive(Debug, Default)]
pub struct Writer {
    out: String,
    audience: Audience,
}

/// For whom something is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Audience {
    /// For a machine that needs it as it is.
    #[default]
    Machine,
    /// For people: the next text is shown only if the name before it is one of these.
    People { plain: &'static [&'static str], shows: bool },
}

/// The JSON text of a value.
#[must_use]
pub fn written(value: &impl Write) -> String {
    let mut out = Writer::default();
    value.write(&mut out);
    out.into_text()
}

impl Writer {
    /// A writer for people's eyes: of all text it writes only that of the `plain` names, if it is short,
    /// and of the rest a token, see [`hidden`].
    #[must_use]
    pub fn redacting(plain: &'static [&'static str]) -> Self {
        Self { out: String::new(), audience: Audience::People { plain, shows: false } }
    }

    /// What was written.
    #[must_use]
    pub fn into_text(self) -> String {
        self.out
    }

    /// How many bytes were written so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Takes back what was written after the first `len` bytes.
    pub fn truncate(&mut self, len: usize) {
        self.out.truncate(len);
    }

    /// Whether nothing was written so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Punctuation, and literals such as `true`.
    pub fn raw(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// The name of the next field of an object that `{` has begun.
    pub fn name(&mut self, name: &str) {
        if let Audience::People { plain, shows } = &mut self.audience {
            *shows = plain.contains(&name);
        }
        self.separate('{');
        self.quoted(name);
        self.out.push(':');
    }

    /// An object with one field: the form of an enum with contents.
    pub fn variant(&mut self, name: &str, contents: &dyn Write) {
        self.raw("{");
        self.name(name);
        contents.write(self);
        self.raw("}");
    }

    /// A list, its items written by `item`.
    pub fn list<T>(&mut self, items: &[T], item: impl Fn(&mut Self, &T)) {
        self.raw("[");
        for one in items {
            self.separate('[');
            item(self, one);
        }
        self.raw("]");
    }

    /// Text from outside, whatever it holds.
    pub fn text(&mut self, text: &str) {
        match self.audience {
            Audience::People { shows, .. } if !shows || text.len() > LONGEST_SHOWN => {
                let hidden = hidden(text);
                self.quoted(&hidden);
            }
            // Text always has a JSON form.
            Audience::Machine | Audience::People { .. } => {
                self.out.push_str(&serde_json::to_string(text).unwrap_or_default());
            }
        }
    }

    /// Text of our own, which holds nothing that needs escaping.
    pub fn quoted(&mut self, text: &str) {
        self.out.push('"');
        self.out.push_str(text);
        self.out.push('"');
    }

    /// A whole number.
    pub fn number(&mut self, number: u64) {
        self.out.push_str(&decimal(number));
    }

    /// Sets what follows apart from what is there, unless nothing is there but the bracket.
    fn separate(&mut self, bracket: char) {
        if !self.out.ends_with(bracket) {
            self.out.push(',');
        }
    }
}

/// The longest text that a redacting writer shows.
const LONGEST_SHOWN: usize = 64;

/// What stands for a text that is nobody's business: `~LENGTH.HASH`, or `~ LENGTH.HASH` for text that
/// cannot be an identifier. Enough to tell whether it was there, was usable and changed; twelve bits
/// of hash give nothing else away.
#[must_use]
pub fn hidden(text: &str) -> String {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in text.bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    let kind = if text.bytes().all(|byte| byte.is_ascii_graphic()) { "~" } else { "~ " };
    [kind, &decimal(text.len() as u64), ".", &decimal(u64::from(hash >> 20))].concat()
}

/// A whole number in decimal. The standard library's own would bring all of its formatting along.
#[must_use]
pub fn decimal(mut number: u64) -> String {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    digits[at..].iter().map(|digit| char::from(*digit)).collect()
}

impl Write for str {
    fn write(&self, out: &mut Writer) {
        out.text(self);
    }
}

impl Write for &str {
    fn write(&self, out: &mut Writer) {
        out.text(self);
    }
}

impl Write for String {
    fn write(&self, out: &mut Writer) {
        out.text(self);
    }
}

/// As it was taken over: a number that is none of ours stays one.
impl Write for Json {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::Null => out.raw("null"),
            Self::Bool(value) => value.write(out),
            Self::Number(number) => number.write(out),
            Self::OtherNumber => out.raw("-1"),
            Self::Text(text) => out.text(text),
            Self::List(items) => items.write(out),
            Self::Object(_) => self.write_without("", out),
        }
    }
}

impl Json {
    /// Writes all but one field of an object.
    pub fn write_without(&self, left_out: &str, out: &mut Writer) {
        let Self::Object(fields) = self else { return self.write(out) };
        out.raw("{");
        for (name, value) in fields {
            // Ours are words; what is not comes from a stranger.
            let is_word = name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
            if is_word && name != left_out {
                out.name(name);
                value.write(out);
            }
        }
        out.raw("}");
    }
}

impl Write for bool {
    fn write(&self, out: &mut Writer) {
        out.raw(if *self { "true" } else { "false" });
    }
}

impl Write for u16 {
    fn write(&self, out: &mut Writer) {
        out.number(u64::from(*self));
    }
}

impl Write for u32 {
    fn write(&self, out: &mut Writer) {
        out.number(u64::from(*self));
    }
}

impl Write for u64 {
    fn write(&self, out: &mut Writer) {
        out.number(*self);
    }
}

impl<T: Write> Write for Option<T> {
    fn write(&self, out: &mut Writer) {
        match self {
            Some(value) => value.write(out),
            None => out.raw("null"),
        }
    }
}

impl<T: Write> Write for Vec<T> {
    fn write(&self, out: &mut Writer) {
        out.list(self, |out, item| item.write(out));
    }
}

impl<T: Write> Write for Arc<T> {
    fn write(&self, out: &mut Writer) {
        T::write(self, out);
    }
}

/// A list of exactly two.
impl<A: Write, B: Write> Write for (A, B) {
    fn write(&self, out: &mut Writer) {
        out.raw("[");
        self.0.write(out);
        out.raw(",");
        self.1.write(out);
        out.raw("]");
    }
}

impl<T: Write> Write for &T {
    fn write(&self, out: &mut Writer) {
        T::write(self, out);
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal() {
        for number in [0, 1, 9, 10, 6800, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(decimal(number), number.to_string());
        }
    }

    #[test]
    fn text_from_outside_is_escaped() {
        for text in ["", "\"\\\n\u{1}", "龙井", "}"] {
            assert_eq!(written(&text), serde_json::to_string(text).expect("text"));
        }
    }

    #[test]
    fn only_short_text_of_plain_names_is_shown_to_people() {
        let json =
            Json::from_text(r#"{"state":"paid","token":"s3cret","none":"","odd":"a b","un known":1,"list":["x"]}"#);
        let mut out = Writer::redacting(&["state"]);
        json.write(&mut out);
        let shown = out.into_text();
        assert!(shown.starts_with(r#"{"state":"paid","token":"~6."#), "{shown}");
        assert!(shown.contains(r#""none":"~0."#) && shown.contains(r#""odd":"~ 3."#), "{shown}");
        assert!(!shown.contains("s3cret") && !shown.contains("known") && !shown.contains('x'), "{shown}");
        assert_ne!(hidden("s3cret"), hidden("s3cres"), "a change can be seen");
    }

    #[test]
    fn lists_and_objects_are_set_apart_whatever_their_values_end_in() {
        assert_eq!(written(&vec!["[", "{", ","]), r#"["[","{",","]"#);
        assert_eq!(written(&(vec![1_u32], None::<bool>)), "[[1],null]");
    }
}

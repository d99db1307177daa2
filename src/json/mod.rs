//! JSON as a value, values read into types by hand, and types written as JSON by hand.
//!
//! The types of [`crate::wire`] derive their readers and writers for the server. In the phone's module
//! each derived one costs its kilobytes, and there would be fifty; one small value and a few lines a
//! type do the same in a tenth. Tests hold both readings, and both writings, to the same answers.

mod parse;
mod write;

use core::fmt;

pub use write::{Write, Writer, decimal, hidden, written};

/// A JSON value, as far as the wire and the snapshot use it.
#[derive(Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number from zero up.
    Number(u64),
    /// Any other number: nothing here is negative or broken.
    OtherNumber,
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object, in the order of its text.
    Object(Vec<(String, Json)>),
}

impl fmt::Debug for Json {
    /// What an answer or a snapshot holds is nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json")
    }
}

/// A type that can be read from a [`Json`]. `None` is "this is not one".
pub trait Read: Sized {
    /// Reads it.
    fn read(json: &Json) -> Option<Self>;
}

/// What a field that is missing holds.
static NOTHING: Json = Json::Null;

impl Json {
    /// A field of an object; `null` where it is missing, and for what is no object.
    #[must_use]
    pub fn member(&self, name: &str) -> &Self {
        self.find(name).unwrap_or(&NOTHING)
    }

    /// Whether there is such a field.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    #[inline(never)]
    fn find(&self, name: &str) -> Option<&Self> {
        let fields: &[_] = match self {
            Self::Object(fields) => fields,
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::OtherNumber | Self::Text(_) | Self::List(_) => &[],
        };
        fields.iter().find(|(key, _)| key == name).map(|(_, json)| json)
    }

    /// A field of an object, read.
    pub fn field<T: Read>(&self, name: &str) -> Option<T> {
        T::read(self.member(name))
    }

    /// The text of a text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::OtherNumber | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// An enum with contents: the one field of an object, or a bare name.
    pub fn variant(&self) -> Option<(&str, &Json)> {
        match self {
            Self::Text(name) => Some((name, &Self::Null)),
            Self::Object(fields) => match fields.as_slice() {
                [(name, contents)] => Some((name, contents)),
                _ => None,
            },
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::OtherNumber | Self::List(_) => None,
        }
    }

    /// A list of exactly two.
    pub fn pair(&self) -> Option<(&Json, &Json)> {
        match self {
            Self::List(items) => match items.as_slice() {
                [first, second] => Some((first, second)),
                _ => None,
            },
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::OtherNumber | Self::Text(_) | Self::Object(_) => None,
        }
    }
}

/// Looks a name up; `None` for a stranger.
pub fn named<T: Copy>(json: &Json, names: &[(&str, T)]) -> Option<T> {
    let text = json.text()?;
    names.iter().find(|(name, _)| *name == text).map(|(_, value)| *value)
}

impl Read for String {
    fn read(json: &Json) -> Option<Self> {
        json.text().map(str::to_owned)
    }
}

impl Read for bool {
    fn read(json: &Json) -> Option<Self> {
        match json {
            Json::Bool(value) => Some(*value),
            Json::Null | Json::Number(_) | Json::OtherNumber | Json::Text(_) | Json::List(_) | Json::Object(_) => None,
        }
    }
}

impl Read for u64 {
    fn read(json: &Json) -> Option<Self> {
        match json {
            Json::Number(value) => Some(*value),
            Json::Null | Json::Bool(_) | Json::OtherNumber | Json::Text(_) | Json::List(_) | Json::Object(_) => None,
        }
    }
}

impl Read for u32 {
    fn read(json: &Json) -> Option<Self> {
        u64::read(json)?.try_into().ok()
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(json: &Json) -> Option<Self> {
        match json {
            Json::List(items) => items.iter().map(T::read).collect(),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::OtherNumber | Json::Text(_) | Json::Object(_) => None,
        }
    }
}

impl<T: Read> Read for Option<T> {
    fn read(json: &Json) -> Option<Self> {
        match json {
            Json::Null => Some(None),
            _ => T::read(json).map(Some),
        }
    }
}

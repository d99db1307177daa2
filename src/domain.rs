//! The words everything else is said in: money, time, identifiers.
//!
//! Each type is parsed once, at the border, and is right from then on.

use core::fmt;
use core::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// An amount of money that can be asked for: whole fen (1 yuan = 100 fen), at least one.
///
/// WeChat Pay's v3 API states amounts as integer fen; so does everything here. The upper end of
/// `u32` is 42.9 million yuan, far above any limit a payer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = u32, format = Int64, minimum = 1, maximum = 4_294_967_295_u64))]
#[serde(transparent)]
pub struct Fen(NonZeroU32);

impl Fen {
    /// `None` for zero: there is nothing to pay.
    #[must_use]
    pub const fn new(fen: u32) -> Option<Self> {
        match NonZeroU32::new(fen) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// The number of fen.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for Fen {
    /// Yuan with two decimals, without floating point: `68.00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.get() / 100, self.get() % 100)
    }
}

/// Milliseconds: a reading of the host's clock, or a length of time.
///
/// The core only ever subtracts two readings, so the clock's origin does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Millis(#[cfg_attr(all(test, not(target_arch = "wasm32")), ts(type = "number"))] pub u64);

impl Millis {
    /// A length given in whole seconds.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(seconds * 1000)
    }

    /// How long after `earlier` this reading was taken; `None` when the clock went back.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Option<Self> {
        match self.0.checked_sub(earlier.0) {
            Some(length) => Some(Self(length)),
            None => None,
        }
    }

    /// This reading, `length` later.
    #[must_use]
    pub const fn after(self, length: Self) -> Self {
        Self(self.0.saturating_add(length.0))
    }
}

/// Declares an identifier: text of 1 to `$max` characters that can be printed on one line.
macro_rules! identifier {
    ($(#[doc = $doc:literal])* $name:ident, $max:literal, $shown:expr) => {
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(all(test, not(target_arch = "wasm32")), ts(type = "string"))]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadIdentifier;

            fn try_from(text: String) -> Result<Self, BadIdentifier> {
                let fits = (1..=$max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
                if fits { Ok(Self(text)) } else { Err(BadIdentifier) }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!($($doc, "\n"),*).replace("\n ", "\n").trim()))
                    .min_length(Some(1))
                    .max_length(Some($max))
                    .pattern(Some("^[!-~]+$"))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let shown: fn(&str) -> &str = $shown;
                f.write_str(shown(&self.0))
            }
        }
    };
}

/// Hides a value from every log, error and trace.
fn hidden(_: &str) -> &str {
    "<hidden>"
}

/// Text that is empty, too long or not printable ASCII where an identifier belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier: it must be printable ASCII without spaces, and neither empty nor too long")]
pub struct BadIdentifier;

identifier!(
    /// The server's name for one order. Not a secret: it may be shown to the payer and to support.
    OrderId, 64, |id| id
);
identifier!(
    /// The name of one checkout, chosen by the client before anything is sent, and sent with every
    /// write of it, so that a repeated write is recognised. Who knows it can find the order: hidden.
    IdempotencyKey, 64, hidden
);
identifier!(
    /// Proof of a login, made by the server, good for the caller's own orders until it expires.
    SessionToken, 2048, hidden
);
identifier!(
    /// Permission to read one order, and nothing else. It outlives the session.
    StatusToken, 2048, hidden
);

impl IdempotencyKey {
    /// The key made of 16 random bytes: 32 hexadecimal digits.
    #[must_use]
    pub fn from_entropy(entropy: [u8; 16]) -> Self {
        let mut text = String::with_capacity(32);
        for byte in entropy {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        Self(text)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn fen_are_whole_positive_and_shown_as_yuan() {
        assert_eq!(Fen::new(0), None);
        assert_eq!(Fen::new(6800).expect("positive").to_string(), "68.00");
        assert_eq!(Fen::new(1).expect("positive").to_string(), "0.01");
        for bad in ["0", "-1", "1.5", "\"1\"", "4294967296", "null"] {
            assert!(serde_json::from_str::<Fen>(bad).is_err(), "{bad} was taken for an amount");
        }
    }

    #[test]
    fn identifiers_refuse_what_could_break_a_header_or_a_log() {
        for bad in ["", "a b", "a\nb", "订单", "\u{7f}"] {
            assert_eq!(OrderId::try_from(bad.to_owned()), Err(BadIdentifier), "{bad:?}");
        }
        assert!(OrderId::try_from("x".repeat(64)).is_ok());
        assert!(OrderId::try_from("x".repeat(65)).is_err());
    }

    #[test]
    fn keys_are_the_entropy_in_hex() {
        let mut entropy = [0; 16];
        entropy[0] = 0xa7;
        entropy[15] = 0x0f;
        assert_eq!(IdempotencyKey::from_entropy(entropy).as_str(), "a700000000000000000000000000000f");
    }

    #[test]
    fn secrets_do_not_show() {
        let key = IdempotencyKey::try_from("s3cret".to_owned()).expect("fits");
        assert_eq!(format!("{key:?}"), "<hidden>");
    }
}

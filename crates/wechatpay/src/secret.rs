//! Values that no log and no error shows.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Hides a value from `Debug`, and so from every log, error and assertion that would print it.
///
/// There is deliberately no `Display` and no `Serialize`: whoever lets the value out writes `expose()`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Hides `value`.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the one place that needs it.
    #[must_use]
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Gives the value away.
    #[must_use]
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<hidden>")
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

/// For a field of a message that goes to WeChat Pay or to the payer: `serialize_with = "exposed"`.
pub(crate) fn exposed<T: Serialize, S: Serializer>(secret: &Secret<T>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.expose().serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_shows_nothing_of_the_value() {
        let secret = Secret::new("s3cret".to_owned());
        assert_eq!(format!("{secret:?}"), "<hidden>");
        assert_eq!(secret.expose(), "s3cret");
    }
}

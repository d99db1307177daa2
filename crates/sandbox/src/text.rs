//! A sentence for people, in the two languages of the page.

use serde::{Deserialize, Serialize};

/// The same sentence twice. Quotes no secret, no openid and no prepay id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Text {
    pub(crate) en: String,
    pub(crate) zh: String,
}

/// English and Chinese.
pub(crate) fn text(en: impl Into<String>, zh: impl Into<String>) -> Text {
    Text { en: en.into(), zh: zh.into() }
}

/// Of a text as long as its sender likes, so much.
pub(crate) fn shorten(text: &mut String, longest: usize) {
    if let Some((cut, _)) = text.char_indices().nth(longest) {
        text.truncate(cut);
        text.push('…');
    }
}

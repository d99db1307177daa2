//! The two tokens a client holds: a session's, and one order's.
//!
//! Both are sealed with AES-256-GCM: sealing proves that this server made the token, and hides the
//! openid from whoever sees it on its way. The first key seals, every key opens, so that keys can be
//! rotated: put the new key first, and drop the old one when nothing sealed with it is of use any more.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use wechatpay::Secret;
use wx_checkout::domain::{OrderId, SessionToken, StatusToken};

use crate::random;

const SESSION: Kind = Kind { prefix: "s1.", bound_to: b"wx-checkout session 1" };
const STATUS: Kind = Kind { prefix: "o1.", bound_to: b"wx-checkout order status 1" };

/// What a token is for is authenticated with it: an order's token never passes for a session.
struct Kind {
    prefix: &'static str,
    bound_to: &'static [u8],
}

/// Makes and opens tokens.
pub struct Tokens {
    sealing: LessSafeKey,
    older: Vec<LessSafeKey>,
}

/// What a bearer token gives its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// A payer who is logged in.
    Session {
        /// The payer.
        openid: Secret<String>,
    },
    /// Somebody who may look at one order.
    Status {
        /// The order.
        order: OrderId,
    },
}

/// Why a token was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not made by this server, or with a key that is no longer configured.
    #[error("the token was not made by this server")]
    Unknown,
    /// Its time is over.
    #[error("the session has ended")]
    Expired,
}

impl Tokens {
    /// `first` seals and opens, `older` open.
    ///
    /// # Errors
    /// When the cryptographic library refuses a key; 32 bytes always fit.
    pub fn new(first: &[u8; 32], older: &[[u8; 32]]) -> Result<Self, TokenError> {
        let key = |bytes: &[u8; 32]| {
            UnboundKey::new(&AES_256_GCM, bytes).map(LessSafeKey::new).map_err(|_| TokenError::Unknown)
        };
        Ok(Self { sealing: key(first)?, older: older.iter().map(key).collect::<Result<_, _>>()? })
    }

    /// A session of `openid` that ends at `expires_ms` (milliseconds since 1970).
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn session(&self, openid: &Secret<String>, expires_ms: u64) -> Result<SessionToken, SealError> {
        let mut text = expires_ms.to_be_bytes().to_vec();
        text.extend_from_slice(openid.expose().as_bytes());
        SessionToken::try_from(self.seal(&SESSION, text)?).map_err(|_| SealError::TooLong)
    }

    /// Permission to look at `order`. It does not end: a payer may come back after weeks.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn status(&self, order: &OrderId) -> Result<StatusToken, SealError> {
        let text = order.as_str().as_bytes().to_vec();
        StatusToken::try_from(self.seal(&STATUS, text)?).map_err(|_| SealError::TooLong)
    }

    /// Opens a token of either kind at `now_ms` (milliseconds since 1970).
    ///
    /// # Errors
    /// When it is not ours or has expired.
    pub fn open(&self, token: &str, now_ms: u64) -> Result<Bearer, TokenError> {
        if let Some(sealed) = token.strip_prefix(SESSION.prefix) {
            let text = self.unseal(&SESSION, sealed)?;
            let (expires, openid) = text.split_first_chunk::<8>().ok_or(TokenError::Unknown)?;
            if u64::from_be_bytes(*expires) <= now_ms {
                return Err(TokenError::Expired);
            }
            let openid = String::from_utf8(openid.to_vec()).map_err(|_| TokenError::Unknown)?;
            return Ok(Bearer::Session { openid: Secret::new(openid) });
        }
        let sealed = token.strip_prefix(STATUS.prefix).ok_or(TokenError::Unknown)?;
        let text = String::from_utf8(self.unseal(&STATUS, sealed)?).map_err(|_| TokenError::Unknown)?;
        Ok(Bearer::Status { order: OrderId::try_from(text).map_err(|_| TokenError::Unknown)? })
    }

    fn seal(&self, kind: &Kind, mut text: Vec<u8>) -> Result<String, SealError> {
        let nonce: [u8; NONCE_LEN] = random::bytes()?;
        self.sealing
            .seal_in_place_append_tag(Nonce::from(&nonce), Aad::from(kind.bound_to), &mut text)
            .map_err(|_| SealError::Crypto)?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut text);
        Ok(format!("{}{}", kind.prefix, URL_SAFE_NO_PAD.encode(sealed)))
    }

    fn unseal(&self, kind: &Kind, sealed: &str) -> Result<Vec<u8>, TokenError> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| TokenError::Unknown)?;
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(TokenError::Unknown)?;
        std::iter::once(&self.sealing)
            .chain(&self.older)
            .find_map(|key| {
                let mut text = sealed.to_vec();
                let opened = key.open_in_place(Nonce::from(nonce), Aad::from(kind.bound_to), &mut text);
                opened.ok().map(|text| text.to_vec())
            })
            .ok_or(TokenError::Unknown)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({} keys)", 1 + self.older.len())
    }
}

/// Why no token was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No randomness for the nonce.
    #[error(transparent)]
    NoRandomness(#[from] random::NoRandomness),
    /// The cryptographic library.
    #[error("the cryptographic library could not seal a token")]
    Crypto,
    /// What the token should carry is longer than a header may be.
    #[error("what the token should carry is too long")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(first: u8, older: &[u8]) -> Tokens {
        let older: Vec<[u8; 32]> = older.iter().map(|byte| [*byte; 32]).collect();
        Tokens::new(&[first; 32], &older).expect("32 bytes are a key")
    }

    fn openid() -> Secret<String> {
        Secret::new("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".to_owned())
    }

    #[test]
    fn a_session_opens_until_it_expires_and_hides_the_openid() {
        let tokens = tokens(1, &[]);
        let token = tokens.session(&openid(), 1_000).expect("sealed");
        let sealed = URL_SAFE_NO_PAD.decode(&token.as_str()[3..]).expect("base64url");
        assert!(!sealed.windows(8).any(|part| part == b"oUpF8uMu"), "the openid can be read");
        assert_eq!(tokens.open(token.as_str(), 999), Ok(Bearer::Session { openid: openid() }));
        assert_eq!(tokens.open(token.as_str(), 1_000), Err(TokenError::Expired));
    }

    #[test]
    fn keys_rotate_and_a_dropped_key_opens_nothing() {
        let token = tokens(1, &[]).session(&openid(), 1_000).expect("sealed");
        assert!(tokens(2, &[1]).open(token.as_str(), 0).is_ok());
        assert_eq!(tokens(2, &[]).open(token.as_str(), 0), Err(TokenError::Unknown));
    }

    #[test]
    fn an_order_token_never_passes_for_a_session_and_no_changed_byte_passes() {
        let tokens = tokens(1, &[]);
        let order = OrderId::try_from("order-1".to_owned()).expect("fits");
        let status = tokens.status(&order).expect("sealed");
        assert_eq!(tokens.open(status.as_str(), u64::MAX), Ok(Bearer::Status { order }));
        let renamed = format!("s1.{}", &status.as_str()[3..]);
        assert_eq!(tokens.open(&renamed, 0), Err(TokenError::Unknown));
        for at in 0..status.as_str().len() {
            let mut bytes = status.as_str().as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).expect("ascii");
            assert!(tokens.open(&changed, 0).is_err(), "byte {at} does not matter");
        }
        for bad in ["", "s1.", "o1.AAAA", "s1.!!", "x"] {
            assert_eq!(tokens.open(bad, 0), Err(TokenError::Unknown), "{bad:?}");
        }
    }
}

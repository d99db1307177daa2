//! Which key signs what leaves, and how a forgery of it looks.

use std::collections::BTreeMap;

use aws_lc_rs::error::Unspecified;
use serde::{Deserialize, Serialize};

use crate::crypto::{MerchantKey, SigningKey};
use crate::dice::Dice;
use crate::identity::{Merchant, VerifiesBy};
use crate::time;

/// A serial number that no list of certificates ever had.
const STRANGE_SERIAL: &str = "7E57FEED7E57FEED7E57FEED7E57FEED7E57FEED";
/// A signed text is fresh for five minutes; this is safely older.
const STALE_SECONDS: u64 = 600;

/// All keys.
pub(crate) struct Keyring {
    merchants: BTreeMap<String, MerchantKey>,
    public: SigningKey,
    certificates: [SigningKey; 2],
    forger: SigningKey,
}

/// What a merchant of the second kind is answered and notified with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Habit {
    /// Of answers, when the request does not name a key, and of the notifications that are left.
    pub(crate) certificate: Certificate,
    /// How many of a thousand notifications the public key signs: a migration goes from 1 to 1000.
    pub(crate) public_key_permille: u16,
}

/// Which certificate signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Certificate {
    /// The older one until it expires, then the next.
    #[default]
    ByDate,
    /// The next one, from now on.
    Next,
}

/// One of the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signer {
    Public,
    Certificate(usize),
}

/// How a message is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Dress {
    /// As it should be.
    #[default]
    Genuine,
    /// Without any of the headers.
    Unsigned,
    /// Rightly, but ten minutes ago.
    Stale,
    /// By a key that nobody knows, under its own serial number.
    UnknownSerial,
    /// By a key that nobody knows, under the serial number of a known one.
    WrongKey,
    /// With a signature that only probes whether it is verified.
    Probe,
}

impl Dress {
    /// Whether v2, which has no such headers and no serial numbers, can be wrong in this way, too.
    pub(crate) const fn is_of_v2(self) -> bool {
        matches!(self, Self::Genuine | Self::Unsigned | Self::WrongKey)
    }
}

/// What is signed, and when, and for whom.
pub(crate) struct Letter<'a> {
    pub(crate) body: &'a str,
    pub(crate) now_seconds: u64,
    pub(crate) dress: Dress,
    pub(crate) dice: &'a Dice,
}

impl Keyring {
    pub(crate) fn new(
        merchants: BTreeMap<String, MerchantKey>,
        public: SigningKey,
        certificates: [SigningKey; 2],
        forger: SigningKey,
    ) -> Self {
        Self { merchants, public, certificates, forger }
    }

    pub(crate) fn of_merchant(&self, mchid: &str) -> Option<&MerchantKey> {
        self.merchants.get(mchid)
    }

    /// The merchants' keys, by number.
    pub(crate) fn merchants(&self) -> impl Iterator<Item = (&String, &MerchantKey)> {
        self.merchants.iter()
    }

    /// The headers of an answer. The request's own Wechatpay-Serial chooses the public key.
    pub(crate) fn sign_answer(
        &self,
        to: &Addressee<'_>,
        asked_for: Option<&str>,
        letter: &Letter<'_>,
    ) -> Result<Vec<(&'static str, String)>, Unspecified> {
        let wants_public = asked_for == Some(to.public_key_id);
        let signer = if wants_public { Signer::Public } else { to.by_certificate(letter.now_seconds) };
        self.headers(signer, to, letter)
    }

    /// The headers of a notification. While a merchant migrates, a share of them is the public key's.
    pub(crate) fn sign_notification(
        &self,
        to: &Addressee<'_>,
        letter: &Letter<'_>,
    ) -> Result<Vec<(&'static str, String)>, Unspecified> {
        let share = usize::from(to.habit.public_key_permille);
        let migrated = letter.dice.child(&[b"migration"]).below(1000) < share;
        let signer = if migrated { Signer::Public } else { to.by_certificate(letter.now_seconds) };
        self.headers(signer, to, letter)
    }

    fn headers(
        &self,
        signer: Signer,
        to: &Addressee<'_>,
        letter: &Letter<'_>,
    ) -> Result<Vec<(&'static str, String)>, Unspecified> {
        let Letter { body, now_seconds, dress, dice } = letter;
        let nonce = dice.letters(32);
        let seconds = if *dress == Dress::Stale { now_seconds.saturating_sub(STALE_SECONDS) } else { *now_seconds };
        let message = format!("{seconds}\n{nonce}\n{body}\n");
        let own_serial = match signer {
            Signer::Public => to.public_key_id,
            Signer::Certificate(at) => to.merchant.map_or("", |merchant| &merchant.platform_certificates[at].serial),
        };
        let own_key = match signer {
            Signer::Public => &self.public,
            Signer::Certificate(at) => &self.certificates[at],
        };
        let (serial, signature) = match dress {
            Dress::Unsigned => return Ok(vec![]),
            Dress::Genuine | Dress::Stale => (own_serial, own_key.sign(message.as_bytes())?),
            Dress::UnknownSerial => (STRANGE_SERIAL, self.forger.sign(message.as_bytes())?),
            Dress::WrongKey => (own_serial, self.forger.sign(message.as_bytes())?),
            // As documented: a prefix that is no base64 makes a careless decoder throw.
            Dress::Probe => (own_serial, format!("WECHATPAY/SIGNTEST/{}", own_key.sign(dice.letters(32).as_bytes())?)),
        };
        Ok(vec![
            ("Wechatpay-Timestamp", seconds.to_string()),
            ("Wechatpay-Nonce", nonce),
            ("Wechatpay-Signature", signature),
            ("Wechatpay-Serial", serial.to_owned()),
            ("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048".to_owned()),
        ])
    }
}

/// Whom something is signed for.
pub(crate) struct Addressee<'a> {
    /// Nobody that is known, when a request did not say so.
    pub(crate) merchant: Option<&'a Merchant>,
    pub(crate) public_key_id: &'a str,
    pub(crate) habit: Habit,
}

impl Addressee<'_> {
    fn by_certificate(&self, now_seconds: u64) -> Signer {
        match self.merchant {
            // A migration that is over: the certificates sign nothing any more.
            Some(merchant)
                if merchant.verifies_by == VerifiesBy::Certificates && self.habit.public_key_permille < 1000 =>
            {
                let older = &merchant.platform_certificates[0];
                let expired = time::parse_rfc3339(&older.expire_time).is_some_and(|ms| now_seconds * 1000 >= ms);
                let next = expired || self.habit.certificate == Certificate::Next;
                Signer::Certificate(usize::from(next))
            }
            _ => Signer::Public,
        }
    }
}

//! The directory that holds what survives a restart: who takes part, and the keys.

mod certificates;
mod server;
mod tls;

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::rand;
use rustls::ServerConfig;
use tempfile::NamedTempFile;

use crate::crypto::{MerchantKey, SigningKey};
use crate::dice::{Cup, Dice};
use crate::identity::{App, Identity, Merchant, PlatformCertificate, User, VerifiesBy};
use crate::keyring::Keyring;
use certificates::{Validity, certificate, rsa_key, serial};
use server::{readdress, server_toml};

const IDENTITY: &str = "sandbox.json";
const MERCHANT_KEY: &str = "merchant_key.pem";
const MERCHANT_CERT: &str = "merchant_cert.pem";
const SECOND_KEY: &str = "merchant2_key.pem";
const SECOND_CERT: &str = "merchant2_cert.pem";
const WECHAT_KEY: &str = "wechatpay_private_key.pem";
const PUBLIC_KEY: &str = "wechatpay_public_key.pem";
const PLATFORM_CERTS: [&str; 2] = ["platform_cert.pem", "platform_cert_next.pem"];
const PLATFORM_KEYS: [&str; 2] = ["platform_key.pem", "platform_key_next.pem"];
/// A key that belongs to nobody: what it signs is forged.
const FORGER_KEY: &str = "forger_key.pem";
const SERVER: &str = "server.toml";

/// What a directory gives the sandbox.
pub(crate) struct Contents {
    pub(crate) identity: Identity,
    pub(crate) keys: Keyring,
    /// The platform certificates, PEM, the older first.
    pub(crate) certificates: Vec<String>,
    /// Each merchant's own certificate, by its number.
    pub(crate) merchant_certificates: BTreeMap<String, Vec<u8>>,
    /// What the port speaks TLS with, for whoever begins with it.
    pub(crate) tls: Arc<ServerConfig>,
}

/// Whether a sandbox was here before.
pub(crate) fn is_old(dir: &Path) -> bool {
    // sandbox.json is written last: where it is missing, nothing was finished.
    dir.join(IDENTITY).exists()
}

/// Opens `dir`, made now or before, and points what is written in it at `base_url`.
pub(crate) fn open(dir: &Path, base_url: &str, cup: &Cup) -> Result<Contents, DirError> {
    fs::create_dir_all(dir).map_err(|source| DirError::Unusable { path: dir.to_owned(), source })?;
    let dice = cup.dice(&[b"directory"]);
    let identity = if is_old(dir) { reopen(dir, base_url, &dice)? } else { create(dir, base_url, &dice)? };
    let not_a_key = |name: &str| DirError::Damaged { path: dir.join(name), why: "it is not an RSA key in PKCS#8" };
    let signing = |name: &str| SigningKey::read(&read(dir, name)?).ok_or_else(|| not_a_key(name));
    let merchants = identity.merchants.iter().map(|merchant| {
        let name = &merchant.key_file;
        let key = MerchantKey::read(&read(dir, name)?).ok_or_else(|| not_a_key(name))?;
        Ok((merchant.mchid.clone(), key))
    });
    let keys = Keyring::new(
        merchants.collect::<Result<_, DirError>>()?,
        signing(WECHAT_KEY)?,
        [signing(PLATFORM_KEYS[0])?, signing(PLATFORM_KEYS[1])?],
        signing(FORGER_KEY)?,
    );
    let certificates = PLATFORM_CERTS.into_iter().map(|name| read(dir, name)).collect::<Result<_, _>>()?;
    let tls = tls::open(dir)?;
    let own = identity
        .merchants
        .iter()
        .map(|Merchant { mchid, cert_file, .. }| Ok((mchid.clone(), tls::certificate_of(dir, cert_file)?)));
    let merchant_certificates = own.collect::<Result<_, DirError>>()?;
    Ok(Contents { identity, keys, certificates, merchant_certificates, tls })
}

/// Keys stay; addresses follow the port.
fn reopen(dir: &Path, base_url: &str, dice: &Dice) -> Result<Identity, DirError> {
    let mut identity: Identity = serde_json::from_str(&read(dir, IDENTITY)?)
        .map_err(|_| DirError::Damaged { path: dir.join(IDENTITY), why: "it is not what a sandbox writes there" })?;
    identity.base_url = base_url.to_owned();
    // A directory of a sandbox that knew one merchant only.
    if identity.merchants.is_empty() || identity.apps.is_empty() {
        complete(dir, &mut identity, dice)?;
    }
    let server = match fs::read_to_string(dir.join(SERVER)) {
        Ok(written) => readdress(&written, base_url),
        Err(error) if error.kind() == io::ErrorKind::NotFound => server_toml(&identity)?,
        Err(source) => return Err(DirError::Unusable { path: dir.join(SERVER), source }),
    };
    write(dir, SERVER, &server, Access::Private)?;
    write(dir, IDENTITY, &identity_json(&identity)?, Access::Private)?;
    Ok(identity)
}

fn create(dir: &Path, base_url: &str, dice: &Dice) -> Result<Identity, DirError> {
    // A real merchant's key has the same names: it must never be written over.
    let ours = [MERCHANT_KEY, MERCHANT_CERT, SECOND_KEY, SECOND_CERT, WECHAT_KEY, PUBLIC_KEY, FORGER_KEY, SERVER];
    for name in ours.into_iter().chain([tls::CA, tls::CERT, tls::KEY]).chain(PLATFORM_CERTS).chain(PLATFORM_KEYS) {
        let path = dir.join(name);
        if path.exists() {
            return Err(DirError::Occupied { path });
        }
    }
    let mut identity = Identity {
        mchid: mchid(dice),
        appid: format!("wx{}", dice.hex(16)),
        app_secret: random_hex::<16>()?,
        merchant_serial: serial(dice),
        api_v3_key: random_hex::<16>()?,
        api_v2_key: random_hex::<16>()?,
        public_key_id: format!("PUB_KEY_ID_01{}", dice.digits(32)),
        base_url: base_url.to_owned(),
        users: users(dice),
        apps: vec![],
        merchants: vec![],
    };
    let merchant = rsa_key()?;
    let wechat = rsa_key()?;
    write(dir, MERCHANT_KEY, &merchant.serialize_pem(), Access::Private)?;
    let text = certificate(&merchant, &identity.mchid, &identity.merchant_serial, &Validity::years(0, 5))?;
    write(dir, MERCHANT_CERT, &text, Access::Public)?;
    write(dir, WECHAT_KEY, &wechat.serialize_pem(), Access::Private)?;
    write(dir, PUBLIC_KEY, &wechat.public_key_pem(), Access::Public)?;
    complete(dir, &mut identity, dice)?;
    write(dir, SERVER, &server_toml(&identity)?, Access::Private)?;
    write(dir, IDENTITY, &identity_json(&identity)?, Access::Private)?;
    Ok(identity)
}

/// Everything beyond the first merchant and the first mini program.
fn complete(dir: &Path, identity: &mut Identity, dice: &Dice) -> Result<(), DirError> {
    let second_mchid = mchid(dice);
    let both = vec![identity.mchid.clone(), second_mchid.clone()];
    let first = App {
        appid: identity.appid.clone(),
        app_secret: identity.app_secret.clone(),
        merchants: both.clone(),
        users: identity.users.clone(),
    };
    let another = |merchants| {
        let users = identity.users.iter().map(|_| user(dice)).collect();
        Ok::<_, DirError>(App {
            appid: format!("wx{}", dice.hex(16)),
            app_secret: random_hex::<16>()?,
            merchants,
            users,
        })
    };
    identity.apps = vec![first, another(both)?, another(vec![])?];

    let second_key = rsa_key()?;
    let second_serial = serial(dice);
    write(dir, SECOND_KEY, &second_key.serialize_pem(), Access::Private)?;
    let text = certificate(&second_key, &second_mchid, &second_serial, &Validity::years(0, 5))?;
    write(dir, SECOND_CERT, &text, Access::Public)?;
    write(dir, FORGER_KEY, &rsa_key()?.serialize_pem(), Access::Private)?;
    let merchant = |mchid: &str, serial: &str, files: [&str; 2], keys: [&str; 2]| Merchant {
        mchid: mchid.to_owned(),
        merchant_serial: serial.to_owned(),
        key_file: files[0].to_owned(),
        cert_file: files[1].to_owned(),
        api_v3_key: keys[0].to_owned(),
        api_v2_key: keys[1].to_owned(),
        verifies_by: VerifiesBy::PublicKey,
        platform_certificates: vec![],
        sub_mchid: self::mchid(dice),
    };
    let own = [identity.api_v3_key.as_str(), identity.api_v2_key.as_str()];
    let first = merchant(&identity.mchid, &identity.merchant_serial, [MERCHANT_KEY, MERCHANT_CERT], own);
    let (v3, v2) = (random_hex::<16>()?, random_hex::<16>()?);
    let second = merchant(&second_mchid, &second_serial, [SECOND_KEY, SECOND_CERT], [&v3, &v2]);
    let platform_certificates = platform_certificates(dir, dice)?;
    identity.merchants =
        vec![first, Merchant { verifies_by: VerifiesBy::Certificates, platform_certificates, ..second }];
    Ok(())
}

/// One that is about to expire, and the next one: it is listed ahead of that.
fn platform_certificates(dir: &Path, dice: &Dice) -> Result<Vec<PlatformCertificate>, DirError> {
    let validities = [Validity::ending_in_days(30), Validity::years(0, 5)];
    let files = PLATFORM_CERTS.into_iter().zip(PLATFORM_KEYS).zip(validities);
    let make = |((file, key_file), validity): ((&str, &str), Validity)| {
        let key = rsa_key()?;
        let serial = serial(dice);
        write(dir, key_file, &key.serialize_pem(), Access::Private)?;
        write(dir, file, &certificate(&key, "Tenpay.com sandbox", &serial, &validity)?, Access::Public)?;
        let (effective_time, expire_time) = validity.rfc3339();
        Ok(PlatformCertificate { serial, file: file.to_owned(), effective_time, expire_time })
    };
    files.map(make).collect()
}

fn mchid(dice: &Dice) -> String {
    format!("19{}", dice.digits(8))
}

fn users(dice: &Dice) -> Vec<User> {
    (0..3).map(|_| user(dice)).collect()
}

fn user(dice: &Dice) -> User {
    User { openid: format!("o{}", dice.letters(27)) }
}

fn identity_json(identity: &Identity) -> Result<String, DirError> {
    serde_json::to_string_pretty(identity).map(|json| json + "\n").map_err(|_| DirError::Crypto)
}

fn random_hex<const N: usize>() -> Result<String, DirError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| DirError::Crypto)?;
    Ok(hex::encode(bytes))
}

fn read(dir: &Path, name: &str) -> Result<String, DirError> {
    let path = dir.join(name);
    fs::read_to_string(&path).map_err(|source| DirError::Unusable { path, source })
}

/// Who may read a file.
#[derive(Clone, Copy)]
enum Access {
    Private,
    Public,
}

/// Writes the whole file or nothing: beside it first, then in its place.
fn write(dir: &Path, name: &str, text: &str, access: Access) -> Result<(), DirError> {
    let path = dir.join(name);
    let result = (|| {
        let mut file = NamedTempFile::new_in(dir)?;
        file.write_all(text.as_bytes())?;
        allow(file.path(), access)?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    })();
    result.map_err(|source| DirError::Unusable { path, source })
}

#[cfg(unix)]
fn allow(path: &Path, access: Access) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = match access {
        Access::Private => 0o600,
        Access::Public => 0o644,
    };
    fs::set_permissions(path, Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn allow(_: &Path, _: Access) -> io::Result<()> {
    Ok(())
}

/// Why a directory cannot be used. Nothing is left half-written.
#[derive(Debug, thiserror::Error)]
pub enum DirError {
    /// The file system said no.
    #[error("cannot use {}: {source}; give another --dir or mend its permissions", path.display())]
    Unusable {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is there, and is not what the sandbox wrote.
    #[error("{} is damaged: {why}; restore it, or remove the directory to start afresh with new keys", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// How.
        why: &'static str,
    },
    /// A file of ours is there, and no sandbox.json: it may be somebody else's.
    #[error("{} is in the way: it was not finished by a sandbox, and may be yours; give an empty --dir, or move it away", path.display())]
    Occupied {
        /// Which.
        path: PathBuf,
    },
    /// No key could be made.
    #[error("the cryptographic library could not make a key; nothing was finished, try again")]
    Crypto,
}

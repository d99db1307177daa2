//! The directory that holds what survives a restart: who takes part, and the keys.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use rcgen::{CertificateParams, DnType, PKCS_RSA_SHA256, RsaKeySize, SerialNumber};
use tempfile::NamedTempFile;

use crate::crypto::Keys;
use crate::dice::Dice;
use crate::identity::{Identity, User};

const IDENTITY: &str = "sandbox.json";
const MERCHANT_KEY: &str = "merchant_key.pem";
const MERCHANT_CERT: &str = "merchant_cert.pem";
const PLATFORM_KEY: &str = "wechatpay_private_key.pem";
const PUBLIC_KEY: &str = "wechatpay_public_key.pem";
const PLATFORM_CERT: &str = "platform_cert.pem";
const SERVER: &str = "server.toml";

/// What a directory gives the sandbox.
pub(crate) struct Contents {
    pub(crate) identity: Identity,
    pub(crate) keys: Keys,
}

/// Opens `dir`, made now or before, and points what is written in it at `base_url`.
pub(crate) fn open(dir: &Path, base_url: &str, dice: &Dice) -> Result<Contents, DirError> {
    fs::create_dir_all(dir).map_err(|source| DirError::Unusable { path: dir.to_owned(), source })?;
    // sandbox.json is written last: where it is missing, nothing was finished.
    let identity = if dir.join(IDENTITY).exists() { reopen(dir, base_url)? } else { create(dir, base_url, dice)? };
    let keys = Keys::read(&read(dir, MERCHANT_KEY)?, &read(dir, PLATFORM_KEY)?).ok_or_else(|| DirError::Damaged {
        path: dir.join(MERCHANT_KEY),
        why: "it or the other key is not an RSA key in PKCS#8",
    })?;
    Ok(Contents { identity, keys })
}

/// Keys stay; addresses follow the port.
fn reopen(dir: &Path, base_url: &str) -> Result<Identity, DirError> {
    let mut identity: Identity = serde_json::from_str(&read(dir, IDENTITY)?)
        .map_err(|_| DirError::Damaged { path: dir.join(IDENTITY), why: "it is not what a sandbox writes there" })?;
    identity.base_url = base_url.to_owned();
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
    for name in [MERCHANT_KEY, MERCHANT_CERT, PLATFORM_KEY, PUBLIC_KEY, PLATFORM_CERT, SERVER] {
        let path = dir.join(name);
        if path.exists() {
            return Err(DirError::Occupied { path });
        }
    }
    let identity = Identity {
        mchid: format!("19{}", dice.digits(8)),
        appid: format!("wx{}", dice.hex(16)),
        app_secret: random_hex::<16>()?,
        merchant_serial: serial(dice),
        api_v3_key: random_hex::<16>()?,
        api_v2_key: random_hex::<16>()?,
        public_key_id: format!("PUB_KEY_ID_01{}", dice.digits(32)),
        base_url: base_url.to_owned(),
        users: (0..3).map(|_| User { openid: format!("o{}", dice.letters(27)) }).collect(),
    };
    let merchant = rsa_key()?;
    let platform = rsa_key()?;
    write(dir, MERCHANT_KEY, &merchant.serialize_pem(), Access::Private)?;
    write(dir, MERCHANT_CERT, &certificate(&merchant, &identity.mchid, &identity.merchant_serial)?, Access::Public)?;
    write(dir, PLATFORM_KEY, &platform.serialize_pem(), Access::Private)?;
    write(dir, PUBLIC_KEY, &platform.public_key_pem(), Access::Public)?;
    write(dir, PLATFORM_CERT, &certificate(&platform, "Tenpay.com sandbox", &serial(dice))?, Access::Public)?;
    write(dir, SERVER, &server_toml(&identity)?, Access::Private)?;
    write(dir, IDENTITY, &identity_json(&identity)?, Access::Private)?;
    Ok(identity)
}

/// What the companion server needs, as it is.
fn server_toml(identity: &Identity) -> Result<String, DirError> {
    let Identity { mchid, appid, app_secret, merchant_serial, api_v3_key, public_key_id, base_url, .. } = identity;
    let session_key = random_hex::<32>()?;
    Ok(format!(
        r#"# Written by wx-checkout-sandbox for wx-checkout-server. The secrets in it are good here only.
# On every start the sandbox sets api_base_urls and login_base_url to its address; other lines stay.
listen = "127.0.0.1:8790"
database = "wx-checkout.db"
notify_base_url = "https://pay.example.com"

[session]
keys = ["{session_key}"]
lifetime_minutes = 120

[merchant]
mchid = "{mchid}"
appid = "{appid}"
app_secret = "{app_secret}"
serial = "{merchant_serial}"
private_key_file = "{MERCHANT_KEY}"
api_v3_key = "{api_v3_key}"

[wechatpay]
api_base_urls = ["{base_url}"]
login_base_url = "{base_url}"
public_key_id = "{public_key_id}"
public_key_file = "{PUBLIC_KEY}"
{catalogue}"#,
        catalogue = catalogue(),
    ))
}

/// The demo's tea shop: prices in fen.
fn catalogue() -> String {
    let articles = [
        ("longjing-50g", "西湖龙井 50g", 6800),
        ("biluochun-50g", "洞庭碧螺春 50g", 5800),
        ("tieguanyin-100g", "安溪铁观音 100g", 8800),
        ("dahongpao-50g", "武夷大红袍 50g", 12800),
        ("puer-cake-357g", "云南普洱茶饼 357g", 19800),
        ("jasmine-100g", "福州茉莉花茶 100g", 4200),
        ("sample-5g", "试饮装 5g", 1),
    ];
    let entry = |(sku, name, price)| format!("\n[[catalogue]]\nsku = \"{sku}\"\nname = \"{name}\"\nprice = {price}\n");
    articles.map(entry).concat()
}

/// Sets the sandbox's address and leaves everything else as somebody may have edited it.
fn readdress(server_toml: &str, base_url: &str) -> String {
    let line = |line: &str| match line.split_once('=').map(|(name, _)| name.trim()) {
        Some("api_base_urls") => format!("api_base_urls = [\"{base_url}\"]\n"),
        Some("login_base_url") => format!("login_base_url = \"{base_url}\"\n"),
        _ => format!("{line}\n"),
    };
    server_toml.lines().map(line).collect()
}

fn identity_json(identity: &Identity) -> Result<String, DirError> {
    serde_json::to_string_pretty(identity).map(|json| json + "\n").map_err(|_| DirError::Crypto)
}

/// 40 hex digits; the first keeps the certificate's number positive and its text's length fixed.
fn serial(dice: &Dice) -> String {
    format!("4{}", dice.text(31, b"0123456789ABCDEF")) + &dice.text(8, b"0123456789ABCDEF")
}

fn random_hex<const N: usize>() -> Result<String, DirError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| DirError::Crypto)?;
    Ok(hex::encode(bytes))
}

fn rsa_key() -> Result<rcgen::KeyPair, DirError> {
    rcgen::KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(|_| DirError::Crypto)
}

fn certificate(key: &rcgen::KeyPair, name: &str, serial: &str) -> Result<String, DirError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(SerialNumber::from(hex::decode(serial).map_err(|_| DirError::Crypto)?));
    let certificate = params.self_signed(key).map_err(|_| DirError::Crypto)?;
    Ok(certificate.pem())
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

#[cfg(test)]
mod tests {
    use super::readdress;

    #[test]
    fn a_new_port_changes_the_addresses_and_nothing_else() {
        let before = "listen = \"127.0.0.1:9\" # mine\n[wechatpay]\napi_base_urls = [\"http://a\"]\nlogin_base_url = \"http://a\"\nx = 1\n";
        let after = "listen = \"127.0.0.1:9\" # mine\n[wechatpay]\napi_base_urls = [\"http://b\"]\nlogin_base_url = \"http://b\"\nx = 1\n";
        assert_eq!(readdress(before, "http://b"), after);
    }
}

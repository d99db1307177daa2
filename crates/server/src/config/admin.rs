//! `[admin]`: the operator's port, and who may use it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;
use wechatpay::Secret;

use super::file::File;
use super::parse::{Parsed, in_toml, read};
use super::{ConfigError, Exposure, Proxy, Transport};

/// What nobody guesses: 32 characters of hex are 128 bits.
const TOKEN_CHARS: std::ops::RangeInclusive<usize> = 32..=256;

/// A token of fewer different characters was typed, not drawn: of 32 random hex digits, one token in many
/// millions has so few.
const DIFFERENT_CHARS: usize = 8;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    listen: String,
    token: Secret<String>,
    former_token: Option<Secret<String>>,
    #[serde(default)]
    hosts: Vec<String>,
}

/// The operator's port.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Where it is.
    pub listen: SocketAddr,
    /// What is spoken there.
    pub transport: Transport,
    /// What stands in front of it.
    pub proxy: Proxy,
    /// Who may use it.
    pub tokens: AdminTokens,
    /// The names it may be called by, beside its own addresses.
    pub hosts: Vec<String>,
}

/// The operator's tokens: their digests only, so that they cannot be shown and comparing them takes the
/// same time whatever is compared.
#[derive(Clone)]
pub struct AdminTokens(Vec<[u8; 32]>);

/// How the operator's commands get in.
#[derive(Clone, Debug)]
pub struct Access {
    /// `http://ADDRESS:PORT`, or nothing when the file does not say how it is reached.
    pub url: Option<String>,
    /// The token that is shown.
    pub token: Secret<String>,
}

impl Admin {
    pub(super) fn parse(section: Section, exposure: &Exposure) -> Parsed<Self> {
        let listen = address(&section.listen)?;
        let (transport, proxy) = spoken(listen, exposure)?;
        let mut digests = vec![token("admin.token", &section.token)?];
        if let Some(former) = &section.former_token {
            digests.push(token("admin.former_token", former)?);
        }
        let hosts = section.hosts;
        if hosts.iter().any(|host| host.is_empty() || host.contains(['/', ':', ' '])) {
            return Err(ConfigError::new(
                "admin.hosts",
                "must be a list of host names without scheme and port, for example [\"desk.example.com\"]",
            ));
        }
        Ok(Self { listen, transport, proxy, tokens: AdminTokens(digests), hosts })
    }

    /// Whether the port may be at this address.
    ///
    /// # Errors
    /// When others than this machine could read what is said there.
    pub fn moved_to(mut self, listen: SocketAddr, exposure: &Exposure) -> Result<Self, ConfigError> {
        (self.transport, self.proxy) = spoken(listen, exposure)?;
        self.listen = listen;
        Ok(self)
    }
}

impl Access {
    /// Reads the file's `[admin]`, and nothing that only the server needs.
    ///
    /// # Errors
    /// With the setting and the fix.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path)?;
        let file: File = toml::from_str(&text).map_err(|error| in_toml("", &text, &error))?;
        let Some(section) = file.admin else {
            return Err(ConfigError::new(
                "admin",
                "the operator's commands need it: add [admin] with listen = \"127.0.0.1:8791\" and token = \"...\" (openssl rand -hex 32), and restart the server",
            ));
        };
        token("admin.token", &section.token)?;
        Ok(Self { url: near(address(&section.listen)?, file.tls.is_some()), token: section.token })
    }
}

/// How this machine reaches a port of its own, where that follows from the address. What a certificate's
/// name is, or which port was free, the file does not say.
fn near(listen: SocketAddr, tls: bool) -> Option<String> {
    let address = match listen.ip() {
        ip if ip.is_loopback() => ip,
        _ if tls => return None,
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    (listen.port() != 0).then(|| format!("http://{}", SocketAddr::new(address, listen.port())))
}

fn address(text: &str) -> Parsed<SocketAddr> {
    text.parse().map_err(|_| ConfigError::new("admin.listen", "must be ADDRESS:PORT, for example \"127.0.0.1:8791\""))
}

/// Plain HTTP for this machine itself; for others what the main port speaks, if nobody else can read it.
fn spoken(listen: SocketAddr, exposure: &Exposure) -> Parsed<(Transport, Proxy)> {
    if listen.ip().is_loopback() {
        return Ok((Transport::Plain, exposure.proxy));
    }
    match (&exposure.transport, exposure.proxy) {
        (Transport::Plain, Proxy::None) => Err(ConfigError::new(
            "admin.listen",
            format!(
                "plain HTTP on {listen} can be read by others, and the token with it: listen on 127.0.0.1 (and reach it through ssh -L), give a certificate in [tls], or put a TLS proxy in front and say behind_proxy = true"
            ),
        )),
        (transport, proxy) => Ok((transport.clone(), proxy)),
    }
}

fn token(setting: &str, token: &Secret<String>) -> Parsed<[u8; 32]> {
    let text = token.expose();
    let different = text.bytes().collect::<std::collections::BTreeSet<u8>>().len();
    let strong = TOKEN_CHARS.contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && different >= DIFFERENT_CHARS;
    if strong {
        Ok(hash(text))
    } else {
        Err(ConfigError::new(
            setting,
            "must be 32 to 256 printable characters drawn at random: whoever has it can send money back (openssl rand -hex 32)",
        ))
    }
}

fn hash(token: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    bytes
}

impl AdminTokens {
    /// Whether this is one of them. Every one is compared, in a time that depends on none.
    #[must_use]
    pub fn admit(&self, shown: &str) -> bool {
        let shown = hash(shown);
        let same = |known: &[u8; 32]| aws_lc_rs::constant_time::verify_slices_are_equal(known, &shown).is_ok();
        self.0.iter().fold(false, |admitted, known| admitted | same(known))
    }
}

impl fmt::Debug for AdminTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AdminTokens({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_somebody_could_guess_is_refused() {
        for weak in ["", "secret", &"a".repeat(64), &"ab".repeat(20), "with a space in it, and long enough for all"] {
            assert!(token("admin.token", &Secret::new(weak.to_owned())).is_err(), "{weak:?}");
        }
        assert!(token("admin.token", &Secret::new("00112233445566778899aabbccddeeff".to_owned())).is_ok());
    }

    #[test]
    fn commands_find_the_port_where_the_file_says_it() {
        let near = |text: &str, tls| near(text.parse().expect("an address"), tls);
        assert_eq!(near("127.0.0.1:8791", true).as_deref(), Some("http://127.0.0.1:8791"));
        assert_eq!(near("[::1]:8791", false).as_deref(), Some("http://[::1]:8791"));
        assert_eq!(near("0.0.0.0:8791", false).as_deref(), Some("http://127.0.0.1:8791"));
        assert_eq!(near("0.0.0.0:8791", true), None, "the certificate's name is not in the file");
        assert_eq!(near("127.0.0.1:0", false), None, "which port was free is not in the file");
    }
}

//! Who can reach the port, and how: plain HTTP is for this machine and for a proxy that ends TLS.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::ConfigError;
use super::file::Tls;
use super::parse::key_file;

/// Who can reach the port, and how.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// What is spoken there.
    pub transport: Transport,
    /// What stands in front.
    pub proxy: Proxy,
}

/// What is spoken on the port.
#[derive(Clone)]
pub enum Transport {
    /// HTTP, readable by everybody on the line.
    Plain,
    /// HTTP over TLS.
    Tls(Arc<rustls::ServerConfig>),
}

/// What stands in front of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// Nothing: peers are the clients.
    None,
    /// A proxy, which says where a client is.
    InFront,
}

impl Exposure {
    pub(super) fn parse(directory: &Path, tls: Option<Tls>, proxy: Proxy) -> Result<Self, ConfigError> {
        let transport = tls.map_or(Ok(Transport::Plain), |tls| read(directory, &tls).map(Transport::Tls))?;
        Ok(Self { transport, proxy })
    }

    /// Whether this address may be listened on.
    ///
    /// # Errors
    /// When others than this machine could reach plain HTTP there.
    pub fn allows(&self, address: SocketAddr) -> Result<(), ConfigError> {
        let readable = matches!(self.transport, Transport::Plain) && self.proxy == Proxy::None;
        if !readable || address.ip().is_loopback() {
            return Ok(());
        }
        Err(ConfigError::new(
            "listen",
            format!(
                "plain HTTP on {address} can be read by others: listen on 127.0.0.1, give a certificate in [tls], or put a TLS proxy in front and say behind_proxy = true"
            ),
        ))
    }
}

fn read(directory: &Path, tls: &Tls) -> Result<Arc<rustls::ServerConfig>, ConfigError> {
    let wrong = |setting: &str, what: &str| ConfigError::new(setting, format!("{what}; give a PEM file"));
    let chain = key_file(directory, "tls.certificate_file", &tls.certificate_file)?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain.expose())
        .collect::<Result<_, _>>()
        .map_err(|_| wrong("tls.certificate_file", "it has a certificate that cannot be read"))?;
    if chain.is_empty() {
        return Err(wrong("tls.certificate_file", "it has no certificate"));
    }
    let key = key_file(directory, "tls.key_file", &tls.key_file)?;
    let key = PrivateKeyDer::from_pem_slice(key.expose())
        .map_err(|_| wrong("tls.key_file", "it has no private key that can be read"))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConfigError::new("tls", error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| ConfigError::new("tls.key_file", format!("it does not go with the certificate ({error})")))?;
    Ok(Arc::new(config))
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Tls(_) => "Tls",
        })
    }
}

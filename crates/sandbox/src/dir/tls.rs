//! TLS under WeChat's own names: an authority that vouches for one certificate, and whose key is gone after that.
//! Whoever trusts it trusts this sandbox, and nobody else.

use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};

use super::certificates::Validity;
use super::{Access, DirError, read, write};

pub(super) const CA: &str = "ca.pem";
pub(super) const CERT: &str = "tls_cert.pem";
pub(super) const KEY: &str = "tls_key.pem";

/// WeChat Pay's two hosts and the login's; and this machine.
const NAMES: [&str; 6] =
    ["api.mch.weixin.qq.com", "api2.mch.weixin.qq.com", "api.weixin.qq.com", "localhost", "127.0.0.1", "::1"];
/// Longer is not taken by every system.
const DAYS: i16 = 820;

/// What the port speaks TLS with: made when there is none, and then kept.
pub(super) fn open(dir: &Path) -> Result<Arc<ServerConfig>, DirError> {
    if ![CA, CERT, KEY].iter().any(|name| dir.join(name).exists()) {
        make(dir)?;
    }
    let damaged = |name: &str| DirError::Damaged {
        path: dir.join(name),
        why: "it does not belong to the other two of ca.pem, tls_cert.pem and tls_key.pem (without all three, new ones are made)",
    };
    let certificate = CertificateDer::from_pem_slice(read(dir, CERT)?.as_bytes()).map_err(|_| damaged(CERT))?;
    let key = PrivateKeyDer::from_pem_slice(read(dir, KEY)?.as_bytes()).map_err(|_| damaged(KEY))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|_| DirError::Crypto)?
        .with_client_cert_verifier(Arc::new(Anybody(Arc::clone(&provider))))
        .with_single_cert(vec![certificate], key)
        .map_err(|_| damaged(KEY))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Takes whatever certificate a client has the key of, or none: whether it is the merchant's is asked by the
/// call that needs one.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ClientCertVerifier for Anybody {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// What a merchant's certificate is, byte for byte.
pub(super) fn certificate_of(dir: &Path, name: &str) -> Result<Vec<u8>, DirError> {
    let text = read(dir, name)?;
    let certificate = CertificateDer::from_pem_slice(text.as_bytes());
    let certificate =
        certificate.map_err(|_| DirError::Damaged { path: dir.join(name), why: "it is not a certificate in PEM" })?;
    Ok(certificate.to_vec())
}

fn make(dir: &Path) -> Result<(), DirError> {
    let failed = |_| DirError::Crypto;
    let validity = Validity::days(DAYS);
    let params = |name: &str, names: Vec<String>| {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, name);
        validity.put_in(&mut params);
        Ok::<_, rcgen::Error>(params)
    };
    let mut authority = params("wx-checkout sandbox", vec![]).map_err(failed)?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority_key = KeyPair::generate().map_err(failed)?;
    let authority_certificate = authority.self_signed(&authority_key).map_err(failed)?;

    let mut own = params("wx-checkout sandbox, in WeChat's place", NAMES.map(str::to_owned).into()).map_err(failed)?;
    own.use_authority_key_identifier_extension = true;
    own.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = own.signed_by(&key, &Issuer::new(authority, authority_key)).map_err(failed)?;
    write(dir, KEY, &key.serialize_pem(), Access::Private)?;
    write(dir, CERT, &certificate.pem(), Access::Public)?;
    write(dir, CA, &authority_certificate.pem(), Access::Public)
}

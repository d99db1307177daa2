//! What the file itself shows, and the files that it names.

use std::path::Path;

use super::certificate::{Seen, belongs};
use super::checks::Check;
use super::report::Findings;
use crate::clock::Clock;
use crate::config::{Examined, Written};

const MERCHANT_PLATFORM: &str = "take it from the merchant platform, account center, API security";

/// Every mistake that stops a start, and what a start does not look at.
pub(super) fn check(examined: &Examined, clock: &Clock) -> Findings {
    let mut findings = Findings::default();
    for mistake in &examined.mistakes {
        let setting = mistake.setting();
        findings.fail(
            Check::of_setting(setting),
            format!("{setting} cannot be used"),
            format!("{setting}: {}", mistake.fix()),
        );
    }
    if let Some(written) = &examined.written {
        forms(written, &mut findings);
        keys(written, clock, &mut findings);
    }
    whole(examined, &mut findings);
    findings
}

/// Numbers and secrets have forms that a copying mistake breaks.
fn forms(written: &Written, findings: &mut Findings) {
    let Written { mchid, appid, sub_mchid, sub_appid, app_secret, .. } = written;
    for mchid in [Some(mchid), sub_mchid.as_ref()]
        .into_iter()
        .flatten()
        .filter(|_| !findings.failed(Check::Mchid))
        .collect::<Vec<_>>()
    {
        if (8..=10).contains(&mchid.len()) && mchid.bytes().all(|b| b.is_ascii_digit()) {
            findings.pass(Check::Mchid, format!("{mchid} has the form of a merchant number"));
        } else {
            findings.fail(
                Check::Mchid,
                format!("{mchid:?} has not the form of a merchant number"),
                "copy the 8 to 10 digits that the merchant platform shows under account center",
            );
        }
    }
    let is_hex = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
    for appid in [Some(appid), sub_appid.as_ref()]
        .into_iter()
        .flatten()
        .filter(|_| !findings.failed(Check::Appid))
        .collect::<Vec<_>>()
    {
        if appid.strip_prefix("wx").is_some_and(|rest| is_hex(rest, 16)) {
            findings.pass(Check::Appid, format!("{appid} has the form of a mini program's number"));
        } else {
            findings.fail(
                Check::Appid,
                format!("{appid:?} has not the form of a mini program's number"),
                "copy the AppID (wx and 16 hex digits) from the mini program's console, development settings",
            );
        }
    }
    if !findings.failed(Check::AppSecret) {
        if is_hex(app_secret.expose(), 32) {
            findings.pass(Check::AppSecret, "it has the form of a secret");
        } else {
            findings.warn(
                Check::AppSecret,
                "it has not the form of a secret (32 hex digits)",
                "copy the AppSecret from the mini program's console, development settings, or make a new one there",
            );
        }
    }
}

fn keys(written: &Written, clock: &Clock, findings: &mut Findings) {
    if !findings.failed(Check::PrivateKey) && written.private_key_file.is_some() {
        findings.pass(Check::PrivateKey, "it is an RSA key of 2048 bits or more");
    }
    merchant_certificate(written, clock, findings);
    if let Some(id) = written.public_key_id.as_ref().filter(|_| !findings.failed(Check::WechatPublicKey)) {
        if id
            .strip_prefix("PUB_KEY_ID_")
            .is_some_and(|rest| rest.len() >= 10 && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
        {
            findings.pass(Check::WechatPublicKey, "it is a public key, and its id has the form of one");
        } else {
            findings.fail(
                Check::WechatPublicKey,
                "public_key_id has not the form PUB_KEY_ID_ and digits",
                "copy the id that the merchant platform shows beside the WeChat Pay public key, under API security",
            );
        }
    }
    for (file, certificate) in &written.platform_certificates {
        Seen::good(certificate.good_from(), certificate.expires_at()).judge(
            Check::WechatCertificates,
            &file.display().to_string(),
            "download WeChat Pay's new platform certificate and list it in wechatpay.platform_certificate_files, or move to the WeChat Pay public key",
            clock.now_seconds(),
            findings,
        );
    }
    if written.platform_certificates.is_empty()
        && !findings.failed(Check::WechatCertificates)
        && written.public_key_id.is_some()
    {
        findings.pass(Check::WechatCertificates, "none are configured: the public key does not end");
    }
}

/// The merchant's own certificate: the server shows it in version 2 only, but its end is everybody's.
fn merchant_certificate(written: &Written, clock: &Clock, findings: &mut Findings) {
    if findings.failed(Check::Certificate) {
        return;
    }
    let Some(file) = &written.certificate_file else {
        findings.warn(
            Check::Certificate,
            "no certificate_file: nobody can see here when the API certificate ends, and whether key and serial are its",
            "give merchant.certificate_file, the apiclient_cert.pem that came with the key",
        );
        return;
    };
    let renew = "renew the API certificate on the merchant platform, account center, API security";
    let Some((pem, seen)) = read(file).and_then(|pem| Seen::in_pem(&pem).map(|seen| (pem, seen))) else {
        findings.fail(
            Check::Certificate,
            format!("{} is no certificate that can be read", file.display()),
            format!("give apiclient_cert.pem: {MERCHANT_PLATFORM}"),
        );
        return;
    };
    seen.judge(Check::Certificate, "the API certificate", renew, clock.now_seconds(), findings);
    let key = written.private_key_file.as_ref().and_then(|file| read(file));
    match key.and_then(|key| belongs(&pem, &key)) {
        Some(true) => findings.pass(Check::CertificateKey, "certificate and private key belong together"),
        Some(false) => findings.fail(
            Check::CertificateKey,
            "the certificate is another key's",
            "put apiclient_cert.pem and apiclient_key.pem of the same download beside each other",
        ),
        None => {}
    }
    match &written.serial {
        Some(serial) if serial.trim_start_matches('0').eq_ignore_ascii_case(seen.serial.trim_start_matches('0')) => {
            findings.pass(Check::CertificateSerial, "it is the certificate's");
        }
        Some(_) => findings.fail(
            Check::CertificateSerial,
            "merchant.serial is another certificate's",
            format!("set merchant.serial to {}", seen.serial),
        ),
        None => {}
    }
}

/// What is left, and can be said only when nothing is wrong with it.
fn whole(examined: &Examined, findings: &mut Findings) {
    let Some(written) = &examined.written else { return };
    if written.has_v3_key && !findings.failed(Check::ApiV3Key) {
        findings.pass(Check::ApiV3Key, "it is 32 bytes long");
    }
    if written.has_v2_key && !findings.failed(Check::ApiV2Key) {
        findings.pass(Check::ApiV2Key, "it is 32 characters long");
    }
    if let Some(base) = &examined.notify_base_url {
        findings.pass(Check::NotifyUrl, format!("{base}/notify/... is an address that WeChat takes"));
    }
}

pub(super) fn read(file: &Path) -> Option<Vec<u8>> {
    std::fs::read(file).ok()
}

//! What this machine shows: files, ports, and what was configured.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::certificate::Seen;
use super::checks::Check;
use super::report::Findings;
use super::settings::read;
use crate::bills::Bills;
use crate::config::{Decision, Examined, Exposure, Transport};

pub(super) fn check(examined: &Examined, findings: &mut Findings) {
    if !findings.failed(Check::Configuration) {
        findings.pass(Check::Configuration, "the file can be read, and no setting is unknown");
    }
    files(examined, findings);
    exposure(examined, findings);
    prices(examined, findings);
    stand_in(examined, findings);
    admin(examined, findings);
    webhook(examined, findings);
    bills(examined, findings);
    shipping(examined, findings);
}

fn files(examined: &Examined, findings: &mut Findings) {
    for (setting, file) in &examined.secret_files {
        let Some(mode) = mode(file) else { continue };
        if mode & 0o077 != 0 {
            findings.warn(
                Check::Files,
                format!("{} ({setting}) can be read by others (mode {:o})", file.display(), mode & 0o777),
                format!("chmod 600 {}", file.display()),
            );
        }
    }
    findings.pass(Check::Files, "files with secrets are private");
}

pub(super) fn mode(file: &Path) -> Option<u32> {
    Some(std::fs::metadata(file).ok()?.permissions().mode())
}

fn exposure(examined: &Examined, findings: &mut Findings) {
    if findings.failed(Check::Exposure) {
        return;
    }
    let Some(Exposure { transport, .. }) = &examined.exposure else { return };
    match transport {
        Transport::Plain => {
            findings.pass(Check::Exposure, "plain HTTP is spoken to this machine, or to the proxy in front");
            findings.pass(Check::HttpsOwn, "TLS ends before this server: [tls] is not configured");
        }
        Transport::Tls(_) => findings.pass(Check::Exposure, "TLS is spoken on the port"),
    }
}

fn prices(examined: &Examined, findings: &mut Findings) {
    if let (false, Some(order_tokens)) = (findings.failed(Check::Catalogue), examined.order_tokens) {
        findings.pass(
            Check::Catalogue,
            match (examined.articles, order_tokens) {
                (0, _) => "prices come from order tokens alone".to_owned(),
                (articles, false) => format!("{articles} articles, each with a price"),
                (articles, true) => format!("{articles} articles, each with a price, and order tokens"),
            },
        );
        let what = if order_tokens { "their keys are 64 hex digits each" } else { "none are configured" };
        findings.pass(Check::OrderTokens, what);
    }
    if examined.has_sessions && !findings.failed(Check::SessionKeys) {
        findings.pass(Check::SessionKeys, "they are 64 hex digits each");
    }
}

/// A gateway on this machine is no gateway of WeChat's.
fn stand_in(examined: &Examined, findings: &mut Findings) {
    let hosts = examined.api_hosts.iter().chain(&examined.login_host);
    let mut any = false;
    for host in hosts {
        any = true;
        let name = host.host_str().unwrap_or_default().trim_matches(['[', ']']);
        if name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()) {
            findings.warn(
                Check::GatewayReal,
                format!("{name} stands in for WeChat: fine for trying, and no money moves"),
                "before going live, set wechatpay.api_base_urls and login_base_url to WeChat's hosts",
            );
        }
    }
    if any {
        findings.pass(Check::GatewayReal, "no host of WeChat's is this machine");
    }
}

fn admin(examined: &Examined, findings: &mut Findings) {
    match examined.admin {
        _ if findings.failed(Check::Admin) => {}
        Some(true) => {
            findings.pass(Check::Admin, "the operator's port is out of others' reach, and its token is long enough")
        }
        Some(false) => {
            findings.pass(Check::Admin, "not configured: no page, and no command that asks a running server")
        }
        None => {}
    }
}

fn webhook(examined: &Examined, findings: &mut Findings) {
    match examined.webhook {
        _ if findings.failed(Check::Webhook) => {}
        Some(true) => {
            findings.pass(Check::Webhook, "the merchant's system is told of every fact, and every letter is signed")
        }
        Some(false) => findings.pass(
            Check::Webhook,
            "not configured: nobody is told of payments and refunds; who wants to know has to ask",
        ),
        None => {}
    }
}

fn bills(examined: &Examined, findings: &mut Findings) {
    let has_v3 = examined.written.as_ref().is_none_or(|written| written.has_v3_key);
    match examined.bills {
        Some(Bills::EveryDay) if has_v3 => findings.pass(Check::Bills, "every day after 10:00, Beijing's time"),
        Some(Bills::EveryDay) => findings.warn(
            Check::Bills,
            "a merchant with keys of v2 alone is not compared: nothing proves v2's bills",
            "give the merchant keys of v3 beside those of v2",
        ),
        Some(Bills::WhenAsked) => findings.warn(
            Check::Bills,
            "[bills] enabled = false: a payment that nobody told of is found by nobody",
            "leave [bills] out, unless somebody asks for each day's comparison",
        ),
        None => {}
    }
}

fn shipping(examined: &Examined, findings: &mut Findings) {
    if findings.failed(Check::Shipping) {
        return;
    }
    match examined.shipping_upload {
        Some(Decision::Yes) => findings.pass(Check::Shipping, "WeChat is told that goods are on their way"),
        Some(Decision::No) => findings.pass(
            Check::Shipping,
            "switched off: somebody else has to tell WeChat, if the mini program's category demands it",
        ),
        Some(Decision::NotMade) => findings.warn(
            Check::Shipping,
            "it was not decided whether WeChat is told about shipping: without it payment can be restricted for many mini programs",
            "set [shipping] upload to true, or to false if your own system does it or the category does not demand it",
        ),
        None => {}
    }
}

/// The certificate that the server itself shows.
pub(super) fn own_certificate(examined: &Examined, now: u64, findings: &mut Findings) {
    let Some(seen) = examined.tls_certificate.as_ref().and_then(|file| Seen::in_pem(&read(file)?)) else { return };
    if !findings.failed(Check::HttpsOwn) {
        seen.judge(Check::HttpsOwn, "the certificate in [tls]", "renew it, and restart the server", now, findings);
    }
}

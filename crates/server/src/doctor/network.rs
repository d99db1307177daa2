//! What the network shows: WeChat's hosts and login, and this server through its public address. All
//! questions go out at once, and each has a time of its own.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::tls::TlsInfo;
use reqwest::{Response, Url};

use super::Instruments;
use super::books::Books;
use super::certificate::Seen;
use super::checks::Check;
use super::credentials::{self, Answers};
use super::report::Findings;
use crate::config::Examined;
use crate::gateway::Keys;
use crate::login::{Login, LoginError};
use crate::random;

/// For one question.
const PATIENCE: Duration = Duration::from_secs(6);

/// Clocks that differ by more are worth a word; by more than the second, signatures are refused.
const SKEW_WARNED: u64 = 60;
const SKEW_REFUSED: u64 = wechatpay::v3::FRESH_SECONDS;

/// What came back.
#[derive(Default)]
pub(super) struct Asked {
    hosts: Vec<(Url, Result<Reached, Silence>)>,
    login_host: Option<Result<Reached, Silence>>,
    login: Option<Result<(), LoginError>>,
    callback: Option<Callback>,
    answers: Answers,
}

/// A host answered, whatever it said.
struct Reached {
    /// How far this machine's clock is from its, in seconds, ahead or behind.
    clock_off: Option<i64>,
}

/// Why there is no answer.
enum Silence {
    /// The certificate is not trusted, has ended, or is another name's.
    Tls(String),
    /// Nobody could be reached, or said anything in time.
    Network(&'static str),
}

/// The server through its public address.
struct Callback {
    health: Result<Health, Silence>,
    /// The status of an empty notification, and whether the answer is in WeChat's words.
    notification: Option<(u16, bool)>,
}

struct Health {
    status: u16,
    is_ours: bool,
    certificate: Option<Seen>,
}

pub(super) async fn ask(examined: &Examined, accounts: BTreeMap<String, Keys>, instruments: &Instruments) -> Asked {
    let hosts = async {
        let mut under_way = vec![];
        for host in &examined.api_hosts {
            let (host, instruments) = (host.clone(), instruments.clone());
            under_way.push(tokio::spawn(async move {
                let reached = reach(&host, &instruments).await;
                (host, reached)
            }));
        }
        let mut hosts = vec![];
        for task in under_way {
            hosts.extend(task.await.ok());
        }
        hosts
    };
    let login_host = async {
        match &examined.login_host {
            Some(host) => Some(reach(host, instruments).await),
            None => None,
        }
    };
    let (hosts, login_host, login, callback, answers) = tokio::join!(
        hosts,
        login_host,
        login(examined, instruments),
        callback(examined, instruments),
        credentials::ask(examined, accounts, instruments),
    );
    Asked { hosts, login_host, login, callback, answers }
}

async fn reach(host: &Url, Instruments { http, clock }: &Instruments) -> Result<Reached, Silence> {
    let before = clock.now_seconds();
    let response = http.get(host.clone()).timeout(PATIENCE).send().await.map_err(|error| silence(&error))?;
    let ours = i64::try_from(before.midpoint(clock.now_seconds())).unwrap_or(i64::MAX);
    let theirs = response.headers().get("date").and_then(|date| date.to_str().ok());
    let theirs = theirs.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|date| date.timestamp().as_second());
    Ok(Reached { clock_off: theirs.map(|theirs| ours.saturating_sub(theirs)) })
}

/// A made up code: whoever refuses it has accepted app id and secret before.
async fn login(examined: &Examined, Instruments { http, .. }: &Instruments) -> Option<Result<(), LoginError>> {
    let (written, host) = (examined.written.as_ref()?, examined.login_host.as_ref()?);
    let appid = written.sub_appid.as_ref().unwrap_or(&written.appid);
    let login = Login::new(http.clone(), host.clone(), appid.clone(), written.app_secret.clone());
    let code = random::hex::<16>().ok()?;
    Some(login.openid(&code).await.map(|_| ()))
}

async fn callback(examined: &Examined, Instruments { http, .. }: &Instruments) -> Option<Callback> {
    let base = examined.notify_base_url.as_ref()?;
    let health = async {
        let response = http.get(format!("{base}/healthz")).timeout(PATIENCE).send().await;
        match response {
            Ok(response) => Ok(health(response).await),
            Err(error) => Err(silence(&error)),
        }
    };
    // What nobody signed is refused, by this server in WeChat's words.
    let notification = async {
        let url = format!("{base}/notify/v3/payment");
        let response = http.post(url).timeout(PATIENCE).body("{}").send().await.ok()?;
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap_or_default();
        let said: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        Some((status, said["code"] == "FAIL"))
    };
    let (health, notification) = tokio::join!(health, notification);
    Some(Callback { health, notification })
}

async fn health(response: Response) -> Health {
    let status = response.status().as_u16();
    let named = response.headers().contains_key("x-request-id");
    let tls = response.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
    let certificate = tls.and_then(Seen::in_der);
    let body = response.bytes().await.unwrap_or_default();
    Health { status, is_ours: named && status == 200 && body.as_ref() == b"ok\n", certificate }
}

/// The library's messages quote addresses; what matters of them is this.
fn silence(error: &reqwest::Error) -> Silence {
    if let Some(cause) = tls_error(error) {
        return Silence::Tls(cause);
    }
    Silence::Network(match error {
        _ if error.is_timeout() => "did not answer in time",
        _ if error.is_connect() => "cannot be connected to (name not found, refused, or no way there)",
        _ => "hung up",
    })
}

/// What the TLS library said, however deep it stands.
fn tls_error(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(error.to_string());
    }
    // One within an `io::Error` is not its source.
    let within = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let within = within.and_then(|within| tls_error(within));
    within.or_else(|| error.source().and_then(tls_error))
}

/// What it comes to.
pub(super) fn check(
    examined: &Examined,
    instruments: &Instruments,
    books: &Books,
    asked: Asked,
    findings: &mut Findings,
) {
    let Asked { hosts, login_host, login, callback, answers } = asked;
    check_hosts(&hosts, findings);
    check_clock(&hosts, findings);
    check_login(examined, login_host.as_ref(), login, findings);
    credentials::check(answers, books, findings);
    if let (Some(callback), Some(base)) = (callback, &examined.notify_base_url) {
        check_callback(base, callback, instruments, findings);
    }
}

fn check_hosts(hosts: &[(Url, Result<Reached, Silence>)], findings: &mut Findings) {
    for (host, reached) in hosts {
        judge(Check::GatewayHosts, host, reached.as_ref(), findings);
    }
}

fn judge(check: Check, host: &Url, reached: Result<&Reached, &Silence>, findings: &mut Findings) {
    let host = host.host_str().unwrap_or_default();
    match reached {
        Ok(_) => findings.pass(check, format!("{host} answers")),
        Err(Silence::Tls(cause)) => findings.fail(
            check,
            format!("{host} shows a certificate that is not trusted here ({cause})"),
            "install the system's certificates (ca-certificates), and look for a proxy that opens TLS on the way",
        ),
        Err(Silence::Network(cause)) => findings.fail(
            check,
            format!("{host} {cause}"),
            "let this machine connect to it on port 443: DNS, firewall, proxy",
        ),
    }
}

fn check_clock(hosts: &[(Url, Result<Reached, Silence>)], findings: &mut Findings) {
    let offs = hosts.iter().filter_map(|(_, reached)| reached.as_ref().ok()?.clock_off);
    let Some(off) = offs.min_by_key(|off| off.unsigned_abs()) else { return };
    let seconds = off.unsigned_abs();
    let what = format!("the clock is {seconds} s {} WeChat's", if off < 0 { "behind" } else { "ahead of" });
    let fix = "let NTP set the clock (timedatectl set-ntp true)";
    if seconds > SKEW_REFUSED {
        findings.fail(Check::Clock, format!("{what}: every signature is refused, in both directions"), fix);
    } else if seconds > SKEW_WARNED {
        findings.warn(Check::Clock, format!("{what}: beyond 300 s signatures are refused"), fix);
    } else {
        findings.pass(Check::Clock, what);
    }
}

fn check_login(
    examined: &Examined,
    reached: Option<&Result<Reached, Silence>>,
    login: Option<Result<(), LoginError>>,
    findings: &mut Findings,
) {
    let (Some(host), Some(reached)) = (&examined.login_host, reached) else { return };
    judge(Check::GatewayLogin, host, reached.as_ref(), findings);
    let console = "copy it from the mini program's console, development settings";
    match login {
        None => {}
        Some(Err(LoginError::CodeInvalid)) => {
            findings.pass(Check::Login, "WeChat refuses a made up code, and nothing else: app id and secret are right");
        }
        Some(Err(LoginError::Misconfigured(code @ (40013 | 41002)))) => findings.fail(
            Check::Login,
            format!("WeChat knows no such mini program (errcode {code})"),
            format!("correct merchant.appid (sub_appid in partner mode): {console}"),
        ),
        Some(Err(LoginError::Misconfigured(code))) => findings.fail(
            Check::Login,
            format!("WeChat says that the secret is not this mini program's (errcode {code})"),
            format!("correct merchant.app_secret: {console}, or reset it there"),
        ),
        // The host says why.
        Some(Err(LoginError::Unavailable)) if reached.is_err() => {}
        Some(Err(LoginError::Unavailable)) => findings.warn(
            Check::Login,
            "WeChat's login is busy or asks to slow down: app id and secret were not tried",
            "try again in a minute; if it stays so, add this machine's address to the mini program's IP whitelist",
        ),
        Some(Err(LoginError::UserBlocked) | Ok(())) => findings.warn(
            Check::Login,
            "a made up code was not refused as one: this is not WeChat's login",
            "set wechatpay.login_base_url to https://api.weixin.qq.com",
        ),
    }
}

fn check_callback(base: &str, callback: Callback, instruments: &Instruments, findings: &mut Findings) {
    let renew = "renew the certificate behind notify_base_url, with its whole chain";
    let Callback { health, notification } = callback;
    match &health {
        Ok(Health { certificate: Some(certificate), .. }) => {
            let now = instruments.clock.now_seconds();
            certificate.judge(Check::HttpsCallback, "the certificate is trusted here; it", renew, now, findings);
        }
        Ok(_) => findings.pass(Check::HttpsCallback, "the certificate is trusted here"),
        Err(Silence::Tls(cause)) => {
            findings.fail(Check::HttpsCallback, format!("the certificate is not trusted here ({cause})"), renew);
            return;
        }
        Err(Silence::Network(_)) => {}
    }
    let check = Check::CallbackAnswers;
    match (health, notification) {
        (Err(Silence::Network(cause)), _) => findings.warn(
            check,
            format!("from this machine, {base} {cause}; from outside it may be reached all the same"),
            format!("open {base}/healthz from another network: it must say ok"),
        ),
        (Ok(Health { is_ours: true, .. }), Some((401, true))) => {
            findings.pass(check, "this server answers there, and refuses a notification that nobody signed");
        }
        (Ok(Health { is_ours: true, .. }), _) => findings.fail(
            check,
            format!("{base}/healthz answers, but a POST to {base}/notify/v3/payment does not get here unchanged"),
            "let the proxy pass POST /notify/... on as it comes: no login, no redirect, no change of the body",
        ),
        (Ok(Health { status: status @ (502..=504), .. }), _) => findings.warn(
            check,
            format!("a proxy answers there with HTTP {status}: no server runs behind it"),
            "start the server, and ask again",
        ),
        (Ok(Health { status, .. }), _) => findings.fail(
            check,
            format!("{base}/healthz answers HTTP {status}, and not as this server does"),
            "point notify_base_url, its DNS name or the proxy's path at this server; WeChat follows no redirect",
        ),
        (Err(Silence::Tls(_)), _) => {}
    }
}

//! What this machine shows: files, ports, the database.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::Access;

use super::certificate::Seen;
use super::checks::Check;
use super::report::Findings;
use super::settings::read;
use crate::bills::Bills;
use crate::config::{Database, Decision, Examined, Exposure, Transport};
use crate::store::{Layout, Looked, NotificationSeen, Postgres, Sqlite, StoreError, WhoseBooks};

/// The books, looked at beside whoever serves them.
pub(super) enum Books {
    /// No database is configured.
    Unknown,
    /// The file is made at the first start.
    NotMade,
    /// What they show.
    Seen(Looked),
    /// They cannot be read.
    Broken(StoreError),
}

impl Books {
    /// Whether WeChat has taken an order; `None` when nobody can tell.
    pub(super) fn prepaid(&self) -> Option<bool> {
        match self {
            Self::Unknown | Self::Broken(_) => None,
            Self::NotMade => Some(false),
            Self::Seen(looked) => Some(looked.prepaid),
        }
    }

    /// Whether they say anything at all.
    pub(super) fn can_tell(&self) -> bool {
        matches!(self, Self::NotMade | Self::Seen(_))
    }

    pub(super) fn notification(&self) -> Option<&NotificationSeen> {
        match self {
            Self::Seen(looked) => looked.notification.as_ref(),
            _ => None,
        }
    }
}

pub(super) async fn look_at_books(examined: &Examined) -> Books {
    let (mchid, appid) = match (&examined.written, &examined.seller) {
        (_, Some(seller)) => (seller.mchid().to_owned(), seller.appid().to_owned()),
        (Some(written), None) => (written.mchid.clone(), written.appid.clone()),
        (None, None) => Default::default(),
    };
    let whose = WhoseBooks { mchid: &mchid, appid: &appid };
    let looked = match &examined.database {
        None => return Books::Unknown,
        Some(Database::Sqlite(file)) if !file.exists() => return Books::NotMade,
        Some(Database::Sqlite(file)) => Sqlite::look(file, whose).await,
        Some(Database::Postgres { options, .. }) => Postgres::look((**options).clone(), whose).await,
    };
    looked.map_or_else(Books::Broken, Books::Seen)
}

pub(super) fn check(examined: &Examined, books: &Books, findings: &mut Findings) {
    if !findings.failed(Check::Configuration) {
        findings.pass(Check::Configuration, "the file can be read, and no setting is unknown");
    }
    files(examined, findings);
    if let Some(database) = &examined.database {
        check_books(database, books, findings);
    }
    exposure(examined, findings);
    prices(examined, findings);
    stand_in(examined, findings);
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

fn mode(file: &Path) -> Option<u32> {
    Some(std::fs::metadata(file).ok()?.permissions().mode())
}

fn check_books(database: &Database, books: &Books, findings: &mut Findings) {
    let name = database.to_string();
    match books {
        Books::Unknown => return,
        Books::Broken(error) => {
            findings.fail(
                Check::Database,
                format!("{name} cannot be read ({error})"),
                "check the setting database, that it can be reached, and permissions",
            );
            return;
        }
        Books::NotMade | Books::Seen(_) => {}
    }
    match database {
        Database::Sqlite(file) => sqlite(file, findings),
        Database::Postgres { .. } => match books {
            Books::Seen(Looked { writable: false, .. }) => findings.fail(
                Check::Database,
                format!("{name} cannot be written to by this user"),
                "connect to the primary, and grant the user CREATE on the schema and all rights on its tables",
            ),
            _ => {
                findings.pass(Check::Database, format!("{name} can be read and written"));
                findings.pass(Check::DatabasePlace, "it is PostgreSQL's own");
            }
        },
    }
    if let Books::Seen(Looked { layout, .. }) = books {
        check_layout(*layout, findings);
    } else {
        check_layout(Layout::Missing, findings);
    }
}

fn check_layout(layout: Layout, findings: &mut Findings) {
    let check = Check::DatabaseLayout;
    match layout {
        Layout::Current => findings.pass(check, "it is laid out for this version"),
        Layout::Missing => findings.pass(check, "it is empty: the first start lays it out"),
        Layout::Older => findings.warn(
            check,
            "it is laid out for an older version: the next start of this one changes it",
            "make a backup before the next start",
        ),
        Layout::Newer => findings.fail(
            check,
            "a newer version has laid it out: this one will not touch it",
            "start the newer version, or restore a backup from before the upgrade",
        ),
        Layout::HalfDone => findings.fail(
            check,
            "a change of its layout was cut off",
            "restore the backup from before the upgrade, and start the new version again",
        ),
    }
}

fn sqlite(file: &Path, findings: &mut Findings) {
    let directory = file.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mine = "let the user that the server runs as own the file and its directory";
    let writable = |path: &Path| rustix::fs::access(path, Access::READ_OK | Access::WRITE_OK).is_ok();
    if !writable(directory) {
        findings.fail(
            Check::Database,
            format!("{} is not there, or cannot be written to by this user", directory.display()),
            mine,
        );
    } else if file.exists() && !writable(file) {
        findings.fail(Check::Database, format!("{} cannot be written to by this user", file.display()), mine);
    } else if let Some(mode) = mode(file).filter(|mode| mode & 0o007 != 0) {
        findings.warn(
            Check::Database,
            format!(
                "{} can be read by everybody on this machine (mode {:o}): openids are in it",
                file.display(),
                mode & 0o777
            ),
            format!("chmod 600 {} and the files beside it, and start the server with umask 077", file.display()),
        );
    } else {
        let there = if file.exists() { "can be read and written" } else { "is made at the first start" };
        findings.pass(Check::Database, format!("{} {there}", file.display()));
    }
    match on_a_network(directory) {
        Some(true) => findings.fail(
            Check::DatabasePlace,
            format!("{} is not on a local disk: SQLite's locks and its log do not work there", file.display()),
            "put the file on a local disk, or use PostgreSQL",
        ),
        Some(false) => findings.pass(Check::DatabasePlace, "it is on a local disk"),
        None => {}
    }
}

/// Whether a directory is another machine's; `None` where nobody can tell.
#[cfg(target_os = "linux")]
fn on_a_network(directory: &Path) -> Option<bool> {
    // NFS, SMB, CIFS, SMB2, 9p, AFS, Ceph, FUSE (sshfs and its like). (linux/magic.h)
    const FOREIGN: [u64; 8] =
        [0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x0102_1997, 0x5346_414F, 0x00C3_6400, 0x6573_5546];
    let kind = rustix::fs::statfs(directory).ok()?.f_type;
    // A magic number has 32 bits, whatever the type that it is handed over in.
    #[allow(clippy::cast_sign_loss, clippy::unnecessary_cast)]
    let kind = (kind as u64) & 0xFFFF_FFFF;
    Some(FOREIGN.contains(&kind))
}

#[cfg(not(target_os = "linux"))]
fn on_a_network(_: &Path) -> Option<bool> {
    None
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

//! The database, looked at beside whoever serves it.

use std::path::Path;
use std::time::Duration;

use rustix::fs::Access;

use super::checks::Check;
use super::machine::mode;
use super::report::Findings;
use crate::config::{Database, Examined};
use crate::store::{Layout, Looked, NotificationSeen, Postgres, Sqlite, StoreError, WhoseBooks};

/// A database that takes longer to be looked at cannot be used.
const PATIENCE: Duration = Duration::from_secs(10);

/// The books.
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

pub(super) async fn look(examined: &Examined) -> Books {
    let (mchid, appid) = match (&examined.written, &examined.seller) {
        (_, Some(seller)) => (seller.mchid().to_owned(), seller.appid().to_owned()),
        (Some(written), None) => (written.mchid.clone(), written.appid.clone()),
        (None, None) => Default::default(),
    };
    let whose = WhoseBooks { mchid: &mchid, appid: &appid };
    let looked = async {
        match &examined.database {
            None => Ok(Books::Unknown),
            Some(Database::Sqlite(file)) if !file.exists() => Ok(Books::NotMade),
            Some(Database::Sqlite(file)) => Sqlite::look(file, whose).await.map(Books::Seen),
            Some(Database::Postgres { options, .. }) => {
                Postgres::look((**options).clone(), whose).await.map(Books::Seen)
            }
        }
    };
    let late = |_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()).into());
    tokio::time::timeout(PATIENCE, looked).await.unwrap_or_else(late).unwrap_or_else(Books::Broken)
}

pub(super) fn check(examined: &Examined, books: &Books, findings: &mut Findings) {
    let Some(database) = &examined.database else { return };
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

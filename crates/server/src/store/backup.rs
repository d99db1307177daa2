//! A copy of the SQLite file while a server writes to it: the books as they were at one moment.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

/// Why there is no backup. The books are as they were, and nothing lies under the backup's name.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something is there already.
    #[error("{0} exists already, and is not written over: give another name")]
    Exists(PathBuf),
    /// Another one is being made, or one was cut off.
    #[error("{0} exists: a backup is being made, or one was cut off; if none is, remove that file")]
    UnderWay(PathBuf),
    /// There is nothing to copy.
    #[error("there is no database at {0}: check the setting database")]
    NoDatabase(PathBuf),
    /// The database.
    #[error("the database could not be copied ({0}); nothing was left behind")]
    Database(#[from] sqlx::Error),
    /// The copy.
    #[error("the copy does not pass SQLite's own check ({0}): the database may be damaged; nothing was left behind")]
    Damaged(String),
    /// The disk.
    #[error("{path} cannot be written ({cause}); nothing was left behind")]
    Disk {
        /// What.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
}

/// Copies the books in `from` to `to`, which must not exist. A reader like any other to SQLite: whoever
/// writes meanwhile goes on writing. What has the name `to` is whole, checked, and on disk; answers its
/// length in bytes.
///
/// # Errors
/// When there is no backup; each says why.
pub async fn back_up(from: &Path, to: &Path) -> Result<u64, BackupError> {
    if !from.is_file() {
        return Err(BackupError::NoDatabase(from.to_owned()));
    }
    // Followed or not: a dangling link is something, too.
    if fs::symlink_metadata(to).is_ok() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let reserved = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part);
    reserved.map_err(|cause| match cause.kind() {
        ErrorKind::AlreadyExists => BackupError::UnderWay(part.clone()),
        _ => BackupError::Disk { path: part.clone(), cause },
    })?;
    let done = write(from, &part, to).await;
    // Under its own name it goes on living.
    let removed = fs::remove_file(&part);
    let bytes = done?;
    let disk = |cause| BackupError::Disk { path: part.clone(), cause };
    removed.map_err(disk)?;
    let directory = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(disk)?;
    Ok(bytes)
}

async fn write(from: &Path, part: &Path, to: &Path) -> Result<u64, BackupError> {
    let options = SqliteConnectOptions::new().filename(from).busy_timeout(Duration::from_secs(30));
    let mut books = options.connect().await?;
    let name = part.to_str().ok_or_else(|| {
        let cause = std::io::Error::new(ErrorKind::InvalidInput, "its name is not UTF-8");
        BackupError::Disk { path: part.to_owned(), cause }
    })?;
    sqlx::query("VACUUM INTO $1").bind(name).execute(&mut books).await?;
    books.close().await?;

    let copy = SqliteConnectOptions::new().filename(part).read_only(true).immutable(true);
    let mut copy = copy.connect().await?;
    let verdict: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut copy).await?;
    copy.close().await?;
    if verdict != "ok" {
        return Err(BackupError::Damaged(verdict));
    }

    let disk = |cause| BackupError::Disk { path: part.to_owned(), cause };
    let file = File::open(part).map_err(disk)?;
    file.sync_all().map_err(disk)?;
    let bytes = file.metadata().map_err(disk)?.len();
    // Unlike a rename it never takes another file's place.
    fs::hard_link(part, to).map_err(|cause| match cause.kind() {
        ErrorKind::AlreadyExists => BackupError::Exists(to.to_owned()),
        _ => BackupError::Disk { path: to.to_owned(), cause },
    })?;
    Ok(bytes)
}

//! `--store FILE`: one line per change, so that a killed sandbox goes on where it was.
//!
//! Lines are whole things, the last one of each counts. A line that was cut off when the process died
//! is dropped; whatever was answered stands before it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::Prepay;
use super::notice::{Notice, Progress};
use super::order::Order;
use super::refund::Refund;
use crate::clock;
use crate::keyring::Habit;

/// The merchants that a store belongs to, each with the SHA-256 of its certificate: with the same seed their
/// numbers are the same in every directory, and their certificates are not.
pub(crate) type Merchants = BTreeMap<String, String>;

/// A change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    /// Counts the starts with this file.
    Life(u64),
    /// Whose it is. A store of before does not say.
    Merchants(Merchants),
    Clock(clock::Setting),
    Habit(String, Habit),
    Order(Box<Order>),
    Prepay(String, Prepay),
    Refund(Box<Refund>),
    Notice(Box<Notice>),
    Progress(String, Progress),
}

/// Where changes go.
#[derive(Default)]
pub(crate) enum Journal {
    /// Nowhere: they are gone when the process is.
    #[default]
    Memory,
    /// Into a file that nobody else writes.
    File { file: File, length: u64 },
}

impl Journal {
    /// Opens the file, made when missing, and gives what is in it.
    pub(crate) fn open(path: &Path) -> Result<(File, Vec<Entry>), StoreError> {
        let unusable = |source| StoreError::Unusable { path: path.to_owned(), source };
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(unusable)?;
        lock(&file, path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unusable)?;
        let damaged = |line| StoreError::Damaged { path: path.to_owned(), line };
        // What follows the last line feed was cut off.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines = bytes[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let read = |(at, line): (usize, &[u8])| serde_json::from_slice(line).map_err(|_| damaged(at + 1));
        let entries = lines.enumerate().map(read).collect::<Result<_, _>>()?;
        Ok((file, entries))
    }

    /// Starts a file anew with the entries that still count. The old one is replaced whole or not at all.
    pub(crate) fn rewrite(path: &Path, old: File, entries: &[Entry]) -> Result<Self, StoreError> {
        let unusable = |source| StoreError::Unusable { path: path.to_owned(), source };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut text = Vec::new();
        for entry in entries {
            text.extend(line(entry).map_err(unusable)?);
        }
        let mut new = NamedTempFile::new_in(folder).map_err(unusable)?;
        new.write_all(&text).map_err(unusable)?;
        new.as_file().sync_all().map_err(unusable)?;
        let file = new.persist(path).map_err(|error| unusable(error.error))?;
        // The lock goes over to the file that stays.
        lock(&file, path)?;
        drop(old);
        Ok(Self::File { file, length: text.len() as u64 })
    }

    /// Writes a change down, whole or not at all.
    pub(crate) fn write(&mut self, entry: &Entry) -> io::Result<()> {
        let Self::File { file, length } = self else { return Ok(()) };
        let text = line(entry)?;
        let written = file.seek(SeekFrom::Start(*length)).and_then(|_| file.write_all(&text));
        if let Err(error) = written {
            // Half a line would spoil the next one. If this fails too, the next write starts here anyway.
            let _ = file.set_len(*length);
            return Err(error);
        }
        *length += text.len() as u64;
        Ok(())
    }
}

/// Takes the file for this sandbox alone. One that was told to stop just now is given a second.
fn lock(file: &File, path: &Path) -> Result<(), StoreError> {
    const PATIENCE: u32 = 40;
    for _ in 0..PATIENCE {
        if file.try_lock().is_ok() {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    Err(StoreError::Taken { path: path.to_owned() })
}

fn line(entry: &Entry) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(entry)?;
    text.push(b'\n');
    Ok(text)
}

/// Whether `path` can be a store at all: asked before the port is taken.
pub(crate) fn check(path: &Path) -> Result<(), StoreError> {
    match fs::metadata(path) {
        // A device would be read for ever.
        Ok(metadata) if !metadata.is_file() => Err(StoreError::Unusable {
            path: path.to_owned(),
            source: io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"),
        }),
        _ => Ok(()),
    }
}

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system said no.
    #[error("cannot use the store {}: {source}; give another --store or mend its permissions", path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else has it.
    #[error("the store {} is in use by another sandbox; stop that one, or give another --store", path.display())]
    Taken {
        /// Which.
        path: PathBuf,
    },
    /// Its orders were made with other keys, for other payers.
    #[error("the store {} was written with another --dir: its merchants are not the ones here; give that --dir, or another --store", path.display())]
    OtherMerchants {
        /// Which.
        path: PathBuf,
    },
    /// Not what a sandbox writes.
    #[error("line {line} of the store {} is not what a sandbox writes there; restore it, or remove it to start afresh", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
}

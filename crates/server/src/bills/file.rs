//! A bill's file as it was downloaded: read twice from its compressed bytes, once to see that it is
//! whole and WeChat's, and once to compare. So a bill of a hundred thousand lines takes the memory of
//! its compressed bytes (some five megabytes) and of a few lines.

use std::io::{BufRead as _, BufReader, Cursor, Read as _};
use std::sync::Arc;

use flate2::read::GzDecoder;
use wechatpay::v3::types::{BadBill, BillAnswer};
use wechatpay::v3::{BillError, BillLine, BillReader, BillSums};

/// Of one line: WeChat's longest values together are far shorter.
const LINE_BYTES: u64 = 16 * 1024;
/// Of the uncompressed file; more is no bill but an attempt to fill the machine.
const FILE_BYTES: u64 = 2 << 30;

/// Why a file is not taken. Nothing of it was compared or booked.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not the file that the signed answer told of.
    #[error(transparent)]
    NotIt(#[from] BadBill),
    /// Not gzip, or cut off.
    #[error("the bill's file does not uncompress ({0}): it was cut off or changed on the way")]
    NotGzip(String),
    /// Not the form that bills have.
    #[error(transparent)]
    Form(#[from] BillError),
    /// Too large to be a bill.
    #[error("the bill's file is too large, or a line of it")]
    TooLarge,
}

/// A whole bill.
#[derive(Clone)]
pub struct File {
    packed: Arc<[u8]>,
    sums: BillSums,
}

impl File {
    /// Reads it from its beginning to its end.
    ///
    /// # Errors
    /// When it is not the one that `answer` told of, whole and well-formed.
    pub fn check(packed: Vec<u8>, answer: &BillAnswer) -> Result<Self, Unreadable> {
        let packed: Arc<[u8]> = packed.into();
        let mut digest = answer.checker()?;
        let mut lines = Raw::new(Arc::clone(&packed));
        let mut reader = BillReader::new();
        // A wrong digest explains every other fault: it is told of first.
        let mut fault = None;
        while let Some(line) = lines.next_line()? {
            digest.take(line);
            if fault.is_none() {
                fault = reader.line(line).err();
            }
        }
        digest.end()?;
        match fault {
            Some(fault) => Err(fault.into()),
            None => Ok(Self { packed, sums: reader.end()? }),
        }
    }

    /// How many lines it has, and what they come to.
    #[must_use]
    pub const fn sums(&self) -> BillSums {
        self.sums
    }

    /// Its lines from the one with this number on; the first is 0.
    #[must_use]
    pub fn lines_from(&self, first: u64) -> Lines {
        Lines { raw: Raw::new(Arc::clone(&self.packed)), reader: BillReader::new(), skip: first }
    }
}

/// The lines of a bill, one after the other.
pub struct Lines {
    raw: Raw,
    reader: BillReader,
    skip: u64,
}

impl Lines {
    /// The next so many, fewer at the end.
    ///
    /// # Errors
    /// When the bytes are not those that were checked.
    pub fn take(&mut self, count: usize) -> Result<Vec<BillLine>, Unreadable> {
        let mut taken = Vec::with_capacity(count);
        while taken.len() < count {
            let Some(line) = self.raw.next_line()? else { break };
            let Some(line) = self.reader.line(line)? else { continue };
            if self.skip > 0 {
                self.skip -= 1;
            } else {
                taken.push(line);
            }
        }
        Ok(taken)
    }
}

/// Lines as bytes, each with what ends it.
struct Raw {
    reader: BufReader<GzDecoder<Cursor<Arc<[u8]>>>>,
    line: Vec<u8>,
    read: u64,
}

impl Raw {
    fn new(packed: Arc<[u8]>) -> Self {
        Self { reader: BufReader::new(GzDecoder::new(Cursor::new(packed))), line: Vec::new(), read: 0 }
    }

    fn next_line(&mut self) -> Result<Option<&[u8]>, Unreadable> {
        self.line.clear();
        let read = (&mut self.reader).take(LINE_BYTES).read_until(b'\n', &mut self.line);
        let read = read.map_err(|error| Unreadable::NotGzip(error.to_string()))?;
        self.read += read as u64;
        let cut = read as u64 == LINE_BYTES && self.line.last() != Some(&b'\n');
        if cut || self.read > FILE_BYTES {
            return Err(Unreadable::TooLarge);
        }
        Ok((read > 0).then_some(&self.line))
    }
}

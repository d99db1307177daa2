//! Every number of the machine, as data.

use crate::domain::Millis;

/// A write to storage that has not answered by then is traced and does not stop the sale: some
/// phones never answer one.
pub const SAVE_LIMIT: Millis = Millis::seconds(2);

/// A login or a call that has not answered by then counts as lost. Above the server's own deadline.
pub const CALL_LIMIT: Millis = Millis::seconds(15);

/// While the sheet is open and visible the server is asked this often.
pub const PAYING_LOOK: Millis = Millis::seconds(15);

/// How long the sheet may be silent before the payer is offered "I closed the payment window".
pub const SHEET_SILENCE: Millis = Millis::seconds(20);

/// The waits between looks after the sheet answered; the last one repeats.
pub const CONFIRM_LADDER: [Millis; 6] = [
    Millis::seconds(1),
    Millis::seconds(2),
    Millis::seconds(3),
    Millis::seconds(5),
    Millis::seconds(8),
    Millis::seconds(10),
];

/// For how long, of visible time, the server is asked after the sheet said ok: the money is on its
/// way, and WeChat's query can lag behind it by seconds.
pub const CONFIRM_AFTER_OK: Millis = Millis::seconds(60);

/// The same after anything else.
pub const CONFIRM_OTHERWISE: Millis = Millis::seconds(20);

/// No confirmation looks more often than this, even under a clock that stands still.
pub const CONFIRM_LOOKS: u8 = 16;

/// How much older than our question WeChat's answer may seem: two clocks that count in milliseconds
/// disagree by a few when one length is read from both.
pub const EVIDENCE_SLACK: Millis = Millis(100);

/// The server's `retryAfterMs` is never followed beyond this.
pub const LONGEST_WAIT: Millis = Millis::seconds(30);

/// The waits between looks at an order that WeChat saw unpaid: 5, 15 and 60 s after that.
pub const UNPAID_LADDER: [Millis; 3] = [Millis::seconds(5), Millis::seconds(10), Millis::seconds(45)];

/// The waits between tries of a create whose answer was lost or said "same" or "later"; then the
/// payer is told. Long enough for a lift or a tunnel.
pub const CREATE_LADDER: [Millis; 5] =
    [Millis::seconds(1), Millis::seconds(2), Millis::seconds(4), Millis::seconds(8), Millis::seconds(15)];

/// The waits between tries of a login; each fetches a fresh code.
pub const LOGIN_LADDER: [Millis; 2] = [Millis::seconds(1), Millis::seconds(3)];

/// Orders set aside, at most.
pub const WATCH_LIST: usize = 8;

/// Acknowledgements that the server has not taken yet, at most; they are a courtesy to the server,
/// so the oldest gives way.
pub const ACK_LIST: usize = 8;

/// Orders given up that the server has not been told of, at most; they end by themselves in time, so the
/// oldest gives way.
pub const CLOSE_LIST: usize = 8;

/// Lines of trace kept: those of some fifteen purchases, at two to three hundred bytes each.
pub const TRACE_LINES: usize = 400;

/// The wait on `ladder` after `tries` tries, stretched by the server's wish up to [`LONGEST_WAIT`];
/// `None` where the ladder ends.
#[must_use]
pub fn wait(ladder: &[Millis], tries: u8, server_wish_ms: u64) -> Option<Millis> {
    let step = *ladder.get(usize::from(tries))?;
    Some(step.max(Millis(server_wish_ms).min(LONGEST_WAIT)))
}

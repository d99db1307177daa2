//! What WeChat remembers. Every change goes through here, and into the journal before it is answered.

mod codes;
mod journal;
mod notice;
mod order;
mod refund;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::clock;
use crate::keyring::Habit;

pub(crate) use codes::{CodeError, Codes};
pub use journal::StoreError;
use journal::{Entry, Journal, Merchants};
pub(crate) use notice::{About, Notice, Progress};
pub(crate) use order::{Api, Form, Order, OrderState, Owner, Partner, Payee, Payment, Settled, SignType};
pub(crate) use refund::{Fate, MOST_REFUNDS, REFUND_PAUSE_MS, REFUND_TAKES_MS, REFUNDABLE_MS, Refund};

/// A prepay id opens the sheet for two hours, whatever `time_expire` says. (v3 documentation 4012525182)
const PREPAY_MS: u64 = 2 * 60 * 60 * 1000;

/// Everything.
#[derive(Default)]
pub(crate) struct Book {
    pub(crate) codes: Codes,
    orders: BTreeMap<Key, Order>,
    prepays: BTreeMap<String, Prepay>,
    refunds: BTreeMap<Key, Refund>,
    notices: BTreeMap<String, Notice>,
    habits: BTreeMap<String, Habit>,
    journal: Journal,
    /// Since the last change that the store did not take, nothing is promised any more.
    trouble: Option<String>,
}

/// A merchant's number within the books of its owner.
type Key = (Owner, String);

/// A prepay id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Prepay {
    order: Key,
    made_ms: u64,
}

/// Whether a prepay id opens the sheet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PrepayAge {
    /// It does.
    Fresh,
    /// It is two hours old.
    Expired,
}

/// What a store held, beside the book itself.
struct Kept {
    life: u64,
    merchants: Option<Merchants>,
    clock: clock::Setting,
}

/// A store that was read, and not written to yet.
pub(crate) struct Opened {
    book: Book,
    kept: Kept,
    path: PathBuf,
    file: File,
}

impl Opened {
    /// Takes the store at `path`, and reads it.
    pub(crate) fn read(path: &Path) -> Result<Self, StoreError> {
        journal::check(path)?;
        let (file, entries) = Journal::open(path)?;
        let mut book = Book::default();
        let mut kept = Kept { life: 0, merchants: None, clock: clock::Setting::Running { ahead_ms: 0 } };
        for entry in entries {
            match entry {
                Entry::Life(life) => kept.life = life + 1,
                Entry::Merchants(merchants) => kept.merchants = Some(merchants),
                Entry::Clock(setting) => kept.clock = setting,
                Entry::Habit(mchid, habit) => drop(book.habits.insert(mchid, habit)),
                Entry::Order(order) => drop(book.orders.insert(key_of(&order), *order)),
                Entry::Prepay(id, prepay) => drop(book.prepays.insert(id, prepay)),
                Entry::Refund(refund) => drop(book.refunds.insert(refund_key(&refund), *refund)),
                Entry::Notice(notice) => drop(book.notices.insert(notice.id.clone(), *notice)),
                Entry::Progress(id, progress) => {
                    if let Some(notice) = book.notices.get_mut(&id) {
                        notice.progress = progress;
                    }
                }
            }
        }
        Ok(Self { book, kept, path: path.to_owned(), file })
    }

    /// Counts the starts with this store.
    pub(crate) fn life(&self) -> u64 {
        self.kept.life
    }

    pub(crate) fn clock(&self) -> clock::Setting {
        self.kept.clock
    }

    /// A store that says whose it is cannot belong to merchants who are not there yet.
    pub(crate) fn check_new(&self) -> Result<(), StoreError> {
        match self.kept.merchants {
            Some(_) => Err(StoreError::OtherMerchants { path: self.path.clone() }),
            None => Ok(()),
        }
    }

    /// Goes on with the store for these merchants, if it is theirs or does not say whose it is.
    pub(crate) fn go_on(self, merchants: Merchants) -> Result<Book, StoreError> {
        let Self { mut book, mut kept, path, file } = self;
        if kept.merchants.as_ref().is_some_and(|theirs| *theirs != merchants) {
            return Err(StoreError::OtherMerchants { path });
        }
        kept.merchants = Some(merchants);
        book.journal = Journal::rewrite(&path, file, &book.entries(kept))?;
        Ok(book)
    }
}

impl Book {
    fn entries(&self, kept: Kept) -> Vec<Entry> {
        let mut all = vec![Entry::Life(kept.life), Entry::Clock(kept.clock)];
        all.extend(kept.merchants.map(Entry::Merchants));
        all.extend(self.habits.iter().map(|(mchid, habit)| Entry::Habit(mchid.clone(), *habit)));
        all.extend(self.orders.values().map(|order| Entry::Order(Box::new(order.clone()))));
        all.extend(self.prepays.iter().map(|(id, prepay)| Entry::Prepay(id.clone(), prepay.clone())));
        all.extend(self.refunds.values().map(|refund| Entry::Refund(Box::new(refund.clone()))));
        all.extend(self.notices.values().map(|notice| Entry::Notice(Box::new(notice.clone()))));
        all
    }

    /// Why the store does not take changes, if it does not.
    pub(crate) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    fn write(&mut self, entry: &Entry) {
        let written: io::Result<()> = self.journal.write(entry);
        self.trouble = written.err().map(|error| error.to_string());
    }

    pub(crate) fn keep_clock(&mut self, setting: clock::Setting) {
        self.write(&Entry::Clock(setting));
    }

    /// How a merchant is answered.
    pub(crate) fn habit(&self, mchid: &str) -> Habit {
        self.habits.get(mchid).copied().unwrap_or_default()
    }

    pub(crate) fn set_habit(&mut self, mchid: &str, habit: Habit) {
        self.habits.insert(mchid.to_owned(), habit);
        self.write(&Entry::Habit(mchid.to_owned(), habit));
    }

    /// The order under the merchant's number.
    pub(crate) fn order(&self, owner: &Owner, out_trade_no: &str) -> Option<&Order> {
        self.orders.get(&(owner.clone(), out_trade_no.to_owned()))
    }

    /// The order that was paid under WeChat's number.
    pub(crate) fn order_by_transaction(&self, owner: &Owner, transaction_id: &str) -> Option<&Order> {
        self.orders
            .iter()
            .filter(|((of, _), _)| of == owner)
            .map(|(_, order)| order)
            .find(|order| order.payment().is_some_and(|payment| payment.transaction_id == transaction_id))
    }

    /// Whose payment has this number of WeChat's.
    pub(crate) fn owner_of_transaction(&self, transaction_id: &str) -> Option<Owner> {
        let is_it = |order: &&Order| order.payment().is_some_and(|payment| payment.transaction_id == transaction_id);
        self.orders.values().find(is_it).map(|order| order.form.payee.owner())
    }

    /// All of them.
    pub(crate) fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    /// Keeps a new order, or what became of one.
    pub(crate) fn put_order(&mut self, order: Order) {
        self.write(&Entry::Order(Box::new(order.clone())));
        self.orders.insert(key_of(&order), order);
    }

    /// Writes down which orders have closed by themselves: asked before the clock is moved.
    pub(crate) fn settle(&mut self, now_ms: u64) {
        let closed: Vec<_> = self.orders.values().filter_map(|order| order.settled(now_ms)).collect();
        for order in closed {
            self.put_order(order);
        }
    }

    /// The order that `prepay_id` was made for, and whether the id still opens the sheet.
    pub(crate) fn order_by_prepay(&self, prepay_id: &str, now_ms: u64) -> Option<(&Order, PrepayAge)> {
        let prepay = self.prepays.get(prepay_id)?;
        let fresh = now_ms.saturating_sub(prepay.made_ms) < PREPAY_MS;
        let age = if fresh { PrepayAge::Fresh } else { PrepayAge::Expired };
        Some((self.orders.get(&prepay.order)?, age))
    }

    /// Makes `prepay_id` open the sheet for an order. Earlier ids go on doing so until they expire.
    pub(crate) fn add_prepay(&mut self, prepay_id: String, owner: Owner, out_trade_no: String, now_ms: u64) {
        let prepay = Prepay { order: (owner, out_trade_no), made_ms: now_ms };
        self.write(&Entry::Prepay(prepay_id.clone(), prepay.clone()));
        self.prepays.insert(prepay_id, prepay);
    }

    pub(crate) fn refund(&self, owner: &Owner, out_refund_no: &str) -> Option<&Refund> {
        self.refunds.get(&(owner.clone(), out_refund_no.to_owned()))
    }

    /// Of one payment, the oldest first.
    pub(crate) fn refunds_of(&self, owner: &Owner, transaction_id: &str) -> Vec<&Refund> {
        let mut refunds: Vec<_> = self
            .refunds
            .values()
            .filter(|refund| refund.owner == *owner && refund.transaction_id == transaction_id)
            .collect();
        refunds.sort_by_key(|refund| refund.made_ms);
        refunds
    }

    /// All of them.
    pub(crate) fn refunds(&self) -> impl Iterator<Item = &Refund> {
        self.refunds.values()
    }

    /// Keeps a new refund.
    pub(crate) fn put_refund(&mut self, refund: Refund) {
        self.write(&Entry::Refund(Box::new(refund.clone())));
        self.refunds.insert(refund_key(&refund), refund);
    }

    /// Owes a notification.
    pub(crate) fn put_notice(&mut self, notice: Notice) {
        self.write(&Entry::Notice(Box::new(notice.clone())));
        self.notices.insert(notice.id.clone(), notice);
    }

    pub(crate) fn set_progress(&mut self, id: &str, progress: Progress) {
        if let Some(notice) = self.notices.get_mut(id) {
            notice.progress = progress;
            self.write(&Entry::Progress(id.to_owned(), progress));
        }
    }

    pub(crate) fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.notices.values()
    }
}

fn key_of(order: &Order) -> Key {
    (order.form.payee.owner(), order.form.out_trade_no.clone())
}

fn refund_key(refund: &Refund) -> Key {
    (refund.owner.clone(), refund.out_refund_no.clone())
}

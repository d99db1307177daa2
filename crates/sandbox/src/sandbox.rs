//! Everything one running sandbox holds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::book::Book;
use crate::clock::Clock;
use crate::courier::Courier;
use crate::dice::Cup;
use crate::events::{Draft, Events, Kind};
use crate::faults::Faults;
use crate::identity::{Identity, Merchant, VerifiesBy};
use crate::keyring::{Habit, Keyring};
use crate::shipping::{Desk, Tokens};
use crate::text::{Text, text};

pub(crate) struct Sandbox {
    pub(crate) identity: Identity,
    pub(crate) keys: Keyring,
    /// The platform certificates, PEM, the older first.
    pub(crate) certificates: Vec<String>,
    /// Each merchant's own certificate, by its number.
    pub(crate) merchant_certificates: BTreeMap<String, Vec<u8>>,
    pub(crate) clock: Clock,
    pub(crate) cup: Cup,
    pub(crate) events: Events,
    pub(crate) faults: Faults,
    pub(crate) courier: Courier,
    pub(crate) book: Mutex<Book>,
    pub(crate) tokens: Mutex<Tokens>,
    pub(crate) desk: Mutex<Desk>,
    /// True once it serves no more.
    pub(crate) over: watch::Sender<bool>,
}

impl Sandbox {
    /// What WeChat remembers. Never held over an await.
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The access tokens of the mini programs.
    pub(crate) fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of goods. Taken after the book, where both are needed.
    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something in the background, for as long as the sandbox serves.
    pub(crate) fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        let mut over = self.over.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                () = task => {}
                _ = over.wait_for(|over| *over) => {}
            }
        });
    }

    pub(crate) fn tell(&self, kind: Kind, what: Text) {
        self.events.record(self.clock.now_ms(), Draft::new(kind, what));
    }

    /// The merchant that verifies by certificates.
    pub(crate) fn certificate_merchant(&self) -> Option<&Merchant> {
        self.identity.merchants.iter().find(|merchant| merchant.verifies_by == VerifiesBy::Certificates)
    }

    /// From now on its certificates sign nothing any more.
    pub(crate) fn switch_to_public_key(&self) {
        if let Some(merchant) = self.certificate_merchant() {
            let mut book = self.book();
            let habit = Habit { public_key_permille: 1000, ..book.habit(&merchant.mchid) };
            book.set_habit(&merchant.mchid, habit);
            drop(book);
            self.tell(
                Kind::Keys,
                text("the certificates sign nothing any more: the public key does", "从证书切换为公钥签名"),
            );
        }
    }
}

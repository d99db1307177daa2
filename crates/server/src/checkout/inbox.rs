//! Notifications on their way to disk. WeChat waits 5 s for an acknowledgement, and a database takes
//! its time to make a transaction durable: what arrives while one is being written goes into the next
//! one together.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use tracing::Instrument as _;

use crate::store::{Booked, Receipt, Store, StoreError};

/// Notifications of one transaction.
const BATCH: usize = 64;

type Answer = oneshot::Sender<Result<Booked, StoreError>>;

/// Where notifications wait for the pen.
pub struct Inbox {
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<dyn Store>,
    waiting: Mutex<Vec<(Receipt, Answer)>>,
    /// One batch is written at a time.
    pen: tokio::sync::Mutex<()>,
}

impl Inbox {
    /// An empty one, in front of `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { shared: Arc::new(Shared { store, waiting: Mutex::default(), pen: tokio::sync::Mutex::default() }) }
    }

    /// Keeps a notification, and answers once it is on disk with what became of it.
    ///
    /// # Errors
    /// When it could not be stored; it must not be acknowledged then.
    pub async fn receive(&self, receipt: Receipt) -> Result<Booked, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.shared.waiting().push((receipt, answer));
        // On its own: whoever gives up waiting must not take the others' notifications with it.
        tokio::spawn(Arc::clone(&self.shared).write().in_current_span());
        answered.await.unwrap_or(Err(StoreError::Stopped))
    }
}

impl Shared {
    async fn write(self: Arc<Self>) {
        let _pen = self.pen.lock().await;
        let batch: Vec<(Receipt, Answer)> = {
            let mut waiting = self.waiting();
            let count = waiting.len().min(BATCH);
            waiting.drain(..count).collect()
        };
        // Somebody before took this one's notification along.
        if batch.is_empty() {
            return;
        }
        let (receipts, answers): (Vec<Receipt>, Vec<Answer>) = batch.into_iter().unzip();
        match self.store.receive(receipts.clone()).await {
            Ok(booked) => {
                for (answer, booked) in answers.into_iter().zip(booked) {
                    // Who gave up waiting gets it again, and that changes nothing.
                    let _ = answer.send(Ok(booked));
                }
            }
            Err(error) => {
                tracing::warn!(cause = %error, "notifications could not be stored together: one by one then");
                for (receipt, answer) in receipts.into_iter().zip(answers) {
                    let booked = self.store.receive(vec![receipt]).await;
                    let _ = answer.send(booked.and_then(|mut booked| booked.pop().ok_or(StoreError::Stopped)));
                }
            }
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<(Receipt, Answer)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

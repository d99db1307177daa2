//! One query per order and second, shared by everybody who asked before it began.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use wx_checkout::domain::OrderId;

/// Above this many orders, those that nobody is looking at are forgotten.
const KEPT: usize = 4096;

/// What everybody waits for.
type Slot<T> = Arc<tokio::sync::Mutex<Option<(Instant, T)>>>;

/// The last look at each order.
#[derive(Debug)]
pub struct Looks<T> {
    apart: Duration,
    slots: Mutex<HashMap<OrderId, Slot<T>>>,
}

impl<T: Clone> Looks<T> {
    /// Looks at the same order begin at least `apart` from each other.
    #[must_use]
    pub fn new(apart: Duration) -> Self {
        Self { apart, slots: Mutex::default() }
    }

    /// The outcome of a look that began after this was called: somebody else's, or a new one.
    pub async fn look<F: Future<Output = T>>(&self, order: &OrderId, ask: impl FnOnce() -> F) -> T {
        let asked = Instant::now();
        let slot = self.slot(order);
        // Whoever holds the slot is looking; the others wait for it here, and may then share.
        let mut last = slot.lock().await;
        let next = match &*last {
            Some((began, seen)) if *began >= asked => return seen.clone(),
            Some((began, _)) => *began + self.apart,
            None => asked,
        };
        tokio::time::sleep_until(next).await;
        let began = Instant::now();
        let seen = ask().await;
        *last = Some((began, seen.clone()));
        seen
    }

    fn slot(&self, order: &OrderId) -> Slot<T> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= KEPT {
            // Losing one costs at most a query that comes early.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry(order.clone()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn order(name: &str) -> OrderId {
        OrderId::try_from(name.to_owned()).expect("fits")
    }

    #[tokio::test(start_paused = true)]
    async fn m5_questions_share_the_next_look_and_never_an_earlier_one() {
        let looks = Looks::new(Duration::from_secs(1));
        let count = AtomicU32::new(0);
        let ask = || async {
            let number = count.fetch_add(1, Ordering::Relaxed) + 1;
            tokio::time::sleep(Duration::from_millis(300)).await;
            number
        };
        let one = order("one");
        let start = Instant::now();
        let late = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            tokio::join!(looks.look(&one, ask), looks.look(&one, ask))
        };
        let (first, (second, third)) = tokio::join!(looks.look(&one, ask), late);
        assert_eq!((first, second, third), (1, 2, 2), "a look that began before the question is no answer");
        assert!(start.elapsed() >= Duration::from_millis(1300), "two looks within a second");
        assert_eq!(looks.look(&order("two"), ask).await, 3, "another order waits for nobody");
    }
}

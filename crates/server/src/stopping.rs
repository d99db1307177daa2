//! The end of a server: asked for once, and seen by everything that begins work.

use tokio::sync::watch;

/// Whether the end was asked for.
#[derive(Clone, Debug)]
pub struct Stopping(watch::Sender<bool>);

impl Default for Stopping {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stopping {
    /// From now on nothing new is begun.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// For whoever waits for it among other things.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }

    /// Once it was.
    pub async fn begun(&self) {
        // An error says that the sender is gone, and it is here.
        let _ = self.watch().wait_for(|begun| *begun).await;
    }
}

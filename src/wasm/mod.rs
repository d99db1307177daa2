//! The border to JavaScript: the exported class, the host that the page's side implements, and the
//! loop that carries effects out. No decision is made here.

mod draft;
mod effects;
mod host;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use crate::domain::{Millis, OrderId};
use crate::json::{Write, written};
use crate::machine::error::Rejected;
use crate::machine::event::{Acknowledged, Command, Event};
use crate::machine::view::{Refusal, View};
use crate::machine::{Machine, Stored};
use effects::StorageQueue;
use host::Host;

/// Small rather than quick: the module holds a few hundred small texts.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// One checkout, as the npm package drives it.
#[wasm_bindgen]
pub struct CheckoutCore {
    inner: Rc<Inner>,
}

/// What the class and the effects under way share.
struct Inner {
    host: Host,
    machine: RefCell<Machine>,
    storage: StorageQueue,
}

#[wasm_bindgen]
impl CheckoutCore {
    /// A checkout on this host. Nothing happens before [`Self::restore`].
    #[wasm_bindgen(constructor)]
    pub fn new(host: Host) -> Self {
        let inner = Inner { host, machine: RefCell::default(), storage: StorageQueue::default() };
        Self { inner: Rc::new(inner) }
    }

    /// Takes up what the storage held: its text, `null` for nothing, `undefined` where it could not
    /// be read. Call it once, first.
    ///
    /// # Errors
    /// A `Refusal` on a second call.
    pub fn restore(&self, stored: &JsValue) -> Result<(), JsValue> {
        let stored = match stored.as_string() {
            Some(text) => host::parsed(&text).map_or(Stored::Unreadable, Stored::Found),
            None if stored.is_null() => Stored::Missing,
            None => Stored::Unreadable,
        };
        self.inner.command(Command::Restore(stored))
    }

    /// Starts a purchase. `entropy` is 16 random bytes, or `undefined` where the host has none.
    ///
    /// # Errors
    /// A `Refusal`; with `bad_draft` its `detail` names the field.
    pub fn start(&self, draft: &JsValue, entropy: &JsValue) -> Result<(), JsValue> {
        let draft =
            draft::read(draft).map_err(|detail| self.inner.refusal(|machine| Refusal::of_draft(detail, machine)))?;
        let entropy = host::entropy(&self.inner.host, entropy);
        self.inner.command(Command::Start { draft, entropy })
    }

    /// Asks the server again.
    ///
    /// # Errors
    /// A `Refusal` where there is nothing to ask.
    #[wasm_bindgen(js_name = checkAgain)]
    pub fn check_again(&self) -> Result<(), JsValue> {
        self.inner.command(Command::CheckAgain)
    }

    /// Opens the sheet again for the same order; `revision` is that of the view that was tapped.
    ///
    /// # Errors
    /// A `Refusal` where the view is older, or there is no unpaid order.
    #[wasm_bindgen(js_name = payAgain)]
    pub fn pay_again(&self, revision: u32) -> Result<(), JsValue> {
        self.inner.command(Command::PayAgain { revision })
    }

    /// The payer says that the payment window is closed.
    ///
    /// # Errors
    /// A `Refusal` unless a sheet has been silent for long.
    #[wasm_bindgen(js_name = sheetClosed)]
    pub fn sheet_closed(&self) -> Result<(), JsValue> {
        self.inner.command(Command::SheetClosed)
    }

    /// Gives the purchase up.
    ///
    /// # Errors
    /// A `Refusal` where money may be moving.
    pub fn abandon(&self) -> Result<(), JsValue> {
        self.inner.command(Command::Abandon)
    }

    /// Leaves the order for later.
    ///
    /// # Errors
    /// A `Refusal` where there is none to leave, or too many were left.
    #[wasm_bindgen(js_name = setAside)]
    pub fn set_aside(&self) -> Result<(), JsValue> {
        self.inner.command(Command::SetAside)
    }

    /// The payer has seen the outcome of this order, or, without one, of a purchase that failed.
    ///
    /// # Errors
    /// A `Refusal` where no such outcome is waiting.
    pub fn acknowledge(&self, order_id: Option<String>) -> Result<(), JsValue> {
        let seen = match order_id {
            None => Acknowledged::Failure,
            Some(text) => match OrderId::try_from(text) {
                Ok(order_id) => Acknowledged::Order(order_id),
                // What is no order id is no order of ours.
                Err(_) => return Err(self.inner.rejected(&Rejected::NotNow)),
            },
        };
        self.inner.command(Command::Acknowledge(seen))
    }

    /// The app came to the front.
    ///
    /// # Errors
    /// None in practice; the type is shared with the other commands.
    pub fn shown(&self) -> Result<(), JsValue> {
        self.inner.command(Command::Shown)
    }

    /// The app went to the back.
    ///
    /// # Errors
    /// None in practice; the type is shared with the other commands.
    pub fn hidden(&self) -> Result<(), JsValue> {
        self.inner.command(Command::Hidden)
    }

    /// What a page shows.
    pub fn view(&self) -> JsValue {
        to_js(&View::from(&*self.inner.machine.borrow()))
    }

    /// The last steps, a `TraceLine` in JSON each.
    pub fn trace(&self) -> JsValue {
        let machine = self.inner.machine.borrow();
        let lines: Vec<_> = machine.trace().collect();
        serde_wasm_bindgen::to_value(&lines).unwrap_or(JsValue::UNDEFINED)
    }
}

impl Inner {
    fn command(self: &Rc<Self>, command: Command) -> Result<(), JsValue> {
        self.feed(&Event::Command(command)).map_err(|rejected| self.rejected(&rejected))
    }

    fn rejected(&self, rejected: &Rejected) -> JsValue {
        self.refusal(|machine| Refusal::new(rejected, machine))
    }

    fn refusal(&self, of: impl FnOnce(&Machine) -> Refusal) -> JsValue {
        to_js(&of(&self.machine.borrow()))
    }

    /// Tells the machine, carries out what it asks, and shows the page what has become of it.
    fn feed(self: &Rc<Self>, event: &Event) -> Result<(), Rejected> {
        let now = Millis(self.host.now().max(0.0) as u64);
        let before = self.machine.borrow().revision();
        let asked = self.machine.borrow_mut().handle(now, event)?;
        for effect in asked {
            effects::carry_out(self, effect);
        }
        let shown = {
            let machine = self.machine.borrow();
            (machine.revision() != before).then(|| to_js(&View::from(&*machine)))
        };
        if let Some(view) = shown {
            // A page that throws while drawing must not stop a payment.
            let _ = self.host.changed(&view);
        }
        Ok(())
    }
}

/// Views and refusals are plain data; they always have a JavaScript form. By way of JSON: the writer
/// is in the module for requests and snapshots already, and the engine has the reader.
fn to_js(value: &impl Write) -> JsValue {
    js_sys::JSON::parse(&written(value)).unwrap_or(JsValue::UNDEFINED)
}

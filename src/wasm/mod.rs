//! The border to JavaScript: the exported class, the host that the page's side implements, and the
//! loop that carries effects out. No decision is made here, and nothing crosses but text: commands and
//! answers come in as JSON, views and refusals leave as JSON.

mod command;
mod effects;
mod host;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use crate::domain::Millis;
use crate::json::written;
use crate::machine::Machine;
use crate::machine::error::Rejected;
use crate::machine::event::Event;
use crate::machine::view::{Refusal, View};
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
    /// A checkout on this host. Nothing happens before it is told to `restore`.
    #[wasm_bindgen(constructor)]
    pub fn new(host: Host) -> Self {
        let inner = Inner { host, machine: RefCell::default(), storage: StorageQueue::default() };
        Self { inner: Rc::new(inner) }
    }

    /// Gives a command (see `command.rs` for their names and what they are about). Answers with the JSON
    /// of a `Refusal`, empty where the command was taken.
    pub fn tell(&self, name: &str, about: &str) -> String {
        let refusal = match command::read(name, about) {
            Ok(command) => match self.inner.feed(&Event::Command(command)) {
                Ok(()) => return String::new(),
                Err(rejected) => Refusal::new(&rejected, &self.inner.machine.borrow()),
            },
            Err(detail) => Refusal::of_draft(detail, &self.inner.machine.borrow()),
        };
        written(&refusal)
    }

    /// What a page shows: the JSON of a `View`.
    pub fn view(&self) -> String {
        self.inner.view()
    }

    /// The last steps, a `TraceLine` in JSON each.
    pub fn trace(&self) -> JsValue {
        let machine = self.inner.machine.borrow();
        let lines: Vec<_> = machine.trace().collect();
        serde_wasm_bindgen::to_value(&lines).unwrap_or(JsValue::UNDEFINED)
    }
}

impl Inner {
    /// Tells the machine, carries out what it asks, and shows the page what has become of it.
    fn feed(self: &Rc<Self>, event: &Event) -> Result<(), Rejected> {
        let now = Millis(self.host.now().max(0.0) as u64);
        let before = self.machine.borrow().revision();
        let asked = self.machine.borrow_mut().handle(now, event)?;
        for effect in asked {
            effects::carry_out(self, effect);
        }
        if self.machine.borrow().revision() != before {
            self.host.changed(&self.view());
        }
        Ok(())
    }

    fn view(&self) -> String {
        written(&View::from(&*self.machine.borrow()))
    }
}

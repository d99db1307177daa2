//! Carrying effects out. Every effect becomes one promise and one answer.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::host::{self, Host, property};
use super::{Inner, to_js};
use crate::machine::effect::{Effect, EffectId, LoginCode};
use crate::machine::event::{Answer, Event, Reply, SheetHint};
use crate::machine::policy::SAVE_LIMIT;

/// Writes go to the phone one after the other, so that an older snapshot never lands on a newer one.
#[derive(Default)]
pub struct StorageQueue {
    waiting: RefCell<VecDeque<Effect>>,
    busy: Cell<bool>,
}

/// How an effect's promise is read.
#[derive(Clone, Copy)]
enum Kind {
    Login,
    Call,
    Pay,
    Store,
    Sleep,
}

/// Begins an effect; its answer is fed to the machine when it comes.
pub fn carry_out(inner: &Rc<Inner>, effect: Effect) {
    if let Effect::Save { .. } | Effect::Forget { .. } = effect {
        inner.storage.waiting.borrow_mut().push_back(effect);
        store_next(inner);
    } else {
        begin(inner, effect);
    }
}

fn store_next(inner: &Rc<Inner>) {
    if inner.storage.busy.get() {
        return;
    }
    let next = inner.storage.waiting.borrow_mut().pop_front();
    if let Some(effect) = next {
        inner.storage.busy.set(true);
        begin(inner, effect);
    }
}

fn begin(inner: &Rc<Inner>, effect: Effect) {
    let id = effect.id();
    let (kind, promise) = start(&inner.host, effect);
    let inner = inner.clone();
    // The only suspended code of the core: one shape for every effect keeps the module small.
    spawn_local(async move {
        let settled = JsFuture::from(promise).await;
        let answer = read(kind, settled);
        if let Kind::Store = kind {
            inner.storage.busy.set(false);
            store_next(&inner);
        }
        // Answers are never rejected.
        let _ = inner.feed(&Event::Answer { id, answer });
    });
}

fn start(host: &Host, effect: Effect) -> (Kind, Promise) {
    let (kind, returned) = match effect {
        Effect::Login { .. } => (Kind::Login, host.login()),
        Effect::Call { call, .. } => {
            let http = call.into_http();
            let returned = host.request(http.method, &http.path, http.token, http.idempotency_key, http.body);
            (Kind::Call, returned)
        }
        Effect::Pay { params, .. } => (Kind::Pay, host.request_payment(&to_js(&params))),
        Effect::Save { snapshot, .. } => (Kind::Store, in_time(host, host.save(&snapshot.0))),
        Effect::Forget { .. } => (Kind::Store, in_time(host, host.forget())),
        Effect::Sleep { length, .. } => (Kind::Sleep, host.sleep(length.0 as f64)),
    };
    (kind, host::promise(returned))
}

/// A write that never answers must not hold up the next one.
fn in_time(host: &Host, write: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    let limit = host::promise(host.sleep(SAVE_LIMIT.0 as f64));
    let limit = limit.then(&Closure::once_into_js(|_: JsValue| -> JsValue { JsValue::FALSE }).unchecked_into());
    Ok(Promise::race(&Array::of2(&host::promise(write), &limit)).into())
}

fn read(kind: Kind, settled: Result<JsValue, JsValue>) -> Answer {
    match (kind, settled) {
        (Kind::Login, Ok(code)) => match code.as_string() {
            Some(code) => Answer::LoggedIn(LoginCode(code)),
            None => Answer::LoginFailed,
        },
        (Kind::Login, Err(_)) => Answer::LoginFailed,
        (Kind::Call, Ok(reply)) => match (property(&reply, "status").as_f64(), property(&reply, "body").as_string()) {
            (Some(status), Some(body)) => Answer::Called(Reply { status: status as u16, body }),
            _ => Answer::CallLost,
        },
        (Kind::Call, Err(_)) => Answer::CallLost,
        (Kind::Pay, Ok(reply) | Err(reply)) => {
            let err_msg = property(&reply, "errMsg").as_string().unwrap_or_default();
            Answer::SheetAnswered(SheetHint::from_err_msg(&err_msg))
        }
        // `false` is the limit speaking.
        (Kind::Store, Ok(value)) if value.as_bool() == Some(false) => Answer::StoreFailed,
        (Kind::Store, Ok(_)) => Answer::Stored,
        (Kind::Store, Err(_)) => Answer::StoreFailed,
        (Kind::Sleep, _) => Answer::Slept,
    }
}

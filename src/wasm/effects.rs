//! Carrying effects out. Every effect becomes one promise and one answer.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::Inner;
use super::host::Host;
use crate::json::{Json, written};
use crate::machine::effect::{Effect, EffectId, HttpRequest, LoginCode, SnapshotText};
use crate::machine::event::{Answer, Event, Reply, SheetHint};
use crate::machine::policy::SAVE_LIMIT;

/// Writes go to the phone one after the other, so that an older snapshot never lands on a newer one. One
/// that was given up may land after all: then the newest is written once more.
#[derive(Default)]
pub struct StorageQueue {
    waiting: RefCell<VecDeque<Effect>>,
    under_way: Cell<Option<EffectId>>,
    newest: RefCell<SnapshotText>,
}

/// Of writes that nobody in the machine waits for.
const NOBODYS: EffectId = EffectId(0);

/// How an effect's promise is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Login,
    Call,
    Pay,
    Store,
    /// The end of the wait for a write: one that never answers must not hold up the next.
    StoreLimit,
    Sleep,
}

/// Begins an effect; its answer is fed to the machine when it comes.
pub fn carry_out(inner: &Rc<Inner>, effect: Effect) {
    if let Effect::Save { .. } | Effect::Forget { .. } | Effect::Preserve { .. } = effect {
        inner.storage.waiting.borrow_mut().push_back(effect);
        store_next(inner);
    } else {
        begin(inner, effect);
    }
}

fn store_next(inner: &Rc<Inner>) {
    if inner.storage.under_way.get().is_some() {
        return;
    }
    let next = inner.storage.waiting.borrow_mut().pop_front();
    if let Some(effect) = next {
        let id = effect.id();
        match &effect {
            Effect::Save { snapshot, .. } => *inner.storage.newest.borrow_mut() = snapshot.clone(),
            Effect::Forget { .. } => *inner.storage.newest.borrow_mut() = SnapshotText::default(),
            _ => {}
        }
        inner.storage.under_way.set(Some(id));
        begin(inner, effect);
        await_answer(inner, id, Kind::StoreLimit, inner.host.sleep(SAVE_LIMIT.0 as f64));
    }
}

/// A write that was given up has landed, on top of the newest perhaps.
fn write_again(inner: &Rc<Inner>) {
    if inner.storage.waiting.borrow().is_empty() {
        let snapshot = inner.storage.newest.borrow().clone();
        inner.storage.waiting.borrow_mut().push_back(Effect::Save { id: NOBODYS, snapshot });
    }
    store_next(inner);
}

fn begin(inner: &Rc<Inner>, effect: Effect) {
    let id = effect.id();
    let (kind, promise) = start(&inner.host, effect);
    await_answer(inner, id, kind, promise);
}

/// The only suspended code of the core: one shape for every effect keeps the module small.
fn await_answer(inner: &Rc<Inner>, id: EffectId, kind: Kind, promise: Promise) {
    let inner = inner.clone();
    spawn_local(async move {
        let settled = JsFuture::from(promise).await;
        if let Kind::Store | Kind::StoreLimit = kind {
            // The write and its limit race; only the first of them is heard.
            if inner.storage.under_way.get() != Some(id) {
                // Once: a phone on which every write is late is not written to for ever.
                if kind == Kind::Store && id != NOBODYS {
                    write_again(&inner);
                }
                return;
            }
            inner.storage.under_way.set(None);
            store_next(&inner);
        }
        // Answers are never rejected.
        let _ = inner.feed(&Event::Answer { id, answer: read(kind, settled) });
    });
}

fn start(host: &Host, effect: Effect) -> (Kind, Promise) {
    match effect {
        Effect::Login { .. } => (Kind::Login, host.login()),
        Effect::Call { call, .. } => {
            let HttpRequest { method, path, token, idempotency_key, body } = call.into_http();
            (Kind::Call, host.request(method, &path, &token, &idempotency_key, &body))
        }
        Effect::Pay { params, .. } => (Kind::Pay, host.request_payment(&written(&params))),
        Effect::Save { snapshot, .. } => (Kind::Store, host.save(&snapshot.0)),
        Effect::Forget { .. } => (Kind::Store, host.save("")),
        Effect::Preserve { .. } => (Kind::Store, host.preserve()),
        Effect::Sleep { length, .. } => (Kind::Sleep, host.sleep(length.0 as f64)),
    }
}

fn read(kind: Kind, settled: Result<JsValue, JsValue>) -> Answer {
    let is_done = settled.is_ok();
    let text = settled.ok().and_then(|value| value.as_string());
    match (kind, text) {
        (Kind::Login, Some(code)) => Answer::LoggedIn(LoginCode(code)),
        (Kind::Login, None) => Answer::LoginFailed,
        (Kind::Call, text) => text.and_then(|text| reply(&text)).map_or(Answer::CallLost, Answer::Called),
        (Kind::Pay, text) => Answer::SheetAnswered(SheetHint::from_err_msg(&text.unwrap_or_default())),
        (Kind::Store, _) if is_done => Answer::Stored,
        (Kind::Store | Kind::StoreLimit, _) => Answer::StoreFailed,
        (Kind::Sleep, _) => Answer::Slept,
    }
}

fn reply(text: &str) -> Option<Reply> {
    let (status, body) = text.split_once(' ')?;
    Some(Reply { status: status.parse().ok()?, body: Json::from_text(body).unwrap_or(Json::Null) })
}

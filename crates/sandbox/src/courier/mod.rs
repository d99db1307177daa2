//! Notifications: made once, signed anew for every try, repeated until they are acknowledged.

mod deliver;
mod ladder;
mod letter;
mod route;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::book::{About, Notice, Order, Progress, Refund};
use crate::events::Kind;
use crate::faults::{DeliveryFault, Event, Forgery, Told};
use crate::sandbox::Sandbox;
use crate::text::text;
pub(crate) use deliver::{Sent, deliver};
pub use ladder::RETRY_SECONDS;
pub(crate) use ladder::deliver_forged;
pub(crate) use letter::{Letter, forge};
pub use route::{BadRoute, Route};

/// Who has not acknowledged by then has not.
const PATIENCE: Duration = Duration::from_secs(5);

/// Delivers to where a host's notifications really go, and to nowhere else: the sandbox is offline.
pub(crate) struct Courier {
    targets: BTreeMap<String, String>,
    http: reqwest::Client,
    /// How many were delivered: who was held back waits for another one.
    delivered: watch::Sender<u64>,
}

impl Courier {
    pub(crate) fn new(routes: Vec<Route>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .http1_title_case_headers()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()?;
        Ok(Self { targets: route::by_host(routes), http, delivered: watch::Sender::new(0) })
    }
}

/// What was arranged for one notification.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    lost: usize,
    late_ms: u64,
    duplicates: usize,
    at_once: usize,
    held_back: bool,
    before_payer: bool,
    forgeries: Vec<Forgery>,
}

impl Plan {
    fn of(faults: Vec<DeliveryFault>) -> Self {
        let mut plan = Self { at_once: 1, ..Self::default() };
        for fault in faults {
            match fault {
                DeliveryFault::Lost { tries } => plan.lost = plan.lost.max(tries),
                DeliveryFault::Late { ms } => plan.late_ms = plan.late_ms.max(ms),
                DeliveryFault::Duplicated { times } => plan.duplicates = plan.duplicates.max(times),
                DeliveryFault::Concurrent { times } => plan.at_once = plan.at_once.max(times),
                DeliveryFault::OutOfOrder => plan.held_back = true,
                DeliveryFault::BeforePayer => plan.before_payer = true,
                DeliveryFault::Forged(forgery) => plan.forgeries.push(forgery),
            }
        }
        plan
    }
}

/// Resolves when the payer's phone may have its answer.
pub(crate) type FirstTry = oneshot::Receiver<()>;

/// Owes the notification of a payment; its first try is awaited only if that was arranged.
pub(crate) fn owe_payment_notice(sandbox: &Arc<Sandbox>, order: &Order) -> Option<FirstTry> {
    let about = About::Payment { owner: order.form.payee.owner(), out_trade_no: order.form.out_trade_no.clone() };
    owe(
        sandbox,
        about,
        order.form.payee.mchid(),
        &Letter::Payment { order: Box::new(order.clone()) },
        sandbox.clock.now_ms(),
    )
}

/// Owes the notification of a refund, when it is over.
pub(crate) fn owe_refund_notice(sandbox: &Arc<Sandbox>, order: &Order, refund: &Refund) {
    if refund.notify_url.is_none() {
        return;
    }
    let about = About::Refund { owner: refund.owner.clone(), out_refund_no: refund.out_refund_no.clone() };
    let letter = Letter::Refund { order: Box::new(order.clone()), refund: Box::new(refund.clone()) };
    owe(sandbox, about, order.form.payee.mchid(), &letter, refund.due_ms);
}

fn owe(sandbox: &Arc<Sandbox>, about: About, mchid: &str, letter: &Letter, due_ms: u64) -> Option<FirstTry> {
    let name = about.name();
    let dice = sandbox.cup.fixed(&[b"notice", mchid.as_bytes(), name.as_bytes()]);
    let id = format!("EV-{}", dice.digits(19));
    let Some(body) = letter.write(sandbox, &id, &dice) else {
        sandbox.tell(
            Kind::Notification,
            text(format!("{name}: no notification could be made"), format!("{name}：通知生成失败")),
        );
        return None;
    };
    let url = letter.url().to_owned();
    let path = reqwest::Url::parse(&url).map(|url| url.path().to_owned()).unwrap_or_default();
    let told = match letter {
        Letter::Payment { .. } => Event::Payment,
        Letter::Refund { .. } => Event::Refund,
    };
    let told = Told { about: told, api: letter.api() };
    let plan = Plan::of(sandbox.faults.for_notification(&path, told, &dice));
    let progress = Progress::Waiting { tries: 0, next_ms: due_ms.saturating_add(plan.late_ms) };
    let notice = Notice { id, about, api: letter.api(), mchid: mchid.to_owned(), url, body, progress };
    sandbox.book().put_notice(notice.clone());
    let (told, first_try) = oneshot::channel();
    let awaited = plan.before_payer;
    sandbox.spawn(ladder::climb(Arc::clone(sandbox), notice, plan, told));
    awaited.then_some(first_try)
}

/// Goes on with what a killed sandbox owed.
pub(crate) fn resume(sandbox: &Arc<Sandbox>) {
    let owed: Vec<Notice> =
        sandbox.book().notices().filter(|notice| notice.progress != Progress::Over).cloned().collect();
    for notice in owed {
        let (told, _) = oneshot::channel();
        sandbox.spawn(ladder::climb(Arc::clone(sandbox), notice, Plan::of(vec![]), told));
    }
}

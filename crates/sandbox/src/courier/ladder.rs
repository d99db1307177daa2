//! Try after try, until one is acknowledged or the last was made.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::{Plan, Sent, deliver, forge};
use crate::book::{Notice, Progress};
use crate::events::Kind;
use crate::faults::Forgery;
use crate::sandbox::Sandbox;
use crate::text::{Text, text};

/// How long after a try that was not acknowledged the next one comes, in seconds. The first try
/// comes at once. (v3 documentation, payment notification)
pub const RETRY_SECONDS: [u64; 15] =
    [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600];

/// What is held back goes at last, even if nothing else was delivered.
const HELD_BACK_MS: u64 = 60 * 60 * 1000;

/// Delivers in the background: the payer's phone does not wait for the merchant.
pub(super) async fn climb(sandbox: Arc<Sandbox>, notice: Notice, plan: Plan, told: oneshot::Sender<()>) {
    let Progress::Waiting { mut tries, mut next_ms } = notice.progress else { return };
    let mut told = Some(told);
    loop {
        sandbox.clock.sleep_until(next_ms).await;
        if tries == 0 {
            wait_for_another(&sandbox, &plan).await;
            for forgery in &plan.forgeries {
                send_forged(&sandbox, &notice, *forgery).await;
            }
        }
        tries += 1;
        let outcome = one_try(&sandbox, &notice, &plan, tries).await;
        if let Some(told) = told.take() {
            // Nobody waits when it was not arranged.
            let _ = told.send(());
        }
        match outcome {
            Ok(status) => return acknowledged(&sandbox, &notice, &plan, tries, status).await,
            Err(why) => match RETRY_SECONDS.get(tries - 1) {
                Some(seconds) => {
                    // Before the event shows: who sees it may move the clock.
                    next_ms = sandbox.clock.now_ms().saturating_add(seconds * 1000);
                    sandbox.book().set_progress(&notice.id, Progress::Waiting { tries, next_ms });
                    let Text { en, zh } = why;
                    let en = format!("try {tries}: {en}; next try in {seconds} s");
                    tell(&sandbox, &notice, text(en, format!("第 {tries} 次：{zh}；{seconds} 秒后重试")));
                }
                None => {
                    sandbox.book().set_progress(&notice.id, Progress::Over);
                    let Text { en, zh } = why;
                    let en = format!("try {tries}: {en}; it was the last");
                    tell(&sandbox, &notice, text(en, format!("第 {tries} 次：{zh}；不再重试")));
                    return;
                }
            },
        }
    }
}

async fn one_try(sandbox: &Arc<Sandbox>, notice: &Notice, plan: &Plan, tries: usize) -> Result<u16, Text> {
    if tries <= plan.lost {
        return Err(text("lost on the way, as arranged", "按安排在途中丢失"));
    }
    let copies = if tries == plan.lost + 1 { plan.at_once } else { 1 };
    let mut under_way = tokio::task::JoinSet::new();
    for copy in 0..copies {
        let (sandbox, notice) = (Arc::clone(sandbox), notice.clone());
        under_way.spawn(async move { deliver(&sandbox, &Sent::genuine(&notice, tries, copy)).await });
    }
    let mut outcome = Err(text("could not be sent", "未能发送"));
    while let Some(answer) = under_way.join_next().await {
        let answer = answer.unwrap_or_else(|_| Err(text("could not be sent", "未能发送")));
        if copies > 1 {
            let shown = answer
                .as_ref()
                .map_or_else(Clone::clone, |status| text(format!("answered with {status}"), format!("应答 {status}")));
            let en = format!("one of {copies} at the same time: {}", shown.en);
            tell(sandbox, notice, text(en, format!("同时送达的 {copies} 个之一：{}", shown.zh)));
        }
        if outcome.is_err() {
            outcome = answer;
        }
    }
    outcome
}

async fn acknowledged(sandbox: &Arc<Sandbox>, notice: &Notice, plan: &Plan, tries: usize, status: u16) {
    sandbox.book().set_progress(&notice.id, Progress::Over);
    sandbox.courier.delivered.send_modify(|count| *count += 1);
    let en = format!("notification acknowledged with {status} on try {tries}");
    tell(sandbox, notice, text(en, format!("第 {tries} 次通知已确认（{status}）")));
    for again in 1..=plan.duplicates {
        let answer = deliver(sandbox, &Sent::genuine(notice, tries + again, 0)).await;
        let shown = answer.map_or_else(
            |why| why,
            |status| text(format!("acknowledged with {status}"), format!("已确认（{status}）")),
        );
        let en = format!("delivered again although it was acknowledged: {}", shown.en);
        tell(sandbox, notice, text(en, format!("确认之后再次送达：{}", shown.zh)));
    }
}

/// Out of order: this one goes after one that was made later.
async fn wait_for_another(sandbox: &Arc<Sandbox>, plan: &Plan) {
    if !plan.held_back {
        return;
    }
    let mut delivered = sandbox.courier.delivered.subscribe();
    let before = *delivered.borrow();
    let deadline_ms = sandbox.clock.now_ms().saturating_add(HELD_BACK_MS);
    tokio::select! {
        _ = delivered.wait_for(|count| *count > before) => {}
        () = sandbox.clock.sleep_until(deadline_ms) => {}
    }
}

async fn send_forged(sandbox: &Arc<Sandbox>, notice: &Notice, forgery: Forgery) {
    // Whether it was taken is told by itself.
    let _ = deliver_forged(sandbox, notice, forgery).await;
}

/// Sends a forged notification, and tells whether the receiver fell for it.
pub(crate) async fn deliver_forged(sandbox: &Arc<Sandbox>, notice: &Notice, forgery: Forgery) -> Result<u16, Text> {
    let name = forgery.name();
    let Some(sent) = forge(sandbox, notice, forgery) else {
        return Err(text(
            format!("there is no {name} of this kind of notification"),
            format!("这种通知没有 {name} 伪造"),
        ));
    };
    let answer = deliver(sandbox, &sent).await;
    let verdict = match (&answer, forgery.must_be_refused()) {
        (Ok(status), true) => text(
            format!("the forgery {name} was acknowledged with {status}: the receiver does not check it"),
            format!("伪造通知 {name} 被确认（{status}）：接收方没有校验"),
        ),
        (Ok(status), false) => text(
            format!("the notification {name} was acknowledged with {status}: see that it paid no order"),
            format!("通知 {name} 被确认（{status}）：请确认没有据此把订单置为已支付"),
        ),
        (Err(why), _) => text(
            format!("the forgery {name} was not taken: {}", why.en),
            format!("伪造通知 {name} 未被接受：{}", why.zh),
        ),
    };
    tell(sandbox, notice, verdict);
    answer
}

fn tell(sandbox: &Sandbox, notice: &Notice, what: Text) {
    let Text { en, zh } = what;
    let what = text(format!("{}: {en}", notice.about.name()), format!("{}：{zh}", notice.about.name_zh()));
    sandbox.tell(Kind::Notification, what);
}

#[cfg(test)]
mod tests {
    use super::RETRY_SECONDS;

    #[test]
    fn the_ladder_is_the_documented_one() {
        assert_eq!(RETRY_SECONDS.iter().sum::<u64>(), 86_640, "a day and four minutes");
    }
}

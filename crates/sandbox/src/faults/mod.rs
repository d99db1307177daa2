//! What goes wrong on purpose: by rule (path, count, probability, seed), or for one request by header.

mod arranged;
mod form;
mod negative;

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::book::Api;
use crate::dice::Dice;
use crate::keyring::Dress;
use crate::v2::is_v2;
pub(crate) use arranged::Arranged;
pub(crate) use form::{Forgery, RuleForm};
pub(crate) use negative::{Case, by_header, documented, unknown_case};

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    Answer(AnswerFault),
    Refund(RefundFault),
    Delivery(DeliveryFault),
    /// From the request that meets it, the second merchant's certificates sign nothing any more.
    SwitchToPublicKey,
}

impl Fault {
    /// Whether it can happen to this request at all: a rule without a path waits for one that it can do
    /// something to. Whether it did is known when the request is answered.
    fn can_happen(&self, method: &str, path: &str) -> bool {
        match self {
            Self::Delivery(_) => false,
            Self::Answer(fault) => match fault {
                AnswerFault::DropRequest
                | AnswerFault::DropAnswer
                | AnswerFault::Delay { .. }
                | AnswerFault::BadGateway
                | AnswerFault::ErrorAfter
                | AnswerFault::Refuse(_) => true,
                // What v2 answers is signed in its body, and a login and a bill's file are not signed at all.
                AnswerFault::Dress(dress) => {
                    let is_v3 = path.starts_with("/v3/") && path != "/v3/billdownload/file";
                    is_v3 || (is_v2(path) && dress.is_of_v2())
                }
                AnswerFault::NotPaidYet => {
                    let is_v3 = path.contains("/transactions/out-trade-no/") || path.contains("/transactions/id/");
                    (method == "GET" && is_v3) || matches!(path, "/pay/orderquery" | "/wxa/sec/order/get_order")
                }
            },
            Self::Refund(_) => method == "POST" && matches!(path, "/v3/refund/domestic/refunds" | "/secapi/pay/refund"),
            Self::SwitchToPublicKey => path.starts_with("/v3/"),
        }
    }
}

/// With an answer of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerFault {
    /// The connection ends before anything is done.
    DropRequest,
    /// Everything is done, and the connection ends without an answer.
    DropAnswer,
    /// Everything is done, and the answer comes later by so much real time.
    Delay { ms: u64 },
    /// Everything is done, and the answer is 500 SYSTEM_ERROR.
    ErrorAfter,
    /// Nothing is done; 502 from something that is not WeChat Pay.
    BadGateway,
    /// Nothing is done; a documented refusal.
    Refuse(Case),
    /// Everything is done, and the answer's signature is not as it should be.
    Dress(Dress),
    /// A query does not see the payment yet.
    NotPaidYet,
}

/// With a refund that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefundFault {
    /// It ends ABNORMAL.
    Abnormal,
    /// It ends CLOSED.
    Closed,
}

/// With a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeliveryFault {
    /// So many tries never arrive.
    Lost { tries: usize },
    /// The first try comes so much later, on WeChat's clock.
    Late { ms: u64 },
    /// After it was acknowledged it comes so many more times.
    Duplicated { times: usize },
    /// It comes so many times at once.
    Concurrent { times: usize },
    /// It is held back until another one was delivered.
    OutOfOrder,
    /// It is delivered before the payer's phone has its answer.
    BeforePayer,
    /// A forged one comes first.
    Forged(Forgery),
}

impl DeliveryFault {
    fn can_happen(self, told: Told) -> bool {
        match self {
            Self::Forged(forgery) => forgery.is_of(told),
            // Nobody waits for a refund.
            Self::BeforePayer => told.about == Event::Payment,
            Self::Lost { .. }
            | Self::Late { .. }
            | Self::Duplicated { .. }
            | Self::Concurrent { .. }
            | Self::OutOfOrder => true,
        }
    }
}

/// Which kind of notification.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) about: Event,
    pub(crate) api: Api,
}

/// What a notification tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Payment,
    Refund,
}

/// Where and how often a fault happens.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    fault: Fault,
    /// How events and lists name it.
    name: String,
    /// Where and how often, as it was posted.
    form: RuleForm,
}

/// A rule, as it is listed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Listed {
    pub(crate) id: u64,
    #[serde(flatten)]
    rule: RuleForm,
    /// How many requests or notifications it looked at.
    pub(crate) matched: u64,
    /// How many times it happened.
    pub(crate) happened: u64,
}

#[derive(Default)]
pub(crate) struct Faults(Mutex<Board>);

#[derive(Default)]
struct Board {
    last: u64,
    rules: Vec<Standing>,
}

struct Standing {
    id: u64,
    rule: Rule,
    matched: u64,
    happened: u64,
}

impl Faults {
    pub(crate) fn add(&self, rule: Rule) -> u64 {
        let mut board = self.board();
        board.last += 1;
        let id = board.last;
        board.rules.push(Standing { id, rule, matched: 0, happened: 0 });
        id
    }

    /// Takes rules away: one, or all.
    pub(crate) fn clear(&self, id: Option<u64>) -> usize {
        let mut board = self.board();
        let before = board.rules.len();
        board.rules.retain(|standing| id.is_some_and(|id| id != standing.id));
        before - board.rules.len()
    }

    pub(crate) fn list(&self) -> Vec<Listed> {
        let listed = |standing: &Standing| Listed {
            id: standing.id,
            rule: standing.rule.form.clone(),
            matched: standing.matched,
            happened: standing.happened,
        };
        self.board().rules.iter().map(listed).collect()
    }

    /// What goes wrong with one request: the rule's number and name, and its fault.
    fn for_request(&self, method: &str, path: &str, dice: &Dice) -> Vec<(u64, String, Fault)> {
        self.happening(Some(method), path, dice, |fault| fault.can_happen(method, path))
    }

    /// What goes wrong with one notification.
    pub(crate) fn for_notification(&self, path: &str, told: Told, dice: &Dice) -> Vec<DeliveryFault> {
        let all = self.happening(None, path, dice, |fault| match fault {
            Fault::Delivery(fault) => fault.can_happen(told),
            Fault::Answer(_) | Fault::Refund(_) | Fault::SwitchToPublicKey => false,
        });
        let delivery = |(_, _, fault)| match fault {
            Fault::Delivery(fault) => Some(fault),
            Fault::Answer(_) | Fault::Refund(_) | Fault::SwitchToPublicKey => None,
        };
        all.into_iter().filter_map(delivery).collect()
    }

    /// A rule had its turn, and nothing happened.
    fn give_back(&self, id: u64) {
        if let Some(standing) = self.board().rules.iter_mut().find(|standing| standing.id == id) {
            standing.happened = standing.happened.saturating_sub(1);
        }
    }

    fn happening(
        &self,
        method: Option<&str>,
        path: &str,
        dice: &Dice,
        kind: impl Fn(&Fault) -> bool,
    ) -> Vec<(u64, String, Fault)> {
        let mut board = self.board();
        let mut faults = Vec::new();
        for standing in board.rules.iter_mut().filter(|standing| kind(&standing.rule.fault)) {
            if standing.strikes(method, path, dice) {
                faults.push((standing.id, standing.rule.name.clone(), standing.rule.fault.clone()));
            }
        }
        faults
    }

    fn board(&self) -> std::sync::MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing {
    fn strikes(&mut self, method: Option<&str>, path: &str, dice: &Dice) -> bool {
        let rule = &self.rule.form;
        let fits = rule.path.as_deref().is_none_or(|pattern| fits(pattern, path))
            && rule.method.as_deref().is_none_or(|wanted| method.is_none_or(|method| method == wanted));
        if !fits {
            return false;
        }
        self.matched += 1;
        if self.matched <= rule.after || rule.count.is_some_and(|count| self.happened >= count) {
            return false;
        }
        // The request decides, not the order in which requests come: the same seed and requests give the same faults.
        let own = rule.seed.unwrap_or(self.id).to_be_bytes();
        let strikes = dice.child(&[b"fault", &own]).happens(rule.probability);
        self.happened += u64::from(strikes);
        strikes
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((head, tail)) => path.len() >= head.len() + tail.len() && path.starts_with(head) && path.ends_with(tail),
    }
}

#[cfg(test)]
mod tests {
    use super::{Faults, Rule, RuleForm, fits};
    use crate::dice::Cup;

    fn rule(more: serde_json::Value) -> Rule {
        let mut form = serde_json::json!({ "fault": "bad_gateway" });
        form.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        serde_json::from_value::<RuleForm>(form).expect("a form").read().expect("a rule")
    }

    #[test]
    fn a_pattern_has_one_star_at_most_anywhere() {
        for (pattern, path, is) in [
            ("/a", "/a", true),
            ("/a", "/a/b", false),
            ("/a/*", "/a/b", true),
            ("/a/*/close", "/a/b/close", true),
            ("/a/*/close", "/a/b", false),
            ("*", "/anything", true),
            ("/ab*b", "/ab", false),
        ] {
            assert_eq!(fits(pattern, path), is, "{pattern} {path}");
        }
    }

    #[test]
    fn some_pass_before_and_it_ends_after_its_count() {
        let faults = Faults::default();
        faults.add(rule(serde_json::json!({ "after": 1, "count": 2 })));
        let cup = Cup::new(Some(1), 0).expect("seeded");
        let hits: Vec<_> = (0..5).map(|_| faults.for_request("GET", "/x", &cup.dice(&[b"x"])).len()).collect();
        assert_eq!(hits, [0, 1, 1, 0, 0]);
        assert_eq!(faults.list()[0].happened, 2);
    }

    #[test]
    fn a_probability_falls_the_same_way_for_the_same_requests_in_any_order() {
        let run = |order: &[u8]| {
            let faults = Faults::default();
            faults.add(rule(serde_json::json!({ "probability": 0.5, "seed": 9 })));
            let cup = Cup::new(Some(1), 0).expect("seeded");
            let mut hits: Vec<_> =
                order.iter().map(|n| (*n, faults.for_request("GET", "/x", &cup.dice(&[&[*n]])).len())).collect();
            hits.sort_unstable();
            hits
        };
        let (there, back) = (run(&[1, 2, 3, 4, 5, 6, 7, 8]), run(&[8, 7, 6, 5, 4, 3, 2, 1]));
        assert_eq!(there, back);
        let hits = there.iter().filter(|(_, hit)| *hit == 1).count();
        assert!((1..8).contains(&hits), "{there:?}");
    }
}

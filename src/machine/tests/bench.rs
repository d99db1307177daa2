//! A machine on a bench: commands and answers by hand, in plain words.

use crate::domain::{Fen, Millis};
use crate::json::Json;
use crate::machine::effect::{Effect, EffectId, LoginCode};
use crate::machine::error::Rejected;
use crate::machine::event::{Acknowledged, Answer, Command, Draft, Event, Reply, Separate, SheetHint};
use crate::machine::policy;
use crate::machine::state::State;
use crate::machine::view::View;
use crate::machine::{Machine, Stored};
use crate::wire::{Basket, Line};

pub const ORDER: &str = "ord-1";
pub const PRICE: u32 = 6800;

/// A machine, its clock, and the effects that nobody has answered.
#[derive(Clone)]
pub struct Bench {
    pub machine: Machine,
    pub now: Millis,
    pub open: Vec<Effect>,
    /// Every effect ever asked for.
    pub asked: Vec<Effect>,
}

impl Bench {
    /// A machine that found this in storage.
    pub fn restored(stored: Stored) -> Self {
        let mut bench = Self { machine: Machine::new(), now: Millis(1_000_000), open: Vec::new(), asked: Vec::new() };
        bench.tell(Command::Restore(stored)).expect("the first restore is taken");
        bench
    }

    /// A machine with an empty memory that knows it: nothing has to be listed first.
    pub fn fresh() -> Self {
        Self::restored(found(r#"{"version":1,"memory":{"session":null,"checkout":"Nothing","watch":[],"owed":[]}}"#))
    }

    pub fn handle(&mut self, event: &Event) -> Result<(), Rejected> {
        let effects = self.machine.handle(self.now, event)?;
        self.asked.extend(effects.iter().cloned());
        self.open.extend(effects);
        Ok(())
    }

    pub fn tell(&mut self, command: Command) -> Result<(), Rejected> {
        self.handle(&Event::Command(command))
    }

    /// Answers the newest open effect of this name.
    pub fn answer(&mut self, name: &str, answer: Answer) {
        let at = self.open.iter().rposition(|effect| effect.name() == name);
        let at = at.unwrap_or_else(|| panic!("no {name} is open in {}: {:?}", self.state(), self.open));
        let id = self.open.remove(at).id();
        self.answer_id(id, answer);
    }

    pub fn answer_id(&mut self, id: EffectId, answer: Answer) {
        self.handle(&Event::Answer { id, answer }).expect("answers are never rejected");
    }

    /// Lets a sleep of this length end, and the clock with it.
    pub fn sleep_ends(&mut self, length: Millis) {
        let at = self.open.iter().rposition(|e| matches!(e, Effect::Sleep { length: l, .. } if *l == length));
        let at = at.unwrap_or_else(|| panic!("no sleep of {length:?} is open: {:?}", self.open));
        let id = self.open.remove(at).id();
        self.now = self.now.after(length);
        self.answer_id(id, Answer::Slept);
    }

    pub fn state(&self) -> &'static str {
        self.machine.state().name()
    }

    pub fn view(&self) -> View {
        View::from(&self.machine)
    }

    pub fn count(&self, name: &str) -> usize {
        self.asked.iter().filter(|effect| effect.name() == name).count()
    }

    /// The snapshot as text; empty where there is none.
    pub fn written(&self) -> &str {
        let last = self.asked.iter().rev().find(|e| matches!(e, Effect::Save { .. } | Effect::Forget { .. }));
        match last {
            Some(Effect::Save { snapshot, .. }) => &snapshot.0,
            _ => "",
        }
    }

    /// The snapshot that a killed app would find.
    pub fn storage(&self) -> Stored {
        match self.written() {
            "" => Stored::Missing,
            text => found(text),
        }
    }

    // The way of a purchase, step by step.

    pub fn recording() -> Self {
        let mut bench = Self::fresh();
        bench.tell(start()).expect("nothing is open");
        bench
    }

    pub fn signing_in() -> Self {
        let mut bench = Self::recording();
        bench.answer("Save", Answer::Stored);
        bench
    }

    pub fn creating() -> Self {
        let mut bench = Self::signing_in();
        bench.answer("Login", code());
        bench.answer("Call(Exchange)", session());
        bench
    }

    pub fn saving() -> Self {
        let mut bench = Self::creating();
        bench.answer("Call(CreateOrder)", created("payable"));
        bench
    }

    pub fn paying() -> Self {
        let mut bench = Self::saving();
        bench.answer("Save", Answer::Stored);
        bench
    }

    pub fn paying_long() -> Self {
        let mut bench = Self::paying();
        bench.sleep_ends(Millis::seconds(20));
        bench
    }

    pub fn confirming(hint: SheetHint) -> Self {
        let mut bench = Self::paying();
        bench.answer("Pay", Answer::SheetAnswered(hint));
        bench
    }

    pub fn unpaid() -> Self {
        let mut bench = Self::confirming(SheetHint::Cancelled);
        bench.answer("Call(Verify)", verdict("payable"));
        bench
    }

    pub fn unconfirmed() -> Self {
        let mut bench = Self::confirming(SheetHint::Other);
        while bench.state() == "Confirming" {
            bench.now = bench.now.after(Millis::seconds(5));
            match bench.open.iter().any(|e| e.name() == "Call(Verify)") {
                true => bench.answer("Call(Verify)", Answer::CallLost),
                false => bench.answer("Sleep", Answer::Slept),
            }
        }
        bench
    }

    pub fn closed() -> Self {
        let mut bench = Self::confirming(SheetHint::Cancelled);
        bench.answer("Call(Verify)", verdict("closed"));
        bench
    }

    pub fn paid() -> Self {
        let mut bench = Self::confirming(SheetHint::Ok);
        bench.answer("Call(Verify)", verdict("paid"));
        bench
    }

    pub fn failed() -> Self {
        let mut bench = Self::creating();
        bench.answer("Call(CreateOrder)", problem(409, "price_changed", "never"));
        bench
    }

    /// Every state by its name, sub-states included.
    pub fn everywhere() -> Vec<(&'static str, Self)> {
        let mut listing = Self::restored(Stored::Missing);
        listing.tell(start()).expect("nothing is open");
        listing.answer("Save", Answer::Stored);
        listing.answer("Login", code());
        listing.answer("Call(Exchange)", session());
        let mut resting = Self::creating();
        resting.answer("Call(CreateOrder)", Answer::CallLost);
        let mut renewing = Self::creating();
        renewing.answer("Call(CreateOrder)", problem(401, "session_expired", "login"));
        let mut exchanging = Self::signing_in();
        exchanging.answer("Login", code());
        let mut signed_in = Self::closed();
        signed_in.tell(start()).expect("nothing is open");
        let mut last_login = Self::signing_in();
        for length in policy::LOGIN_LADDER {
            last_login.answer("Login", Answer::LoginFailed);
            last_login.sleep_ends(length);
        }
        let mut known = Self::unpaid();
        let mut known_without_session = known.clone();
        known_without_session.now = known.now.after(Millis::seconds(7200));
        for bench in [&mut known, &mut known_without_session] {
            let revision = bench.machine.revision();
            bench.tell(Command::PayAgain { revision }).expect("unpaid orders can be paid");
        }
        let relaunched = Self::restored(Self::creating().storage());
        let mut last_try = Self::creating();
        for length in policy::CREATE_LADDER {
            last_try.answer("Call(CreateOrder)", Answer::CallLost);
            last_try.sleep_ends(length);
        }
        let mut paying_look = Self::paying();
        paying_look.sleep_ends(policy::PAYING_LOOK);
        let mut last_look = Self::confirming(SheetHint::Ok);
        for _ in 0..2 {
            last_look.answer("Call(Verify)", Answer::CallLost);
            last_look.now = last_look.now.after(policy::LONGEST_WAIT);
            last_look.answer("Sleep", Answer::Slept);
        }
        let mut unpaid_look = Self::unpaid();
        unpaid_look.sleep_ends(policy::UNPAID_LADDER[0]);
        let mut unconfirmed_look = Self::unconfirmed();
        unconfirmed_look.tell(Command::Shown).expect("always taken");
        vec![
            ("Idle", Self::fresh()),
            ("Recording", Self::recording()),
            ("Recording:signed in", signed_in),
            ("SigningIn", Self::signing_in()),
            ("SigningIn:exchanging", exchanging),
            ("SigningIn:last try", last_login),
            ("SigningIn:to pay again", known_without_session),
            ("CreatingOrder", Self::creating()),
            ("CreatingOrder:listing", listing),
            ("CreatingOrder:resting", resting),
            ("CreatingOrder:renewing", renewing),
            ("CreatingOrder:last try", last_try),
            ("CreatingOrder:to pay again", known),
            ("CreatingOrder:relaunched", relaunched),
            ("Saving", Self::saving()),
            ("Paying", Self::paying()),
            ("Paying:long", Self::paying_long()),
            ("Paying:looking", paying_look),
            ("Confirming", Self::confirming(SheetHint::Ok)),
            ("Confirming:cancelled", Self::confirming(SheetHint::Cancelled)),
            ("Confirming:last look", last_look),
            ("Unpaid", Self::unpaid()),
            ("Unpaid:looking", unpaid_look),
            ("Unconfirmed", Self::unconfirmed()),
            ("Unconfirmed:looking", unconfirmed_look),
            ("Closed", Self::closed()),
            ("Paid", Self::paid()),
            ("Failed", Self::failed()),
        ]
    }

    /// The state, to compare what must not have changed.
    pub fn copy_of_state(&self) -> State {
        self.machine.state().clone()
    }
}

/// What the storage holds, as the machine is told.
pub fn found(text: &str) -> Stored {
    Json::from_text(text).map_or(Stored::Unreadable, Stored::Found)
}

pub fn draft() -> Draft {
    let basket = Basket::Items(vec![Line { sku: "longjing-50g".into(), quantity: 1 }]);
    Draft::new(basket, Fen::new(PRICE).expect("positive"), Separate::No).expect("a good draft")
}

pub fn start() -> Command {
    Command::Start { draft: draft(), key: "07".repeat(16).try_into().expect("a key") }
}

pub fn acknowledge(order_id: &str) -> Command {
    Command::Acknowledge(Acknowledged::Order(order_id.to_owned().try_into().expect("an order id")))
}

pub fn code() -> Answer {
    Answer::LoggedIn(LoginCode("code-secret".into()))
}

/// An HTTP answer.
pub fn reply(status: u16, body: impl AsRef<str>) -> Answer {
    Answer::Called(Reply { status, body: Json::from_text(body.as_ref()).unwrap_or(Json::Null) })
}

pub fn session() -> Answer {
    reply(200, r#"{"token":"s1.secret","expiresInMs":7200000,"userOpenId":"openid-secret"}"#)
}

pub fn created(state: &str) -> Answer {
    created_for(ORDER, state, PRICE)
}

pub fn created_for(order: &str, state: &str, amount: u32) -> Answer {
    let payment = if state == "payable" {
        r#","payment":{"timeStamp":"1","nonceStr":"n","package":"prepay_id=secret","signType":"RSA","paySign":"sign-secret"}"#
    } else {
        ""
    };
    reply(
        200,
        format!(
            r#"{{"orderId":"{order}","state":"{state}","amount":{amount},"statusToken":"o1.secret","payableForMs":600000{payment}}}"#
        ),
    )
}

pub fn verdict(state: &str) -> Answer {
    verdict_for(ORDER, state, PRICE, "wechat")
}

pub fn verdict_for(order: &str, state: &str, amount: u32, source: &str) -> Answer {
    let valid = state == "paid";
    reply(
        200,
        format!(
            r#"{{"orderId":"{order}","isValid":{valid},"state":"{state}","amount":{amount},"evidence":{{"source":"{source}","ageMs":0}},"retryAfterMs":0}}"#
        ),
    )
}

pub fn problem(status: u16, code: &str, retry: &str) -> Answer {
    reply(status, format!(r#"{{"status":{status},"code":"{code}","retry":"{retry}","requestId":"req-1"}}"#))
}

pub fn garbage() -> Answer {
    reply(200, "<html>")
}

//! Everything outside the machine that can happen, one step at a time.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::server::{Server, verdict};
use crate::domain::Millis;
use crate::machine::effect::{Call, Effect, EffectId, LoginCode};
use crate::machine::event::{Acknowledged, Answer, Command, Event, SheetHint};
use crate::machine::state::State;
use crate::machine::tests::bench::{draft, found, problem};
use crate::machine::{Machine, Stored};

/// How often each thing that need not happen may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    pub starts: u8,
    pub pay_agains: u8,
    pub check_agains: u8,
    pub kills: u8,
    pub losses: u8,
    pub refused_sessions: u8,
    pub failed_writes: u8,
    pub hides: u8,
    pub lags: u8,
    pub leavings: u8,
    pub purges: u8,
}

impl Budget {
    /// Two taps on buy, and nothing goes wrong.
    const QUIET: Self = Self {
        starts: 2,
        pay_agains: 0,
        check_agains: 0,
        kills: 0,
        losses: 0,
        refused_sessions: 0,
        failed_writes: 0,
        hides: 0,
        lags: 0,
        leavings: 0,
        purges: 0,
    };

    /// More of everything than anybody's day holds.
    pub const LONG: Self = Self {
        starts: 6,
        pay_agains: 6,
        check_agains: 6,
        kills: 6,
        losses: 20,
        refused_sessions: 6,
        failed_writes: 4,
        hides: 6,
        lags: 6,
        leavings: 4,
        purges: 3,
    };

    /// Days that are bad in different ways, so that each is explored in depth; the last in all ways.
    pub const DAYS: [(&'static str, Self); 7] = [
        ("killed, and paid again", Self { starts: 1, pay_agains: 1, kills: 2, ..Self::QUIET }),
        ("bought twice, killed once", Self { kills: 1, ..Self::QUIET }),
        ("answers lost", Self { starts: 1, pay_agains: 1, check_agains: 1, losses: 2, lags: 1, ..Self::QUIET }),
        ("left and set aside", Self { check_agains: 1, leavings: 2, lags: 1, kills: 1, ..Self::QUIET }),
        ("storage fails", Self { starts: 1, failed_writes: 2, kills: 1, hides: 1, ..Self::QUIET }),
        ("storage purged or spoilt between launches", Self { purges: 2, pay_agains: 1, ..Self::QUIET }),
        (
            "everything",
            Self {
                starts: 2,
                pay_agains: 1,
                check_agains: 1,
                kills: 2,
                losses: 2,
                refused_sessions: 1,
                failed_writes: 1,
                hides: 1,
                lags: 1,
                leavings: 1,
                purges: 1,
            },
        ),
    ];
}

/// A part that breaks its word on purpose, to show that the laws can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Broken {
    Nothing,
    /// The machine takes the sheet's "ok" for a payment.
    TrustsTheSheet,
    /// The machine opens the sheet before the order is written.
    OpensBeforeSaving,
    /// The machine forgets an outcome that was not acknowledged.
    ForgetsOutcomes,
    /// The machine opens the sheet again by itself after a relaunch.
    OpensAfterRelaunch,
    /// The machine makes a new key for a repeated create.
    ChangesTheKey,
    /// A rejected command changes something.
    ChangesWhenRejecting,
    /// The machine opens the sheet again with the parameters it had before.
    KeepsParameters,
    /// The machine stops looking while the payer waits.
    StopsLooking,
    /// The machine shows a token.
    ShowsSecrets,
    /// The machine does not take up what the storage holds (laws 1 to 9 hold after a restore: law 10).
    ForgetsAtLaunch,
}

impl Broken {
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::TrustsTheSheet, "law 1"),
        (Self::OpensBeforeSaving, "law 4"),
        (Self::ForgetsOutcomes, "law 7"),
        (Self::OpensAfterRelaunch, "law 5"),
        (Self::ChangesTheKey, "law 3"),
        (Self::ChangesWhenRejecting, "law 8"),
        (Self::KeepsParameters, "law 2"),
        (Self::StopsLooking, "law 6"),
        (Self::ShowsSecrets, "law 9"),
        (Self::ForgetsAtLaunch, "law 7"),
    ];
}

/// A payment sheet on the payer's screen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OpenSheet {
    /// The effect that waits for it; none once the app was killed.
    pub effect: Option<EffectId>,
    /// The order it pays.
    pub order: usize,
    /// The payer has paid in it.
    pub paid: bool,
}

/// All there is.
#[derive(Clone)]
pub struct World {
    pub machine: Machine,
    pub now: Millis,
    /// Asked, and not answered yet.
    pub pending: Vec<Effect>,
    /// Calls of a killed app that may still arrive.
    pub orphans: Vec<Call>,
    pub sheets: Vec<OpenSheet>,
    /// What the phone's storage holds.
    pub disk: String,
    pub server: Server,
    pub left: Budget,
    pub broken: Broken,
    /// What this process asked for in the last step.
    pub asked: Vec<Effect>,
    /// The key of the last create that this process asked for.
    pub key: Option<String>,
    /// The keys of all purchases, for law 3. They follow from the budget that is left.
    pub given: Vec<String>,
    /// Whether a command of this process asked for a sheet, for laws 2 and 5.
    pub wanted: Wanted,
    /// Whether a write has failed so far: then storage promises nothing.
    pub disk_failed: bool,
    /// Whether the app died on such a storage: then the machine may not know of orders until it is told.
    pub amnesia: bool,
    /// Writes that were answered, or given up, since the last start: law 4.
    pub saves: u8,
    /// Orders whose sheet was ever opened, by number.
    pub opened: Vec<usize>,
    /// Orders whose outcome the payer has acknowledged, or that a screen showed as closed.
    pub done: Vec<usize>,
    /// Whether the payer said that a silent sheet was closed.
    pub said_closed: bool,
    /// What a log of the last step would show.
    pub shown: String,
    /// Whether the last command was rejected.
    pub rejected: bool,
    /// Whether the trace grows with the process; else it holds the last step only, so that it makes no new states.
    pub keeps_trace: bool,
}

/// How far a wish for a sheet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wanted {
    No,
    /// By a command of this process.
    Asked,
    /// A create was answered since.
    Answered,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Tap(Command),
    /// The effect at this place is answered as hoped.
    Answer(usize),
    /// Carried out, and the answer lost.
    LoseAnswer(usize),
    /// Lost on its way there.
    Lose(usize),
    RefuseSession(usize),
    /// WeChat has not seen the payment yet.
    Lag(usize),
    FailWrite(usize),
    Sleep(usize),
    /// The payer pays in this sheet.
    Pay(usize),
    /// The sheet calls back.
    CallBack(usize, SheetHint),
    /// The app dies and is started again.
    Kill,
    /// The same, and the storage is gone, or holds something else.
    KillAndPurge(&'static str),
    /// A call of a dead process arrives.
    Arrive(usize),
}

impl Step {
    /// The effect that this step answers in `world`.
    pub fn answered(&self, world: &World) -> Option<EffectId> {
        match self {
            Self::Answer(at)
            | Self::LoseAnswer(at)
            | Self::Lose(at)
            | Self::RefuseSession(at)
            | Self::Lag(at)
            | Self::FailWrite(at)
            | Self::Sleep(at) => world.pending.get(*at).map(Effect::id),
            Self::Tap(_) | Self::Pay(_) | Self::CallBack(..) | Self::Kill | Self::KillAndPurge(_) | Self::Arrive(_) => {
                None
            }
        }
    }
}

impl World {
    pub fn new(left: Budget, broken: Broken) -> Self {
        let mut world = Self {
            machine: Machine::new(),
            now: Millis(1_000_000_000_000),
            pending: Vec::new(),
            orphans: Vec::new(),
            sheets: Vec::new(),
            disk: String::new(),
            server: Server::default(),
            left,
            broken,
            asked: Vec::new(),
            key: None,
            given: Vec::new(),
            wanted: Wanted::No,
            disk_failed: false,
            amnesia: false,
            saves: 0,
            opened: Vec::new(),
            done: Vec::new(),
            said_closed: false,
            shown: String::new(),
            rejected: false,
            keeps_trace: false,
        };
        world.launch();
        world
    }

    fn launch(&mut self) {
        let stored = match self.disk.as_str() {
            _ if self.broken == Broken::ForgetsAtLaunch => Stored::Missing,
            "" => Stored::Missing,
            text => found(text),
        };
        self.machine = Machine::new();
        self.tell(&Event::Command(Command::Restore(stored)));
    }

    /// Everything that can happen next.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let left = &self.left;
        let revision = self.machine.revision();
        if left.starts > 0 {
            let key = format!("key-{}", left.starts).try_into().expect("a key");
            steps.push(Step::Tap(Command::Start { draft: draft(), key }));
        }
        if left.pay_agains > 0 {
            steps.push(Step::Tap(Command::PayAgain { revision }));
            steps.push(Step::Tap(Command::PayAgain { revision: revision.wrapping_sub(1) }));
        }
        if left.check_agains > 0 {
            steps.push(Step::Tap(Command::CheckAgain));
        }
        if left.leavings > 0 {
            steps.push(Step::Tap(Command::Abandon));
            steps.push(Step::Tap(Command::SetAside));
        }
        if left.hides > 0 {
            steps.push(Step::Tap(Command::Hidden));
        }
        steps.push(Step::Tap(Command::Shown));
        steps.push(Step::Tap(Command::SheetClosed));
        for at in 0..self.server.orders.len() {
            let order_id = Server::name(at).try_into().expect("an order id");
            steps.push(Step::Tap(Command::Acknowledge(Acknowledged::Order(order_id))));
        }
        let mut a_write_is_first = true;
        for (at, effect) in self.pending.iter().enumerate() {
            match effect {
                Effect::Login { .. } => {
                    steps.push(Step::Answer(at));
                    if left.losses > 0 {
                        steps.push(Step::Lose(at));
                    }
                }
                Effect::Call { call, .. } => {
                    steps.push(Step::Answer(at));
                    if left.losses > 0 {
                        steps.extend([Step::LoseAnswer(at), Step::Lose(at)]);
                    }
                    if left.refused_sessions > 0 && !matches!(call, Call::Exchange { .. }) {
                        steps.push(Step::RefuseSession(at));
                    }
                    if left.lags > 0 && matches!(call, Call::Verify { .. }) {
                        steps.push(Step::Lag(at));
                    }
                }
                // Writes are carried out in order.
                Effect::Save { .. } | Effect::Forget { .. } | Effect::Preserve { .. } if a_write_is_first => {
                    a_write_is_first = false;
                    steps.push(Step::Answer(at));
                    if left.failed_writes > 0 {
                        steps.push(Step::FailWrite(at));
                    }
                }
                Effect::Save { .. } | Effect::Forget { .. } | Effect::Preserve { .. } | Effect::Pay { .. } => {}
                Effect::Sleep { .. } => steps.push(Step::Sleep(at)),
            }
        }
        for (at, sheet) in self.sheets.iter().enumerate() {
            let order = &self.server.orders[sheet.order];
            if order.payments == 0 && !order.closed {
                steps.push(Step::Pay(at));
            }
            if sheet.effect.is_some() {
                let hints = [SheetHint::Ok, SheetHint::Cancelled, SheetHint::Other];
                steps.extend(hints.map(|hint| Step::CallBack(at, hint)));
            }
        }
        if left.kills > 0 {
            steps.push(Step::Kill);
        }
        if left.purges > 0 {
            steps.extend(["", r#"{"version":99}"#].map(Step::KillAndPurge));
        }
        steps.extend((0..self.orphans.len()).map(Step::Arrive));
        steps
    }

    pub fn take(&mut self, step: &Step) {
        self.asked.clear();
        self.rejected = false;
        match step {
            Step::Tap(command) => self.tap(command),
            Step::Answer(at) => {
                let effect = self.pending.remove(*at);
                let id = effect.id();
                let answer = match effect {
                    Effect::Login { .. } => Answer::LoggedIn(LoginCode("c".into())),
                    Effect::Call { call, .. } => {
                        if self.wanted == Wanted::Asked && matches!(call, Call::CreateOrder { .. }) {
                            self.wanted = Wanted::Answered;
                        }
                        self.server.call(&call, self.now.0)
                    }
                    Effect::Save { snapshot, .. } => {
                        self.disk = snapshot.0;
                        Answer::Stored
                    }
                    Effect::Forget { .. } => {
                        self.disk.clear();
                        Answer::Stored
                    }
                    Effect::Preserve { .. } => Answer::Stored,
                    Effect::Pay { .. } | Effect::Sleep { .. } => unreachable!("these have steps of their own"),
                };
                self.answer(id, answer);
            }
            Step::LoseAnswer(at) => {
                self.left.losses -= 1;
                let effect = self.pending.remove(*at);
                let id = effect.id();
                if let Effect::Call { call, .. } = effect {
                    let _ = self.server.call(&call, self.now.0);
                }
                self.answer(id, Answer::CallLost);
            }
            Step::Lose(at) => {
                self.left.losses -= 1;
                let effect = self.pending.remove(*at);
                let answer =
                    if matches!(effect, Effect::Login { .. }) { Answer::LoginFailed } else { Answer::CallLost };
                self.answer(effect.id(), answer);
            }
            Step::RefuseSession(at) => {
                self.left.refused_sessions -= 1;
                let id = self.pending.remove(*at).id();
                self.answer(id, problem(401, "session_expired", "login"));
            }
            Step::Lag(at) => {
                self.left.lags -= 1;
                let effect = self.pending.remove(*at);
                let id = effect.id();
                let Effect::Call { call: Call::Verify { order_id, .. }, .. } = effect else {
                    unreachable!("only looks lag")
                };
                let at = Server::at(order_id.as_str()).expect("the model's name");
                self.answer(id, verdict(at, "payable", "wechat"));
            }
            Step::FailWrite(at) => {
                self.left.failed_writes -= 1;
                self.disk_failed = true;
                let id = self.pending.remove(*at).id();
                self.answer(id, Answer::StoreFailed);
            }
            Step::Sleep(at) => {
                let Effect::Sleep { id, length } = self.pending.remove(*at) else { unreachable!("only sleeps end") };
                self.disk_failed |= self.ends_a_write(id);
                self.now = self.now.after(length);
                self.answer(id, Answer::Slept);
            }
            Step::Pay(at) => {
                let sheet = &mut self.sheets[*at];
                sheet.paid = true;
                self.server.orders[sheet.order].payments += 1;
            }
            Step::CallBack(at, hint) => {
                let sheet = self.sheets.remove(*at);
                let id = sheet.effect.expect("only live sheets call back");
                self.answer(id, Answer::SheetAnswered(*hint));
            }
            Step::Kill => {
                self.left.kills -= 1;
                self.kill();
            }
            Step::KillAndPurge(disk) => {
                self.left.purges -= 1;
                self.disk_failed = true;
                (*disk).clone_into(&mut self.disk);
                self.kill();
            }
            Step::Arrive(at) => {
                let call = self.orphans.remove(*at);
                let _ = self.server.call(&call, self.now.0);
            }
        }
        self.shown = format!("{:?} {:?}", self.asked, self.machine.trace().last());
        if self.broken == Broken::ShowsSecrets {
            self.shown += self.machine.session.as_ref().map_or("", |session| session.token.as_str());
        }
        self.tidy();
    }

    fn tap(&mut self, command: &Command) {
        let before = self.machine.clone();
        let told = self.machine.handle(self.now, &Event::Command(command.clone()));
        match told {
            Ok(effects) => {
                self.spend(command);
                match command {
                    Command::Start { key, .. } => {
                        self.given.push(key.as_str().to_owned());
                        self.key = None;
                        self.saves = 0;
                        self.wanted = Wanted::Asked;
                    }
                    Command::PayAgain { .. } => self.wanted = Wanted::Asked,
                    _ => {}
                }
                self.asked(effects);
                if self.broken == Broken::KeepsParameters && matches!(command, Command::PayAgain { .. }) {
                    self.open_by_itself();
                }
            }
            Err(_) => {
                self.rejected = true;
                if self.broken == Broken::ChangesWhenRejecting && matches!(command, Command::CheckAgain) {
                    self.machine.revision = before.revision.wrapping_add(1);
                }
            }
        }
    }

    fn spend(&mut self, command: &Command) {
        let left = &mut self.left;
        match command {
            Command::Start { .. } => left.starts -= 1,
            Command::PayAgain { .. } => left.pay_agains -= 1,
            Command::CheckAgain => left.check_agains -= 1,
            Command::Abandon | Command::SetAside => left.leavings -= 1,
            Command::Hidden => left.hides -= 1,
            Command::Acknowledge(Acknowledged::Order(order_id)) => {
                self.done.extend(Server::at(order_id.as_str()));
            }
            Command::SheetClosed => self.said_closed = true,
            Command::Shown | Command::Acknowledge(_) | Command::Restore(_) => {}
        }
    }

    fn answer(&mut self, id: EffectId, answer: Answer) {
        self.tell(&Event::Answer { id, answer });
    }

    fn tell(&mut self, event: &Event) {
        let effects = self.machine.handle(self.now, event).expect("answers and the first restore are taken");
        self.asked(effects);
        self.break_something(event);
    }

    fn asked(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::Pay { id, params } = &effect {
                let order = params.package.trim_start_matches("prepay_id=").parse().expect("the model's parameters");
                self.sheets.push(OpenSheet { effect: Some(*id), order, paid: false });
                if !self.opened.contains(&order) {
                    self.opened.push(order);
                }
            }
            if let Effect::Call { call: Call::CreateOrder { key, .. }, .. } = &effect {
                self.key = Some(key.as_str().to_owned());
            }
            self.asked.push(effect.clone());
            self.pending.push(effect);
        }
    }

    /// Whether this sleep is the patience with a write: then it counts as failed.
    fn ends_a_write(&self, id: EffectId) -> bool {
        match self.machine.state() {
            State::Recording { save, .. } | State::Saving { save, .. } => save.limit == id,
            _ => false,
        }
    }

    fn kill(&mut self) {
        for effect in std::mem::take(&mut self.pending) {
            if let Effect::Call { call, .. } = effect
                && matches!(call, Call::CreateOrder { .. } | Call::Close { .. } | Call::Acknowledge { .. })
            {
                self.orphans.push(call);
            }
        }
        for sheet in &mut self.sheets {
            sheet.effect = None;
        }
        self.amnesia |= self.disk_failed;
        self.key = None;
        self.wanted = Wanted::No;
        // What was restored from was written.
        self.saves = 1;
        self.now = self.now.after(Millis::seconds(60));
        self.launch();
    }

    /// Drops what can make no difference any more: sleeps that nobody waits for, sheets that are over.
    fn tidy(&mut self) {
        let waits = format!("{:?}{:?}", self.machine.state(), self.machine.desk);
        self.pending.retain(|effect| match effect {
            Effect::Sleep { id, .. } => waits.contains(&format!("EffectId({})", id.0)),
            Effect::Pay { .. } => false,
            Effect::Login { id } => waits.contains(&format!("EffectId({})", id.0)),
            Effect::Call { .. } | Effect::Save { .. } | Effect::Forget { .. } | Effect::Preserve { .. } => true,
        });
        let server = &self.server;
        self.sheets.retain(|sheet| {
            let order = &server.orders[sheet.order];
            sheet.effect.is_some() || (order.payments == 0 && !order.closed)
        });
        if !self.keeps_trace {
            self.machine.trace = crate::machine::trace::Trace::default();
        }
    }

    /// Two worlds with the same fingerprint go on alike.
    pub fn fingerprint(&self) -> u64 {
        let machine = &self.machine;
        let text = format!(
            "{:?}|{:?}|{:?}|{:?}|{:?}|{:?}|{:?}|{:?}",
            machine.state(),
            machine.desk,
            machine.visibility,
            machine.listing,
            machine.storage,
            machine.session.is_some(),
            self.pending,
            self.sheets,
        );
        let mut hasher = DefaultHasher::new();
        self.renamed(&text).hash(&mut hasher);
        machine.memory().to_text().0.hash(&mut hasher);
        for effect in &self.pending {
            if let Effect::Save { snapshot, .. } = effect {
                snapshot.0.hash(&mut hasher);
            }
        }
        format!("{:?}", self.orphans).hash(&mut hasher);
        (&self.disk, &self.server, &self.left, &self.key, self.wanted, self.disk_failed, self.saves.min(2))
            .hash(&mut hasher);
        (&self.opened, &self.done, self.said_closed, self.amnesia).hash(&mut hasher);
        hasher.finish()
    }

    /// Effects by their rank, moments by their distance from now.
    fn renamed(&self, text: &str) -> String {
        let mut ids: Vec<u64> = Vec::new();
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
            out.push_str(&rest[..at]);
            let end = rest[at..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |end| at + end);
            let number: u64 = rest[at..end].parse().unwrap_or(u64::MAX);
            if out.ends_with("EffectId(") {
                let rank = ids.iter().position(|id| *id == number).unwrap_or_else(|| {
                    ids.push(number);
                    ids.len() - 1
                });
                out.push_str(&rank.to_string());
            } else if number >= 1_000_000_000_000 {
                out.push_str(&format!("-{}", self.now.0.saturating_sub(number).min(120_000)));
            } else {
                out.push_str(&rest[at..end]);
            }
            rest = &rest[end..];
        }
        out.push_str(rest);
        out
    }

    pub fn summary(&self) -> String {
        format!(
            "{} {:?} disk:{} sheets:{} asked:{:?}",
            self.machine.state().name(),
            self.server.orders.iter().map(|o| (o.payments, o.closed)).collect::<Vec<_>>(),
            self.disk.len(),
            self.sheets.len(),
            self.asked.iter().map(Effect::name).collect::<Vec<_>>(),
        )
    }

    /// See [`Broken`]: what a careless change of the machine would do.
    fn break_something(&mut self, event: &Event) {
        use crate::machine::state::Receipt;
        let state = self.machine.state.clone();
        match (self.broken, state, event) {
            (
                Broken::TrustsTheSheet,
                State::Confirming(conf),
                Event::Answer { answer: Answer::SheetAnswered(SheetHint::Ok), .. },
            ) => {
                self.machine.state = State::Paid { order: conf.order, receipt: Receipt::default().into() };
            }
            (
                Broken::OpensBeforeSaving,
                State::Saving { order, params, save },
                Event::Answer { answer: Answer::Called(_), .. },
            ) => {
                let id = save.effect;
                self.machine.state = State::Saving { order, params: params.clone(), save };
                self.asked(vec![Effect::Pay { id: EffectId(id.0 + 1_000_000), params }]);
            }
            (Broken::ForgetsOutcomes, State::Paid { .. }, Event::Answer { .. }) => {
                self.machine.state = State::Idle(crate::machine::state::Rest::Fresh);
                self.disk.clear();
            }
            (Broken::OpensAfterRelaunch, State::Confirming(_), Event::Command(Command::Restore(_))) => {
                self.open_by_itself();
            }
            (Broken::StopsLooking, State::Confirming(mut conf), Event::Answer { .. }) if conf.looks > 0 => {
                conf.look = crate::machine::state::Look::Paused;
                self.machine.state = State::Confirming(conf);
            }
            (Broken::ChangesTheKey, State::CreatingOrder { .. }, Event::Answer { answer: Answer::Slept, .. }) => {
                for effect in self.asked.iter_mut().chain(&mut self.pending) {
                    if let Effect::Call { call: Call::CreateOrder { key, .. }, .. } = effect {
                        *key = "another".to_owned().try_into().expect("a key");
                    }
                }
            }
            _ => {}
        }
    }

    fn open_by_itself(&mut self) {
        let params = crate::wire::PaymentParams {
            time_stamp: "1".into(),
            nonce_str: "n".into(),
            package: "prepay_id=0".into(),
            sign_type: "RSA".into(),
            pay_sign: "s".into(),
        };
        self.asked(vec![Effect::Pay { id: EffectId(2_000_000), params: params.into() }]);
    }
}

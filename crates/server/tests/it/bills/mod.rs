//! M12: the daily comparison with WeChat's bill.

mod days;
mod lines;
mod trouble;

use serde_json::{Value, json};
use wx_checkout::domain::OrderId;
use wx_checkout_server::bills::{self, Account, Asked, BillOf, Day, DayReport, DayState, Listed, What};
use wx_checkout_server::ledger::Order;

use crate::support::{MCHID, World, tea, text};

const HOUR: u64 = 3_600_000;

/// A shop on some day at noon, Beijing's time; the clock stands.
pub struct Shop {
    pub world: World,
    pub day: Day,
    /// Where each payer's session is.
    payers: u32,
}

/// An order, its number at WeChat, and its payer's session.
pub struct Sold {
    json: Value,
    pub number: String,
    token: String,
}

impl Shop {
    pub async fn new() -> Self {
        Self::with(World::new().await)
    }

    fn with(world: World) -> Self {
        world.time.stop();
        let day = Day::of(world.time.ms()).next();
        let shop = Self { world, day, payers: 0 };
        shop.at(day, 12 * HOUR);
        shop
    }

    /// The clock goes forward to so long after the beginning of a day.
    fn at(&self, day: Day, after_ms: u64) {
        let then = day.begins_ms() + after_ms;
        self.world.time.forward(then.checked_sub(self.world.time.ms()).expect("time goes forward"));
    }

    /// The clock goes forward to when the day's bill can be had.
    pub fn morning_after(&self) {
        self.at(self.day.next(), 10 * HOUR);
    }

    fn bill(&self) -> BillOf {
        self.bill_of(self.day)
    }

    fn bill_of(&self, day: Day) -> BillOf {
        BillOf { account: Account { mchid: MCHID.to_owned(), sub_mchid: None }, day }
    }

    /// An order that is not paid.
    async fn order(&mut self) -> Sold {
        self.payers += 1;
        let token = self.world.login(&format!("oPayer{:022}", self.payers)).await;
        let json = self.world.create(&token, &format!("key-{}", self.payers), &tea()).await.json;
        assert_eq!(json["state"], "payable", "{json}");
        let number = self.stored(&json).await.attempt.out_trade_no;
        Sold { json, number, token }
    }

    /// An order that is paid at WeChat now, and that nobody told us of.
    pub async fn paid_there(&mut self) -> Sold {
        let sold = self.order().await;
        self.pay(&sold);
        sold
    }

    /// The payer pays now.
    fn pay(&self, sold: &Sold) {
        self.world.wechat.set(&sold.number, "SUCCESS");
        self.world.wechat.twist(&sold.number, json!({ "success_time": self.now() }));
    }

    /// RFC 3339, Beijing's time.
    fn now(&self) -> String {
        let ms = i64::try_from(self.world.time.ms()).expect("fits");
        let at = jiff::Timestamp::from_millisecond(ms).expect("fits");
        jiff::tz::Offset::constant(8).to_datetime(at).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
    }

    async fn stored(&self, json: &Value) -> Order {
        let id = OrderId::try_from(text(&json["orderId"])).expect("an id");
        self.world.checkout.store.by_id(&id).await.expect("read").expect("there")
    }

    /// One round unasked, and what became of the day.
    async fn compare(&self) -> DayReport {
        bills::round(&self.world.checkout).await.expect("a round");
        self.report().await
    }

    /// As the operator asks for it.
    async fn again(&self) -> DayReport {
        bills::compare_day(&self.world.checkout, &self.bill(), Asked::Again).await.expect("compared")
    }

    async fn report(&self) -> DayReport {
        self.report_of(self.day).await.expect("the day is known")
    }

    async fn report_of(&self, day: Day) -> Option<DayReport> {
        bills::report(&self.world.checkout, &self.bill_of(day)).await.expect("read")
    }

    async fn differences(&self) -> Vec<Listed> {
        bills::differences(&self.world.checkout, &self.bill(), 0, 1000).await.expect("read")
    }

    /// The only difference.
    async fn difference(&self) -> Listed {
        let mut all = self.differences().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    async fn state(&self, sold: &Sold) -> String {
        // Sessions have ended by then.
        text(&self.world.verify(&text(&sold.json["statusToken"]), &sold.json).await["state"])
    }

    async fn outbox(&self) -> i64 {
        self.world.number("SELECT count(*) FROM outbox").await
    }

    fn asked(&self) -> usize {
        self.world.wechat.count("GET /v3/bill/tradebill")
    }
}

fn is_compared(report: &DayReport) -> bool {
    matches!(report.state, DayState::Compared { .. })
}

fn is_open(report: &DayReport) -> bool {
    matches!(report.state, DayState::Open { .. })
}

fn state(here: &str, there: &str) -> What {
    What::State { here_state: here.to_owned(), there_state: there.to_owned() }
}

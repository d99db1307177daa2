//! Notifications: kept and booked in one.

use wechatpay::Secret;
use wx_checkout_server::ledger::{Action, Fact, Misfit};
use wx_checkout_server::store::{Booked, Delivery, Receipt, Store, Told};

use crate::support::{Books, order, payment};

fn delivery() -> Delivery {
    Delivery {
        received_ms: 9,
        route: "v3/payment",
        headers: "wechatpay-serial: x\n".to_owned(),
        body: Secret::new(vec![b'{', 0, 255]),
    }
}

async fn received(store: &dyn Store, told: Told) -> Booked {
    let receipt = Receipt { delivery: delivery(), told };
    store.receive(vec![receipt]).await.expect("written").pop().expect("one")
}

#[tokio::test]
async fn m8_a_notification_is_kept_and_booked_every_delivery_and_once() {
    let books = Books::new().await;
    let made = books.with(order("payer", "key-1")).await;
    let told = || Told::Payment(payment(&made, "t1"));
    let (first, second) = tokio::join!(received(&*books.one, told()), received(&*books.two, told()));
    let mut actions = vec![];
    for booked in [first, second] {
        let Booked::InOrder(recorded) = booked else { panic!("the order is known") };
        assert_eq!(recorded.order.book.received.len(), 1);
        actions.extend(recorded.actions);
    }
    assert_eq!(actions, [Action::Paid { transaction_id: "t1".to_owned() }], "two deliveries at once are one payment");
    assert_eq!(books.database.number("SELECT count(*) FROM notifications").await, 2);
    assert_eq!(books.database.number("SELECT count(*) FROM payments").await, 1);
}

#[tokio::test]
async fn m8_a_payment_for_no_order_is_kept_and_told_of_once() {
    let books = Books::new().await;
    let stray = payment(&order("payer", "nobody-made-this"), "t1");
    let mut told = vec![];
    for store in [&books.one, &books.two] {
        let Booked::Orphan(actions) = received(&**store, Told::Payment(stray.clone())).await else {
            panic!("there is no such order")
        };
        told.extend(actions);
    }
    assert_eq!(told, [Action::Unmatched { transaction_id: "t1".to_owned() }]);
    assert_eq!(books.database.number("SELECT count(*) FROM unmatched_payments WHERE order_id IS NULL").await, 1);
}

#[tokio::test]
async fn m8_a_misfit_comes_back_as_it_went_in() {
    let books = Books::new().await;
    let made = books.with(order("payer", "key-1")).await;
    let mut other = payment(&made, "t1");
    other.total = u32::MAX - 1;
    received(&*books.one, Told::Payment(other)).await;
    let kept = books.two.by_id(&made.terms.id).await.expect("read").expect("there");
    let unmatched = kept.book.unmatched["t1"];
    assert_eq!((unmatched.total, unmatched.misfit), (u32::MAX - 1, Misfit::Amount));
}

#[tokio::test]
async fn what_says_nothing_about_money_is_kept_all_the_same() {
    let books = Books::new().await;
    let booked = received(&*books.one, Told::Nothing).await;
    assert!(matches!(booked, Booked::Nothing), "{booked:?}");
    let fact = Told::Other { out_trade_no: "unknown".to_owned(), fact: Fact::Closed { at_ms: 1 } };
    let booked = received(&*books.one, fact).await;
    assert!(matches!(booked, Booked::Nothing), "{booked:?}");
    assert_eq!(books.database.number("SELECT count(*) FROM notifications").await, 2);
}

#[tokio::test]
async fn m8_notifications_kept_together_are_booked_each_for_itself() {
    let books = Books::new().await;
    let mut orders = vec![];
    for number in 0..6 {
        orders.push(books.with(order(&format!("payer-{number}"), "key-1")).await);
    }
    let receipts = |reversed: bool| {
        let mut all: Vec<Receipt> = orders
            .iter()
            .map(|order| Receipt { delivery: delivery(), told: Told::Payment(payment(order, "t1")) })
            .collect();
        if reversed {
            all.reverse();
        }
        all
    };
    // Two servers, each with the same in another order: neither waits for the other for ever.
    let (one, two) = tokio::join!(books.one.receive(receipts(false)), books.two.receive(receipts(true)));
    let (one, two) = (one.expect("written"), two.expect("written"));
    let mut paid = 0;
    for (place, booked) in one.iter().enumerate().chain(two.iter().rev().enumerate()) {
        let Booked::InOrder(recorded) = booked else { panic!("the order is known") };
        assert_eq!(recorded.order.terms.id, orders[place].terms.id, "answers come in the order of the questions");
        paid += recorded.actions.len();
    }
    assert_eq!(paid, 6);
}

//! Orders: made once, kept whole, changed by one at a time.

use sqlx::Connection as _;
use wx_checkout::wire::OrderState;
use wx_checkout_server::ledger::{Action, Fact};
use wx_checkout_server::order_token::MerchantOrderId;
use wx_checkout_server::store::{Change, Changed, Duty, Opened, SameLines, StoreError};

use crate::database::Direct;
use crate::support::{Books, held, id, key, merchant_order, order, payment};

#[tokio::test]
async fn an_order_comes_back_as_it_went_in() {
    let books = Books::new().await;
    let made = books.with(order("payer", "key-1")).await;
    assert_eq!(made, order("payer", "key-1"));
    assert_eq!(books.two.by_id(&made.terms.id).await.expect("read"), Some(made.clone()));
    assert_eq!(books.two.by_key(&made.terms.openid, &key("key-1")).await.expect("read"), Some(made.clone()));
    assert_eq!(books.two.by_key(&made.terms.openid, &key("key-2")).await.expect("read"), None);
    assert_eq!(books.two.by_id(&id("another")).await.expect("read"), None);
    assert_eq!(books.two.open_orders(&made.terms.openid, 20).await.expect("read"), vec![made]);
}

#[tokio::test]
async fn m1_concurrent_creates_under_different_keys_make_one_order() {
    let books = Books::new().await;
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..8 {
        let store = if number % 2 == 0 { &books.one } else { &books.two }.clone();
        tries.spawn(async move { store.open(order("payer", &format!("key-{number}")), SameLines::Refuse).await });
    }
    let outcomes = tries.join_all().await;
    let count = |wanted: fn(&Opened) -> bool| {
        outcomes.iter().filter(|outcome| wanted(outcome.as_ref().expect("answered"))).count()
    };
    assert_eq!(count(|opened| matches!(opened, Opened::Made(_))), 1, "{outcomes:?}");
    assert_eq!(count(|opened| matches!(opened, Opened::InTheWay(_))), 7, "{outcomes:?}");
    assert_eq!(books.database.number("SELECT count(*) FROM orders").await, 1);
}

#[tokio::test]
async fn m1_buying_again_is_not_in_the_way_and_other_payers_never_are() {
    let books = Books::new().await;
    books.with(order("payer", "key-1")).await;
    let again = books.two.open(order("payer", "key-2"), SameLines::BuyAgain).await.expect("written");
    assert!(matches!(again, Opened::Made(_)), "{again:?}");
    let other = books.two.open(order("another", "key-1"), SameLines::Refuse).await.expect("written");
    assert!(matches!(other, Opened::Made(_)), "{other:?}");
}

#[tokio::test]
async fn m2_concurrent_creates_under_one_key_make_one_order_and_all_get_it() {
    let books = Books::new().await;
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..8 {
        let store = if number % 2 == 0 { &books.one } else { &books.two }.clone();
        let mut mine = order("payer", "key-1");
        mine.terms.id = id(&format!("order-{number}"));
        mine.attempt.out_trade_no = format!("number-{number}");
        tries.spawn(async move { store.open(mine, SameLines::Refuse).await });
    }
    let mut made = 0;
    let mut names = std::collections::BTreeSet::new();
    for outcome in tries.join_all().await {
        match outcome.expect("answered") {
            Opened::Made(order) => {
                made += 1;
                names.insert(order.terms.id);
            }
            Opened::Bound(order) => {
                names.insert(order.terms.id);
            }
            Opened::InTheWay(order) => panic!("the key is the same: {order:?}"),
        }
    }
    assert_eq!((made, names.len()), (1, 1));
}

#[tokio::test]
async fn m2_a_refused_order_frees_its_key_and_stands_in_nobodys_way() {
    let books = Books::new().await;
    let made = books.with(order("payer", "key-1")).await;
    let changed = books.two.change(&made.terms.id, Change::Refuse).await.expect("written");
    assert!(matches!(changed, Changed::Done(_)), "{changed:?}");
    assert_eq!(books.one.by_key(&made.terms.openid, &key("key-1")).await.expect("read"), None);
    let mut second = order("payer", "key-1");
    second.terms.id = id("second");
    second.attempt.out_trade_no = "number-2".to_owned();
    let opened = books.one.open(second, SameLines::Refuse).await.expect("written");
    assert!(matches!(opened, Opened::Made(_)), "{opened:?}");
}

#[tokio::test]
async fn m9_facts_from_many_hands_at_once_are_all_kept() {
    let books = Books::new().await;
    let made = books.with(order("payer", "key-1")).await;
    let mut hands = tokio::task::JoinSet::new();
    for number in 0..12 {
        let store = if number % 2 == 0 { &books.one } else { &books.two }.clone();
        let (name, fact) = (made.terms.id.clone(), Fact::Paid(payment(&made, &format!("t{}", number % 6))));
        hands.spawn(async move { store.record(&name, vec![fact], 7).await.expect("written").actions });
    }
    let actions: Vec<Action> = hands.join_all().await.into_iter().flatten().collect();
    let paid = actions.iter().filter(|action| matches!(action, Action::Paid { .. })).count();
    let twice = actions.iter().filter(|action| matches!(action, Action::PaidTwice { .. })).count();
    assert_eq!((paid, twice), (1, 5), "the first is the order's, every other must go back");
    let kept = books.one.by_id(&made.terms.id).await.expect("read").expect("there");
    assert_eq!((kept.book.received.len(), kept.state(0)), (6, OrderState::Paid));
    assert_eq!(books.database.number("SELECT count(*) FROM outbox WHERE action = 'paid'").await, 1);
    assert_eq!(books.database.number("SELECT count(*) FROM outbox WHERE action = 'paid_twice'").await, 5);
}

#[tokio::test]
async fn m10_the_first_payment_that_was_written_keeps_the_order() {
    let books = Books::new().await;
    let made = books.with(order("payer", "key-1")).await;
    for transaction_id in ["t9", "t1", "t5"] {
        let fact = Fact::Paid(payment(&made, transaction_id));
        books.one.record(&made.terms.id, vec![fact], 7).await.expect("written");
    }
    let kept = books.two.by_id(&made.terms.id).await.expect("read").expect("there");
    assert_eq!(kept.kept().map(|payment| payment.transaction_id.as_str()), Some("t9"));
}

#[tokio::test]
async fn m3_of_closing_and_handing_out_at_once_one_comes_first_and_the_other_knows() {
    let books = Books::new().await;
    for number in 0..10 {
        let made = books.with(order("payer", &format!("key-{number}"))).await;
        let lease = held(&*books.one, Duty::Prepay(&made.terms.id), 60).await;
        let name = &made.terms.id;
        let (handed, closed) = tokio::join!(
            books.one.change(name, Change::HandOut { now_ms: 0, lease }),
            books.two.record(name, vec![Fact::CloseAsked], 1)
        );
        let closed = closed.expect("written").order;
        match handed.expect("written") {
            Changed::Done(_) => assert!(closed.book.parameters_left, "whoever closes must know that it can be paid"),
            Changed::NotNow(order) => assert!(order.book.close_asked && !closed.book.parameters_left),
            Changed::Overtaken => panic!("the lease is held"),
        }
    }
}

#[tokio::test]
async fn what_is_not_there_cannot_be_changed() {
    let books = Books::new().await;
    let name = id("nothing");
    let recorded = books.one.record(&name, vec![Fact::CloseAsked], 1).await;
    assert!(matches!(recorded, Err(StoreError::NoSuchOrder)), "{recorded:?}");
    let changed = books.one.change(&name, Change::Acknowledge).await;
    assert!(matches!(changed, Err(StoreError::NoSuchOrder)), "{changed:?}");
}

#[tokio::test]
async fn open_orders_are_the_payers_own_newest_first_and_no_more_than_asked_for() {
    let books = Books::new().await;
    for number in 0..4_u64 {
        let mut mine = order("payer", &format!("key-{number}"));
        mine.terms.created_ms = 1_000 + number;
        books.with(mine).await;
    }
    books.with(order("another", "key-1")).await;
    books.one.change(&id("payer.key-3"), Change::Refuse).await.expect("written");
    let listed = books.two.open_orders(&order("payer", "key-1").terms.openid, 2).await.expect("read");
    let names: Vec<&str> = listed.iter().map(|order| order.terms.id.as_str()).collect();
    assert_eq!(names, ["payer.key-2", "payer.key-1"]);
}

#[tokio::test]
async fn two_servers_never_get_the_same_order_to_look_after() {
    let books = Books::new().await;
    for number in 0..20 {
        books.with(order("payer", &format!("key-{number}"))).await;
    }
    assert_eq!(books.one.due(1_029_999, 50).await.expect("read").len(), 0, "30 s after it was made, and not before");
    let (first, second) = tokio::join!(books.one.due(1_030_000, 50), books.two.due(1_030_000, 50));
    let mut names: Vec<String> = Vec::new();
    for order in first.expect("read").into_iter().chain(second.expect("read")) {
        names.push(order.terms.id.as_str().to_owned());
    }
    names.sort();
    let before = names.len();
    names.dedup();
    assert_eq!(before, names.len(), "an order was given to both");
    let rest = books.one.due(1_030_000, 50).await.expect("read").len();
    assert_eq!(before + rest, 20, "an order was given to nobody");
    assert_eq!(books.two.due(1_030_000, 50).await.expect("read").len(), 0, "they count as looked at");
    assert_eq!(books.two.due(1_100_000, 7).await.expect("read").len(), 7, "no more than asked for");
}

/// Until the only other statement of this database waits for a lock.
async fn until_it_waits(db: &mut sqlx::PgConnection) {
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut *db).await.expect("a number") == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn m9_a_fact_waits_for_whoever_holds_the_order_and_forgets_nothing_of_theirs() {
    let books = Books::new().await;
    let made = books.with(order("payer", "key-1")).await;
    // Somebody else is in the middle of a change of this order.
    let change = "UPDATE orders SET close_asked = TRUE";
    let record = || {
        let (store, name, fact) = (books.one.clone(), made.terms.id.clone(), Fact::Paid(payment(&made, "t1")));
        tokio::spawn(async move { store.record(&name, vec![fact], 7).await })
    };
    let recorded = match books.database.direct().await {
        Direct::Sqlite(mut db) => {
            let mut theirs = db.begin_with("BEGIN IMMEDIATE").await.expect("begun");
            sqlx::query(change).execute(&mut *theirs).await.expect("written");
            let ours = record();
            tokio::task::yield_now().await;
            theirs.commit().await.expect("committed");
            ours.await
        }
        Direct::Postgres(mut db) => {
            let mut theirs = db.begin().await.expect("begun");
            sqlx::query(change).execute(&mut *theirs).await.expect("written");
            let ours = record();
            until_it_waits(&mut theirs).await;
            theirs.commit().await.expect("committed");
            ours.await
        }
    };
    let book = recorded.expect("joined").expect("written").order.book;
    assert_eq!((book.close_asked, book.received.len()), (true, 1));
    let kept = books.two.by_id(&made.terms.id).await.expect("read").expect("there");
    assert!(kept.book.close_asked, "their change was written over");
}

#[tokio::test]
async fn m1_concurrent_creates_of_a_merchant_order_make_one_whoever_comes() {
    let books = Books::new().await;
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..8 {
        let store = if number % 2 == 0 { &books.one } else { &books.two }.clone();
        let payer = if number < 4 { "payer" } else { "another" };
        let mine = merchant_order(payer, &format!("key-{number}"), "T-1");
        tries.spawn(async move { store.open(mine, SameLines::BuyAgain).await });
    }
    let mut made = vec![];
    let mut found = vec![];
    for outcome in tries.join_all().await {
        match outcome.expect("answered") {
            Opened::Made(order) => made.push(order),
            Opened::InTheWay(order) => found.push(order),
            Opened::Bound(order) => panic!("every key is another: {order:?}"),
        }
    }
    assert_eq!((made.len(), found.len()), (1, 7));
    assert!(found.iter().all(|order| *order == made[0]), "all get the one that was made");
    let name = MerchantOrderId::try_from("T-1".to_owned()).expect("fits");
    let known = books.two.by_merchant_order("1900000001", &name).await.expect("read");
    assert_eq!(known.as_ref(), Some(&made[0]));
    assert_eq!(books.two.by_merchant_order("1900000002", &name).await.expect("read"), None, "another merchant's");
}

#[tokio::test]
async fn m1_a_closed_merchant_order_keeps_its_name_and_a_refused_one_does_not() {
    let books = Books::new().await;
    let made = books.with(merchant_order("payer", "key-1", "T-1")).await;
    books.one.record(&made.terms.id, vec![Fact::Closed { at_ms: 3 }], 3).await.expect("written");
    let again = books.two.open(merchant_order("payer", "key-2", "T-1"), SameLines::BuyAgain).await.expect("asked");
    assert!(matches!(again, Opened::InTheWay(_)), "{again:?}");

    let refused = books.with(merchant_order("payer", "key-3", "T-2")).await;
    books.one.change(&refused.terms.id, Change::Refuse).await.expect("written");
    let again = books.two.open(merchant_order("payer", "key-4", "T-2"), SameLines::BuyAgain).await.expect("asked");
    assert!(matches!(again, Opened::Made(_)), "{again:?}");
}

//! Duties that one server does at a time.

use std::time::Duration;

use wx_checkout_server::store::{Change, Changed, Claimed, Duty};

use crate::support::{Books, held, id, order};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_duty_is_one_servers_until_it_lets_go() {
    let books = Books::new().await;
    let name = id("order-1");
    let lease = held(&*books.one, Duty::Prepay(&name), 60).await;
    for store in [&books.one, &books.two] {
        let Claimed::Taken { for_ms } = store.claim(Duty::Prepay(&name), MINUTE).await.expect("asked") else {
            panic!("it was given twice")
        };
        assert!((1..=60_000).contains(&for_ms), "{for_ms}");
    }
    // Other duties, and the same for other orders, are free.
    held(&*books.two, Duty::Look(&name), 60).await;
    held(&*books.two, Duty::Prepay(&id("order-2")), 60).await;
    books.one.release(lease).await.expect("written");
    held(&*books.two, Duty::Prepay(&name), 60).await;
}

#[tokio::test]
async fn of_many_claims_at_once_one_is_held() {
    let books = Books::new().await;
    let mut claims = tokio::task::JoinSet::new();
    for number in 0..8 {
        let store = if number % 2 == 0 { &books.one } else { &books.two }.clone();
        claims.spawn(async move { store.claim(Duty::Care(&id("order-1")), MINUTE).await.expect("asked") });
    }
    let held = claims.join_all().await.into_iter().filter(|claimed| matches!(claimed, Claimed::Held(_))).count();
    assert_eq!(held, 1);
}

#[tokio::test]
async fn a_lease_ends_by_the_databases_clock_and_the_next_has_a_larger_number() {
    let books = Books::new().await;
    let name = id("order-1");
    // It ended when it began, as that of a server that died long ago.
    let first = held(&*books.one, Duty::Prepay(&name), 0).await;
    let second = held(&*books.two, Duty::Prepay(&name), 60).await;
    assert!(second > first, "{second:?} after {first:?}");
    // Whoever lost it cannot end the other's.
    books.one.release(first).await.expect("written");
    let claimed = books.one.claim(Duty::Prepay(&name), MINUTE).await.expect("asked");
    assert!(matches!(claimed, Claimed::Taken { .. }), "{claimed:?}");
    // No number is used twice, also when there is no lease left.
    books.two.release(second).await.expect("written");
    let third = held(&*books.one, Duty::Prepay(&name), 60).await;
    assert!(third > second, "{third:?} after {second:?}");
}

#[tokio::test]
async fn m3_a_server_that_was_overtaken_hands_nothing_out() {
    let books = Books::new().await;
    let made = books.with(order("payer", "key-1")).await;
    let name = &made.terms.id;
    let slow = held(&*books.one, Duty::Prepay(name), 0).await;
    let quick = held(&*books.two, Duty::Prepay(name), 60).await;
    let changed = books.one.change(name, Change::HandOut { now_ms: 0, lease: slow }).await.expect("asked");
    assert!(matches!(changed, Changed::Overtaken), "{changed:?}");
    assert!(!books.one.by_id(name).await.expect("read").expect("there").book.parameters_left);

    let changed = books.two.change(name, Change::HandOut { now_ms: 0, lease: quick }).await.expect("asked");
    assert!(matches!(changed, Changed::Done(_)), "{changed:?}");
    // The lease ended with it: a second time needs a new one.
    let changed = books.two.change(name, Change::HandOut { now_ms: 0, lease: quick }).await.expect("asked");
    assert!(matches!(changed, Changed::Overtaken), "{changed:?}");
}

#[tokio::test]
async fn a_hand_out_that_the_books_refuse_leaves_the_lease() {
    let books = Books::new().await;
    let made = books.with(order("payer", "key-1")).await;
    let name = &made.terms.id;
    let lease = held(&*books.one, Duty::Prepay(name), 60).await;
    let too_late = made.terms.payable_until_ms;
    let changed = books.one.change(name, Change::HandOut { now_ms: too_late, lease }).await.expect("asked");
    assert!(matches!(changed, Changed::NotNow(_)), "{changed:?}");
    assert_eq!(books.database.number("SELECT count(*) FROM leases").await, 1);
}

#[tokio::test]
async fn what_dead_servers_left_is_tidied_up() {
    let books = Books::new().await;
    held(&*books.one, Duty::Look(&id("order-1")), 60).await;
    books.database.execute("INSERT INTO leases (duty, until_ms) VALUES ('look at nobody', 1)").await;
    books.two.due(0, 1).await.expect("read");
    assert_eq!(books.database.number("SELECT count(*) FROM leases").await, 1, "only what is held");
}

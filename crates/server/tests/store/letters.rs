//! M11: letters leave in order, one at a time, under one name.

use std::time::Duration;

use serde_json::Value;
use wx_checkout_server::ledger::{Fact, LatePayment, Order};
use wx_checkout_server::store::{
    Booked, Channel, Delivery, Due, Failure, Hold, Lane, Letter, LetterState, Next, Receipt, Replayed, Skip, Skipped,
    Standing, Store, Taken, Told,
};

use crate::database::Direct;
use crate::support::{Books, order, payment};

const NOW: u64 = 1_000;

/// Everything that is due at `now_ms`, held for a minute.
async fn take(store: &dyn Store, lane: Lane, now_ms: u64) -> Vec<Taken> {
    take_for(store, lane, now_ms, Duration::from_secs(60)).await
}

async fn take_for(store: &dyn Store, lane: Lane, now_ms: u64, hold: Duration) -> Vec<Taken> {
    store.take(Due { channel: Channel::Webhook, lane, now_ms, hold, limit: 100 }).await.expect("taken")
}

/// The one letter that is due.
async fn the_one(store: &dyn Store, lane: Lane, now_ms: u64) -> Taken {
    let mut taken = take(store, lane, now_ms).await;
    assert_eq!(taken.len(), 1, "{taken:?}");
    taken.pop().expect("one")
}

async fn fail(store: &dyn Store, hold: &Hold, next: Next) -> bool {
    store.failed(hold, Failure { status: Some(500), error: "refused", next }, NOW).await.expect("written")
}

fn skip() -> Skip {
    Skip { by: "Li".to_owned(), why: "told by telephone".to_owned() }
}

/// An order that was paid `payments` times: as many letters.
async fn paid(books: &Books, payer: &str, payments: usize) -> Order {
    let made = books.with(order(payer, "key-1")).await;
    for number in 1..=payments {
        let fact = Fact::Paid(payment(&made, &format!("t{number}")));
        books.one.record(&made.terms.id, vec![fact], NOW).await.expect("written");
    }
    made
}

async fn open() -> Books {
    let books = Books::new().await;
    books.one.open_channel(Channel::Webhook, NOW).await.expect("written");
    books
}

async fn letters(books: &Books, order: &Order) -> Vec<Letter> {
    books.two.letters_of(&order.terms.id).await.expect("read")
}

fn states(letters: &[Letter]) -> Vec<&'static str> {
    letters.iter().map(|letter| wx_checkout_server::outbox::word(&letter.state)).collect()
}

fn json(letter: &Letter) -> Value {
    serde_json::from_slice(letter.body.as_ref().expect("a body").expose()).expect("JSON")
}

#[tokio::test]
async fn m11_letters_of_an_order_are_numbered_without_a_gap_whoever_writes_them() {
    let books = open().await;
    let made = books.with(order("payer", "key-1")).await;
    let mut hands = tokio::task::JoinSet::new();
    for number in 0..12 {
        let store = if number % 2 == 0 { &books.one } else { &books.two }.clone();
        let (name, fact) = (made.terms.id.clone(), Fact::Paid(payment(&made, &format!("t{number}"))));
        hands.spawn(async move { store.record(&name, vec![fact], NOW).await.expect("written") });
    }
    hands.join_all().await;
    let letters = letters(&books, &made).await;
    assert_eq!(letters.iter().map(|letter| letter.sequence).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    assert_eq!(letters[0].action, "paid");
    for letter in &letters {
        let body = json(letter);
        assert_eq!(
            (&body["sequence"], &body["data"]["transactionId"]),
            (&letter.sequence.into(), &letter.subject.as_str().into())
        );
    }
}

#[tokio::test]
async fn m11_the_next_letter_is_taken_only_once_the_one_before_is_delivered() {
    let books = open().await;
    let made = paid(&books, "payer", 3).await;
    assert_eq!(states(&letters(&books, &made).await), ["due", "behind", "behind"]);
    for sequence in 1..=3 {
        let taken = the_one(&*books.one, Lane::First, NOW + 9).await;
        assert_eq!(taken.letter.sequence, sequence);
        assert!(take(&*books.two, Lane::First, NOW + 9).await.is_empty(), "{sequence} is under way");
        books.one.delivered(&taken.hold, 204, NOW + sequence).await.expect("written");
    }
    let done = letters(&books, &made).await;
    assert_eq!(states(&done), ["delivered", "delivered", "delivered"]);
    assert_eq!(done[1].state, LetterState::Delivered { at_ms: NOW + 2 });
    let last = done[1].last.as_ref().expect("tried");
    assert_eq!((done[1].tries, last.status, &last.error), (1, Some(204), &None));
    assert!(take(&*books.two, Lane::First, u64::MAX / 2).await.is_empty(), "nothing is left");
}

#[tokio::test]
async fn m11_every_try_has_the_same_name_number_and_bytes() {
    let books = open().await;
    let made = paid(&books, "payer", 2).await;
    let first = the_one(&*books.one, Lane::First, NOW).await;
    assert!(fail(&*books.one, &first.hold, Next::At(NOW + 5)).await);
    // What is known of the order changes meanwhile.
    books.one.record(&made.terms.id, vec![Fact::Paid(payment(&made, "t9"))], NOW).await.expect("written");
    assert!(take(&*books.two, Lane::Again, NOW + 4).await.is_empty(), "not yet");
    assert!(take(&*books.two, Lane::First, NOW + 5).await.is_empty(), "it is no first try");
    let second = the_one(&*books.two, Lane::Again, NOW + 5).await;
    let same = |taken: &Taken| (taken.letter.id.clone(), taken.letter.sequence, taken.letter.body.clone());
    assert_eq!(same(&first), same(&second));
    assert!(first.letter.id.starts_with("evt_") && first.letter.id.len() == 36, "{}", first.letter.id);
    assert_eq!((first.tries, second.tries, second.letter.tries), (0, 1, 1));
    let last = second.letter.last.expect("tried");
    assert_eq!((last.status, last.error.as_deref()), (Some(500), Some("refused")));
}

#[tokio::test]
async fn m11_a_dead_letter_stops_its_stream_and_no_other() {
    let books = open().await;
    let (stopped, other) = (paid(&books, "one", 3).await, paid(&books, "other", 1).await);
    let taken = take(&*books.one, Lane::First, NOW).await;
    assert_eq!(taken.len(), 2, "one of each stream");
    for taken in &taken {
        if taken.letter.order.as_ref() == Some(&stopped.terms.id) {
            assert!(fail(&*books.one, &taken.hold, Next::Never).await);
        } else {
            books.one.delivered(&taken.hold, 200, NOW).await.expect("written");
        }
    }
    // Another fact does not wake it up.
    for made in [&stopped, &other] {
        books.two.record(&made.terms.id, vec![Fact::Paid(payment(made, "t9"))], NOW).await.expect("written");
    }
    assert_eq!(states(&letters(&books, &stopped).await), ["dead", "behind", "behind", "behind"]);
    for lane in [Lane::First, Lane::Again] {
        let due = take(&*books.two, lane, u64::MAX / 2).await;
        assert!(due.iter().all(|taken| taken.letter.order.as_ref() == Some(&other.terms.id)), "{due:?}");
    }
    let dead = books.two.dead_letters(Channel::Webhook, 0, 9).await.expect("read");
    assert_eq!((dead.len(), &dead[0].state), (1, &LetterState::Dead { behind: 3 }));
    assert!(books.two.dead_letters(Channel::Webhook, dead[0].arrival, 9).await.expect("read").is_empty());
    assert!(books.two.dead_letters(Channel::Shipping, 0, 9).await.expect("read").is_empty());

    let replayed = books.two.replay(&dead[0].id, NOW).await.expect("written");
    assert!(matches!(replayed, Replayed::Due), "{replayed:?}");
    let again = the_one(&*books.one, Lane::First, NOW).await;
    assert_eq!((&again.letter.id, again.letter.sequence, again.tries), (&dead[0].id, 1, 0), "its ladder begins anew");
    books.one.delivered(&again.hold, 200, NOW).await.expect("written");
    assert_eq!(the_one(&*books.one, Lane::First, NOW).await.letter.sequence, 2);
}

#[tokio::test]
async fn m11_a_skipped_letter_is_given_up_and_the_next_of_its_stream_follows() {
    let books = open().await;
    let made = paid(&books, "payer", 3).await;
    let first = the_one(&*books.one, Lane::First, NOW).await;
    let ids: Vec<String> = letters(&books, &made).await.into_iter().map(|letter| letter.id).collect();
    let skipped = books.two.skip(&ids[0], skip(), NOW).await.expect("asked");
    assert!(matches!(skipped, Skipped::BeingSent { for_ms: 1..=60_000 }), "{skipped:?}");
    fail(&*books.one, &first.hold, Next::Never).await;
    assert_eq!(books.two.skip(&ids[1], skip(), NOW).await.expect("asked"), Skipped::Behind);
    assert_eq!(books.two.skip(&ids[0], skip(), NOW).await.expect("asked"), Skipped::Now);
    assert_eq!(books.two.skip(&ids[0], skip(), NOW).await.expect("asked"), Skipped::Done);
    assert_eq!(books.two.skip("evt_none", skip(), NOW).await.expect("asked"), Skipped::Unknown);
    let now = letters(&books, &made).await;
    assert_eq!((states(&now), &now[0].state), (vec!["skipped", "due", "behind"], &LetterState::Skipped(skip())));
    let next = the_one(&*books.one, Lane::First, NOW).await;
    assert_eq!((next.letter.sequence, next.tries), (2, 0));
    // A letter that waits for its next try can be given up, too.
    fail(&*books.one, &next.hold, Next::At(NOW + 60_000)).await;
    assert_eq!(books.one.skip(&ids[1], skip(), NOW).await.expect("asked"), Skipped::Now);
    assert_eq!(the_one(&*books.one, Lane::First, NOW).await.letter.sequence, 3);
}

#[tokio::test]
async fn m11_a_replay_of_what_is_done_or_behind_changes_nothing() {
    let books = open().await;
    let made = paid(&books, "payer", 3).await;
    let first = the_one(&*books.one, Lane::First, NOW).await;
    books.one.delivered(&first.hold, 200, NOW).await.expect("written");
    let before = letters(&books, &made).await;
    let done = books.two.replay(&before[0].id, NOW).await.expect("asked");
    assert!(matches!(&done, Replayed::Done(letter) if letter.id == before[0].id), "{done:?}");
    assert!(matches!(books.two.replay(&before[2].id, NOW).await.expect("asked"), Replayed::Behind));
    assert!(matches!(books.two.replay("evt_none", NOW).await.expect("asked"), Replayed::Unknown));
    assert_eq!(format!("{before:?}"), format!("{:?}", letters(&books, &made).await));
}

#[tokio::test]
async fn m11_of_two_servers_one_has_a_letter() {
    let books = open().await;
    for number in 0..10 {
        paid(&books, &format!("payer-{number}"), 1).await;
    }
    let mut hands = tokio::task::JoinSet::new();
    for number in 0..8 {
        let store = if number % 2 == 0 { &books.one } else { &books.two }.clone();
        hands.spawn(async move {
            let due = Due {
                channel: Channel::Webhook,
                lane: Lane::First,
                now_ms: NOW,
                hold: Duration::from_secs(60),
                limit: 3,
            };
            store.take(due).await.expect("taken")
        });
    }
    let taken: Vec<String> = hands.join_all().await.into_iter().flatten().map(|taken| taken.letter.id).collect();
    let distinct: std::collections::BTreeSet<&String> = taken.iter().collect();
    assert_eq!(distinct.len(), taken.len(), "two servers have the same letter: {taken:?}");
    assert_eq!(taken.len(), 10);
}

#[tokio::test]
async fn m11_a_hold_ends_by_the_databases_clock_and_whoever_lost_it_pushes_nothing_back() {
    let books = open().await;
    let made = paid(&books, "payer", 2).await;
    // It ended when it began, as that of a server that died; by our clock no time has passed.
    let slow = take_for(&*books.one, Lane::First, NOW, Duration::ZERO).await.pop().expect("one");
    let quick = the_one(&*books.two, Lane::First, NOW).await;
    assert_eq!(slow.letter.id, quick.letter.id, "it goes out again under the same name");
    assert!(!fail(&*books.one, &slow.hold, Next::Never).await, "who was overtaken has nothing to say");
    assert!(!fail(&*books.one, &slow.hold, Next::At(u64::MAX / 2)).await);
    assert_eq!(states(&letters(&books, &made).await), ["due", "behind"]);
    assert!(take(&*books.one, Lane::First, NOW).await.is_empty(), "nor has it let go of what the other has");
    books.two.delivered(&quick.hold, 200, NOW).await.expect("written");
    assert!(!fail(&*books.one, &slow.hold, Next::Never).await);
    assert_eq!(states(&letters(&books, &made).await), ["delivered", "due"]);
}

#[tokio::test]
async fn m11_what_a_receiver_took_counts_whoever_brings_the_news() {
    let books = open().await;
    let made = paid(&books, "payer", 2).await;
    let slow = take_for(&*books.one, Lane::First, NOW, Duration::ZERO).await.pop().expect("one");
    let quick = the_one(&*books.two, Lane::First, NOW).await;
    books.one.delivered(&slow.hold, 200, NOW).await.expect("written");
    assert_eq!(states(&letters(&books, &made).await), ["delivered", "due"]);
    assert!(take(&*books.one, Lane::First, NOW).await.is_empty(), "the other is still sending");
    // It hears of a time-out, say: that takes nothing back, and lets the next one go.
    assert!(!fail(&*books.two, &quick.hold, Next::Never).await);
    let next = the_one(&*books.one, Lane::First, NOW).await;
    assert_eq!(next.letter.sequence, 2);

    // Also when the letter was declared dead meanwhile.
    let late = next;
    books.database.execute("UPDATE streams SET held_until_ms = 0").await;
    let other = the_one(&*books.two, Lane::First, NOW).await;
    fail(&*books.two, &other.hold, Next::Never).await;
    assert_eq!(states(&letters(&books, &made).await), ["delivered", "dead"]);
    books.one.delivered(&late.hold, 200, NOW).await.expect("written");
    books.one.delivered(&late.hold, 200, NOW).await.expect("written");
    let now = letters(&books, &made).await;
    assert_eq!((states(&now), now[1].tries), (vec!["delivered", "delivered"], 2));
    books.one.record(&made.terms.id, vec![Fact::Paid(payment(&made, "t9"))], NOW).await.expect("written");
    assert_eq!(the_one(&*books.one, Lane::First, NOW).await.letter.sequence, 3);
}

#[tokio::test]
async fn m11_what_was_taken_and_not_tried_is_anybodys_again() {
    let books = open().await;
    paid(&books, "payer", 1).await;
    let taken = the_one(&*books.one, Lane::First, NOW).await;
    books.one.put_back(&taken.hold).await.expect("written");
    assert_eq!(the_one(&*books.two, Lane::First, NOW).await.tries, 0);
    books.one.put_back(&taken.hold).await.expect("written");
    assert!(take(&*books.one, Lane::First, NOW).await.is_empty(), "it is the other's now");
}

#[tokio::test]
async fn m11_what_happened_before_anybody_was_to_be_told_is_passed_over_and_numbers_go_on() {
    let books = Books::new().await;
    let made = paid(&books, "payer", 2).await;
    assert_eq!(books.one.open_channel(Channel::Webhook, NOW).await.expect("written"), NOW);
    assert_eq!(books.two.open_channel(Channel::Webhook, NOW + 5).await.expect("written"), NOW, "it was open");
    assert!(take(&*books.one, Lane::First, NOW).await.is_empty(), "a year of old news must not go out");
    books.two.record(&made.terms.id, vec![Fact::Paid(payment(&made, "t9"))], NOW).await.expect("written");
    let now = letters(&books, &made).await;
    assert_eq!(states(&now), ["passed_over", "passed_over", "due"]);
    assert_eq!(the_one(&*books.one, Lane::First, NOW).await.letter.sequence, 3);
    assert!(matches!(books.one.replay(&now[0].id, NOW).await.expect("asked"), Replayed::Done(_)));
}

#[tokio::test]
async fn m11_a_payment_that_no_order_knows_has_a_stream_of_its_own() {
    let books = open().await;
    let mut stray = payment(&order("payer", "nobody-made-this"), "t1");
    stray.total = 77;
    for store in [&books.one, &books.two, &books.one] {
        let delivery = Delivery {
            received_ms: NOW,
            route: "v3/payment",
            headers: String::new(),
            body: wechatpay::Secret::new(vec![]),
        };
        let receipt = Receipt { delivery, told: Told::Payment(stray.clone()) };
        let booked = store.receive(vec![receipt]).await.expect("written");
        assert!(matches!(booked[0], Booked::Orphan(_)));
    }
    let taken = the_one(&*books.one, Lane::First, NOW).await;
    let body = json(&taken.letter);
    assert_eq!(
        (taken.letter.order.as_ref(), taken.letter.sequence, &body["type"]),
        (None, 1, &"payment.unmatched".into())
    );
    assert_eq!(
        body["data"],
        serde_json::json!({"outTradeNo": stray.out_trade_no, "transactionId": "t1", "received": 77, "misfit": "order"})
    );
}

#[tokio::test]
async fn m11_how_a_channel_stands() {
    let books = open().await;
    assert_eq!(books.one.standing(Channel::Webhook).await.expect("read"), Standing::default());
    paid(&books, "one", 3).await;
    let made = books.with(order("other", "key-1")).await;
    books.one.record(&made.terms.id, vec![Fact::Paid(payment(&made, "t1"))], NOW + 70).await.expect("written");
    let standing = books.two.standing(Channel::Webhook).await.expect("read");
    assert_eq!(standing, Standing { waiting: 4, dead: 0, oldest_ms: Some(NOW) });
    for taken in take(&*books.one, Lane::First, NOW + 70).await {
        fail(&*books.one, &taken.hold, Next::Never).await;
    }
    let standing = books.two.standing(Channel::Webhook).await.expect("read");
    assert_eq!(standing, Standing { waiting: 4, dead: 2, oldest_ms: Some(NOW) }, "dead is not sent");
    assert_eq!(books.two.replay_all(Channel::Shipping, NOW).await.expect("written"), 0);
    assert_eq!(books.two.replay_all(Channel::Webhook, NOW).await.expect("written"), 2);
    for taken in take(&*books.one, Lane::First, NOW + 70).await {
        books.one.delivered(&taken.hold, 200, NOW).await.expect("written");
    }
    let standing = books.two.standing(Channel::Webhook).await.expect("read");
    assert_eq!(standing, Standing { waiting: 2, dead: 0, oldest_ms: Some(NOW) });
}

#[tokio::test]
async fn goods_are_to_be_told_of_once_and_only_where_the_order_keeps_its_money() {
    let books = open().await;
    let before = paid(&books, "before", 1).await;
    books.one.open_channel(Channel::Shipping, NOW).await.expect("written");
    let made = paid(&books, "payer", 2).await;
    let letters = letters(&books, &made).await;
    let shipping: Vec<&Letter> = letters.iter().filter(|letter| letter.channel == Channel::Shipping).collect();
    assert_eq!((shipping.len(), shipping[0].action.as_str(), shipping[0].subject.as_str()), (1, "ship", "t1"));
    assert_eq!((shipping[0].sequence, shipping[0].body.as_ref()), (1, None), "a stream of its own");
    assert!(books.one.letters_of(&before.terms.id).await.expect("read").iter().all(|l| l.channel == Channel::Webhook));

    for (payer, rule, told) in [("late", LatePayment::Refund, 0), ("later", LatePayment::Accept, 1)] {
        let mut late = order(payer, "key-1");
        late.terms.late_payment = rule;
        let late = books.with(late).await;
        let facts = vec![Fact::Closed { at_ms: 1 }, Fact::Paid(payment(&late, "t1"))];
        books.one.record(&late.terms.id, facts, NOW).await.expect("written");
        let letters = books.one.letters_of(&late.terms.id).await.expect("read");
        let count = letters.iter().filter(|letter| letter.channel == Channel::Shipping).count();
        assert_eq!(count, told, "{rule:?}");
    }
}

/// A bill's lines are one transaction that has one stream after the other: of PostgreSQL, which would end one of two
/// that wait for each other.
#[tokio::test]
async fn m11_replaying_all_never_has_a_stream_and_waits_for_another() {
    let books = open().await;
    for payer in ["one", "two"] {
        paid(&books, payer, 1).await;
    }
    let Direct::Postgres(mut batch) = books.database.direct().await else { return };
    for statement in ["BEGIN", "UPDATE streams SET tries = tries WHERE stream LIKE 'two%'"] {
        sqlx::query(statement).execute(&mut batch).await.expect("done");
    }
    let store = books.one.clone();
    let replaying = tokio::spawn(async move { store.replay_all(Channel::Webhook, NOW + 9).await });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while books.database.number(waits).await == 0 {
        tokio::task::yield_now().await;
    }
    for statement in ["UPDATE streams SET tries = tries WHERE stream LIKE 'one%'", "COMMIT"] {
        sqlx::query(statement).execute(&mut batch).await.expect("done");
    }
    assert_eq!(replaying.await.expect("ends").expect("written"), 2);
}

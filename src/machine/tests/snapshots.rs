//! Snapshots as they lie in phones. A file here is never changed: what this version wrote, every later one reads.

use super::bench::{Bench, found};

#[test]
fn snapshots_of_version_1_are_read() {
    let kept = [
        (include_str!("snapshots/v1-intent.json"), "SigningIn"),
        (include_str!("snapshots/v1-order.json"), "Confirming"),
        (include_str!("snapshots/v1-closed.json"), "Closed"),
        (include_str!("snapshots/v1-paid.json"), "Paid"),
        (include_str!("snapshots/v1-failed.json"), "Failed"),
    ];
    for (text, state) in kept {
        let bench = Bench::restored(found(text));
        assert_eq!(bench.state(), state, "{text}");
        assert_eq!(bench.view().watched.len(), 1, "{text}");
        assert_eq!(bench.count("Pay"), 0);
    }
}

#[test]
fn snapshots_of_version_2_are_read() {
    let kept = [
        (include_str!("snapshots/v2-closing.json"), "Idle", 0),
        (include_str!("snapshots/v2-watch-intent.json"), "CreatingOrder", 1),
        (include_str!("snapshots/v2-order.json"), "Confirming", 0),
        (include_str!("snapshots/v2-closed.json"), "Closed", 0),
        (include_str!("snapshots/v2-paid.json"), "Paid", 0),
        (include_str!("snapshots/v2-failed.json"), "Failed", 0),
    ];
    for (text, state, watched) in kept {
        let bench = Bench::restored(found(text));
        assert_eq!((bench.state(), bench.view().watched.len()), (state, watched), "{text}");
        assert_eq!(bench.count("Pay"), 0);
        assert_eq!(bench.count("Call(Close)"), usize::from(text.contains("idempotencyKey")), "{text}");
    }
}

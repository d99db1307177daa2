//! Random interleavings far longer than the exploration goes: duplicates, delays, drops, kills.

use proptest::prelude::*;

use super::explore::{Broken, Budget, World, check};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn laws_hold_on_long_random_days(choices in prop::collection::vec(any::<u16>(), 50..400)) {
        let mut world = World::new(Budget::LONG, Broken::Nothing);
        for choice in choices {
            let steps = world.steps();
            let step = &steps[usize::from(choice) % steps.len()];
            let mut next = world.clone();
            next.take(step);
            if let Err(law) = check(&world, step, &next) {
                prop_assert!(false, "{law} by {step:?} from {}", world.summary());
            }
            // An answer that comes twice: the second changes nothing.
            if let Some(id) = step.answered(&world) {
                let before = next.machine.state().clone();
                let doubled = crate::machine::event::Event::Answer { id, answer: crate::machine::event::Answer::CallLost };
                let mut twice = next.clone();
                twice.machine.handle(twice.now, &doubled).expect("answers are never rejected");
                prop_assert_eq!(&before, twice.machine.state(), "a doubled answer changed something");
            }
            world = next;
        }
    }
}

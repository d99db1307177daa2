//! Exhaustive exploration: the machine, a network that loses answers, a server, WeChat, a payer who
//! taps anything, and a phone that is killed between any two steps. Breadth first, every state once,
//! the laws checked in each.

mod laws;
mod server;
mod world;

use std::collections::{HashSet, VecDeque};

pub use laws::check;
pub use world::{Broken, Budget, Step, World};

/// What an exploration came to.
#[derive(Debug)]
pub struct Explored {
    /// Distinct states.
    pub states: usize,
    /// Steps tried.
    pub steps: usize,
    /// How many steps the deepest state is from the start.
    pub depth: usize,
}

/// Explores up to `limit` distinct states.
///
/// # Errors
/// When a law is broken: which, and the way there.
pub fn explore(budget: Budget, limit: usize, broken: Broken) -> Result<Explored, String> {
    let start = World::new(budget, broken);
    let mut seen = HashSet::from([start.fingerprint()]);
    let mut frontier = VecDeque::from([(start, Vec::<u16>::new())]);
    let mut explored = Explored { states: 1, steps: 0, depth: 0 };
    while let Some((world, way)) = frontier.pop_front() {
        explored.depth = explored.depth.max(way.len());
        for (at, step) in world.steps().into_iter().enumerate() {
            explored.steps += 1;
            let mut next = world.clone();
            next.take(&step);
            let mut way = way.clone();
            way.push(u16::try_from(at).expect("few steps"));
            if let Err(law) = check(&world, &step, &next) {
                return Err(format!("{law}\n{}", told(budget, broken, &way)));
            }
            if explored.states < limit && seen.insert(next.fingerprint()) {
                explored.states += 1;
                frontier.push_back((next, way));
            }
        }
    }
    Ok(explored)
}

/// The way to a state, in words.
fn told(budget: Budget, broken: Broken, way: &[u16]) -> String {
    let mut world = World::new(budget, broken);
    let mut lines = vec![format!("  {}", world.summary())];
    for at in way {
        let step = world.steps().swap_remove(usize::from(*at));
        world.take(&step);
        lines.push(format!("  {step:?}\n    {}", world.summary()));
    }
    lines.join("\n")
}

/// Every day of [`Budget::DAYS`], each up to `limit` states; the sum is printed.
fn all_days(limit: usize) -> usize {
    let mut states = 0;
    for (name, budget) in Budget::DAYS {
        let explored = explore(budget, limit, Broken::Nothing).unwrap_or_else(|law| panic!("{name}: {law}"));
        let Explored { states: seen, steps, depth } = explored;
        println!("{name}: {seen} distinct states by {steps} steps, depth {depth}");
        states += seen;
    }
    println!("explored {states} distinct states");
    states
}

/// A run of the tests explores a hundred thousand states; `./build.sh explore` goes further, in minutes
/// of a release build.
#[test]
fn laws_hold_in_a_hundred_thousand_states() {
    let limit = std::env::var("WX_CHECKOUT_EXPLORE").map(|text| text.parse().expect("a number of states a day"));
    let states = all_days(limit.unwrap_or(15_000));
    assert!(states >= 100_000, "only {states}");
}

/// A machine or a phone that breaks its word is caught: the laws can fail.
#[test]
fn every_broken_world_is_caught() {
    for (broken, law) in Broken::ALL {
        let caught = Budget::DAYS.iter().find_map(|(_, budget)| explore(*budget, 20_000, broken).err());
        let message = caught.unwrap_or_else(|| panic!("{broken:?} was not caught"));
        assert!(message.starts_with(law), "{broken:?} broke another law: {message}");
    }
}

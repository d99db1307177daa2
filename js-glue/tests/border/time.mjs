/**
 * Time that passes only while nothing else happens. A wait of a second or more ends, in its turn, as soon
 * as no phone owes an answer and no promise is under way: a time limit costs no time, and never comes too
 * early on a slow machine. Shorter waits are the engine's.
 */
import { answersOwed } from './phone-double.mjs';

/** More steps of a promise than the package ever takes from one answer to what it asks next. */
const STEPS = 30;

/** More waits than any case has. */
const MOST = 500;

export function createTime({ setTimeout, clearTimeout }) {
  const thrown = [];
  let now = 0;
  let waits = [];

  /** What nobody waits for goes to the app's error handler. */
  const guarded = run => () => {
    try {
      run();
    } catch (error) {
      thrown.push(error);
    }
  };

  /** Ends the wait that is over first. */
  function pass() {
    const next = waits.reduce((first, wait) => (first === undefined || wait.due < first.due ? wait : first), undefined);
    if (next === undefined) throw new Error('everybody waits, and nobody for the time');
    waits = waits.filter(wait => wait !== next);
    now = next.due;
    next.run();
  }

  return {
    /** What the app's error handler was told. */
    thrown,

    timers: {
      setTimeout(run, ms) {
        if (!(ms >= 1000)) return setTimeout(guarded(run), ms);
        const wait = { due: now + ms, run: guarded(run) };
        waits.push(wait);
        return wait;
      },
      clearTimeout(timer) {
        if (waits.includes(timer)) waits = waits.filter(wait => wait !== timer);
        else clearTimeout(timer);
      },
    },

    /** Lets time pass until it holds. `Promise` is that of the package's realm. */
    async until(holds, Promise) {
      for (let passed = 0; ; passed += 1) {
        await quiet(Promise);
        if (holds()) return;
        if (passed === MOST) throw new Error('it does not come to an end');
        pass();
      }
    },
  };
}

/** Resolves once the phones have answered, and what follows from their answers has happened. */
async function quiet(RealmPromise) {
  do {
    await new Promise(resolve => setTimeout(resolve, 0));
    let step = RealmPromise.resolve();
    for (let at = 0; at < STEPS; at += 1) step = step.then(() => undefined);
    await step;
  } while (answersOwed() > 0);
}

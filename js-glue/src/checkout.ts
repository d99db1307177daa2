import type { CheckoutCore } from './core';
import type { Draft, Outcome, View } from './core-types';
import type { Errors } from './errors';
import type { Feed } from './feed';
import type { OutcomeEvent } from './outcomes';
import { createOutcomes } from './outcomes';

/** What a purchase came to. */
export interface PayResult {
  /** `paid`, `unpaid`, `unconfirmed` or `failed`. */
  outcome: Outcome;
  /** The order; absent where none was made. */
  orderId?: string;
  /** What a page may show. */
  view: View;
}

/** Takes a listener off again. */
export type Off = () => void;

/**
 * The checkout of an app. Every function that can be refused throws, or rejects with, a
 * `CheckoutError` that says what happened, what happened to the money, and what to do.
 */
export interface Checkout {
  /** What a page may show now. */
  readonly view: View;
  /** Calls `listener` after each change, in order. */
  onChange(listener: (view: View) => void): Off;
  /** Calls `listener` for each outcome that was not acknowledged, those of an earlier launch included. */
  onOutcome(listener: (event: OutcomeEvent) => void): Off;
  /** Buys; resolves with the first outcome. */
  pay(draft: Draft): Promise<PayResult>;
  /** Asks the server again. */
  checkAgain(): void;
  /** Opens the payment sheet again, for the same order. A second tap on the same view is refused. */
  payAgain(): void;
  /** The payer says that the payment window is closed. */
  sheetClosed(): void;
  /** Gives up. */
  abandon(): void;
  /** Leaves the order for later. */
  setAside(): void;
  /** The payer has seen the outcome of this order or, without one, of a purchase that failed. */
  acknowledge(orderId?: string): void;
  /** What happened so far, for support: JSON lines without secrets. */
  trace(): string[];
}

/** A checkout over a core that is restored, told of changes by `feed`. */
export function createFacade(core: CheckoutCore, feed: Feed, entropy: () => Promise<Uint8Array>, errors: Errors): Checkout {
  const outcomes = createOutcomes(feed);

  const command = (run: () => void): void => {
    try {
      run();
    } catch (thrown) {
      throw errors.fromCore(thrown);
    }
  };

  const firstOutcome = (): Promise<PayResult> =>
    new Promise(resolve => {
      const off = feed.follow(view => {
        const result = resultOf(view);
        if (result === undefined) return;
        off();
        resolve(result);
      });
    });

  return {
    get view() {
      return feed.current();
    },
    onChange: listener => feed.listen(listener),
    onOutcome: listener => outcomes.listen(listener),
    pay: draft =>
      // A host without randomness is a fact for the core, not a reason to refuse.
      entropy().then(undefined, () => undefined).then(bytes => core.start(draft, bytes)).then(firstOutcome, thrown => {
        throw errors.fromCore(thrown);
      }),
    checkAgain: () => command(() => core.checkAgain()),
    // The view that listeners were told of last is the one the tap was made on.
    payAgain: () => command(() => core.payAgain(feed.delivered().revision)),
    sheetClosed: () => command(() => core.sheetClosed()),
    abandon: () => command(() => core.abandon()),
    setAside: () => command(() => core.setAside()),
    acknowledge: orderId => command(() => core.acknowledge(orderId)),
    trace: () => core.trace(),
  };
}

function resultOf(view: View): PayResult | undefined {
  if (view.outcome === null || view.outcome === undefined) return undefined;
  const result: PayResult = { outcome: view.outcome, view };
  if (view.order) result.orderId = view.order.orderId;
  return result;
}

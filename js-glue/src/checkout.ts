import type { Draft, Outcome, View } from './core-types';
import { copyOf } from './draft';
import type { CheckoutError, Errors } from './errors';
import type { Life } from './life';
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
 *
 * After a `core_failed` the next call begins anew from the phone's storage; listeners stay.
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

/**
 * A checkout over a core that is restored.
 * @internal
 */
export function createFacade({ feed, tell, ask, trace, revisionOf, onDeath }: Life, errors: Errors, newKey: () => Promise<string>): Checkout {
  const outcomes = createOutcomes(feed);

  const checked = <T>(listener: T): T => {
    if (typeof listener === 'function') return listener;
    throw errors.own('invalid_listener', 'never', {
      zh: '监听器应为函数。没有产生任何扣款。',
      en: 'A listener must be a function. No money was taken.',
    });
  };

  /** From before the start on, since a core may die at any time after it. */
  const buy = (draft: unknown, key: string): Promise<PayResult> =>
    new Promise((resolve, reject) => {
      const off: Off[] = [];
      const end = (settle: () => void): void => {
        off.forEach(stop => stop());
        settle();
      };
      const fail = (error: CheckoutError): void => end(() => reject(error));
      const look = (view: View): void => {
        const result = resultOf(view);
        if (result !== undefined) end(() => resolve(result));
      };
      off.push(onDeath(fail));
      ask('start', { key, draft }).then(() => off.push(feed.follow(look)), fail);
    });

  return {
    get view() {
      return feed.current();
    },
    onChange: listener => feed.listen(checked(listener)),
    onOutcome: listener => outcomes.listen(checked(listener)),
    pay: draft => {
      // What the page gave is looked at now: it may change while the key is made.
      const bought = copyOf(draft);
      return newKey().then(key => buy(bought, key));
    },
    checkAgain: () => tell('checkAgain'),
    // The view that listeners were told of last is the one the tap was made on.
    payAgain: () => tell('payAgain', revisionOf(feed.delivered())),
    sheetClosed: () => tell('sheetClosed'),
    abandon: () => tell('abandon'),
    setAside: () => tell('setAside'),
    // What is no text, or longer than any name, names no order: the core says so.
    acknowledge: orderId => tell('acknowledge', orderId === undefined ? undefined : typeof orderId === 'string' ? orderId.slice(0, 99) : ''),
    trace,
  };
}

function resultOf(view: View): PayResult | undefined {
  if (view.outcome === null || view.outcome === undefined) return undefined;
  const result: PayResult = { outcome: view.outcome, view };
  if (view.order) result.orderId = view.order.orderId;
  return result;
}

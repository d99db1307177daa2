import type { Host } from './host';
import type { Draft, View } from './core-types';

/** The machine, as the wasm module exports it. */
export interface CheckoutCore {
  /** Takes up what the storage held, once and first: its text, `null` for nothing, `undefined` where it could not be read. */
  restore(stored: string | null | undefined): void;
  /** Begins a purchase with 16 random bytes, or `undefined` where the host has none; throws a refusal. */
  start(draft: Draft, entropy: Uint8Array | undefined): void;
  /** Asks the server again; throws a refusal. */
  checkAgain(): void;
  /** Opens the sheet again, for the view the tap was made on; throws a refusal. */
  payAgain(revision: number): void;
  /** The payer says that the sheet is closed; throws a refusal. */
  sheetClosed(): void;
  /** Gives up; throws a refusal. */
  abandon(): void;
  /** Leaves the order for later; throws a refusal. */
  setAside(): void;
  /** The payer has seen the outcome of this order or, without one, of a purchase that failed; throws a refusal. */
  acknowledge(orderId?: string): void;
  /** The app came to the front. */
  shown(): void;
  /** The app went to the background. */
  hidden(): void;
  /** What a page may show now. */
  view(): View;
  /** What happened so far: JSON lines without secrets. */
  trace(): string[];
}

/** How a {@link CheckoutCore} is made. */
export interface CheckoutCoreClass {
  new (host: Host): CheckoutCore;
}

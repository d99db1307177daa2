import type { Host } from './host';

/** The commands that the machine takes; what each is about is JSON, see {@link CheckoutCore.tell}. */
export type CommandName =
  | 'restore'
  | 'restoreUnread'
  | 'start'
  | 'checkAgain'
  | 'payAgain'
  | 'sheetClosed'
  | 'abandon'
  | 'setAside'
  | 'acknowledge'
  | 'shown'
  | 'hidden';

/** The machine, as the wasm module exports it. Nothing crosses the border but text. */
export interface CheckoutCore {
  /**
   * Gives a command. Answers with the JSON of a `Refusal`; with nothing where the command was taken.
   * `about` is the stored text with `restore` (empty for none), `{key, draft}` with `start`, the
   * revision of the view that was tapped with `payAgain`, the order's id or `null` with `acknowledge`.
   */
  tell(name: CommandName, about: string): string;
  /** What a page may show now: the JSON of a `View`. */
  view(): string;
  /** What happened so far: JSON lines without secrets. */
  trace(): string[];
}

/** How a {@link CheckoutCore} is made. */
export interface CheckoutCoreClass {
  new (host: Host): CheckoutCore;
}

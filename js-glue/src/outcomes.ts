import type { Outcome, View } from './core-types';
import type { Feed } from './feed';

/** An outcome that was not acknowledged. */
export interface OutcomeEvent {
  /** `paid`, `unpaid`, `unconfirmed` or `failed`. */
  outcome: Outcome;
  /** The order; absent where none was made. */
  orderId?: string;
  /** The view that brought it. */
  view: View;
}

/** Tells of outcomes. */
export interface Outcomes {
  /** Calls `listener` for each outcome, the present ones first. */
  listen(listener: (event: OutcomeEvent) => void): () => void;
}

/** Outcomes of the order in front, and payments of orders that were set aside. */
export function createOutcomes(feed: Feed): Outcomes {
  return {
    listen: listener => {
      let known: string[] = [];
      return feed.follow(view => {
        const events = outcomesOf(view);
        // What has gone from the view is forgotten, so that it is told again should it come back.
        const fresh = events.filter(event => known.indexOf(nameOf(event)) < 0);
        known = events.map(nameOf);
        fresh.forEach(event => listener(event));
      });
    },
  };
}

function outcomesOf(view: View): OutcomeEvent[] {
  const events: OutcomeEvent[] = [];
  if (view.outcome !== null && view.outcome !== undefined) {
    const event: OutcomeEvent = { outcome: view.outcome, view };
    if (view.order) event.orderId = view.order.orderId;
    events.push(event);
  }
  // An order set aside is news only once it turns out to be paid.
  view.watched.forEach(({ order, outcome }) => {
    if (outcome === 'paid') events.push({ outcome, orderId: order.orderId, view });
  });
  return events;
}

function nameOf(event: OutcomeEvent): string {
  return event.outcome + ' ' + (event.orderId || '');
}

import type { View } from './core-types';
import { createListeners } from './listeners';
import { unheard } from './unheard';

/** Carries views from the core to those who listen. */
export interface Feed {
  /** The newest view. */
  current(): View;
  /** The view that listeners were told of last. */
  delivered(): View;
  /** Calls `listener` for each view from the next one on. */
  listen(listener: (view: View) => void): () => void;
  /** Calls `listener` for the newest view and each after it. */
  follow(listener: (view: View) => void): () => void;
  /** Takes a new view. Called by the core; never throws. */
  push(view: View): void;
}

/**
 * A feed that begins with `first`.
 *
 * Listeners are called after the core has returned, never from inside it: a listener may well give
 * the next command, and the core takes one at a time. Each view is delivered, in order. A listener
 * that throws does not keep the others from hearing; what it threw goes to the app's error handler.
 */
export function createFeed(first: View): Feed {
  const listeners = createListeners<View>();
  let newest = first;
  let told = first;

  const tell = (listener: (view: View) => void, view: View): void => {
    try {
      listener(view);
    } catch (thrown) {
      unheard(thrown);
    }
  };

  return {
    current: () => newest,
    delivered: () => told,
    listen: listeners.add,
    follow: listener => {
      const at = newest;
      let on = true;
      // Views between now and the first call are not heard twice: a delivery is older or newer by revision.
      const off = listeners.add(view => {
        if (on && view.revision > at.revision) listener(view);
      });
      Promise.resolve().then(() => {
        if (on) tell(listener, at);
      });
      return () => {
        on = false;
        off();
      };
    },
    push: view => {
      newest = view;
      Promise.resolve().then(() => {
        told = view;
        listeners.all().forEach(listener => tell(listener, view));
      });
    },
  };
}

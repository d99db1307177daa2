import type { View } from './core-types';

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
  const listeners: ((view: View) => void)[] = [];
  let newest = first;
  let told = first;

  const tell = (listener: (view: View) => void, view: View): void => {
    try {
      listener(view);
    } catch (thrown) {
      setTimeout(() => {
        throw thrown;
      }, 0);
    }
  };

  const listen = (listener: (view: View) => void): (() => void) => {
    // The same function may listen twice, and each `off` takes one of them away.
    const own = (view: View): void => listener(view);
    listeners.push(own);
    return () => {
      const at = listeners.indexOf(own);
      if (at >= 0) listeners.splice(at, 1);
    };
  };

  return {
    current: () => newest,
    delivered: () => told,
    listen,
    follow: listener => {
      const at = newest;
      let on = true;
      // Views between now and the first call are not heard twice: a delivery is older or newer by revision.
      const off = listen(view => {
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
        listeners.slice().forEach(listener => tell(listener, view));
      });
    },
  };
}

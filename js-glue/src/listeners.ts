/** Those who want to be told of something. */
export interface Listeners<T> {
  /** Adds one; gives the function that takes it off again. */
  add(listener: (value: T) => void): () => void;
  /** Those who listen now. */
  all(): ((value: T) => void)[];
}

/** Nobody, at first. */
export function createListeners<T>(): Listeners<T> {
  const listeners: ((value: T) => void)[] = [];
  return {
    add: listener => {
      // The same function may listen twice, and each call of what is given takes one of them away.
      const own = (value: T): void => listener(value);
      listeners.push(own);
      return () => {
        const at = listeners.indexOf(own);
        if (at >= 0) listeners.splice(at, 1);
      };
    },
    all: () => listeners.slice(),
  };
}

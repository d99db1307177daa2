/** Brings an error that nobody waits for to the app's error handler (`App.onError`). */
export function unheard(thrown: unknown): void {
  setTimeout(() => {
    throw thrown;
  }, 0);
}

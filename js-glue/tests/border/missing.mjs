/** What this engine may have and a phone may not: the border suite runs without. */
export const MISSING_ON_PHONES = [
  'WebAssembly', 'TextDecoder', 'TextEncoder', 'queueMicrotask', 'globalThis', 'BigInt', 'BigInt64Array', 'BigUint64Array',
  'FinalizationRegistry', 'WeakRef', 'SharedArrayBuffer', 'Atomics', 'Intl', 'eval', 'console', 'performance', 'setInterval',
];

/** What an engine may have and a phone may not: a case of the border suite sees that none of it is within reach. */
export const MISSING_ON_PHONES = [
  'WebAssembly', 'TextDecoder', 'TextEncoder', 'queueMicrotask', 'globalThis', 'BigInt', 'BigInt64Array', 'BigUint64Array',
  'FinalizationRegistry', 'WeakRef', 'SharedArrayBuffer', 'Atomics', 'Intl', 'eval', 'console', 'performance', 'setInterval',
  'window', 'self', 'document', 'navigator', 'location', 'fetch', 'XMLHttpRequest', 'WebSocket', 'URL', 'URLSearchParams',
  'crypto', 'structuredClone', 'postMessage', 'importScripts', 'MessageChannel', 'Worker', 'atob', 'btoa', 'localStorage',
  'indexedDB', 'global', 'process', 'Buffer', 'setImmediate', 'readFile', 'print', 'load', 'quit',
];

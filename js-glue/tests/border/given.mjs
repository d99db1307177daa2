import { MISSING_ON_PHONES } from './missing.mjs';

/** What every phone has, the old ones too. */
const ON_EVERY_PHONE = [
  'undefined', 'NaN', 'Infinity', 'Object', 'Function', 'Array', 'String', 'Number', 'Boolean', 'Symbol', 'Math', 'JSON', 'Date', 'RegExp',
  'Promise', 'Map', 'Set', 'WeakMap', 'WeakSet', 'Proxy', 'Reflect', 'ArrayBuffer', 'DataView', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray',
  'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'Error', 'EvalError', 'RangeError',
  'ReferenceError', 'SyntaxError', 'TypeError', 'URIError', 'parseInt', 'parseFloat', 'isNaN', 'isFinite', 'escape', 'unescape',
  'encodeURI', 'encodeURIComponent', 'decodeURI', 'decodeURIComponent',
];

/**
 * Takes everything else away from a realm, by its global object. By a list of what is given, since an
 * engine has more names than anybody knows of; and what is known to be missing, since some engines do not
 * list all that they have.
 */
export function strip(realm) {
  const end = realm.Object.prototype;
  for (let holder = realm; holder !== end && holder !== null; holder = Object.getPrototypeOf(holder)) {
    Object.getOwnPropertyNames(holder).concat(MISSING_ON_PHONES).forEach(name => {
      if (ON_EVERY_PHONE.indexOf(name) < 0) Reflect.deleteProperty(holder, name);
    });
  }
}

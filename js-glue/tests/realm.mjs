/**
 * A realm like a phone's, for the package as it ships: no WebAssembly, no text coding, no global
 * object to speak of, and nothing of Node. What a mini program has instead is passed in.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { brotliDecompressSync } from 'node:zlib';
import { strip } from './border/given.mjs';

export const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist');

const slowPromiseSource = readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'border/slow-promise.js'), 'utf8');

const pending = new Set();
let over = false;

/** The timers of all apps: an app that is left waiting for a payer must not keep the tests from ending. */
export const appTimers = {
  setTimeout(run, ms) {
    if (over) return undefined;
    const timer = setTimeout(() => {
      pending.delete(timer);
      run();
    }, ms);
    pending.add(timer);
    return timer;
  },
  clearTimeout(timer) {
    pending.delete(timer);
    clearTimeout(timer);
  },
};

/** Ends all apps. */
export function quit() {
  over = true;
  pending.forEach(clearTimeout);
}

/** A round of setTimeout(0), of which Node's own takes a millisecond; the old Promise takes thousands of them. */
function round(run) {
  setImmediate(run);
}

/**
 * Loads dist/index.js anew, as a freshly launched app would. `required` is told which other files of
 * the package it asks for, and `files` says which there are.
 */
export function launch({ wx, WXWebAssembly = phoneWebAssembly(), timers = appTimers, slowPromise = false, files = ['./fallback.js'], required = [] }) {
  const context = vm.createContext({});
  strip(vm.runInContext('this', context));
  if (slowPromise) context.Promise = vm.runInContext(slowPromiseSource, context)(round);
  const names = ['module', 'exports', 'require', 'wx', 'WXWebAssembly', 'setTimeout', 'clearTimeout'];
  const run = (text, filename = 'test.js') => {
    const code = vm.runInContext(`(function (${names}) {${text}\n})`, context, { filename });
    const module = { exports: {} };
    code(module, module.exports, require, wx, WXWebAssembly, timers.setTimeout, timers.clearTimeout);
    return module.exports;
  };
  const load = file => run(readFileSync(join(dist, file), 'utf8'), join('wx-checkout', file));
  const require = name => {
    required.push(name);
    if (!files.includes(name)) throw new Error(`module '${name}' is not defined`);
    return load(name);
  };
  // A page's objects are made in the page's realm; a test makes its own with this.
  const parse = vm.runInContext('JSON.parse', context);
  const own = value => (value === undefined ? undefined : parse(JSON.stringify(value)));
  return { ...load('index.js'), own, run };
}

/** `WXWebAssembly` as phones have it: a path in the code package, nothing else. Counts what it was asked. */
export function phoneWebAssembly({ has = ['/miniprogram_npm/wx-checkout/wx_checkout.wasm'], bare = false } = {}) {
  const asked = [];
  return {
    asked,
    instantiate(path, imports) {
      asked.push(path);
      if (typeof path !== 'string') return Promise.reject(new Error('WXWebAssembly.instantiate: a path is needed'));
      if (!has.includes(path)) return Promise.reject(new Error('file not found'));
      const file = readFileSync(join(dist, path.endsWith('.br') ? 'wx_checkout.wasm.br' : 'wx_checkout.wasm'));
      const bytes = path.endsWith('.br') ? brotliDecompressSync(file) : file;
      return WebAssembly.instantiate(bytes, imports).then(({ instance }) => (bare ? instance : { instance }));
    },
  };
}

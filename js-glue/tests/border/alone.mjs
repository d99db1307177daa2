/** The border suite in an engine that has one realm for the tests and the package, and no tool to run tests. */
import { strip } from './given.mjs';
import { border } from './suite.mjs';

/**
 * Makes the realm a phone's and runs every case in it.
 *
 * `shell` is what the engine has besides, taken before: `WebAssembly` (absent: the phone has none),
 * `setTimeout`, `readText(file)` and `readBytes(file)` of the package, `slowPromise` (the source of a
 * Promise that resolves by setTimeout, or nothing) and `print`.
 */
export async function runAlone(realm, { WebAssembly, setTimeout, readText, readBytes, slowPromise, print }) {
  const { Function } = realm;
  strip(realm);
  realm.setTimeout = setTimeout;
  if (slowPromise) realm.Promise = new Function('return ' + slowPromise)()(setTimeout);

  /** What the engine's WebAssembly makes of the package, with the one path at which a phone finds it. */
  const WXWebAssembly = WebAssembly && {
    instantiate(path, imports) {
      if (path !== '/miniprogram_npm/wx-checkout/wx_checkout.wasm') return Promise.reject(new Error('file not found'));
      return WebAssembly.instantiate(readBytes('wx_checkout.wasm'), imports);
    },
  };

  const appTimers = createTimers(setTimeout);

  function launch({ wx, timers = appTimers }) {
    const run = text => {
      const module = { exports: {} };
      const code = new Function('module', 'exports', 'require', 'wx', 'WXWebAssembly', 'setTimeout', 'clearTimeout', text);
      code(module, module.exports, require, wx, WXWebAssembly, timers.setTimeout, timers.clearTimeout);
      return module.exports;
    };
    const require = name => {
      if (WXWebAssembly) throw new Error('who runs the module does not pay for the script');
      return run(readText(name));
    };
    return { ...run(readText('index.js')), own: value => value, run };
  }

  const isEnginesOwn = /\[native code\]/.test(String(realm.Promise));
  print(`WebAssembly is ${WebAssembly ? 'there' : 'missing'}, Promise is ${isEnginesOwn ? 'the engine\'s' : 'slow'}`);
  const cases = [];
  border({ launch, appTimers, test: (name, run) => cases.push({ name, run }) });
  let failed = 0;
  for (const { name, run } of cases) {
    try {
      await run();
      print(`ok - ${name}`);
    } catch (error) {
      failed += 1;
      print(`not ok - ${name}: ${error && error.message}\n${error && error.stack}`);
    }
  }
  print(`# pass ${cases.length - failed}\n# fail ${failed}`);
}

/** Not every shell has a clearTimeout. */
function createTimers(setTimeout) {
  const waiting = new Set();
  let last = 0;
  return {
    setTimeout(run, ms) {
      last += 1;
      const timer = last;
      waiting.add(timer);
      setTimeout(() => {
        if (waiting.delete(timer)) run();
      }, ms);
      return timer;
    },
    clearTimeout: timer => void waiting.delete(timer),
  };
}

/**
 * The border suite inside JavaScriptCore's shell, which has one realm and neither modules nor tests.
 * Arguments: the package's folder, and `slow-promise FILE` for a Promise that resolves by setTimeout.
 */
import { MISSING_ON_PHONES } from './missing.mjs';
import { border } from './suite.mjs';

// Everything that is the shell's is taken before the realm becomes a phone's.
const realm = globalThis;
const { WebAssembly, setTimeout, Function, readFile, print, quit } = realm;
const [folder, , slowPromise] = realm.arguments;

MISSING_ON_PHONES.forEach(name => delete realm[name]);
if (slowPromise) realm.Promise = new Function('return ' + readFile(slowPromise))()(setTimeout);

const waiting = new Set();
let lastTimer = 0;

/** The shell has no clearTimeout. */
const appTimers = {
  setTimeout(run, ms) {
    lastTimer += 1;
    const timer = lastTimer;
    waiting.add(timer);
    setTimeout(() => {
      if (waiting.delete(timer)) run();
    }, ms);
    return timer;
  },
  clearTimeout: timer => void waiting.delete(timer),
};

/** What the shell's WebAssembly makes of the package, with the one path at which a phone finds it. */
const WXWebAssembly = WebAssembly && {
  instantiate(path, imports) {
    if (path !== '/miniprogram_npm/wx-checkout/wx_checkout.wasm') return Promise.reject(new Error('file not found'));
    return WebAssembly.instantiate(readFile(folder + '/wx_checkout.wasm', 'binary'), imports);
  },
};

function launch({ wx, timers = appTimers }) {
  const load = file => {
    const module = { exports: {} };
    const run = new Function('module', 'exports', 'require', 'wx', 'WXWebAssembly', 'setTimeout', 'clearTimeout', readFile(`${folder}/${file}`));
    run(module, module.exports, require, wx, WXWebAssembly, timers.setTimeout, timers.clearTimeout);
    return module.exports;
  };
  const require = name => {
    if (WXWebAssembly) throw new Error('who runs the module does not pay for the script');
    return load(name);
  };
  return { ...load('index.js'), own: value => value };
}

print(`WebAssembly is ${WebAssembly ? 'there' : 'missing'}`);
const cases = [];
border({ launch, appTimers, test: (name, run) => cases.push({ name, run }) });

async function runAll() {
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
  quit();
}

runAll();

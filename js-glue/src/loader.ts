import type { Errors } from './errors';
import { Instance, startInstance } from './instance';
import { messageOf } from './wx';

/** What a phone has in place of `WebAssembly`. Base library 2.13.0; `.wasm.br` needs 2.14.0. */
declare const WXWebAssembly: { instantiate?: (path: string, imports: object) => Promise<unknown> } | undefined;

/** Where npm packages end up in a mini program. */
const INSTALLED = 'miniprogram_npm/wx-checkout/wx_checkout.wasm';

/** How long all attempts may take together, in milliseconds: a phone that refuses a module may hang over it. */
const LIMIT_MS = 20000;

let loading: Promise<Instance> | undefined;

/** This phone was seen not to run the module: it is not asked again. */
let scripted = false;

/**
 * A running copy of the wasm module in the mini program's package.
 *
 * Loads once, however often it is asked; a load that failed is tried again by the next call, and a
 * copy that died is followed by another.
 * `wasmPath` is tried first, then the places where npm packages end up. Where the phone has no
 * `WXWebAssembly`, or one that does not take the module, the same module runs as JavaScript.
 */
export function loadInstance(wasmPath: string | undefined, errors: Errors): Promise<Instance> {
  if (loading === undefined) {
    loading = load(wasmPath, errors);
    const over = (): void => {
      loading = undefined;
    };
    loading.then(instance => instance.onDeath(over), over);
  }
  return loading;
}

function load(wasmPath: string | undefined, errors: Errors): Promise<Instance> {
  if (scripted) return runScript().then(undefined, thrown => Promise.reject(errors.fromCore(thrown)));
  return runModule(wasmPath, errors).then(undefined, reason =>
    runScript().then(
      instance => {
        scripted = true;
        return instance;
      },
      // Without the script, what stopped the module is what there is to say.
      () => Promise.reject(reason),
    ),
  );
}

/** The module as the phone runs it. */
function runModule(wasmPath: string | undefined, errors: Errors): Promise<Instance> {
  const instantiate = typeof WXWebAssembly === 'object' && WXWebAssembly !== null ? WXWebAssembly.instantiate : undefined;
  if (typeof instantiate !== 'function') return Promise.reject(unsupported(errors));
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(timedOut(errors)), LIMIT_MS);
    firstThatRuns(paths(wasmPath), path => startInstance(imports => instantiate(path, imports))).then(
      instance => {
        clearTimeout(limit);
        resolve(instance);
      },
      (reasons: string[]) => {
        clearTimeout(limit);
        reject(refused(errors, reasons));
      },
    );
  });
}

/** The module as JavaScript. Evaluated here and not before: a phone that runs the module pays nothing for it. */
function runScript(): Promise<Instance> {
  return startInstance(imports => ({ exports: require('./fallback.js').instantiate(imports) }));
}

/** The places to try, in order, each once. */
function paths(wasmPath: string | undefined): string[] {
  const all = ['/' + INSTALLED, INSTALLED, '/' + INSTALLED + '.br', INSTALLED + '.br'];
  return wasmPath === undefined ? all : [wasmPath].concat(all.filter(path => path !== wasmPath));
}

/** The first copy that runs; rejects with the reason of every attempt. */
function firstThatRuns(candidates: string[], run: (path: string) => Promise<Instance>): Promise<Instance> {
  const attempt = (at: number, reasons: string[]): Promise<Instance> => {
    const path = candidates[at];
    if (path === undefined) return Promise.reject(reasons);
    return run(path).then(undefined, thrown => attempt(at + 1, reasons.concat(path + ': ' + messageOf(thrown))));
  };
  return attempt(0, []);
}

function unsupported(errors: Errors): Error {
  return errors.own('wasm_unsupported', 'never', {
    zh: '当前微信版本过低,无法使用收银台(需要基础库 2.13.0 及以上)。没有产生任何扣款,请更新微信后重试。',
    en: 'This version of WeChat is too old for the checkout (base library 2.13.0 is needed). No money was taken. Please update WeChat and try again.',
  });
}

function timedOut(errors: Errors): Error {
  return errors.own('wasm_timeout', 'later', {
    zh: '收银台加载超时。没有产生任何扣款,请稍后重试。',
    en: 'The checkout took too long to load. No money was taken. Please try again in a while.',
  });
}

function refused(errors: Errors, reasons: string[]): Error {
  const detail = reasons.join('; ');
  return errors.own('wasm_refused', 'later', {
    zh: '收银台无法加载(' + detail + ')。没有产生新的扣款,请重新打开小程序后重试。',
    en: 'The checkout could not be loaded (' + detail + '). No new payment was made. Please open the mini program again and retry.',
  });
}

import { CheckoutError, createErrors, Errors } from './errors';
import { messageOf, WxLike } from './wx';

/** What {@link createCheckout} takes. */
export interface CheckoutOptions {
  /** The companion server: `https://HOST[:PORT][/PATH]`; `http` for this machine only. */
  baseUrl: string;
  /** Where the wasm module lies in the mini program's package, if not where npm packages are put. */
  wasmPath?: string;
  /** Where the snapshot is kept in the phone's storage; by default a name made from `baseUrl`. */
  storageKey?: string;
  /** The host's functions; by default the global `wx`. */
  wx?: WxLike;
}

/** Options that were looked at. */
export interface Settings {
  readonly baseUrl: string;
  readonly wasmPath: string | undefined;
  readonly storageKey: string;
  readonly wx: WxLike;
  readonly errors: Errors;
}

declare const wx: WxLike | undefined;

const KNOWN = ['baseUrl', 'wasmPath', 'storageKey', 'wx'];

const NEEDED: (keyof WxLike)[] = [
  'login', 'request', 'requestPayment', 'getStorage', 'setStorage', 'removeStorage', 'onAppShow', 'onAppHide',
];

/** A scheme, a host, perhaps a port and a path; no user, query or fragment. */
const ADDRESS = /^(https?):\/\/(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?(\/[^?#\s]*)?$/i;

const LOOPBACK = /^(localhost|127\.[0-9.]+|\[::1\])$/i;

/** Looks at what the page gave; throws a {@link CheckoutError} that names the option it cannot use. */
export function readOptions(given: unknown): Settings {
  try {
    return read(given);
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'CheckoutError') throw thrown;
    // A getter or a proxy of the page's.
    const detail = messageOf(thrown);
    throw invalid(createErrors(undefined), 'options', '无法读取(' + detail + ')', 'cannot be read (' + detail + ')');
  }
}

function read(given: unknown): Settings {
  const host = hostIn(given);
  const errors = createErrors(host);
  if (typeof given !== 'object' || given === null) {
    throw invalid(errors, 'options', '应为对象,例如 { baseUrl }', 'must be an object such as { baseUrl }');
  }
  const options = given as { [name: string]: unknown };
  Object.keys(options).forEach(name => {
    if (KNOWN.indexOf(name) < 0) {
      throw invalid(errors, name, '不是已知选项;可用:' + KNOWN.join('、'), 'is not a known option; known are ' + KNOWN.join(', '));
    }
  });
  const baseUrl = readBaseUrl(options['baseUrl'], errors);
  return {
    baseUrl,
    wasmPath: readText(options, 'wasmPath', errors),
    storageKey: readText(options, 'storageKey', errors) || 'wx-checkout:' + baseUrl,
    wx: readHost(host, errors),
    errors,
  };
}

/** The host that the page gave, or the app's. */
export function hostIn(given: unknown): WxLike | undefined {
  const own = typeof given === 'object' && given !== null ? (given as { wx?: WxLike }).wx : undefined;
  return own !== undefined ? own : typeof wx === 'undefined' ? undefined : wx;
}

function readBaseUrl(value: unknown, errors: Errors): string {
  const parts = typeof value === 'string' ? ADDRESS.exec(value) : null;
  if (parts === null) {
    throw invalid(errors, 'baseUrl', '应为形如 https://pay.example.com 的地址', 'must be an address such as https://pay.example.com');
  }
  const [scheme, host, port] = [parts[1] as string, parts[2] as string, parts[3] || ''].map(part => part.toLowerCase()) as [string, string, string];
  if (scheme === 'http' && !LOOPBACK.test(host)) {
    throw invalid(errors, 'baseUrl', '必须使用 https(仅本机地址可用 http)', 'must use https (http is for this machine only)');
  }
  const number = Number(port.slice(1));
  if (number > 65535 || port === ':0') {
    throw invalid(errors, 'baseUrl', '端口应为 1 到 65535', 'must have a port from 1 to 65535');
  }
  // One server is one address, however it is written: there is one checkout for it.
  const own = number === (scheme === 'http' ? 80 : 443) ? '' : port;
  return scheme + '://' + host + own + (parts[4] || '').replace(/\/+$/, '');
}

function readText(options: { [name: string]: unknown }, name: string, errors: Errors): string | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(errors, name, '应为非空字符串', 'must be a text that is not empty');
}

function readHost(host: WxLike | undefined, errors: Errors): WxLike {
  if ((typeof host !== 'object' && typeof host !== 'function') || host === null) {
    throw invalid(errors, 'wx', '缺失:请在小程序中运行,或传入 wx', 'is missing: run in a mini program, or pass one');
  }
  NEEDED.forEach(name => {
    if (typeof host[name] !== 'function') throw invalid(errors, 'wx.' + name, '不是函数', 'is not a function');
  });
  return host;
}

/** The error for an option that cannot be used. */
export function invalid(errors: Errors, name: string, zh: string, en: string): CheckoutError {
  return errors.own('invalid_option', 'never', {
    zh: 'createCheckout 的选项 ' + name + ' ' + zh + '。没有产生任何扣款。',
    en: 'createCheckout: the option ' + name + ' ' + en + '. No money was taken.',
  });
}

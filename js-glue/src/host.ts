import type { View } from './core-types';
import { callHost, errMsgOf, failureOf, HostFailure, messageOf, Settled, succeeded, WxLike } from './wx';

/** What `wx.requestPayment` takes, as the server signed it. */
export interface PaymentParams {
  timeStamp: string;
  nonceStr: string;
  package: string;
  signType: string;
  paySign: string;
}

/** An answer of the server: any status is one. */
export interface HttpAnswer {
  status: number;
  body: string;
}

/** The world, as the core sees it. Every promise settles at most once. */
export interface Host {
  /** The clock, in milliseconds. */
  now(): number;
  /** A fresh login code; rejects with a {@link HostFailure}. */
  login(): Promise<string>;
  /** One call to the server; rejects with a {@link HostFailure} when no answer came. */
  request(
    method: string,
    path: string,
    token: string | undefined,
    idempotencyKey: string | undefined,
    body: string | undefined,
  ): Promise<HttpAnswer>;
  /** Opens the payment sheet and resolves with the first thing it says, whatever that is. */
  requestPayment(params: PaymentParams): Promise<HostFailure>;
  /** Stores a snapshot; rejects when it was not stored. */
  save(snapshot: string): Promise<void>;
  /** Removes the snapshot. */
  forget(): Promise<void>;
  /** Resolves after `ms` milliseconds of this process. */
  sleep(ms: number): Promise<void>;
  /** Told after each change. Never throws. */
  changed(view: View): void;
}

/** What a {@link Host} over `wx` needs to know. */
export interface HostSettings {
  /** The host's functions. */
  readonly wx: WxLike;
  /** The companion server, without a slash at its end. */
  readonly baseUrl: string;
  /** Where the snapshot lies in the host's storage. */
  readonly storageKey: string;
  /** Who wants to know of changes. */
  readonly changed: (view: View) => void;
}

/** How long a request may take, in milliseconds. The core gives up earlier; this frees the connection. */
const REQUEST_LIMIT_MS = 30000;

/** How long reading the storage may take, in milliseconds: some phones never answer. */
const LOAD_LIMIT_MS = 3000;

/** The longest delay that `setTimeout` understands, in milliseconds; beyond it, it fires at once. */
const LONGEST_DELAY_MS = 0x7fffffff;

/** The core's world, made of the functions of `wx`. */
export function createHost({ wx, baseUrl, storageKey, changed }: HostSettings): Host {
  return {
    now: () => Date.now(),
    login: () => callHost(wx, 'login', {}).then(loginCode),
    request: (method, path, token, idempotencyKey, body) =>
      callHost(wx, 'request', {
        url: baseUrl + path,
        method,
        data: body,
        header: headers(token, idempotencyKey, body),
        // Anything but `json` leaves the body as text: the core reads it itself.
        dataType: 'text',
        responseType: 'text',
        timeout: REQUEST_LIMIT_MS,
      }).then(httpAnswer),
    requestPayment: params => callHost(wx, 'requestPayment', pick(params)).then(sheetAnswer),
    save: snapshot => callHost(wx, 'setStorage', { key: storageKey, data: snapshot }).then(done('setStorage')),
    forget: () => callHost(wx, 'removeStorage', { key: storageKey }).then(done('removeStorage')),
    sleep: ms => new Promise(resolve => {
      setTimeout(() => resolve(), Math.max(0, Math.min(ms, LONGEST_DELAY_MS)));
    }),
    changed,
  };
}

/** The stored snapshot, `null` where there is none; rejects when the storage cannot be read. */
export function load(wx: WxLike, storageKey: string): Promise<string | null> {
  return within(LOAD_LIMIT_MS, callHost(wx, 'getStorage', { key: storageKey }).then(stored));
}

function headers(token: string | undefined, idempotencyKey: string | undefined, body: string | undefined): object {
  const header: { [name: string]: string } = { Accept: 'application/json' };
  if (body !== undefined) header['Content-Type'] = 'application/json';
  if (token !== undefined) header['Authorization'] = 'Bearer ' + token;
  if (idempotencyKey !== undefined) header['Idempotency-Key'] = idempotencyKey;
  return header;
}

function loginCode(settled: Settled): string {
  const code = settled.answer['code'];
  if (succeeded(settled) && typeof code === 'string' && code !== '') return code;
  throw succeeded(settled) ? { errMsg: 'login:fail the host gave no code' } : failureOf(settled, 'login');
}

function httpAnswer(settled: Settled): HttpAnswer {
  const { statusCode, data } = settled.answer;
  if (!succeeded(settled)) throw failureOf(settled, 'request');
  if (typeof statusCode !== 'number') throw { errMsg: 'request:fail the host gave no status' };
  return { status: statusCode, body: textOf(data) };
}

/** Only the five fields: the core may hand over more one day, and the host refuses what it does not know. */
function pick({ timeStamp, nonceStr, package: packageText, signType, paySign }: PaymentParams): object {
  return { timeStamp, nonceStr, package: packageText, signType, paySign };
}

function sheetAnswer(settled: Settled): HostFailure {
  const failure = failureOf(settled, 'requestPayment');
  if (errMsgOf(settled) === '') {
    failure.errMsg = settled.ending === 'success' ? 'requestPayment:ok' : 'requestPayment:fail the host said nothing';
  }
  return failure;
}

function stored(settled: Settled): string | null {
  if (succeeded(settled)) {
    const data = settled.answer['data'];
    return data === undefined || data === null || data === '' ? null : textOf(data);
  }
  if (/data not found/i.test(errMsgOf(settled))) return null;
  throw failureOf(settled, 'getStorage');
}

function done(name: string): (settled: Settled) => void {
  return settled => {
    if (!succeeded(settled)) throw failureOf(settled, name);
  };
}

/** What the host gave, as the text it must have been: some hosts parse JSON whatever they were told. */
function textOf(data: unknown): string {
  if (typeof data === 'string') return data;
  if (data === undefined) return '';
  try {
    return JSON.stringify(data) || '';
  } catch (thrown) {
    throw { errMsg: 'request:fail ' + messageOf(thrown) };
  }
}

function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject({ errMsg: 'getStorage:fail no answer in time' }), limitMs);
    const settle = <V>(pass: (value: V) => void) => (value: V): void => {
      clearTimeout(limit);
      pass(value);
    };
    promise.then(settle(resolve), settle(reject));
  });
}

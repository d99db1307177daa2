import { callHost, errMsgOf, failureOf, HostFailure, messageOf, Settled, succeeded, WxLike } from './wx';

/**
 * The world, as the core sees it: no function throws, every promise settles at most once, and what
 * crosses is text.
 */
export interface Host {
  /** The clock, in milliseconds. */
  now(): number;
  /** A fresh login code; rejects with a `HostFailure`. */
  login(): Promise<string>;
  /** One call to the server: `STATUS BODY`; rejects with a `HostFailure` when no answer came. What is empty is not sent. */
  request(method: string, path: string, token: string, idempotencyKey: string, body: string): Promise<string>;
  /** Opens the payment sheet with these parameters (JSON), and resolves with the first `errMsg`, whatever that is. */
  requestPayment(params: string): Promise<string>;
  /** Stores a snapshot, or removes it where it is empty; rejects when that was not done. */
  save(snapshot: string): Promise<void>;
  /** Stores what the storage held at launch in a place of its own; rejects when it could not be read or stored. */
  preserve(): Promise<void>;
  /** Resolves after `ms` milliseconds of this process. */
  sleep(ms: number): Promise<void>;
  /** Told of each change: the JSON of a view. Never throws. */
  changed(view: string): void;
}

/** What a {@link Host} over `wx` needs to know. */
export interface HostSettings {
  /** The host's functions. */
  readonly wx: WxLike;
  /** The companion server, without a slash at its end. */
  readonly baseUrl: string;
  /** Where the snapshot lies in the host's storage. */
  readonly storageKey: string;
  /** What lay there at launch; empty for nothing, and where it could not be read. */
  readonly found: string;
  /** Who wants to know of changes. */
  readonly changed: (view: string) => void;
  /** Keeps what the host said in its own words. */
  readonly note: (name: string, failure: HostFailure) => void;
}

/** How long a request may take, in milliseconds. The core gives up earlier; this frees the connection. */
const REQUEST_LIMIT_MS = 30000;

/** How long reading the storage may take, in milliseconds: some phones never answer. */
const LOAD_LIMIT_MS = 3000;

/** The longest delay that `setTimeout` understands, in milliseconds; beyond it, it fires at once. */
const LONGEST_DELAY_MS = 0x7fffffff;

/** The core's world, made of the functions of `wx`. */
export function createHost({ wx, baseUrl, storageKey, found, changed, note }: HostSettings): Host {
  const call = (name: keyof WxLike, options: object): Promise<Settled> =>
    callHost(wx, name, options).then(settled => {
      // The core knows of a sheet's word what it may rest on; support wants to see all of it.
      if (name === 'requestPayment' || !succeeded(settled)) note(name, failureOf(settled, name));
      return settled;
    });
  const store = (key: string, data: string): Promise<void> => call('setStorage', { key, data }).then(done('setStorage'));
  return {
    now: () => Date.now(),
    login: () => call('login', {}).then(loginCode),
    request: (method, path, token, idempotencyKey, body) =>
      call('request', {
        url: baseUrl + path,
        method,
        data: body || undefined,
        header: headers(token, idempotencyKey, body),
        // Anything but `json` leaves the body as text: the core reads it itself.
        dataType: 'text',
        responseType: 'text',
        timeout: REQUEST_LIMIT_MS,
      }).then(httpAnswer),
    requestPayment: params => call('requestPayment', JSON.parse(params)).then(sheetAnswer),
    save: snapshot =>
      snapshot === ''
        ? call('removeStorage', { key: storageKey }).then(done('removeStorage'))
        : store(storageKey, snapshot),
    preserve: () =>
      // What could not be read at launch may be readable now, and is not in this process otherwise.
      Promise.resolve(found || load(wx, storageKey)).then(text => (text ? store(storageKey + '.aside', text) : undefined)),
    sleep: ms => new Promise(resolve => {
      setTimeout(() => resolve(), Math.max(0, Math.min(ms, LONGEST_DELAY_MS)));
    }),
    changed,
  };
}

/** The stored snapshot, empty where there is none; rejects when the storage cannot be read. */
export function load(wx: WxLike, storageKey: string): Promise<string> {
  return within(LOAD_LIMIT_MS, callHost(wx, 'getStorage', { key: storageKey }).then(stored));
}

function headers(token: string, idempotencyKey: string, body: string): object {
  const header: { [name: string]: string } = { Accept: 'application/json' };
  if (body) header['Content-Type'] = 'application/json';
  if (token) header['Authorization'] = 'Bearer ' + token;
  if (idempotencyKey) header['Idempotency-Key'] = idempotencyKey;
  return header;
}

function loginCode(settled: Settled): string {
  const code = settled.answer['code'];
  if (succeeded(settled) && typeof code === 'string' && code !== '') return code;
  throw succeeded(settled) ? { errMsg: 'login:fail the host gave no code' } : failureOf(settled, 'login');
}

function httpAnswer(settled: Settled): string {
  const { statusCode, data } = settled.answer;
  if (!succeeded(settled)) throw failureOf(settled, 'request');
  if (typeof statusCode !== 'number') throw { errMsg: 'request:fail the host gave no status' };
  return statusCode + ' ' + textOf(data);
}

function sheetAnswer(settled: Settled): string {
  return errMsgOf(settled) || 'requestPayment:' + (settled.ending === 'success' ? 'ok' : 'fail the host said nothing');
}

function stored(settled: Settled): string {
  if (succeeded(settled)) return textOf(settled.answer['data']);
  if (/data not found/i.test(errMsgOf(settled))) return '';
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
  if (data === undefined || data === null) return '';
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

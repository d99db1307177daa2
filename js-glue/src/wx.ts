/**
 * The part of `wx` that a checkout uses, written loosely on purpose: hosts differ in what they call
 * back with, and every answer is looked at before it is believed.
 */

/** What a host calls back with. */
export type Answer = { [field: string]: unknown } | undefined | null | void;

/** The three callbacks that every function of the host takes. */
export interface Callbacks {
  success?(answer: any): void;
  fail?(answer: any): void;
  complete?(answer: any): void;
}

/** The host: `wx` in a mini program, or something that behaves like it. */
export interface WxLike {
  login(options: any): unknown;
  request(options: any): unknown;
  requestPayment(options: any): unknown;
  getStorage(options: any): unknown;
  setStorage(options: any): unknown;
  removeStorage(options: any): unknown;
  /** Base library 2.15.0 and later. */
  getRandomValues?(options: any): unknown;
  /** Base library 2.20.1 and later. */
  getAppBaseInfo?(): { language?: string };
  getSystemInfoSync?(): { language?: string };
  onAppShow(listener: (...args: any[]) => void): unknown;
  onAppHide(listener: (...args: any[]) => void): unknown;
}

/** Which of the callbacks came first. */
export type Ending = 'success' | 'fail' | 'complete';

/** The first word of the host about a call. */
export interface Settled {
  /** The callback that brought it. */
  readonly ending: Ending;
  /** What it brought; an object, also where the host brought nothing. */
  readonly answer: { [field: string]: unknown };
}

/**
 * Calls one function of the host and resolves with its first word; everything after that is ignored.
 *
 * Never rejects: a function that throws has failed, and its message is the `errMsg`. A host that
 * never calls back leaves the promise open; the core keeps its own time limits.
 */
export function callHost(host: WxLike, name: keyof WxLike, options: object): Promise<Settled> {
  return new Promise(resolve => {
    const first = (ending: Ending) => (answer: Answer): void => {
      resolve({ ending, answer: typeof answer === 'object' && answer !== null ? answer : {} });
    };
    const callbacks: Callbacks = { success: first('success'), fail: first('fail'), complete: first('complete') };
    try {
      const call = host[name] as ((this: WxLike, options: object) => unknown) | undefined;
      if (typeof call !== 'function') throw new Error('wx.' + name + ' is missing');
      const returned = call.call(host, assign(options, callbacks)) as { then?: unknown } | undefined | null;
      // A wrapped host may return a promise besides calling back: its rejection must not go unhandled.
      if (typeof returned === 'object' && returned !== null && typeof returned.then === 'function') {
        returned.then(undefined, first('fail'));
      }
    } catch (thrown) {
      first('fail')({ errMsg: name + ':fail ' + messageOf(thrown) });
    }
  });
}

/** Whether the call did what it was asked to. Old clients only ever call `complete`: its text decides. */
export function succeeded(settled: Settled): boolean {
  return settled.ending === 'success' || (settled.ending === 'complete' && /:ok$/.test(errMsgOf(settled)));
}

/** The host's own words; empty where it said nothing. */
export function errMsgOf(settled: Settled): string {
  const text = settled.answer['errMsg'];
  return typeof text === 'string' ? text : '';
}

/** A failure of the host, in the form in which it reports failures itself. */
export interface HostFailure {
  /** The host's own words. */
  errMsg: string;
  /** WeChat's number for it, where there is one. */
  errno?: number;
}

/** What a failed call is rejected with. */
export function failureOf(settled: Settled, name: string): HostFailure {
  const failure: HostFailure = { errMsg: errMsgOf(settled) || name + ':fail' };
  const errno = settled.answer['errno'];
  if (typeof errno === 'number') failure.errno = errno;
  return failure;
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null) {
    const { message, errMsg } = thrown as { message?: unknown; errMsg?: unknown };
    if (typeof message === 'string') return message;
    if (typeof errMsg === 'string') return errMsg;
  }
  return typeof thrown === 'string' ? thrown : 'unknown error';
}

/** A new object with the fields of both: `Object.assign` is younger than some phones. */
function assign(one: object, other: object): object {
  const both: { [field: string]: unknown } = {};
  [one, other].forEach(source => {
    Object.keys(source).forEach(field => {
      both[field] = (source as { [field: string]: unknown })[field];
    });
  });
  return both;
}

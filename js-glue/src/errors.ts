import type { Action, Refusal, Retry } from './core-types';
import { messageOf, WxLike } from './wx';

/** One sentence in the two languages of the package. */
export interface Messages {
  zh: string;
  en: string;
}

/** Codes that come from this package itself; the others are the core's and the server's. */
export type GlueCode =
  | 'invalid_option'
  | 'invalid_listener'
  | 'not_ready'
  | 'wasm_unsupported'
  | 'wasm_refused'
  | 'wasm_timeout'
  | 'core_failed';

/** What every function of a checkout rejects with, or throws. */
export interface CheckoutError extends Error {
  /** Stable; programs may match on it. */
  code: string;
  /** The sentence in the app's language: what happened, what happened to the money, what to do. */
  message: string;
  /** The sentence in both languages. */
  messages: Messages;
  /** What is worth trying. */
  retry: Retry;
  /** The order that the refusal is about. */
  orderId?: string;
  /** With `bad_draft`: which field is wrong, and its rule. */
  detail?: string;
  /** What can be done now, the way out of an order that stands in the way among it. */
  actions?: Action[];
}

/** Makes refusals into errors, in the app's language. */
export interface Errors {
  /** An error of this package. */
  own(code: GlueCode, retry: Retry, messages: Messages): CheckoutError;
  /** A refusal of the core, or what ended it. */
  fromCore(thrown: unknown): CheckoutError;
}

/** Errors in the language that the host says the app is in; Chinese where it does not say. */
export function createErrors(wx: WxLike | undefined): Errors {
  const language = languageOf(wx);
  const build = (code: string, retry: Retry, messages: Messages): CheckoutError => {
    const error = new Error(messages[language]) as CheckoutError;
    error.name = 'CheckoutError';
    error.code = code;
    error.messages = messages;
    error.retry = retry;
    return error;
  };
  return {
    own: build,
    fromCore: thrown => {
      const refusal = refusalOf(thrown);
      if (refusal === undefined) return build('core_failed', 'later', coreFailed(thrown));
      const error = build(refusal.code, refusal.retry, refusal.message);
      error.actions = refusal.actions;
      if (refusal.orderId) error.orderId = refusal.orderId;
      if (refusal.detail) {
        error.detail = refusal.detail;
        error.message += ' (' + refusal.detail + ')';
      }
      return error;
    },
  };
}

/** The refusal in what the core said, if it is one. A trap of the wasm module, say, is none. */
function refusalOf(thrown: unknown): Refusal | undefined {
  return typeof thrown === 'object' && thrown !== null && 'retry' in thrown ? (thrown as Refusal) : undefined;
}

function coreFailed(thrown: unknown): Messages {
  const detail = messageOf(thrown);
  return {
    zh: '收银台出错了(' + detail + ')。如果已经付款,款项不会丢失:请重新打开小程序,订单会自动查询。',
    en: 'The checkout failed (' + detail + '). If you have paid, the payment is not lost: open the mini program again and the order is looked up.',
  };
}

function languageOf(wx: WxLike | undefined): keyof Messages {
  let language: unknown;
  try {
    const ask = wx && (wx.getAppBaseInfo || wx.getSystemInfoSync);
    language = ask ? ask.call(wx).language : undefined;
  } catch (_) {
    // A host that cannot say is taken for a Chinese one, like one that does not say.
  }
  return typeof language === 'string' && language !== '' && !/^zh/i.test(language) ? 'en' : 'zh';
}

/**
 * A checkout for WeChat mini programs: an order keeps at most one payment, a screen never calls
 * money that moved "failed", and a killed app loses nothing.
 */
import { Checkout, createFacade } from './checkout';
import { newKey } from './entropy';
import { createErrors } from './errors';
import { createLife, Life } from './life';
import { CheckoutOptions, hostIn, invalid, readOptions, Settings } from './options';
import { unheard } from './unheard';
import type { WxLike } from './wx';

export type { Checkout, Off, PayResult } from './checkout';
export type { CheckoutError, GlueCode, Messages } from './errors';
export type { CheckoutOptions } from './options';
export type { OutcomeEvent } from './outcomes';
export type { WxLike } from './wx';
export type * from './core-types';

interface Known {
  readonly settings: Settings;
  readonly checkout: Promise<Checkout>;
}

/** One machine per server, so that all pages of the app see the same one. */
const known: { [baseUrl: string]: Known } = {};

/**
 * The app's checkout with the companion server at `baseUrl`: loads the wasm module, restores what an
 * earlier launch left, and listens to the app being shown and hidden. A second call with the same
 * `baseUrl` gives the same checkout. Rejects with a `CheckoutError`.
 */
export function createCheckout(options: CheckoutOptions): Promise<Checkout> {
  return refusing(options, new Promise<Checkout>(resolve => {
    const settings = readOptions(options);
    const { baseUrl, errors } = settings;
    const before = known[baseUrl];
    if (before !== undefined) {
      (['storageKey', 'wasmPath', 'wx'] as const).forEach(name => {
        if (before.settings[name] === settings[name]) return;
        throw invalid(errors, name, '与此 baseUrl 已有的收银台不同', 'differs from that of the checkout this baseUrl already has');
      });
      resolve(before.checkout);
      return;
    }
    const checkout = open(settings);
    known[baseUrl] = { settings, checkout };
    // A checkout that could not be opened is tried anew by the next call.
    checkout.then(undefined, () => {
      delete known[baseUrl];
    });
    resolve(checkout);
  }));
}

/** What a checkout can do, said of one that is not there yet: a page that forgot to wait is told so. */
function refusing(options: unknown, promise: Promise<Checkout>): Promise<Checkout> {
  const names = ['pay', 'onChange', 'onOutcome', 'checkAgain', 'payAgain', 'sheetClosed', 'abandon', 'setAside', 'acknowledge', 'trace'];
  names.forEach(name => {
    (promise as unknown as { [name: string]: () => never })[name] = () => {
      throw createErrors(hostIn(options)).own('not_ready', 'same', {
        zh: '收银台还没有准备好,没有产生任何扣款:请先 await createCheckout(),再调用 ' + name + '。',
        en: 'The checkout is not ready, and nothing was charged: await createCheckout() before calling ' + name + '.',
      });
    };
  });
  return promise;
}

function open(settings: Settings): Promise<Checkout> {
  const { wx, errors } = settings;
  return createLife(settings).then(life => {
    followApp(life, wx);
    return createFacade(life, errors, () => newKey(wx));
  });
}

/** Tells the core when the app is shown and hidden; after the host's own call, which may come out of the core. */
function followApp({ tell, ifAlive }: Life, wx: WxLike): void {
  listen(() => wx.onAppShow(() => later(() => tell('shown'))));
  // A core that died is not raised to be hidden.
  listen(() => wx.onAppHide(() => later(() => ifAlive(core => core.tell('hidden', '')))));
}

/** A host that cannot be listened to does not stop a sale: the core looks by itself, only later. */
function listen(begin: () => void): void {
  try {
    begin();
  } catch (thrown) {
    unheard(thrown);
  }
}

function later(run: () => void): void {
  Promise.resolve().then(run).then(undefined, unheard);
}

/**
 * A checkout for WeChat mini programs: an order keeps at most one payment, a screen never calls
 * money that moved "failed", and a killed app loses nothing.
 */
import { Checkout, createFacade } from './checkout';
import type { CheckoutCore } from './core';
import type { View } from './core-types';
import { createFeed, Feed } from './feed';
import { entropy } from './entropy';
import { createHost, load } from './host';
import { loadCore } from './loader';
import { CheckoutOptions, invalid, readOptions, Settings } from './options';

export type { Checkout, Off, PayResult } from './checkout';
export type { CheckoutError, GlueCode, Messages } from './errors';
export type { CheckoutOptions } from './options';
export type { OutcomeEvent } from './outcomes';
export type { WxLike } from './wx';
export type * from './core-types';

interface Known {
  readonly storageKey: string;
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
  return new Promise<Checkout>(resolve => {
    const settings = readOptions(options);
    const { baseUrl, storageKey, errors } = settings;
    const before = known[baseUrl];
    if (before !== undefined) {
      if (before.storageKey !== storageKey) {
        throw invalid(errors, 'storageKey', '与此 baseUrl 已有的收银台不同', 'differs from that of the checkout this baseUrl already has');
      }
      resolve(before.checkout);
      return;
    }
    const checkout = open(settings);
    known[baseUrl] = { storageKey, checkout };
    // A checkout that could not be opened is tried anew by the next call.
    checkout.then(undefined, () => {
      delete known[baseUrl];
    });
    resolve(checkout);
  });
}

function open(settings: Settings): Promise<Checkout> {
  const { wx, baseUrl, storageKey, wasmPath, errors } = settings;
  return loadCore(wasmPath, errors).then(Core => {
    // The feed begins with the restored view; before that there is nobody to tell.
    let feed: Feed | undefined;
    const changed = (view: View): void => {
      if (feed !== undefined) feed.push(view);
    };
    const core = new Core(createHost({ wx, baseUrl, storageKey, changed }));
    // A storage that cannot be read is a fact for the core, not a reason to stop.
    return load(wx, storageKey).then(undefined, () => undefined).then(text => {
      core.restore(text);
      feed = createFeed(core.view());
      followApp(core, settings);
      return createFacade(core, feed, () => entropy(wx), errors);
    }).then(undefined, thrown => {
      core.free();
      throw errors.fromCore(thrown);
    });
  });
}

/** Tells the core when the app is shown and hidden; after the host's own call, which may come out of the core. */
function followApp(core: CheckoutCore, { wx }: Settings): void {
  const later = (tell: () => void) => (): void => {
    Promise.resolve().then(tell);
  };
  wx.onAppShow(later(() => core.shown()));
  wx.onAppHide(later(() => core.hidden()));
}

import { callHost, failureOf, succeeded, WxLike } from './wx';

/** How many random bytes name one checkout. */
const LENGTH = 16;

/** How long the host may take over them, in milliseconds: the core does without after that. */
const LIMIT_MS = 2000;

/**
 * 16 bytes of `wx.getRandomValues` (base library 2.15.0), to name a checkout with.
 *
 * Rejects where the host has none. The core then stirs the clock and `Math.random`: no cryptographic
 * source, but the name only has to differ from the caller's other checkouts, since the server looks
 * a name up among the orders of the session's own payer only.
 */
export function entropy(host: WxLike): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject({ errMsg: 'getRandomValues:fail no answer in time' }), LIMIT_MS);
    callHost(host, 'getRandomValues', { length: LENGTH }).then(settled => {
      clearTimeout(limit);
      const bytes = succeeded(settled) ? bytesOf(settled.answer['randomValues']) : undefined;
      if (bytes === undefined) throw failureOf(settled, 'getRandomValues');
      return bytes;
    }).then(resolve, reject);
  });
}

/** The host's bytes, if there are enough of them. Not `instanceof`: a host may live in another realm. */
function bytesOf(values: unknown): Uint8Array | undefined {
  if (typeof values !== 'object' || values === null) return undefined;
  const length = (values as ArrayBuffer).byteLength;
  return typeof length === 'number' && length >= LENGTH ? new Uint8Array(values as ArrayBuffer).slice(0, LENGTH) : undefined;
}

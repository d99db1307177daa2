import { callHost, succeeded, WxLike } from './wx';

/** How many random bytes name one purchase. */
const LENGTH = 16;

/** How long the host may take over them, in milliseconds. */
const LIMIT_MS = 2000;

/**
 * The idempotency key of one purchase, 32 hexadecimal digits: 16 bytes of `wx.getRandomValues` (base
 * library 2.15.0), or, where the host has none or never answers, the clock and `Math.random`.
 *
 * The latter are no cryptographic source, but a key only has to differ from the payer's other keys:
 * the server looks it up among the orders of the session's own payer.
 */
export function newKey(host: WxLike): Promise<string> {
  return new Promise(resolve => {
    const withoutHost = (): void => resolve(hex(stirred()));
    const limit = setTimeout(withoutHost, LIMIT_MS);
    callHost(host, 'getRandomValues', { length: LENGTH })
      .then(settled => {
        clearTimeout(limit);
        resolve(hex((succeeded(settled) && bytesOf(settled.answer['randomValues'])) || stirred()));
      })
      // What is no buffer, whatever it says of itself.
      .then(undefined, withoutHost);
  });
}

/** The host's bytes, if there are enough of them. Not `instanceof`: a host may live in another realm. */
function bytesOf(values: unknown): number[] | undefined {
  const bytes = new Uint8Array(values as ArrayBuffer);
  const numbers: number[] = [];
  for (let at = 0; at < LENGTH; at += 1) numbers.push(bytes[at] as number);
  return bytes.length < LENGTH ? undefined : numbers;
}

function stirred(): number[] {
  const numbers: number[] = [];
  for (let clock = Date.now(), at = 0; at < LENGTH; at += 1) {
    numbers.push(at < 6 ? clock & 255 : Math.floor(Math.random() * 256));
    clock = Math.floor(clock / 256);
  }
  return numbers;
}

function hex(numbers: number[]): string {
  return numbers.map(number => (256 + number).toString(16).slice(1)).join('');
}

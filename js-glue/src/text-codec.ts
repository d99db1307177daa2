/**
 * UTF-8 in both directions. Phones have neither TextEncoder nor TextDecoder, and the wasm module
 * takes the bytes it is given for well-formed UTF-8: whatever cannot be said in UTF-8, a lone
 * surrogate above all, becomes U+FFFD here, so that it never gets that far.
 */

const REPLACEMENT = 0xfffd;

/** How many characters `String.fromCharCode.apply` is given at once: old engines limit arguments. */
const CHUNK = 4096;

/** The code point that starts at `text[index]`; a lone surrogate reads as U+FFFD. */
function codePointAt(text: string, index: number): number {
  const first = text.charCodeAt(index);
  if (first < 0xd800 || first > 0xdfff) return first;
  const second = first < 0xdc00 ? text.charCodeAt(index + 1) : NaN;
  const paired = second >= 0xdc00 && second <= 0xdfff;
  return paired ? 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00) : REPLACEMENT;
}

/** How many bytes `point` takes in UTF-8. */
function width(point: number): number {
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

/** Writes `text` into `bytes` as far as whole characters fit; says how far it came. */
function encodeInto(text: string, bytes: Uint8Array): { read: number; written: number } {
  let read = 0;
  let written = 0;
  while (read < text.length) {
    const point = codePointAt(text, read);
    const size = width(point);
    if (written + size > bytes.length) break;
    if (size === 1) {
      bytes[written] = point;
    } else {
      let rest = point;
      for (let at = size - 1; at > 0; at -= 1) {
        bytes[written + at] = 0x80 | (rest & 0x3f);
        rest >>= 6;
      }
      bytes[written] = (0xf00 >> size) & 0xff | rest;
    }
    written += size;
    read += point > 0xffff ? 2 : 1;
  }
  return { read, written };
}

/** `text` as UTF-8. */
export function encode(text: string): Uint8Array {
  let size = 0;
  for (let at = 0; at < text.length; ) {
    const point = codePointAt(text, at);
    size += width(point);
    at += point > 0xffff ? 2 : 1;
  }
  const bytes = new Uint8Array(size);
  encodeInto(text, bytes);
  return bytes;
}

/**
 * The text that `bytes` say. Ill-formed parts become U+FFFD, one for each maximal part of a
 * character, as the WHATWG encoding standard asks; a byte order mark is kept.
 */
export function decode(bytes: Uint8Array): string {
  let text = '';
  let units: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at] as number;
    at += 1;
    let point = first;
    if (first >= 0x80) {
      // The second byte's range depends on the first: that is what rules out overlong forms,
      // surrogates and anything above U+10FFFF.
      let missing = first >= 0xc2 && first <= 0xdf ? 1 : first >= 0xe0 && first <= 0xef ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
      let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
      let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
      point = missing === 0 ? REPLACEMENT : first & (0x3f >> missing);
      while (missing > 0) {
        const next = bytes[at];
        if (next === undefined || next < low || next > high) {
          point = REPLACEMENT;
          break;
        }
        point = (point << 6) | (next & 0x3f);
        at += 1;
        missing -= 1;
        low = 0x80;
        high = 0xbf;
      }
    }
    if (point > 0xffff) {
      units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
    } else {
      units.push(point);
    }
    if (units.length >= CHUNK) {
      text += String.fromCharCode.apply(null, units);
      units = [];
    }
  }
  return text + String.fromCharCode.apply(null, units);
}

/** What the generated code uses of the standard's TextEncoder. */
export class OwnTextEncoder {
  /** `text` as UTF-8. */
  encode(text: string): Uint8Array {
    return encode(text);
  }

  /** Writes as much of `text` as fits. */
  encodeInto(text: string, bytes: Uint8Array): { read: number; written: number } {
    return encodeInto(text, bytes);
  }
}

/** What the generated code uses of the standard's TextDecoder: UTF-8, never fatal. */
export class OwnTextDecoder {
  /** The text of `bytes`; none is the empty text. */
  decode(bytes?: Uint8Array): string {
    return bytes === undefined ? '' : decode(bytes);
  }
}

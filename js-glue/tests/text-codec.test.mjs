import assert from 'node:assert/strict';
import { test } from 'node:test';
import { source } from './sources.mjs';

const { encode, decode, OwnTextEncoder, OwnTextDecoder } = await source('text-codec');

/** A generator of our own, so that a failure can be repeated: its seed is in the message. */
function random(seed) {
  let state = seed >>> 0;
  return limit => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * limit);
  };
}

/** Text with everything that is awkward: lone surrogates in any place, pairs, the ends of each width. */
function randomText(next) {
  const awkward = [0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xfeff, 0xfffd, 0xffff];
  const units = Array.from({ length: next(24) }, () => {
    const kind = next(4);
    if (kind === 0) return awkward[next(awkward.length)];
    if (kind === 1) return 0xd800 + next(0x800);
    return kind === 2 ? next(0x80) : next(0x10000);
  });
  return String.fromCharCode(...units);
}

test('text becomes the bytes that the standard says', () => {
  const standard = new TextEncoder();
  for (let seed = 0; seed < 20000; seed += 1) {
    const text = randomText(random(seed));
    assert.deepEqual(encode(text), new Uint8Array(standard.encode(text)), `seed ${seed}`);
  }
});

test('bytes become the text that the standard says, ill-formed ones too', () => {
  const standard = new TextDecoder('utf-8', { ignoreBOM: true });
  const lead = [0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0x9f, 0xa0, 0x8f, 0x90];
  for (let seed = 0; seed < 40000; seed += 1) {
    const next = random(seed);
    const bytes = Uint8Array.from({ length: next(16) }, () => (next(2) ? lead[next(lead.length)] : next(256)));
    assert.equal(decode(bytes), standard.decode(bytes), `seed ${seed}: ${Buffer.from(bytes).toString('hex')}`);
  }
});

test('long text survives both ways', () => {
  const text = '茶🍵tea'.repeat(5000);
  assert.equal(decode(encode(text)), text);
});

test('what does not fit is left out by whole characters, as the standard does', () => {
  for (let seed = 0; seed < 5000; seed += 1) {
    const next = random(seed);
    const text = randomText(next);
    const room = next(20);
    const own = new Uint8Array(room);
    const theirs = new Uint8Array(room);
    const { read, written } = new OwnTextEncoder().encodeInto(text, own);
    assert.deepEqual({ read, written, bytes: own }, { ...new TextEncoder().encodeInto(text, theirs), bytes: theirs }, `seed ${seed}`);
  }
});

test('no bytes are no text', () => {
  assert.equal(new OwnTextDecoder().decode(), '');
  assert.equal(new OwnTextDecoder().decode(new Uint8Array(0)), '');
});

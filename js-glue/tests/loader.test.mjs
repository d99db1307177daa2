import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPhone } from './phone-double.mjs';
import { launch, phoneWebAssembly } from './realm.mjs';

const OPTIONS = { baseUrl: 'https://pay.example.com' };
const INSTALLED = 'miniprogram_npm/wx-checkout/wx_checkout.wasm';

function open(WXWebAssembly, options = OPTIONS, more = {}) {
  return launch({ wx: createPhone().wx, WXWebAssembly, ...more }).createCheckout(options);
}

for (const [name, where] of Object.entries({
  'an absolute path': '/' + INSTALLED,
  'a path without the slash': INSTALLED,
  'an absolute path to the brotli file': `/${INSTALLED}.br`,
  'a brotli path without the slash': INSTALLED + '.br',
})) {
  test(`loads from ${name}`, async () => {
    const checkout = await open(phoneWebAssembly({ has: [where] }));
    assert.equal(checkout.view.phase, 'idle');
  });
}

test('takes a host that resolves with the instance itself', async () => {
  assert.equal((await open(phoneWebAssembly({ bare: true }))).view.phase, 'idle');
});

test('tries the path it was given first, and no other if that works', async () => {
  const phone = phoneWebAssembly({ has: ['/assets/core.wasm'] });
  await open(phone, { ...OPTIONS, wasmPath: '/assets/core.wasm' });
  assert.deepEqual(phone.asked, ['/assets/core.wasm']);
});

test('falls back where the given path is wrong', async () => {
  const phone = phoneWebAssembly();
  await open(phone, { ...OPTIONS, wasmPath: '/nowhere.wasm' });
  assert.deepEqual(phone.asked, ['/nowhere.wasm', '/' + INSTALLED]);
});

test('loads once for all that ask meanwhile', async () => {
  const phone = phoneWebAssembly();
  const app = launch({ wx: createPhone().wx, WXWebAssembly: phone });
  await Promise.all([app.createCheckout(OPTIONS), app.createCheckout({ baseUrl: 'https://other.example.com' }), app.createCheckout(OPTIONS)]);
  assert.equal(phone.asked.length, 1);
});

test('says so where the phone has no WXWebAssembly', async () => {
  for (const missing of [null, {}, { instantiate: 'no' }]) {
    await assert.rejects(open(missing), { code: 'wasm_unsupported', retry: 'never', message: /2\.13\.0/ });
  }
});

test('names every place it looked in, and is tried anew by the next call', async () => {
  const phone = phoneWebAssembly({ has: [] });
  const app = launch({ wx: createPhone().wx, WXWebAssembly: phone });
  await assert.rejects(app.createCheckout(OPTIONS), error => {
    assert.equal(error.code, 'wasm_refused');
    for (const place of ['/' + INSTALLED, INSTALLED + '.br']) assert.ok(error.message.includes(place), error.message);
    return true;
  });
  const asked = phone.asked.length;
  await assert.rejects(app.createCheckout(OPTIONS), { code: 'wasm_refused' });
  assert.equal(phone.asked.length, 2 * asked);
});

test('a host that throws, or resolves with nonsense, has refused', async () => {
  const hosts = [() => { throw new Error('boom'); }, () => Promise.resolve(), () => Promise.resolve({}), () => Promise.resolve({ instance: 5 }), () => 'soon'];
  for (const instantiate of hosts) await assert.rejects(open({ instantiate }), { code: 'wasm_refused' });
});

test('does not wait for ever', async () => {
  const limits = [];
  const timers = { setTimeout: (run, ms) => limits.push({ run, ms }), clearTimeout() {} };
  const opening = open({ instantiate: () => new Promise(() => {}) }, OPTIONS, { timers });
  const rejected = assert.rejects(opening, { code: 'wasm_timeout', retry: 'later' });
  assert.equal(limits.length, 1);
  limits[0].run();
  await rejected;
});

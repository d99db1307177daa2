import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createPhone, createServer, DRAFT } from './border/phone-double.mjs';
import { appTimers, launch, phoneWebAssembly, quit } from './realm.mjs';

after(quit);

const OPTIONS = { baseUrl: 'https://pay.example.com' };
/** A mini program that leaves the script out. */
const WITHOUT_SCRIPT = { files: [] };
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
    const required = [];
    const checkout = await open(phoneWebAssembly({ has: [where] }), OPTIONS, { required });
    assert.equal(checkout.view.phase, 'idle');
    assert.deepEqual(required, [], 'the module runs, not the script in its place');
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

const REFUSING = {
  'has no WXWebAssembly': null,
  'has an empty WXWebAssembly': {},
  'has something else of that name': { instantiate: 'no' },
  'finds no module': phoneWebAssembly({ has: [] }),
  'refuses the module': { instantiate: () => Promise.reject(new Error('invalid wasm file')) },
  'throws': { instantiate: () => { throw new Error('boom'); } },
  'resolves with nothing': { instantiate: () => Promise.resolve() },
  'resolves with an empty object': { instantiate: () => Promise.resolve({}) },
  'resolves with a wrong instance': { instantiate: () => Promise.resolve({ instance: 5 }) },
  'resolves with an instance without exports': { instantiate: () => Promise.resolve({ instance: { exports: null } }) },
  'answers at once': { instantiate: () => 'soon' },
};

for (const [manner, WXWebAssembly] of Object.entries(REFUSING)) {
  test(`a phone that ${manner} runs the module as JavaScript`, async () => {
    const required = [];
    const checkout = await open(WXWebAssembly, OPTIONS, { required });
    assert.equal(checkout.view.phase, 'idle');
    assert.deepEqual(required, ['./fallback.js']);
  });
}

test('a phone that runs the module does not evaluate the script', async () => {
  const required = [];
  await open(phoneWebAssembly(), OPTIONS, { required });
  assert.deepEqual(required, []);
});

test('a script that does not run a second time is a typed error', async () => {
  const files = ['./fallback.js'];
  const server = createServer();
  const { handle } = server;
  // More than the memory of the module as JavaScript.
  server.handle = options => ({ ...handle(options), body: { remark: 'x'.repeat(8 << 20) } });
  const app = launch({ wx: createPhone({ server }).wx, WXWebAssembly: null, files });
  const checkout = await app.createCheckout(OPTIONS);
  await assert.rejects(checkout.pay(app.own(DRAFT)), { code: 'core_failed' });
  files.pop();
  await assert.rejects(checkout.pay(app.own(DRAFT)), { name: 'CheckoutError', code: 'core_failed', message: /is not defined/ });
});

test('without the script it says so where the phone has no WXWebAssembly', async () => {
  for (const missing of [null, {}, { instantiate: 'no' }]) {
    await assert.rejects(open(missing, OPTIONS, WITHOUT_SCRIPT), { code: 'wasm_unsupported', retry: 'never', message: /2\.13\.0/ });
  }
});

test('without the script it names every place it looked in, and is tried anew by the next call', async () => {
  const phone = phoneWebAssembly({ has: [] });
  const app = launch({ wx: createPhone().wx, WXWebAssembly: phone, ...WITHOUT_SCRIPT });
  await assert.rejects(app.createCheckout(OPTIONS), error => {
    assert.equal(error.code, 'wasm_refused');
    for (const place of ['/' + INSTALLED, INSTALLED + '.br']) assert.ok(error.message.includes(place), error.message);
    return true;
  });
  const asked = phone.asked.length;
  await assert.rejects(app.createCheckout(OPTIONS), { code: 'wasm_refused' });
  assert.equal(phone.asked.length, 2 * asked);
});

/** A host that never answers, and the limits that were set meanwhile. */
function silent() {
  const limits = [];
  const timers = { setTimeout: (run, ms) => (ms > 1000 ? limits.push({ run, ms }) : appTimers.setTimeout(run, ms)), clearTimeout() {} };
  return { limits, timers, WXWebAssembly: { instantiate: () => new Promise(() => {}) } };
}

test('does not wait for ever', async () => {
  const { limits, timers, WXWebAssembly } = silent();
  const rejected = assert.rejects(open(WXWebAssembly, OPTIONS, { timers, ...WITHOUT_SCRIPT }), { code: 'wasm_timeout', retry: 'later' });
  assert.equal(limits.length, 1);
  limits[0].run();
  await rejected;
});

test('a phone that hangs over the module runs it as JavaScript, and what comes late changes nothing', async () => {
  const { limits, timers } = silent();
  const host = phoneWebAssembly();
  let wake;
  let late;
  const hanging = { instantiate: (path, imports) => (late = new Promise(resolve => (wake = resolve)).then(() => host.instantiate(path, imports))) };
  const { createCheckout, own } = launch({ wx: createPhone().wx, WXWebAssembly: hanging, timers });
  const opening = createCheckout(OPTIONS);
  limits[0].run();
  const checkout = await opening;
  wake();
  await late;
  assert.equal((await checkout.pay(own(DRAFT))).outcome, 'paid');
});

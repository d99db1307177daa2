/** A module that traps: what was bought is not lost, and the next call goes on with a new one. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createPhone, createServer, DRAFT, view } from './border/phone-double.mjs';
import { appTimers, launch, phoneWebAssembly, quit } from './realm.mjs';

const OPTIONS = { baseUrl: 'https://pay.example.com' };

after(quit);

/**
 * `WXWebAssembly` whose instances trap while `trap` is set. `calls` counts what was asked of the last
 * one, and `memory` is its memory.
 */
function mortal() {
  const host = phoneWebAssembly();
  const phone = {
    trap: false,
    instances: 0,
    calls: 0,
    memory: undefined,
    async instantiate(path, imports) {
      const { instance } = await host.instantiate(path, imports);
      const exports = {};
      phone.instances += 1;
      for (const [name, value] of Object.entries(instance.exports)) {
        exports[name] = value;
        if (value instanceof WebAssembly.Memory) phone.memory = value;
        if (typeof value !== 'function') continue;
        exports[name] = (...args) => {
          phone.calls += 1;
          if (phone.trap) throw new WebAssembly.RuntimeError('unreachable');
          return value(...args);
        };
      }
      return { instance: { exports } };
    },
  };
  return phone;
}

/** Timers that bring what they throw to `thrown`, as `App.onError` would be told. */
function watchedTimers() {
  const thrown = [];
  const setTimeout = (run, ms) =>
    appTimers.setTimeout(() => {
      try {
        run();
      } catch (error) {
        thrown.push(error);
      }
    }, ms);
  return { thrown, timers: { ...appTimers, setTimeout } };
}

async function opened(phone, more = {}) {
  const { createCheckout, own } = launch({ wx: phone.wx, ...more });
  const checkout = await createCheckout(OPTIONS);
  return { checkout, pay: draft => checkout.pay(own(draft)) };
}

/** An order that was not paid, and a module that has died over a command. */
async function deadOverACommand(phone, WXWebAssembly, more = {}) {
  const { checkout, pay } = await opened(phone, { WXWebAssembly, ...more });
  const views = [];
  const outcomes = [];
  checkout.onChange(next => views.push(next));
  checkout.onOutcome(({ outcome }) => outcomes.push(outcome));
  await pay(DRAFT);
  WXWebAssembly.trap = true;
  assert.throws(() => checkout.checkAgain(), { name: 'CheckoutError', code: 'core_failed', retry: 'later', message: /unreachable/ });
  WXWebAssembly.trap = false;
  return { checkout, pay, views, outcomes };
}

test('the call after a trap goes on from storage, and listeners hear of it', async () => {
  const phone = createPhone({ payer: 'cancels' });
  const module = mortal();
  const { checkout, views, outcomes } = await deadOverACommand(phone, module);
  phone.server.pay();
  checkout.checkAgain();
  const { order } = await view(checkout, ({ outcome }) => outcome === 'paid');
  assert.equal(order.orderId, views.find(next => next.order).order.orderId);
  await new Promise(setImmediate);
  assert.equal(module.instances, 2);
  assert.deepEqual(outcomes, ['unpaid', 'paid']);
  assert.equal(views.at(-1).outcome, 'paid');
  views.reduce((before, next) => (assert.ok(next.revision > before.revision, 'revisions go on'), next));
  assert.equal(phone.named('requestPayment').length, 1);
  checkout.acknowledge(order.orderId);
});

test('a trap while pay() waits rejects it, and being shown finds the payment', async () => {
  const server = createServer();
  const module = mortal();
  const phone = createPhone({ server });
  const { handle } = server;
  server.handle = options => {
    if (options.url.includes('/orders/verify')) module.trap = true;
    return handle(options);
  };
  const { checkout, pay } = await opened(phone, { WXWebAssembly: module });
  await assert.rejects(pay(DRAFT), { code: 'core_failed', message: /款项不会丢失/ });
  server.handle = handle;
  module.trap = false;
  phone.shown.forEach(listener => listener());
  await view(checkout, ({ outcome }) => outcome === 'paid');
  assert.equal(module.instances, 2);
});

test('a second purchase after a trap begins with what the first one left', async () => {
  const phone = createPhone({ payer: 'cancels' });
  const { checkout, pay } = await deadOverACommand(phone, mortal());
  await assert.rejects(pay(DRAFT), error => typeof error.code === 'string' && error.code !== 'core_failed');
  await view(checkout, ({ actions }) => actions.includes('abandon'));
  checkout.abandon();
  await view(checkout, ({ phase }) => phase === 'idle');
});

test('a tap on a view of the dead module opens no sheet', async () => {
  const { thrown, timers } = watchedTimers();
  const phone = createPhone({ payer: 'cancels' });
  const { checkout } = await deadOverACommand(phone, mortal(), { timers });
  const { revision } = checkout.view;
  checkout.payAgain();
  await view(checkout, next => next.revision > revision && next.actions.includes('payAgain'));
  await new Promise(resolve => setTimeout(resolve, 20));
  assert.deepEqual(thrown, []);
  assert.equal(phone.named('requestPayment').length, 1);
});

test('a module that cannot live is begun once per call, and says so', async () => {
  const { thrown, timers } = watchedTimers();
  const module = mortal();
  const { checkout, pay } = await deadOverACommand(createPhone({ payer: 'cancels' }), module, { timers });
  const began = module.instances;
  module.trap = true;
  await assert.rejects(pay(DRAFT), { code: 'core_failed' });
  assert.equal(module.instances, began + 1);
  checkout.checkAgain();
  while (thrown.length === 0) await new Promise(setImmediate);
  assert.deepEqual(thrown.map(({ code }) => code), ['core_failed']);
  assert.equal(module.instances, began + 2);
  assert.ok(checkout.trace().every(line => JSON.parse(line).event === 'Host'), 'the host said something, the dead module nothing');
});

test('a module that traps while it is restored is followed by another', async () => {
  const module = mortal();
  const phone = createPhone();
  const { createCheckout, own } = launch({ wx: phone.wx, WXWebAssembly: module });
  module.trap = true;
  await assert.rejects(createCheckout(OPTIONS), { code: 'core_failed' });
  module.trap = false;
  const checkout = await createCheckout(OPTIONS);
  assert.equal((await checkout.pay(own(DRAFT))).outcome, 'paid');
});

test('what the dead module was waiting for comes to nothing', async () => {
  const waits = [];
  const timers = { ...appTimers, setTimeout: (run, ms) => (ms < 100 ? appTimers.setTimeout(run, ms) : waits.push(run)) };
  const phone = createPhone({ payer: 'cancels' });
  const module = mortal();
  const { checkout } = await deadOverACommand(phone, module, { timers });
  const { revision } = checkout.view;
  const [calls, asked] = [phone.calls.length, module.calls];
  assert.ok(waits.length > 0, 'it was waiting for its next look');
  waits.forEach(run => run());
  phone.hidden.forEach(listener => listener());
  await new Promise(resolve => setTimeout(resolve, 20));
  assert.equal(phone.calls.length, calls);
  assert.equal(module.calls, asked, 'none of its code ran');
  assert.ok(new Uint8Array(module.memory.buffer).every(byte => byte === 0), 'nothing of a session outlives it');
  assert.equal(checkout.view.revision, revision);
});

test('checkouts that share a module die with it, and each goes on', async () => {
  const module = mortal();
  const phone = createPhone();
  const { createCheckout, own } = launch({ wx: phone.wx, WXWebAssembly: module });
  const one = await createCheckout(OPTIONS);
  const two = await createCheckout({ baseUrl: 'https://other.example.com' });
  module.trap = true;
  assert.throws(() => one.checkAgain(), { code: 'core_failed' });
  module.trap = false;
  const [first, second] = await Promise.all([one.pay(own(DRAFT)), two.pay(own(DRAFT))]);
  assert.deepEqual([first.outcome, second.outcome], ['paid', 'paid']);
  assert.equal(module.instances, 2);
});

test('a memory that was written over is not gone on with', async () => {
  const module = mortal();
  const phone = createPhone({ payer: 'cancels' });
  const { checkout, pay } = await opened(phone, { WXWebAssembly: module });
  await pay(DRAFT);
  new Uint8Array(module.memory.buffer).fill(0xff);
  assert.throws(() => checkout.checkAgain(), { code: 'core_failed' });
  phone.server.pay();
  checkout.checkAgain();
  await view(checkout, ({ outcome }) => outcome === 'paid');
  assert.equal(module.instances, 2);
});

test('the module as JavaScript, out of memory, is followed by another, and the phone is not asked again', async () => {
  const server = createServer();
  const { handle } = server;
  server.handle = options => {
    const reply = handle(options);
    if (options.url.includes('/orders/verify')) reply.body.remark = 'x'.repeat(8 << 20);
    return reply;
  };
  const refusing = phoneWebAssembly({ has: [] });
  const { checkout, pay } = await opened(createPhone({ server }), { WXWebAssembly: refusing });
  const asked = refusing.asked.length;
  await assert.rejects(pay(DRAFT), { code: 'core_failed' });
  server.handle = handle;
  checkout.checkAgain();
  await view(checkout, ({ outcome }) => outcome === 'paid');
  assert.equal(refusing.asked.length, asked);
});

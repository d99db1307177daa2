/**
 * The border suite: the package as it ships, in a realm like a phone's. It runs in every engine that a
 * phone may have, so it knows nothing of the engine but what it is given.
 */
import * as assert from './check.mjs';
import { hostileHosts } from './hostile-hosts.mjs';
import { hostilePages } from './hostile-pages.mjs';
import { MISSING_ON_PHONES } from './missing.mjs';
import { createPhone, createServer, DRAFT, view } from './phone-double.mjs';

const OPTIONS = { baseUrl: 'https://pay.example.com' };

/**
 * Every case, told to `test(name, run)`. `launch({ wx, timers })` loads the package anew and gives what it
 * exports; beside that `own`, which makes a value one of the page's, and `run`, which runs a text as a file
 * of the package is run and gives what it exports. `appTimers` are the timers it uses by default.
 */
export function border({ test, launch, appTimers }) {
  async function opened(phone, more = {}) {
    const { createCheckout, own } = launch({ wx: phone.wx, ...more });
    const checkout = await createCheckout(OPTIONS);
    return Object.assign(Object.create(checkout), { pay: draft => checkout.pay(own(draft)) });
  }

  test('nothing that a phone lacks is within reach of the package', () => {
    const { run } = launch({ wx: createPhone().wx });
    const byName = MISSING_ON_PHONES.map(name => `typeof ${name} !== 'undefined' && '${name}'`);
    const { reached } = run(`
      var realm = (function () { return this; })();
      exports.reached = [${byName}].concat(${JSON.stringify(MISSING_ON_PHONES)}.filter(function (name) { return name in realm; }));`);
    assert.equal(reached.filter(name => name !== false).join(), '');
  });

  test('a purchase is paid, and the payer signs in once', async () => {
    const phone = createPhone();
    const checkout = await opened(phone);
    const phases = [];
    checkout.onChange(({ phase }) => phases.push(phase));
    const result = await checkout.pay(DRAFT);
    assert.equal(result.outcome, 'paid');
    assert.match(result.orderId, /^ord-/);
    assert.equal(result.view.order.amount, 6800);
    assert.equal(phases.at(-1), 'paid');
    assert.ok(phases.indexOf('paying') > 0 && phases.indexOf('confirming') > phases.indexOf('paying'), phases.join());
    assert.equal(phone.named('login').length, 1);
    const { success, fail, complete, ...params } = phone.named('requestPayment')[0].options;
    assert.deepEqual({ ...params }, { timeStamp: '1700000000', nonceStr: 'nonce', package: 'prepay_id=wx1', signType: 'RSA', paySign: 'signature' });
  });

  test('an acknowledged purchase leaves the checkout as it was', async () => {
    const checkout = await opened(createPhone());
    const { orderId } = await checkout.pay(DRAFT);
    checkout.acknowledge(orderId);
    assert.equal((await view(checkout, ({ phase }) => phase === 'idle')).outcome, undefined);
    assert.equal((await checkout.pay(DRAFT)).outcome, 'paid');
  });

  test('a cancelled sheet ends unpaid, and paying again pays the same order', async () => {
    const phone = createPhone({ payer: 'cancels' });
    const checkout = await opened(phone);
    const first = await checkout.pay(DRAFT);
    assert.equal(first.outcome, 'unpaid');
    assert.ok(first.view.actions.includes('payAgain'));
    phone.payer = 'pays';
    checkout.payAgain();
    const last = await view(checkout, ({ outcome }) => outcome === 'paid');
    assert.equal(last.order.orderId, first.orderId);
    assert.equal(phone.named('requestPayment').length, 2);
  });

  test('two quick taps open one sheet', async () => {
    const phone = createPhone({ payer: 'cancels' });
    const checkout = await opened(phone);
    await checkout.pay(DRAFT);
    phone.payer = 'pays';
    checkout.payAgain();
    assert.throws(() => checkout.payAgain(), error => error.name === 'CheckoutError' && typeof error.code === 'string');
    await view(checkout, ({ outcome }) => outcome === 'paid');
    assert.equal(phone.named('requestPayment').length, 2);
  });

  test('a second purchase meanwhile is refused, in the language of the app', async () => {
    const phone = createPhone({ payer: 'waits' });
    const checkout = await opened(phone);
    checkout.pay(DRAFT);
    await view(checkout, ({ phase }) => phase === 'paying');
    await assert.rejects(checkout.pay(DRAFT), error => {
      assert.equal(error.message.indexOf(error.messages.zh), 0);
      assert.ok(error.orderId, 'it names the order that is open');
      assert.deepEqual([...error.actions], [...checkout.view.actions], 'and what can be done');
      return true;
    });
    phone.language = 'en_US';
    const english = await opened(phone);
    await assert.rejects(english.pay({ nothing: true }), error => error.message.indexOf(error.messages.en) === 0);
  });

  test('a price that changed ends in a typed fault, and no order is made', async () => {
    const phone = createPhone();
    const checkout = await opened(phone);
    const result = await checkout.pay({ ...DRAFT, expectedAmount: 1 });
    assert.equal(result.outcome, 'failed');
    assert.equal(result.view.fault.code, 'price_changed');
    assert.equal(phone.server.orders.size, 0);
    assert.equal(phone.named('requestPayment').length, 0);
  });

  test('a killed app finds its payment after a relaunch', async () => {
    const server = createServer();
    const storage = new Map();
    const before = createPhone({ server, storage, payer: 'waits' });
    const checkout = await opened(before);
    checkout.pay(DRAFT);
    await view(checkout, ({ phase }) => phase === 'paying');
    server.pay();
    // The first process is not heard of again; the second has its own realm, its own module, and the storage.
    const after = createPhone({ server, storage });
    const resumed = await opened(after);
    const event = await new Promise(resolve => resumed.onOutcome(resolve));
    assert.equal(event.outcome, 'paid');
    assert.equal(event.orderId, [...server.orders.keys()][0]);
    assert.equal(after.named('requestPayment').length, 0, 'nothing opens by itself');
    resumed.acknowledge(event.orderId);
  });

  test('an outcome is told to each listener, late ones too, once', async () => {
    const checkout = await opened(createPhone());
    const early = [];
    checkout.onOutcome(({ outcome }) => early.push(outcome));
    await checkout.pay(DRAFT);
    const late = [];
    checkout.onOutcome(({ outcome }) => late.push(outcome));
    await new Promise(resolve => checkout.onOutcome(resolve));
    assert.deepEqual(early, ['paid']);
    assert.deepEqual(late, ['paid']);
  });

  test('a listener that was taken off is not called, and one that throws stops nobody', async () => {
    const thrown = [];
    const timers = {
      ...appTimers,
      setTimeout: (run, ms) =>
        appTimers.setTimeout(() => {
          try {
            run();
          } catch (error) {
            thrown.push(error.message);
          }
        }, ms),
    };
    const checkout = await opened(createPhone(), { timers });
    const off = checkout.onChange(() => assert.fail('it was taken off'));
    off();
    off();
    checkout.onChange(() => {
      throw new Error('a page in trouble');
    });
    assert.equal((await checkout.pay(DRAFT)).outcome, 'paid');
    assert.ok(thrown.includes('a page in trouble'));
  });

  test('a listener may give the next command', async () => {
    const phone = createPhone({ payer: 'cancels' });
    const checkout = await opened(phone);
    let again = 0;
    checkout.onChange(({ actions }) => {
      if (!actions.includes('payAgain') || again > 0) return;
      again += 1;
      phone.payer = 'pays';
      checkout.payAgain();
    });
    checkout.pay(DRAFT);
    await view(checkout, ({ outcome }) => outcome === 'paid');
  });

  test('giving up while unpaid ends the purchase, and pay() does not hang', async () => {
    const phone = createPhone({ replace: { login() {} } });
    const checkout = await opened(phone);
    const paying = checkout.pay(DRAFT);
    await view(checkout, ({ actions }) => actions.includes('abandon'));
    checkout.abandon();
    assert.equal((await paying).outcome, 'unpaid');
  });

  test('a draft with a mistake is refused by the name of its field', async () => {
    const checkout = await opened(createPhone());
    const bad = [undefined, null, 5, {}, { items: [] }, { ...DRAFT, expectedAmount: -1 }, { ...DRAFT, expectedAmount: 0.5 }, { ...DRAFT, colour: 1 },
      { items: [{ sku: 'a', quantity: 0 }], expectedAmount: 1 }, { items: Array(1000).fill(DRAFT.items[0]), expectedAmount: 1 }];
    for (const draft of bad) {
      await assert.rejects(checkout.pay(draft), error => error.code === 'bad_draft' && error.retry === 'never' && error.detail !== '', JSON.stringify(draft));
    }
    await assert.rejects(checkout.pay({ ...DRAFT, expectedAmount: -1 }), { message: /expectedAmount/ });
    assert.equal((await checkout.pay(DRAFT)).outcome, 'paid');
  });

  test('a lone surrogate becomes U+FFFD on its way to the server', async () => {
    const phone = createPhone();
    const checkout = await opened(phone);
    await checkout.pay({ items: [{ sku: '茶\ud800🍵\udc00', quantity: 1 }], expectedAmount: 6800 });
    const create = phone.server.seen.find(({ path }) => path === '/payments/create');
    assert.equal(JSON.parse(create.data).items[0].sku, '茶\ufffd🍵\ufffd');
  });

  test('a long answer is read, although the memory has to grow for it', async () => {
    const server = createServer();
    const handle = server.handle;
    server.handle = options => {
      const reply = handle(options);
      if (reply.body) reply.body.remark = '茶'.repeat(200000);
      return reply;
    };
    const checkout = await opened(createPhone({ server }));
    assert.equal((await checkout.pay(DRAFT)).outcome, 'paid');
  });

  test('a storage that fails does not stop a sale', async () => {
    const refuse = name => options => options.fail({ errMsg: name + ':fail quota' });
    const phone = createPhone({ replace: { setStorage: refuse('setStorage'), removeStorage: refuse('removeStorage'), getStorage: refuse('getStorage') } });
    const checkout = await opened(phone);
    assert.equal((await checkout.pay(DRAFT)).outcome, 'paid');
  });

  test('being shown makes the checkout look, being hidden rests it', async () => {
    const phone = createPhone({ payer: 'cancels' });
    const checkout = await opened(phone);
    await checkout.pay(DRAFT);
    phone.hidden.forEach(listener => listener());
    phone.server.pay();
    phone.shown.forEach(listener => listener());
    await view(checkout, ({ outcome }) => outcome === 'paid');
  });

  test('an outcome is told once, however often the view changes after it', async () => {
    const phone = createPhone({ payer: 'cancels' });
    const checkout = await opened(phone);
    const told = [];
    checkout.onOutcome(({ outcome }) => told.push(outcome));
    const { view: { revision } } = await checkout.pay(DRAFT);
    phone.hidden.forEach(listener => listener());
    phone.shown.forEach(listener => listener());
    await view(checkout, next => next.revision > revision + 2);
    assert.deepEqual(told, ['unpaid']);
    const events = checkout.trace().map(line => JSON.parse(line).event);
    assert.ok(events.includes('Hidden') && events.includes('Shown'), 'the core was told of both');
  });

  test('a listener that is none is refused, in the language of the app', async () => {
    const phone = createPhone();
    phone.language = 'en_US';
    const { createCheckout } = launch({ wx: phone.wx });
    const pending = createCheckout(OPTIONS);
    const checkout = await pending;
    assert.throws(() => pending.pay(), { code: 'not_ready', message: /is not ready/ });
    for (const listener of [undefined, null, 5, {}, 'f']) {
      for (const listen of [checkout.onChange, checkout.onOutcome]) assert.throws(() => listen(listener), { code: 'invalid_listener', message: /must be a function/ });
    }
    assert.equal(checkout.view.phase, 'idle');
  });

  test('all pages of an app share one checkout per server', async () => {
    const phone = createPhone();
    const app = launch({ wx: phone.wx });
    const [one, two] = await Promise.all([app.createCheckout(OPTIONS), app.createCheckout({ baseUrl: 'https://pay.example.com/' })]);
    assert.equal(one, two);
    assert.equal(phone.shown.length, 1);
    assert.equal(await app.createCheckout({ baseUrl: 'HTTPS://Pay.Example.com:443' }), one);
    await assert.rejects(app.createCheckout({ ...OPTIONS, storageKey: 'other' }), { code: 'invalid_option', message: /storageKey/ });
    await assert.rejects(app.createCheckout({ ...OPTIONS, wasmPath: '/other.wasm' }), { code: 'invalid_option', message: /wasmPath/ });
  });

  test('the trace tells what happened and no secret', async () => {
    const phone = createPhone();
    const checkout = await opened(phone);
    await checkout.pay(DRAFT);
    const trace = checkout.trace();
    assert.ok(trace.length > 5);
    trace.forEach(line => JSON.parse(line));
    const key = phone.server.seen.find(({ header }) => header['Idempotency-Key']).header['Idempotency-Key'];
    for (const secret of ['s1.session', 'o1.status', 'prepay_id', 'signature', 'code-', 'the-payer', key, DRAFT.items[0].sku]) {
      assert.ok(!trace.join('\n').includes(secret), `the trace shows ${secret}`);
    }
  });

  test('the trace keeps what the host said in its own words', async () => {
    const said = { errMsg: 'requestPayment:fail (some words of the host)', errno: 102 };
    const phone = createPhone({ replace: { requestPayment: options => options.fail(said) } });
    const checkout = await opened(phone);
    await checkout.pay(DRAFT);
    const hosts = checkout.trace().map(line => JSON.parse(line)).filter(({ event }) => event === 'Host');
    assert.deepEqual(hosts.map(({ about }) => about), [{ name: 'requestPayment', ...said }]);
  });

  test('a page that does not wait for the checkout is told to', async () => {
    const pending = launch({ wx: createPhone().wx }).createCheckout(OPTIONS);
    const checkout = await pending;
    const functions = Object.keys(checkout).filter(name => typeof checkout[name] === 'function');
    assert.ok(functions.length > 8);
    for (const name of functions) {
      assert.throws(() => pending[name](), { name: 'CheckoutError', code: 'not_ready', message: new RegExp('await.*' + name) }, name);
    }
  });

  test('options that cannot be used are refused by name', async () => {
    const phone = createPhone();
    const { createCheckout } = launch({ wx: phone.wx });
    const cases = {
      options: [undefined, null, 5],
      baseUrl: [{}, { baseUrl: 5 }, ...['', 'pay.example.com', 'ftp://a', 'https://', 'https://a/?q', 'https://a/#f', 'https://u@a', 'https://a b', 'http://pay.example.com', 'http://127.0.0.1.evil.com', 'https://a:0', 'https://a:65536', 'https://a:99999']
        .map(baseUrl => ({ baseUrl }))],
      base_url: [{ ...OPTIONS, base_url: 'x' }],
      wasmPath: [{ ...OPTIONS, wasmPath: '' }, { ...OPTIONS, wasmPath: 5 }],
      storageKey: [{ ...OPTIONS, storageKey: {} }],
      wx: [{ ...OPTIONS, wx: 5 }, { ...OPTIONS, wx: null }],
      'wx.login': [{ ...OPTIONS, wx: {} }],
    };
    for (const [name, options] of Object.entries(cases)) {
      for (const option of options) {
        await assert.rejects(createCheckout(option), error => error.code === 'invalid_option' && error.message.includes(name), `${name}: ${JSON.stringify(option)}`);
      }
    }
    for (const baseUrl of ['http://127.0.0.1:8790', 'http://localhost', 'http://[::1]:80', 'https://pay.example.com:8443/wx/']) await createCheckout({ baseUrl });
  });

  hostileHosts({ test, launch, appTimers });
  hostilePages({ test, launch });
}

/** Pages that pass what no page should: a typed error that names the mistake, and the next purchase is paid. */
import * as assert from './check.mjs';
import { createPhone, DRAFT } from './phone-double.mjs';

const OPTIONS = { baseUrl: 'https://pay.example.com' };
const [LINE] = DRAFT.items;

const ONE_MEGABYTE = 1 << 20;

/** Numbers that are no whole number of fen that can be paid. */
const NO_AMOUNT = [NaN, Infinity, -Infinity, 0, -0, -1, 0.5, 6800.000001, 1e21, 4294967296, Number.MAX_SAFE_INTEGER, Number.MIN_VALUE, '6800', true, null, undefined, {}, [6800], [], () => 6800, Symbol('fen')];

const NO_QUANTITY = [NaN, Infinity, 0, -1, 1.5, 1000, 1e21, '1', true, null, undefined, {}, [1], () => 1];

const NO_SKU = ['', 7, null, undefined, {}, ['longjing-50g'], new String('longjing-50g'), () => 'longjing-50g', Symbol('sku')];

/** Names that mean something else to an object of JavaScript. */
const OF_PROTOTYPES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__'];

const throws = () => {
  throw new Error('a trap');
};

/** An object with one field more, whatever its name. */
function withField(object, name, value) {
  return Object.defineProperty({ ...object }, name, { value, enumerable: true, configurable: true, writable: true });
}

function withGetter(object, name, get = throws) {
  return Object.defineProperty({ ...object }, name, { get, enumerable: true });
}

/** An object that throws when it is asked in this way. */
function proxy(trap, target = DRAFT) {
  return new Proxy(target, { [trap]: throws });
}

function revoked(target) {
  const { proxy: dead, revoke } = Proxy.revocable(target, {});
  revoke();
  return dead;
}

function circle() {
  const draft = { ...DRAFT };
  draft.items = [{ ...LINE, draft }];
  return draft;
}

/** Drafts, and how the mistake is named. */
function mistakes() {
  const lines = items => ({ ...DRAFT, items });
  return [
    ...[undefined, null, 7, '', 'draft', true, Symbol('draft'), throws, [], [DRAFT]].map(draft => [draft, /draft|items/]),
    ...NO_AMOUNT.map(expectedAmount => [{ ...DRAFT, expectedAmount }, /expectedAmount/]),
    ...NO_QUANTITY.map(quantity => [lines([{ ...LINE, quantity }]), /quantity/]),
    ...NO_SKU.map(sku => [lines([{ ...LINE, sku }]), /sku/]),
    ...[{}, { length: 1, 0: LINE }, 'a', 7, null, LINE, []].map(items => [lines(items), /items/]),
    ...[null, undefined, 7, 'longjing-50g', [], [LINE]].map(line => [lines([line]), /items\[0\]/]),
    [lines(new Array(3)), /items\[0\]/],
    [lines(new Array(100000).fill(LINE)), /items/],
    [lines(new Array(4294967295)), /items/],
    ...['', 7, {}, []].map(orderToken => [{ orderToken, expectedAmount: 6800 }, /orderToken/]),
    [{ ...DRAFT, orderToken: 'token' }, /items/],
    ...[1, 'false', null, {}].map(separate => [{ ...DRAFT, separate }, /separate/]),
    ...OF_PROTOTYPES.map(name => [withField(DRAFT, name, 1), new RegExp(name)]),
    ...OF_PROTOTYPES.map(name => [lines([withField(LINE, name, {})]), new RegExp(name)]),
    [circle(), /items\[0\]\.draft/],
    [withField(DRAFT, '茶\ud800', 1), /draft\.茶/],
    [lines([{ ...LINE, sku: 'x'.repeat(ONE_MEGABYTE) }]), /sku/],
    [lines([{ ...LINE, sku: '茶'.repeat(ONE_MEGABYTE) }]), /sku/],
    [{ orderToken: 'x'.repeat(ONE_MEGABYTE), expectedAmount: 6800 }, /orderToken/],
    [withField(DRAFT, 'x'.repeat(ONE_MEGABYTE), 1), /draft/],
    ...['items', 'expectedAmount'].map(name => [withGetter(DRAFT, name), new RegExp(name)]),
    ...['sku', 'quantity'].map(name => [lines([withGetter(LINE, name)]), new RegExp(name)]),
    [withGetter(DRAFT, 'separate'), /separate/],
    ...['get', 'ownKeys', 'getOwnPropertyDescriptor'].map(trap => [proxy(trap), /./]),
    ...['get', 'ownKeys', 'getOwnPropertyDescriptor'].map(trap => [lines([proxy(trap, LINE)]), /./]),
    [lines(proxy('get', [LINE])), /items/],
    [revoked(DRAFT), /./],
    [lines(revoked([LINE])), /items/],
    [lines([revoked(LINE)]), /items/],
  ];
}

export function hostilePages({ test, launch }) {
  async function opened(phone = createPhone()) {
    const { createCheckout, own } = launch({ wx: phone.wx });
    const checkout = await createCheckout(OPTIONS);
    return { phone, checkout, buy: () => checkout.pay(own(DRAFT)) };
  }

  test('every mistake in a draft is refused by name, asks nothing of the host and leaves the checkout as it was', async () => {
    const { phone, checkout, buy } = await opened();
    const { revision } = checkout.view;
    for (const [at, [draft, named]] of mistakes().entries()) {
      await assert.rejects(checkout.pay(draft), error => {
        assert.equal(error.name, 'CheckoutError');
        assert.equal(error.code, 'bad_draft');
        assert.equal(error.retry, 'never');
        assert.match(error.detail, named);
        assert.ok(error.detail.length < 1000, 'it is short enough to be shown');
        return true;
      }, `mistake ${at}:`);
    }
    assert.equal(checkout.view.revision, revision);
    assert.equal(phone.named('login').length + phone.named('request').length, 0);
    assert.equal((await buy()).outcome, 'paid');
  });

  test('a draft is what it was when it was handed over', async () => {
    const { phone, checkout } = await opened();
    const draft = { items: [{ ...LINE }], expectedAmount: 6800 };
    const paying = checkout.pay(draft);
    draft.items[0].quantity = 9;
    draft.items.push(LINE);
    draft.expectedAmount = 1;
    assert.equal((await paying).outcome, 'paid');
    const { data } = phone.server.seen.find(({ path }) => path === '/payments/create');
    assert.deepEqual(JSON.parse(data).items, [LINE]);
  });

  test('a draft behind getters and proxies that behave is bought', async () => {
    const { phone, checkout } = await opened();
    const seen = new Proxy({ ...DRAFT, items: new Proxy([new Proxy({ ...LINE }, {})], {}) }, {});
    assert.equal((await checkout.pay(withGetter(seen, 'expectedAmount', () => 6800))).outcome, 'paid');
    const { data } = phone.server.seen.find(({ path }) => path === '/payments/create');
    assert.deepEqual(JSON.parse(data).items, [LINE]);
  });

  test('articles may be named as prototypes are', async () => {
    const { phone, checkout } = await opened();
    const items = OF_PROTOTYPES.map(sku => ({ sku, quantity: 1 }));
    assert.equal((await checkout.pay({ items, expectedAmount: 6800 })).outcome, 'paid');
    const { data } = phone.server.seen.find(({ path }) => path === '/payments/create');
    assert.deepEqual(JSON.parse(data).items, items);
  });

  test('an acknowledgement of what is no order is refused', async () => {
    const { checkout, buy } = await opened();
    const { orderId } = await buy();
    const wrong = ['', 'ord-0', 'x'.repeat(ONE_MEGABYTE), '茶', '__proto__', 7, NaN, {}, [], [orderId], true, throws];
    for (const [at, known] of wrong.entries()) {
      assert.throws(() => checkout.acknowledge(known), error => error.name === 'CheckoutError' && error.code !== 'core_failed', `${at}:`);
    }
    assert.equal(checkout.view.outcome, 'paid');
    checkout.acknowledge(orderId);
  });

  test('options that hide something are refused as well', async () => {
    const { createCheckout } = launch({ wx: createPhone().wx });
    const wrong = [
      ...OF_PROTOTYPES.map(name => withField(OPTIONS, name, 1)),
      ...['baseUrl', 'wasmPath', 'storageKey', 'wx'].map(name => withGetter(OPTIONS, name)),
      ...['get', 'ownKeys', 'getOwnPropertyDescriptor'].map(trap => proxy(trap, OPTIONS)),
      revoked(OPTIONS), [], [OPTIONS], throws, 'https://pay.example.com', true, { baseUrl: [OPTIONS.baseUrl] }, { baseUrl: new String(OPTIONS.baseUrl) },
      { baseUrl: 'https://' + 'a'.repeat(ONE_MEGABYTE) + ' ' }, { ...OPTIONS, wx: proxy('get', createPhone().wx) }, { ...OPTIONS, wx: revoked({}) },
    ];
    for (const [at, options] of wrong.entries()) {
      await assert.rejects(createCheckout(options), { name: 'CheckoutError', code: 'invalid_option', retry: 'never' }, `${at}:`);
    }
    assert.equal((await createCheckout(OPTIONS)).view.phase, 'idle');
  });
}

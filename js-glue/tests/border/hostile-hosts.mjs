/** Hosts that answer as no documentation says, each through the whole package: nothing is lost, and the next purchase is paid. */
import * as assert from './check.mjs';
import { createPhone, DRAFT } from './phone-double.mjs';
import { createTime } from './time.mjs';

const OPTIONS = { baseUrl: 'https://pay.example.com' };

/**
 * What a function of the host may do with its callbacks instead of calling one. Each does its work
 * first: the money has moved, whatever is said. `isHeard` is whether the first word is that it worked.
 */
const MANNERS = {
  'calls success, then fail': { isHeard: true, say: (o, result, name) => (o.success({ ...result, errMsg: name + ':ok' }), o.fail({ errMsg: name + ':fail broken' })) },
  'calls fail, then success': { isHeard: false, say: (o, result, name) => (o.fail({ errMsg: name + ':fail broken' }), o.success({ ...result, errMsg: name + ':ok' })) },
  'calls success twice': { isHeard: true, say: (o, result, name) => (o.success({ ...result, errMsg: name + ':ok' }), o.success({ code: 'x', statusCode: 500, data: '{}' })) },
  'calls complete only': { isHeard: true, say: (o, result) => o.complete(result) },
  'returns nothing and never calls back': { isHeard: false, say() {} },
  'throws': { isHeard: false, say() {}, throws: true },
};

/** The host's own function, in a manner that is not its own. */
function twisted(honest, name, { say, throws }) {
  return options => {
    const hear = result => say(options, result, name);
    honest({ ...options, success: hear, fail: hear, complete: undefined });
    if (throws) throw new Error('thrown');
  };
}

/** Wrong types, function by function: what is said in place of `result`, and what a purchase comes to then. */
const WRONG_TYPES = {
  login: [
    ['a number as code', 'failed', result => ({ ...result, code: 7 })],
    ['no code', 'failed', () => ({ errMsg: 'login:ok' })],
    ['a text in place of an answer', 'failed', () => 'login:ok'],
    ['an answer that throws when it is read', 'failed', () => trap('code')],
  ],
  request: [
    ['its status as text', 'failed', result => ({ ...result, statusCode: String(result.statusCode) })],
    ['a status that is none', 'failed', result => ({ ...result, statusCode: 1e21 })],
    ['no number as status', 'failed', result => ({ ...result, statusCode: NaN })],
    ['the body as an object', 'paid', result => ({ ...result, data: JSON.parse(result.data) })],
    ['the body with names of prototypes', 'paid', result => ({ ...result, data: result.data.replace(/^\{/, '{"__proto__":{"state":"closed"},"constructor":1,') })],
    ['a number as body', 'failed', result => ({ ...result, data: 7 })],
    ['a body in a circle', 'failed', result => ({ ...result, data: circle() })],
    ['an answer that throws when it is read', 'failed', () => trap('data')],
    ['nothing', 'failed', () => undefined],
  ],
  requestPayment: [
    ['a number as errMsg', 'paid', () => ({ errMsg: 7 })],
    ['an answer that throws when it is read', 'paid', () => trap('errMsg')],
    ['nothing', 'paid', () => undefined],
  ],
  getStorage: [
    ['a number', 'paid', () => ({ data: 7 })],
    ['an object', 'paid', () => ({ data: { checkout: { order: null } } })],
    ['a list', 'paid', () => ({ data: [[]] })],
    ['a circle', 'paid', () => ({ data: circle() })],
    ['half a snapshot', 'paid', () => ({ data: '{"version":1,"checkout":{"Intent":' })],
    ['an answer that throws when it is read', 'paid', () => trap('data')],
  ],
  getRandomValues: [
    ['a text in place of bytes', 'paid', () => ({ randomValues: 'random' })],
    ['too few bytes', 'paid', () => ({ randomValues: new ArrayBuffer(3) })],
    ['something as long as bytes', 'paid', () => ({ randomValues: { byteLength: 16 } })],
    ['an answer that throws when it is read', 'paid', () => trap('randomValues')],
  ],
};

function trap(field) {
  return { get [field]() { throw new Error('a trap'); } };
}

function circle() {
  const list = [];
  list.push(list);
  return list;
}

export function hostileHosts({ test, launch, appTimers }) {
  /** A checkout on the phone. Its limits take no time, but only from the reading of the storage on. */
  async function opened(phone) {
    const time = createTime(appTimers);
    const { createCheckout, own, run } = launch({ wx: phone.wx, timers: time.timers });
    const RealmPromise = run('module.exports = Promise;');
    const { getStorage } = phone.wx;
    let opening;
    await new Promise((resolve, reject) => {
      phone.wx.getStorage = options => (resolve(), getStorage(options));
      opening = createCheckout(OPTIONS);
      opening.then(undefined, reject);
    });
    phone.wx.getStorage = getStorage;
    const comes = async promise => {
      let settled = false;
      const settle = () => (settled = true);
      promise.then(settle, settle);
      await time.until(() => settled, RealmPromise);
      return promise;
    };
    const checkout = await comes(opening);
    const begin = () => checkout.pay(own(DRAFT));
    const until = holds => time.until(() => holds(checkout.view), RealmPromise);
    return { checkout, begin, comes, until, pay: () => comes(begin()), thrown: time.thrown };
  }

  /** Nothing was lost, and the host, once it behaves, is good for another purchase. */
  async function goesOn(phone, { checkout, pay, until }, result) {
    const paid = () => [...phone.server.orders.values()].filter(({ state }) => state === 'paid');
    if (result.outcome === 'failed') {
      assert.ok(['login_failed', 'unreachable'].includes(result.view.fault.code), result.view.fault.code);
      assert.equal(phone.named('requestPayment').length, 0, 'it failed, and a sheet was opened:');
    } else if (result.outcome === 'unpaid') {
      phone.payer = 'pays';
      checkout.payAgain();
      await until(({ outcome }) => outcome === 'paid');
      assert.equal(checkout.view.order.orderId, result.orderId);
    }
    const before = result.outcome === 'failed' ? 0 : 1;
    assert.equal(paid().length, before);
    checkout.acknowledge(result.orderId);
    const again = await pay();
    assert.equal(again.outcome, 'paid', JSON.stringify(again.view.fault));
    assert.equal(paid().length, before + 1);
  }

  function throughAPurchase(title, name, expected, twist, { payer = 'pays', reported = '' } = {}) {
    test(title, async () => {
      const phone = createPhone({ payer });
      const honest = phone.wx[name];
      phone.wx[name] = twist(honest);
      const app = await opened(phone);
      const result = await app.pay();
      assert.equal(result.outcome, expected, JSON.stringify(result.view.fault));
      phone.wx[name] = honest;
      await goesOn(phone, app, result);
      assert.equal(app.thrown.map(({ message }) => message).join(), reported, 'the app\'s error handler');
    });
  }

  for (const [manner, how] of Object.entries(MANNERS)) {
    for (const name of ['login', 'request']) {
      throughAPurchase(`${name} ${manner}`, name, how.isHeard ? 'paid' : 'failed', honest => twisted(honest, name, how));
    }
    // Whatever these say: the server knows of the payment, and a purchase does without storage.
    for (const name of ['requestPayment', 'getStorage', 'setStorage', 'removeStorage', 'getRandomValues']) {
      throughAPurchase(`${name} ${manner}`, name, 'paid', honest => twisted(honest, name, how));
    }
    if (manner !== 'returns nothing and never calls back') {
      throughAPurchase(`requestPayment ${manner}, and nobody paid`, 'requestPayment', 'unpaid', honest => twisted(honest, 'requestPayment', how), { payer: 'cancels' });
    }
  }

  for (const [name, wrong] of Object.entries(WRONG_TYPES)) {
    for (const [what, outcome, put] of wrong) {
      throughAPurchase(`${name} gives ${what}`, name, outcome, honest => options => {
        const hear = result => options.success(put(result));
        honest({ ...options, success: hear, fail: hear, complete: undefined });
      });
    }
  }

  test('a sheet that never answers, and was not paid on, is closed by the payer', async () => {
    const phone = createPhone({ payer: 'waits' });
    const app = await opened(phone);
    const paying = app.begin();
    await app.until(({ actions }) => actions.includes('sheetClosed'));
    app.checkout.sheetClosed();
    await goesOn(phone, app, await app.comes(paying));
  });

  test('a host whose answers cannot be read any more once money moved ends unconfirmed, and the payment is found', async () => {
    const phone = createPhone();
    const { request, requestPayment } = phone.wx;
    phone.wx.requestPayment = options => {
      phone.wx.request = more => request({ ...more, success: result => more.success({ ...result, statusCode: '200' }) });
      requestPayment(options);
    };
    const app = await opened(phone);
    const result = await app.pay();
    assert.equal(result.outcome, 'unconfirmed');
    Object.assign(phone.wx, { request, requestPayment });
    app.checkout.checkAgain();
    await app.until(({ outcome }) => outcome === 'paid');
    await goesOn(phone, app, { ...result, outcome: 'paid' });
  });

  /** An app that was killed while money moved, and the next launch of it, whose storage is read in this manner. */
  function throughARelaunch(title, twist) {
    test(title, async () => {
      const before = createPhone({ payer: 'waits' });
      const killed = await opened(before);
      killed.begin();
      await killed.until(({ phase }) => phase === 'paying');
      before.server.pay();
      const after = createPhone({ storage: new Map(before.storage), server: before.server });
      after.wx.getStorage = twist(after.wx.getStorage);
      const app = await opened(after);
      let found;
      app.checkout.onOutcome(event => (found = event));
      await app.until(() => found !== undefined);
      const [order] = before.server.orders.values();
      assert.deepEqual([found.outcome, found.orderId], ['paid', order.orderId]);
      assert.equal(after.named('requestPayment').length, 0);
      await goesOn(after, app, found);
    });
  }

  for (const [manner, how] of Object.entries(MANNERS)) {
    throughARelaunch(`a killed app finds its payment where getStorage ${manner}`, honest => twisted(honest, 'getStorage', how));
  }
  const parsed = result => ({ ...result, data: JSON.parse(result.data) });
  for (const [what, , put] of [['its text as an object', '', parsed], ...WRONG_TYPES.getStorage]) {
    throughARelaunch(`a killed app finds its payment where getStorage gives ${what}`, honest => options =>
      honest({ ...options, success: result => options.success(put(result)), complete: undefined }));
  }

  for (const [name, reported] of Object.entries({ getAppBaseInfo: '', onAppShow: 'thrown', onAppHide: 'thrown' })) {
    const throws = () => {
      throw new Error('thrown');
    };
    throughAPurchase(`${name} throws`, name, 'paid', () => throws, { reported });
    throughAPurchase(`${name} does nothing`, name, 'paid', () => () => undefined);
  }

  test('a host without one of the functions is refused by its name, one without the younger ones is not', async () => {
    for (const name of ['login', 'request', 'requestPayment', 'getStorage', 'setStorage', 'removeStorage', 'onAppShow', 'onAppHide']) {
      const { createCheckout } = launch({ wx: { ...createPhone().wx, [name]: undefined } });
      await assert.rejects(createCheckout(OPTIONS), { name: 'CheckoutError', code: 'invalid_option', message: new RegExp('wx\\.' + name) }, name);
    }
    for (const name of ['getRandomValues', 'getAppBaseInfo']) {
      const phone = createPhone({ replace: { [name]: undefined } });
      assert.equal((await (await opened(phone)).pay()).outcome, 'paid');
    }
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { source } from './sources.mjs';

const { createHost, load } = await source('host');
const { entropy } = await source('entropy');

const PARAMS = { timeStamp: '1', nonceStr: 'n', package: 'prepay_id=p', signType: 'RSA', paySign: 's' };

function host(wx) {
  return createHost({ wx, baseUrl: 'https://pay.example.com', storageKey: 'key', changed() {} });
}

/** Every way in which a host was seen to answer, and what each function makes of it. */
const MANNERS = {
  'success, then complete': o => (o.success(o.good), o.complete(o.good)),
  'only complete, with ok': o => o.complete(o.good),
  'success twice': o => (o.success(o.good), o.success({ errMsg: 'x:ok' })),
  'success, then fail': o => (o.success(o.good), o.fail({ errMsg: 'x:fail' })),
  'success, then an exception': o => {
    o.success(o.good);
    throw new Error('after the fact');
  },
  'success, and a promise that rejects': o => (o.success(o.good), Promise.reject(new Error('a second voice'))),
};

const CALLS = {
  login: { good: { code: 'c', errMsg: 'login:ok' }, call: h => h.login(), want: 'c' },
  request: {
    good: { statusCode: 409, data: '{"code":"price_changed"}', errMsg: 'request:ok' },
    call: h => h.request('GET', '/orders', undefined, undefined, undefined),
    want: { status: 409, body: '{"code":"price_changed"}' },
  },
  requestPayment: { good: { errMsg: 'requestPayment:ok' }, call: h => h.requestPayment(PARAMS), want: { errMsg: 'requestPayment:ok' } },
  getStorage: { good: { data: 'snapshot', errMsg: 'getStorage:ok' }, call: (h, wx) => load(wx, 'key'), want: 'snapshot' },
  setStorage: { good: { errMsg: 'setStorage:ok' }, call: h => h.save('snapshot'), want: undefined },
  removeStorage: { good: { errMsg: 'removeStorage:ok' }, call: h => h.forget(), want: undefined },
};

for (const [name, { good, call, want }] of Object.entries(CALLS)) {
  for (const [manner, behave] of Object.entries(MANNERS)) {
    test(`${name}: ${manner}`, async () => {
      const wx = { [name]: options => behave({ ...options, good }) };
      assert.deepEqual(await call(host(wx), wx), want);
    });
  }

  const failures = {
    'fail': [o => o.fail({ errMsg: `${name}:fail broken`, errno: 5 }), { errMsg: `${name}:fail broken`, errno: 5 }],
    'fail without a word': [o => o.fail(), { errMsg: `${name}:fail` }],
    'only complete, with fail': [o => o.complete({ errMsg: `${name}:fail late` }), { errMsg: `${name}:fail late` }],
    'an exception': [() => { throw new Error('thrown'); }, { errMsg: `${name}:fail thrown` }],
    'fail, then success': [o => (o.fail({ errMsg: `${name}:fail first` }), o.success(good)), { errMsg: `${name}:fail first` }],
    'a promise that rejects': [() => Promise.reject({ errMsg: `${name}:fail promised` }), { errMsg: `${name}:fail promised` }],
  };
  for (const [manner, [behave, failure]] of Object.entries(failures)) {
    test(`${name}: ${manner}`, async () => {
      const wx = { [name]: behave };
      const answer = call(host(wx), wx);
      // The sheet's word is a hint whatever it is; everything else can fail.
      if (name !== 'requestPayment') return assert.rejects(answer, failure);
      const { errMsg, errno } = await answer;
      assert.equal(errno, failure.errno);
      if (manner === 'fail without a word') assert.match(errMsg, /^requestPayment:fail/);
      else assert.equal(errMsg, failure.errMsg);
    });
  }
}

test('a function that the host lacks has failed', async () => {
  await assert.rejects(host({}).login(), { errMsg: 'login:fail wx.login is missing' });
});

test('a login without a code has failed', async () => {
  for (const answer of [{}, { code: '' }, { code: 5 }, null]) {
    await assert.rejects(host({ login: o => o.success(answer) }).login(), { errMsg: /no code/ });
  }
});

test('a request carries token, key and body, and asks for text', async () => {
  let seen;
  const wx = { request: o => ((seen = o), o.success({ statusCode: 200, data: '{}' })) };
  await host(wx).request('POST', '/payments/create', 's1.t', 'key-1', '{"a":1}');
  assert.equal(seen.url, 'https://pay.example.com/payments/create');
  assert.equal(seen.method, 'POST');
  assert.equal(seen.data, '{"a":1}');
  assert.notEqual(seen.dataType, 'json');
  assert.deepEqual(seen.header, {
    Accept: 'application/json', 'Content-Type': 'application/json', Authorization: 'Bearer s1.t', 'Idempotency-Key': 'key-1',
  });
});

test('a host that parses JSON by itself is put right', async () => {
  const wx = { request: o => o.success({ statusCode: 200, data: { a: '茶' } }) };
  assert.deepEqual(await host(wx).request('GET', '/x'), { status: 200, body: '{"a":"茶"}' });
});

test('an answer without a status is none', async () => {
  await assert.rejects(host({ request: o => o.success({ data: '{}' }) }).request('GET', '/x'), { errMsg: /no status/ });
});

test('a storage that never answers fails by itself; one that is empty does not', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const silent = load({ getStorage() {} }, 'k');
  t.mock.timers.tick(3000);
  await assert.rejects(silent, { errMsg: /in time/ });
  assert.equal(await load({ getStorage: o => o.fail({ errMsg: 'getStorage:fail data not found' }) }, 'k'), null);
});

test('random bytes come from the host; where it has none, the core is told so', async () => {
  const values = Uint8Array.from({ length: 16 }, (_, at) => at);
  assert.deepEqual(await entropy({ getRandomValues: o => o.success({ randomValues: values.buffer }) }), values);
  for (const wx of [{}, { getRandomValues: o => o.success({}) }, { getRandomValues: o => o.success({ randomValues: new ArrayBuffer(8) }) }]) {
    await assert.rejects(entropy(wx));
  }
});

test('random bytes that never come are not waited for', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const bytes = entropy({ getRandomValues() {} });
  t.mock.timers.tick(2000);
  await assert.rejects(bytes, { errMsg: /in time/ });
});

test('a sleep longer than timers go is cut, not ended at once', async t => {
  const asked = [];
  t.mock.method(globalThis, 'setTimeout', (run, ms) => asked.push(ms));
  host({}).sleep(1e12);
  host({}).sleep(-5);
  assert.deepEqual(asked, [0x7fffffff, 0]);
});

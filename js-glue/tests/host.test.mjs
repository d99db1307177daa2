import assert from 'node:assert/strict';
import { test } from 'node:test';
import { source } from './sources.mjs';

const { createHost, load } = await source('host');
const { newKey } = await source('entropy');
const { createNotes } = await source('notes');
const { createFacade } = await source('checkout');

const PARAMS = { timeStamp: '1', nonceStr: 'n', package: 'prepay_id=p', signType: 'RSA', paySign: 's' };

function host(wx) {
  return createHost({ wx, baseUrl: 'https://pay.example.com', storageKey: 'key', found: 'what was found', changed() {}, note() {} });
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
    call: h => h.request('GET', '/orders', '', '', ''),
    want: '409 {"code":"price_changed"}',
  },
  requestPayment: { good: { errMsg: 'requestPayment:ok' }, call: h => h.requestPayment(JSON.stringify(PARAMS)), want: 'requestPayment:ok' },
  getStorage: { good: { data: 'snapshot', errMsg: 'getStorage:ok' }, call: (h, wx) => load(wx, 'key'), want: 'snapshot' },
  setStorage: { good: { errMsg: 'setStorage:ok' }, call: h => h.save('snapshot'), want: undefined },
  removeStorage: { good: { errMsg: 'removeStorage:ok' }, call: h => h.save(''), want: undefined },
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
      const errMsg = await answer;
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
  assert.equal(await host(wx).request('GET', '/x', '', '', ''), '200 {"a":"茶"}');
});

test('an answer without a status is none', async () => {
  await assert.rejects(host({ request: o => o.success({ data: '{}' }) }).request('GET', '/x', '', '', ''), { errMsg: /no status/ });
});

test('a storage that never answers fails by itself; one that is empty does not', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const silent = load({ getStorage() {} }, 'k');
  t.mock.timers.tick(3000);
  await assert.rejects(silent, { errMsg: /in time/ });
  assert.equal(await load({ getStorage: o => o.fail({ errMsg: 'getStorage:fail data not found' }) }, 'k'), '');
});

test('a sheet gets its five parameters as the server signed them', async () => {
  let seen;
  await host({ requestPayment: o => ((seen = o), o.success({})) }).requestPayment(JSON.stringify(PARAMS));
  const { success, fail, complete, ...params } = seen;
  assert.deepEqual(params, PARAMS);
});

test('what the storage held at launch can be put in a place of its own', async () => {
  let seen;
  await host({ setStorage: o => ((seen = o), o.success({ errMsg: 'setStorage:ok' })) }).preserve();
  assert.deepEqual([seen.key, seen.data], ['key.aside', 'what was found']);
  await assert.rejects(host({ setStorage: o => o.fail({ errMsg: 'setStorage:fail full' }) }).preserve(), { errMsg: /full/ });
});

test('what could not be read at launch is read again before anything is written over it', async () => {
  const unread = wx => createHost({ wx, baseUrl: 'https://pay.example.com', storageKey: 'key', found: '', changed() {}, note() {} });
  let seen;
  const wx = { getStorage: o => o.success({ data: 'there after all' }), setStorage: o => ((seen = o), o.success({})) };
  await unread(wx).preserve();
  assert.deepEqual([seen.key, seen.data], ['key.aside', 'there after all']);
  seen = undefined;
  await unread({ ...wx, getStorage: o => o.fail({ errMsg: 'getStorage:fail data not found' }) }).preserve();
  assert.equal(seen, undefined, 'nothing is there');
  await assert.rejects(unread({ ...wx, getStorage: o => o.fail({ errMsg: 'getStorage:fail broken' }) }).preserve(), { errMsg: /broken/ });
});

test('keys come from the randomness of the host; one without gets another each time', async () => {
  const values = Uint8Array.from({ length: 16 }, (_, at) => at * 17);
  assert.equal(await newKey({ getRandomValues: o => o.success({ randomValues: values.buffer }) }), '00112233445566778899aabbccddeeff');
  for (const wx of [{}, { getRandomValues: o => o.success({}) }, { getRandomValues: o => o.success({ randomValues: new ArrayBuffer(8) }) },
    { getRandomValues: o => o.success({ randomValues: { byteLength: 16 } }) }, { getRandomValues: o => o.fail({}) }]) {
    const keys = await Promise.all(Array.from({ length: 100 }, () => newKey(wx)));
    assert.equal(new Set(keys).size, 100);
    keys.forEach(key => assert.match(key, /^[0-9a-f]{32}$/));
  }
});

test('random bytes that never come are not waited for', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const key = newKey({ getRandomValues() {} });
  t.mock.timers.tick(2000);
  assert.match(await key, /^[0-9a-f]{32}$/);
});

test('a sleep longer than timers go is cut, not ended at once', async t => {
  const asked = [];
  t.mock.method(globalThis, 'setTimeout', (run, ms) => asked.push(ms));
  host({}).sleep(1e12);
  host({}).sleep(-5);
  assert.deepEqual(asked, [0x7fffffff, 0]);
});

test('what the host said stands in the trace between the lines of its time, bounded and cut', t => {
  t.mock.timers.enable({ apis: ['Date'], now: 10 });
  const notes = createNotes();
  notes.add('request', { errMsg: 'request:fail ' + 'x'.repeat(1000), errno: 600001 });
  const [early, late] = [5, 10].map(at => JSON.stringify({ at, event: 'Slept' }));
  const [one, note, ...rest] = notes.among([early]);
  assert.deepEqual([one, rest], [early, []]);
  assert.deepEqual(Object.keys(JSON.parse(note).about), ['name', 'errMsg', 'errno']);
  assert.ok(note.length < 300);
  assert.deepEqual(notes.among([late, early]).slice(0, 2), [late, early], 'the lines stay in their order, whatever the clock did');
  for (let at = 0; at < 1000; at += 1) notes.add('login', { errMsg: 'login:fail ' + at });
  assert.equal(notes.among([]).length, 100);
});

test('a tap to pay again was made on the view that listeners were told of, whatever came since', () => {
  const told = [];
  const feed = { current: () => ({ revision: 9 }), delivered: () => ({ revision: 7 }), listen: () => () => {}, follow: () => () => {} };
  const facade = createFacade({ feed, tell: (...command) => told.push(command), revisionOf: ({ revision }) => revision - 2 }, undefined, undefined);
  facade.payAgain();
  assert.deepEqual(told, [['payAgain', 5]]);
});

/**
 * A phone and a server for the tests: they behave, unless a test replaces one of their parts.
 * The server answers in the JSON of the wire; the payer does what `payer` says.
 */

export const DRAFT = { items: [{ sku: 'longjing-50g', quantity: 1 }], expectedAmount: 6800 };

export function createPhone({ storage = new Map(), server = createServer(), payer = 'pays', replace = {} } = {}) {
  const shown = [];
  const hidden = [];
  const phone = { storage, server, calls: [], shown, hidden, payer };
  const note = (name, options) => phone.calls.push({ name, options });
  phone.wx = {
    getAppBaseInfo: () => ({ language: phone.language ?? 'zh_CN' }),
    onAppShow: listener => shown.push(listener),
    onAppHide: listener => hidden.push(listener),
    getRandomValues({ length, success }) {
      const randomValues = new Uint8Array(length).map(() => Math.floor(Math.random() * 256)).buffer;
      later(() => success({ randomValues, errMsg: 'getRandomValues:ok' }));
    },
    login(options) {
      note('login', options);
      answer(options, 'success', { code: 'code-' + phone.calls.length, errMsg: 'login:ok' });
    },
    request(options) {
      note('request', options);
      later(() => {
        const { status, body } = server.handle(options);
        answer(options, 'success', { statusCode: status, data: JSON.stringify(body ?? ''), header: {}, errMsg: 'request:ok' });
      });
      return { abort() {} };
    },
    requestPayment(options) {
      note('requestPayment', options);
      if (phone.payer === 'pays') {
        server.pay(options.package);
        answer(options, 'success', { errMsg: 'requestPayment:ok' });
      } else if (phone.payer === 'cancels') {
        answer(options, 'fail', { errMsg: 'requestPayment:fail cancel' });
      }
      // Else the payer looks at the sheet and does nothing.
    },
    getStorage(options) {
      const data = storage.get(options.key);
      if (data === undefined) answer(options, 'fail', { errMsg: 'getStorage:fail data not found' });
      else answer(options, 'success', { data, errMsg: 'getStorage:ok' });
    },
    setStorage(options) {
      storage.set(options.key, options.data);
      answer(options, 'success', { errMsg: 'setStorage:ok' });
    },
    removeStorage(options) {
      storage.delete(options.key);
      answer(options, 'success', { errMsg: 'removeStorage:ok' });
    },
    ...replace,
  };
  phone.named = name => phone.calls.filter(call => call.name === name);
  return phone;
}

let owed = 0;

/** How many answers the phones owe. */
export function answersOwed() {
  return owed;
}

/** Every answer comes later. Engines have `setTimeout` and nothing else in common. */
function later(run) {
  owed += 1;
  setTimeout(() => {
    owed -= 1;
    run();
  }, 0);
}

/** Calls back as a phone does: later, the one callback and then `complete`. */
function answer(options, which, result) {
  later(() => {
    options[which]?.(result);
    options.complete?.(result);
  });
}

/** The companion server's part, with one article at 6800 fen. */
export function createServer() {
  const server = { orders: new Map(), seen: [] };
  /** The payer pays on the sheet with this `package`, or whatever is open. */
  server.pay = sheet => {
    for (const order of server.orders.values()) {
      if (order.state === 'payable' && (sheet === undefined || sheet === order.sheet)) order.state = 'paid';
    }
  };
  server.handle = ({ url, method, header, data }) => {
    const path = url.replace(/^https?:\/\/[^/]+/, '');
    server.seen.push({ path, method, header, data });
    if (path === '/auth/exchange') {
      return { status: 200, body: { token: 's1.session', expiresInMs: 7200000, userOpenId: 'the-payer' } };
    }
    if (!(header.Authorization ?? '').startsWith('Bearer ')) return problem(401, 'unauthorized', 'login');
    if (path === '/orders' && method === 'GET') return { status: 200, body: { orders: unresolved() } };
    if (path === '/payments/create') return create(JSON.parse(data), header['Idempotency-Key']);
    if (path.startsWith('/orders/verify')) return verify(decodeURIComponent(path.split('transactionId=')[1]));
    if (path === '/orders/acknowledge') return acknowledge(JSON.parse(data));
    if (path === '/orders/close') return close(JSON.parse(data));
    return problem(404, 'not_found', 'never');
  };
  function create(body, key) {
    if (!key) return problem(400, 'idempotency_key_missing', 'never');
    if (body.expectedAmount !== 6800) return problem(409, 'price_changed', 'never');
    const orderId = idUnder(key);
    const sheet = `prepay_id=wx${server.orders.size + 1}`;
    if (!server.orders.has(orderId)) server.orders.set(orderId, { orderId, state: 'payable', amount: 6800, sheet });
    const order = server.orders.get(orderId);
    const payment = { timeStamp: '1700000000', nonceStr: 'nonce', package: order.sheet, signType: 'RSA', paySign: 'signature' };
    const common = { orderId, state: order.state, amount: 6800, statusToken: 'o1.status', payableForMs: 600000 };
    return { status: 200, body: order.state === 'payable' ? { ...common, payment } : common };
  }
  function idUnder(key) {
    return 'ord-' + key.slice(0, 8);
  }
  function unresolved() {
    const open = [...server.orders.values()].filter(({ state, isSeen }) => state === 'payable' || (state === 'paid' && !isSeen));
    return open.map(({ orderId, state, amount }) => ({ orderId, state, amount, statusToken: 'o1.status' }));
  }
  function acknowledge({ orderId }) {
    const order = server.orders.get(orderId);
    if (order !== undefined) order.isSeen = true;
    return { status: 204 };
  }
  function close({ orderId, idempotencyKey }) {
    const order = server.orders.get(orderId ?? idUnder(idempotencyKey));
    if (order === undefined) return problem(404, 'order_not_found', 'never');
    if (order.state === 'payable') order.state = 'closed';
    return { status: 200, body: { state: order.state } };
  }
  function verify(orderId) {
    const order = server.orders.get(orderId);
    if (order === undefined) return problem(404, 'order_not_found', 'never');
    const paid = order.state === 'paid';
    return {
      status: 200,
      body: {
        orderId, isValid: paid, state: order.state, amount: 6800, evidence: { source: 'wechat', ageMs: 0 }, retryAfterMs: 1000,
        ...(paid ? { wechatTransactionId: '4200', paidAt: '2026-01-01T12:00:00+08:00' } : {}),
      },
    };
  }
  return server;
}

function problem(status, code, retry) {
  return {
    status,
    body: { type: 'urn:wx-checkout:' + code, title: code, status, detail: code, code, retry, requestId: 'req-1' },
  };
}

/** Resolves with the first view that `holds`. */
export function view(checkout, holds) {
  return new Promise(resolve => {
    if (holds(checkout.view)) return resolve(checkout.view);
    const off = checkout.onChange(next => {
      if (!holds(next)) return;
      off();
      resolve(next);
    });
  });
}

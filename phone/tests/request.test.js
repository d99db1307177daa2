import assert from 'node:assert/strict'
import test from 'node:test'
import { parseRoutes } from '../hosts/net.js'
import { asPage, serve } from './support.js'

const HOST = 'https://shop.example.com'

/** @param {import('node:test').TestContext} t */
async function routesTo(t, handle) {
  return { routes: parseRoutes([`${HOST}=${await serve(t, handle)}`]) }
}

/** Answers with what it was asked. */
function echo(request, response) {
  let body = ''
  request.on('data', (part) => { body += part })
  request.on('end', () => {
    response.statusCode = Number(new URL(request.url, 'http://x').searchParams.get('status') ?? 200)
    response.setHeader('X-Seen', 'yes')
    response.end(JSON.stringify({ method: request.method, url: request.url, body, type: request.headers['content-type'], host: request.headers.host, referer: request.headers.referer }))
  })
}

test('success for any status, JSON parsed, headers flat', async (t) => {
  const { success } = await asPage(t, `return call('request', { url: '${HOST}/a?status=404' })`, await routesTo(t, echo))
  assert.equal(success.statusCode, 404)
  assert.equal(success.errMsg, 'request:ok')
  assert.equal(success.header['x-seen'], 'yes')
  assert.equal(success.data.host, 'shop.example.com')
  assert.match(success.data.referer, /^https:\/\/servicewechat\.com\//)
})

test('data: a query for GET, JSON or a form for POST, text as it is', async (t) => {
  const parts = await routesTo(t, echo)
  const answers = await asPage(t, `
    const url = '${HOST}/a'
    const data = async options => (await call('request', { url, ...options })).success.data
    return [await data({ data: { q: '茶 1' } }), await data({ method: 'POST', data: { a: 1 } }),
      await data({ method: 'POST', data: { a: 1, b: '&' }, header: { 'Content-Type': 'application/x-www-form-urlencoded' } }), await data({ method: 'POST', data: '{"x":1}' })]`, parts)
  assert.equal(answers[0].url, '/a?q=%E8%8C%B6%201')
  assert.deepEqual([answers[1].body, answers[1].type], ['{"a":1}', 'application/json'])
  assert.equal(answers[2].body, 'a=1&b=%26')
  assert.equal(answers[3].body, '{"x":1}')
})

test('another dataType leaves the text alone', async (t) => {
  const { success } = await asPage(t, `return call('request', { url: '${HOST}/a', dataType: 'text' })`, await routesTo(t, echo))
  assert.equal(typeof success.data, 'string')
})

const REFUSED = [
  ['a host that is not on the list', { url: 'https://other.example.com/' }, 'request:fail url not in domain list', 600002],
  ['another port of a host on the list', { url: `${HOST}:8443/` }, 'request:fail url not in domain list', 600002],
  ['plain http', { url: 'http://shop.example.com/' }, 'request:fail url not in domain list', 600002],
  ['no url', {}, 'request:fail parameter error: parameter.url should be String instead of Undefined;', 1001],
  ['a relative url', { url: '/a' }, 'request:fail invalid url "/a"', 600009],
  ['a method that is none', { url: HOST, method: 'BREW' }, 'request:fail parameter error: parameter.method "BREW" is invalid', 1001],
]
for (const [name, options, errMsg, errno] of REFUSED) {
  test(`refused: ${name}`, async (t) => {
    const { fail } = await asPage(t, `return call('request', ${JSON.stringify(options)})`, await routesTo(t, echo))
    assert.deepEqual(fail, { errMsg, errno })
  })
}

test('nobody listens', async (t) => {
  const { fail } = await asPage(t, `return call('request', { url: '${HOST}/' })`, { routes: parseRoutes([`${HOST}=http://127.0.0.1:1`]) })
  assert.deepEqual(fail, { errMsg: 'request:fail errcode:-102 cronet_error_code:-102 error_msg:net::ERR_CONNECTION_REFUSED', errno: 600001 })
})

test('the connection breaks in the middle of an answer', async (t) => {
  const parts = await routesTo(t, (request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half', () => response.destroy())
  })
  const { fail } = await asPage(t, `return call('request', { url: '${HOST}/' })`, parts)
  assert.equal(fail.errno, 600001)
  assert.match(fail.errMsg, /^request:fail errcode:-101 /)
})

test('no answer in time', async (t) => {
  const { fail } = await asPage(t, `return call('request', { url: '${HOST}/', timeout: 50 })`, await routesTo(t, () => {}))
  assert.deepEqual(fail, { errMsg: 'request:fail timeout', errno: 5 })
})

test('the page aborts', async (t) => {
  const fail = await asPage(t, `return new Promise(fail => wx.request({ url: '${HOST}/', fail }).abort())`, await routesTo(t, () => {}))
  assert.deepEqual(fail, { errMsg: 'request:fail abort' })
})

test('ten under way are the most; a place that becomes free is used', async (t) => {
  const waiting = []
  const parts = await routesTo(t, (request, response) => {
    if (request.url === '/free') for (const one of waiting.splice(0)) one.end('{}')
    waiting.push(response)
    if (waiting.length === 10 || request.url === '/last') for (const one of waiting.splice(0)) one.end('{}')
  })
  const answers = await asPage(t, `
    const all = []
    for (let i = 0; i < 12; i += 1) all.push(call('request', { url: '${HOST}/' }))
    const first = await Promise.all(all)
    return [...first, await call('request', { url: '${HOST}/last' })].map(answer => answer.fail ? answer.fail.errMsg : answer.success.statusCode)`, parts)
  assert.deepEqual(answers, [...Array(10).fill(200), 'request:fail exceed max task count', 'request:fail exceed max task count', 200])
})

test('a route that is none is named', () => {
  assert.throws(() => parseRoutes(['http://a=http://b']), /--route http:\/\/a=http:\/\/b: write it as/)
})

test('cookies are handed over one by one', async (t) => {
  const { success } = await asPage(t, `return call('request', { url: '${HOST}/' })`, await routesTo(t, (_, response) => {
    response.setHeader('set-cookie', ['a=1; Path=/', 'b=2'])
    response.end('{}')
  }))
  assert.deepEqual(success.cookies, ['a=1; Path=/', 'b=2'])
})

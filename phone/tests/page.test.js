import assert from 'node:assert/strict'
import http from 'node:http'
import test from 'node:test'
import { freePort } from '../demo/ports.js'
import { servePage } from '../hosts/browser/server.js'
import { WeChat } from '../hosts/wechat.js'
import { FIXTURE, program, serve } from './support.js'

/** @param {import('node:test').TestContext} t @param {string} shop */
async function page(t, shop) {
  const wechat = await serve(t, (request, response) => response.end(JSON.stringify({ code: 'c', errMsg: 'requestPayment:ok' })))
  const shopServer = await serve(t, (request, response) => response.end(`answer to ${request.url}`))
  const { address, close } = await servePage({
    port: await freePort(0),
    shop,
    house: { id: 'books', wechat: new WeChat(wechat, 'o'), route: ['--route', `https://shop.example.com=${shopServer}`] },
  })
  t.after(close)
  return address
}

/** @param {string} url @param {http.RequestOptions} options @returns {Promise<{status: number, headers: http.IncomingHttpHeaders, text: string}>} */
function ask(url, options, body = '') {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { agent: false, ...options }, (response) => {
      let text = ''
      response.on('data', (part) => { text += part })
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
    })
    request.on('error', reject)
    request.end(body)
  })
}

test('the page, the runtime and the program are there', async (t) => {
  const address = await page(t, FIXTURE)
  assert.match((await ask(address, {})).text, /data-t="simulated"/)
  assert.match((await ask(`${address}runtime.js`, {})).text, /return phone\}\)\(\)$/)
  assert.deepEqual(JSON.parse((await ask(`${address}program.json`, {})).text).program.app.pages, ['pages/index/index', 'pages/next/next'])
})

test('a program that does not compile is said on the page, with file and line', async (t) => {
  const address = await page(t, program(t, { 'app.wxss': '.a {' }))
  assert.deepEqual(JSON.parse((await ask(`${address}program.json`, {})).text), {
    fault: { file: 'app.wxss', line: 1, message: 'Unclosed block', source: { first: 1, lines: ['.a {'] } },
  })
})

test('a request goes where the routes say, and nowhere else', async (t) => {
  const address = await page(t, FIXTURE)
  const send = async (url) => JSON.parse((await ask(`${address}request`, { method: 'POST' }, JSON.stringify({ method: 'GET', url, header: {}, body: '', timeout: 5000 }))).text)
  assert.equal((await send('https://shop.example.com/a?b=1')).text, 'answer to /a?b=1')
  assert.deepEqual(await send('https://127.0.0.1/'), { failed: 'domain' })
})

test('another site in the same browser can neither pay nor log in', async (t) => {
  const address = await page(t, FIXTURE)
  for (const headers of [{ origin: 'https://evil.example.com' }, { host: 'evil.example.com' }]) {
    assert.equal((await ask(`${address}login`, { method: 'POST', headers })).status, 403)
  }
  assert.equal((await ask(`${address}login`, { method: 'POST', headers: { origin: address.slice(0, -1) } }, '{}')).status, 200)
})

test('the package is served, and nothing outside it', async (t) => {
  const address = await page(t, FIXTURE)
  assert.equal((await ask(`${address}package?path=app.json`, {})).status, 200)
  const outside = await ask(`${address}package?path=../support.js`, {})
  assert.equal(outside.status, 404)
  assert.match(outside.text, /leads out of the mini program/)
})

test('the frame of the mini program takes nothing from elsewhere that is not named', async (t) => {
  const { headers } = await ask(`${await page(t, FIXTURE)}frame.html`, {})
  const policy = Object.fromEntries(headers['content-security-policy'].split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1).join(' ')]))
  assert.equal(policy['default-src'], "'none'")
  assert.equal(policy['script-src'], "'unsafe-eval' 'wasm-unsafe-eval'")
  assert.deepEqual([policy['base-uri'], policy['form-action']], ["'none'", "'none'"])
  assert.equal(policy['connect-src'], undefined)
})

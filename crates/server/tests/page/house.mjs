// The real server and the sandbox, with orders in every state that an operator meets, and a merchant's own
// system that refuses what it is told until it is mended.

import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

const BIN = resolve(process.env.WX_CHECKOUT_BIN_DIR ?? '../../../../target/debug')
const ORIGIN = 'https://pay.example.com'

export async function open() {
  const directory = mkdtempSync(join(tmpdir(), 'wx-checkout-page-'))
  const children = []
  const receiver = await merchant()
  const port = await freePort()
  const start = async (name, ...parameters) => {
    const child = spawn(join(BIN, name), parameters, { stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(child)
    let log = ''
    child.stderr.on('data', (data) => { log += data })
    const lines = []
    const said = createInterface({ input: child.stdout })
    const wanted = name === 'wx-checkout-server' ? 2 : 1
    await new Promise((done, fail) => {
      said.on('line', (line) => {
        lines.push(line)
        if (lines.length === wanted) done()
      })
      child.on('exit', () => fail(new Error(`${name} ended: ${log}`)))
    })
    child.removeAllListeners('exit')
    return lines.map((line) => /(https?:\/\/\S+)$/.exec(line)?.[1])
  }
  const [sandbox] = await start('wx-checkout-sandbox', 'serve', '--dir', directory, '--port', '0', '--deliver', `${ORIGIN}=http://127.0.0.1:${port}`)
  const config = join(directory, 'server.toml')
  const token = /^\[admin\][^[]*^token = "([^"]+)"/m.exec(readFileSync(config, 'utf8'))[1]
  appendFileSync(config, `\n[webhook]\nurl = "${receiver.url}"\nsecrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]\n`)
  const [server, page] = await start('wx-checkout-server', 'serve', '--config', config, '--listen', `127.0.0.1:${port}`)

  const json = async (url, body, headers = {}) => {
    const answer = await fetch(url, { method: body === undefined ? 'GET' : 'POST', headers: { 'content-type': 'application/json', ...headers }, body: body && JSON.stringify(body) })
    return answer.json()
  }
  const api = (path, body) => json(`${new URL(page).origin}/admin/api/${path}`, body, { authorization: `Bearer ${token}` })
  const { users } = JSON.parse(readFileSync(join(directory, 'sandbox.json'), 'utf8'))
  const { openid } = users[0]
  const { code } = await json(`${sandbox}/_sandbox/login`, { openid })
  const session = await json(`${server}/auth/exchange`, { credential: code })
  let orders = 0
  const order = async (items, expectedAmount) => {
    orders += 1
    const headers = { authorization: `Bearer ${session.token}`, 'idempotency-key': `key-${orders}` }
    return json(`${server}/payments/create`, { items, expectedAmount }, headers)
  }
  const pay = async ({ orderId, payment }) => {
    await json(`${sandbox}/_sandbox/pay`, { ...payment, openid })
    return until(async () => (await api(`orders/${orderId}`)).summary.state === 'paid', 'the order is paid')
  }
  return {
    page,
    token,
    receiver,
    api,
    order,
    pay,
    openid,
    outTradeNo: async ({ orderId }) => (await api(`orders/${orderId}`)).summary.outTradeNo,
    close() {
      for (const child of children) child.kill()
      receiver.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** A merchant's own system: 410 (it wants no more of it) until it is mended. */
async function merchant() {
  const state = { mended: false, got: [] }
  const server = createServer((request, answer) => {
    request.resume()
    state.got.push(request.headers['webhook-id'])
    answer.writeHead(state.mended ? 204 : 410).end()
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return Object.assign(state, { url: `http://127.0.0.1:${server.address().port}/hooks`, close: () => server.close() })
}

async function freePort() {
  const socket = createSocket()
  await new Promise((done) => socket.listen(0, '127.0.0.1', done))
  const { port } = socket.address()
  await new Promise((done) => socket.close(done))
  return port
}

/** Waits for a condition, for as long as a slow machine may need. */
export async function until(holds, what) {
  const end = Date.now() + 60_000
  for (;;) {
    const value = await holds()
    if (value) return value
    if (Date.now() > end) throw new Error(`it never came true that ${what}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

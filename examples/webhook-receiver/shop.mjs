// For the test: WeChat's side, the server and the receiver as programs of their own, and a payer.
import { spawn } from 'node:child_process'
import { createSign, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const BIN_DIR = process.env.WX_CHECKOUT_BIN_DIR ?? here('../../target/debug')
const PATIENCE_MS = 60_000

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

/** A program that says where it listens, and lines that can be waited for. */
async function start(command, args, env = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  let errors = ''
  child.stderr.on('data', (text) => { errors = (errors + text).slice(-4000) })
  const lines = []
  const waiting = new Set()
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line)
    for (const look of waiting) look()
  })
  const program = {
    lines,
    /** Resolves with the first line after number `from` that fits. */
    line(fits, from = 0) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => end(() => reject(new Error(`no such line within a minute; it said ${lines.join(' | ')}; ${errors}`))), PATIENCE_MS)
        const look = () => {
          const found = lines.slice(from).find(fits)
          if (found !== undefined) end(() => resolve(found))
        }
        const end = (done) => {
          clearTimeout(timer)
          waiting.delete(look)
          done()
        }
        waiting.add(look)
        look()
      })
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill(signal)
      await gone
    },
  }
  await program.line((line) => line.includes('listening on'))
  return program
}

/** Everything but the receiver, which comes and goes. @param {string[]} secrets what the server signs with */
export async function openShop(secrets) {
  const folder = mkdtempSync(join(tmpdir(), 'wx-checkout-receiver-'))
  const [serverPort, receiverPort] = [await freePort(), await freePort()]
  const base = `http://127.0.0.1:${serverPort}`
  const sandbox = await start(join(BIN_DIR, 'wx-checkout-sandbox'), ['serve', '--dir', folder, '--port', '0', '--deliver', `https://pay.example.com=${base}`])
  const wechat = sandbox.lines[0].match(/http:\S+/)[0]
  const identity = JSON.parse(readFileSync(join(folder, 'sandbox.json'), 'utf8'))
  const merchantKey = readFileSync(join(folder, 'merchant_key.pem'))
  const config = join(folder, 'server.toml')
  const plain = readFileSync(config, 'utf8')
  const journal = join(folder, 'received.jsonl')
  let server

  const shop = {
    base,
    receiverUrl: `http://127.0.0.1:${receiverPort}`,
    journal,
    /** Starts the server anew with these secrets. */
    async sign(with_secrets) {
      await server?.stop()
      writeFileSync(config, `${plain}\n[webhook]\nurl = "http://127.0.0.1:${receiverPort}/hooks"\nsecrets = ${JSON.stringify(with_secrets)}\n`)
      server = await start(join(BIN_DIR, 'wx-checkout-server'), ['serve', '--config', config, '--listen', `127.0.0.1:${serverPort}`])
    },
    receiver(known) {
      return start(process.execPath, [here('receiver.mjs'), '--port', String(receiverPort), '--journal', journal], { WEBHOOK_SECRETS: known.join(',') })
    },
    /** A payer buys tea; answers whose the order is, and its two numbers. */
    async buy() {
      const { openid } = identity.users[0]
      const { code } = await post(`${wechat}/_sandbox/login`, { openid })
      const { token } = await post(`${base}/auth/exchange`, { credential: code })
      const headers = { authorization: `Bearer ${token}`, 'idempotency-key': randomBytes(12).toString('hex') }
      const wish = { items: [{ sku: 'longjing-50g', quantity: 1 }], expectedAmount: 6800, separate: true }
      const order = await post(`${base}/payments/create`, wish, headers)
      const { errMsg } = await post(`${wechat}/_sandbox/pay`, { ...order.payment, openid })
      if (errMsg !== 'requestPayment:ok') throw new Error(errMsg)
      const { orders } = await (await fetch(`${wechat}/_sandbox/orders`)).json()
      return { orderId: order.orderId, openid, outTradeNo: orders[0].outTradeNo }
    },
    /** The merchant sends money back on WeChat's platform; the server hears of it by a notification. */
    async refund(outTradeNo) {
      const path = '/v3/refund/domestic/refunds'
      const body = JSON.stringify({
        out_trade_no: outTradeNo, out_refund_no: `r-${outTradeNo.slice(0, 20)}`, notify_url: 'https://pay.example.com/notify/v3/refund',
        amount: { refund: 6800, total: 6800, currency: 'CNY' },
      })
      const [time, nonce] = [Math.floor(Date.now() / 1000), randomBytes(16).toString('hex')]
      const signature = createSign('RSA-SHA256').update(`POST\n${path}\n${time}\n${nonce}\n${body}\n`).sign(merchantKey, 'base64')
      const signed = `mchid="${identity.mchid}",nonce_str="${nonce}",signature="${signature}",timestamp="${time}",serial_no="${identity.merchantSerial}"`
      const headers = { accept: 'application/json', 'user-agent': 'merchant/1', 'content-type': 'application/json', authorization: `WECHATPAY2-SHA256-RSA2048 ${signed}` }
      const answer = await fetch(wechat + path, { method: 'POST', headers, body })
      if (!answer.ok) throw new Error(await answer.text())
    },
    async close() {
      await server?.stop()
      await sandbox.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await shop.sign(secrets)
  return shop
}

async function post(url, body, headers = {}) {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  const json = await answer.json()
  if (!answer.ok) throw new Error(`${url}: ${JSON.stringify(json)}`)
  return json
}

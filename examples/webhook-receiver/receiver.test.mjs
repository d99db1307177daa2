// The receiver, on a library of strangers, against the server as it ships.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { after, afterEach, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Webhook } from 'standardwebhooks'
import { openShop } from './shop.mjs'

const secret = () => `whsec_${randomBytes(32).toString('base64')}`
const [OLD, NEW, ANOTHER] = [secret(), secret(), secret()]

let shop, receiver, delivery
before(async () => { shop = await openShop([OLD]) })
afterEach(async () => { await receiver?.stop() })
after(async () => { await shop?.close() })

const about = (order, type) => (line) => line.includes(`"orderId":"${order}"`) && line.includes(`"type":"${type}"`)

/** Takes webhooks as the receiver would, and keeps them as they came. */
async function capture(port) {
  const got = []
  const server = http.createServer(async (request, response) => {
    const parts = []
    for await (const part of request) parts.push(part)
    got.push({ headers: request.headers, body: Buffer.concat(parts).toString('utf8') })
    response.writeHead(204).end()
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    async first() {
      while (got.length === 0) await once(server, 'request').then(() => new Promise((done) => setImmediate(done)))
      return got[0]
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

test('a payment is learnt of, then its refund, in order', async () => {
  receiver = await shop.receiver([OLD])
  const { orderId, outTradeNo } = await shop.buy()
  const paid = JSON.parse(await receiver.line(about(orderId, 'order.paid')))
  assert.deepEqual({ sequence: paid.sequence, amount: paid.amount }, { sequence: 1, amount: 6800 })
  const journal = readFileSync(shop.journal, 'utf8').trim().split('\n').map((line) => JSON.parse(line))
  assert.equal(journal.find((event) => event.orderId === orderId).id, paid.id)
  await shop.refund(outTradeNo)
  const refunded = JSON.parse(await receiver.line(about(orderId, 'refund.succeeded')))
  assert.equal(refunded.sequence, 2)
})

test('what is refused comes again, under the same id, and what follows waits for it', async () => {
  receiver = await shop.receiver([ANOTHER])
  const { orderId, outTradeNo } = await shop.buy()
  const { refused } = JSON.parse(await receiver.line((line) => line.includes('"refused":"evt_')))
  await shop.refund(outTradeNo)
  await receiver.stop()
  receiver = await shop.receiver([OLD])
  const paid = JSON.parse(await receiver.line(about(orderId, 'order.paid')))
  assert.equal(paid.id, refused, 'nothing is sent under a new name')
  await receiver.line(about(orderId, 'refund.succeeded'))
  const told = receiver.lines.filter((line) => line.includes(orderId)).map((line) => JSON.parse(line).sequence)
  assert.deepEqual(told, [1, 2])
})

test('a webhook as it came verifies, is acted on once, and not when anything about it was changed', async () => {
  const tap = await capture(new URL(shop.receiverUrl).port)
  const { orderId, openid } = await shop.buy()
  const { headers, body } = await tap.first()
  await tap.stop()
  const event = JSON.parse(body)
  assert.deepEqual([event.type, event.data.orderId, event.data.openid], ['order.paid', orderId, openid])
  assert.deepEqual(event.data.items, [{ sku: 'longjing-50g', quantity: 1 }])

  receiver = await shop.receiver([OLD])
  const kept = Object.fromEntries(['webhook-id', 'webhook-timestamp', 'webhook-signature', 'content-type'].map((name) => [name, headers[name]]))
  const send = async (changed = {}, as = body) => (await fetch(shop.receiverUrl, { method: 'POST', headers: { ...kept, ...changed }, body: as })).status
  assert.equal(await send({}, body.replace('6800', '6801')), 401)
  assert.equal(await send({ 'webhook-id': 'evt_another' }), 401)
  assert.equal(await send({ 'webhook-timestamp': String(Number(kept['webhook-timestamp']) + 1) }), 401)
  const old = new Date(Date.now() - 10 * 60 * 1000)
  const stale = { 'webhook-timestamp': String(Math.floor(old / 1000)), 'webhook-signature': new Webhook(OLD).sign(kept['webhook-id'], old, body) }
  assert.equal(await send(stale), 401, 'too old, though signed well')
  assert.equal(await send({}, Buffer.alloc(70_000, 'a')), 413)
  assert.deepEqual([await send(), await send()], [204, 204])
  await receiver.stop()
  const again = receiver.lines.filter(about(orderId, 'order.paid'))
  assert.equal(again.length, 1, 'acknowledged twice, acted on once')
  receiver = await shop.receiver([OLD])
  assert.equal(await send(), 204)
  await receiver.stop()
  assert.equal(receiver.lines.filter(about(orderId, 'order.paid')).length, 0, 'also after a restart')
  delivery = { secret: OLD, headers: kept, body }
})

const noPython = process.env.WX_CHECKOUT_PYTHON === undefined && 'WX_CHECKOUT_PYTHON names no Python with standardwebhooks'
test("Python's library of the same name says the same", { skip: noPython }, async () => {
  const verify = fileURLToPath(new URL('verify.py', import.meta.url))
  const python = (given) => promisify(execFile)(process.env.WX_CHECKOUT_PYTHON, [verify, JSON.stringify(given)])
  assert.equal((await python(delivery)).stdout.trim(), `order.paid ${JSON.parse(delivery.body).data.orderId}`)
  await assert.rejects(python({ ...delivery, body: delivery.body.replace('6800', '6801') }))
})

test('a secret is changed without losing anything: both sign, either is enough', async () => {
  await shop.sign([NEW, OLD])
  for (const known of [[OLD], [NEW], [ANOTHER, NEW]]) {
    receiver = await shop.receiver(known)
    const { orderId } = await shop.buy()
    await receiver.line(about(orderId, 'order.paid'))
    await receiver.stop()
  }
  await shop.sign([NEW])
  receiver = await shop.receiver([OLD])
  await shop.buy()
  await receiver.line((line) => line.includes('"refused":"evt_'))
})

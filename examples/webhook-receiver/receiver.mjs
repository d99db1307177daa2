// A merchant's system, small enough to be copied: it takes wx-checkout's webhooks, verifies each, acts on it
// once, and acknowledges it. Events about one order come in order, so nothing here has to sort them.
//
//   WEBHOOK_SECRETS=whsec_...[,whsec_...] node receiver.mjs [--port 8791] [--journal received.jsonl]
//
// A real system keeps the webhook-id in its own database, in the transaction in which it acts: unique ids,
// and "already there" means "done before". The journal of this one is a file.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import http from 'node:http'
import { parseArgs } from 'node:util'
import { Webhook } from 'standardwebhooks'

const LARGEST = 64 * 1024

const { values: options } = parseArgs({ options: { port: { type: 'string', default: '8791' }, journal: { type: 'string', default: 'received.jsonl' } } })
// While a secret is changed there are two: either may have signed.
const keys = (process.env.WEBHOOK_SECRETS ?? '').split(',').filter(Boolean).map((secret) => new Webhook(secret))
if (keys.length === 0) {
  console.error('WEBHOOK_SECRETS is missing: give the whsec_... of the server\'s [webhook] section')
  process.exit(2)
}

const journal = openJournal(options.journal)

const server = http.createServer(async (request, response) => {
  const status = request.method === 'POST' ? await take(request) : 405
  response.writeHead(status).end()
})

async function take(request) {
  const body = await read(request)
  if (body === undefined) return 413
  const id = request.headers['webhook-id']
  // The bytes as they came: JSON that was parsed and written again has another signature.
  if (!keys.some((key) => verifies(key, body, request.headers))) {
    say({ refused: id ?? null })
    return 401
  }
  if (journal.has(id)) return 204
  const event = JSON.parse(body)
  act(event)
  // On disk before it is acknowledged. Whoever dies in between gets it again, under the same id.
  journal.add(id, event)
  say({ id, type: event.type, sequence: event.sequence, orderId: event.data.orderId, amount: event.data.amount })
  return 204
}

/** What the shop does. Slow work (mails, a parcel) belongs after the acknowledgement: put it into a queue here. */
function act({ type, data }) {
  switch (type) {
    case 'order.paid':
      // data.merchantOrderId is your own order; for catalogue orders, data.openid and data.items say whose and what.
      break
    case 'order.paid_late':
      if (data.latePayment === 'accept') break // deliver it after all; otherwise the money goes back by itself
      break
    case 'refund.succeeded':
      break
    default:
      // New types may come: acknowledge what you do not know.
      break
  }
}

function verifies(key, body, headers) {
  try {
    key.verify(body, headers)
    return true
  } catch {
    return false
  }
}

async function read(request) {
  const parts = []
  let length = 0
  for await (const part of request) {
    length += part.length
    if (length > LARGEST) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** Ids that were acted on, a line each, synced before they count. */
function openJournal(file) {
  const seen = new Set()
  if (existsSync(file)) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      // A line that was cut off by a crash was not acknowledged: it comes again.
      try { seen.add(JSON.parse(line).id) } catch { /* none */ }
    }
  }
  const descriptor = openSync(file, 'a', 0o600)
  process.on('exit', () => closeSync(descriptor))
  return {
    has: (id) => seen.has(id),
    add(id, event) {
      writeSync(descriptor, `${JSON.stringify({ id, type: event.type, sequence: event.sequence, orderId: event.data.orderId })}\n`)
      fsyncSync(descriptor)
      seen.add(id)
    },
  }
}

/** One line a time; no openid. */
function say(what) {
  console.log(JSON.stringify(what))
}

server.listen(Number(options.port), '127.0.0.1', () => {
  console.log(`webhook receiver listening on http://127.0.0.1:${server.address().port}`)
})
process.on('SIGTERM', () => server.close(() => process.exit(0)))

// A running sandbox, and a merchant's server that keeps what it is notified of.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const BIN_DIR = process.env.WX_CHECKOUT_BIN_DIR ?? fileURLToPath(new URL('../../../target/debug', import.meta.url))
const LIMIT_MS = 30_000

/** Starts both; `close` ends them. @param {(body: string) => {status: number, body: string}} acknowledge */
export async function openHouse(acknowledge = () => ({ status: 204, body: '' })) {
  const received = []
  const waiting = []
  const server = http.createServer(async (request, response) => {
    const parts = []
    for await (const part of request) parts.push(part)
    const body = Buffer.concat(parts).toString('utf8')
    const answer = acknowledge(body)
    response.writeHead(answer.status).end(answer.body)
    const notification = { path: request.url, headers: request.headers, body }
    const next = waiting.shift()
    if (next) next(notification)
    else received.push(notification)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const dir = mkdtempSync(join(tmpdir(), 'wx-checkout-interop-'))
  const target = `http://127.0.0.1:${server.address().port}`
  const sandbox = spawn(join(BIN_DIR, 'wx-checkout-sandbox'), ['serve', '--dir', dir, '--port', '0', '--deliver', `https://pay.example.com=${target}`], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = await once(createInterface(sandbox.stdout), 'line')
  const base = line.match(/http:\S+/)[0]

  const read = (name) => readFileSync(join(dir, name), 'utf8')
  const control = async (call, body = {}) => {
    const answer = await fetch(`${base}/_sandbox/${call}`, { method: 'POST', body: JSON.stringify(body) })
    return answer.json()
  }
  return {
    base,
    read,
    control,
    identity: JSON.parse(read('sandbox.json')),
    /** The next notification. */
    notified() {
      if (received.length > 0) return Promise.resolve(received.shift())
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('no notification came')), LIMIT_MS)
        waiting.push((notification) => {
          clearTimeout(timer)
          resolve(notification)
        })
      })
    },
    async close() {
      sandbox.kill()
      server.close()
      server.closeAllConnections()
      await once(sandbox, 'exit')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

let last = 0

/** A merchant's number that nobody used. */
export function number(prefix = 'T') {
  last += 1
  return `${prefix}-${process.pid}-${String(last).padStart(6, '0')}`
}

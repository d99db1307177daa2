import assert from 'node:assert/strict'
import test from 'node:test'
import { Network } from '../hosts/browser/network.js'

const PLAN = { method: 'GET', url: 'https://tea.example.com/', header: {}, body: '', timeout: 60_000 }

/** A server that does not answer before the request is given up. @param {import('node:test').TestContext} t */
function silence(t) {
  const given = []
  t.mock.method(globalThis, 'fetch', (_, { signal }) => new Promise((_, reject) => {
    given.push(signal)
    signal.addEventListener('abort', () => reject(signal.reason))
  }))
  return given
}

test('airplane mode ends the requests under way, and lets none begin', async (t) => {
  const given = silence(t)
  const network = new Network()
  const { answer } = network.send(PLAN)
  network.setAirplane(true)
  assert.match(JSON.parse(await answer).detail, /ERR_NETWORK_CHANGED/)
  assert.ok(given[0].aborted)
  assert.match(JSON.parse(await network.send(PLAN).answer).detail, /ERR_INTERNET_DISCONNECTED/)
  assert.equal(given.length, 1)
})

test('an app that is killed has no requests', async (t) => {
  silence(t)
  const network = new Network()
  const { answer } = network.send(PLAN)
  network.cut()
  assert.deepEqual(JSON.parse(await answer), { failed: 'abort' })
})

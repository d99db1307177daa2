import assert from 'node:assert/strict'
import test from 'node:test'
import { Processes } from '../demo/processes.js'

/** @param {Processes} processes @param {string} code */
const start = (processes, code) => processes.startServer('the server', process.execPath, ['-e', code])

test('a program is ready when it says where it listens', async (t) => {
  const processes = new Processes()
  t.after(() => processes.stopAll())
  assert.equal(await start(processes, 'console.log("it listening on http://127.0.0.1:1"); setInterval(() => {}, 1000)'), 'http://127.0.0.1:1')
})

test('a program that ends instead is explained by what it said', async () => {
  await assert.rejects(start(new Processes(), 'console.error("no key"); console.error("no money"); process.exitCode = 2'), /^Error: the server ended \(exit code 2\); it said: no key \| no money$/)
})

test('a program that is not there', async () => {
  await assert.rejects(new Processes().startServer('the server', '/nowhere/server', []), /the server could not be started/)
})

test('a program is asked to stop before it is made to', async () => {
  const processes = new Processes()
  const stopped = processes.run(process.execPath, ['-e', 'process.on("SIGTERM", () => process.exit(7)); console.log("up"); setInterval(() => {}, 1000)'], (line) => {
    if (line === 'up') processes.stopAll()
  })
  assert.deepEqual(await stopped, { code: 7, signal: null, stderr: '' })
})

test('a killed program cannot save anything', async () => {
  const processes = new Processes()
  const { signal } = await processes.run(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)'], (_, kill) => kill())
  assert.equal(signal, 'SIGKILL')
})

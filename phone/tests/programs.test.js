import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { FIXTURE, program, temporaryDirectory } from './support.js'

/** @param {string} name @param {string[]} args @returns {Promise<{code: number, stdout: string, stderr: string}>} */
function run(name, args) {
  const file = fileURLToPath(new URL(`../bin/${name}.mjs`, import.meta.url))
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }))
  })
}

const BAD = [
  ['demo', [], /--bin-dir is missing/],
  ['demo', ['--bin-dir', '.', '--headless', '--scenario', 'lost'], /--scenario lost is not known; choose paid, cancelled, killed/],
  ['demo', ['--bin-dir', '/nowhere', '--headless'], /wx-checkout-sandbox is missing; build it/],
  ['demo', ['--bin-dir', '.', '--port', 'tea'], /--port tea is no port/],
  ['demo', ['--brew'], /Unknown option '--brew'/],
  ['phone', [], /usage: phone\.mjs/],
  ['serve', [], /usage: serve\.mjs/],
  ['serve', ['/nowhere'], /\/nowhere is no mini program: it has no app\.json/],
  ['serve', [FIXTURE, '--route', 'tea'], /--route tea: write it as/],
  ['serve', [FIXTURE, '--port', 'tea'], /--port tea is no port/],
]
for (const [name, args, expected] of BAD) {
  test(`${name} ${args.join(' ')}: one line, exit code 2`, async () => {
    const { code, stdout, stderr } = await run(name, args)
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, expected)
    assert.equal(stderr.trim().split('\n').length, 1)
  })
}

test('a taken port: one line, exit code 2', async (t) => {
  const taken = createServer()
  await new Promise((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.after(() => taken.close())
  const { port } = taken.address()
  const { code, stderr } = await run('demo', ['--bin-dir', '.', '--port', String(port)])
  assert.equal(code, 2)
  assert.match(stderr, new RegExp(`^demo: port ${port} cannot be used \\(EADDRINUSE\\); .*--port\n$`))
})

/** @param {import('node:test').TestContext} t @param {string} directory */
const open = (t, directory) => run('phone', [directory, '--sandbox', 'http://127.0.0.1:1', '--openid', 'o', '--storage', temporaryDirectory(t), '--task', 'open'])

test('a program that starts: exit code 0', async (t) => {
  assert.equal((await open(t, FIXTURE)).code, 0)
})

test('a program that does not compile: one line, exit code 2', async (t) => {
  const { code, stderr } = await open(t, program(t, { 'pages/next/next.wxml': '<view>' }))
  assert.deepEqual([code, stderr], [2, 'phone: pages/next/next.wxml:1: missing end tag\n'])
})

test('a program that throws while it starts: one line, exit code 1', async (t) => {
  const { code, stderr } = await open(t, program(t, { 'pages/index/index.js': 'Page({ onLoad() { throw new Error("spilt") } })' }))
  assert.deepEqual([code, stderr], [1, 'phone: pages/index/index.js:1: Error: spilt\n'])
})

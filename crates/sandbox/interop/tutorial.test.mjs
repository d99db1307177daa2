// The programs of docs/sandbox.md, as they stand there; only folder and ports are others.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const PAGE = readFileSync(here('../../../docs/sandbox.md'), 'utf8')
const BIN_DIR = process.env.WX_CHECKOUT_BIN_DIR ?? here('../../../target/debug')
const SAID = 'the phone says requestPayment:ok\nWeChat Pay says SUCCESS 6800\n'

/** The first block in a language after a heading. */
function block(heading, language) {
  const section = PAGE.split(`## ${heading}\n`)[1].split('\n## ')[0]
  return section.split(`\`\`\`${language}\n`)[1].split('\n```')[0]
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return String(port)
}

let folder, ports, sandbox
const here_and_now = (text) => text.replaceAll('/tmp/wechat', join(folder, 'wechat')).replaceAll('8792', ports[0]).replaceAll('8790', ports[1])

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wx-checkout-tutorial-'))
  ports = [await freePort(), await freePort()]
  const [program, ...options] = here_and_now(block('Five minutes with Node', 'sh')).trim().split(' ')
  sandbox = spawn(join(BIN_DIR, program), options, { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(createInterface(sandbox.stdout), 'line')
})
after(async () => {
  sandbox.kill()
  await once(sandbox, 'exit')
  rmSync(folder, { recursive: true, force: true })
})

/** Runs a program of the page; it must finish by itself. */
async function run(command, heading, language, file) {
  writeFileSync(file, here_and_now(block(heading, language)))
  try {
    const { stdout } = await promisify(execFile)(command, [file], { timeout: 60_000 })
    assert.equal(stdout, SAID)
  } finally {
    rmSync(file)
  }
}

if (process.env.WX_CHECKOUT_PYTHON === undefined) {
  // Beside the modules, where Node finds them.
  test('five minutes with Node', () => run(process.execPath, 'Five minutes with Node', 'js', here(`./buy-${process.pid}.mjs`)))
} else {
  test('five minutes with Python', () => run(process.env.WX_CHECKOUT_PYTHON, 'Five minutes with Python', 'python', join(folder, 'buy.py')))
}

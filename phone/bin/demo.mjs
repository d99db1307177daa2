#!/usr/bin/env node
// @ts-check
// The demo: WeChat's stand-in, the server and the phone, started together and stopped together.
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { SCENARIOS, buyHeadless } from '../demo/headless.js'
import { openFolder, startHouse } from '../demo/house.js'
import { freePort } from '../demo/ports.js'
import { Processes } from '../demo/processes.js'
import { UsageError, parseOrExplain, runMain } from '../demo/usage.js'

const HELP = `demo.mjs --bin-dir DIR [--headless] [--scenario ${SCENARIOS.join('|')}] [--port N] [--keep DIR] [--shop DIR]`
const SHOP = fileURLToPath(new URL('../../miniprogram-demo', import.meta.url))
const DEFAULT_PORT = '8780'

const processes = new Processes()
let remove = () => {}

runMain('demo', async () => {
  const options = readOptions()
  const interrupted = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => resolve(signal))
  }).then((signal) => {
    // Stopping is how the page's demo ends; a purchase that is stopped has no verdict.
    if (!options.headless) return 0
    throw new Error(`stopped by ${signal} before there was a verdict; no real money is involved`)
  })
  try {
    return await Promise.race([interrupted, options.headless ? headless(options) : withPage(options)])
  } finally {
    await processes.stopAll()
    remove()
  }
})

/** @param {ReturnType<typeof readOptions>} options */
async function headless({ binDir, keep, shop, scenario }) {
  const folder = openFolder(keep)
  remove = folder.remove
  const house = await startHouse(processes, { binDir, directory: folder.path, serverPort: await freePort(0), sandboxPort: 0 })
  const code = await buyHeadless(processes, house, { scenario, shop, print: (event) => process.stdout.write(`${JSON.stringify(event)}\n`) })
  // Beside the JSON, for whoever reads along.
  process.stderr.write(code === 0
    ? 'demo: paid, and the server has it from WeChat (simulated; no real money). The same with a screen: ./build.sh demo\n'
    : 'demo: not paid on both sides; the verdict above says what the server knows (simulated; no real money). The same with a screen: ./build.sh demo\n')
  return code
}

/** @param {ReturnType<typeof readOptions>} options @returns {Promise<never>} */
async function withPage({ binDir, keep, shop, port }) {
  const { servePage } = await import('../hosts/browser/server.js')
  // Asked for before anything is started or written, so that a taken port leaves nothing behind.
  const [pagePort, serverPort, sandboxPort, operatorPort] = [await freePort(port), await freePort(port + 1), await freePort(port + 2), await freePort(port + 3)]
  const folder = openFolder(keep)
  remove = folder.remove
  const house = await startHouse(processes, { binDir, directory: folder.path, serverPort, sandboxPort, operatorPort })
  const { address } = await servePage({ port: pagePort, shop, house })
  process.stdout.write(`The tea shop is open: ${address} (simulated phone / 模拟手机; stop with Ctrl-C)\n`)
  if (house.operator) process.stdout.write(`The operator's page: ${house.operator} (its token is in [admin] of ${house.directory}/server.toml)\n`)
  return new Promise(() => {})
}

function readOptions() {
  const { values } = parseOrExplain(() => parseArgs({
    options: {
      'bin-dir': { type: 'string' },
      headless: { type: 'boolean', default: false },
      scenario: { type: 'string', default: 'paid' },
      port: { type: 'string', default: DEFAULT_PORT },
      keep: { type: 'string' },
      shop: { type: 'string', default: SHOP },
    },
  }), HELP)
  const binDir = values['bin-dir']
  if (binDir === undefined) throw new UsageError(`--bin-dir is missing; usage: ${HELP}`)
  if (!SCENARIOS.includes(values.scenario)) throw new UsageError(`--scenario ${values.scenario} is not known; choose ${SCENARIOS.join(', ')}`)
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 1 || port > 65_532) throw new UsageError(`--port ${values.port} is no port; choose a number from 1 to 65532`)
  return { binDir, headless: values.headless, scenario: values.scenario, port, keep: values.keep, shop: values.shop }
}

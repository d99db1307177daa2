// @ts-check
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { askVerdict, readSandboxEvents } from './verdict.js'

const PHONE = fileURLToPath(new URL('../bin/phone.mjs', import.meta.url))

/** What happens in the payment sheet, by scenario. */
export const SCENARIOS = ['paid', 'cancelled', 'killed']

/**
 * One purchase without a screen: each change of the machine and then the server's verdict as JSON lines.
 * @param {import('./processes.js').Processes} processes
 * @param {import('./house.js').House} house
 * @param {object} options
 * @param {string} options.scenario
 * @param {string} options.shop the mini program's folder
 * @param {(event: Record<string, any>) => void} options.print
 * @returns {Promise<number>} 0 only when the screen said paid and the server says so too
 */
export async function buyHeadless(processes, house, { scenario, shop, print }) {
  const seen = { orderId: '', says: '' }
  const phone = (/** @type {string[]} */ ...task) => processes.run(process.execPath, [
    PHONE, shop, '--sandbox', house.sandbox, '--openid', house.openid, '--storage', join(house.directory, 'phone'), ...house.route, ...task,
  ], (line, kill) => {
    const event = JSON.parse(line)
    if (event.event === 'log' && event.values[0]?.checkout) {
      const { phase, revision, orderId } = event.values[0].checkout
      // A new purchase: what an earlier one left in the phone is not what is asked about in the end.
      if (phase === 'recording') seen.orderId = ''
      if (orderId) seen.orderId = orderId
      print({ event: 'state', phase, ...(orderId && { orderId }), revision })
    } else if (event.event === 'screen') {
      seen.says = event.says
      print(event)
    } else if (event.event === 'sheet') {
      print(event)
      kill()
    } else if (event.event === 'error') print(event)
  })

  if (scenario === 'killed') {
    const { signal, stderr } = await phone('--sheet', 'unanswered')
    if (signal !== 'SIGKILL') throw new Error(`the phone should have been killed while its payment sheet was open, but it ended by itself: ${stderr.trim()}`)
    print({ event: 'phone', did: 'killed' })
    print({ event: 'phone', did: 'started again' })
    report(await phone('--task', 'look'))
  } else {
    report(await phone('--sheet', scenario === 'cancelled' ? 'cancel' : 'pay'))
  }
  if (seen.orderId === '') throw new Error('no order was made, so there is nothing to ask the server about; no money was taken')

  const verdict = await askVerdict({ server: house.server, wechat: house.wechat, orderId: seen.orderId })
  for (const { kind, what, rule } of await readSandboxEvents(house.sandbox, verdict.state === 'paid')) print({ event: 'wechat', kind, what, rule })
  print({ event: 'verdict', ...verdict })
  return seen.says === 'paid' && verdict.state === 'paid' && verdict.isValid === true ? 0 : 1
}

/** @param {{code: number | null, signal: string | null, stderr: string}} ending */
function report({ code, signal, stderr }) {
  if (code !== 0) throw new Error(`the phone ended (${signal ?? `exit code ${code}`}): ${stderr.trim()}`)
}

#!/usr/bin/env node
// @ts-check
// A phone without a screen, as a process of its own so that it can be killed like one. It buys in the
// tea shop, or only looks at what a shop that was killed does; each line on stdout is one JSON event.
import { parseArgs } from 'node:util'
import { ProgramError } from '../compile/errors.js'
import { UsageError, parseOrExplain, runMain } from '../demo/usage.js'
import { Screen } from '../drive/screen.js'
import { buy, leave, readOutcome } from '../drive/tea-shop.js'
import { startPhone } from '../hosts/jsdom.js'
import { parseRoutes } from '../hosts/net.js'
import { storageDirectory } from '../hosts/storage-directory.js'
import { WeChat } from '../hosts/wechat.js'

const HELP = 'phone.mjs APP_DIRECTORY --sandbox URL --openid ID --storage DIR [--route https://HOST=http://127.0.0.1:PORT]... [--sheet pay|cancel|unanswered] [--task buy|look|open]'

/** What the person does in the payment sheet. @type {Record<string, (wechat: WeChat, params: Record<string, string>) => Promise<string>>} */
const SHEETS = {
  pay: (wechat, params) => wechat.pay(params, 'pay'),
  cancel: (wechat, params) => wechat.pay(params, 'cancel'),
  // The money is taken, and the sheet stays open: the moment in which a phone is killed.
  async unanswered(wechat, params) {
    const errMsg = await wechat.pay(params, 'pay')
    report({ event: 'sheet', open: true, moneyTaken: errMsg === 'requestPayment:ok' })
    return new Promise(() => {})
  },
}

runMain('phone', async () => {
  const { values, positionals } = parseOrExplain(() => parseArgs({
    allowPositionals: true,
    options: {
      sandbox: { type: 'string' },
      openid: { type: 'string' },
      storage: { type: 'string' },
      route: { type: 'string', multiple: true, default: [] },
      sheet: { type: 'string', default: 'pay' },
      task: { type: 'string', default: 'buy' },
    },
  }), HELP)
  const [directory] = positionals
  const { sandbox, openid, storage, sheet, task } = values
  if (positionals.length !== 1 || !sandbox || !openid || !storage) throw new UsageError(`usage: ${HELP}`)
  if (!(sheet in SHEETS)) throw new UsageError(`--sheet ${sheet} is not known; choose ${Object.keys(SHEETS).join(', ')}`)
  if (!['buy', 'look', 'open'].includes(task)) throw new UsageError(`--task ${task} is not known; choose buy, look, open`)

  const wechat = new WeChat(sandbox, openid)
  const phone = startShop({
    directory,
    routes: routesOf(values.route),
    storage: storageDirectory(storage),
    login: () => wechat.login(),
    openSheet: (params) => SHEETS[sheet](wechat, params),
    report,
  })
  process.on('unhandledRejection', (reason) => phone.control.rejected(reason))
  if (task === 'open') return 0
  const screen = new Screen(phone)
  if (task === 'buy') await buy(screen)
  const says = await readOutcome(screen, sheet === 'cancel' ? 'unpaid' : 'paid')
  report({ event: 'screen', says, ...(says === 'failed' && { text: screen.text.replace(/\s+/g, ' ') }) })
  if (says === 'paid') await leave(screen)
  phone.close()
  return 0
})

/** @param {Record<string, any>} event */
function report(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`)
}

/** @param {string[]} given */
function routesOf(given) {
  try {
    return parseRoutes(given)
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message)
  }
}

/** A mini program that does not compile is bad input; one that throws while it starts has run and failed. @param {Parameters<typeof startPhone>[0]} options */
function startShop(options) {
  try {
    return startPhone(options)
  } catch (error) {
    if (error instanceof ProgramError && !error.started) throw new UsageError(error.message)
    throw error
  }
}

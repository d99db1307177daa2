// @ts-check
import { Dialog } from './dialog.js'
import { network, post } from './host.js'
import { texts } from './texts.js'

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id))
const dialog = new Dialog($('sheet-over'))
const buttons = /** @type {HTMLButtonElement[]} */ ([...$('sheet').querySelectorAll('[data-choice]')])
const payButton = /** @type {HTMLButtonElement} */ ($('sheet').querySelector('[data-choice="pay"]'))

/**
 * What the payer does, and what becomes of it: the sandbox's word for it, and what happens after the
 * money moved. Without an outcome nothing is asked of the sandbox.
 * @typedef {{did: string, outcome?: string, then: 'answer' | 'stay' | 'kill' | 'lose' | 'leave'}} Choice
 * @type {Record<string, Choice>}
 */
const CHOICES = {
  pay: { did: 'sheetPay', outcome: 'pay', then: 'answer' },
  close: { did: 'sheetClose', outcome: 'cancel', then: 'answer' },
  insufficient: { did: 'sheetPoor', outcome: 'insufficient', then: 'stay' },
  payKill: { did: 'sheetPayKill', outcome: 'pay', then: 'kill' },
  justKill: { did: 'sheetKill', then: 'kill' },
  payLose: { did: 'sheetPayLose', outcome: 'pay', then: 'lose' },
  payCancel: { did: 'sheetPayCancel', outcome: 'pay_then_report_cancel', then: 'answer' },
  leave: { did: 'sheetLeft', then: 'leave' },
}

/** @type {{params: Record<string, string>, answer: (errMsg: string) => void, fail: (error: unknown) => void, shell: Shell} | undefined} */
let current

/** Whose the sheet is, from the moment it was asked for: there is one. @type {Record<string, string> | undefined} */
let taken

/** @typedef {{kill: () => void, loseNetwork: () => void, did: (what: string) => void}} Shell */

/**
 * WeChat's payment sheet. Whoever sits at the page is the payer.
 * @param {Record<string, string>} params
 * @param {Shell} shell
 * @returns {Promise<string>} errMsg; never, when the app died or the sheet is left open: the next one takes its place
 */
export async function openSheet(params, shell) {
  if (taken) return 'requestPayment:fail another payment sheet is open'
  taken = params
  const { merchant, goods, amount } = await lookUp(params)
  // The app died meanwhile.
  if (taken !== params) return new Promise(() => {})
  $('sheet-merchant').textContent = merchant
  $('sheet-goods').textContent = goods ?? '—'
  $('sheet-amount').textContent = amount === undefined ? '' : `¥${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`
  return new Promise((answer, fail) => {
    current = { params, answer, fail, shell }
    shell.did('sheetOpened')
    show('')
  })
}

/** What the sheet says of the order. @param {Record<string, string>} params */
async function lookUp(params) {
  try {
    await network.pass()
    return await post('/sheet', { package: params.package })
  } catch (error) {
    if (taken === params) taken = undefined
    throw error
  }
}

/** @param {boolean} away whether the app is not in front */
export function setSheetAway(away) {
  dialog.setAway(away)
}

/** The app died, or another one begins. */
export function closeSheet() {
  current = undefined
  taken = undefined
  $('left-open').hidden = true
  dialog.close()
}

/** @param {string} note */
function show(note) {
  $('left-open').hidden = true
  $('sheet-note').textContent = note
  payButton.textContent = texts().pay
  for (const button of buttons) button.disabled = false
  dialog.open(payButton, () => choose('close'))
}

/** @param {string} name */
async function choose(name) {
  if (!current || buttons[0].disabled) return
  const { params, answer, fail, shell } = current
  const { did, outcome, then } = CHOICES[name]
  if (outcome !== undefined && outcome !== 'cancel' && network.airplane) {
    $('sheet-note').textContent = texts().offline
    return
  }
  for (const button of buttons) button.disabled = true
  if (outcome !== undefined && outcome !== 'cancel') payButton.textContent = texts().paying
  shell.did(did)
  try {
    const errMsg = outcome === undefined ? '' : (await post('/pay', { params, outcome })).errMsg
    // Killed from outside while the sandbox was asked.
    if (current?.params !== params) return
    if (then === 'stay') return show(texts().poor)
    if (then === 'leave') return leave()
    closeSheet()
    if (then === 'kill') shell.kill()
    else if (then === 'lose') {
      shell.loseNetwork()
      answer('requestPayment:fail (network error)')
    } else answer(errMsg)
  } catch (error) {
    closeSheet()
    fail(error)
  }
}

/** Nothing is told to the page, and the payer may come back to it. */
function leave() {
  taken = undefined
  dialog.close()
  $('left-open').hidden = false
}

for (const button of buttons) button.onclick = () => choose(button.dataset.choice ?? '')
$('back-to-sheet').onclick = () => {
  // Another one may be about to take its place.
  if (taken || !current) return
  taken = current.params
  show('')
}

// @ts-check
import { post } from './host.js'

const sheet = /** @type {HTMLElement} */ (document.querySelector('#sheet'))
const note = /** @type {HTMLElement} */ (document.querySelector('#sheet-note'))
const buttons = /** @type {HTMLButtonElement[]} */ ([...sheet.querySelectorAll('[data-choice]')])

/**
 * WeChat's payment sheet. Whoever sits at the page is the payer.
 * @param {Record<string, string>} params
 * @param {() => void} kill the app dies, after the money moved
 * @returns {Promise<string>} errMsg; never, when the app died
 */
export function openSheet(params, kill) {
  note.textContent = ''
  sheet.hidden = false
  buttons[0].focus()
  return new Promise((resolve, reject) => {
    for (const button of buttons) {
      button.disabled = false
      button.onclick = async () => {
        for (const one of buttons) one.disabled = true
        const choice = button.dataset.choice ?? ''
        try {
          const { errMsg } = await post('/pay', { params, outcome: choice === 'cancel' ? 'cancel' : 'pay' })
          closeSheet()
          if (choice === 'lose') kill()
          else resolve(errMsg)
        } catch (error) {
          closeSheet()
          reject(error)
        }
      }
    }
  })
}

export function closeSheet() {
  sheet.hidden = true
}

// What every view uses of the frame around it: the notice line, problems in words, questions before a change.

import { get, post, Problem } from './api.js'
import { h, yuan } from './dom.js'
import { known, t } from './words.js'

const notice = () => document.getElementById('notice')

/** Says what a change came to, aloud too. */
export function say(text) {
  notice().replaceChildren(...(text ? [h('span', {}, text)] : []))
}

/** A refusal in the page's language where it has words for it, else in the server's. */
export function words(problem) {
  if (!(problem instanceof Problem)) throw problem
  const key = `code_${problem.code}`
  if (!known(key)) return problem.detail ?? problem.code
  return t(key, { left: problem.left === undefined ? '' : yuan(problem.left), seconds: Math.ceil((problem.retryAfterMs ?? 0) / 1000) })
}

export function problem(error, more) {
  const id = error.requestId ? h('span', { class: 'request' }, t('requestId', { id: error.requestId })) : null
  return h('p', { class: 'problem', role: 'alert' }, words(error), more ? ` ${more}` : '', id)
}

/**
 * Asks before something is done. The default is not to do it: focus is on "cancel", and Escape cancels.
 * @param {{title: string, text: string, yes: string, why?: string}} question `why` is the label of a reason that has to be given
 * @returns {Promise<false | true | string>} the reason, where one was asked for
 */
export function confirm({ title, text, yes, why }) {
  return new Promise((resolve) => {
    const reason = why ? h('input', { id: 'question-why', maxlength: 200, required: true, autocomplete: 'off' }) : null
    const dialog = h('dialog', { 'aria-labelledby': 'question' },
      h('form', { method: 'dialog' },
        h('h2', { id: 'question' }, title), h('p', {}, text),
        reason ? [h('label', { for: 'question-why' }, why), reason] : null,
        h('div', { class: 'actions' }, h('button', { type: 'button', autofocus: true, onclick: () => dialog.close('no') }, t('cancel')), h('button', { value: 'yes', class: 'grave main' }, yes))))
    dialog.addEventListener('close', () => {
      resolve(dialog.returnValue === 'yes' && (reason?.value ?? true))
      dialog.remove()
    })
    document.body.append(dialog)
    dialog.showModal()
  })
}

/** A button that does something once at a time; what goes wrong is said beside it. */
export function action(label, kind, run) {
  const button = h('button', { type: 'button', class: kind }, label)
  button.addEventListener('click', async () => {
    if (button.getAttribute('aria-disabled') === 'true') return
    button.setAttribute('aria-disabled', 'true')
    say('')
    document.querySelector('main .problem')?.remove()
    try {
      await run(button)
    } catch (error) {
      const after = button.closest('.actions, .table') ?? button
      after.after(problem(error))
    } finally {
      button.removeAttribute('aria-disabled')
    }
  })
  return button
}

export { get, post }

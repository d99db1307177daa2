// @ts-check
import { randomBytes } from 'node:crypto'
import { brotliDecompressSync } from 'node:zlib'
import { JSDOM, VirtualConsole } from 'jsdom'
import { compileProgram } from '../compile/index.js'
import { openPackage } from '../compile/package.js'
import { ProgramError } from '../compile/errors.js'
import { send } from './net.js'
import { builtInTemplates, runtimeBundle } from './runtime-bundle.js'

export const ANOTHER_SHEET = 'requestPayment:fail another payment sheet is open'
/** An iPhone's size in CSS pixels; layout is not computed here. */
const SCREEN = { width: 375, height: 667, pixelRatio: 2 }

/**
 * A phone without a screen, holding one running mini program.
 * @typedef {object} Phone
 * @property {any} window jsdom's
 * @property {{title: string, canGoBack: boolean, tabs: {text: string, path: string, selected: boolean}[]}} bar
 * @property {{title: string} | null} toast
 * @property {{title: string, content: string, buttons: string[], choose: (button: string) => void} | null} modal
 * @property {any} control what the person does outside the page
 * @property {(changed: () => void) => () => void} onChange called after anything on the screen changed
 * @property {() => void} close
 */

/**
 * Compiles and starts the mini program in `directory`.
 * @param {object} options
 * @param {string} options.directory
 * @param {import('./net.js').Routes} options.routes
 * @param {import('../runtime/host.js').Host['storage']} options.storage
 * @param {() => Promise<string>} options.login
 * @param {(params: Record<string, string>) => Promise<string>} options.openSheet
 * @param {(event: Record<string, any>) => void} options.report
 * @returns {Phone}
 * @throws {ProgramError} when it does not compile, or throws while it starts
 */
export function startPhone({ directory, routes, storage, login, openSheet, report }) {
  const program = { ...compileProgram(directory), builtIns: builtInTemplates() }
  const dom = new JSDOM('<!doctype html><html><head></head><body></body></html>', {
    runScripts: 'outside-only',
    pretendToBeVisual: true,
    url: 'https://phone.invalid/',
    virtualConsole: new VirtualConsole(),
  })
  const { window } = dom
  /** @type {Set<() => void>} */
  const watching = new Set()
  const changed = () => watching.forEach((watcher) => watcher())

  /** @type {Phone} */
  const phone = {
    window,
    bar: { title: '', canGoBack: false, tabs: [] },
    toast: null,
    modal: null,
    control: undefined,
    onChange(watcher) {
      watching.add(watcher)
      return () => watching.delete(watcher)
    },
    close: () => window.close(),
  }
  const files = openPackage(directory)
  let copied = ''
  let sheetIsOpen = false
  /** @type {import('../runtime/host.js').Host} */
  const host = {
    copy: (text) => JSON.parse(text),
    login,
    async openSheet(params) {
      if (sheetIsOpen) return ANOTHER_SHEET
      sheetIsOpen = true
      try {
        return await openSheet(params)
      } finally {
        sheetIsOpen = false
      }
    },
    storage,
    report,
    request: (plan) => send(plan, routes),
    randomBytes: (length) => randomBytes(length),
    readFile: async (path) => (path.endsWith('.br') ? brotliDecompressSync(files.bytes(path)) : files.bytes(path)),
    device: () => ({ ...SCREEN, language: 'zh_CN', theme: 'light' }),
    network: () => 'wifi',
    vibrate() {},
    clipboard: { write: async (text) => void (copied = text), read: async () => copied },
    ui: {
      bar(bar) {
        phone.bar = bar
        changed()
      },
      toast(toast) {
        phone.toast = toast
        changed()
      },
      modal: (modal) => new Promise((resolve) => {
        phone.modal = {
          ...modal,
          choose(button) {
            phone.modal = null
            resolve({ button, text: '' })
            changed()
          },
        }
        changed()
      }),
    },
  }
  new window.MutationObserver(changed).observe(window.document.body, { subtree: true, childList: true, characterData: true, attributes: true })
  const runtime = window.eval(runtimeBundle())
  const outcome = JSON.parse(runtime.start(JSON.stringify(program), host))
  if (!outcome.ok) {
    window.close()
    throw new ProgramError(outcome.file, outcome.line, outcome.message, { started: true })
  }
  phone.control = runtime.control()
  return phone
}

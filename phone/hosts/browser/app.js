// @ts-check
// The mini program in its iframe: opened, killed, sent away and fetched back.
import { device } from './host.js'

/**
 * @typedef {{file?: string, line?: number, message: string, source?: {first: number, lines: string[]}}} Fault
 * @typedef {{frame: HTMLIFrameElement, control: any}} Running
 */

/**
 * Starts the mini program in a realm of its own: a fresh iframe.
 * @param {object} parts
 * @param {HTMLElement} parts.screen
 * @param {string} parts.title of the frame
 * @param {(frame: HTMLIFrameElement) => Omit<import('../../runtime/host.js').Host, keyof typeof device>} parts.host
 * @param {() => boolean} parts.isWanted the app may be killed while it starts
 * @returns {Promise<Running | {fault: Fault} | undefined>}
 */
export async function launch({ screen, title, host, isWanted }) {
  const frame = document.createElement('iframe')
  frame.title = title
  frame.src = '/frame.html'
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }))
  screen.replaceChildren(frame)
  const [compiled, runtimeSource] = await Promise.all([
    fetch('/program.json').then((answer) => answer.json()),
    fetch('/runtime.js').then((answer) => answer.text()),
    loaded,
  ])
  if (!isWanted()) return undefined
  if (compiled.fault) return { fault: compiled.fault }
  const runtime = /** @type {any} */ (frame.contentWindow).eval(runtimeSource)
  const outcome = JSON.parse(runtime.start(JSON.stringify(compiled.program), { ...device, ...host(frame) }))
  if (!outcome.ok) return { fault: { file: outcome.file, line: outcome.line, message: outcome.message, source: await sourceOf(outcome) } }
  return { frame, control: runtime.control() }
}

/** The lines around the one that failed. @param {{file?: string, line?: number}} place @returns {Promise<Fault['source']>} */
export async function sourceOf({ file, line }) {
  if (!file || !line) return undefined
  const answer = await fetch(`/source?path=${encodeURIComponent(file)}&line=${line}`)
  return answer.ok ? answer.json() : undefined
}

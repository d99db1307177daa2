// @ts-check
import { own } from './realm.js'

/** Farther than this, in CSS pixels, is a scroll. */
const TAP_DISTANCE = 10
const LONG_PRESS_MS = 350
/** A browser repeats each touch as a mouse event, a moment later. */
const ECHO_MS = 1000

/**
 * Turns touches and clicks into WeChat's tap and longpress.
 * @param {any} body of the page's document
 * @param {(node: any, type: string, detail: object, bubbles: boolean, extraFields?: object) => boolean} emit
 */
export function watchTaps(body, emit) {
  /** @type {{x: number, y: number, node: any, timer: any, long: boolean} | undefined} */
  let pressed
  let touchedAt = -ECHO_MS

  /** @param {any} node @param {number} x @param {number} y */
  function down(node, x, y) {
    up()
    const press = { x, y, node, long: false, timer: own.setTimeout(() => {
      press.long = true
      fire(press, 'longpress')
      fire(press, 'longtap')
    }, LONG_PRESS_MS) }
    pressed = press
  }
  /** @param {number} x @param {number} y */
  function move(x, y) {
    if (pressed && (Math.abs(pressed.x - x) > TAP_DISTANCE || Math.abs(pressed.y - y) > TAP_DISTANCE)) up()
  }
  function up() {
    if (pressed) own.clearTimeout(pressed.timer)
    pressed = undefined
  }
  function release() {
    const press = pressed
    up()
    if (press) fire(press, 'tap')
  }
  /** @param {{x: number, y: number, node: any}} press @param {string} type */
  function fire({ node, x, y }, type) {
    if (isDisabled(node)) return
    const touch = { identifier: 0, clientX: x, clientY: y, pageX: x, pageY: y }
    emit(node, type, { x, y }, true, { touches: type === 'tap' ? [] : [touch], changedTouches: [touch] })
  }

  const on = (/** @type {string} */ type, /** @type {(event: any) => void} */ run) => body.addEventListener(type, run, { capture: true, passive: type !== 'touchend' })
  const isEcho = (/** @type {any} */ event) => event.timeStamp - touchedAt < ECHO_MS
  on('touchstart', (event) => {
    touchedAt = event.timeStamp
    if (event.touches.length > 1) up()
    else down(event.target, event.changedTouches[0].clientX, event.changedTouches[0].clientY)
  })
  on('touchmove', (event) => move(event.changedTouches[0].clientX, event.changedTouches[0].clientY))
  on('touchend', (event) => {
    touchedAt = event.timeStamp
    // The click that a browser makes of it would meet what the tap has just opened. A field needs it for its keyboard.
    if (pressed && event.cancelable && !event.target.closest?.('input, textarea')) event.preventDefault()
    release()
  })
  on('touchcancel', up)
  on('scroll', up)
  on('mousedown', (event) => {
    if (event.button === 0 && !isEcho(event)) down(event.target, event.clientX, event.clientY)
  })
  on('mousemove', (event) => move(event.clientX, event.clientY))
  on('mouseup', (event) => {
    if (!isEcho(event)) release()
  })
}

/** @param {any} node */
function isDisabled(node) {
  return node.closest?.('wx-button[aria-disabled="true"]') != null
}

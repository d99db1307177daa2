// @ts-check
// The built-in components. glass-easel has none of its own; these are the ones that the demo and simple
// shops use. Each is a custom element of its own name (wx-view ...), styled in built-in.css.

import { nodeOf } from './face.js'
import { own } from './realm.js'

const text = { type: String, value: '' }
const flag = { type: Boolean, value: false }

/** Every component takes these, for screen readers. */
const ARIA = { ariaLabel: 'aria-label', ariaHidden: 'aria-hidden', ariaRole: 'role' }

/**
 * Defines them all where every page can use them.
 * @param {import('glass-easel-miniprogram-adapter').MiniProgramEnv} env
 * @param {(code: string) => any} template compiled template of a built-in, by name
 * @param {(target: {url: string, openType: string, delta: number}) => void} navigate
 */
export function defineBuiltIns(env, template, navigate) {
  const space = env.getGlobalCodeSpace()
  return Object.fromEntries(Object.entries(builtIns(navigate)).map(([name, definition]) => {
    space.addCompiledTemplate(name, template(name))
    space.addComponentStaticConfig(name, { component: true })
    return [name, /** @type {any} */ (space.component(name)).definition(withAria(definition)).register()]
  }))
}

/** @param {(target: {url: string, openType: string, delta: number}) => void} navigate @returns {Record<string, any>} */
function builtIns(navigate) {
  const view = { properties: { hidden: flag, hoverClass: text }, observers: { hidden: mirror('hidden') } }
  return {
    view,
    text: { properties: { userSelect: flag, space: text } },
    label: { properties: { for: text } },
    'scroll-view': {
      properties: { scrollX: flag, scrollY: flag },
      observers: { scrollX: mirror('scroll-x'), scrollY: mirror('scroll-y') },
    },
    button: {
      properties: { type: { type: String, value: 'default' }, size: { type: String, value: 'default' }, plain: flag, disabled: flag, loading: flag, hoverClass: text, openType: text },
      observers: {
        type: mirror('type'),
        size: mirror('size'),
        plain: mirror('plain'),
        loading: mirror('loading'),
        disabled: mirror('aria-disabled', (/** @type {boolean} */ on) => (on ? 'true' : null)),
      },
      lifetimes: { attached() { press(element(this), 'button') } },
    },
    image: { properties: { src: text, mode: { type: String, value: 'scaleToFill' }, alt: text }, observers: { mode: mirror('mode') } },
    input: {
      properties: { value: text, type: { type: String, value: 'text' }, placeholder: text, disabled: flag, maxlength: { type: Number, value: 140 }, focus: flag },
      methods: {
        /** @this {any} */
        onInput(/** @type {any} */ event) {
          const value = nativeValue(this, event)
          this.setData({ value })
          this.triggerEvent('input', { value, cursor: value.length })
        },
        /** @this {any} */
        onBlur(/** @type {any} */ event) { this.triggerEvent('blur', { value: nativeValue(this, event) }) },
        /** @this {any} */
        onFocus(/** @type {any} */ event) { this.triggerEvent('focus', { value: nativeValue(this, event) }) },
      },
    },
    switch: {
      properties: { checked: flag, disabled: flag, color: text },
      observers: { checked: mirror('aria-checked', (/** @type {boolean} */ on) => String(on)) },
      lifetimes: { attached() { press(element(this), 'switch') } },
      methods: {
        /** @this {any} */
        onTap() {
          if (this.data.disabled) return
          this.setData({ checked: !this.data.checked })
          this.triggerEvent('change', { value: this.data.checked })
        },
      },
    },
    navigator: {
      properties: { url: text, openType: { type: String, value: 'navigate' }, delta: { type: Number, value: 1 }, hoverClass: text },
      lifetimes: { attached() { press(element(this), 'link') } },
      methods: {
        /** @this {any} */
        onTap() { navigate({ url: this.data.url, openType: this.data.openType, delta: this.data.delta }) },
      },
    },
  }
}

/** @param {any} definition */
function withAria(definition) {
  const properties = { ...definition.properties }
  const observers = { ...definition.observers }
  for (const [name, attribute] of Object.entries(ARIA)) {
    properties[name] = text
    observers[name] = mirror(attribute)
  }
  return { ...definition, properties, observers }
}

/** The templates, compiled together with the program's own. */
export const BUILT_IN_TEMPLATES = {
  view: '<slot />',
  text: '<slot />',
  label: '<slot />',
  'scroll-view': '<slot />',
  button: '<slot />',
  image: '<native-img wx:if="{{src}}" src="{{src}}" alt="{{alt}}" />',
  input: '<native-input type="{{type}}" value="{{value}}" placeholder="{{placeholder}}" disabled="{{disabled}}" maxlength="{{maxlength}}" catch:input="onInput" catch:blur="onBlur" catch:focus="onFocus" />',
  switch: '<native-div class="knob" bind:tap="onTap" />',
  navigator: '<native-div class="link" bind:tap="onTap"><slot /></native-div>',
}

/**
 * Keeps an attribute of the element equal to a property, for styles and for screen readers.
 * @param {string} attribute
 * @param {(value: any) => string | null} [show]
 */
function mirror(attribute, show = (value) => (value === false || value === '' ? null : String(value))) {
  return /** @this {any} */ function (/** @type {any} */ value) {
    const shown = show(value)
    if (shown === null) element(this).removeAttribute(attribute)
    else element(this).setAttribute(attribute, shown)
  }
}

/** @param {any} component @returns {any} */
function element(component) {
  return nodeOf(component._$.getBackendElement())
}

/** @param {any} component @param {any} event @returns {string} */
function nativeValue(component, event) {
  return event.detail?.value ?? element(component).querySelector('input')?.value ?? ''
}

/** Keyboard and screen reader: it can be focused, and Enter or Space is a tap. @param {HTMLElement} target @param {string} role */
function press(target, role) {
  target.setAttribute('role', role)
  target.setAttribute('tabindex', '0')
  target.addEventListener('keydown', (/** @type {any} */ event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    const on = target.firstElementChild ?? target
    for (const type of ['mousedown', 'mouseup']) on.dispatchEvent(new own.window.MouseEvent(type, { bubbles: true }))
  })
}

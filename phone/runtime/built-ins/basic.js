// @ts-check
// Boxes, text, pictures, and what is tapped.
import { own } from '../realm.js'
import { byId, element, flag, mirror, number, onlyTrue, press, tap, text, touched } from './parts.js'

const LABELLED = 'wx-checkbox, wx-radio, wx-switch, wx-button, wx-input, wx-textarea'

/**
 * @param {{navigate: (target: {url: string, openType: string, delta: number}) => void}} phone
 * @returns {Record<string, any>} by name: its definition and `template`
 */
export function basicComponents({ navigate }) {
  return {
    view: {
      template: '<slot />',
      properties: { hidden: flag, hoverClass: text, hoverStopPropagation: flag, hoverStartTime: number(50), hoverStayTime: number(400) },
      observers: { hidden: mirror('hidden') },
    },
    'cover-view': { template: '<slot />' },
    text: { template: '<slot />', properties: { selectable: flag, userSelect: flag, space: text, decode: flag } },
    label: {
      template: '<slot />',
      properties: { for: text },
      lifetimes: {
        /** @this {any} */
        attached() {
          own.setTimeout(() => nameField(this), 0)
          // Of the element, since what was tapped may be anywhere inside.
          this._$.addListener('tap', (/** @type {any} */ event) => {
            if (touched(event).closest?.(LABELLED)) return
            const target = fieldOf(this)
            if (target?.matches('wx-input, wx-textarea')) target.querySelector('input, textarea')?.focus()
            else if (target) tap(target.firstElementChild ?? target)
          })
        },
      },
    },
    button: {
      template: '<slot />',
      properties: { type: { type: String, value: 'default' }, size: { type: String, value: 'default' }, plain: flag, disabled: flag, loading: flag, hoverClass: text, hoverStopPropagation: flag, openType: text, formType: text, lang: text, sessionFrom: text },
      observers: {
        type: mirror('type'),
        size: mirror('size'),
        plain: mirror('plain'),
        loading: mirror('loading'),
        formType: mirror('form-type'),
        disabled: mirror('aria-disabled', onlyTrue),
      },
      lifetimes: {
        /** @this {any} */
        attached() {
          press(this, 'button')
          this._$.addListener('tap', () => {
            const { openType, disabled } = this.data
            if (openType && !disabled) throw new Error(`<button open-type="${openType}"> is not there: this simulated phone does nothing when it is tapped`)
          })
        },
      },
    },
    image: {
      template: '<native-img wx:if="{{address}}" src="{{address}}" alt="{{ariaLabel || alt}}" bind:load="onLoad" bind:error="onError" />',
      data: { address: '' },
      properties: { src: text, mode: { type: String, value: 'scaleToFill' }, alt: text, lazyLoad: flag, webp: flag, showMenuByLongpress: flag, fadeIn: flag },
      observers: {
        mode: mirror('mode'),
        /** @this {any} */
        src(/** @type {string} */ src) { this.setData({ address: addressOf(src) }) },
      },
      methods: {
        /** @this {any} */
        onLoad(/** @type {any} */ event) { this.triggerEvent('load', event.detail) },
        /** @this {any} */
        onError() { this.triggerEvent('error', { errMsg: `image: ${this.data.src} could not be loaded` }) },
      },
    },
    navigator: {
      template: '<native-div part="link" bind:tap="onTap"><slot /></native-div>',
      properties: { url: text, openType: { type: String, value: 'navigate' }, delta: number(1), hoverClass: text, target: text },
      lifetimes: { /** @this {any} */ attached() { press(this, 'link') } },
      methods: {
        /** @this {any} */
        onTap() { navigate({ url: this.data.url, openType: this.data.openType, delta: this.data.delta }) },
      },
    },
    icon: {
      template: '<native-span part="{{type}}" style="color: {{color}}; font-size: {{size}}px" />',
      properties: { type: text, size: number(23), color: text },
    },
    progress: {
      template: '<native-div part="track" style="height: {{strokeWidth}}px; background: {{backgroundColor}}"><native-div part="done" style="width: {{percent}}%; background: {{activeColor || color}}" /></native-div><native-span wx:if="{{showInfo}}">{{percent}}%</native-span>',
      properties: { percent: number(0), showInfo: flag, strokeWidth: number(6), color: { type: String, value: '#09bb07' }, activeColor: text, backgroundColor: { type: String, value: '#ebebeb' }, active: flag },
      observers: { percent: mirror('aria-valuenow', String) },
      lifetimes: { /** @this {any} */ attached() { element(this).setAttribute('role', 'progressbar') } },
    },
    'rich-text': {
      template: '<native-div part="rich" />',
      properties: { nodes: { type: null, value: '' }, space: text },
      observers: {
        /** @this {any} */
        nodes(/** @type {any} */ nodes) { element(this).textContent = plain(nodes) },
      },
    },
  }
}

/** @param {any} label @returns {any} the element it speaks of */
function fieldOf(label) {
  return label.data.for ? byId(own.document, LABELLED, label.data.for) : element(label).querySelector(LABELLED)
}

/** A screen reader says the label's words with the field. @param {any} label */
function nameField(label) {
  const field = fieldOf(label)
  if (field && !field.hasAttribute('aria-label')) field.setAttribute('aria-label', element(label).textContent.trim())
}

/** A picture of the package, or of another place. @param {string} src */
function addressOf(src) {
  return src === '' || /^(https?:|data:)/.test(src) ? src : `/package?path=${encodeURIComponent(src.replace(/^\/+/, ''))}`
}

/** The words of rich text: this phone shows no mark-up from texts. @param {any} nodes @returns {string} */
function plain(nodes) {
  if (typeof nodes === 'string') return nodes.replace(/<br\s*\/?>|<\/p>/gi, '\n').replace(/<[^>]*>/g, '').replace(/&nbsp;/g, ' ').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&')
  if (!Array.isArray(nodes)) return ''
  return nodes.map((node) => (node.type === 'text' ? plain(node.text) : plain(node.children))).join('')
}

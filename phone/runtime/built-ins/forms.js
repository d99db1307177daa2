// @ts-check
// What is filled in and sent. Each field answers `formValue()` and `formReset()` for the form around it.
import { above, element, flag, inside, mirror, number, press, text, touched, truth } from './parts.js'

const FIELDS = 'wx-input, wx-textarea, wx-switch, wx-checkbox-group, wx-radio-group, wx-picker, wx-slider'

/**
 * @param {{choose: (title: string, items: string[]) => Promise<number>}} phone
 * @returns {Record<string, any>}
 */
export function formComponents({ choose }) {
  return {
    input: typed('input', '<native-input type="{{native}}" value="{{value}}" placeholder="{{placeholder}}" aria-label="{{ariaLabel || placeholder}}" disabled="{{disabled}}" maxlength="{{maxlength < 0 ? 524288 : maxlength}}" catch:input="onInput" catch:blur="onBlur" catch:focus="onFocus" catch:keydown="onKey" />', { type: { type: String, value: 'text' }, password: flag }),
    textarea: typed('textarea', '<native-textarea value="{{value}}" placeholder="{{placeholder}}" aria-label="{{ariaLabel || placeholder}}" disabled="{{disabled}}" maxlength="{{maxlength < 0 ? 524288 : maxlength}}" catch:input="onInput" catch:blur="onBlur" catch:focus="onFocus" />', { autoHeight: flag, showConfirmBar: flag, fixed: flag }),
    switch: {
      template: '<native-div part="knob" bind:tap="onTap" />',
      properties: { checked: flag, disabled: flag, color: text, type: { type: String, value: 'switch' }, name: text },
      observers: { checked: mirror('aria-checked', truth), disabled: mirror('aria-disabled', truth) },
      lifetimes: { /** @this {any} */ attached() { pressed(this, 'switch') } },
      methods: {
        /** @this {any} */
        onTap() {
          if (this.data.disabled) return
          this.setData({ checked: !this.data.checked })
          this.triggerEvent('change', { value: this.data.checked })
        },
        /** @this {any} */
        formValue() { return this.data.checked },
        /** @this {any} */
        formReset() { this.setData({ checked: false }) },
      },
    },
    checkbox: choice('checkbox', 'wx-checkbox-group', (component) => !component.data.checked),
    radio: choice('radio', 'wx-radio-group', () => true),
    'checkbox-group': group('group', (components) => components.filter(({ data }) => data.checked).map(({ data }) => data.value), 'wx-checkbox'),
    'radio-group': group('radiogroup', (components) => components.find(({ data }) => data.checked)?.data.value ?? '', 'wx-radio'),
    picker: {
      template: '<native-div part="link" bind:tap="onTap"><slot /></native-div>',
      properties: { mode: { type: String, value: 'selector' }, range: { type: Array, value: [] }, rangeKey: text, value: { type: null, value: 0 }, disabled: flag, headerText: text, name: text },
      lifetimes: { /** @this {any} */ attached() { press(this, 'button') } },
      methods: {
        /** @this {any} */
        async onTap() {
          const { mode, range, rangeKey, disabled, headerText } = this.data
          if (disabled) return
          if (mode !== 'selector') throw new Error(`<picker mode="${mode}"> is not there: this simulated phone has the mode selector`)
          const index = await choose(headerText, range.map((/** @type {any} */ item) => String(rangeKey ? item[rangeKey] : item)))
          if (index < 0) return this.triggerEvent('cancel', {})
          this.setData({ value: index })
          return this.triggerEvent('change', { value: String(index) })
        },
        /** @this {any} */
        formValue() { return this.data.value },
        /** @this {any} */
        formReset() { this.setData({ value: 0 }) },
      },
    },
    form: {
      template: '<slot />',
      properties: { reportSubmit: flag },
      lifetimes: {
        /** @this {any} */
        attached() {
          // Of the element, so that a button anywhere inside is heard of, in whatever component it is.
          this._$.addListener('tap', (/** @type {any} */ event) => {
            const node = touched(event).closest?.('wx-button[form-type]')
            if (node && node.getAttribute('aria-disabled') !== 'true') this.act(node.getAttribute('form-type'))
          })
        },
      },
      methods: {
        /** @this {any} */
        act(/** @type {string} */ what) {
          const fields = inside(this, FIELDS)
          if (what === 'reset') {
            for (const field of fields) field.formReset()
            this.triggerEvent('reset', {})
          } else if (what === 'submit') {
            this.triggerEvent('submit', { value: Object.fromEntries(fields.filter(({ data }) => data.name).map((field) => [field.data.name, field.formValue()])) })
          }
        },
      },
    },
  }
}

/** @param {string} tag @param {string} template @param {Record<string, any>} more */
function typed(tag, template, more) {
  return {
    template,
    data: { native: 'text' },
    properties: { value: text, placeholder: text, placeholderStyle: text, placeholderClass: text, disabled: flag, maxlength: number(140), focus: flag, confirmType: text, confirmHold: flag, cursorSpacing: number(0), adjustPosition: flag, holdKeyboard: flag, alwaysEmbed: flag, name: text, ...more },
    observers: {
      /** @this {any} */
      'type, password': function (/** @type {string} */ type, /** @type {boolean} */ password) {
        if (tag === 'input') this.setData({ native: password ? 'password' : type === 'number' || type === 'digit' ? 'tel' : 'text' })
      },
      /** @this {any} */
      focus(/** @type {boolean} */ focus) { if (focus) element(this).querySelector(tag)?.focus() },
      /** @this {any} */
      value(/** @type {string} */ value) {
        const node = element(this).querySelector(tag)
        if (node && node.value !== value) node.value = value
      },
    },
    methods: {
      /** @this {any} */
      onInput() {
        const value = this.typed()
        this.setData({ value })
        this.triggerEvent('input', { value, cursor: value.length })
      },
      /** @this {any} */
      onBlur() { this.triggerEvent('blur', { value: this.typed() }) },
      /** @this {any} */
      onFocus() { this.triggerEvent('focus', { value: this.typed() }) },
      /** @this {any} */
      onKey(/** @type {any} */ event) { if (event.detail.key === 'Enter') this.triggerEvent('confirm', { value: this.typed() }) },
      /** @this {any} */
      typed() { return `${element(this).querySelector(tag)?.value ?? ''}` },
      /** @this {any} */
      formValue() { return this.typed() },
      /** @this {any} */
      formReset() { this.setData({ value: '' }) },
    },
  }
}

/** @param {string} role @param {string} groupTag @param {(component: any) => boolean} next */
function choice(role, groupTag, next) {
  return {
    template: '<native-div part="choice" bind:tap="onTap"><native-span part="box" aria-hidden="true" /><slot /></native-div>',
    properties: { value: text, checked: flag, disabled: flag, color: text },
    observers: { checked: mirror('aria-checked', truth), disabled: mirror('aria-disabled', truth) },
    lifetimes: { /** @this {any} */ attached() { pressed(this, role) } },
    methods: {
      /** @this {any} */
      onTap() {
        if (this.data.disabled) return
        const checked = next(this)
        if (checked === this.data.checked) return
        const around = above(this, groupTag)
        if (role === 'radio' && around) for (const other of inside(around, 'wx-radio')) other.setData({ checked: false })
        this.setData({ checked })
        around?.changed()
      },
    },
  }
}

/** @param {string} role @param {(components: any[]) => any} read @param {string} tag */
function group(role, read, tag) {
  return {
    template: '<slot />',
    properties: { name: text },
    lifetimes: { /** @this {any} */ attached() { element(this).setAttribute('role', role) } },
    methods: {
      /** @this {any} */
      changed() { this.triggerEvent('change', { value: this.formValue() }) },
      /** @this {any} */
      formValue() { return read(inside(this, tag)) },
      /** @this {any} */
      formReset() { for (const one of inside(this, tag)) one.setData({ checked: false }) },
    },
  }
}

/** Something that is on or off, and says so from the start. @param {any} component @param {string} role */
function pressed(component, role) {
  press(component, role)
  element(component).setAttribute('aria-checked', truth(component.data.checked))
}

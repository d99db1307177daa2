// @ts-check
// The built-in components. glass-easel has none of its own; these are the ones that ordinary shops use.
// Each is a custom element of its own name (wx-view ...), styled in built-in.css.
import { basicComponents } from './built-ins/basic.js'
import { formComponents } from './built-ins/forms.js'
import { mirror, text } from './built-ins/parts.js'
import { scrollingComponents } from './built-ins/scrolling.js'

/** Every component takes these, for screen readers. */
const ARIA = { ariaLabel: 'aria-label', ariaHidden: 'aria-hidden', ariaRole: 'role', ariaLive: 'aria-live', ariaDisabled: 'aria-disabled' }

/**
 * What the components need of the phone.
 * @typedef {object} PhoneParts
 * @property {(target: {url: string, openType: string, delta: number}) => void} navigate
 * @property {(title: string, items: string[]) => Promise<number>} choose which of the items; -1 for none
 */

/** @param {PhoneParts} phone @returns {Record<string, any>} */
function builtIns(phone) {
  return { ...basicComponents(phone), ...scrollingComponents(), ...formComponents(phone) }
}

/**
 * Defines them all where every page can use them.
 * @param {import('glass-easel-miniprogram-adapter').MiniProgramEnv} env
 * @param {(code: string) => any} template compiled template of a built-in, by name
 * @param {PhoneParts} phone
 */
export function defineBuiltIns(env, template, phone) {
  const space = env.getGlobalCodeSpace()
  return Object.fromEntries(Object.entries(builtIns(phone)).map(([name, { template: _, ...definition }]) => {
    space.addCompiledTemplate(name, template(name))
    space.addComponentStaticConfig(name, { component: true })
    return [name, /** @type {any} */ (space.component(name)).definition(withAria(definition)).register()]
  }))
}

/** @param {any} definition */
function withAria(definition) {
  const properties = { ...definition.properties }
  const observers = { ...definition.observers }
  for (const [name, attribute] of Object.entries(ARIA)) {
    if (Object.values(observers).length > 0 && attribute === 'aria-disabled' && observers.disabled) continue
    properties[name] = text
    observers[name] = mirror(attribute)
  }
  return { ...definition, properties, observers }
}

/** The templates, compiled together with the program's own. */
export const BUILT_IN_TEMPLATES = Object.fromEntries(
  Object.entries(builtIns({ navigate() {}, choose: async () => -1 })).map(([name, { template }]) => [name, template]),
)

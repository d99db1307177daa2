// @ts-check
import * as glassEasel from 'glass-easel'
import { MiniProgramEnv } from 'glass-easel-miniprogram-adapter'
import { connectEvents, createBackend } from './backend.js'
import { defineBuiltIns } from './components.js'
import { Face } from './face.js'
import { own } from './realm.js'

/** How near to its end a page has come, in CSS pixels, when it hears of it. */
const NEAR_END = 50

/**
 * The pages as elements of this realm's document, through WeChat's component framework.
 * @param {import('../compile/index.js').Program & {builtIns: string}} program
 * @param {(error: unknown) => void} onError what page code threw in a handler or life cycle of a component
 * @param {(text: string) => void} onWarning what the framework finds odd in a template
 * @param {import('./components.js').PhoneParts} phone
 */
export function createScreen(program, onError, onWarning, phone) {
  glassEasel.globalOptions.throwGlobalError = false
  glassEasel.addGlobalErrorListener((/** @type {unknown} */ error) => {
    onError(error)
    return false
  })
  glassEasel.addGlobalWarningListener((/** @type {string} */ text) => {
    onWarning(text)
    return false
  })
  const env = new MiniProgramEnv()
  const backend = createBackend()
  connectEvents(backend, onError)
  const associated = env.associateBackend(backend)
  const builtInGroups = own.evaluate(program.builtIns)
  const builtIns = defineBuiltIns(env, (name) => ({ groupList: builtInGroups, content: builtInGroups[name] }), phone)

  const space = env.createCodeSpace('', true)
  for (const [name, definition] of Object.entries(builtIns)) {
    space.getComponentSpace().setGlobalUsingComponent(name, /** @type {any} */ (definition)._$)
  }
  const groups = own.evaluate(program.templates)
  for (const [path, config] of Object.entries(program.configs)) {
    space.addComponentStaticConfig(path, /** @type {any} */ (config))
    space.addCompiledTemplate(path, { groupList: groups, content: groups[path] })
  }
  for (const [path, css] of Object.entries(program.styles)) {
    backend.registerStyleSheetContent(path, css)
    space.addStyleSheet(path, path, program.configs[path]?.component ? path.replace(/[^A-Za-z0-9]/g, '-') : undefined)
  }
  /** @type {Set<string>} */
  const defined = new Set()

  /** @param {string} path @param {any} container goes again when the page cannot be made @param {any} placeholder */
  function attach(path, container, placeholder) {
    try {
      const root = associated.createRoot('page', space, path)
      root.attach(/** @type {any} */ (new Face(container)), /** @type {any} */ (new Face(placeholder)))
      return root
    } catch (error) {
      container.remove()
      throw error
    }
  }

  return {
    /** Behavior() for files that pages and components require: it belongs to no page. */
    Behavior: space.componentEnv('', ({ Behavior }) => Behavior),

    /** @param {(top: number, isNearEnd: boolean) => void} told */
    onScroll(told) {
      const { window, document } = own
      window.addEventListener('scroll', () => told(window.scrollY, document.documentElement.scrollHeight - window.scrollY - window.innerHeight <= NEAR_END), { passive: true })
    },

    /** @param {string} path @param {(definitions: any) => void} run */
    define(path, run) {
      if (defined.has(path)) return
      space.componentEnv(path, (definitions) => run(definitions))
      defined.add(path)
    },

    /** @param {string} path @returns {OpenPage} */
    open(path) {
      const { document } = own
      const container = document.createElement('div')
      container.className = 'phone-page'
      container.setAttribute('data-page', path)
      const placeholder = document.createElement('div')
      container.appendChild(placeholder)
      document.body.appendChild(container)
      const root = attach(path, container, placeholder)
      let scrolled = 0
      return {
        page: root.get(),
        show() {
          container.hidden = false
          own.window.scrollTo(0, scrolled)
        },
        hide() {
          scrolled = own.window.scrollY
          container.hidden = true
        },
        scrollTo: (top) => own.window.scrollTo(0, top),
        remove() {
          root.release()
          container.remove()
        },
      }
    },
  }
}

/** @typedef {{page: any, show: () => void, hide: () => void, scrollTo: (top: number) => void, remove: () => void}} OpenPage */

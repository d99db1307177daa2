// @ts-check
import { buildSync } from 'esbuild'
import compiler from 'glass-easel-template-compiler'
import { fileURLToPath } from 'node:url'
import { BUILT_IN_TEMPLATES } from '../runtime/components.js'

/** @returns {string} a JavaScript expression: the runtime with WeChat's framework, `{start, control}` */
export function runtimeBundle() {
  const result = buildSync({
    entryPoints: [fileURLToPath(new URL('../runtime/index.js', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'phone',
    platform: 'browser',
    mainFields: ['module', 'main'],
    minifySyntax: true,
    logLevel: 'silent',
  })
  return `(function(){"use strict";${result.outputFiles[0].text};return phone})()`
}

/** @returns {string} a JavaScript expression: the templates of the built-in components */
export function builtInTemplates() {
  const group = new compiler.TmplGroup()
  try {
    for (const [name, source] of Object.entries(BUILT_IN_TEMPLATES)) group.addTmpl(name, source)
    return group.getTmplGenObjectGroups()
  } finally {
    group.free()
  }
}

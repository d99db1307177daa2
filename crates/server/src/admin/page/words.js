// The page's language: chosen once, remembered, and said to the browser.

import en from './words-en.js'
import zh from './words-zh.js'

const KEY = 'wx-checkout-operator-language'
const LANGUAGES = { 'zh-CN': zh, en }

let language = remembered() ?? (navigator.language.startsWith('zh') ? 'zh-CN' : 'en')

function remembered() {
  try {
    const kept = localStorage.getItem(KEY)
    return kept !== null && kept in LANGUAGES ? kept : undefined
  } catch {
    return undefined
  }
}

export const current = () => language

export function switchLanguage() {
  language = language === 'en' ? 'zh-CN' : 'en'
  try {
    localStorage.setItem(KEY, language)
  } catch {
    // Not remembered, then.
  }
}

/** A word, with `{name}` filled in; a word that is not known is said as it is. */
export function t(key, values = {}) {
  const text = LANGUAGES[language][key] ?? key
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole))
}

export const known = (key) => key in LANGUAGES[language]

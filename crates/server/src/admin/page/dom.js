// Elements from data. Text is only ever set as text.

/**
 * @param {string} name
 * @param {Record<string, any>} [properties] attributes; `on…` are listeners, `class` and `data-…` as in HTML
 * @param {...(Node | string | number | null | undefined | false)} children
 */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value)
    else element.setAttribute(key, value === true ? '' : String(value))
  }
  add(element, children)
  return element
}

export function add(parent, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue
    parent.append(child instanceof Node ? child : String(child))
  }
}

export function fill(parent, ...children) {
  parent.replaceChildren()
  add(parent, children)
}

/** A table: `columns` are `{ title, class?, cell(row) }`; the first cell names its row. */
export function table(caption, columns, rows) {
  const head = h('tr', {}, columns.map((column) => h('th', { scope: 'col', class: column.class }, column.title)))
  const cell = (column, row) => h('td', { class: column.class }, column.cell(row))
  const body = rows.map((row) => h('tr', {}, columns.map((column) => cell(column, row))))
  return h('div', { class: 'table' }, h('table', {}, h('caption', {}, caption), h('thead', {}, head), h('tbody', {}, body)))
}

/** Terms and what they are; those that are not there are left out. */
export function terms(pairs) {
  const shown = pairs.filter(([, value]) => value !== undefined && value !== null && value !== '')
  return h('dl', { class: 'terms sheet' }, shown.map(([term, value]) => h('div', {}, h('dt', {}, term), h('dd', {}, value))))
}

export const code = (text) => h('code', {}, text)

/** Beijing's time, as WeChat counts days. */
export function time(ms) {
  if (!ms) return '–'
  const iso = new Date(ms + 8 * 3600_000).toISOString()
  return h('time', { datetime: new Date(ms).toISOString(), class: 'once' }, `${iso.slice(0, 10)} ${iso.slice(11, 19)}`)
}

/** Yuan, of whole fen and without floating point. */
export function yuan(fen) {
  const digits = String(fen).padStart(3, '0')
  return `¥${digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',')}.${digits.slice(-2)}`
}

/** Fen of what somebody typed as yuan; undefined where it is no amount. */
export function fen(text) {
  const parts = /^[¥￥]?\s*(\d{1,8})(?:[.](\d{1,2}))?$/.exec(text.trim().replaceAll(',', ''))
  if (!parts) return undefined
  const amount = Number(parts[1]) * 100 + Number((parts[2] ?? '').padEnd(2, '0'))
  return amount > 0 ? amount : undefined
}

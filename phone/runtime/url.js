// @ts-check
/**
 * A page's address: `/pages/x/x?a=1`, or relative to the page it is asked from.
 * @param {string} url
 * @param {string} from the current page's path
 * @returns {{path: string, query: Record<string, string>}}
 */
export function splitUrl(url, from) {
  const [address, ...rest] = url.split('?')
  const parts = address.startsWith('/') ? [] : from.split('/').slice(0, -1)
  for (const part of address.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.' && part !== '') parts.push(part)
  }
  /** @type {Record<string, string>} */
  const query = {}
  for (const pair of rest.join('?').split('&')) {
    if (pair === '') continue
    const at = pair.indexOf('=')
    const name = at < 0 ? pair : pair.slice(0, at)
    // WeChat hands values over as they were written; the page decodes them.
    query[name] = at < 0 ? '' : pair.slice(at + 1)
  }
  return { path: parts.join('/'), query }
}

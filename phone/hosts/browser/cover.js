// @ts-check
const content = /** @type {HTMLElement} */ (document.getElementById('content'))

/** What lies over the mini program now. @type {Set<string>} */
const covers = new Set()

/**
 * The one place that decides whether the mini program can be reached: not while anything lies over it.
 * @param {string} name of a dialog, of a fault, or of where the app is
 * @param {boolean} lies
 */
export function cover(name, lies) {
  if (lies) covers.add(name)
  else covers.delete(name)
  content.inert = covers.size > 0
}

// @ts-check
// Shared by the compiler and the runtime: a built-in component is an element of its own name in the
// page's document, so that no browser default style or behaviour comes with it.

/** The built-in components this phone has. */
export const BUILT_IN_TAGS = ['page', 'view', 'text', 'button', 'image', 'scroll-view', 'input', 'navigator', 'switch', 'label']

/** @param {string} name @returns the element's tag */
export function tagOf(name) {
  return `wx-${name}`
}

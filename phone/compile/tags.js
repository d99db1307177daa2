// @ts-check
// Shared by the compiler and the runtime: a built-in component is an element of its own name in the
// page's document, so that no browser default style or behaviour comes with it.

/** The built-in components this phone has. */
export const BUILT_IN_TAGS = [
  'page', 'view', 'cover-view', 'text', 'label', 'button', 'image', 'navigator', 'icon', 'progress', 'rich-text', 'scroll-view', 'swiper', 'swiper-item',
  'input', 'textarea', 'switch', 'checkbox', 'checkbox-group', 'radio', 'radio-group', 'picker', 'form',
]

/** @param {string} name @returns the element's tag */
export function tagOf(name) {
  return `wx-${name}`
}

// @ts-check
/**
 * What the runtime needs from outside its realm. A host lives in another realm, so what crosses is text,
 * numbers, flat data or bytes; it is copied on this side before page code sees it.
 *
 * @typedef {object} Host
 * @property {() => Promise<string>} login a fresh login code
 * @property {(plan: RequestPlan) => {answer: Promise<string>, abort: () => void}} request the answer is JSON:
 *   `{status, header, text}` or `{failed: 'network' | 'timeout' | 'abort' | 'domain' | 'interrupted', detail?}`
 * @property {(params: Record<string, string>) => Promise<string>} openSheet the payment sheet; resolves to WeChat's errMsg
 * @property {{get(key: string): string | null, set(key: string, text: string): void, remove(key: string): void, clear(): void, keys(): string[]}} storage
 * @property {(length: number) => ArrayLike<number>} randomBytes
 * @property {(path: string) => Promise<Uint8Array>} readFile of the package; `.br` files come unpacked
 * @property {() => {width: number, height: number, pixelRatio: number, language: string, theme: string}} device
 * @property {() => boolean} online
 * @property {(event: Record<string, any>) => void} report one line of the timeline; nothing secret is in it
 * @property {{
 *   bar: (state: {title: string, canGoBack: boolean, tabs: {text: string, path: string, selected: boolean}[]}) => void,
 *   toast: (toast: {title: string, icon: string, duration: number} | null) => void,
 *   modal: (modal: {title: string, content: string, buttons: string[]}) => Promise<string>,
 * }} ui
 *
 * @typedef {object} RequestPlan
 * @property {string} method
 * @property {string} url
 * @property {Record<string, string>} header
 * @property {string} body
 * @property {number} timeout milliseconds
 */
export {}

// @ts-check
/**
 * What the runtime needs from outside its realm. A host lives in another realm; `border.js` copies what
 * crosses, so that page code never holds an object of the host.
 *
 * @typedef {object} Host
 * @property {(json: string) => any} copy JSON.parse of the host's realm
 * @property {() => Promise<string>} login a fresh login code
 * @property {(plan: RequestPlan) => {answer: Promise<string>, abort: () => void}} request the answer is JSON:
 *   `{status, header, text}` or `{failed: 'network' | 'timeout' | 'abort' | 'domain' | 'interrupted', detail?}`
 * @property {(params: Record<string, string>) => Promise<string>} openSheet the payment sheet; resolves to WeChat's errMsg
 * @property {{get(key: string): string | null, set(key: string, text: string): void, remove(key: string): void, clear(): void, keys(): string[]}} storage
 * @property {(length: number) => ArrayLike<number>} randomBytes
 * @property {(path: string) => Promise<Uint8Array>} readFile of the package; `.br` files come unpacked
 * @property {() => {width: number, height: number, pixelRatio: number, language: string, theme: string}} device
 * @property {() => NetworkType} network
 * @property {(event: Record<string, any>) => void} report one line of the timeline; nothing secret is in it
 * @property {() => void} vibrate
 * @property {{write(text: string): Promise<void>, read(): Promise<string>}} clipboard
 * @property {{
 *   bar: (bar: Bar) => void,
 *   toast: (toast: {title: string, icon: string, duration: number} | null) => void,
 *   modal: (modal: Modal) => Promise<{button: string, text: string}>,
 * }} ui
 *
 * @typedef {'wifi' | '2g' | 'none'} NetworkType
 * @typedef {{title: string, canGoBack: boolean, background: string, textStyle: 'black' | 'white', tabs: {text: string, path: string, selected: boolean, badge?: string}[], tabStyle?: {color?: string, selectedColor?: string, backgroundColor?: string}}} Bar
 * @typedef {{kind: 'modal' | 'actions', title: string, content: string, buttons: string[], confirm: string, editable?: boolean, placeholder?: string}} Modal
 *
 * @typedef {object} RequestPlan
 * @property {string} method
 * @property {string} url
 * @property {Record<string, string>} header
 * @property {string} body
 * @property {number} timeout milliseconds
 */
export {}

/**
 * Names that the generated code looks up and a phone does not have. The bundler puts these in their
 * place (`inject`), so the generated code itself is never edited and the app's globals stay as they are.
 */
export { OwnTextDecoder as TextDecoder, OwnTextEncoder as TextEncoder } from './text-codec';

/**
 * The global object, as far as the generated code may see it: empty. It looks for `queueMicrotask`
 * and, finding none, goes by `Promise`, which every phone has.
 */
const nothing: Record<string, never> = {};
export { nothing as globalThis };

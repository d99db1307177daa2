/** What wasm-bindgen generates (`core_bg.js`), as far as the loader uses it. The bundler fills the name in. */
declare module 'wx-checkout-core' {
  /** Gives the generated code the instance to work on. */
  export function __wbg_set_wasm(exports: object): void;
  /** The exported class. */
  export const CheckoutCore: import('./core').CheckoutCoreClass;
}

// Phones have these two and nothing else that measures time out.
declare function setTimeout(run: () => void, ms: number): unknown;
declare function clearTimeout(timer: unknown): void;

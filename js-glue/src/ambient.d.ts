/** What wasm-bindgen generates (`core_bg.js`), as far as the loader uses it. The bundler fills the name in. */
declare module 'wx-checkout-core' {
  /** The generated code. */
  export interface Glue {
    /** What the module imports, by the name of each module that it imports from. */
    readonly imports: { readonly [module: string]: object };
    /** Under which name it exports its memory. */
    readonly memory: string;
    /** Gives the code the instance to work on. */
    __wbg_set_wasm(exports: object): void;
    /** The exported class. */
    readonly CheckoutCore: import('./core').CheckoutCoreClass;
  }

  /** The generated code anew: it keeps its instance, and what it remembers of that instance, in variables of its own. */
  export function createGlue(): Glue;
}

/** The module as JavaScript, from the file beside this one; throws where the mini program leaves the file out. */
declare function require(path: './fallback.js'): {
  /** What `WXWebAssembly.instantiate` would give, for the same imports. */
  instantiate(imports: object): object;
};

// Phones have these two and nothing else that measures time out.
declare function setTimeout(run: () => void, ms: number): unknown;
declare function clearTimeout(timer: unknown): void;

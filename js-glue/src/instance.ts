import { createGlue } from 'wx-checkout-core';
import type { CheckoutCoreClass } from './core';
import { createListeners } from './listeners';

/** One running copy of the module, with generated code of its own. */
export interface Instance {
  /** The core's class; what it makes lives and dies with the copy. */
  readonly Core: CheckoutCoreClass;
  /** What ended the copy; absent while it lives. */
  death(): { readonly thrown: unknown } | undefined;
  /** Calls `listener` with what was thrown when the copy dies. */
  onDeath(listener: (thrown: unknown) => void): void;
  /** Ends the copy for what was thrown. */
  die(thrown: unknown): void;
}

type Code = (...args: unknown[]) => unknown;

/** Names and what they stand for. */
interface Names {
  [name: string]: unknown;
}

/**
 * Starts one copy of the module.
 *
 * Whatever one of its functions throws is a trap (the core's refusals are values there), and leaves
 * the memory in the middle of something. A copy that trapped is dead: none of its code runs again,
 * not even for what it was waiting for, and its memory is wiped. Who called it asks for its death.
 */
export function startInstance(instantiate: (imports: object) => unknown): Promise<Instance> {
  const glue = createGlue();
  const deaths = createListeners<unknown>();
  let memory: { buffer: ArrayBuffer } | undefined;
  let death: { thrown: unknown } | undefined;
  let depth = 0;

  /** The generated code, which looks there for a result, finds none; what it wrote there meanwhile is gone. */
  const wipe = (): number => {
    if (memory !== undefined) new Uint8Array(memory.buffer).fill(0);
    return 0;
  };

  const die = (thrown: unknown): void => {
    if (death !== undefined) return;
    death = { thrown };
    wipe();
    deaths.all().forEach(listener => listener(thrown));
  };

  /** Into the module. A trap goes through its frames as far as there are any, and ends where it was called. */
  const inwards = (run: Code) => function (): unknown {
    if (death !== undefined) return wipe();
    depth += 1;
    try {
      return run.apply(undefined, arguments as unknown as unknown[]);
    } catch (thrown) {
      die(thrown);
      if (depth > 1) throw thrown;
      return 0;
    } finally {
      depth -= 1;
    }
  };

  /** Out of the module. The way back to one that died meanwhile is closed. */
  const outwards = (run: Code) => function (): unknown {
    const result = run.apply(undefined, arguments as unknown as unknown[]);
    if (death !== undefined) throw death.thrown;
    return result;
  };

  const imports: Names = {};
  Object.keys(glue.imports).forEach(name => {
    imports[name] = each(glue.imports[name] as Names, outwards);
  });
  return new Promise<unknown>(resolve => resolve(instantiate(imports))).then(result => {
    const exports = exportsOf(result);
    memory = exports[glue.memory] as { buffer: ArrayBuffer };
    glue.__wbg_set_wasm(each(exports, inwards));
    return { Core: glue.CheckoutCore, death: () => death, onDeath: deaths.add, die };
  });
}

/** The same names, with every function guarded. */
function each(names: Names, guard: (run: Code) => Code): Names {
  const guarded: Names = {};
  Object.keys(names).forEach(name => {
    const value = names[name];
    guarded[name] = typeof value === 'function' ? guard(value as Code) : value;
  });
  return guarded;
}

/** The exports in what the host resolved with: its typings say an instance, phones say `{ instance }`. */
function exportsOf(result: unknown): Names {
  const outer = result as { instance?: { exports?: unknown }; exports?: unknown } | null | undefined;
  const exports = outer && (outer.instance || outer).exports;
  if (typeof exports !== 'object' || exports === null) throw new Error('the host gave no instance');
  return exports as Names;
}

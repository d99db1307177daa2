/** What wasm-bindgen generated is what the sources believe it to be. */
import { CheckoutCore } from '../../build/wasm/core';
import type { CheckoutCoreClass } from '../../src/core';

export const same: CheckoutCoreClass = CheckoutCore;

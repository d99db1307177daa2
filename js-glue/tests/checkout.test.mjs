/** The border suite in this engine: with the wasm module, with the same module as JavaScript, and with old iOS's Promise. */
import { after, describe, test } from 'node:test';
import { border } from './border/suite.mjs';
import { appTimers, launch, quit } from './realm.mjs';

after(quit);

for (const [name, phone] of Object.entries({
  'the wasm module': {},
  'the module as JavaScript': { WXWebAssembly: null },
  'the wasm module, with a Promise that resolves by setTimeout': { slowPromise: true },
})) {
  describe(name, () => border({ test, appTimers, launch: options => launch({ ...phone, ...options }) }));
}

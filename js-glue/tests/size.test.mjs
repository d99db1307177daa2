/** The budget of the package: what a mini program pays for it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = join(dirname(fileURLToPath(import.meta.url)), '../size.mjs');
// Whether the module is WebAssembly 1.0 has a test of its own, in Rust.
const size = JSON.parse(execFileSync(process.execPath, [script, '--json', '--wasm1', 'false'], { encoding: 'utf8' }));

test('module and script are at most 48,000 bytes after brotli', t => {
  t.diagnostic(`total_br ${size.total_br}: wasm_br ${size.wasm_br}, glue_br ${size.glue_br}; beside it fallback_br ${size.fallback_br}`);
  assert.ok(size.total_br <= 48_000, `total_br is ${size.total_br}`);
  assert.equal(size.total_br, size.wasm_br + size.glue_br);
});

test('the module begins with at most 8 pages of memory', () => {
  assert.ok(size.memory_pages >= 1 && size.memory_pages <= 8, `memory_pages is ${size.memory_pages}`);
});

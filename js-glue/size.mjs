/** Says how many bytes dist has: `node size.mjs --wasm1 true|false [--json]`. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync } from 'node:zlib';
import binaryen from 'binaryen';

const { wasm1, json } = parseArgs({ options: { wasm1: { type: 'string' }, json: { type: 'boolean' } } }).values;
const dist = join(dirname(fileURLToPath(import.meta.url)), 'dist');
const read = name => readFileSync(join(dist, name));

const wasm = read('wx_checkout.wasm');
const wasm_br = read('wx_checkout.wasm.br').length;
// The script ships minified.
const glue = read('index.js');
const glue_br = brotliCompressSync(glue).length;

const module = binaryen.readBinary(wasm);
const size = {
  wasm_raw: wasm.length,
  wasm_br,
  glue_min: glue.length,
  glue_br,
  total_br: wasm_br + glue_br,
  // Beside the total: a phone that runs the module never evaluates it.
  fallback_br: brotliCompressSync(read('fallback.js')).length,
  memory_pages: module.getMemoryInfo().initial,
  wasm1: wasm1 === 'true',
};
module.dispose();

if (json) {
  console.log(JSON.stringify(size));
} else {
  for (const [name, value] of Object.entries(size)) console.log(`${name.padEnd(14)}${value}`);
}

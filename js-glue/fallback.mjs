/** The shipped module as JavaScript, for phones that have no WXWebAssembly or one that refuses the module. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = join(dirname(fileURLToPath(import.meta.url)), 'node_modules/binaryen/bin');

/** How large its memory may become, in pages of 64 KiB. The engine gives it out as it is used. */
const PAGES = 64;

/**
 * An ES module that exports `instantiate(imports)`, which gives the exports; `folder` is for files in between.
 *
 * The generated code sees that memory has moved by its old buffer being detached, which only an
 * engine can do. Here the memory is as large as it gets from the start, and growing only counts.
 */
export function toScript(wasm, folder) {
  const [text, fixed, script] = ['core.wat', 'core-fixed.wat', 'core.js'].map(name => join(folder, name));
  run('wasm-dis', wasm, '-o', text);
  writeFileSync(fixed, withFixedMemory(readFileSync(text, 'utf8')));
  run('wasm2js', fixed, '--mvp-features', '-Oz', '--emscripten', '-o', script);
  return readFileSync(script, 'utf8') + '\nexport { instantiate };\n';
}

function withFixedMemory(text) {
  const memory = /\(memory (\$\S+) (\d+)( \d+)?\)/;
  const [, name, initial] = memory.exec(text) ?? [];
  if (name === undefined) throw new Error('fallback.mjs: the module has no memory of its own');
  const counted = `
 (global $pages (mut i32) (i32.const ${initial}))
 (func $memory_size (result i32) (global.get $pages))
 (func $memory_grow (param $more i32) (result i32)
  (local $before i32)
  (local.set $before (global.get $pages))
  (if (i32.gt_u (local.get $more) (i32.sub (i32.const ${PAGES}) (local.get $before)))
   (then (return (i32.const -1))))
  (global.set $pages (i32.add (local.get $before) (local.get $more)))
  (local.get $before))
)`;
  return text
    .replace(memory, `(memory ${name} ${PAGES} ${PAGES})`)
    .replaceAll('(memory.grow', '(call $memory_grow')
    .replaceAll('(memory.size)', '(call $memory_size)')
    .replace(/\)\s*$/, counted);
}

function run(tool, ...args) {
  execFileSync(process.execPath, [join(bin, tool), ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
}

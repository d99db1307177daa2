/**
 * Makes the npm package: `node build.mjs --version V`, after wasm-bindgen has left the core in build/wasm.
 *
 * Everything is made in build/package and takes the place of dist at the very end, so that dist is
 * never half a package.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';
import binaryen from 'binaryen';
import * as esbuild from 'esbuild';
import ts from 'typescript';
import { toScript } from './fallback.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const core = join(here, 'build/wasm');
const types = join(here, 'build/types');
const out = join(here, 'build/package');
const dist = join(here, 'dist');

const { version } = parseArgs({ options: { version: { type: 'string' } } }).values;
if (!version) fail('say which version the package has: node build.mjs --version 0.1.0');
if (!existsSync(join(core, 'core_bg.wasm'))) fail('js-glue/build/wasm/core_bg.wasm is missing: run ./build.sh package');

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
hideGlobals(join(core, 'core_bg.wasm'), join(here, 'build/core.wasm'));
optimise(join(here, 'build/core.wasm'), join(out, 'wx_checkout.wasm'));
const names = shortenNames(join(out, 'wx_checkout.wasm'));
compress(join(out, 'wx_checkout.wasm'));
await bundle(join(out, 'index.js'));
await script(join(out, 'wx_checkout.wasm'), join(out, 'fallback.js'));
declare(out);
writeFileSync(join(out, 'package.json'), manifest());
replace(dist, out);

/** iOS refuses a module that exports a global. wasm-bindgen leaves some, which its JavaScript does not use here. */
function hideGlobals(from, to) {
  const glue = readFileSync(join(core, 'core_bg.js'), 'utf8');
  const module = binaryen.readBinary(readFileSync(from));
  module.setFeatures(binaryen.Features.MVP);
  const names = [];
  for (let at = 0; at < module.getNumExports(); at += 1) {
    const { kind, name } = binaryen.getExportInfo(module.getExportByIndex(at));
    if (kind === binaryen.ExternalGlobal) names.push(name);
  }
  for (const name of names) {
    if (glue.includes('wasm.' + name)) fail(`the generated JavaScript uses the global ${name}, which phones cannot export`);
    module.removeExport(name);
  }
  writeFileSync(to, module.emitBinary());
  module.dispose();
}

/** Fewer bytes, and nothing above WebAssembly 1.0: without the first flag, sign extension would come back. */
function optimise(from, to) {
  wasmOpt(from, to, '-Oz', '--converge', '--strip-debug', '--strip-producers', '--strip-target-features');
}

/**
 * The names at the border hold checksums, which do not compress, and each is there twice: they become
 * letters. Gives `{ imports: [[module, name, letters]], exports: [[name, letters]] }`.
 */
function shortenNames(path) {
  const names = JSON.parse(wasmOpt(path, path, '--minify-imports-and-exports-and-modules'));
  if (names.exports.some(([name]) => name === '__wbindgen_start')) fail('the module has a start function, which nobody calls');
  return names;
}

function wasmOpt(from, to, ...flags) {
  const tool = join(here, 'node_modules/binaryen/bin/wasm-opt');
  return execFileSync(process.execPath, [tool, from, '--mvp-features', ...flags, '-o', to], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** WeChat unpacks `.wasm.br` itself, from base library 2.14.0 on. */
function compress(path) {
  const raw = readFileSync(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length };
  writeFileSync(path + '.br', brotliCompressSync(raw, { params }));
}

/** The entry: the sources and the generated code. */
async function bundle(to) {
  await esbuild.build({
    ...CommonJsInEs5(),
    entryPoints: [join(here, 'src/index.ts')],
    outfile: to,
    // Asked for at run time, and only where it is needed.
    external: ['./fallback.js'],
    plugins: [{ name: 'glue', setup: provideGlue }, { name: 'es5', setup: lowerToEs5 }],
  });
}

/** The module that was just made, as JavaScript, for phones that do not run it. */
async function script(wasm, to) {
  const contents = toScript(wasm, join(here, 'build'));
  await esbuild.build({ ...CommonJsInEs5(), stdin: { contents, loader: 'js' }, outfile: to });
}

/** How every script of the package is written: one CommonJS file. */
function CommonJsInEs5() {
  return { bundle: true, format: 'cjs', platform: 'neutral', target: 'es5', charset: 'utf8', minify: true, logLevel: 'warning' };
}

/**
 * `createGlue()`: the generated code as a function, since it has room for one instance of the module
 * only, and a module that died is followed by another. What a phone lacks is filled in (`inject`) or
 * known to be missing (`define`); what code and module call each other is what the module was given.
 */
function provideGlue(build) {
  const generated = JSON.stringify(join(core, 'core_bg.js'));
  const imports = names.imports.map(([, name, letters]) => `${letters}: code.${name}`);
  const memory = names.exports.find(([name]) => name === 'memory');
  // All imports come from one module, which is the first to get a letter.
  const contents = `
    import * as code from ${generated};
    export { CheckoutCore, __wbg_set_wasm } from ${generated};
    export var imports = { a: { ${imports} } };
    export var memory = ${JSON.stringify(memory[1])};`;
  build.onResolve({ filter: /^wx-checkout-core$/ }, ({ path }) => ({ path, namespace: 'generated' }));
  build.onLoad({ filter: /./, namespace: 'generated' }, async () => {
    const { outputFiles } = await esbuild.build({
      stdin: { contents, resolveDir: core },
      write: false,
      bundle: true,
      format: 'iife',
      globalName: 'glue',
      target: 'es5',
      minifySyntax: true,
      inject: [join(here, 'src/realm.ts')],
      define: { FinalizationRegistry: 'undefined', self: 'undefined', window: 'undefined', global: 'undefined' },
      mangleProps: new RegExp(`^(${names.exports.map(([name]) => name).join('|')})$`),
      mangleCache: Object.fromEntries(names.exports),
      plugins: [{ name: 'es5', setup: lowerToEs5 }],
    });
    return { contents: `export function createGlue() {\n${outputFiles[0].text}\nreturn glue;\n}` };
  });
}

/** esbuild does not lower classes and the like to ES5; TypeScript does, file by file. */
function lowerToEs5(build) {
  const compilerOptions = {
    target: ts.ScriptTarget.ES5,
    module: ts.ModuleKind.ESNext,
    downlevelIteration: true,
    allowJs: true,
  };
  build.onLoad({ filter: /\.(ts|js)$/ }, ({ path }) => {
    const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), { fileName: path, compilerOptions });
    return { contents: outputText, loader: 'js' };
  });
}

/** The declarations that index.d.ts reaches, and no others. */
function declare(to) {
  const todo = ['index'];
  for (const name of todo) {
    const text = readFileSync(join(types, name + '.d.ts'), 'utf8');
    writeFileSync(join(to, name + '.d.ts'), text);
    for (const [, next] of text.matchAll(/(?:from |import\()'\.\/([\w-]+)'/g)) {
      if (!todo.includes(next)) todo.push(next);
    }
  }
}

function manifest() {
  const fields = {
    name: 'wx-checkout',
    version,
    description: 'A checkout for WeChat mini programs: an order keeps at most one payment, and a killed app loses nothing',
    license: 'MIT OR Apache-2.0',
    main: 'index.js',
    types: 'index.d.ts',
    // With this field WeChat's tools copy the folder as it is, the wasm included.
    miniprogram: '.',
  };
  return JSON.stringify(fields, null, 2) + '\n';
}

function replace(old, fresh) {
  rmSync(old, { recursive: true, force: true });
  renameSync(fresh, old);
  // Where the demo's require() and the phones' loader find the package.
  const installed = join(here, '../miniprogram-demo/miniprogram_npm/wx-checkout');
  rmSync(installed, { recursive: true, force: true });
  mkdirSync(dirname(installed), { recursive: true });
  cpSync(old, installed, { recursive: true });
}

function fail(message) {
  console.error('build.mjs: ' + message);
  process.exit(2);
}

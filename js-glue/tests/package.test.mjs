/** What lies in dist, as it would be published. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { youngerThanEs5 } from './es5.mjs';
import { createPhone } from './border/phone-double.mjs';
import { dist, launch, quit } from './realm.mjs';

after(quit);

const here = dirname(fileURLToPath(import.meta.url));
const read = name => readFileSync(join(dist, name));

test('the folder is what package.json says it is', () => {
  const manifest = JSON.parse(read('package.json'));
  const files = readdirSync(dist);
  assert.equal(manifest.name, 'wx-checkout');
  // Without this field WeChat's tools leave the wasm behind.
  assert.equal(manifest.miniprogram, '.');
  const needed = [manifest.main, manifest.types, 'wx_checkout.wasm', 'wx_checkout.wasm.br', 'fallback.js', 'package.json'];
  for (const name of needed) assert.ok(files.includes(name), name);
  // Besides, what index.d.ts reaches; all of it goes into every mini program's package.
  assert.deepEqual(files.filter(name => !needed.includes(name) && !name.endsWith('.d.ts')), []);
  assert.equal(manifest.dependencies, undefined);
});

test('nothing can be called before it is ready: a checkout is had from createCheckout alone', async () => {
  const { own, run, ...exported } = launch({ wx: createPhone().wx });
  assert.deepEqual(Object.keys(exported), ['createCheckout']);
  const opening = exported.createCheckout({ baseUrl: 'https://pay.example.com' });
  assert.throws(() => opening.pay(), { code: 'not_ready' });
  assert.equal((await opening).view.phase, 'idle');
});

test('the brotli file is the module', () => {
  assert.ok(brotliDecompressSync(read('wx_checkout.wasm.br')).equals(read('wx_checkout.wasm')));
});

for (const name of ['index.js', 'fallback.js']) {
  test(`${name} is ES5, so that no phone and no compiler stumbles over it`, () => {
    assert.deepEqual(youngerThanEs5(name, read(name).toString()), []);
  });

  test(`${name} evaluates no text`, () => {
    assert.doesNotMatch(read(name).toString(), /\beval\(|new Function\b|\bFunction\(/);
  });
}

test('the script is asked for inside a function, by the name of its file', () => {
  // A mini program's tools find it by the literal, and evaluate it when the function runs.
  assert.equal(read('index.js').toString().split('require("./fallback.js")').length, 2);
});

test('the package imports from its host nothing that needs 64-bit integers', () => {
  // Phones without BigInt cannot call such a function.
  const text = execFileSync(process.execPath, [join(here, '../node_modules/binaryen/bin/wasm-dis'), join(dist, 'wx_checkout.wasm')], { maxBuffer: 1 << 28 }).toString();
  const imports = text.split('\n').filter(line => /^\s*\(import .*\(func /.test(line));
  assert.ok(imports.length > 0, 'the module imports functions');
  for (const line of imports) assert.doesNotMatch(line, /i64/);
});

test('the look at ES5 can fail', () => {
  for (const text of ['let a', 'const a = 1', 'var f = () => 1', 'f(...a)', 'class A {}', 'var a = `a`', 'var { a } = b', 'a ?? b', 'a?.b', '2 ** 3', 'function f(a = 1) {}', 'var = 1']) {
    assert.notDeepEqual(youngerThanEs5('a.js', text), [], text);
  }
  assert.deepEqual(youngerThanEs5('a.js', 'var a = { get b() { return 1 } }; function f() { return a.b }'), []);
});

for (const page of ['page.ts', 'generated.ts']) {
  test(`tsc accepts ${page}`, () => {
    const tsc = join(here, '../node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [tsc, '-p', join(here, 'types', page.replace('.ts', '.json'))], { stdio: 'pipe', encoding: 'utf8' });
  });
}

test('tsc refuses a page that misuses the package', () => {
  const tsc = join(here, '../node_modules/typescript/bin/tsc');
  assert.throws(
    () => execFileSync(process.execPath, [tsc, '-p', join(here, 'types/misuse.json')], { stdio: 'pipe', encoding: 'utf8' }),
    error => {
      const lines = error.stdout.split('\n').filter(line => line.includes('error TS'));
      assert.equal(lines.length, 6, error.stdout);
      assert.match(error.stdout, /'pay' does not exist on type 'Promise<Checkout>'/);
      return true;
    },
  );
});

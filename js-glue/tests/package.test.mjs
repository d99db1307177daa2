/** What lies in dist, as it would be published. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import ts from 'typescript';
import { dist } from './realm.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const read = name => readFileSync(join(dist, name));

test('the folder is what package.json says it is', () => {
  const manifest = JSON.parse(read('package.json'));
  const files = readdirSync(dist);
  assert.equal(manifest.name, 'wx-checkout');
  // Without this field WeChat's tools leave the wasm behind.
  assert.equal(manifest.miniprogram, '.');
  for (const name of [manifest.main, manifest.types, 'wx_checkout.wasm', 'wx_checkout.wasm.br', 'fallback.js']) assert.ok(files.includes(name), name);
  assert.equal(manifest.dependencies, undefined);
});

test('the brotli file is the module', () => {
  assert.ok(brotliDecompressSync(read('wx_checkout.wasm.br')).equals(read('wx_checkout.wasm')));
});

for (const name of ['index.js', 'fallback.js']) {
  test(`${name} is ES5, so that no phone and no compiler stumbles over it`, () => {
    const file = ts.createSourceFile(name, read(name).toString(), ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
    assert.deepEqual(file.parseDiagnostics, []);
    const K = ts.SyntaxKind;
    const younger = new Set([
      K.ArrowFunction, K.TemplateExpression, K.NoSubstitutionTemplateLiteral, K.TaggedTemplateExpression, K.ClassDeclaration,
      K.ClassExpression, K.SpreadElement, K.SpreadAssignment, K.ForOfStatement, K.ObjectBindingPattern, K.ArrayBindingPattern, K.YieldExpression,
      K.AwaitExpression, K.ShorthandPropertyAssignment, K.ComputedPropertyName, K.MethodDeclaration, K.QuestionDotToken,
      K.QuestionQuestionToken, K.AsteriskAsteriskToken, K.BigIntLiteral, K.ImportDeclaration, K.ExportDeclaration,
    ]);
    const found = [];
    const visit = node => {
      const scoped = ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) !== 0;
      const defaulted = ts.isParameter(node) && (node.initializer || node.dotDotDotToken);
      if (younger.has(node.kind) || scoped || defaulted) found.push(node.getText().slice(0, 60));
      ts.forEachChild(node, visit);
    };
    visit(file);
    assert.deepEqual(found, []);
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
      assert.equal(lines.length, 5, error.stdout);
      return true;
    },
  );
});

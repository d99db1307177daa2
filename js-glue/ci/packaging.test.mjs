/** The package after WeChat's own tool has had it in hand, and a purchase on what came out. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { youngerThanEs5 } from '../tests/es5.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, '../dist');
const root = join(here, '../..');
const programs = process.env.WX_CHECKOUT_BIN_DIR ?? join(root, 'target/debug');
const INSTALLED = 'miniprogram_npm/wx-checkout';
const SHIPPED = ['index.js', 'fallback.js', 'wx_checkout.wasm', 'wx_checkout.wasm.br', 'package.json'];

const folder = mkdtempSync(join(tmpdir(), 'wx-checkout-ci-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** How this machine runs a program without a network; not every container may. */
const alone = [['unshare', '-rn'], ['unshare', '-n']].find(([program, flags]) => spawnSync(program, [flags, 'true']).status === 0);

/** Runs Node without a network where the machine allows to take it away. */
function offline(...args) {
  const [program, ...rest] = [...(alone ?? []), process.execPath, ...args];
  // From the tests' own folder: WeChat's tool leaves things where it is run.
  return execFileSync(program, rest, { stdio: 'pipe', encoding: 'utf8', cwd: folder });
}

function tool(...args) {
  offline(join(here, 'tool.mjs'), ...args);
}

test('the tool is run without a network: nothing is asked of WeChat', { skip: alone ? false : 'this machine takes no network away' }, () => {
  assert.equal(offline('-p', 'JSON.stringify(os.networkInterfaces())').trim(), '{}');
});

test('packNpm copies the package whole, the wasm included', () => {
  const project = join(folder, 'project');
  const files = {
    'package.json': '{ "name": "shop", "version": "1.0.0", "dependencies": { "wx-checkout": "*" } }',
    'project.config.json': '{ "appid": "wx0000000000000000", "compileType": "miniprogram" }',
    'app.json': '{ "pages": ["page/page"] }',
    'app.js': "require('wx-checkout')",
    'page/page.js': 'Page({})',
    'page/page.wxml': '<view />',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    writeFileSync(join(project, name), text);
  }
  cpSync(dist, join(project, 'node_modules/wx-checkout'), { recursive: true });
  tool('pack-npm', project);
  for (const name of SHIPPED) assert.ok(readFileSync(join(project, INSTALLED, name)).equals(readFileSync(join(dist, name))), name);
});

describe('the demo shop, compiled to ES5', () => {
  const shop = join(folder, 'shop');
  before(() => tool('compile', join(root, 'miniprogram-demo'), shop));

  test('holds the wasm as it was, and nothing younger than ES5', () => {
    for (const name of SHIPPED.slice(2, 4)) assert.ok(readFileSync(join(shop, INSTALLED, name)).equals(readFileSync(join(dist, name))), name);
    const scripts = readdirSync(shop, { recursive: true }).filter(name => name.endsWith('.js'));
    assert.ok(scripts.includes(join(INSTALLED, 'fallback.js')) && scripts.length > 10, scripts.join());
    for (const name of scripts) assert.deepEqual(youngerThanEs5(name, readFileSync(join(shop, name), 'utf8')), [], name);
  });

  test('a purchase is paid', () => assert.deepEqual(purchase(shop), { isValid: true, state: 'paid' }));

  test('a purchase is paid on the module as JavaScript', () => {
    const without = join(folder, 'without-wasm');
    cpSync(shop, without, { recursive: true });
    for (const name of SHIPPED.slice(2, 4)) rmSync(join(without, INSTALLED, name));
    assert.deepEqual(purchase(without), { isValid: true, state: 'paid' });
  });
});

/** The server's verdict on a purchase in the simulated phone. */
function purchase(shop) {
  const demo = ['--bin-dir', programs, '--headless', '--shop', shop];
  const printed = execFileSync(process.execPath, [join(root, 'phone/bin/demo.mjs'), ...demo], { encoding: 'utf8' });
  const { isValid, state } = JSON.parse(printed.trim().split('\n').at(-1));
  return { isValid, state };
}

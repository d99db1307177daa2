/** A script in the browser cannot pass, or hang, unnoticed. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { inChromium } from './browser.mjs';

const folder = mkdtempSync(join(tmpdir(), 'wx-checkout-scripts-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Many times what a browser needs to start. */
const LIMIT_MS = 60_000;

function script(text) {
  const entry = join(folder, 'script.mjs');
  writeFileSync(entry, text);
  return entry;
}

const POST = 'const post = (path, body) => fetch(path, { method: "POST", body });';

test('a script that comes to its end gives what it printed, in order', async () => {
  const entry = script(`${POST} post('/printed', 'one').then(() => post('/printed', '茶')).then(() => post('/over'));`);
  assert.deepEqual(await inChromium({ entry, limitMs: LIMIT_MS }), { why: undefined, printed: 'one\n茶' });
});

test('a script that breaks is no success', async () => {
  const { why } = await inChromium({ entry: script('throw new Error("broken");'), limitMs: LIMIT_MS });
  assert.match(why, /the script broke: .*broken/);
});

test('a script that never ends is ended', async () => {
  const { why, printed } = await inChromium({ entry: script(`${POST} post('/printed', 'still here'); for (;;);`), limitMs: 3000 });
  assert.match(why, /not over after 3000 ms/);
  assert.match(printed, /^(still here)?$/);
});

test('a machine without the browser says so', async () => {
  const { PATH } = process.env;
  process.env.PATH = folder;
  try {
    assert.match((await inChromium({ entry: script(''), limitMs: LIMIT_MS })).why, /chromium does not start: .*ENOENT/);
  } finally {
    process.env.PATH = PATH;
  }
});

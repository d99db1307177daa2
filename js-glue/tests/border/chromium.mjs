/**
 * Runs the border suite in headless Chromium: `node chromium.mjs [--slow-promise] [--without-wasm]`.
 * Exits 0 only if every case was run and passed.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inChromium } from './browser.mjs';
import { complaint } from './verdict.mjs';

/** A suite that hangs is a failure; this is many times what it needs. */
const LIMIT_MS = 120_000;

const options = { 'slow-promise': { type: 'boolean' }, 'without-wasm': { type: 'boolean' } };
const { values } = parseArgs({ options });
const entry = join(dirname(fileURLToPath(import.meta.url)), 'in-chromium.mjs');
const { why, printed } = await inChromium({ entry, query: '?' + Object.keys(values).join('&'), limitMs: LIMIT_MS });
console.log(['chromium', ...process.argv.slice(2)].join(' '));
console.log(printed);
const wrong = why ?? complaint(printed, { withWasm: !values['without-wasm'], slowPromise: values['slow-promise'] === true });
if (wrong !== undefined) console.error(`chromium: ${wrong}`);
process.exitCode = wrong === undefined ? 0 : 1;

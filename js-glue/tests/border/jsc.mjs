/**
 * Runs the border suite in JavaScriptCore's shell: `node jsc.mjs [--slow-promise] [JSC_OPTION...]`.
 * Exits 0 only if every case was run and passed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { complaint } from './verdict.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, '../../dist');

/** A suite that hangs is a failure; this is many times what it needs. */
const LIMIT_MS = 300_000;

const options = process.argv.slice(2);
const slowPromise = options.includes('--slow-promise');
const engine = options.filter(option => option !== '--slow-promise');
const folder = mkdtempSync(join(tmpdir(), 'wx-checkout-jsc-'));
try {
  const script = join(folder, 'suite.js');
  await esbuild.build({ entryPoints: [join(here, 'in-jsc.mjs')], bundle: true, format: 'iife', target: 'es2020', outfile: script, logLevel: 'warning' });
  const more = slowPromise ? [join(here, 'slow-promise.js')] : [];
  const { status, stdout, stderr, error } = spawnSync('jsc', [...engine, script, '--', dist, ...more], { encoding: 'utf8', timeout: LIMIT_MS });
  console.log(`jsc ${options.join(' ')}`);
  process.stdout.write(stdout ?? '');
  process.stderr.write(stderr ?? '');
  const asked = { withWasm: !engine.includes('--useWasm=false'), slowPromise };
  let wrong = complaint(stdout ?? '', asked);
  if (wrong === undefined && status !== 0) wrong = `jsc ended with ${error?.code ?? status}`;
  if (wrong === undefined && /invalid option/.test(stderr)) wrong = 'jsc does not know its options';
  if (wrong !== undefined) console.error(`jsc: ${wrong}`);
  process.exitCode = wrong === undefined ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

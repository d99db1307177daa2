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

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, '../../dist');

/** A suite that hangs is a failure; this is many times what it needs. */
const LIMIT_MS = 300_000;

const options = process.argv.slice(2);
const slow = options.includes('--slow-promise');
const folder = mkdtempSync(join(tmpdir(), 'wx-checkout-jsc-'));
try {
  const script = join(folder, 'suite.js');
  await esbuild.build({ entryPoints: [join(here, 'in-jsc.mjs')], bundle: true, format: 'iife', target: 'es2020', outfile: script, logLevel: 'warning' });
  const engine = options.filter(option => option !== '--slow-promise');
  const more = slow ? ['slow-promise', join(here, 'slow-promise.js')] : [];
  const { status, stdout, stderr, error } = spawnSync('jsc', [...engine, script, '--', dist, ...more], { encoding: 'utf8', timeout: LIMIT_MS });
  console.log(`jsc ${options.join(' ')}`);
  process.stdout.write(stdout ?? '');
  process.stderr.write(stderr ?? '');
  const [, passed, failed] = /^# pass (\d+)\n# fail (\d+)$/m.exec(stdout ?? '') ?? [];
  if (passed === undefined) console.error(`jsc ended before the suite did (${error?.code ?? `exit code ${status}`})`);
  // The shell goes on after an option that it does not know.
  const without = options.includes('--useWasm=false');
  const asAsked = stdout?.includes(without ? 'WebAssembly is missing' : 'WebAssembly is there') && !/invalid option/.test(stderr);
  if (!asAsked) console.error('jsc did not take its options');
  process.exitCode = passed > 0 && failed === '0' && status === 0 && asAsked ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

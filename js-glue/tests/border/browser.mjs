/** A script in a worker of headless Chromium, and what it prints. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, '../../dist');

const PAGE = `<!doctype html><title>border</title><script>
const worker = new Worker('/worker.js' + location.search);
worker.onerror = ({ message }) => fetch('/broken', { method: 'POST', body: message });
</script>`;

const FLAGS = [
  '--headless', '--no-first-run', '--no-default-browser-check', '--no-proxy-server', '--disable-gpu', '--disable-dev-shm-usage',
  '--disable-extensions', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  // Bound to the pipe that this process holds: the browser ends with it, however it ends.
  '--remote-debugging-pipe',
];

/**
 * Runs the module `entry` in a worker whose address has `query`, until it posts to /over. It may GET
 * /package/FILE and /slow-promise.js, and POST what it prints to /printed.
 *
 * Gives what was printed and, where the script did not get to its end within `limitMs`, why.
 */
export async function inChromium({ entry, query = '', limitMs }) {
  const { outputFiles } = await esbuild.build({ entryPoints: [entry], bundle: true, format: 'iife', target: 'es2020', write: false, logLevel: 'warning' });
  const printed = [];
  let end;
  const ended = new Promise(resolve => (end = resolve));
  const server = createServer((request, response) => {
    handle(request, response).catch(error => {
      end(error.message);
      response.writeHead(500).end();
    });
  });
  async function handle(request, response) {
    const [path] = request.url.split('?');
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const answer = (type, body) => response.writeHead(200, { 'Content-Type': type }).end(body);
    if (path === '/') return answer('text/html; charset=utf-8', PAGE);
    if (path === '/worker.js') return answer('text/javascript; charset=utf-8', outputFiles[0].contents);
    if (path === '/slow-promise.js') return answer('text/plain; charset=utf-8', readFileSync(join(here, 'slow-promise.js')));
    const [, file] = /^\/package\/([\w.-]+)$/.exec(path) ?? [];
    if (file) return answer('application/octet-stream', readFileSync(join(dist, file)));
    if (path === '/printed') printed.push(text);
    else if (path === '/broken') end(`the script broke: ${text}`);
    else if (path === '/over') end();
    else return response.writeHead(404).end();
    answer('text/plain', '');
  }
  const profile = mkdtempSync(join(tmpdir(), 'wx-checkout-chromium-'));
  const limit = setTimeout(() => end(`it was not over after ${limitMs} ms`), limitMs);
  let kill;
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    kill = open(`http://127.0.0.1:${server.address().port}/${query}`, profile, end);
    return { why: await ended, printed: printed.join('\n') };
  } finally {
    clearTimeout(limit);
    await kill?.();
    server.close();
    server.closeAllConnections();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Opens the address in a browser that is on the PATH; gives the function that ends it. */
function open(address, profile, end) {
  // As root, in a container for instance, Chromium does not run otherwise.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const flags = [...FLAGS, ...sandbox, `--user-data-dir=${profile}`, address];
  // A process group of its own: what the browser started ends with it.
  const browser = spawn('chromium', flags, { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
  let said = '';
  browser.stderr.on('data', chunk => (said = (said + chunk).slice(-2000)));
  // What it says about pages on its pipe is of no interest, but must not fill the pipe.
  browser.stdio[4].resume();
  browser.stdio.forEach(pipe => pipe?.on('error', () => {}));
  const gone = new Promise(resolve => {
    browser.on('error', error => resolve(`chromium does not start: ${error.message}`));
    browser.on('exit', (code, signal) => resolve(`chromium ended (${signal ?? code}): ${said}`));
  });
  gone.then(end);
  return async () => {
    if (browser.pid === undefined) return;
    try {
      process.kill(-browser.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    await gone;
  };
}

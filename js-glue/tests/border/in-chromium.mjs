/**
 * The border suite inside Chromium, in a worker: a realm of V8 with none of the browser's names that
 * cannot be taken away, `window` and `document` above all. The address says what it is run with.
 */
import { runAlone } from './alone.mjs';

const realm = globalThis;
const { WebAssembly, XMLHttpRequest, URLSearchParams } = realm;
const setTimeout = withoutClamp(realm.setTimeout.bind(realm), new realm.MessageChannel());
const asked = new URLSearchParams(realm.location.search);

/** Waits for the answer, as the file functions of a shell do; what is printed arrives in its order. */
function http(method, path, type, body) {
  const request = new XMLHttpRequest();
  request.open(method, path, false);
  request.responseType = type;
  request.send(body);
  if (request.status !== 200) throw new Error(`${method} ${path}: ${request.status}`);
  return request.response;
}

/** A browser stretches rounds of setTimeout(0) to 4 ms each; the old Promise takes thousands of them. */
function withoutClamp(setTimeout, { port1, port2 }) {
  const due = [];
  port1.onmessage = () => due.shift()();
  return (run, ms) => {
    if (ms > 0) return void setTimeout(run, ms);
    due.push(run);
    port2.postMessage(null);
  };
}

runAlone(realm, {
  WebAssembly: asked.has('without-wasm') ? undefined : WebAssembly,
  setTimeout,
  readText: file => http('GET', '/package/' + file, 'text'),
  readBytes: file => http('GET', '/package/' + file, 'arraybuffer'),
  slowPromise: asked.has('slow-promise') ? http('GET', '/slow-promise.js', 'text') : undefined,
  print: text => http('POST', '/printed', 'text', text),
}).then(
  () => http('POST', '/over', 'text'),
  error => {
    http('POST', '/printed', 'text', `the suite did not run: ${error && error.stack}`);
    http('POST', '/over', 'text');
  },
);

/**
 * The border suite inside JavaScriptCore's shell, which has neither modules nor tests.
 * Arguments: the package's folder and, for a Promise that resolves by setTimeout, the file of it.
 */
import { runAlone } from './alone.mjs';

const realm = globalThis;
const { WebAssembly, setTimeout, readFile, print, quit } = realm;
const [folder, slowPromise] = realm.arguments;

runAlone(realm, {
  WebAssembly,
  setTimeout,
  readText: file => readFile(`${folder}/${file}`),
  readBytes: file => readFile(`${folder}/${file}`, 'binary'),
  slowPromise: slowPromise && readFile(slowPromise),
  print,
}).then(quit, error => {
  print(`the suite did not run: ${error && error.message}`);
  quit(1);
});

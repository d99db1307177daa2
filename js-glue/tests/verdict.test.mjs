/** A run of the border suite in another engine can fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import { runAlone } from './border/alone.mjs';
import { MISSING_ON_PHONES } from './border/missing.mjs';
import { border } from './border/suite.mjs';
import { complaint } from './border/verdict.mjs';

const ASKED = { withWasm: true, slowPromise: false };
const REALM = 'WebAssembly is there, Promise is the engine\'s\n';

test('a run is believed only if every case was run and passed, as it was asked for', () => {
  assert.equal(complaint(REALM + 'ok - a\n# pass 1\n# fail 0', ASKED), undefined);
  assert.match(complaint(REALM + '# pass 1\n# fail 1', ASKED), /1 cases failed/);
  assert.match(complaint(REALM + '# pass 0\n# fail 0', ASKED), /no case/);
  assert.match(complaint(REALM + 'ok - a', ASKED), /ended before/);
  assert.match(complaint('', ASKED), /not what was asked for/);
  for (const other of [{ withWasm: false, slowPromise: false }, { withWasm: true, slowPromise: true }]) {
    assert.match(complaint(REALM + '# pass 1\n# fail 0', other), /not what was asked for/);
  }
});

test('a package that does not work fails the cases', async () => {
  const printed = [];
  await runAlone(vm.runInContext('this', vm.createContext({})), {
    setTimeout,
    readText: () => 'exports.createCheckout = function () { return Promise.reject(new Error("it does not work")); };',
    print: text => printed.push(text),
  });
  assert.match(complaint(printed.join('\n'), { ...ASKED, withWasm: false }), /^\d+ cases failed$/);
  assert.ok(printed.includes('ok - nothing that a phone lacks is within reach of the package'), printed.join('\n'));
  assert.ok(printed.some(text => text.startsWith('not ok - a purchase is paid')));
});

test('each name that is left in a realm is found by the border suite', async () => {
  for (const name of MISSING_ON_PHONES) {
    await assert.rejects(lookIn({ [name]: 1 }), error => error.message.includes(name), name);
  }
  await lookIn({});
});

/** The case that looks at the realm, in one that has `globals` besides what every phone has. */
async function lookIn(globals) {
  const context = vm.createContext({});
  for (const name of MISSING_ON_PHONES) vm.runInContext(`delete this[${JSON.stringify(name)}]`, context);
  Object.assign(context, globals);
  const run = text => {
    const exports = {};
    vm.runInContext(`(function (exports) {${text}})`, context)(exports);
    return exports;
  };
  const cases = new Map();
  border({ launch: () => ({ run }), test: (name, look) => cases.set(name, look) });
  await cases.get('nothing that a phone lacks is within reach of the package')();
}

/** The border suite's own checks can fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as check from './border/check.mjs';

test('each check lets pass what holds and fails on what does not', async () => {
  check.ok(1);
  assert.throws(() => check.ok(0, 'no'), { message: 'no' });
  check.equal('a', 'a');
  assert.throws(() => check.equal('a', 'b'), /it is a and should be b/);
  check.deepEqual({ a: [1, { b: undefined }] }, { a: [1, { b: undefined }] });
  for (const other of [{ a: [1, { b: null }] }, { a: [1, {}] }, { a: [1] }, { a: 1 }, null, [], { a: [1, { b: undefined }], c: 1 }]) {
    assert.throws(() => check.deepEqual({ a: [1, { b: undefined }] }, other), JSON.stringify(other));
  }
  check.match('tea', /e/);
  assert.throws(() => check.match('tea', /x/));
  assert.throws(() => check.match(undefined, /undefined/));
  check.throws(() => { throw { code: 'busy', message: 'tea' }; }, { code: 'busy', message: /e/ });
  assert.throws(() => check.throws(() => {}, {}), /should have thrown/);
  assert.throws(() => check.throws(() => { throw { code: 'busy' }; }, { code: 'idle' }), /code: it is busy/);
  assert.throws(() => check.throws(() => { throw { code: 'busy' }; }, () => false), /refused otherwise/);
  await check.rejects(Promise.reject({ code: 'busy' }), error => error.code === 'busy');
  await assert.rejects(check.rejects(Promise.resolve(), {}), /should have been rejected/);
  await assert.rejects(check.rejects(Promise.reject({ code: 'busy' }), { code: 'idle' }), /code: it is busy/);
  assert.throws(() => check.fail('here'), { message: 'here' });
});

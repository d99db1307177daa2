import assert from 'node:assert/strict'
import test from 'node:test'
import { describe } from '../hosts/browser/describe.js'

const kind = (event) => {
  const { kind: is, bad } = describe(event, {}, false)
  return [is, bad === true]
}

test('what is odd is a warning, what went wrong an error, the rest of a console neither', () => {
  assert.deepEqual(['log', 'warn', 'error'].map((level) => kind({ event: 'console', level, text: 'x' })), [['phone', false], ['warn', false], ['error', true]])
  assert.deepEqual(['info', 'warn', 'error'].map((level) => kind({ event: 'log', level, values: ['x'] })[0]), ['phone', 'warn', 'error'])
  assert.deepEqual(kind({ event: 'error', message: 'x' }), ['error', true])
})

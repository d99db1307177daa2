import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import test from 'node:test'
import { compileProgram } from '../compile/index.js'

const SHOP = fileURLToPath(new URL('../../miniprogram-demo', import.meta.url))
const require = createRequire(`${SHOP}/app.js`)

test('the tea shop compiles', () => {
  assert.equal(compileProgram(SHOP).app.pages.length, 5)
})

test('both languages say the same things', () => {
  const { zh, en } = require('./texts.js')
  const names = (texts) => Object.entries(texts).flatMap(([name, text]) => (typeof text === 'string' ? [name] : Object.keys(text).map((inner) => `${name}.${inner}`)))
  assert.deepEqual(names(en), names(zh))
})

test('every phase and every action has its words', () => {
  const { zh } = require('./texts.js')
  const phases = ['idle', 'recording', 'signingIn', 'creatingOrder', 'saving', 'paying', 'confirming', 'unpaid', 'unconfirmed', 'closed', 'paid', 'failed']
  const actions = ['payAgain', 'checkAgain', 'sheetClosed', 'abandon', 'setAside', 'acknowledge']
  assert.deepEqual(Object.keys(zh.phase).sort(), phases.sort())
  assert.deepEqual(Object.keys(zh.action).sort(), actions.sort())
})

test('money is written without floating point', () => {
  const { yuan } = require('./lib/money.js')
  assert.deepEqual([1, 10, 6800, 4294967295].map(yuan), ['0.01', '0.10', '68.00', '42949672.95'])
})

test('prices are whole fen and articles differ', () => {
  const catalogue = require('./catalogue.js')
  assert.equal(new Set(catalogue.map(({ sku }) => sku)).size, 7)
  assert.ok(catalogue.every(({ price }) => Number.isInteger(price) && price > 0))
})

test('every kind of line that a trace has can be read', () => {
  const { step } = require('./lib/trace.js')
  const lines = [
    '{"at":1,"event":"Checkpoint","about":{"revision":3}}',
    '{"at":2,"event":"Called","id":5,"about":{"status":200,"body":{}},"state":"Saving","taken":"yes","effects":["Save","Sleep"]}',
    '{"at":3,"event":"Slept","id":6,"state":"Saving","taken":"stale","effects":[]}',
    '{"at":4,"event":"Host","about":{"name":"requestPayment","errMsg":"requestPayment:ok"}}',
  ]
  assert.deepEqual(lines.map(step), [
    { event: 'Checkpoint', state: '', taken: '', effects: '' },
    { event: 'Called', state: 'Saving', taken: '', effects: 'Save · Sleep' },
    { event: 'Slept', state: 'Saving', taken: 'stale', effects: '' },
    { event: 'wx.requestPayment', state: 'requestPayment:ok', taken: '', effects: '' },
  ])
})

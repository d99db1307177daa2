import assert from 'node:assert/strict'
import test from 'node:test'
import { asPage } from './support.js'

const GOOD = { timeStamp: '1700000000', nonceStr: 'n', package: 'prepay_id=wx1', signType: 'RSA', paySign: 's' }

/** @param {import('node:test').TestContext} t @param {object} params @param {(given: any) => Promise<string>} [openSheet] */
const pay = (t, params, openSheet = async () => 'requestPayment:ok') => asPage(t, `return call('requestPayment', ${JSON.stringify(params)})`, { openSheet })

test('the sheet gets the five parameters and nothing else', async (t) => {
  let given
  const { success } = await pay(t, { ...GOOD, other: 1 }, async (params) => {
    given = params
    return 'requestPayment:ok'
  })
  assert.deepEqual(success, { errMsg: 'requestPayment:ok' })
  assert.deepEqual(JSON.parse(JSON.stringify(given)), GOOD)
})

test('a closed sheet and a refusal come back in words of WeChat', async (t) => {
  assert.deepEqual(await pay(t, GOOD, async () => 'requestPayment:fail cancel'), { fail: { errMsg: 'requestPayment:fail cancel' } })
  assert.deepEqual(await pay(t, GOOD, async () => 'requestPayment:fail 支付验证签名失败'), { fail: { errMsg: 'requestPayment:fail 支付验证签名失败' } })
})

const WRONG = [
  ['timeStamp as a number', { timeStamp: 1700000000 }, /parameter\.timeStamp should be String instead of Number;$/],
  ['paySign missing', { paySign: undefined }, /parameter\.paySign should be String instead of Undefined;$/],
  ['package without its prefix', { package: 'wx1' }, /parameter\.package should be "prepay_id=\.\.\."$/],
  ['a nonce of 33 characters', { nonceStr: 'x'.repeat(33) }, /parameter\.nonceStr is longer than 32$/],
]
for (const [name, change, expected] of WRONG) {
  test(`no sheet opens: ${name}`, async (t) => {
    let opened = false
    const { fail } = await pay(t, { ...GOOD, ...change }, async () => {
      opened = true
      return 'requestPayment:ok'
    })
    assert.match(fail.errMsg, expected)
    assert.equal(opened, false)
  })
}

test('one sheet at a time', async (t) => {
  let close
  const answers = await asPage(t, `
    const params = ${JSON.stringify(GOOD)}
    const first = call('requestPayment', params)
    const second = await call('requestPayment', params)
    wx.login()
    return [await first, second]`, {
    openSheet: () => new Promise((resolve) => { close = () => resolve('requestPayment:ok') }),
    login: async () => {
      close()
      return 'code'
    },
  })
  assert.deepEqual(answers, [{ success: { errMsg: 'requestPayment:ok' } }, { fail: { errMsg: 'requestPayment:fail another payment sheet is open' } }])
})

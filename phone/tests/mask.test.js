import assert from 'node:assert/strict'
import test from 'node:test'
import { masked } from '../hosts/browser/mask.js'

const SIGNATURE = Buffer.alloc(256, 7).toString('base64')

test('what would let a reader pay, log in or be someone else is kept back, wherever it stands', () => {
  const event = {
    text: `prepay_id=wx24123456789012345678901234567890ab, Bearer s1.cs9jNRr_gchAMQlqN0sG.HFTBviRkFXFF, ojjkHOUFjKhaquIkOVR8kGygJ3LF, ${SIGNATURE}`,
    values: [{ paySign: 'abc', nested: { token: 't', openid: 'o' } }, 'paySign: "xyz"'],
  }
  assert.deepEqual(masked(event), {
    text: 'prepay_id=***, Bearer s1.***, o***, ***',
    values: [{ paySign: '***', nested: { token: '***', openid: '***' } }, 'paySign: "***"'],
  })
})

test('what a reader needs stays: paths, order numbers, results', () => {
  const event = { url: '/v3/pay/transactions/out-trade-no/963630d61800a1c05176a9327d553b0e', order: 'wxc12e33f28ecf536c6a23', errMsg: 'requestPayment:fail cancel', status: 200, ok: false, none: null }
  assert.deepEqual(masked(event), event)
})

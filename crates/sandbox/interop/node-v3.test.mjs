// npm wechatpay-node-v3. Its base address is fixed, so its own HTTP service is given another one.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { number, openHouse } from './house.mjs'

const require = createRequire(import.meta.url)
const Pay = require('wechatpay-node-v3')
const { PayRequest } = require('wechatpay-node-v3/dist/lib/pay-request')

let house
before(async () => { house = await openHouse() })
after(() => house.close())

/** The SDK's requests, to the sandbox. */
class Local extends PayRequest {
  get(url, headers) { return super.get(here(url), headers) }
  post(url, params, headers) { return super.post(here(url), params, headers) }
}

function here(url) { return url.replace('https://api.mch.weixin.qq.com', house.base) }

/** The SDK as its README starts it: it reads the serial number out of the certificate. */
function sdk(merchant) {
  const pay = new Pay({
    appid: house.identity.appid, mchid: merchant.mchid,
    publicKey: Buffer.from(house.read(merchant.certFile)), privateKey: Buffer.from(house.read(merchant.keyFile)), key: merchant.apiV3Key,
  })
  pay.createHttp(new Local())
  return pay
}

async function verified(pay, merchant, { headers, body }) {
  const genuine = await pay.verifySign({
    timestamp: headers['wechatpay-timestamp'], nonce: headers['wechatpay-nonce'], body, serial: headers['wechatpay-serial'],
    signature: headers['wechatpay-signature'], apiSecret: merchant.apiV3Key,
  })
  assert.equal(genuine, true)
  const { event_type, resource } = JSON.parse(body)
  return { event_type, ...pay.decipher_gcm(resource.ciphertext, resource.associated_data, resource.nonce, merchant.apiV3Key) }
}

for (const [mode, at] of [['public key', 0], ['certificates', 1]]) {
  test(`node-v3, ${mode}: prepay, pay, notification, query, close, refund, its notification and query`, async () => {
    const merchant = house.identity.merchants[at]
    const pay = sdk(merchant)
    // With the public key, the SDK is told it; with certificates it fetches them by itself.
    if (at === 0) Pay.certificates = { [house.identity.publicKeyId]: house.read('wechatpay_public_key.pem') }
    const openid = house.identity.users[0].openid
    const order = (out_trade_no) => ({ description: '西湖龙井 50g', out_trade_no, notify_url: 'https://pay.example.com/notify', amount: { total: 6800 }, payer: { openid } })
    const out_trade_no = number()
    const { status, data: params } = await pay.transactions_jsapi(order(out_trade_no))
    assert.equal(status, 200)
    const { appId, ...parameters } = params
    assert.equal(appId, house.identity.appid)
    assert.deepEqual(await house.control('pay', { ...parameters, openid }), { errMsg: 'requestPayment:ok' })
    const notification = await verified(pay, merchant, await house.notified())
    assert.deepEqual([notification.event_type, notification.out_trade_no, notification.amount.total], ['TRANSACTION.SUCCESS', out_trade_no, 6800])

    const queried = await pay.query({ out_trade_no })
    assert.equal(queried.data.trade_state, 'SUCCESS')
    assert.equal((await pay.query({ transaction_id: queried.data.transaction_id })).data.out_trade_no, out_trade_no)
    assert.equal((await pay.close(out_trade_no)).status, 400, 'paid')
    const unpaid = number()
    await pay.transactions_jsapi(order(unpaid))
    assert.equal((await pay.close(unpaid)).status, 204)
    assert.equal((await pay.query({ out_trade_no: unpaid })).data.trade_state, 'CLOSED')

    const out_refund_no = number('R')
    const accepted = await pay.refunds({ out_trade_no, out_refund_no, notify_url: 'https://pay.example.com/refunded', amount: { refund: 6800, total: 6800, currency: 'CNY' } })
    assert.equal(accepted.data.status, 'PROCESSING')
    const refunded = await verified(pay, merchant, await house.notified())
    assert.deepEqual([refunded.event_type, refunded.out_refund_no], ['REFUND.SUCCESS', out_refund_no])
    assert.equal((await pay.find_refunds(out_refund_no)).data.status, 'SUCCESS')
  })
}

test('node-v3: a merchant with the public key alone that asks for certificates is told so', async () => {
  const merchant = house.identity.merchants[0]
  await assert.rejects(sdk(merchant).get_certificates(merchant.apiV3Key), /拉取平台证书失败/)
})

// npm wechatpay-axios-plugin, which verifies every answer by itself.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { number, openHouse } from './house.mjs'

const { Aes, Formatter, Hash, Rsa, Transformer, Wechatpay } = createRequire(import.meta.url)('wechatpay-axios-plugin')
const ACKNOWLEDGED = '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>'

let house
before(async () => { house = await openHouse((body) => (body.startsWith('<') ? { status: 200, body: ACKNOWLEDGED } : { status: 204, body: '' })) })
after(() => house.close())

/** The SDK for one merchant, with the keys that it knows WeChat Pay by. */
function sdk(merchant, certs) {
  return new Wechatpay({
    mchid: merchant.mchid,
    serial: merchant.merchantSerial,
    privateKey: house.read(merchant.keyFile),
    secret: merchant.apiV2Key,
    certs,
    baseURL: `${house.base}/`,
  })
}

const publicKey = () => ({ [house.identity.publicKeyId]: house.read('wechatpay_public_key.pem') })
const certificates = () => Object.fromEntries(house.identity.merchants[1].platformCertificates.map(({ serial, file }) => [serial, house.read(file)]))

const order = (merchant, out_trade_no) => ({
  appid: house.identity.appid, mchid: merchant.mchid, description: '西湖龙井 50g', out_trade_no,
  notify_url: 'https://pay.example.com/notify', amount: { total: 6800 }, payer: { openid: house.identity.users[0].openid },
})

/** Signs as the SDK's documentation shows, and pays. */
async function pay(merchant, prepay_id) {
  const params = { appId: house.identity.appid, timeStamp: `${Formatter.timestamp()}`, nonceStr: Formatter.nonce(), package: `prepay_id=${prepay_id}`, signType: 'RSA' }
  const message = Formatter.joinedByLineFeed(params.appId, params.timeStamp, params.nonceStr, params.package)
  params.paySign = Rsa.sign(message, house.read(merchant.keyFile))
  return house.control('pay', { ...params, openid: house.identity.users[0].openid })
}

/** Verifies and decrypts a notification with the SDK's functions. */
function open({ headers, body }, merchant, certs) {
  const message = Formatter.response(headers['wechatpay-timestamp'], headers['wechatpay-nonce'], body)
  assert.ok(Rsa.verify(message, headers['wechatpay-signature'], certs[headers['wechatpay-serial']]), 'the signature verifies')
  const { event_type, resource } = JSON.parse(body)
  return { event_type, ...JSON.parse(Aes.AesGcm.decrypt(resource.ciphertext, merchant.apiV3Key, resource.nonce, resource.associated_data)) }
}

for (const [mode, at, keys] of [['public key', 0, publicKey], ['certificates', 1, certificates]]) {
  test(`axios-plugin, ${mode}: prepay, pay, notification, query, refund, its notification and query`, async () => {
    const merchant = house.identity.merchants[at]
    const certs = keys()
    const wxpay = sdk(merchant, certs)
    const out_trade_no = number()
    const { data: { prepay_id } } = await wxpay.v3.pay.transactions.jsapi.post(order(merchant, out_trade_no))
    assert.deepEqual(await pay(merchant, prepay_id), { errMsg: 'requestPayment:ok' })

    const notification = open(await house.notified(), merchant, certs)
    assert.equal(notification.event_type, 'TRANSACTION.SUCCESS')
    assert.equal(notification.out_trade_no, out_trade_no)
    assert.equal(notification.amount.total, 6800)

    const queried = await wxpay.v3.pay.transactions.outTradeNo.$out_trade_no$.get({ params: { mchid: merchant.mchid }, out_trade_no })
    assert.equal(queried.data.trade_state, 'SUCCESS')
    const byId = await wxpay.v3.pay.transactions.id.$transaction_id$.get({ params: { mchid: merchant.mchid }, transaction_id: queried.data.transaction_id })
    assert.equal(byId.data.out_trade_no, out_trade_no)

    const out_refund_no = number('R')
    const refund = { out_trade_no, out_refund_no, notify_url: 'https://pay.example.com/refunded', amount: { refund: 100, total: 6800, currency: 'CNY' } }
    const accepted = await wxpay.v3.refund.domestic.refunds.post(refund)
    assert.equal(accepted.data.status, 'PROCESSING')
    // A real wait of three seconds: this SDK has its own clock.
    const refunded = open(await house.notified(), merchant, certs)
    assert.equal(refunded.event_type, 'REFUND.SUCCESS')
    assert.equal(refunded.out_refund_no, out_refund_no)
    const refundQuery = await wxpay.v3.refund.domestic.refunds.$out_refund_no$.get({ out_refund_no })
    assert.equal(refundQuery.data.status, 'SUCCESS')
  })

  test(`axios-plugin, ${mode}: close is 204, signed, and a closed order is refused`, async () => {
    const merchant = house.identity.merchants[at]
    const wxpay = sdk(merchant, keys())
    const out_trade_no = number()
    await wxpay.v3.pay.transactions.jsapi.post(order(merchant, out_trade_no))
    const closed = await wxpay.v3.pay.transactions.outTradeNo.$out_trade_no$.close.post({ mchid: merchant.mchid }, { out_trade_no })
    assert.equal(closed.status, 204)
    await assert.rejects(wxpay.v3.pay.transactions.jsapi.post(order(merchant, out_trade_no)), (error) => {
      assert.equal(error.response.status, 400)
      assert.equal(error.response.data.code, 'ORDER_CLOSED')
      return true
    })
  })
}

test('axios-plugin: certificates are decrypted, and are the files', async () => {
  const merchant = house.identity.merchants[1]
  const { data: { data } } = await sdk(merchant, certificates()).v3.certificates.get()
  for (const [at, { serial_no, encrypt_certificate: sealed }] of data.entries()) {
    const pem = Aes.AesGcm.decrypt(sealed.ciphertext, merchant.apiV3Key, sealed.nonce, sealed.associated_data)
    assert.equal(pem, house.read(merchant.platformCertificates[at].file))
    assert.equal(serial_no, merchant.platformCertificates[at].serial)
  }
})

test('axios-plugin: an answer with a stranger\'s signature is not believed', async () => {
  const merchant = house.identity.merchants[0]
  const wxpay = sdk(merchant, publicKey())
  for (const fault of ['wrong_key', 'unknown_serial', 'stale_timestamp', 'unsigned_answer', 'probe']) {
    await assert.rejects(wxpay.v3.pay.transactions.jsapi.post(order(merchant, number()), { headers: { 'Wechatpay-Negative-Test': fault } }), /EV3_RES|signature|Cannot found|time offset|Headers incomplete|Verify/i, fault)
  }
})

for (const sign_type of ['MD5', 'HMAC-SHA256']) {
  test(`axios-plugin, v2 ${sign_type}: unifiedorder, pay, notification, orderquery, refund`, async () => {
    const merchant = house.identity.merchants[0]
    const { appid, users: [{ openid }] } = house.identity
    const wxpay = sdk(merchant, publicKey())
    const common = () => ({ appid, mch_id: merchant.mchid, nonce_str: Formatter.nonce(), sign_type })
    const out_trade_no = number()
    const { data: made } = await wxpay.v2.pay.unifiedorder.post({
      ...common(), body: '西湖龙井 50g', out_trade_no, total_fee: 6800, spbill_create_ip: '203.0.113.7', notify_url: 'https://pay.example.com/v2', trade_type: 'JSAPI', openid,
    })
    assert.equal(made.result_code, 'SUCCESS')
    const params = { appId: appid, timeStamp: `${Formatter.timestamp()}`, nonceStr: Formatter.nonce(), package: `prepay_id=${made.prepay_id}`, signType: sign_type }
    params.paySign = Hash.sign(sign_type, params, merchant.apiV2Key)
    assert.deepEqual(await house.control('pay', { ...params, openid }), { errMsg: 'requestPayment:ok' })

    const fields = Transformer.toObject((await house.notified()).body)
    assert.equal(Hash.sign(sign_type, Object.fromEntries(Object.entries(fields).filter(([name]) => name !== 'sign')), merchant.apiV2Key), fields.sign)
    assert.equal(fields.out_trade_no, out_trade_no)

    const { data: queried } = await wxpay.v2.pay.orderquery.post({ ...common(), out_trade_no })
    assert.equal(queried.trade_state, 'SUCCESS')
    const { data: refunded } = await wxpay.v2.secapi.pay.refund.post({ ...common(), out_trade_no, out_refund_no: number('R'), total_fee: 6800, refund_fee: 6800 })
    assert.equal(refunded.refund_fee, '6800')
  })
}

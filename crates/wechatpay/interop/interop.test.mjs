// What the wechatpay crate signs, two independent SDKs verify; what they sign and encrypt, it
// verifies and opens. The keys are made here, and the certificates are the crate's test vectors.

import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, describe, test } from 'node:test'

import axiosPlugin from 'wechatpay-axios-plugin'
import nodeV3 from 'wechatpay-node-v3'

import { Library } from './library.mjs'

const { Aes, Formatter, Hash, Rsa, Transformer } = axiosPlugin

const library = new Library()
after(() => library.close())

const pair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
const merchant = pair()
const wechat = pair()

const appid = 'wx0123456789abcdef'
const mchid = '1900000001'
const serial = '7132D72A03E93CDDF8C03BBD1F37EEDF'
const publicKeyId = 'PUB_KEY_ID_0119000000012026'
const apiV3Key = '0123456789abcdef0123456789ABCDEF'
const apiV2Key = 'v2key0123456789v2key0123456789v2'
const signer = { mchid, serial, key: merchant.privateKey }
const keys = { public_key: [publicKeyId, wechat.publicKey], certificate: null }
const now = Math.floor(Date.now() / 1000)
const nonce = () => randomBytes(16).toString('hex')

// As WeChat's side signs: by the first SDK.
function signed(body, serial = publicKeyId, key = wechat.privateKey) {
  const [timestamp, n] = [String(now), nonce()]
  return { timestamp, nonce: n, signature: Rsa.sign(Formatter.response(timestamp, n, body), key), serial }
}

const pay = new nodeV3({
  appid,
  mchid,
  serial_no: serial,
  // It wants a merchant's certificate where it has no serial number, and any key otherwise.
  publicKey: Buffer.from(merchant.publicKey),
  privateKey: Buffer.from(merchant.privateKey),
  key: apiV3Key,
})

const order = {
  description: '西湖龙井 50g <特级> & "明前"',
  out_trade_no: '0123456789abcdef0123456789abcdef',
  notify_url: 'https://pay.example.com/notify/v3/payment',
  time_expire: '2030-01-02T03:04:05+08:00',
  total: 6800,
  openid: 'oPayerOne0000000000000000001',
}

describe('v3: what the merchant signs', () => {
  const requests = [
    ['POST', '/v3/pay/transactions/jsapi', JSON.stringify({ description: '西湖龙井', amount: { total: 6800 } })],
    ['GET', `/v3/pay/transactions/out-trade-no/${order.out_trade_no}?mchid=${mchid}`, ''],
    ['GET', '/v3/refund/domestic/refunds/a%7Cb%2A%40', ''],
  ]
  for (const [method, path, body] of requests) {
    test(`a request: ${method} ${path.split('?')[0]}`, async () => {
      const n = nonce()
      const header = await library.ask('authorization', { signer, method, path, timestamp: now, nonce: n, body })
      const fields = Object.fromEntries([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
      assert.deepEqual(
        { ...fields, signature: undefined },
        { mchid, nonce_str: n, timestamp: String(now), serial_no: serial, signature: undefined },
      )
      assert.ok(Rsa.verify(Formatter.request(method, path, String(now), n, body), fields.signature, merchant.publicKey))
      // The scheme has no randomness of its own: both SDKs come to the same signature.
      assert.equal(fields.signature, Rsa.sign(Formatter.request(method, path, String(now), n, body), merchant.privateKey))
      const other = pay.getSignature(method, n, String(now), path, body)
      assert.equal(header, pay.getAuthorization(n, String(now), other))
    })
  }

  test('a request of an SDK, signed again, has the same signature', async () => {
    const sent = []
    pay.createHttp({
      post: async (url, params, headers) => {
        sent.push({ url, params, headers })
        return { status: 200, data: { prepay_id: 'wx26112209460310000000000000000001' } }
      },
    })
    const { openid, total, ...rest } = order
    const { data } = await pay.transactions_jsapi({ ...rest, amount: { total, currency: 'CNY' }, payer: { openid } })
    const [{ url, params, headers }] = sent
    const field = name => new RegExp(`${name}="([^"]*)"`).exec(headers.Authorization)[1]
    const header = await library.ask('authorization', {
      signer,
      method: 'POST',
      path: new URL(url).pathname,
      timestamp: Number(field('timestamp')),
      nonce: field('nonce_str'),
      body: JSON.stringify(params),
    })
    assert.equal(header, headers.Authorization)
    // And it asks with the same fields.
    const ours = await library.ask('prepay', { payee: { appid, mchid }, order })
    assert.deepEqual(ours, params)
    // And opens the sheet with the same parameters.
    const { appId, ...parameters } = data
    const signedByUs = await library.ask('pay_sign', {
      signer,
      appid: appId,
      prepay_id: parameters.package.slice('prepay_id='.length),
      timestamp: Number(parameters.timeStamp),
      nonce: parameters.nonceStr,
    })
    assert.deepEqual(signedByUs, parameters)
  })

  test('paySign', async () => {
    const [prepay_id, n] = ['wx26112209460310000000000000000002', nonce()]
    const parameters = await library.ask('pay_sign', { signer, appid, prepay_id, timestamp: now, nonce: n })
    const message = Formatter.joinedByLineFeed(appid, String(now), n, `prepay_id=${prepay_id}`)
    assert.ok(Rsa.verify(message, parameters.paySign, merchant.publicKey))
    assert.equal(parameters.paySign, pay.sha256WithRsa(message))
    const { paySign, ...rest } = parameters
    assert.deepEqual(rest, { timeStamp: String(now), nonceStr: n, package: `prepay_id=${prepay_id}`, signType: 'RSA' })
  })
})

describe("v3: what WeChat's side signs", () => {
  const bodies = ['{"prepay_id":"wx261122"}', '', '{"message":"订单不存在 🍵"}']
  for (const body of bodies) {
    test(`an answer of ${Buffer.byteLength(body)} bytes`, async () => {
      const headers = signed(body)
      assert.equal(await library.ask('verify', { keys, headers, body, now }), true)
      await assert.rejects(library.ask('verify', { keys, headers, body: body + ' ', now }), /does not verify/)
      await assert.rejects(library.ask('verify', { keys, headers, body, now: now + 301 }), /off/)
      const probe = { ...headers, signature: `WECHATPAY/SIGNTEST/${headers.signature}` }
      await assert.rejects(library.ask('verify', { keys, headers: probe, body, now }), /does not verify/)
    })
  }

  test('an answer that both verify, and a forgery that neither does', async () => {
    nodeV3.certificates = { [publicKeyId]: wechat.publicKey }
    const body = JSON.stringify({ out_trade_no: order.out_trade_no, trade_state: 'SUCCESS' })
    const headers = signed(body)
    assert.equal(await pay.verifySign({ ...headers, body }), true)
    assert.equal(await library.ask('verify', { keys, headers, body, now }), true)
    const forged = signed(body, publicKeyId, merchant.privateKey)
    assert.equal(await pay.verifySign({ ...forged, body }), false)
    await assert.rejects(library.ask('verify', { keys, headers: forged, body, now }), /does not verify/)
  })

  for (const file of ['platform_certificate_2026.pem', 'platform_certificate_2030.pem']) {
    test(`a platform certificate has the serial number that an SDK reads in it: ${file}`, async () => {
      const pem = readFileSync(new URL(`../vectors/${file}`, import.meta.url), 'utf8')
      // The SDK keeps the zero that DER puts before a number whose first bit is set.
      const serialOfSdk = pay.getSN(pem).toUpperCase().replace(/^00/, '')
      assert.equal(serialOfSdk, new X509Certificate(pem).serialNumber)
      const at = new Date(new X509Certificate(pem).validFrom).getTime() / 1000 + 60
      const headers = { timestamp: String(at), nonce: nonce(), signature: 'AAAA', serial: serialOfSdk }
      const only = { public_key: null, certificate: pem }
      // Known, and wrong: under another serial number it would not be known.
      await assert.rejects(library.ask('verify', { keys: only, headers, body: '', now: at }), /signature does not verify/)
      const other = { ...headers, serial: 'AA' }
      await assert.rejects(library.ask('verify', { keys: only, headers: other, body: '', now: at }), /not configured/)
    })
  }

  const transaction = {
    appid,
    mchid,
    out_trade_no: order.out_trade_no,
    transaction_id: '4200001234202601010000000001',
    trade_state: 'SUCCESS',
    success_time: '2026-01-02T03:04:05+08:00',
    payer: { openid: order.openid },
    amount: { total: 6800, payer_total: 6700, currency: 'CNY', payer_currency: 'CNY' },
  }
  const refund = {
    mchid,
    out_trade_no: order.out_trade_no,
    transaction_id: transaction.transaction_id,
    out_refund_no: 'dup-4200001234202601010000000001',
    refund_id: '50300001',
    refund_status: 'SUCCESS',
    success_time: '2026-01-03T03:04:05+08:00',
    amount: { total: 6800, refund: 800, payer_total: 6700, payer_refund: 700 },
  }
  const notification = (event_type, original_type, resource, key = apiV3Key) => {
    const iv = randomBytes(6).toString('hex')
    return JSON.stringify({
      id: 'EV-1',
      create_time: '2026-01-02T03:04:05+08:00',
      resource_type: 'encrypt-resource',
      event_type,
      summary: '支付成功',
      resource: {
        original_type,
        algorithm: 'AEAD_AES_256_GCM',
        ciphertext: Aes.AesGcm.encrypt(JSON.stringify(resource), key, iv, original_type),
        associated_data: original_type,
        nonce: iv,
      },
    })
  }

  test('a payment notification', async () => {
    const body = notification('TRANSACTION.SUCCESS', 'transaction', transaction)
    const opened = await library.ask('open', { keys, headers: signed(body), body, now, api_v3_key: apiV3Key })
    assert.deepEqual(opened, {
      out_trade_no: order.out_trade_no,
      total: 6800,
      transaction_id: transaction.transaction_id,
      openid: order.openid,
    })
    // The second SDK reads the same in it.
    const { ciphertext, associated_data, nonce } = JSON.parse(body).resource
    assert.deepEqual(pay.decipher_gcm(ciphertext, associated_data, nonce, apiV3Key), transaction)
  })

  test('a refund notification', async () => {
    const body = notification('REFUND.SUCCESS', 'refund', refund)
    const opened = await library.ask('open', { keys, headers: signed(body), body, now, api_v3_key: apiV3Key })
    assert.equal(opened.out_refund_no, refund.out_refund_no)
    assert.deepEqual([opened.mchid, opened.refund], [mchid, 800])
    assert.match(opened.state, /^Success/)
  })

  test('a notification encrypted for another merchant', async () => {
    const body = notification('TRANSACTION.SUCCESS', 'transaction', transaction, 'another0key0another0key0another0')
    const asked = library.ask('open', { keys, headers: signed(body), body, now, api_v3_key: apiV3Key })
    await assert.rejects(asked, /does not decrypt/)
  })
})

for (const sign_type of ['MD5', 'HMAC-SHA256']) {
  describe(`v2 with ${sign_type}`, () => {
    const v2 = { appid, mchid, key: apiV2Key, sign_type }
    const { verifier, request } = new Transformer(mchid, apiV2Key)
    const read = Transformer.toObject

    // What the SDK sends: signed fields as XML.
    const written = data => request.reduce((data, step) => step.call({ method: 'POST', url: '/pay/unifiedorder' }, data), data)

    test('a unified order verifies', async () => {
      const v2Order = { ...order, payer_ip: '203.0.113.9', notify_url: 'https://pay.example.com/notify/v2/payment' }
      const message = await library.ask('unified_order', { merchant: v2, nonce: nonce(), order: v2Order })
      const fields = read(message)
      assert.equal(fields.body, order.description, 'markup and Chinese survive')
      assert.deepEqual(
        [fields.total_fee, fields.trade_type, fields.time_expire, fields.spbill_create_ip],
        ['6800', 'JSAPI', '20300102030405', '203.0.113.9'],
      )
      assert.equal(fields.sign, Hash.sign(sign_type, fields, apiV2Key))
    })

    test('a refund verifies', async () => {
      const question = { merchant: v2, nonce: nonce(), out_refund_no: 'a|b*@_-1', refund: 1, total: 6800, reason: '缺货 & <退>' }
      const fields = read(await library.ask('refund_v2', question))
      assert.deepEqual([fields.out_refund_no, fields.refund_fee, fields.refund_desc], ['a|b*@_-1', '1', '缺货 & <退>'])
      assert.equal(fields.sign, Hash.sign(sign_type, fields, apiV2Key))
    })

    test('paySign verifies', async () => {
      const [prepay_id, n] = ['wx2611220946031', nonce()]
      const parameters = await library.ask('pay_sign_v2', { merchant: v2, prepay_id, timestamp: now, nonce: n })
      const { paySign, ...rest } = parameters
      assert.equal(rest.signType, sign_type)
      assert.equal(paySign, Hash.sign(sign_type, { appId: appid, ...rest }, apiV2Key))
    })

    test('a message of the SDK verifies, and a changed one does not', async () => {
      const data = { appid, mch_id: mchid, sign_type, body: '试饮装 <5g> & "茶"', total_fee: '1', attach: '' }
      const message = written(data)
      const fields = await library.ask('verify_v2', { merchant: v2, message })
      assert.deepEqual([fields.body, fields.total_fee], [data.body, '1'])
      const changed = message.replace('<total_fee>1<', '<total_fee>2<')
      assert.notEqual(changed, message)
      await assert.rejects(library.ask('verify_v2', { merchant: v2, message: changed }), /does not verify/)
    })

    test('a payment notification, with and without sign_type', async () => {
      for (const named of [{ sign_type }, {}]) {
        const fields = {
          return_code: 'SUCCESS',
          result_code: 'SUCCESS',
          appid,
          mch_id: mchid,
          nonce_str: nonce(),
          openid: order.openid,
          out_trade_no: order.out_trade_no,
          transaction_id: '4200001234',
          total_fee: '6800',
          cash_fee: '6700',
          time_end: '20260102030405',
          ...named,
        }
        const message = Transformer.toXml({ ...fields, sign: Hash.sign(sign_type, fields, apiV2Key) })
        assert.deepEqual(await library.ask('payment_v2', { merchant: v2, message }), {
          out_trade_no: order.out_trade_no,
          total: 6800,
          transaction_id: '4200001234',
          success_time: '2026-01-02T03:04:05+08:00',
        })
        // The SDK takes it as well.
        assert.equal(verifier.call({ url: '/pay/unifiedorder' }, read(message)).out_trade_no, order.out_trade_no)
      }
    })

    test('a refund notification', async () => {
      const inner = {
        out_refund_no: 'r1',
        refund_id: '50300001',
        out_trade_no: order.out_trade_no,
        transaction_id: '4200001234',
        refund_status: 'SUCCESS',
        refund_fee: '800',
        total_fee: '6800',
        success_time: '2026-01-03 03:04:05',
      }
      const text = Transformer.toXml(inner).replace('<xml>', '<root>').replace('</xml>', '</root>')
      const key = createHash('md5').update(apiV2Key).digest('hex')
      const req_info = Aes.AesEcb.encrypt(text, key)
      const message = Transformer.toXml({ return_code: 'SUCCESS', appid, mch_id: mchid, nonce_str: nonce(), req_info })
      const hint = await library.ask('refund_hint_v2', { merchant: v2, message })
      assert.deepEqual([hint.out_refund_no, hint.refund], ['r1', 800])
      assert.match(hint.state, /^Success/)
    })
  })
}

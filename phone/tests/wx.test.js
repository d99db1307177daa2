import assert from 'node:assert/strict'
import test from 'node:test'
import { asPage } from './support.js'

test('anything else on wx refuses and says its name', async (t) => {
  await assert.rejects(asPage(t, 'wx.scanCode({})'), /wx\.scanCode is not there/)
})

test('canIUse tells what is there', async (t) => {
  assert.deepEqual(await asPage(t, 'return [wx.canIUse("request"), wx.canIUse("scanCode")]'), [true, false])
  assert.deepEqual(await asPage(t, 'return ["scroll-view", "map", "button.open-type.share", "navigator.open-type.redirect", "request.object.url"].map(wx.canIUse)'), [true, false, false, true, true])
})

test('login gives a code; without callbacks it is a promise', async (t) => {
  assert.deepEqual(await asPage(t, 'return [await wx.login(), await call("login")]'), [{ errMsg: 'login:ok', code: 'a-code' }, { success: { errMsg: 'login:ok', code: 'a-code' } }])
})

test('login fails when WeChat cannot be reached', async (t) => {
  const { fail } = await asPage(t, 'return call("login")', { login: async () => { throw new Error('refused') } })
  assert.match(fail.errMsg, /^login:fail /)
})

test('getRandomValues gives as many bytes as asked for', async (t) => {
  assert.deepEqual(await asPage(t, 'const r = await wx.getRandomValues({ length: 16 }); return [r.randomValues instanceof ArrayBuffer, r.randomValues.byteLength]'), [true, 16])
  assert.match((await asPage(t, 'return call("getRandomValues", { length: 0 })')).fail.errMsg, /^getRandomValues:fail parameter error/)
})

test('callbacks: success, then complete; one that throws stops nothing', async (t) => {
  assert.deepEqual(await asPage(t, `
    const seen = []
    await new Promise(resolve => wx.login({ success() { seen.push('success'); throw new Error('mine') }, complete() { seen.push('complete'); resolve() } }))
    return seen`), ['success', 'complete'])
})

test('navigation refuses what WeChat refuses', async (t) => {
  const { fail } = await asPage(t, 'return call("navigateTo", { url: "/pages/gone/gone" })')
  assert.equal(fail.errMsg, 'navigateTo:fail page "pages/gone/gone" is not found')
  assert.equal((await asPage(t, 'return call("navigateTo", {})')).fail.errMsg, 'navigateTo:fail parameter error: parameter.url should be String instead of Undefined;')
  assert.equal((await asPage(t, 'return call("switchTab", { url: "/pages/next/next" })')).fail.errMsg, 'switchTab:fail can not switch to no-tabBar page')
  assert.equal((await asPage(t, 'await 0; return call("navigateBack")')).fail.errMsg, 'navigateBack:fail cannot navigate back at first page.')
})

test('the network type is told', async (t) => {
  assert.deepEqual(await asPage(t, 'return wx.getNetworkType()'), { errMsg: 'getNetworkType:ok', networkType: 'wifi' })
})

const WASM = Buffer.from('0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b', 'hex')

test('WXWebAssembly takes a path inside the package and nothing else', async (t) => {
  const { writeFileSync } = await import('node:fs')
  const { brotliCompressSync } = await import('node:zlib')
  const { join } = await import('node:path')
  const { boot, program } = await import('./support.js')
  const directory = program(t, {
    'pages/index/index.wxml': '<view class="answer">{{answer}}</view>',
    'pages/index/index.js': `
      const attempt = async path => { try { const r = await WXWebAssembly.instantiate(path, {}); return (r.instance || r).exports.add(2, 3) } catch (error) { return error.message } }
      Page({ data: { answer: '' }, async onLoad() {
        const answers = []
        for (const path of ['/lib/add.wasm', 'lib/add.wasm.br', new Uint8Array(8), 'https://x.y/add.wasm', '../../etc/passwd.wasm', 'gone.wasm', 'app.js']) answers.push(await attempt(path))
        this.setData({ answer: JSON.stringify(answers) })
      } })`,
    'lib/empty': '',
  })
  writeFileSync(join(directory, 'lib/add.wasm'), WASM)
  writeFileSync(join(directory, 'lib/add.wasm.br'), brotliCompressSync(WASM))
  const { phone, screen } = boot(t, directory)
  const text = await screen.until('the answers', () => phone.window.document.querySelector('.answer').textContent, 20_000)
  const answers = JSON.parse(text)
  assert.deepEqual(answers.slice(0, 2), [5, 5])
  assert.match(answers[2], /as a string/)
  assert.match(answers[3], /is not in the package/)
  assert.match(answers[4], /leads out of the mini program/)
  assert.match(answers[5], /the file is missing/)
  assert.match(answers[6], /ends neither in \.wasm nor in \.wasm\.br/)
})

test('what is asked of an object that is not there is refused by its name', async (t) => {
  await assert.rejects(asPage(t, 'wx.cloud.init()'), /wx\.cloud is not there/)
  await assert.rejects(asPage(t, 'return wx.env.USER_DATA_PATH'), /wx\.env is not there/)
})

test('calls of which nothing is drawn end well', async (t) => {
  const names = ['showNavigationBarLoading', 'hideNavigationBarLoading', 'hideHomeButton']
  assert.deepEqual(await asPage(t, `return Promise.all(${JSON.stringify(names)}.map(name => wx[name]().then(({ errMsg }) => errMsg)))`), names.map((name) => `${name}:ok`))
})

test('a timeout that is no number is refused', async (t) => {
  assert.match((await asPage(t, "return call('request', { url: 'https://tea.example.com/', timeout: 'x' })")).fail.errMsg, /^request:fail parameter error: parameter\.timeout should be Number instead of String;$/)
})

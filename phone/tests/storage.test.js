import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import test from 'node:test'
import { storageDirectory } from '../hosts/storage-directory.js'
import { asPage, temporaryDirectory } from './support.js'

test('values are copies, in both ways of asking', async (t) => {
  assert.deepEqual(await asPage(t, `
    const value = { a: [1, '茶'], none: undefined }
    wx.setStorageSync('k', value)
    value.a.push('later')
    return [wx.getStorageSync('k'), (await call('getStorage', { key: 'k' })).success.data]`), [{ a: [1, '茶'] }, { a: [1, '茶'] }])
})

test('a date stays a date', async (t) => {
  assert.equal(await asPage(t, 'wx.setStorageSync("d", new Date(5)); const d = wx.getStorageSync("d"); return d instanceof Date && d.getTime()'), 5)
})

test('nothing there: an empty text at once, a failure later', async (t) => {
  assert.deepEqual(await asPage(t, 'return [wx.getStorageSync("k"), await call("getStorage", { key: "k" })]'), ['', { fail: { errMsg: 'getStorage:fail data not found' } }])
})

test('removed and cleared', async (t) => {
  assert.deepEqual(await asPage(t, `
    for (const key of ['a', 'b', 'c']) wx.setStorageSync(key, 1)
    wx.removeStorageSync('a'); await wx.removeStorage({ key: 'b' })
    const left = wx.getStorageInfoSync().keys
    wx.clearStorageSync()
    return [left, wx.getStorageInfoSync().keys]`), [['c'], []])
})

test('a key must be a text', async (t) => {
  await assert.rejects(asPage(t, 'wx.setStorageSync(1, 1)'), /^Error: setStorageSync:fail parameter error: parameter\.key should be String instead of Number;$/)
})

test('1 MB for one key; what was there stays', async (t) => {
  assert.deepEqual(await asPage(t, `
    wx.setStorageSync('k', 'small')
    const { fail } = await call('setStorage', { key: 'k', data: '茶'.repeat(400000) })
    return [fail.errMsg, wx.getStorageSync('k')]`), ['setStorage:fail entry size limit reached', 'small'])
})

test('10 MB in all', async (t) => {
  assert.equal(await asPage(t, `
    const almost = 'x'.repeat(1048000)
    for (let i = 0; i < 10; i += 1) wx.setStorageSync('k' + i, almost)
    wx.setStorageSync('k0', almost)
    try { wx.setStorageSync('one more', almost) } catch (error) { return error.message }`), 'setStorageSync:fail exceed storage max size 10Mb')
})

test('a process killed while it writes leaves one whole value', async (t) => {
  const directory = temporaryDirectory(t)
  const url = new URL('../hosts/storage-directory.js', import.meta.url).href
  const child = spawn(process.execPath, ['--input-type=module', '-e', `
    import { storageDirectory } from ${JSON.stringify(url)}
    const storage = storageDirectory(${JSON.stringify(directory)})
    for (let n = 1; ; n += 1) { storage.set('k', String(n).repeat(10000)); process.stdout.write(n + '\\n') }`], { stdio: ['ignore', 'pipe', 'inherit'] })
  let last = 0
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line)
    if (last === 20) child.kill('SIGKILL')
  }
  const kept = storageDirectory(directory).get('k')
  const number = Number(/^(\d+?)\1{9999}$/.exec(kept)?.[1])
  // The line about a write may be lost with the process; a write that was told of may not.
  assert.ok(number >= last, `found ${number} after write ${last} was told of`)
  assert.deepEqual(storageDirectory(directory).keys(), ['k'])
  assert.ok(readdirSync(directory).length <= 2)
})

// The phone's storage. It may be full, or fail: the shop then goes on with what it has in memory.
const unsaved = {}

function read(key) {
  if (key in unsaved) return unsaved[key]
  try {
    return wx.getStorageSync(key) || undefined
  } catch (_) {
    return undefined
  }
}

function write(key, value) {
  try {
    wx.setStorageSync(key, value)
    delete unsaved[key]
  } catch (_) {
    unsaved[key] = value
  }
}

module.exports = { read, write }

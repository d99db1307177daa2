const texts = require('../texts')

const KEY = 'language'

const current = () => (wx.getStorageSync(KEY) === 'en' ? 'en' : 'zh')

module.exports = {
  current,
  texts: () => texts[current()],
  toggle: () => wx.setStorageSync(KEY, current() === 'zh' ? 'en' : 'zh'),
}

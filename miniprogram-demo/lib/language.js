const store = require('./store')

const KEY = 'language'
const TEXTS = { zh: require('../texts/zh'), en: require('../texts/en') }

const current = () => (store.read(KEY) === 'en' ? 'en' : 'zh')

module.exports = {
  current,
  // The words of one page, or of a part that is on many.
  words: part => TEXTS[current()][part],
  toggle: () => store.write(KEY, current() === 'zh' ? 'en' : 'zh'),
}

const store = require('./store')

const KEY = 'cart'
const MOST = 99

const quantities = () => store.read(KEY) || {}

function change(sku, by) {
  const all = { ...quantities() }
  all[sku] = Math.max(0, Math.min(MOST, (all[sku] || 0) + by))
  if (all[sku] === 0) delete all[sku]
  store.write(KEY, all)
}

// What was paid leaves the cart; what was put into it since stays.
const takeOut = bought => Object.keys(bought).forEach(sku => change(sku, -bought[sku]))

module.exports = { quantities, change, takeOut }

const catalogue = require('../catalogue')

const KEY = 'cart'

function quantities() {
  return wx.getStorageSync(KEY) || {}
}

function change(sku, by) {
  const all = quantities()
  all[sku] = Math.max(0, Math.min(99, (all[sku] || 0) + by))
  if (all[sku] === 0) delete all[sku]
  wx.setStorageSync(KEY, all)
}

// The articles in the cart, each with its quantity.
function lines() {
  const all = quantities()
  return catalogue.filter(article => all[article.sku]).map(article => ({ ...article, quantity: all[article.sku] }))
}

module.exports = {
  quantities,
  change,
  lines,
  clear: () => wx.removeStorageSync(KEY),
  total: () => lines().reduce((sum, line) => sum + line.price * line.quantity, 0),
  count: () => lines().reduce((sum, line) => sum + line.quantity, 0),
}

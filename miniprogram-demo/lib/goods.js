const catalogue = require('../catalogue')
const language = require('./language')
const { yuan } = require('./money')

// Quantities by article, as they are stored: { 'longjing-50g': 2 }. What is no longer sold is left out.
const lines = quantities => catalogue.filter(({ sku }) => quantities[sku] > 0).map(article => ({ ...article, quantity: quantities[article.sku] }))

const total = quantities => lines(quantities).reduce((sum, { price, quantity }) => sum + price * quantity, 0)

const count = quantities => lines(quantities).reduce((sum, { quantity }) => sum + quantity, 0)

// As a page shows them.
function shown(quantities) {
  const lang = language.current()
  return lines(quantities).map(({ sku, mark, from, to, name, price, quantity }) => ({
    sku, mark, from, to, quantity, title: name[lang], each: yuan(price), yuan: yuan(price * quantity),
  }))
}

// In one line: "West Lake Longjing 50 g × 2".
const summary = quantities => shown(quantities).map(({ title, quantity }) => (quantity === 1 ? title : `${title} × ${quantity}`)).join(language.current() === 'zh' ? '、' : ', ')

module.exports = { lines, total, count, shown, summary }

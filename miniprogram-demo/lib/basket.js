// What is about to be paid for: the cart, or one article that is bought at once. It is written down
// before the payment, so that a shop that was killed knows what its order was about.
const cart = require('./cart')
const goods = require('./goods')
const store = require('./store')

const KEY = 'basket'

const ofCart = () => ({ quantities: cart.quantities(), fromCart: true })
const ofOne = sku => ({ quantities: { [sku]: 1 }, fromCart: false })
const last = () => store.read(KEY)

// What checkout.pay takes: articles, and the price that the payer has seen.
function draftOf(basket) {
  store.write(KEY, basket)
  return {
    items: goods.lines(basket.quantities).map(({ sku, quantity }) => ({ sku, quantity })),
    expectedAmount: goods.total(basket.quantities),
  }
}

module.exports = { ofCart, ofOne, last, draftOf }

// The shop's own list of what was paid on this phone, newest first. The server's books are the truth.
const KEY = 'orders'
const LONGEST = 50

const all = () => wx.getStorageSync(KEY) || []

function add(order) {
  const others = all().filter(known => known.orderId !== order.orderId)
  wx.setStorageSync(KEY, [order, ...others].slice(0, LONGEST))
}

module.exports = { all, add }

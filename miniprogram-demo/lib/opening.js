const { baseUrl } = require('../config')

// A shop whose npm packages were not built has no checkout, but it still shows its tea.
function openCheckout() {
  let createCheckout
  try {
    createCheckout = require('wx-checkout').createCheckout
  } catch (error) {
    return Promise.reject(notBuilt())
  }
  return createCheckout({ baseUrl })
}

function notBuilt() {
  const messages = {
    zh: '小程序里没有 wx-checkout。没有产生任何扣款。请先运行 ./build.sh package,再重新编译。',
    en: 'wx-checkout is not in the mini program. Nothing was charged. Run ./build.sh package, then compile again.',
  }
  return Object.assign(new Error(messages.en), { code: 'not_built', messages })
}

module.exports = { openCheckout }

Page({
  data: { name: '', said: '' },
  onLoad({ name }) { this.setData({ name: decodeURIComponent(name) }) },
  again() { wx.navigateTo({ url: 'goods?name=again', fail: ({ errMsg }) => this.setData({ said: errMsg }) }) },
})

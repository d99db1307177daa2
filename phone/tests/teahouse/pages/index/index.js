Page({
  data: { teas: [{ name: 'longjing', fen: 6800 }, { name: 'pu er', fen: 19800 }, { name: 'oolong', fen: 8800 }], count: 1, slide: 0, said: '' },
  counted(event) { this.setData({ count: event.detail.value }) },
  slid(event) { this.setData({ slide: event.detail.current }) },
  bottom() { this.setData({ said: 'the bottom' }) },
  async menu() {
    try {
      const { tapIndex } = await wx.showActionSheet({ itemList: ['small', 'large'] })
      this.setData({ said: 'size ' + tapIndex })
    } catch (error) { this.setData({ said: error.errMsg }) }
  },
  async ask() {
    const { confirm, content } = await wx.showModal({ title: 'Name', editable: true, placeholderText: 'yours' })
    this.setData({ said: confirm ? 'hello ' + content : 'nobody' })
  },
  measure() {
    wx.createSelectorQuery().select('.list').boundingClientRect(rect => this.setData({ said: 'list ' + Math.round(rect.height / rect.width * 100) })).exec()
  },
  fetch() {
    wx.request({ url: 'https://tea.example.com/menu', success: ({ data }) => this.setData({ said: data.today }), fail: ({ errMsg }) => this.setData({ said: errMsg }) })
  },
  scan() { wx.scanCode({}) },
  heard() { this.setData({ said: getApp().heard.join('; ') }) },
})

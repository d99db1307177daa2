Component({
  properties: { fen: Number },
  data: { yuan: '' },
  observers: { fen(fen) { this.setData({ yuan: (fen / 100).toFixed(2) }) } },
})

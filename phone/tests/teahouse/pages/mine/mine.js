Page({
  data: { who: '', said: '', tables: ['window', 'door'], table: 'none' },
  send({ detail }) { this.setData({ said: JSON.stringify(detail.value) }) },
  emptied() { this.setData({ said: 'empty' }) },
  withChanged({ detail }) { this.setData({ said: detail.value.join('+') }) },
  picked({ detail }) { this.setData({ table: this.data.tables[detail.value] }) },
})

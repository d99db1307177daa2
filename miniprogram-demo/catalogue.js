// What the shop shows. Prices are in fen and for display: the server has its own, and refuses a difference.
module.exports = [
  { sku: 'longjing-50g', price: 6800, mark: '龙', from: '#6f8f4e', to: '#3f6536', name: { zh: '西湖龙井 50g', en: 'West Lake Longjing 50 g' }, note: { zh: '豆香 · 清鲜 · 明前', en: 'Chestnut, fresh, early spring' } },
  { sku: 'biluochun-50g', price: 5800, mark: '碧', from: '#5f8a72', to: '#2f5f51', name: { zh: '洞庭碧螺春 50g', en: 'Dongting Biluochun 50 g' }, note: { zh: '花果香 · 柔和', en: 'Floral, fruity, soft' } },
  { sku: 'tieguanyin-100g', price: 8800, mark: '铁', from: '#4f7f6a', to: '#2b4f45', name: { zh: '安溪铁观音 100g', en: 'Anxi Tieguanyin 100 g' }, note: { zh: '兰花香 · 回甘', en: 'Orchid, lasting sweetness' } },
  { sku: 'dahongpao-50g', price: 12800, mark: '红', from: '#a8613f', to: '#6f3524', name: { zh: '武夷大红袍 50g', en: 'Wuyi Dahongpao 50 g' }, note: { zh: '岩骨 · 焙火香', en: 'Mineral, roasted' } },
  { sku: 'puer-cake-357g', price: 19800, mark: '普', from: '#7a5646', to: '#432c22', name: { zh: '云南普洱茶饼 357g', en: "Yunnan Pu'er cake 357 g" }, note: { zh: '陈香 · 醇厚', en: 'Aged, full-bodied' } },
  { sku: 'jasmine-100g', price: 4200, mark: '茉', from: '#86854d', to: '#585a2f', name: { zh: '福州茉莉花茶 100g', en: 'Fuzhou jasmine tea 100 g' }, note: { zh: '七窨 · 鲜灵', en: 'Scented seven times' } },
  { sku: 'sample-5g', price: 1, mark: '试', from: '#7b7f78', to: '#50554f', name: { zh: '试饮装 5g', en: 'Sample 5 g' }, note: { zh: '一分钱尝一口', en: 'One fen, one sip' } },
]

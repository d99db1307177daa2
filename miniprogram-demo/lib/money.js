// Fen to yuan without floating point: 6800 -> "68.00".
exports.yuan = fen => {
  const rest = fen % 100
  return `${(fen - rest) / 100}.${rest < 10 ? '0' : ''}${rest}`
}

// Fen to yuan without floating point: 6800 -> "68.00".
exports.yuan = fen => `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`

// A time of the server's, as it was there: "2026-01-01T08:30:00+08:00" -> "2026-01-01 08:30". A phone's own
// clock and zone are no part of it.
exports.when = text => {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(text || '')
  return parts ? `${parts[1]} ${parts[2]}` : ''
}

// Its zone, where it has one: "UTC+8".
exports.zone = text => {
  const parts = /([+-])(\d\d):(\d\d)$/.exec(text || '')
  return parts ? `UTC${parts[1]}${Number(parts[2])}${parts[3] === '00' ? '' : `:${parts[3]}`}` : ''
}

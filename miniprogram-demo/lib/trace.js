// One line of the trace, for reading: what happened, the state after it, and what was asked of the phone;
// or what the phone said in its own words. Where older lines were dropped, a line says only that.
function step(line) {
  const { event, about, state = '', taken = 'yes', effects = [] } = JSON.parse(line)
  if (event === 'Host') return { event: `wx.${about.name}`, state: about.errMsg, taken: '', effects: '' }
  return { event, state, taken: taken === 'yes' ? '' : taken, effects: effects.join(' · ') }
}

module.exports = { step }

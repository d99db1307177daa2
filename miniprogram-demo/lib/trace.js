// The checkout's trace, for reading. The lines themselves are JSON, without secrets: src/machine/trace.rs.

// One line: what happened, the state after it, and what was asked of the phone; or what the phone said in
// its own words. Where older lines were dropped, a line says only that.
function step(line) {
  const { at, event, about, state = '', taken = 'yes', effects = [] } = JSON.parse(line)
  if (event === 'Host') return { at, event, detail: `wx.${about.name} → ${about.errMsg}`, state: '', taken: 'yes', effects: [] }
  return { at, event, detail: detail(event, about), state: phaseOf(state), taken, effects }
}

// What is worth seeing of an answer: its status, and what the server calls a refusal or a state.
function detail(event, about) {
  if (event !== 'Called' || !about) return ''
  const { status, body } = about
  return [status, body && (body.code || body.state)].filter(Boolean).join(' ')
}

// The state's name as pages know it: CreatingOrder -> creatingOrder.
const phaseOf = state => state.charAt(0).toLowerCase() + state.slice(1)

// The newest `most` steps, newest first, in the words of `t`, each with the time since the one before.
function tell(lines, t, most) {
  const steps = lines.map(step)
  return steps.map(({ at, event, detail: said, state, taken, effects }, index) => ({
    key: index,
    since: index === 0 ? '' : `+${span(at - steps[index - 1].at)}`,
    happened: t.event[event] || event,
    detail: said,
    state: state ? t.phase[state] || state : '',
    phase: state,
    isNews: index === 0 || state !== lastState(steps, index),
    note: taken === 'yes' ? '' : t[taken],
    asks: effects.map(effect => t.effect[effect] || effect).join(' · '),
  })).slice(-most).reverse()
}

function lastState(steps, index) {
  for (let at = index - 1; at >= 0; at -= 1) if (steps[at].state) return steps[at].state
  return ''
}

// How long the last purchase took, from the tap to the last change of state; empty where none is in the trace.
function took(lines) {
  const steps = lines.map(step)
  const start = steps.map(({ event }) => event).lastIndexOf('Start')
  if (start < 0) return ''
  const changes = steps.slice(start).filter(({ state }, index, all) => index > 0 && state && state !== lastState(all, index))
  return changes.length === 0 ? '' : span(changes[changes.length - 1].at - steps[start].at)
}

// 85 -> "85 ms"; 12345 -> "12.3 s"; 125000 -> "2 min 5 s".
function span(ms) {
  if (!(ms > 0)) return '0 ms'
  if (ms < 1000) return `${ms} ms`
  if (ms < 60000) return `${Math.floor(ms / 1000)}.${Math.floor((ms % 1000) / 100)} s`
  return `${Math.floor(ms / 60000)} min ${Math.floor((ms % 60000) / 1000)} s`
}

module.exports = { step, tell, took, span }

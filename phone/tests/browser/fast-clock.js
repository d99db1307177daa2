// @ts-check
/**
 * Runs in every frame before anything else: time goes on as it does, and `fastClock.forward(ms)` of the
 * page makes it jump for all frames, the mini program's too. Playwright's own clock would have to run
 * code in a realm that has no eval.
 */
export function fastClock() {
  const top = /** @type {any} */ (window.top)
  if (window === top) {
    top.fastClock = {
      offset: 0,
      wakers: new Set(),
      forward(/** @type {number} */ ms) {
        this.offset += ms
        for (const wake of [...this.wakers]) wake()
      },
    }
  }
  const clock = top.fastClock
  const RealDate = Date
  const set = setTimeout.bind(window)
  const clear = clearTimeout.bind(window)
  const now = () => RealDate.now() + clock.offset
  /** @type {Map<number, {due: number, run: () => void, handle: any}>} */
  const timers = new Map()
  let count = 0

  /** @param {any} run @param {number} ms @param {any[]} given @param {boolean} again */
  function start(run, ms, given, again) {
    count += 1
    const id = count
    const timer = { due: now() + ms, handle: 0, run() {
      if (again) {
        timer.due += Math.max(ms, 1)
        timer.handle = set(timer.run, Math.max(0, timer.due - now()))
      } else timers.delete(id)
      run(...given)
    } }
    timer.handle = set(timer.run, ms)
    timers.set(id, timer)
    return id
  }
  const stop = (/** @type {number} */ id) => {
    clear(timers.get(id)?.handle)
    timers.delete(id)
  }
  const wake = () => {
    // The frame of an app that was killed.
    if (!window.top) return clock.wakers.delete(wake)
    for (const timer of [...timers.values()].sort((one, other) => one.due - other.due)) {
      clear(timer.handle)
      timer.handle = set(timer.run, Math.max(0, timer.due - now()))
    }
    return true
  }
  clock.wakers.add(wake)

  Object.assign(window, {
    setTimeout: (/** @type {any} */ run, ms = 0, /** @type {any[]} */ ...given) => start(run, Number(ms) || 0, given, false),
    setInterval: (/** @type {any} */ run, ms = 0, /** @type {any[]} */ ...given) => start(run, Number(ms) || 0, given, true),
    clearTimeout: stop,
    clearInterval: stop,
    Date: class extends RealDate {
      constructor(/** @type {any[]} */ ...given) {
        // @ts-ignore whatever a Date is made of
        super(...(given.length === 0 ? [now()] : given))
      }
      static now() {
        return now()
      }
    },
  })
}

// @ts-check
const FRAME = /mini:\/\/\/([^\s:)]+):(\d+)/

/**
 * One line about what page code threw: file and line of the mini program where known.
 * @param {unknown} error
 * @param {string} [fallback] the file that was running
 * @returns {{file: string | undefined, line: number | undefined, message: string}}
 */
export function locate(error, fallback) {
  const known = /** @type {any} */ (error)
  const frame = FRAME.exec(String(known?.stack ?? ''))
  const name = known?.name && known?.message !== undefined ? `${known.name}: ${known.message}` : String(known?.errMsg ?? known)
  return { file: frame ? frame[1] : fallback, line: frame ? Number(frame[2]) : undefined, message: name }
}

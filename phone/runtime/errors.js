// @ts-check
/** A page that cannot be opened, with the place that says why. */
export class PageFault extends Error {
  /** @param {{file: string, line?: number, message: string}} fault */
  constructor({ file, line, message }) {
    super(message)
    this.place = { file, line, message }
  }
}

const FRAME = /mini:\/\/\/([^\s:)]+):(\d+)/

/**
 * One line about what page code threw: file and line of the mini program where known.
 * @param {unknown} error
 * @param {string} [fallback] the file that was running
 * @returns {{file: string | undefined, line: number | undefined, message: string}}
 */
export function locate(error, fallback) {
  if (error instanceof PageFault) return { line: undefined, ...error.place }
  const known = /** @type {any} */ (error)
  const frame = FRAME.exec(String(known?.stack ?? ''))
  const name = known?.name && known?.message !== undefined ? `${known.name}: ${known.message}` : String(known?.errMsg ?? known)
  return { file: frame ? frame[1] : fallback, line: frame ? Number(frame[2]) : undefined, message: name }
}

// @ts-check
/** A mini program that cannot run, said in one line: which file, which line where known, what is wrong. */
export class ProgramError extends Error {
  /**
   * @param {string} file path inside the mini program
   * @param {number | undefined} line counted from 1
   * @param {string} reason
   * @param {{started: boolean}} [when] whether it had compiled and was running
   */
  constructor(file, line, reason, { started } = { started: false }) {
    super(`${file}${line === undefined ? '' : `:${line}`}: ${reason.replace(/\s*\n\s*/g, ' ')}`)
    this.name = 'ProgramError'
    this.file = file
    this.line = line
    this.reason = reason
    this.started = started
  }
}

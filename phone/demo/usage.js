// @ts-check
/** Bad input or environment: one line that says what to do; the program ends with code 2. */
export class UsageError extends Error {}

/**
 * Runs a program's main function and ends the process with its exit code.
 * @param {string} name
 * @param {() => Promise<number>} main
 */
export async function runMain(name, main) {
  let code
  try {
    code = await main()
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    process.stderr.write(`${name}: ${message.replace(/\s*\n\s*/g, ' ')}\n`)
    code = error instanceof UsageError ? 2 : 1
  }
  // What was written must be out before the process ends: pipes are asynchronous.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}

/**
 * `parseArgs`' own refusals, as usage errors.
 * @template T
 * @param {() => T} parse
 * @param {string} help
 * @returns {T}
 */
export function parseOrExplain(parse, help) {
  try {
    return parse()
  } catch (error) {
    throw new UsageError(`${/** @type {Error} */ (error).message}; usage: ${help}`)
  }
}

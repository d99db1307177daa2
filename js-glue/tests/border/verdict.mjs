/** What a run of the border suite in another engine came to, from what it printed. */

/**
 * Why the run is none to rely on; nothing if every case was run and passed, in the realm that was asked for.
 * `asked` says what that is: `withWasm` and `slowPromise`.
 */
export function complaint(printed, { withWasm, slowPromise }) {
  const asAsked = `WebAssembly is ${withWasm ? 'there' : 'missing'}, Promise is ${slowPromise ? 'slow' : 'the engine\'s'}`;
  // An engine goes on after an option that it does not know.
  if (!printed.split('\n').includes(asAsked)) return `the engine is not what was asked for: ${asAsked}`;
  const [, passed, failed] = /^# pass (\d+)\n# fail (\d+)$/m.exec(printed) ?? [];
  if (passed === undefined) return 'the engine ended before the suite did';
  if (failed !== '0') return `${failed} cases failed`;
  return passed === '0' ? 'no case was run' : undefined;
}

/** The few checks of the border suite, which runs in engines that have no module `assert`. */

/** Fails unless `value` holds. */
export function ok(value, message = 'it does not hold') {
  if (!value) throw new Error(message);
}

/** Fails unless both are the same value. */
export function equal(actual, expected, message = '') {
  if (!Object.is(actual, expected)) throw new Error(`${message} it is ${show(actual)} and should be ${show(expected)}`.trim());
}

/** Fails unless both have the same fields with the same values, however deep. */
export function deepEqual(actual, expected, message = '') {
  if (!same(actual, expected)) throw new Error(`${message} it is ${show(actual)} and should be ${show(expected)}`.trim());
}

/** Fails unless the text fits the pattern. */
export function match(text, pattern) {
  if (typeof text !== 'string' || !pattern.test(text)) throw new Error(`${show(text)} does not fit ${pattern}`);
}

/** Fails unless `run` throws what is expected: the fields of an object (a pattern for a text), or whatever the function says. */
export function throws(run, expected, message = '') {
  let thrown;
  try {
    run();
  } catch (error) {
    thrown = { error };
  }
  if (thrown === undefined) throw new Error(`${message} it should have thrown`.trim());
  fits(thrown.error, expected, message);
}

/** Fails unless the promise rejects with what is expected, as in {@link throws}. */
export async function rejects(promise, expected, message = '') {
  const rejected = await promise.then(() => undefined, error => ({ error }));
  if (rejected === undefined) throw new Error(`${message} it should have been rejected`.trim());
  fits(rejected.error, expected, message);
}

/** Fails. */
export function fail(message) {
  throw new Error(message);
}

function fits(error, expected, message) {
  if (typeof expected === 'function') return ok(expected(error) === true, `${message} it was refused otherwise: ${show(error)} ${error && error.message}`.trim());
  Object.keys(expected).forEach(name => {
    const want = expected[name];
    if (want instanceof RegExp) match(error[name], want);
    else equal(error[name], want, `${message} ${name}:`.trim());
  });
}

function same(one, other) {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return Object.is(one, other);
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every(name => Object.keys(other).includes(name) && same(one[name], other[name]));
}

function show(value) {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

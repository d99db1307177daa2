/** No field of a draft has objects in objects deeper than `items[0].sku` has. */
const DEEPEST = 3;

/** More than any field of a draft may have: what is longer is refused by the core for what is left of it. */
const LONGEST_TEXT = 5000;
const LONGEST_NAME = 100;
const MOST_FIELDS = 10;
const MOST_LINES = 60;

/**
 * The draft as it is now, to be read by the core later: the page may well change its cart meanwhile.
 *
 * No judgement is made here. What cannot be read (a getter or a proxy that throws) becomes `null`,
 * which the core refuses by the name of its field, and what is beyond any draft is cut, so that a page's
 * mistake does not fill the module's memory.
 */
export function copyOf(draft: unknown): unknown {
  return copy(draft, DEEPEST);
}

function copy(value: unknown, depth: number): unknown {
  if (value === undefined || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'string') return value.slice(0, LONGEST_TEXT);
  // Functions, symbols and the like are no data.
  if (typeof value !== 'object' || value === null) return null;
  try {
    return depth < 0 ? null : Array.isArray(value) ? lines(value, depth) : fields(value, depth);
  } catch (_) {
    return null;
  }
}

function lines(list: unknown[], depth: number): unknown[] {
  const copied = [];
  for (let at = 0; at < list.length && at < MOST_LINES; at += 1) copied.push(copy(list[at], depth - 1));
  return copied;
}

function fields(object: object, depth: number): object {
  // Without a prototype: a field of the name `__proto__` is one like any other there.
  const copied: { [name: string]: unknown } = Object.create(null);
  Object.keys(object).slice(0, MOST_FIELDS).forEach(name => {
    copied[name.slice(0, LONGEST_NAME)] = read(object as { [name: string]: unknown }, name, depth);
  });
  return copied;
}

function read(object: { [name: string]: unknown }, name: string, depth: number): unknown {
  try {
    return copy(object[name], depth - 1);
  } catch (_) {
    return null;
  }
}

// @ts-check
// The phone's storage. A browser's localStorage ends at 5 MB and a phone's at 10, so it lies in IndexedDB; and
// since wx.getStorageSync cannot wait, all of it is in memory while the page is open.

const DATABASE = 'wx-phone'
const STORE = 'storage'

/**
 * @param {string} house whose storage; that of any other is removed, since it would be about orders nobody knows
 * @returns {Promise<import('../../runtime/host.js').Host['storage'] & {onTrouble: (told: (message: string) => void) => void}>}
 */
export async function openStorage(house) {
  /** @type {Map<string, string>} */
  const entries = new Map()
  /** @type {(message: string) => void} */
  let trouble = () => {}
  const database = await open().then(async (opened) => {
    await load(opened, house, entries)
    return opened
  }).catch(() => undefined)

  /** Each change is a transaction of its own, under way before the call returns. @param {string} about @param {(store: IDBObjectStore) => void} change */
  function write(about, change) {
    const lost = (/** @type {unknown} */ reason) => trouble(`storage: the browser cannot keep ${about} (${reason}); it is gone when this page is closed`)
    if (!database) return lost('no IndexedDB')
    const transaction = database.transaction(STORE, 'readwrite')
    transaction.onabort = () => lost(transaction.error?.name ?? 'aborted')
    change(transaction.objectStore(STORE))
    // Not when the page has had a rest: it may be closed before.
    transaction.commit()
  }

  return {
    get: (key) => entries.get(key) ?? null,
    set(key, text) {
      entries.set(key, text)
      write(`"${key}"`, (store) => store.put(text, [house, key]))
    },
    remove(key) {
      entries.delete(key)
      write(`that "${key}" was removed`, (store) => store.delete([house, key]))
    },
    clear() {
      entries.clear()
      write('that it was cleared', (store) => store.clear())
    },
    keys: () => [...entries.keys()],
    onTrouble(told) {
      trouble = told
    },
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  const request = indexedDB.open(DATABASE, 1)
  request.onupgradeneeded = () => request.result.createObjectStore(STORE)
  return settled(request)
}

/** @param {IDBDatabase} database @param {string} house @param {Map<string, string>} entries */
async function load(database, house, entries) {
  const store = database.transaction(STORE, 'readwrite').objectStore(STORE)
  const [keys, texts] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())])
  for (const [at, key] of keys.entries()) {
    const [owner, name] = /** @type {[string, string]} */ (key)
    if (owner === house) entries.set(name, texts[at])
    else store.delete(key)
  }
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

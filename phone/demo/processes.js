// @ts-check
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const READY_LIMIT_MS = 30_000
const STOP_LIMIT_MS = 5_000
/** Lines of a program's stderr kept to explain why it did not start. */
const KEPT_LINES = 20

/** The programs of one demo. All of them are stopped at its end, whatever the end is. */
export class Processes {
  /** @type {Set<import('node:child_process').ChildProcess>} */
  #running = new Set()
  #stopping = false

  /**
   * Starts a program and waits for the line on stdout that says where it listens.
   * @param {string} name
   * @param {string} file
   * @param {string[]} args
   * @returns {Promise<string>} its address, `http://127.0.0.1:PORT`
   */
  async startServer(name, file, args) {
    const child = this.#spawn(file, args)
    /** @type {string[]} */
    const said = []
    createInterface({ input: /** @type {any} */ (child.stderr) }).on('line', (line) => {
      said.push(line)
      if (said.length > KEPT_LINES) said.shift()
    })
    const lines = createInterface({ input: /** @type {any} */ (child.stdout) })
    return new Promise((resolve, reject) => {
      const fail = (/** @type {string} */ what) => reject(new Error(`${name} ${what}${said.length > 0 ? `; it said: ${said.join(' | ')}` : ''}`))
      const limit = setTimeout(() => fail(`did not say within ${READY_LIMIT_MS / 1000} s that it listens`), READY_LIMIT_MS)
      child.on('error', (error) => fail(`could not be started (${error.message})`))
      child.on('close', (code, signal) => {
        clearTimeout(limit)
        fail(`ended (${signal ?? `exit code ${code}`})`)
      })
      lines.on('line', (line) => {
        const address = /^\S+ listening on (http:\/\/\S+)$/.exec(line)?.[1]
        if (!address) return
        clearTimeout(limit)
        resolve(address)
      })
    })
  }

  /**
   * Runs a program to its end and hands over each line of its stdout.
   * @param {string} file
   * @param {string[]} args
   * @param {(line: string, kill: () => void) => void} onLine `kill` is SIGKILL: the program cannot save anything
   * @returns {Promise<{code: number | null, signal: NodeJS.Signals | null, stderr: string}>}
   */
  async run(file, args, onLine) {
    const child = this.#spawn(file, args)
    let stderr = ''
    child.stderr?.on('data', (part) => {
      stderr += part
    })
    const lines = createInterface({ input: /** @type {any} */ (child.stdout) })
    lines.on('line', (line) => onLine(line, () => void child.kill('SIGKILL')))
    const read = new Promise((resolve) => lines.on('close', resolve))
    const [code, signal] = await new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (...ending) => resolve(ending))
    })
    await read
    return { code, signal, stderr }
  }

  /** Asks all of them to stop, waits, and insists where asking did not help. */
  async stopAll() {
    this.#stopping = true
    await Promise.all([...this.#running].map((child) => new Promise((resolve) => {
      const insist = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      child.once('exit', () => {
        clearTimeout(insist)
        resolve(undefined)
      })
      child.kill('SIGTERM')
    })))
  }

  /** @param {string} file @param {string[]} args */
  #spawn(file, args) {
    // An interrupt may come between two starts: the second must not outlive the demo.
    if (this.#stopping) throw new Error('the demo is being stopped')
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#running.add(child)
    child.once('exit', () => this.#running.delete(child))
    child.once('error', () => this.#running.delete(child))
    return child
  }
}

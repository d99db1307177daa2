// The wechatpay crate, asked one question after another through its example program.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program =
  process.env.WECHATPAY_INTEROP ?? fileURLToPath(new URL('../../../target/debug/examples/interop', import.meta.url))

export class Library {
  #child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
  #waiting = []

  constructor() {
    createInterface({ input: this.#child.stdout }).on('line', line => this.#waiting.shift().resolve(JSON.parse(line)))
    this.#child.on('error', error => this.#end(error))
    this.#child.on('exit', () => this.#end(new Error('the program ended')))
  }

  // The answer, or an error with the library's words.
  async ask(ask, question) {
    const answer = await new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#child.stdin.write(JSON.stringify({ ask, ...question }) + '\n')
    })
    if ('error' in answer) throw new Error(answer.error)
    return answer.ok
  }

  close() {
    this.#child.stdin.end()
  }

  #end(error) {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}

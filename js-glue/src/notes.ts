import type { HostFailure } from './wx';

/** How many are kept. */
const MOST = 100;

/** How much of a host's words is kept, in characters. */
const LONGEST = 200;

/** What the host said in its own words, for support. */
export interface Notes {
  /** Keeps what a function of the host said. */
  add(name: string, failure: HostFailure): void;
  /** Lines of a trace with the notes between them, in the order of time; the lines stay in theirs. */
  among(lines: string[]): string[];
}

interface Note {
  readonly at: number;
  readonly line: string;
}

/** None, at first. */
export function createNotes(): Notes {
  const notes: Note[] = [];
  return {
    add: (name, { errMsg, errno }) => {
      const at = Date.now();
      notes.push({ at, line: JSON.stringify({ at, event: 'Host', about: { name, errMsg: errMsg.slice(0, LONGEST), errno } }) });
      if (notes.length > MOST) notes.shift();
    },
    among: lines => {
      const all: string[] = [];
      let next = 0;
      const until = (at: number): void => {
        for (let note = notes[next]; note !== undefined && note.at < at; note = notes[next]) {
          all.push(note.line);
          next += 1;
        }
      };
      lines.forEach(line => {
        until((JSON.parse(line) as Note).at);
        all.push(line);
      });
      until(Infinity);
      return all;
    },
  };
}

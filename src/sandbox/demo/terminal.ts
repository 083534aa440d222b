import { styleText } from 'node:util'

/** A name and what stands beside it. */
export type Row = readonly [name: string, value: string]

/** What the demo says, for a person at a terminal as for a log. */
export interface Terminal {
  readonly heading: (text: string) => void
  /** What runs now: the beginning of a line that `done` or `failed` ends, so that a step that takes long is in sight. */
  readonly begun: (what: string) => void
  readonly done: (ms: number, rows: readonly Row[]) => void
  readonly failed: (ms: number, why: string) => void
  readonly note: (text: string) => void
  /** Text to be copied: not indented, and never coloured inside. */
  readonly verbatim: (text: string) => void
}

/** Wide enough for the longest step, and narrow enough that a terminal of 80 columns doesn't wrap. */
const resultColumn = 64

/**
 * Writes lines. Colours depend on where the process's standard output goes: `styleText` leaves them out for a pipe, a
 * file and NO_COLOR.
 */
export function createTerminal(write: (text: string) => unknown): Terminal {
  const line = (text = '') => write(`${text}\n`)
  return {
    heading: text => line(`\n${styleText('bold', text)}\n`),
    begun: what => write(`  ${what.padEnd(resultColumn)}`),
    done(ms, rows) {
      line(`${styleText('green', '✓')} ${duration(ms)}`)
      const width = Math.max(...rows.map(([name]) => name.length))
      for (const [name, value] of rows) line(`      ${styleText('dim', name.padEnd(width))}  ${value}`)
    },
    failed(ms, why) {
      line(`${styleText('red', '✗')} ${duration(ms)}`)
      for (const text of why.split('\n')) line(`      ${styleText('red', text)}`)
    },
    note: text => line(text.replaceAll(/^(?=.)/gm, '  ')),
    verbatim: text => line(text),
  }
}

function duration(ms: number): string {
  return styleText('dim', `${Math.round(ms)} ms`.padStart(8))
}

/** Enough of a secret to recognise it, as in every other place where it doesn't belong. */
export function mask(secret: string, shown = 4): string {
  return `${secret.slice(0, shown)}${'•'.repeat(8)} (${secret.length} characters)`
}

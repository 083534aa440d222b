import { styleText } from 'node:util'

/** A name and what stands beside it. */
export type Row = readonly [name: string, value: string]

/** What the demo says, for a person at a terminal as for a log. */
export interface Terminal {
  readonly heading: (text: string) => void
  readonly done: (what: string, ms: number, rows: readonly Row[]) => void
  readonly failed: (what: string, ms: number, why: string) => void
  readonly note: (text: string) => void
  /** Text to be copied: not indented, and never coloured inside. */
  readonly verbatim: (text: string) => void
}

/** Wide enough for the longest step, and narrow enough that a terminal of 80 columns doesn't wrap. */
const durationColumn = 64

/**
 * Writes lines. Colours depend on where the process's standard output goes: `styleText` leaves them out for a pipe, a
 * file and NO_COLOR.
 */
export function createTerminal(write: (text: string) => unknown): Terminal {
  const line = (text = '') => write(`${text}\n`)
  return {
    heading: text => line(`\n${styleText('bold', text)}\n`),
    done(what, ms, rows) {
      line(`  ${styleText('green', '✓')} ${timed(what, ms)}`)
      const width = Math.max(...rows.map(([name]) => name.length))
      for (const [name, value] of rows) line(`      ${styleText('dim', name.padEnd(width))}  ${value}`)
    },
    failed(what, ms, why) {
      line(`  ${styleText('red', '✗')} ${timed(what, ms)}`)
      for (const text of why.split('\n')) line(`      ${styleText('red', text)}`)
    },
    note: text => line(text.replaceAll(/^(?=.)/gm, '  ')),
    verbatim: text => line(text),
  }
}

function timed(what: string, ms: number): string {
  return `${what.padEnd(durationColumn)} ${styleText('dim', `${Math.round(ms)} ms`.padStart(8))}`
}

/** Enough of a secret to recognise it, as in every other place where it doesn't belong. */
export function mask(secret: string, shown = 4): string {
  return `${secret.slice(0, shown)}${'•'.repeat(8)} (${secret.length} characters)`
}

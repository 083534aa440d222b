import type { Row, Terminal } from './terminal.ts'

/** A step whose result is not what it promises. */
export class Unexpected extends Error {
  override readonly name = 'Unexpected'
}

/** A step has failed, and has said why. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed'
}

/** Does one thing, says so in one line while it runs, adds the time it took, and shows rows of its result below. */
export type Step = <T>(
  what: string,
  act: () => Promise<T>,
  show?: (result: T) => readonly Row[],
) => Promise<T>

/** Steps that end with the first that fails, or with the one that runs when `signal` is aborted. */
export function createStep(terminal: Terminal, signal: AbortSignal): Step {
  return async (what, act, show = () => []) => {
    signal.throwIfAborted()
    terminal.begun(what)
    const start = performance.now()
    try {
      const result = await act()
      terminal.done(performance.now() - start, show(result))
      return result
    } catch (error) {
      terminal.failed(performance.now() - start, describe(error))
      throw new StepFailed(what, { cause: error })
    }
  }
}

/** @throws Unexpected saying what was expected and what came instead */
export function expect<T>(what: string, actual: T, expected: T, hint = ''): void {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (got === wanted) return
  throw new Unexpected(`${what}: expected ${wanted}, got ${got}${hint === '' ? '' : `\n${hint}`}`)
}

/** The messages of an error and its causes: `fetch failed` alone helps nobody. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const message = error.message || ('code' in error ? String(error.code) : error.name)
  return error.cause === undefined ? message : `${message}\n${describe(error.cause)}`
}

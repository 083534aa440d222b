/**
 * Runs one at a time: whoever calls while one runs shares its result, and its arguments are those of the first call.
 * Nothing is kept of a run that has ended, neither its result nor its failure; the next call runs again.
 */
export const singleFlight = <Args extends unknown[], Result>(
  run: (...args: Args) => Promise<Result>,
): ((...args: Args) => Promise<Result>) => {
  let running: Promise<Result> | undefined
  return (...args) => {
    running ??= run(...args).finally(() => {
      running = undefined
    })
    return running
  }
}

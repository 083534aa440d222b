/** Bounds how long others wait behind one batch. */
const maxBatch = 128
/** Bounds how many turns of the event loop the first entry waits for others to join its batch. */
const maxTurns = 8

type Options<Entry> = {
  /** Batches that may be under way at once. */
  atOnce: number
  /** Ends each of its entries. Must not reject. */
  run: (batch: Entry[]) => Promise<void>
}

/**
 * Puts what comes at the same time into one batch: entries wait for the first turn of the event loop that brings no new
 * one, or for a batch to end where as many as may be are under way.
 */
export const gather = <Entry>({ atOnce, run }: Options<Entry>): ((entry: Entry) => void) => {
  let waiting: Entry[] = []
  let underWay = 0
  let isGathering = false

  const runAll = async (): Promise<void> => {
    isGathering = false
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch)
      waiting = waiting.slice(maxBatch)
      await run(batch)
    }
    underWay -= 1
  }
  const wait = (known: number, turn: number): void => {
    setImmediate(() => {
      if (waiting.length > known && turn < maxTurns) wait(waiting.length, turn + 1)
      else void runAll()
    })
  }
  return entry => {
    waiting.push(entry)
    if (isGathering || underWay >= atOnce) return
    isGathering = true
    underWay += 1
    wait(0, 1)
  }
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { watchTurns } from '../../src/diagnosis/watch-turns.ts'

/** A watched function that does what it is told, and the lines that were written: text and reason. */
const startWatching = () => {
  const lines: unknown[] = []
  const log = pino({ base: null, timestamp: false }, { write: line => lines.push(JSON.parse(line)) })
  const explain = (error: unknown) =>
    error instanceof TypeError ? undefined : { reason: String(error), fix: 'Wait.' }
  const watch = watchTurns({ log, texts: { down: 'down', back: 'back' }, explain })
  const run = watch(async (outcome: unknown) => {
    if (outcome !== undefined) throw outcome
    return 'answer'
  })
  const told = () => lines.map(line => Object.values(line as object).slice(1))
  return { run, told }
}

test('one line when it stops answering, one when the reason becomes another, one when it answers again', async () => {
  const { run, told } = startWatching()
  for (const outcome of [undefined, 'a', 'a', 'b', 'b', undefined, undefined, 'b'])
    await run(outcome).catch(() => undefined)
  assert.deepEqual(told(), [['a', 'Wait.', 'down'], ['b', 'Wait.', 'down'], ['back'], ['b', 'Wait.', 'down']])
})

test('an error that is an answer all the same is none of the failures, and ends them', async () => {
  const { run, told } = startWatching()
  for (const outcome of [new TypeError(), 'a', new TypeError()]) await run(outcome).catch(() => undefined)
  assert.deepEqual(told(), [['a', 'Wait.', 'down'], ['back']])
})

test('whoever calls has the answer and the error as they are', async () => {
  const { run } = startWatching()
  assert.equal(await run(undefined), 'answer')
  const error = new Error('as it is')
  assert.equal(await run(error).catch(caught => caught), error)
})

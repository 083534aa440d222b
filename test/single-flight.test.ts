import assert from 'node:assert/strict'
import { test } from 'node:test'
import { singleFlight } from '../src/single-flight.ts'

/** A single flight whose runs end when the test says so. */
const start = () => {
  const runs: (PromiseWithResolvers<string> & { name: string })[] = []
  const call = singleFlight((name: string) => {
    const run = { ...Promise.withResolvers<string>(), name }
    runs.push(run)
    return run.promise
  })
  return { runs, call }
}

test('calls during a run share it and its result', async () => {
  const { runs, call } = start()
  const answers = [call('first'), call('second'), call('third')]
  runs[0]?.resolve('done')
  assert.deepEqual(await Promise.all(answers), ['done', 'done', 'done'])
  assert.deepEqual(
    runs.map(({ name }) => name),
    ['first'],
  )
})

test('a run begins with the call, not some time later', () => {
  const { runs, call } = start()
  void call('first')
  assert.equal(runs.length, 1)
})

test('a failure is told to all who share the run, and is not remembered', async () => {
  const { runs, call } = start()
  const answers = [call('first'), call('second')]
  runs[0]?.reject(new Error('down'))
  for (const answer of answers) await assert.rejects(answer, /down/)
  const again = call('third')
  runs[1]?.resolve('done')
  assert.equal(await again, 'done')
})

test('the next call after the end runs again, made as early as by the first to hear of it', async () => {
  const { runs, call } = start()
  const next = call('first').then(() => call('second'))
  runs[0]?.resolve('old')
  await call('first')
  runs[1]?.resolve('new')
  assert.equal(await next, 'new')
  assert.equal(runs.length, 2)
})

test('a run that throws before it has begun is not remembered either', async () => {
  let isBroken = true
  const call = singleFlight((): Promise<string> => {
    if (isBroken) throw new Error('broken')
    return Promise.resolve('done')
  })
  assert.throws(call, /broken/)
  isBroken = false
  assert.equal(await call(), 'done')
})

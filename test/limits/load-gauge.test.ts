import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLoadGauge } from '../../src/limits/load-gauge.ts'

const calm = { lagMs: 1, heapShare: 0.5 }

const createGauge = () => {
  const clock = { now: 0 }
  const turns: (() => void)[] = []
  const gauge = createLoadGauge({
    now: () => clock.now,
    afterTurn: done => void turns.push(done),
  })
  const endTurn = () => {
    for (const done of turns.splice(0)) done()
  }
  return { clock, gauge, endTurn }
}

/** How many of so many requests, a millisecond apart, are admitted in one turn of the event loop. */
const admittedInTurn = (
  { clock, gauge, endTurn }: ReturnType<typeof createGauge>,
  requests = 100,
): number => {
  let admitted = 0
  for (let request = 0; request < requests; request += 1) {
    if (gauge.admits()) admitted += 1
    clock.now += 1
  }
  endTurn()
  return admitted
}

test('a burst is admitted as a whole, however long its turn', () => {
  const load = createGauge()
  for (let samples = 0; samples < 4; samples += 1) load.gauge.sample({ ...calm, lagMs: 900 })
  load.gauge.sample(calm)
  assert.equal(admittedInTurn(load), 100)
})

test('delay that lasts half a second leaves new requests ten milliseconds of each turn, until half a second of calm', () => {
  const load = createGauge()
  for (let samples = 0; samples < 5; samples += 1) load.gauge.sample({ ...calm, lagMs: 60 })
  assert.equal(admittedInTurn(load), 11)
  assert.equal(admittedInTurn(load), 11)
  load.gauge.sample(calm)
  load.clock.now += 500
  assert.equal(admittedInTurn(load), 100)
})

test('51: after one stop of the event loop of more than a second, what has waited meanwhile is refused but for the first', () => {
  const load = createGauge()
  load.gauge.sample({ ...calm, lagMs: 5_000 })
  assert.equal(admittedInTurn(load), 11)
})

test('one request in a turn is admitted under pressure, however long the machine takes to look at it', () => {
  let time = 0
  const now = () => (time += 20)
  const gauge = createLoadGauge({ now, afterTurn: done => done() })
  gauge.sample({ ...calm, lagMs: 5_000 })
  for (let request = 0; request < 10; request += 1) assert.ok(gauge.admits())
})

test('50: nothing is admitted while the heap is nearly full, and everything once it is not', () => {
  const load = createGauge()
  load.gauge.sample({ ...calm, heapShare: 0.95 })
  assert.equal(admittedInTurn(load), 0)
  load.gauge.sample(calm)
  assert.equal(admittedInTurn(load), 100)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import pino from 'pino'
import { loggerOptions, logTexts } from '../src/log.ts'
import { gatherRequestLines } from '../src/request-lines.ts'

/** A log, and the texts of what was written with each write. */
const start = () => {
  const writes: string[][] = []
  const write = (text: string) =>
    void writes.push(
      text
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line).msg),
    )
  const lines = gatherRequestLines({ write })
  return { log: pino(loggerOptions('info'), lines), writes, flush: lines.flush }
}

test('the requests of one turn of the event loop are one write, at its end', async () => {
  const { log, writes } = start()
  for (const status of [200, 201]) log.info({ status }, logTexts.request)
  assert.deepEqual(writes, [])
  await setImmediate()
  assert.deepEqual(writes, [['request', 'request']])
  log.info({}, logTexts.request)
  await setImmediate()
  assert.deepEqual(writes.length, 2)
})

test('an audit event is written before anything goes on, with the requests before it', async () => {
  const { log, writes } = start()
  log.info(logTexts.request)
  log.child({ audit: true }).info({}, logTexts.audited)
  assert.deepEqual(writes, [['request', 'audit event']])
  log.child({ reqId: 'x' }).info({}, logTexts.request)
  log.error(logTexts.unexpected)
  assert.deepEqual(writes.at(-1), ['request', 'unexpected failure'])
  await setImmediate()
  assert.equal(writes.length, 2)
})

test('what has been gathered is written when the process ends', () => {
  const { log, writes, flush } = start()
  log.info(logTexts.request)
  flush()
  flush()
  assert.deepEqual(writes, [['request']])
})

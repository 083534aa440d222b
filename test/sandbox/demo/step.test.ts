import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStep, StepFailed } from '../../../src/sandbox/demo/step.ts'
import { createTerminal } from '../../../src/sandbox/demo/terminal.ts'

const startStep = (act: () => Promise<string>, signal: AbortSignal) => {
  const written: string[] = []
  const step = createStep(
    createTerminal(text => written.push(text)),
    signal,
  )
  const ended = step('Do one thing', act, result => [['result', result]])
  return { ended, output: () => written.join('') }
}

test('a step stands in a line of its own while it runs, and the same line has its result and time', async t => {
  const { promise, resolve } = Promise.withResolvers<string>()
  const { ended, output } = startStep(() => promise, t.signal)
  assert.match(output(), /^ {2}Do one thing +$/)
  resolve('good')
  assert.equal(await ended, 'good')
  assert.match(output(), /^ {2}Do one thing +✓ +\d+ ms\n +result {2}good\n$/)
})

test('a step that fails ends its line with that and the time, and says why below', async t => {
  const { ended, output } = startStep(() => Promise.reject(new Error('no reason\nat all')), t.signal)
  await assert.rejects(ended, StepFailed)
  assert.match(output(), /^ {2}Do one thing +✗ +\d+ ms\n +no reason\n +at all\n$/)
})

test('no step begins after the interruption', async () => {
  const { ended, output } = startStep(async () => 'good', AbortSignal.abort())
  await assert.rejects(ended)
  assert.equal(output(), '')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import { serialize } from 'node:v8'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import pino from 'pino'
import { loggerOptions } from '../src/log.ts'
import { Secret } from '../src/secret.ts'

const value = 'planted-secret-value'
const secret = new Secret(value)

/** The line that the service's log writes of it. */
const logged = (object: object): string => {
  let lines = ''
  const write = (line: string) => {
    lines += line
  }
  pino(loggerOptions('trace'), { write }).info(object, 'text')
  return lines
}

/** What another thread gets of it. */
const posted = (message: unknown): unknown => {
  const { port1, port2 } = new MessageChannel()
  port1.postMessage(message)
  const received = receiveMessageOnPort(port2)
  port1.close()
  return received
}

const deep = { a: [{ b: new Map([['c', secret]]) }] }

const ways: [string, () => unknown][] = [
  ['as text', () => `${secret} ${String(secret)} ${[secret]}`],
  ['as JSON', () => JSON.stringify([secret, { secret }, Object.assign(new Error('x'), { secret })])],
  ['inspected', () => inspect(deep, { depth: null, showHidden: true, customInspect: true })],
  [
    'inspected without its own way',
    () => inspect(secret, { customInspect: false, showHidden: true, getters: true }),
  ],
  ['formatted', () => format('%s %o %O %j %d', secret, secret, secret, secret, secret)],
  ['cloned', () => inspect(structuredClone({ secret }), { showHidden: true })],
  ['serialized', () => serialize({ secret }).toString('latin1')],
  ['posted to another thread', () => inspect(posted({ secret }), { depth: null, showHidden: true })],
  ['spread and listed', () => inspect([{ ...secret }, Object.entries(secret), Reflect.ownKeys(secret)])],
  ['as the cause of an error', () => inspect(new Error('failed', { cause: secret }))],
  ['in the log', () => logged({ secret, deep: { secret }, err: new Error('failed', { cause: secret }) })],
  [
    'in a failed assertion',
    () => {
      try {
        assert.deepEqual({ secret }, { secret: 'other' })
      } catch (error) {
        return `${(error as Error).message} ${inspect(error, { depth: null })}`
      }
      throw new Error('They are not equal.')
    },
  ],
]

for (const [way, show] of ways) {
  test(`a secret ${way} shows nothing of its value`, () => {
    const shown = String(show())
    assert.ok(shown.length > 0)
    assert.ok(!shown.includes(value), shown)
  })
}

test('its value is had by asking for it and in no other way', () => {
  assert.equal(secret.reveal(), value)
})

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { choosePorts, randomPorts } from '../../../src/sandbox/demo/ports.ts'
import { listen } from '../../../src/sandbox/listen.ts'

const host = '127.0.0.1'

test('a port that is taken is left to the system to choose, the others are kept', async () => {
  await using taken = await listen(createServer(), 0, host)
  const free = await listen(createServer(), 0, host)
  await free[Symbol.asyncDispose]()
  const wanted = { ...randomPorts, service: taken.port, issuer: free.port, admin: taken.port }
  const { service, issuer, admin } = await choosePorts(host, wanted)
  assert.deepEqual({ service, issuer, admin }, { service: 0, issuer: free.port, admin: 0 })
})

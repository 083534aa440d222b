import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { choosePorts } from '../../../src/sandbox/demo/ports.ts'
import { listen } from '../../../src/sandbox/listen.ts'

const host = '127.0.0.1'

test('a port that is taken is left to the system to choose, the others are kept', async () => {
  await using taken = await listen(createServer(), 0, host)
  const free = await listen(createServer(), 0, host)
  await free[Symbol.asyncDispose]()
  assert.deepEqual(await choosePorts(host, { service: taken.port, issuer: free.port, admin: taken.port }), {
    service: 0,
    issuer: free.port,
    admin: 0,
  })
})

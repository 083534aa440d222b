import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { OddAnswer } from '../../src/sandbox/pingfederate/faults.ts'
import { redeem } from '../secret-retrievals/retrievals.ts'
import {
  createKey,
  createUnderKey,
  recordCalls,
  smallest,
  writesOf,
} from '../web-session-clients/requests.ts'
import { createInstallation } from './installation.ts'
import { cannotMeasureMemory, measureGrowth, mebibyte } from './memory.ts'

const json = { 'content-type': 'application/json' }

const answers: [string, OddAnswer][] = [
  ['a gigabyte', { kind: 'huge', bytes: 1024 * mebibyte }],
  ['a body without an end', { kind: 'huge', bytes: Number.POSITIVE_INFINITY }],
  [
    'a gzip bomb',
    {
      kind: 'status',
      status: 201,
      headers: { ...json, 'content-encoding': 'gzip' },
      body: gzipSync(Buffer.alloc(256 * mebibyte)),
    },
  ],
  [
    '5000 content encodings',
    {
      kind: 'status',
      status: 201,
      headers: { ...json, 'content-encoding': Array(5_000).fill('gzip').join(', ') },
      body: '{}',
    },
  ],
  [
    'a megabyte of header fields',
    { kind: 'status', status: 201, headers: { 'x-padding': 'x'.repeat(mebibyte) } },
  ],
]

test('25: answers without measure are cut and looked up, 201, and the service’s process grows by less than 50 MB', {
  skip: cannotMeasureMemory,
}, async t => {
  const installation = await createInstallation(t)
  const service = await installation.start()
  // What a process takes for its first requests it takes once.
  for (let index = 0; index < 30; index += 1)
    await createUnderKey(service, createKey(), { body: { ...smallest, clientId: `before-${index}` } })
  for (const [index, [what, answer]] of answers.entries()) {
    const calls = recordCalls(installation.sandbox)
    const planned = installation.sandbox.pingFederate.faults.next({
      match: { method: 'POST', path: '/oauth/clients' },
      fault: { answer },
    })
    const body = { ...smallest, clientId: `client-${index}` }
    const { grown, result: created } = await measureGrowth(service.pid, () =>
      createUnderKey(service, createKey(), { body }),
    )
    t.diagnostic(`${what}: ${(grown / mebibyte).toFixed(1)} MiB more`)
    assert.equal(created.status, 201, what)
    assert.ok(grown < 50 * mebibyte, `${what}: ${grown}`)
    assert.equal(writesOf(calls).length, 1, what)
    assert.equal((await redeem(service, created.body.retrieval.token)).status, 200)
    planned.remove()
  }
  await service.kill()
  await installation.check()
})

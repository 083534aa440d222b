import assert from 'node:assert/strict'
import { test } from 'node:test'
import { usePostgresServer } from '../database/postgres-server.ts'
import { startTestService } from '../service.ts'
import { mark } from './drifts.ts'
import { smallest } from './requests.ts'

const server = usePostgresServer()
const foundAt = '2026-01-02T00:00:00.000Z'

for (const engine of ['SQLite', 'PostgreSQL'] as const)
  test(`200: drifted clients, or the others, each with how it has drifted and since when, on ${engine}`, async t => {
    const database = engine === 'SQLite' ? {} : { database: await server.createDatabase(t) }
    const service = await startTestService(t, database)
    for (const clientId of ['a', 'b', 'c', 'd'])
      await service.call('POST', '/web-session-clients', { body: { ...smallest, clientId } })
    await service.call('POST', '/web-session-clients', {
      body: { ...smallest, clientId: 'foreign' },
      as: 'shop-pipeline',
    })
    for (const [clientId, state] of [
      ['b', 'changed'],
      ['d', 'reenabled'],
      ['foreign', 'missing'],
    ] as const)
      await mark(service, state, foundAt, clientId)
    const list = async (query: string) => {
      const { body } = await service.call('GET', `/web-session-clients?${query}`)
      return body.items.map(({ clientId, drift }: Record<string, unknown>) => [clientId, drift])
    }
    const [b, d] = [
      ['b', { state: 'changed', foundAt }],
      ['d', { state: 'reenabled', foundAt }],
    ]
    assert.deepEqual(await list('drifted=true'), [b, d])
    assert.deepEqual(await list('drifted=true&limit=1'), [b])
    assert.deepEqual(await list('drifted=true&search=d'), [d])
    assert.deepEqual(await list('drifted=false'), [
      ['a', null],
      ['c', null],
    ])
    assert.deepEqual(await list(''), [['a', null], b, ['c', null], d])
    assert.deepEqual((await service.call('GET', '/web-session-clients/d')).body.drift, d[1])
  })
